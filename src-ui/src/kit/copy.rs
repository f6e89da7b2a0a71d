//! A button that puts text on the clipboard and says that it did.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::{Announcer, Appearance, Button, dynamic, icons};
use crate::browser;

#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Idle,
    Copied,
    Refused,
}

/// Copies a text as it is, hostile characters included: what is shown escaped is still the original.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: Signal<String>,
    /// Its words.
    #[prop(default = "Copy".into(), into)]
    label: Signal<String>,
) -> impl IntoView {
    let outcome = RwSignal::new(Outcome::Idle);
    let announcer = use_context::<Announcer>();
    let copy = move |()| {
        spawn_local(async move {
            let copied = browser::copy(&text.get_untracked()).await;
            if let Some(announcer) = announcer {
                announcer.say(if copied {
                    "Copied to the clipboard"
                } else {
                    "The clipboard refused the text"
                });
            }
            // The button may be gone by now.
            let _ = outcome.try_set(if copied {
                Outcome::Copied
            } else {
                Outcome::Refused
            });
            set_timeout(
                move || _ = outcome.try_set(Outcome::Idle),
                Duration::from_secs(2),
            );
        });
    };
    dynamic(move || {
        let (icon, words) = match outcome.get() {
            Outcome::Idle => (icons::COPY, None),
            Outcome::Copied => (icons::CHECKMARK, Some("Copied")),
            Outcome::Refused => (icons::WARNING, Some("Not copied")),
        };
        view! {
            <Button appearance=Appearance::Subtle small=true icon on_press=copy>
                {dynamic(move || words.map_or_else(|| label.get(), str::to_owned))}
            </Button>
        }
    })
}
