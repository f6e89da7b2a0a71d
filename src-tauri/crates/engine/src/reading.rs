//! What can be answered from the store alone: by the owner and, without the lock, by anybody who may read the folder
//! (semantics.md 20). Nothing here changes anything.

use crate::{faults, logs};
use api::{AgentInfo, AgentList, Fault, HostKeyInfo, HostKeyList, LastSnapshot, LogPage};
use fleet::{Agent, Check, Finding, Limits, Selector, Snapshot};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};
use store::{FoundRun, Reader, RunFilter};
use workflow::{Digest, Event, Run, RunId, RunState, RunSummary, Workflow};

/// How much of a log one page holds, in bytes.
const PAGE_BYTES: usize = 256 << 10;

/// A run, folded from the journal.
pub(crate) fn fold_run(reader: &Reader, id: &RunId) -> Result<Run, Fault> {
    let records = reader
        .records(id, 1)
        .map_err(|fault| faults::read(&fault))?;
    let Some(Event::RunStarted { definition, .. }) = records.first().map(|record| &record.event)
    else {
        return Err(unknown(&id.0));
    };
    let pinned = reader
        .definition(definition)
        .map_err(|fault| faults::read(&fault))?
        .ok_or_else(|| {
            faults::internal(format!(
                "the definition {definition} of run {id} is not stored"
            ))
        })?;
    let model: Workflow = serde_json::from_str(&pinned.model).map_err(|error| {
        Fault::new(
            "unknown_definition",
            format!("The definition of run {id} was stored by another version"),
            "Open it with the version that started it",
        )
        .with_detail(error.to_string())
    })?;
    Run::new(id.clone(), Arc::new(model), *definition)
        .fold(&records)
        .map_err(faults::internal)
}

fn unknown(name: &str) -> Fault {
    Fault::new(
        "unknown_run",
        format!("There is no run {name}"),
        "List the runs to find its name",
    )
}

/// The run that a name, or the beginning of one, stands for.
pub(crate) fn find_run(reader: &Reader, name: &str) -> Result<RunId, Fault> {
    if name.is_empty() {
        return Err(unknown("without a name"));
    }
    match reader
        .find_run(name)
        .map_err(|fault| faults::read(&fault))?
    {
        FoundRun::One(run) => Ok(run),
        FoundRun::None => Err(unknown(name)),
        FoundRun::Many(runs) => {
            let names: Vec<String> = runs.iter().map(RunId::to_string).collect();
            Err(Fault::new(
                "ambiguous_run",
                format!("Several runs begin with {name}"),
                "Write more of the name",
            )
            .with_detail(names.join(", ")))
        }
    }
}

pub(crate) fn board(reader: &Reader, limit: usize) -> Result<Vec<RunSummary>, Fault> {
    let filter = RunFilter {
        limit,
        ..RunFilter::default()
    };
    let rows = reader.runs(&filter).map_err(|fault| faults::read(&fault))?;
    Ok(rows.into_iter().map(|row| row.summary).collect())
}

/// The board as one follows it: its newest rows, and every run that has not ended, however old. A question that waits is
/// never out of sight.
pub(crate) fn followed_board(reader: &Reader, newest: usize) -> Result<Vec<RunSummary>, Fault> {
    let mut rows = board(reader, newest)?;
    let not_ended = RunFilter {
        states: vec![RunState::Pending, RunState::Running, RunState::Waiting],
        limit: usize::MAX,
        ..RunFilter::default()
    };
    let open = reader
        .runs(&not_ended)
        .map_err(|fault| faults::read(&fault))?;
    let there: HashSet<RunId> = rows.iter().map(|row| row.run.clone()).collect();
    // Older than all that are there already: the order stays.
    let more = open.into_iter().map(|row| row.summary);
    rows.extend(more.filter(|row| !there.contains(&row.run)));
    Ok(rows)
}

/// The agents that a selector matches, with their last snapshots.
pub(crate) fn agents(reader: &Reader, selector: &str) -> Result<AgentList, Fault> {
    let selector = Selector::parse(selector).map_err(|fault| {
        Fault::new(
            "bad_selector",
            format!("The selector is not right: {fault}"),
            "Write labels as environment=production,role in (web,db),!gpu",
        )
    })?;
    let failed = |fault| faults::read(&fault);
    let snapshots = reader.latest_snapshots().map_err(failed)?;
    let mut last: BTreeMap<String, LastSnapshot> = snapshots
        .into_iter()
        .filter_map(|row| {
            let taken: Taken = serde_json::from_str(&row.body).ok()?;
            let found = LastSnapshot {
                snapshot_id: row.id.to_string(),
                taken_at_us: row.at_us,
                partial: taken.snapshot.is_partial(),
                findings: fleet::judge(&taken.snapshot, &Limits::default(), &Check::ALL),
            };
            Some((row.agent_id, found))
        })
        .collect();
    for miss in reader.misses().map_err(failed)? {
        let before = last.get(&miss.agent_id);
        if before.is_some_and(|found| found.taken_at_us > miss.at_us) {
            continue;
        }
        let found = LastSnapshot {
            snapshot_id: before.map_or_else(String::new, |found| found.snapshot_id.clone()),
            taken_at_us: miss.at_us,
            partial: true,
            findings: vec![Finding::unreachable(miss.why)],
        };
        last.insert(miss.agent_id, found);
    }
    let this = AgentInfo {
        agent: Agent::this_computer(),
        registered_at_us: None,
        run: None,
        last: None,
    };
    let registered = reader.agents().map_err(failed)?.into_iter();
    let registered = registered.map(|row| AgentInfo {
        agent: row.agent,
        registered_at_us: Some(row.registered_at_us),
        run: Some(RunId(row.run)),
        last: None,
    });
    let agents = [this].into_iter().chain(registered);
    Ok(AgentList {
        agents: agents
            .filter(|info| selector.matches(&info.agent))
            .map(|info| AgentInfo {
                last: last.remove(&info.agent.agent_id),
                ..info
            })
            .collect(),
    })
}

/// The host keys that were trusted here.
pub(crate) fn host_keys(reader: &Reader) -> Result<HostKeyList, Fault> {
    let rows = reader
        .host_keys(None)
        .map_err(|fault| faults::read(&fault))?;
    let keys = rows.into_iter().map(|row| HostKeyInfo {
        fingerprint: tools::fingerprint(&row.key).unwrap_or_default(),
        host: row.host,
        port: row.port,
        key: row.key,
        trusted_at_us: row.trusted_at_us,
        run: RunId(row.run),
    });
    Ok(HostKeyList {
        keys: keys.collect(),
    })
}

/// A stored snapshot's body.
#[derive(serde::Deserialize)]
struct Taken {
    snapshot: Snapshot,
}

pub(crate) fn blob(reader: &Reader, sha256: &Digest) -> Result<Json, Fault> {
    let body = reader
        .blob(sha256)
        .map_err(|fault| faults::read(&fault))?
        .ok_or_else(|| {
            Fault::new(
                "unknown_blob",
                "This value is not kept any more",
                "Values are kept for 90 days",
            )
        })?;
    serde_json::from_slice(&body).map_err(faults::internal)
}

pub(crate) fn log(reader: &Reader, call: &Digest, from: u64) -> Result<LogPage, Fault> {
    let slice = reader
        .log(call, from, PAGE_BYTES)
        .map_err(|fault| faults::read(&fault))?;
    let (lines, used) = logs::decode(&slice.bytes);
    let next = slice.from_offset + used as u64;
    Ok(LogPage {
        lines,
        next,
        more: used > 0 && next < slice.durable_offset,
    })
}
