//! Looking back: runs by search, decisions, an agent's measures. From the store alone, like everything in `reading.rs`.

use crate::{clock, faults};
use api::{
    AgentHistory, DecisionPage, DecisionRow, Fault, HistoryPage, HistoryRow, MeasureSeries,
    SearchRuns,
};
use fleet::{Agent, Snapshot};
use store::{Reader, RunSearch, SeriesPoint};

/// How many rows a page has where nothing else is asked for.
const PAGE: u32 = 100;
/// How many points of a series are shown.
const POINTS: usize = 200;
const HOUR_US: i64 = 3_600_000_000;

pub(crate) fn search(reader: &Reader, call: SearchRuns) -> Result<HistoryPage, Fault> {
    let wanted = RunSearch {
        text: call.text,
        states: call.states,
        workflow: call.workflow,
        since_us: call.since_us,
        before: call.before,
        limit: page(call.limit),
    };
    let found = reader
        .search_runs(&wanted)
        .map_err(|fault| faults::read(&fault))?;
    let rows = found.rows.into_iter();
    Ok(HistoryPage {
        rows: rows
            .map(|(summary, line)| HistoryRow { summary, line })
            .collect(),
        total: found.total,
        more: found.more,
    })
}

fn page(limit: u32) -> usize {
    if limit == 0 {
        PAGE as usize
    } else {
        limit as usize
    }
}

pub(crate) fn decisions(
    reader: &Reader,
    before: Option<u64>,
    limit: u32,
) -> Result<DecisionPage, Fault> {
    let limit = page(limit);
    // One more than asked for says whether there are more.
    let mut found = reader
        .decisions(before, limit.saturating_add(1))
        .map_err(|fault| faults::read(&fault))?;
    let more = found.len() > limit;
    found.truncate(limit);
    let rows = found.into_iter().map(|row| DecisionRow {
        seq: row.seq,
        run: row.run,
        workflow: row.workflow,
        gate: row.gate,
        revision: row.revision,
        question: row.question,
        answer: row.answer,
        words: row.words,
        by: row.by,
        opened_at_us: row.opened_at_us,
        at_us: row.at_us,
    });
    Ok(DecisionPage {
        rows: rows.collect(),
        more,
    })
}

/// A stored snapshot's body.
#[derive(serde::Deserialize)]
struct Taken {
    snapshot: Snapshot,
}

/// What an agent said of itself last, and its measures of the last hours. An agent that was removed still has what was
/// measured on it.
pub(crate) fn agent(reader: &Reader, agent_id: &str, hours: u32) -> Result<AgentHistory, Fault> {
    let failed = |fault| faults::read(&fault);
    let registered = reader.agent(agent_id).map_err(failed)?;
    let known = registered.is_some() || agent_id == Agent::THIS_COMPUTER;
    let agent_id = registered.map_or_else(|| agent_id.to_owned(), |row| row.agent.agent_id);
    let last = reader.latest_snapshot(&agent_id).map_err(failed)?;
    if !known && last.is_none() {
        return Err(Fault::new(
            "unknown_agent",
            format!("There is no agent {agent_id}"),
            "List the agents to find its id",
        ));
    }
    let taken = last.and_then(|row| {
        // One that another version has written is as good as none.
        let taken: Taken = serde_json::from_str(&row.body).ok()?;
        Some((serde_json::to_value(taken.snapshot).ok()?, row.at_us))
    });
    let since_us = clock::now_us().saturating_sub(i64::from(hours).saturating_mul(HOUR_US));
    let series = reader.series_of(&agent_id, since_us).map_err(failed)?;
    let (snapshot, taken_at_us) = taken.unzip();
    Ok(AgentHistory {
        snapshot,
        taken_at_us,
        series: series.into_iter().map(measures).collect(),
    })
}

fn measures((name, points): (String, Vec<SeriesPoint>)) -> MeasureSeries {
    let unit = points.last().map(|point| point.unit.clone());
    let points: Vec<(i64, f64)> = points
        .into_iter()
        .map(|point| (point.at_us, point.value))
        .collect();
    MeasureSeries {
        name,
        unit: unit.unwrap_or_default(),
        points: thinned(&points),
    }
}

/// At most [`POINTS`] of the points, evenly, the first and the last among them.
fn thinned(points: &[(i64, f64)]) -> Vec<(i64, f64)> {
    if points.len() <= POINTS {
        return points.to_vec();
    }
    let at = |step: usize| step * (points.len() - 1) / (POINTS - 1);
    (0..POINTS)
        .filter_map(|step| points.get(at(step)).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_series_is_thinned_evenly_and_keeps_its_ends() {
        for count in [0_i64, 1, 2, 199, 200, 201, 399, 5000] {
            let points: Vec<(i64, f64)> = (0..count).map(|at| (at, at as f64)).collect();
            let thin = thinned(&points);
            assert_eq!(thin.len(), points.len().min(POINTS), "{count}");
            assert_eq!(thin.first(), points.first(), "{count}");
            assert_eq!(thin.last(), points.last(), "{count}");
            let gaps: Vec<i64> = thin.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
            let (least, most) = (gaps.iter().min(), gaps.iter().max());
            assert!(
                gaps.iter().all(|gap| *gap > 0)
                    && most
                        .zip(least)
                        .is_none_or(|(most, least)| most - least <= 1),
                "{count}: {gaps:?}"
            );
        }
    }
}
