//! Virtual rows: which of many rows of one height are in the page, for where the scrolling is. The height is measured
//! on a gauge in the page, so that density and text size need no number here. What a row shows is not known here.

use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::ResizeObserver;

/// So many rows more than can be seen are in the page at either side, so that scrolling shows no gaps.
const SPARE: usize = 8;
/// So many rows are in the page before anything could be measured.
const UNMEASURED: usize = 30;

/// What is in the page now.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Shown {
    /// The first row in the page.
    pub(super) first: usize,
    /// The row after the last one in the page.
    pub(super) end: usize,
    /// The height of a row in CSS pixels; 0 while it cannot be measured.
    pub(super) row: f64,
    /// The last row of all can be seen.
    pub(super) at_end: bool,
}

/// Which rows are in the page, for `count` rows of `row` pixels in a view of `height` pixels whose top stands at `top`;
/// never more than `most`.
fn shown(top: f64, height: f64, row: f64, count: usize, most: usize) -> Shown {
    if row <= 0.0 || height <= 0.0 {
        return Shown {
            end: count.min(UNMEASURED).min(most),
            // Known before the box has a height: the rows are what gives it one.
            row: row.max(0.0),
            ..Shown::default()
        };
    }
    let seen = whole(height / row) + 2;
    let spare = SPARE.min(most.saturating_sub(seen) / 2);
    let top_row = whole(top / row).min(count.saturating_sub(seen.min(count)));
    let first = top_row.saturating_sub(spare);
    let end = (top_row + seen + spare).min(count).min(first + most);
    Shown {
        first,
        end,
        row,
        // Half a row of tolerance: fractions of pixels are lost in scrolling.
        at_end: top + height + row / 2.0 >= pixels(count, row),
    }
}

/// Where the view must be scrolled to so that row `index` is seen whole; `None` where it is already.
fn scroll_for(index: usize, top: f64, height: f64, row: f64) -> Option<f64> {
    let start = pixels(index, row);
    if start < top {
        Some(start)
    } else if start + row > top + height {
        Some(start + row - height)
    } else {
        None
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of rows, never below 0 and far below the limits"
)]
fn whole(rows: f64) -> usize {
    rows.max(0.0) as usize
}

/// The height of so many rows in CSS pixels.
#[expect(
    clippy::cast_precision_loss,
    reason = "a number of rows is far below 2^52"
)]
pub(super) fn pixels(rows: usize, row: f64) -> f64 {
    rows as f64 * row
}

/// The scrolling box of virtual rows. Call [`measure`](Self::measure) when it scrolls; sizes are followed by themselves.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    /// The box that scrolls.
    pub(super) scroller: NodeRef<html::Div>,
    /// Something in it that is as high as a row.
    pub(super) gauge: NodeRef<html::Div>,
    /// What is in the page now.
    pub(super) shown: RwSignal<Shown>,
    count: Signal<usize>,
    most: usize,
    headed: bool,
}

impl Rows {
    /// Follows `count`. At most `most` rows are in the page. `headed`: the gauge is a head that stays at the top of
    /// the box and covers a row.
    pub(super) fn new(count: Signal<usize>, most: usize, headed: bool) -> Self {
        let rows = Self {
            scroller: NodeRef::new(),
            gauge: NodeRef::new(),
            shown: RwSignal::new(Shown::default()),
            count,
            most,
            headed,
        };
        Effect::new(move |_| {
            rows.count.track();
            rows.measure();
        });
        rows.follow_sizes();
        rows
    }

    /// A tab that opens, a narrower window, another density: all change a size of the box or of the gauge.
    fn follow_sizes(self) {
        let kept = StoredValue::new_local(None::<(ResizeObserver, Closure<dyn Fn()>)>);
        Effect::new(move |_| {
            let (Some(scroller), Some(gauge)) = (self.scroller.get(), self.gauge.get()) else {
                return;
            };
            let changed = Closure::<dyn Fn()>::new(move || self.measure());
            if let Ok(observer) = ResizeObserver::new(changed.as_ref().unchecked_ref()) {
                observer.observe(&scroller);
                observer.observe(&gauge);
                kept.set_value(Some((observer, changed)));
            }
        });
        on_cleanup(move || {
            let _ = kept.try_update_value(|kept| {
                if let Some((observer, _)) = kept.take() {
                    observer.disconnect();
                }
            });
        });
    }

    /// Top and height of the view, and the height of a row, in CSS pixels.
    fn view(self) -> Option<(f64, f64, f64)> {
        let scroller = self.scroller.try_get_untracked().flatten()?;
        let gauge = self.gauge.try_get_untracked().flatten()?;
        let row = gauge.get_bounding_client_rect().height();
        let head = if self.headed { row } else { 0.0 };
        let height = f64::from(scroller.client_height()) - head;
        Some((f64::from(scroller.scroll_top()), height, row))
    }

    /// Looks at where the scrolling is and how high things are.
    pub(super) fn measure(self) {
        let Some(count) = self.count.try_get_untracked() else {
            return;
        };
        let now = match self.view() {
            Some((top, height, row)) => shown(top, height, row, count, self.most),
            None => shown(0.0, 0.0, 0.0, count, self.most),
        };
        if self
            .shown
            .try_get_untracked()
            .is_some_and(|before| before != now)
        {
            self.shown.set(now);
        }
    }

    /// Scrolls no further than needed for row `index` to be seen.
    pub(super) fn reveal(self, index: usize) {
        let (Some((top, height, row)), Some(scroller)) =
            (self.view(), self.scroller.get_untracked())
        else {
            return;
        };
        if let Some(top) = scroll_for(index, top, height, row) {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "browsers end at 2^25 pixels"
            )]
            scroller.set_scroll_top(top.round() as i32);
            self.measure();
        }
    }

    /// How many whole rows are seen at once, for the keys that turn pages.
    pub(super) fn page(self) -> usize {
        match self.view() {
            Some((_, height, row)) if row > 0.0 => whole(height / row).max(1),
            Some(_) | None => 1,
        }
    }

    /// The height of all rows.
    pub(super) fn height(self) -> String {
        px(pixels(self.count.get(), self.shown.get().row))
    }

    /// The height of the rows before those in the page.
    pub(super) fn before(self) -> String {
        let shown = self.shown.get();
        px(pixels(shown.first, shown.row))
    }
}

fn px(pixels: f64) -> String {
    pixels.to_string() + "px"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_of_many_are_in_the_page() {
        for (top, height, row, count, wanted) in [
            (0.0, 400.0, 40.0, 10_000, (0, 20)),
            // Some before, some after.
            (4_000.0, 400.0, 40.0, 10_000, (92, 120)),
            // The end, and past it where rows have gone.
            (399_600.0, 400.0, 40.0, 10_000, (9_980, 10_000)),
            (900_000.0, 400.0, 40.0, 100, (80, 100)),
            // Fewer than fit.
            (0.0, 400.0, 40.0, 3, (0, 3)),
            (0.0, 400.0, 40.0, 0, (0, 0)),
            // A very high view: the most there may be.
            (0.0, 4_000.0, 40.0, 10_000, (0, 80)),
            // Not laid out yet.
            (0.0, 0.0, 0.0, 10_000, (0, UNMEASURED)),
            (0.0, 400.0, 28.8, 10_000, (0, 23)),
        ] {
            let shown = shown(top, height, row, count, 80);
            assert_eq!(
                (shown.first, shown.end),
                wanted,
                "{top} {height} {row} {count}"
            );
        }
    }

    #[test]
    fn every_row_that_is_seen_is_in_the_page_and_never_more_than_80() {
        for height in [100, 333, 900, 1_400, 2_100] {
            for top in (0..20_000).step_by(77) {
                let (top, height) = (f64::from(top), f64::from(height));
                let shown = shown(top, height, 28.8, 1_000, 80);
                let seen_end = whole(((top + height) / 28.8).ceil()).min(1_000);
                assert!(shown.first <= whole(top / 28.8), "{top} {height} {shown:?}");
                assert!(shown.end >= seen_end, "{top} {height} {shown:?}");
                assert!(shown.end - shown.first <= 80, "{top} {height} {shown:?}");
            }
        }
    }

    #[test]
    fn the_end_is_known() {
        assert!(shown(399_600.0, 400.0, 40.0, 10_000, 80).at_end);
        assert!(shown(399_590.0, 400.0, 40.0, 10_000, 80).at_end);
        assert!(!shown(399_560.0, 400.0, 40.0, 10_000, 80).at_end);
        assert!(shown(0.0, 400.0, 40.0, 2, 80).at_end);
    }

    #[test]
    fn rows_give_a_box_its_height_before_it_has_one() {
        let shown = shown(0.0, 0.0, 40.0, 10_000, 80);
        assert_eq!((shown.row, shown.end), (40.0, UNMEASURED));
    }

    #[test]
    fn scrolling_goes_no_further_than_needed() {
        assert_eq!(scroll_for(5, 0.0, 400.0, 40.0), None);
        assert_eq!(scroll_for(9, 0.0, 400.0, 40.0), None);
        assert_eq!(scroll_for(10, 0.0, 400.0, 40.0), Some(40.0));
        assert_eq!(scroll_for(5, 1_000.0, 400.0, 40.0), Some(200.0));
    }
}
