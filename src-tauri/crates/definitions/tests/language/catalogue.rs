//! The catalogue that the tests read with: the tools of the health check and a few of each effect class.

use definitions::Catalogue;
use serde_json::{Value as Json, json};
use workflow::{EffectClass, Recovery, ToolSpec};

fn tool(name: &str, effect: EffectClass, input: Json, output: Json) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        version: 1,
        title: name.to_owned(),
        description: String::new(),
        effect,
        recovery: if effect.changes() {
            Recovery::Probeable
        } else {
            Recovery::Pure
        },
        input,
        output,
        inverse: None,
        timeout_ms: 30_000,
    }
}

/// An object schema: required properties end in `!`.
fn object(properties: &[(&str, Json)], closed: bool) -> Json {
    let name = |name: &str| name.trim_end_matches('!').to_owned();
    let required: Vec<String> = properties
        .iter()
        .filter(|(key, _)| key.ends_with('!'))
        .map(|(key, _)| name(key))
        .collect();
    let properties: serde_json::Map<String, Json> = properties
        .iter()
        .map(|(key, schema)| (name(key), schema.clone()))
        .collect();
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": !closed })
}

/// The catalogue.
pub(crate) fn catalogue() -> Catalogue {
    for_models(specs().into_iter().collect())
}

/// The same and the fleet's tools, whose shapes are looked at where they are (the engine reads the built-ins with them).
pub(crate) fn with_the_fleet() -> Catalogue {
    let any = || json!({ "type": "object" });
    let reads = [
        "agent.plan_config",
        "agent.plan_register",
        "agent.probe",
        "agent.read_inventory",
        "agent.scan_keys",
        "agent.validate",
    ];
    let changes = [
        "agent.apply_change",
        "agent.drain",
        "agent.register",
        "agent.trust_key",
        "agent.undrain",
        "agent.unregister",
        "agent.untrust_key",
        "agent.update_labels",
    ];
    let reads = reads.map(|name| tool(name, EffectClass::Read, any(), any()));
    let changes = changes.map(|name| ToolSpec {
        inverse: Some(name.to_owned()),
        ..tool(name, EffectClass::Write, any(), any())
    });
    for_models(specs().into_iter().chain(reads).chain(changes).collect())
}

fn specs() -> Vec<ToolSpec> {
    let text = || json!({ "type": "string" });
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    let list = || json!({ "type": "array" });
    let any = || json!({});
    let read = EffectClass::Read;
    let path = || [("path!", text())];
    let undone = |mut spec: ToolSpec, by: &str| {
        spec.inverse = Some(by.to_owned());
        spec
    };
    [
        tool(
            "agent.list",
            read,
            object(
                &[
                    ("environment", text()),
                    ("selector", json!({ "type": ["string", "null"] })),
                ],
                true,
            ),
            object(&[("agents!", list())], true),
        ),
        tool(
            "agent.health",
            read,
            object(&[("agent_id!", text()), ("checks", texts())], true),
            object(
                &[
                    ("agent_id!", text()),
                    ("reachable!", json!({ "type": "boolean" })),
                    ("status!", text()),
                ],
                false,
            ),
        ),
        tool(
            "job.list",
            read,
            object(&[("states", texts()), ("flag_older_than", text())], true),
            object(&[("jobs!", list()), ("flagged!", list())], true),
        ),
        tool(
            "metrics.query",
            read,
            object(&[("window!", text()), ("series", texts())], true),
            object(&[("series!", list())], true),
        ),
        tool(
            "health.judge",
            read,
            object(
                &[
                    ("agents!", list()),
                    ("jobs!", any()),
                    ("metrics!", any()),
                    ("limits!", json!({ "type": "object" })),
                ],
                true,
            ),
            object(&[("overall!", text()), ("findings!", list())], true),
        ),
        tool(
            "report.render",
            read,
            object(
                &[
                    ("template!", text()),
                    ("data!", json!({ "type": "object" })),
                ],
                true,
            ),
            object(&[("artifact!", text()), ("markdown!", text())], false),
        ),
        tool(
            "core.value",
            read,
            json!({ "type": "object" }),
            json!({ "type": "object" }),
        ),
        tool(
            "file.read",
            read,
            object(&path(), true),
            object(&[("content!", text()), ("sha256!", text())], true),
        ),
        tool(
            "vault.open",
            EffectClass::Credential,
            object(&path(), true),
            object(&[("open!", json!({ "type": "boolean" }))], true),
        ),
        undone(
            tool(
                "file.write",
                EffectClass::Write,
                object(
                    &[
                        ("path!", text()),
                        ("content!", text()),
                        ("mode", json!({ "type": "integer", "minimum": 0 })),
                        ("owner", text()),
                    ],
                    true,
                ),
                object(&[("sha256!", text())], true),
            ),
            "file.restore",
        ),
        undone(
            tool(
                "file.restore",
                EffectClass::Write,
                object(&[("backup_id!", text())], true),
                json!({ "type": "object" }),
            ),
            "file.restore",
        ),
        tool(
            "file.delete",
            EffectClass::Destructive,
            object(&path(), true),
            json!({ "type": "object" }),
        ),
        tool(
            "mail.send",
            EffectClass::External,
            object(&[("to!", text())], true),
            json!({ "type": "object" }),
        ),
    ]
    .into()
}

fn for_models(catalogue: Catalogue) -> Catalogue {
    catalogue.with_models([
        "agent.list",
        "agent.health",
        "job.list",
        "metrics.query",
        "health.judge",
        "vault.open",
    ])
}
