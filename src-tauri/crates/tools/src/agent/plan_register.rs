//! agent.plan_register: of hosts that were looked at, the rows that would be registered and the ones that are left out,
//! each with its reason. A host that did not answer becomes a candidate, where that is asked for.

use crate::{BoxFuture, Context, ReadTool, fault::arguments};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use workflow::{EffectClass, Recovery, ToolError, ToolOutput, ToolSpec};

/// agent.plan_register.
pub(crate) struct AgentPlanRegister {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The `outputs` of a list of agent.validate.
    validated: Option<Vec<Outcome>>,
    /// The `outputs` of a list of agent.scan_keys.
    scanned: Option<Vec<Outcome>>,
    /// The `outputs` of a list of agent.probe.
    probed: Option<Vec<Outcome>>,
    #[serde(default)]
    keep_candidates: bool,
}

/// An item of a list's `outputs` (semantics.md 13).
#[derive(Deserialize)]
struct Outcome {
    item: Json,
    output: Option<Json>,
    error: Option<Failure>,
    state: String,
}

#[derive(Deserialize)]
struct Failure {
    code: String,
    message: String,
    /// What to do about it.
    #[serde(default)]
    hint: String,
}

/// Errors after which a host may well answer another time.
const MAY_COME_BACK: [&str; 9] = [
    "host_unreachable",
    "connection_refused",
    "connect_timeout",
    "connection_lost",
    "name_not_found",
    "agent_timeout",
    "timeout",
    "proxy_failed",
    "not_ssh",
];

impl AgentPlanRegister {
    pub(crate) fn new() -> AgentPlanRegister {
        let outputs =
            json!({ "type": ["array", "null"], "maxItems": 10_000, "items": { "type": "object" } });
        AgentPlanRegister {
            spec: ToolSpec {
                name: "agent.plan_register".to_owned(),
                version: 1,
                title: "Work out which rows would be registered".to_owned(),
                description: "From the results of agent.validate, agent.scan_keys and agent.probe over a list of hosts: one row for each host that can be registered, and why each other one is left out.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["validated", "scanned", "probed"],
                    "properties": {
                        "validated": outputs,
                        "scanned": outputs,
                        "probed": outputs,
                        "keep_candidates": {
                            "type": "boolean",
                            "default": false,
                            "description": "Hosts that did not answer become candidates: known, and nothing is run on them",
                        },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["rows", "left_out"],
                    "properties": {
                        "rows": { "type": "array", "items": { "type": "object" } },
                        "left_out": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "additionalProperties": false,
                                "required": ["hostname", "why"],
                                "properties": { "hostname": { "type": "string" }, "why": { "type": "string" } },
                            },
                        },
                    },
                }),
                inverse: None,
                timeout_ms: 10_000,
            },
        }
    }
}

impl ReadTool for AgentPlanRegister {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn read<'a>(
        &'a self,
        args: &'a Json,
        _: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let asked: Arguments = arguments(&self.spec.name, args)?;
            let (rows, left_out) = plan(&asked);
            Ok(ToolOutput::read(
                json!({ "rows": rows, "left_out": left_out }),
            ))
        })
    }
}

fn plan(asked: &Arguments) -> (Vec<Json>, Vec<Json>) {
    let by_name = |list: &Option<Vec<Outcome>>| -> BTreeMap<String, usize> {
        let list = list.as_deref().unwrap_or_default();
        let names = list.iter().map(|outcome| name_of(&outcome.item));
        names.zip(0..).collect()
    };
    let lists = [&asked.scanned, &asked.probed].map(|list| (list, by_name(list)));
    let (mut rows, mut left_out) = (Vec::new(), Vec::new());
    let mut leave = |hostname: &str, why: String| {
        left_out.push(json!({ "hostname": hostname, "why": why }));
    };
    for validated in asked.validated.as_deref().unwrap_or_default() {
        let hostname = name_of(&validated.item);
        let Some(host) = &validated.output else {
            leave(&hostname, why_not(validated));
            continue;
        };
        if let Some(conflict) = host["conflicts"].get(0) {
            leave(&hostname, text(&conflict["why"]));
            continue;
        }
        let stood = lists.each_ref().map(|(list, places)| {
            let place = *places.get(&hostname)?;
            list.as_ref()?.get(place)
        });
        if let Some(probe) = stood[1].and_then(|outcome| outcome.output.as_ref()) {
            rows.push(row(host, probe, "registered"));
            continue;
        }
        let failed = stood
            .into_iter()
            .flatten()
            .find(|outcome| outcome.output.is_none());
        let may_come_back = failed
            .and_then(|outcome| outcome.error.as_ref())
            .is_some_and(|error| MAY_COME_BACK.contains(&error.code.as_str()));
        let why = failed.map_or_else(|| "its host key was not trusted".to_owned(), why_not);
        let is_candidate = host["is_candidate"] == json!(true);
        if asked.keep_candidates && may_come_back && !is_candidate {
            rows.push(row(host, host, "candidate"));
        }
        leave(&hostname, why);
    }
    (rows, left_out)
}

/// The row: names and labels from the first look, connection and facts from the last one.
fn row(host: &Json, seen: &Json, state: &str) -> Json {
    let mut row = Map::new();
    row.insert("hostname".to_owned(), host["hostname"].clone());
    row.insert("connection".to_owned(), seen["connection"].clone());
    row.insert("state".to_owned(), json!(state));
    for (name, from) in [("environment", host), ("labels", host), ("facts", seen)] {
        if let Some(value) = from.get(name).filter(|value| !value.is_null()) {
            row.insert(name.to_owned(), value.clone());
        }
    }
    Json::Object(row)
}

fn name_of(item: &Json) -> String {
    let name = item.get("hostname").or_else(|| item.get("name"));
    name.map(text).unwrap_or_default().to_ascii_lowercase()
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn why_not(outcome: &Outcome) -> String {
    match &outcome.error {
        Some(error) if error.hint.is_empty() => fleet::visible(&error.message, 400),
        Some(error) => {
            let (what, todo) = (&error.message, &error.hint);
            fleet::visible(what, 400) + " " + &fleet::visible(todo, 400)
        }
        None => outcome.state.clone(),
    }
}
