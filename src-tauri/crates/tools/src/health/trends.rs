//! The part of the verdict that looks ahead: filesystems that fill up, and the rate of failed deployments.

use super::{Verdict, text};
use fleet::{INPUT_LIMITS, Limits, Series, Severity, say};
use serde_json::Value as Json;

/// A line is believed when it spans at least so many hours and explains so much of the variance.
const MIN_SPAN_HOURS: f64 = 1.0;
const MIN_FIT: f64 = 0.6;

/// Full in so many hours, and already used to so much: a warning, or critical (node-mixin NodeFilesystemSpaceFillingUp).
const FILLING: [(Severity, f64, f64); 2] = [
    (Severity::Critical, 4.0, 0.80),
    (Severity::Warning, 24.0, 0.60),
];

pub(super) fn judge(metrics: &Json, limits: &Limits) -> Vec<Verdict> {
    let rows = metrics
        .get("series")
        .and_then(Json::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut verdicts = Vec::new();
    for row in rows {
        let name = text(row, "metric")
            .or_else(|| text(row, "name"))
            .unwrap_or_default();
        match name {
            "system.filesystem.utilization" | "system.filesystem.inodes.utilization" => {
                verdicts.extend(series(row, name).and_then(|series| filling(&series, row)));
            }
            "deploy_success_rate" => verdicts.extend(failures(row, limits)),
            _ => {}
        }
    }
    verdicts
}

fn series(row: &Json, name: &str) -> Option<Series> {
    let points = row.get("points")?.as_array()?;
    let attributes = row.get("attributes").and_then(Json::as_object);
    Some(Series {
        name: name.to_owned(),
        agent_id: text(row, "agent_id").map(str::to_owned),
        attributes: attributes
            .map(|map| {
                map.iter()
                    .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
                    .collect()
            })
            .unwrap_or_default(),
        unit: text(row, "unit").unwrap_or("1").to_owned(),
        points: points
            .iter()
            .filter_map(|point| Some((point.get(0)?.as_i64()?, point.get(1)?.as_f64()?)))
            .collect(),
    })
}

fn filling(series: &Series, row: &Json) -> Option<Verdict> {
    let trend = series
        .trend()
        .filter(|trend| trend.span_hours >= MIN_SPAN_HOURS && trend.fit >= MIN_FIT)?;
    let (_, latest) = series.latest()?;
    let hours = trend.hours_to(1.0)?;
    let (severity, within, above) = FILLING
        .into_iter()
        .find(|(_, within, above)| hours <= *within && latest >= *above)?;
    let agent = text(row, "agent")
        .or(series.agent_id.as_deref())
        .unwrap_or("this program");
    let place = series
        .attributes
        .get("mountpoint")
        .map_or("filesystem", String::as_str);
    let (of, origin) = match series.name.as_str() {
        "system.filesystem.inodes.utilization" => {
            ("inodes", "node-mixin NodeFilesystemFilesFillingUp")
        }
        _ => ("space", "node-mixin NodeFilesystemSpaceFillingUp"),
    };
    let what = format!(
        "The filesystem runs out of {of} in about {}, if it goes on like this.",
        about(hours)
    );
    let evidence = vec![format!(
        "{}{{mountpoint={place}}}: {} now, {} more each hour, {} points over {}, the line explains {}",
        series.name,
        say(latest, &series.unit),
        say(trend.slope_per_hour, &series.unit),
        series.points.len(),
        about(trend.span_hours),
        say(trend.fit, "1"),
    )];
    let threshold = format!("full within {within} h at {} or more", say(above, "1"));
    Some(
        Verdict::new(severity, format!("{agent}: {place}"), what, evidence)
            .by(Some(threshold), origin),
    )
}

fn failures(row: &Json, limits: &Limits) -> Option<Verdict> {
    let limit = limits.failure_pct?;
    let success = row.get("latest")?.as_f64()?;
    let failed_pct = (1.0 - success) * 100.0;
    if failed_pct <= limit {
        return None;
    }
    let what = format!("{} of the deployments failed.", say(1.0 - success, "1"));
    let evidence = vec![format!("deploy_success_rate = {}", say(success, "1"))];
    let threshold = format!("above {}", say(limit / 100.0, "1"));
    Some(
        Verdict::new(Severity::Warning, "deployments", what, evidence)
            .by(Some(threshold), INPUT_LIMITS),
    )
}

fn about(hours: f64) -> String {
    if hours < 1.0 {
        return format!("{} minutes", (hours * 60.0).round().max(1.0));
    }
    if hours < 48.0 {
        format!("{} hours", hours.round())
    } else {
        format!("{} days", (hours / 24.0).round())
    }
}
