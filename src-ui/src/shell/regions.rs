//! F6 and Shift+F6 move between the regions of the window: whatever carries `data-region` and is shown, in the order
//! of the page. Inside a region Tab moves as everywhere.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::browser;

const CAN_FOCUS: &str = "a[href], button, input:not([disabled]), select:not([disabled]), textarea:not([disabled]), \
                         summary, [tabindex='0']";

/// Moves the focus to the next region, or the one before.
pub(super) fn move_focus(back: bool) {
    let Ok(list) = document().query_selector_all("[data-region]") else {
        return;
    };
    let regions: Vec<Element> = (0..list.length())
        .filter_map(|index| list.get(index)?.dyn_into::<Element>().ok())
        .filter(|region| region.get_client_rects().length() > 0)
        .collect();
    let here = browser::focused().and_then(|focused| {
        regions
            .iter()
            .position(|region| region.contains(Some(focused.as_ref())))
    });
    if let Some(region) = next(here, regions.len(), back).and_then(|index| regions.get(index)) {
        enter(region);
    }
}

/// The region after `here` of `count`, going round; the first (or last) where the focus is in none.
fn next(here: Option<usize>, count: usize, back: bool) -> Option<usize> {
    match (count, here) {
        (0, _) => None,
        (_, None) => Some(if back { count - 1 } else { 0 }),
        (_, Some(here)) => Some((here + if back { count - 1 } else { 1 }) % count),
    }
}

/// The main region takes the focus itself, so that reading starts at its top; the others give it to their first stop.
fn enter(region: &Element) {
    let shown = |element: &HtmlElement| element.get_client_rects().length() > 0;
    let first = (region.id() != "main")
        .then(|| region.query_selector_all(CAN_FOCUS).ok())
        .flatten()
        .and_then(|list| {
            (0..list.length())
                .filter_map(|index| list.get(index)?.dyn_into::<HtmlElement>().ok())
                .find(shown)
        });
    match first {
        Some(element) => _ = element.focus(),
        None => _ = browser::focus(region),
    }
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn regions_go_round_both_ways() {
        assert_eq!(next(None, 3, false), Some(0));
        assert_eq!(next(None, 3, true), Some(2));
        assert_eq!(next(Some(2), 3, false), Some(0));
        assert_eq!(next(Some(0), 3, true), Some(2));
        assert_eq!(next(None, 0, true), None);
    }
}
