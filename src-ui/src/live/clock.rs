//! The time in the window: one tick a second, and only while something is shown that counts.

use std::time::Duration;

use leptos::prelude::*;

use super::words;

/// Now, for what counts. Copies share one interval.
#[derive(Clone, Copy)]
pub struct Clock {
    now_us: RwSignal<i64>,
    holders: StoredValue<usize>,
    ticking: StoredValue<Option<IntervalHandle>>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            now_us: RwSignal::new(browser_now_us()),
            holders: StoredValue::new(0),
            ticking: StoredValue::new(None),
        }
    }

    /// Keeps the clock ticking until the caller's component goes; gives the ticking time in microseconds since 1970.
    pub fn ticking(self) -> Signal<i64> {
        self.now_us.set(browser_now_us());
        self.holders.update_value(|holders| *holders += 1);
        if self.holders.get_value() == 1 {
            let tick = move || _ = self.now_us.try_set(browser_now_us());
            self.ticking
                .set_value(set_interval_with_handle(tick, Duration::from_secs(1)).ok());
        }
        on_cleanup(move || {
            self.holders.update_value(|holders| *holders -= 1);
            if self.holders.get_value() == 0
                && let Some(handle) = self.ticking.get_value()
            {
                handle.clear();
                self.ticking.set_value(None);
            }
        });
        self.now_us.into()
    }
}

/// The computer's clock, in microseconds since 1970 (UTC).
pub fn browser_now_us() -> i64 {
    // Milliseconds of this millennium fit.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a clock's milliseconds fit into 53 bits"
    )]
    let ms = js_sys::Date::now() as i64;
    ms * 1_000
}

/// A point in time in the words and the zone of this computer.
pub fn local_point(at_us: i64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "minutes of a time zone")]
    let offset_min = -js_sys::Date::new_0().get_timezone_offset() as i64;
    words::point(at_us, browser_now_us(), offset_min)
}
