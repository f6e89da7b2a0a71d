//! The shapes that the tools about agents share in their arguments and outputs. Not their meaning.

use crate::fault::fault;
use fleet::{Agent, Check};
use serde_json::{Value as Json, json};
use workflow::{ErrorClass, ToolError};

/// The longest host name (RFC 1035).
pub(super) const HOSTNAME_CHARS: usize = 253;

/// One measure.
pub(super) fn measure_schema() -> Json {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["metric", "value", "unit", "class"],
        "properties": {
            "metric": { "type": "string" },
            "attributes": { "type": "object", "additionalProperties": { "type": "string" } },
            "value": { "type": "number" },
            "unit": { "type": "string" },
            "class": { "enum": ["utilization", "saturation", "errors"] },
        },
    })
}

/// The list of checks.
pub(super) fn checks_schema(description: &str) -> Json {
    json!({
        "type": "array",
        "description": description,
        "uniqueItems": true,
        "items": { "enum": Check::ALL.map(Check::word) },
    })
}

/// An agent's name: a host name (RFC 1123), the same without regard to case.
pub(super) fn hostname_schema() -> Json {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": HOSTNAME_CHARS,
        "pattern": "^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$",
    })
}

/// An environment: one word.
pub(super) fn environment_schema() -> Json {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": 63,
        "pattern": "^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$",
    })
}

/// Labels, as in Kubernetes.
pub(super) fn labels_schema() -> Json {
    json!({
        "type": "object",
        "maxProperties": 64,
        "additionalProperties": { "type": "string", "maxLength": 63 },
    })
}

/// How a host is reached: `fleet::Connection`.
pub(super) fn connection_schema() -> Json {
    let word = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
    let port = json!({ "type": "integer", "minimum": 1, "maximum": 65535 });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["address", "port", "user", "credential"],
        "properties": {
            "address": word,
            "port": port,
            "user": word,
            "credential": { "type": "string", "minLength": 1, "maxLength": 4096 },
            "ssh_alias": nullable(&word),
            "ssh_config": { "type": ["string", "null"], "maxLength": 4096 },
            "host_key_alias": nullable(&word),
            "via": {
                "type": "object",
                "additionalProperties": false,
                "required": ["by"],
                "properties": { "by": { "enum": ["ssh", "openssh"] }, "reason": { "type": "string" } },
            },
            "jumps": {
                "type": "array",
                "maxItems": 8,
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["address", "port", "user"],
                    "properties": { "address": word, "port": port, "user": word, "ssh_alias": nullable(&word) },
                },
            },
            "host_key": { "type": ["string", "null"], "maxLength": 100 },
        },
    })
}

/// The same schema, or null.
pub(super) fn nullable(schema: &Json) -> Json {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// Is it a label as in Kubernetes? The schema only bounds it.
pub(super) fn check_label(name: &str, value: &str) -> Result<(), ToolError> {
    if fleet::is_label_name(name) && fleet::is_label_value(value) {
        return Ok(());
    }
    Err(fault(
        "invalid_label",
        format!(
            "{} = {} is not a label.",
            fleet::visible(name, 80),
            fleet::visible(value, 80)
        ),
        "A name and a value have at most 63 letters, digits, -, _ and ., and begin and end with a letter or digit.",
    )
    .not_started(ErrorClass::Invalid))
}

/// An agent as the row of the inventory.
pub(super) fn row_of(agent: &Agent) -> Result<Json, ToolError> {
    serde_json::to_value(agent).map_err(|error| {
        fault(
            "internal",
            format!("The row of {} cannot be written: {error}.", agent.agent_id),
            "Report this as a bug, with the run's export.",
        )
        .not_started(ErrorClass::Internal)
    })
}

/// This computer is always an agent and has no row.
pub(super) fn is_this_computer() -> ToolError {
    fault(
        "is_this_computer",
        "This computer is always an agent; its row is not in the inventory.",
        "Name another agent.",
    )
    .not_started(ErrorClass::Invalid)
}
