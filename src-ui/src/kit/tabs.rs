//! Tabs after the ARIA pattern with automatic activation: one stop of the Tab key, arrows move and select.

use leptos::{ev, prelude::*};

use super::{CollectParts, Icon};
use crate::browser;

/// One tab.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tab {
    /// Unique in the page; what the signal of the list becomes.
    pub id: &'static str,
    /// Its words.
    pub label: &'static str,
    /// An icon before them.
    pub icon: Option<&'static str>,
}

/// The row of tabs. Put a [`TabPanel`] for each of them after it.
#[component]
pub fn TabList(
    /// What the tabs divide.
    label: &'static str,
    /// The tabs.
    tabs: Vec<Tab>,
    /// The id of the open one.
    selected: RwSignal<&'static str>,
) -> impl IntoView {
    let ids: Vec<_> = tabs.iter().map(|tab| tab.id).collect();
    let keys = move |event: ev::KeyboardEvent| {
        let Some(here) = ids.iter().position(|id| *id == selected.get_untracked()) else {
            return;
        };
        let next = match event.key().as_str() {
            "ArrowRight" => (here + 1) % ids.len(),
            "ArrowLeft" => (here + ids.len() - 1) % ids.len(),
            "Home" => 0,
            "End" => ids.len() - 1,
            _ => return,
        };
        event.prevent_default();
        selected.set(ids[next]);
        browser::focus_id(&format!("tab-{}", ids[next]));
    };
    view! {
        <div class="tabs" role="tablist" aria-label=label on:keydown=keys>
            {tabs.into_iter().map(|tab| {
                let open = move || selected.get() == tab.id;
                view! {
                    <button
                        type="button"
                        class="tab"
                        role="tab"
                        id=format!("tab-{}", tab.id)
                        aria-controls=format!("panel-{}", tab.id)
                        aria-selected=move || if open() { "true" } else { "false" }
                        tabindex=move || if open() { "0" } else { "-1" }
                        on:click=move |_| selected.set(tab.id)
                    >
                        {tab.icon.map(|path| view! { <Icon path/> })}
                        <span class="tab-words" data-words=tab.label>{tab.label}</span>
                    </button>
                }
            }).collect_parts()}
        </div>
    }
}

/// What one tab shows. It stays in the page while hidden, so that what was typed there is kept.
#[component]
pub fn TabPanel(
    /// The id of its tab.
    id: &'static str,
    /// The id of the open one.
    #[prop(into)]
    selected: Signal<&'static str>,
    /// The content.
    children: Children,
) -> impl IntoView {
    view! {
        <div
            class="tab-panel"
            role="tabpanel"
            id=format!("panel-{id}")
            aria-labelledby=format!("tab-{id}")
            tabindex="0"
            hidden=move || selected.get() != id
        >
            {children()}
        </div>
    }
}
