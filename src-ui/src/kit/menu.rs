//! A button with a menu: actions on one thing that do not each deserve a button. Arrows, Home and End move, letters go
//! to the next item that starts with them, Escape closes and gives the focus back. For values use a select instead.

use std::{sync::Arc, time::Duration};

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{CollectParts, Icon, dynamic, icons, keys::moved, popup, unique_id};
use crate::browser;

/// One action.
#[derive(Clone)]
pub struct MenuItem {
    /// A verb and an object.
    pub label: String,
    /// An icon before it.
    pub icon: Option<&'static str>,
    /// It ends or destroys something.
    pub danger: bool,
    /// It cannot be done now; it is shown all the same.
    pub disabled: bool,
    /// What it does.
    pub on_press: Callback<()>,
}

impl MenuItem {
    /// An item that can be pressed.
    pub fn new(label: impl Into<String>, on_press: impl Into<Callback<()>>) -> Self {
        Self {
            label: label.into(),
            icon: None,
            danger: false,
            disabled: false,
            on_press: on_press.into(),
        }
    }
}

/// What is in a menu; asked each time it opens.
pub type Items = Arc<dyn Fn() -> Vec<MenuItem> + Send + Sync>;

/// The button and its menu. Without `words` it is three dots, named `label`.
pub fn menu(
    label: impl Into<Signal<String>>,
    words: Option<&'static str>,
    items: Items,
) -> AnyView {
    menu_of(label.into(), words, items)
}

#[derive(Clone, Copy)]
struct Parts {
    button: NodeRef<html::Button>,
    popover: NodeRef<html::Div>,
    open: RwSignal<bool>,
}

fn menu_of(label: Signal<String>, words: Option<&'static str>, items: Items) -> AnyView {
    let parts = Parts {
        button: NodeRef::new(),
        popover: NodeRef::new(),
        open: RwSignal::new(false),
    };
    let id = unique_id("menu");
    // A press on the button closes an open menu by itself: the click that follows must not open it again.
    let was_open = StoredValue::new(false);
    let click = move |_| {
        if !was_open.get_value() {
            parts.show(false);
        }
        was_open.set_value(false);
    };
    let button_keys = move |event: ev::KeyboardEvent| {
        let key = event.key();
        if matches!(key.as_str(), "ArrowDown" | "ArrowUp") {
            event.prevent_default();
            parts.show(key == "ArrowUp");
        }
    };
    view! {
        <button
            type="button"
            class="btn"
            class:btn-subtle=words.is_none()
            class:btn-icon=words.is_none()
            aria-label=move || label.get()
            title=move || words.is_none().then(|| label.get())
            aria-haspopup="menu"
            aria-expanded=move || if parts.open.get() { "true" } else { "false" }
            aria-controls=id.clone()
            node_ref=parts.button
            on:mousedown=move |_| was_open.set_value(parts.open.get_untracked())
            on:click=click
            on:keydown=button_keys
        >
            {match words {
                Some(words) => view! { <span>{words}</span><Icon path=icons::CHEVRON_DOWN size=16/> }.into_any(),
                None => view! { <Icon path=icons::MORE/> }.into_any(),
            }}
        </button>
        <div
            class="popover menu"
            id=id
            role="menu"
            popover="auto"
            aria-label=move || label.get()
            node_ref=parts.popover
            on:toggle=move |_| parts.toggled()
            on:keydown=move |event| parts.pressed(&event)
        >
            {dynamic(move || parts.open.get().then(|| {
                items().into_iter().map(|item| item_view(parts, item)).collect_parts()
            }))}
        </div>
    }
    .into_any()
}

fn item_view(parts: Parts, item: MenuItem) -> AnyView {
    let press = move |_| {
        if !item.disabled {
            parts.hide();
            item.on_press.run(());
        }
    };
    view! {
        <button
            type="button"
            class="menu-item"
            class:menu-danger=item.danger
            role="menuitem"
            tabindex="-1"
            aria-disabled=item.disabled.then_some("true")
            on:click=press
        >
            {item.icon.map(|path| view! { <Icon path/> })}
            <span>{item.label}</span>
        </button>
    }
    .into_any()
}

impl Parts {
    /// Opens the menu with the focus on its first item, or its last.
    fn show(self, last: bool) {
        self.open.set(true);
        // After the items are there.
        set_timeout(
            move || {
                let nodes = (
                    self.button.try_get_untracked(),
                    self.popover.try_get_untracked(),
                );
                if let (Some(Some(button)), Some(Some(popover))) = nodes {
                    popup::show(&popover, &button, false);
                    let items = self.items();
                    if let Some(item) = if last { items.last() } else { items.first() } {
                        browser::focus(item);
                    }
                }
            },
            Duration::ZERO,
        );
    }

    /// Closes it; the browser gives the focus back to the button.
    fn hide(self) {
        if let Some(popover) = self.popover.get_untracked() {
            popup::hide(&popover);
        }
    }

    fn toggled(self) {
        if let Some(popover) = self.popover.get_untracked() {
            let open = popup::is_open(&popover);
            if self.open.get_untracked() != open {
                self.open.set(open);
            }
        }
    }

    fn items(self) -> Vec<HtmlElement> {
        let list = self
            .popover
            .get_untracked()
            .and_then(|popover| popover.query_selector_all("[role=menuitem]").ok());
        let Some(list) = list else { return Vec::new() };
        (0..list.length())
            .filter_map(|at| list.get(at)?.dyn_into().ok())
            .collect()
    }

    fn pressed(self, event: &ev::KeyboardEvent) {
        let key = event.key();
        let items = self.items();
        let focused = browser::focused();
        let here = items.iter().position(|item| focused.as_ref() == Some(item));
        match key.as_str() {
            "Escape" => {
                event.stop_propagation();
                self.hide();
            }
            "Tab" => return self.hide(),
            _ => {
                let labels = || {
                    items
                        .iter()
                        .filter_map(|item| item.text_content())
                        .collect()
                };
                let to = moved(&key, here, items.len(), items.len(), true)
                    .or_else(|| by_letter(&key, here, labels()));
                let Some(item) = to.and_then(|to| items.get(to)) else {
                    return;
                };
                browser::focus(item);
            }
        }
        event.prevent_default();
    }
}

/// The next item after `here` that starts with the letter of a key, going round.
fn by_letter(key: &str, here: Option<usize>, labels: Vec<String>) -> Option<usize> {
    let mut letters = key.chars();
    let (Some(letter), None) = (letters.next(), letters.next()) else {
        return None;
    };
    let wanted = letter.to_lowercase().next()?;
    let start = here.map_or(0, |here| here + 1);
    (0..labels.len())
        .map(|step| (start + step) % labels.len())
        .find(|at| {
            let first = labels[*at].chars().next();
            first.and_then(|first| first.to_lowercase().next()) == Some(wanted)
        })
}

#[cfg(test)]
mod tests {
    use super::by_letter;

    #[test]
    fn letters_go_to_the_next_item_that_starts_with_them() {
        let labels = || {
            ["Retry", "Roll back", "Copy", "rename"]
                .map(str::to_owned)
                .to_vec()
        };
        for (key, here, wanted) in [
            ("r", None, Some(0)),
            ("r", Some(0), Some(1)),
            ("R", Some(1), Some(3)),
            ("r", Some(3), Some(0)),
            ("c", Some(2), Some(2)),
            ("x", Some(0), None),
            ("Enter", Some(0), None),
        ] {
            assert_eq!(by_letter(key, here, labels()), wanted, "{key} {here:?}");
        }
        assert_eq!(by_letter("r", None, Vec::new()), None);
    }
}
