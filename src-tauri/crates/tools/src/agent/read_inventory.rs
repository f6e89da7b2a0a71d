//! agent.read_inventory: the hosts that inventories name, as rows to look at before any of them is registered. Reads
//! files; connects to nothing and registers nothing.

use crate::inventory::{self, Format, Origin, Reading, Source};
use crate::{BoxFuture, Context, ReadTool, fault::arguments, fault::fault};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::path::Path;
use workflow::{EffectClass, ErrorClass, Outcome, Recovery, ToolError, ToolOutput, ToolSpec};

/// agent.read_inventory.
pub(crate) struct AgentReadInventory {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    sources: Vec<Given>,
    environment: Option<String>,
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    kind: Kind,
    path: Option<String>,
    text: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    SshConfig,
    Ansible,
    Csv,
    Json,
    Pasted,
}

impl AgentReadInventory {
    pub(crate) fn new() -> AgentReadInventory {
        AgentReadInventory {
            spec: ToolSpec {
                name: "agent.read_inventory".to_owned(),
                version: 1,
                title: "Read an inventory".to_owned(),
                description: format!(
                    "The hosts that the ssh config, Ansible inventories (INI, YAML, the JSON of ansible-inventory --list), CSV, JSON and pasted lists name: one row a host, ticked when it can be registered. At most {} hosts. Nothing is connected to and nothing is run; passwords are not taken over.",
                    inventory::MAX_HOSTS
                ),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: input(),
                output: output(),
                inverse: None,
                timeout_ms: 30_000,
            },
        }
    }
}

fn input() -> Json {
    let words = |description: &str| {
        json!({
            "type": "array",
            "description": description,
            "maxItems": 1_000,
            "items": { "type": "string", "minLength": 1, "maxLength": 1_000 },
        })
    };
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["sources"],
        "properties": {
            "sources": {
                "type": "array",
                "description": "What is read. Of two inventories that name a host, the first goes before the second.",
                "minItems": 1,
                "maxItems": 20,
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["kind"],
                    "properties": {
                        "kind": { "enum": ["ssh_config", "ansible", "csv", "json", "pasted"] },
                        "path": {
                            "type": ["string", "null"],
                            "description": "The file, beginning with / or ~/; either this or text. Of the ssh config neither: the user's own",
                            "minLength": 1,
                            "maxLength": 4_096,
                        },
                        "text": {
                            "type": ["string", "null"],
                            "description": "The inventory itself",
                            "maxLength": inventory::MAX_BYTES,
                        },
                    },
                },
            },
            "environment": {
                "type": "string",
                "description": "The environment of hosts whose inventory names none",
                "pattern": "^[A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?$",
                "maxLength": 63,
            },
            "include": words("Names of hosts, or label selectors, to tick although they start unticked"),
            "exclude": words("Names of hosts, or label selectors, to untick"),
        },
    })
}

fn output() -> Json {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["hosts", "picked", "left_out", "notes"],
        "properties": {
            "hosts": { "type": "array", "items": inventory::Found::schema() },
            "picked": { "type": "integer", "minimum": 0 },
            "left_out": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["name", "why"],
                    "properties": { "name": text, "why": text },
                },
            },
            "notes": { "type": "array", "items": text },
        },
    })
}

impl ReadTool for AgentReadInventory {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn read<'a>(
        &'a self,
        args: &'a Json,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let arguments: Arguments = arguments(&self.spec.name, args)?;
            context.still_owed(Outcome::NotStarted)?;
            let agents = context.ports.inventory.agents().await?;
            let home = std::env::home_dir();
            let mut configs = Vec::new();
            for given in &arguments.sources {
                if let Kind::SshConfig = given.kind {
                    configs.push((Origin::SshConfig, ssh_config(given, home.as_deref()).await?));
                }
            }
            crate::blocking(move || read(&arguments, configs, home.as_deref(), &agents)).await
        })
    }
}

/// The names of an ssh config.
async fn ssh_config(given: &Given, home: Option<&Path>) -> Result<Reading, ToolError> {
    if given.text.is_some() {
        return Err(fault(
            "invalid_arguments",
            "The ssh config is read from its file, since it is asked again for every host.",
            "Give its path, or neither path nor text for your own.",
        )
        .not_started(ErrorClass::Invalid));
    }
    let path = match &given.path {
        Some(path) => Some(inventory::full_path(path, home)?),
        None => None,
    };
    let hosts = crate::ssh_config::hosts(path.as_deref()).await?;
    let path = path.as_deref().and_then(Path::to_str);
    Ok(inventory::ssh_config_rows(hosts, path))
}

fn read(
    arguments: &Arguments,
    configs: Vec<(Origin, Reading)>,
    home: Option<&Path>,
    agents: &[fleet::Agent],
) -> Result<ToolOutput, ToolError> {
    let mut readings = configs;
    for given in &arguments.sources {
        let format = match given.kind {
            Kind::SshConfig => continue,
            Kind::Ansible => Format::Ansible,
            Kind::Csv => Format::Csv,
            Kind::Json => Format::Json,
            Kind::Pasted => Format::Pasted,
        };
        readings.push((Origin::Inventory, one(given, format, home)?));
    }
    let picked = inventory::pick(
        inventory::merge(readings),
        agents,
        arguments.environment.as_deref(),
        &arguments.include,
        &arguments.exclude,
    )
    .map_err(|(word, error)| {
        fault(
            "bad_selector",
            format!(
                "{:?} is neither the name of a host here nor a selector: {error}.",
                fleet::visible(&word, 200)
            ),
            "Write a host's name, or labels such as environment=production,role in (web,db),!gpu.",
        )
        .not_started(ErrorClass::Invalid)
    })?;
    let count = picked.rows.iter().filter(|(row, _)| row.picked).count();
    let hosts: Vec<Json> = picked
        .rows
        .iter()
        .map(|(row, known)| row.to_json(if *known { "known" } else { "new" }))
        .collect();
    let left_out: Vec<Json> = picked
        .left_out
        .iter()
        .map(|left| json!({ "name": left.name, "why": left.why }))
        .collect();
    Ok(ToolOutput::read(json!({
        "hosts": hosts,
        "picked": count,
        "left_out": left_out,
        "notes": picked.notes,
    })))
}

fn one(given: &Given, format: Format, home: Option<&Path>) -> Result<Reading, ToolError> {
    let typed = match format {
        Format::Ansible => "the Ansible inventory",
        Format::Csv => "the CSV",
        Format::Json => "the JSON",
        Format::Pasted => "the pasted list",
    };
    let source = match (&given.path, &given.text) {
        (Some(path), None) => inventory::load(path, home)?,
        (None, Some(text)) => Source::typed(typed, text, home)?,
        (Some(_), Some(_)) | (None, None) => {
            return Err(fault(
                "invalid_arguments",
                "A source has either a path or a text.",
                "Give one of the two.",
            )
            .not_started(ErrorClass::Invalid));
        }
    };
    inventory::read(format, &source)
}
