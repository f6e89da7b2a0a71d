//! The navigation at the left: 208 px with words, 48 px without. Its rows are data; only finished screens are rows.

use leptos::prelude::*;

use super::Route;
use crate::{
    browser,
    kit::{CollectParts, Icon, IconButton, dynamic, icons},
};

/// One row.
#[derive(Clone, Copy)]
pub struct NavItem {
    /// The path of the screen, as [`Route`] spells it.
    pub path: &'static str,
    /// The path of screens that belong to it and are not below it.
    pub also: Option<&'static str>,
    /// Its name.
    pub label: &'static str,
    /// Its icon, and the same filled for where the window is.
    pub icons: (&'static str, &'static str),
    /// How many things wait there; nothing is shown for none.
    pub count: Option<Signal<usize>>,
}

/// The navigation.
#[component]
pub fn Nav(
    /// The rows.
    items: Vec<NavItem>,
) -> impl IntoView {
    let route = expect_context::<Route>();
    let folded = RwSignal::new(browser::preference("nav").as_deref() == Some("folded"));
    let fold = move |()| {
        folded.update(|folded| *folded = !*folded);
        browser::remember("nav", folded.get_untracked().then_some("folded"));
    };
    view! {
        <nav class="nav" class:nav-folded=move || folded.get() aria-label="Screens" data-region="">
            <IconButton
                icon=icons::NAVIGATION
                label=Signal::derive(move || if folded.get() { "Widen navigation" } else { "Fold navigation" }.to_owned())
                expanded=Signal::derive(move || !folded.get())
                on_press=fold
            />
            <ul>
                {items.into_iter().map(|item| {
                    let here = move || {
                        route.is_under(item.path) || item.also.is_some_and(|also| route.is_under(also))
                    };
                    view! {
                        <li>
                            <a
                                class="nav-link"
                                href=format!("#{}", item.path)
                                aria-current=move || here().then_some("page")
                                title=move || folded.get().then_some(item.label)
                            >
                                {dynamic(move || view! { <Icon path=if here() { item.icons.1 } else { item.icons.0 }/> })}
                                <span class="nav-words">{item.label}</span>
                                {dynamic(move || item.count.map(|count| count.get()).filter(|count| *count > 0).map(|count| view! {
                                    <span class="nav-count">{count}<span class="sr-only">" waiting"</span></span>
                                }))}
                            </a>
                        </li>
                    }
                }).collect_parts()}
            </ul>
        </nav>
    }
}
