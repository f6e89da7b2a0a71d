//! The hosts that are managed: the list, one agent with what it said of itself, and the two ways in (one host, or the
//! hosts of an inventory). Everything here that changes something starts a workflow, and a person approves its card.

pub mod add;
pub mod import;
pub mod labels;
pub mod list;
mod model;
pub mod one;

use leptos::prelude::*;
use serde_json::{Map, Value as Json, json};

use crate::{kit::Escaped, live::Live, parts::Starting};

/// The workflow behind the health buttons.
const HEALTH_CHECK: &str = "health_check";

/// The screen of a path below `/agents`.
pub fn screen(rest: &str) -> AnyView {
    match rest {
        "" => view! { <list::Agents/> }.into_any(),
        "/add" => view! { <add::AddAgent/> }.into_any(),
        "/import" => view! { <import::ImportAgents/> }.into_any(),
        one => {
            let id = one.trim_start_matches('/').to_owned();
            let id = js_sys::decode_uri_component(&id).map_or(id, String::from);
            view! { <one::AgentPage id/> }.into_any()
        }
    }
}

/// The path of an agent's page.
fn path_of(id: &str) -> String {
    format!("/agents/{}", js_sys::encode_uri_component(id))
}

/// The way back that stands above the title.
fn crumbs(here: &str) -> AnyView {
    view! {
        <nav class="crumbs" aria-label="Where you are"><a href="#/agents">"Agents"</a>" / "<span><Escaped text=here.to_owned()/></span></nav>
    }
    .into_any()
}

/// Starts a workflow that takes a list of agents.
fn start_for(starting: Starting, live: Live, workflow: &'static str, id: &str) {
    let inputs = Map::from_iter([("agents".to_owned(), json!([id]))]);
    starting.start(live, workflow, inputs);
}

/// The inputs of a health check of the agents with these words in their labels.
fn health_inputs(selector: &str) -> Map<String, Json> {
    match selector {
        "" => Map::new(),
        selector => Map::from_iter([("selector".to_owned(), json!(selector))]),
    }
}
