//! metrics.query: stored telemetry over a window, with the straight line through each series. A name without a point
//! is listed as missing: no data is not a good sign and not a bad one.

use crate::{BoxFuture, Context, MetricsQuery, ReadTool, duration, fault::arguments};
use fleet::{Agent, Series};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use workflow::{EffectClass, Recovery, ToolError, ToolOutput, ToolSpec};

/// The most points of one series in an output; more are thinned out evenly.
const MAX_POINTS: usize = 240;

/// Short names for metrics of agents, as people write them.
const SHORT: [(&str, &str); 4] = [
    ("agent_load", "system.cpu.load_per_core"),
    ("agent_disk", "system.filesystem.utilization"),
    ("agent_memory", "system.memory.utilization"),
    ("agent_cpu", "system.cpu.utilization"),
];

/// metrics.query.
pub(crate) struct MetricsQueryTool {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    window: String,
    series: Option<Vec<String>>,
    agent_id: Option<String>,
}

impl MetricsQueryTool {
    pub(crate) fn new() -> MetricsQueryTool {
        let nullable = json!({ "type": ["number", "null"] });
        let series = json!({
            "type": "object",
            "additionalProperties": false,
            "required": [
                "name", "metric", "agent_id", "agent", "attributes", "unit", "points", "points_total", "latest",
                "slope_per_hour", "fit", "span_hours",
            ],
            "properties": {
                "name": { "type": "string", "description": "As it was asked for" },
                "metric": { "type": "string" },
                "agent_id": { "type": ["string", "null"] },
                "agent": { "type": ["string", "null"], "description": "The agent's title" },
                "attributes": { "type": "object", "additionalProperties": { "type": "string" } },
                "unit": { "type": "string" },
                "points": {
                    "type": "array",
                    "description": "Time in microseconds since 1970 (UTC), and value",
                    "items": { "type": "array", "prefixItems": [{ "type": "integer" }, { "type": "number" }], "minItems": 2, "maxItems": 2 },
                },
                "points_total": { "type": "integer", "description": "Before thinning out" },
                "latest": nullable,
                "slope_per_hour": nullable,
                "fit": { "type": ["number", "null"], "description": "Share of the variance that the line explains" },
                "span_hours": nullable,
            },
        });
        MetricsQueryTool {
            spec: ToolSpec {
                name: "metrics.query".to_owned(),
                version: 1,
                title: "Query stored measures".to_owned(),
                description: "Series of stored measures over a window that ends now: of agents (agent_load, agent_disk, agent_memory, agent_cpu, or an OpenTelemetry name) and of this program (gate_wait, …). Each with its latest value and its slope by least squares; names without data are listed as missing.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["window"],
                    "properties": {
                        "window": { "type": "string", "description": "As 24h or 7d", "pattern": duration::PATTERN },
                        "series": {
                            "type": "array",
                            "description": "Only these; all when left out",
                            "uniqueItems": true,
                            "maxItems": 100,
                            "items": { "type": "string", "minLength": 1, "maxLength": 200 },
                        },
                        "agent_id": { "type": "string", "minLength": 1, "maxLength": 200 },
                    },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["window_ms", "from_us", "until_us", "series", "missing"],
                    "properties": {
                        "window_ms": { "type": "integer" },
                        "from_us": { "type": "integer" },
                        "until_us": { "type": "integer" },
                        "series": { "type": "array", "items": series },
                        "missing": { "type": "array", "items": { "type": "string" } },
                    },
                }),
                inverse: None,
                timeout_ms: 20_000,
            },
        }
    }
}

impl ReadTool for MetricsQueryTool {
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
            let window_ms = duration::milliseconds(&arguments.window)?;
            let asked = arguments.series.unwrap_or_default();
            let until_us = context.now_us();
            let from_us = until_us.saturating_sub(
                i64::try_from(window_ms)
                    .unwrap_or(i64::MAX)
                    .saturating_mul(1000),
            );
            let query = MetricsQuery {
                metrics: asked.iter().map(|name| metric(name).to_owned()).collect(),
                agent_id: arguments.agent_id,
                from_us,
                until_us,
            };
            let agents = context.ports.inventory.agents().await?;
            let found = context.ports.metrics.query(query).await?;
            let missing: Vec<&String> = asked
                .iter()
                .filter(|name| {
                    !found
                        .iter()
                        .any(|series| series.name == metric(name) && !series.points.is_empty())
                })
                .collect();
            let series: Vec<Json> = found
                .iter()
                .filter(|series| !series.points.is_empty())
                .map(|series| row(series, &asked, &agents))
                .collect();
            let output = json!({
                "window_ms": window_ms,
                "from_us": from_us,
                "until_us": until_us,
                "series": series,
                "missing": missing,
            });
            Ok(ToolOutput::read(output))
        })
    }
}

/// The metric behind a name.
fn metric(name: &str) -> &str {
    SHORT
        .iter()
        .find(|(short, _)| *short == name)
        .map_or(name, |(_, metric)| metric)
}

fn row(series: &Series, asked: &[String], agents: &[Agent]) -> Json {
    let name = asked
        .iter()
        .find(|name| metric(name) == series.name)
        .unwrap_or(&series.name);
    let agent = agents
        .iter()
        .find(|agent| Some(&agent.agent_id) == series.agent_id.as_ref());
    let trend = series.trend();
    json!({
        "name": name,
        "metric": series.name,
        "agent_id": series.agent_id,
        "agent": agent.map(|agent| agent.title.as_str()),
        "attributes": series.attributes,
        "unit": series.unit,
        "points": thin(&series.points),
        "points_total": series.points.len(),
        "latest": series.latest().map(|(_, value)| value),
        "slope_per_hour": trend.map(|trend| trend.slope_per_hour),
        "fit": trend.map(|trend| trend.fit),
        "span_hours": trend.map(|trend| trend.span_hours),
    })
}

/// Evenly fewer points; the first and the last stay.
fn thin(points: &[(i64, f64)]) -> Vec<(i64, f64)> {
    if points.len() <= MAX_POINTS {
        return points.to_vec();
    }
    (0..MAX_POINTS)
        .map(|i| points[i * (points.len() - 1) / (MAX_POINTS - 1)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_both_ends() {
        let points: Vec<(i64, f64)> = (0..10_000).map(|i| (i, i as f64)).collect();
        let thinned = thin(&points);
        assert_eq!(
            (thinned.len(), thinned[0].0, thinned[MAX_POINTS - 1].0),
            (MAX_POINTS, 0, 9_999)
        );
    }
}
