//! report.render: a report in Markdown with the data it was made from. Knows its templates by name; writes no file.

mod health;
mod markdown;
#[cfg(test)]
mod tests;

use crate::{BoxFuture, Context, ReadTool, fault::arguments, fault::fault};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use workflow::{Digest, EffectClass, ErrorClass, Recovery, ToolError, ToolOutput, ToolSpec};

/// report.render.
pub(crate) struct ReportRender {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    template: Template,
    data: Json,
}

#[derive(Deserialize)]
enum Template {
    #[serde(rename = "builtin:health-report")]
    Health,
}

impl ReportRender {
    pub(crate) fn new() -> ReportRender {
        let artifact = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["title", "markdown", "markdown_sha256", "made_by", "made_at_us", "data"],
            "properties": {
                "title": { "type": "string" },
                "markdown": { "type": "string" },
                "markdown_sha256": { "type": "string", "pattern": "^[0-9a-f]{64}$" },
                "made_by": { "type": "string", "description": "rule, model, person or tool: who judged" },
                "made_at_us": { "type": "integer", "description": "Microseconds since 1970 (UTC)" },
                "data": { "type": "object", "description": "What the report was made from" },
            },
        });
        ReportRender {
            spec: ToolSpec {
                name: "report.render".to_owned(),
                version: 1,
                title: "Write a report".to_owned(),
                description: "Makes a Markdown report from typed results: verdict first, then agents, findings with evidence, threshold and origin, jobs, and what could not be checked. Text from hosts is escaped.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["template", "data"],
                    "properties": {
                        "template": { "enum": ["builtin:health-report"] },
                        "data": {
                            "type": "object",
                            "additionalProperties": false,
                            "description": "For builtin:health-report: the results of the steps before",
                            "properties": {
                                "agents": { "type": ["array", "null"], "description": "The outputs of a foreach over agent.health" },
                                "jobs": { "type": ["object", "null"], "description": "The output of job.list" },
                                "metrics": { "type": ["object", "null"], "description": "The output of metrics.query" },
                                "patterns": { "type": ["object", "null"], "description": "The verdict: {overall, findings}" },
                                "made_by": { "type": ["string", "null"], "description": "Who judged: model, rule or person" },
                            },
                        },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["artifact"],
                    "properties": { "artifact": artifact },
                }),
                inverse: None,
                timeout_ms: 10_000,
            },
        }
    }
}

impl ReadTool for ReportRender {
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
            let now_us = context.now_us();
            let (title, markdown) = match arguments.template {
                Template::Health => health::render(&arguments.data, now_us),
            }
            .map_err(|error| {
                fault(
                    "clock_out_of_range",
                    format!("The time cannot be written: {error}."),
                    "Set this computer's clock.",
                )
                .not_done(ErrorClass::Internal)
            })?;
            let made_by = arguments
                .data
                .get("made_by")
                .and_then(Json::as_str)
                .unwrap_or("rule");
            let artifact = json!({
                "title": title,
                "markdown_sha256": Digest::of(markdown.as_bytes()),
                "markdown": markdown,
                "made_by": fleet::visible(made_by, 40),
                "made_at_us": now_us,
                "data": arguments.data,
            });
            Ok(ToolOutput::read(json!({ "artifact": artifact })))
        })
    }
}
