//! Announcements for people who do not see the change. Exactly two live regions exist, rendered once by the app and
//! always in the page, because a region that appears together with its text is not read out.

use leptos::prelude::*;

use super::dynamic;

/// The way to say something; in context everywhere.
#[derive(Clone, Copy)]
pub struct Announcer {
    polite: RwSignal<String>,
    urgent: RwSignal<String>,
}

impl Announcer {
    /// Makes one and provides it to everything below the caller.
    pub fn provide() -> Self {
        let announcer = Self {
            polite: RwSignal::new(String::new()),
            urgent: RwSignal::new(String::new()),
        };
        provide_context(announcer);
        announcer
    }

    /// Said when the person has a moment.
    pub fn say(self, text: &str) {
        replace(self.polite, text);
    }

    /// Said at once: a person is waited for, or something failed.
    pub fn say_now(self, text: &str) {
        replace(self.urgent, text);
    }
}

/// The same words twice in a row must change the node to be read again: a trailing no-break space comes and goes.
fn replace(region: RwSignal<String>, text: &str) {
    // A message that arrives while the window closes has nobody to hear it.
    let _ = region.try_update(|said| {
        let again = said == text;
        text.clone_into(said);
        if again {
            said.push('\u{a0}');
        }
    });
}

/// The two regions, invisible.
#[component]
pub fn LiveRegions(
    /// The announcer whose words they hold.
    announcer: Announcer,
) -> impl IntoView {
    view! {
        <div class="sr-only" role="status" aria-live="polite">{dynamic(move || announcer.polite.get())}</div>
        <div class="sr-only" role="alert" aria-live="assertive">{dynamic(move || announcer.urgent.get())}</div>
    }
}
