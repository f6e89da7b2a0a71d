//! When the person was here last, for what is told "since your last visit". A visit ends when the window was out of
//! sight for half an hour, as a session does in web analytics. It is a preference of this window and leaves it nowhere.

use leptos::prelude::*;

use crate::{
    browser::{preference, remember},
    live::browser_now_us,
};

const AWAY_US: i64 = 30 * 60 * 1_000_000;

/// When the visit before this one ended; in context everywhere.
#[derive(Clone, Copy)]
pub struct LastVisit {
    ended_us: RwSignal<i64>,
}

impl LastVisit {
    /// Follows whether the window is seen, and provides itself to everything below the caller.
    pub fn provide() -> Self {
        let visit = Self {
            ended_us: RwSignal::new(0),
        };
        visit.arrive();
        let moves = window_event_listener_untyped("visibilitychange", move |_| {
            if document().hidden() {
                remember("seen", Some(&browser_now_us().to_string()));
            } else {
                visit.arrive();
            }
        });
        on_cleanup(move || moves.remove());
        provide_context(visit);
        visit
    }

    /// When it ended, in microseconds since 1970 (UTC).
    pub fn ended_us(self) -> i64 {
        self.ended_us.get()
    }

    fn arrive(self) {
        let now = browser_now_us();
        let time = |name| preference(name).and_then(|time| time.parse().ok());
        let ended = ended(time("visit"), time("seen"), now);
        self.ended_us.set(ended);
        remember("visit", Some(&ended.to_string()));
        remember("seen", Some(&now.to_string()));
    }
}

/// When the visit before ended, for one who comes now. `known`: what held so far; `seen`: when the window was seen last.
fn ended(known: Option<i64>, seen: Option<i64>, now: i64) -> i64 {
    match seen {
        Some(seen) if now - seen >= AWAY_US => seen,
        Some(_) => known.unwrap_or(now),
        None => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_ends_after_half_an_hour_out_of_sight() {
        const MIN: i64 = 60 * 1_000_000;
        let check = |known: Option<i64>, seen: Option<i64>, wanted: i64| {
            let of = |time: Option<i64>| time.map(|time| time * MIN);
            assert_eq!(ended(of(known), of(seen), 100 * MIN), wanted * MIN);
        };
        // The first start.
        check(None, None, 100);
        // Away for an hour; for a moment; the clock was set back.
        check(Some(5), Some(40), 40);
        check(Some(5), Some(95), 5);
        check(Some(5), Some(120), 5);
        check(None, Some(95), 100);
    }
}
