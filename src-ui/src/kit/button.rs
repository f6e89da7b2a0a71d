//! Buttons. A button that may not be pressed now keeps its focus (`aria-disabled`, not `disabled`), so that the
//! keyboard never falls off the page; holding a key down presses once.

use leptos::{ev, html, prelude::*};

use super::{Icon, dynamic};

/// How much a button asks for attention.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Appearance {
    /// The one expected action of a surface.
    Primary,
    /// Any other action.
    #[default]
    Default,
    /// An action that should not be seen before it is looked for.
    Subtle,
    /// An action that ends or destroys something.
    Danger,
}

impl Appearance {
    fn class(self) -> &'static str {
        match self {
            Self::Primary => "btn btn-primary",
            Self::Default => "btn",
            Self::Subtle => "btn btn-subtle",
            Self::Danger => "btn btn-danger",
        }
    }
}

/// A button with words, and perhaps an icon before them.
#[component]
pub fn Button(
    /// How it looks; `Appearance::Default` if left out.
    #[prop(optional)]
    appearance: Appearance,
    /// An icon before the words.
    #[prop(optional)]
    icon: Option<&'static str>,
    /// It cannot be pressed now. Say why beside it.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Its action is under way: a ring instead of the icon, and it cannot be pressed again.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// 24 px high instead of 32.
    #[prop(optional)]
    small: bool,
    /// Submits the form around it.
    #[prop(optional)]
    submit: bool,
    /// The key that does the same, shown after the words.
    #[prop(optional)]
    key_hint: Option<&'static str>,
    /// What a press does.
    #[prop(optional, into)]
    on_press: Option<Callback<()>>,
    /// For giving it the focus.
    #[prop(optional)]
    node_ref: NodeRef<html::Button>,
    /// The words.
    children: Children,
) -> impl IntoView {
    let blocked = move || disabled.get() || busy.get();
    view! {
        <button
            node_ref=node_ref
            type=if submit { "submit" } else { "button" }
            class=appearance.class()
            class:btn-small=small
            aria-disabled=move || blocked().then_some("true")
            aria-busy=move || busy.get().then_some("true")
            on:click=move |event| press(&event, blocked(), on_press)
            on:keydown=one_press_a_stroke
        >
            {dynamic(move || {
                if busy.get() {
                    view! { <span class="ring" aria-hidden="true"></span> }.into_any()
                } else {
                    icon.map(|path| view! { <Icon path/> }).into_any()
                }
            })}
            <span class="btn-words">{children()}</span>
            {key_hint.map(|key| view! { <kbd aria-hidden="true">{key}</kbd> })}
        </button>
    }
}

/// A square button that is only an icon; its name is what a screen reader says and what the tooltip shows.
#[component]
pub fn IconButton(
    /// The icon.
    #[prop(into)]
    icon: Signal<&'static str>,
    /// Its name: a verb and an object.
    #[prop(into)]
    label: Signal<String>,
    /// For a button that is on or off.
    #[prop(optional, into)]
    pressed: MaybeProp<bool>,
    /// For a button that shows and hides something.
    #[prop(optional, into)]
    expanded: MaybeProp<bool>,
    /// The id of what it shows and hides.
    #[prop(optional)]
    controls: Option<&'static str>,
    /// Its keys, in the notation of `aria-keyshortcuts`.
    #[prop(optional)]
    shortcut: Option<&'static str>,
    /// It cannot be pressed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// 24 px instead of 32.
    #[prop(optional)]
    small: bool,
    /// What a press does.
    #[prop(into)]
    on_press: Callback<()>,
    /// For giving it the focus.
    #[prop(optional)]
    node_ref: NodeRef<html::Button>,
) -> impl IntoView {
    let bool_word = |value: bool| if value { "true" } else { "false" };
    view! {
        <button
            node_ref=node_ref
            type="button"
            class="btn btn-subtle btn-icon"
            class:btn-small=small
            aria-label=move || label.get()
            title=move || match shortcut {
                Some(keys) => format!("{} ({})", label.get(), keys.replace("Control", "Ctrl")),
                None => label.get(),
            }
            aria-pressed=move || pressed.get().map(bool_word)
            aria-expanded=move || expanded.get().map(bool_word)
            aria-controls=controls
            aria-keyshortcuts=shortcut
            aria-disabled=move || disabled.get().then_some("true")
            on:click=move |event| press(&event, disabled.get(), Some(on_press))
            on:keydown=one_press_a_stroke
        >
            {dynamic(move || view! { <Icon path=icon.get()/> })}
        </button>
    }
}

fn press(event: &ev::MouseEvent, blocked: bool, action: Option<Callback<()>>) {
    if blocked {
        // A blocked submit button must not submit either.
        event.prevent_default();
        event.stop_propagation();
    } else if let Some(action) = action {
        action.run(());
    }
}

/// Browsers press a button again for every repeat of a held Enter; here a stroke is one press.
fn one_press_a_stroke(event: ev::KeyboardEvent) {
    if event.repeat() && matches!(event.key().as_str(), "Enter" | " ") {
        event.prevent_default();
    }
}
