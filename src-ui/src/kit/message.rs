//! A bar that says something about the surface it stands on, with what can be done about it.

use leptos::prelude::*;

use super::{Icon, IconButton, dynamic, icons};

/// What kind of thing a message says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Intent {
    /// Good to know.
    #[default]
    Info,
    /// It worked.
    Success,
    /// It works, but look.
    Warning,
    /// It did not work.
    Error,
}

impl Intent {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Info => "message tone-neutral",
            Self::Success => "message tone-success",
            Self::Warning => "message tone-warning",
            Self::Error => "message tone-danger",
        }
    }

    pub(super) fn icon(self) -> &'static str {
        match self {
            Self::Info => icons::INFO_FILLED,
            Self::Success => icons::STATUS_COMPLETED,
            Self::Warning => icons::WARNING_FILLED,
            Self::Error => icons::ERROR_FILLED,
        }
    }

    /// The word that a screen reader says before the message, where sight has the icon.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Info => "Note: ",
            Self::Success => "Done: ",
            Self::Warning => "Warning: ",
            Self::Error => "Error: ",
        }
    }
}

/// A message on a surface. It is announced when it appears: at once for an error, else in its turn.
#[component]
pub fn MessageBar(
    /// What kind of thing it says.
    #[prop(optional)]
    intent: Intent,
    /// The message in a few words.
    #[prop(optional, into)]
    title: MaybeProp<String>,
    /// Buttons and links.
    #[prop(optional, into)]
    actions: ViewFn,
    /// Lets the person put it away.
    #[prop(optional, into)]
    on_dismiss: Option<Callback<()>>,
    /// The message.
    children: Children,
) -> impl IntoView {
    view! {
        <div class=intent.class() role=if intent == Intent::Error { "alert" } else { "status" }>
            <Icon path=intent.icon()/>
            <div class="message-words">
                <span class="sr-only">{intent.word()}</span>
                {dynamic(move || title.get().map(|title| view! { <strong>{title}</strong>" " }))}
                {children()}
            </div>
            <div class="message-actions">
                {actions.run()}
                {on_dismiss.map(|action| view! {
                    <IconButton icon=icons::DISMISS label="Dismiss message" small=true on_press=action/>
                })}
            </div>
        </div>
    }
}
