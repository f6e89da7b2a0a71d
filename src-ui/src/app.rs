//! The root: what everything shares, the rows of the navigation, and which screen a path leads to.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::{
    home::Home,
    kit::{Announcer, LiveRegions, PageHead, icons},
    shell::{NavItem, RailState, Route, Shell, ThemeState},
    workflow_rail::WorkflowRail,
};

/// Replaces the skeleton of `index.html` by the app.
pub(crate) fn mount() {
    let root = document()
        .get_element_by_id("app")
        .and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok());
    match root {
        Some(root) => {
            root.set_inner_html("");
            mount_to(root, App).forget();
        }
        // A page of a test without the skeleton.
        None => mount_to_body(App),
    }
}

fn nav() -> Vec<NavItem> {
    vec![NavItem {
        path: "/",
        label: "Home",
        icons: (icons::HOME, icons::HOME_FILLED),
        count: None,
    }]
}

/// The window.
#[component]
pub fn App() -> impl IntoView {
    let announcer = Announcer::provide();
    let route = Route::provide();
    ThemeState::provide();
    RailState::provide();
    view! {
        <Shell nav=nav() rail=|| view! { <WorkflowRail/> }>
            {move || screen(&route.path())}
        </Shell>
        <LiveRegions announcer/>
    }
}

fn screen(path: &str) -> AnyView {
    match path {
        "/" => view! { <Home/> }.into_any(),
        #[cfg(any(debug_assertions, feature = "gallery"))]
        "/gallery" => view! { <crate::gallery::Gallery/> }.into_any(),
        _ => view! {
            <PageHead title="There is no such screen" meta="The link may be from a newer version of Countersign."/>
            <a href="#/">"Go to Home"</a>
        }
        .into_any(),
    }
}
