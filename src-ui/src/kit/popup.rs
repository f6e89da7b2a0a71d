//! Where a popover stands: below what opened it, above where there is no room, always inside the window. The browser
//! puts popovers above everything and clips none; their place is the only thing left to us.

use leptos::prelude::window;
use web_sys::{Element, HtmlElement};

/// The distance to what opened it and to the edges of the window, in CSS pixels.
const GAP: f64 = 4.0;

/// A box in the window, in CSS pixels.
#[derive(Clone, Copy)]
struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// The left and top edge of a popover of `width` by `height`, opened by `anchor`, in a window of `view` (width, height).
fn placed(anchor: Area, width: f64, height: f64, view: (f64, f64)) -> (f64, f64) {
    // Where it would leave the window it ends where the anchor ends.
    let left = if anchor.left + width + GAP > view.0 {
        anchor.right - width
    } else {
        anchor.left
    };
    let below = anchor.bottom + GAP;
    let above = anchor.top - GAP - height;
    let top = if below + height + GAP > view.1 && above >= GAP {
        above
    } else {
        below
    };
    (left.max(GAP), top.max(GAP))
}

/// Shows a popover at what opens it, at least as wide as that where `wide`.
pub(super) fn show(popover: &HtmlElement, anchor: &Element, wide: bool) {
    if is_open(popover) || popover.show_popover().is_err() {
        return;
    }
    let rect = anchor.get_bounding_client_rect();
    let view = (size(window().inner_width()), size(window().inner_height()));
    let style = popover.style();
    // Constant names are always valid.
    let set = |name: &str, value: f64| _ = style.set_property(name, &format!("{value}px"));
    if wide {
        set("min-width", rect.width());
    }
    let area = Area {
        left: rect.left(),
        top: rect.top(),
        right: rect.right(),
        bottom: rect.bottom(),
    };
    let (width, height) = (popover.offset_width(), popover.offset_height());
    let (left, top) = placed(area, width.into(), height.into(), view);
    set("left", left);
    set("top", top);
}

/// Hides a popover, if it is shown.
pub(super) fn hide(popover: &HtmlElement) {
    if is_open(popover) {
        let _ = popover.hide_popover();
    }
}

/// Whether a popover is shown.
pub(super) fn is_open(popover: &HtmlElement) -> bool {
    popover.matches(":popover-open").unwrap_or(false)
}

fn size(value: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>) -> f64 {
    value.ok().and_then(|value| value.as_f64()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn popovers_stay_in_the_window() {
        let anchor = |left: f64, top: f64| Area {
            left,
            top,
            right: left + 100.0,
            bottom: top + 32.0,
        };
        for (at, wanted) in [
            ((10.0, 10.0), (10.0, 46.0)),
            // At the right edge it ends with the anchor, at the lower edge it stands above.
            ((690.0, 10.0), (590.0, 46.0)),
            ((10.0, 560.0), (10.0, 256.0)),
            // No room at all: it starts in the window.
            ((-400.0, 10.0), (4.0, 46.0)),
        ] {
            let found = placed(anchor(at.0, at.1), 200.0, 300.0, (800.0, 600.0));
            assert_eq!(found, wanted, "{at:?}");
        }
        let low = placed(anchor(10.0, 250.0), 200.0, 580.0, (800.0, 600.0));
        assert_eq!(low, (10.0, 286.0), "neither above nor below: below");
    }
}
