//! Canonical JSON (RFC 8785) and the two digests over it (semantics.md 1). Also: moving big values out of events.

use super::Values;
use crate::{Blob, Call, Card, Datum, Digest, Event, GateId, RunId};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The canonical bytes of a JSON value (RFC 8785), integers past 2^53 included.
pub fn canonical_json(value: &Json) -> Vec<u8> {
    // A JSON value that is in memory has only text keys and finite numbers: writing it cannot fail.
    match exact(value) {
        Some(value) => serde_json_canonicalizer::to_vec(&value),
        None => serde_json_canonicalizer::to_vec(value),
    }
    .unwrap_or_default()
}

/// RFC 8785 writes every number as a double, so that 2^53 and 2^53 + 1 would have one digest. Such integers are written
/// as `{"\0integer": "digits"}`; names that begin with NUL get one more, so that nothing else is ever written like it.
/// `None`: the value has neither.
fn exact(value: &Json) -> Option<Json> {
    const LARGEST: u64 = 1 << 53;
    match value {
        Json::Number(number)
            if number.is_f64() || number.as_i64().is_some_and(|n| n.unsigned_abs() <= LARGEST) =>
        {
            None
        }
        Json::Number(number) => Some(json!({ "\0integer": number.to_string() })),
        Json::Array(items) => {
            let exacts: Vec<Option<Json>> = items.iter().map(exact).collect();
            exacts.iter().any(Option::is_some).then(|| {
                let pairs = exacts.into_iter().zip(items);
                Json::Array(
                    pairs
                        .map(|(exact, item)| exact.unwrap_or_else(|| item.clone()))
                        .collect(),
                )
            })
        }
        Json::Object(fields) => {
            let exacts: Vec<Option<Json>> = fields.values().map(exact).collect();
            let escapes = fields.keys().any(|name| name.starts_with('\0'));
            (escapes || exacts.iter().any(Option::is_some)).then(|| {
                let pairs = exacts.into_iter().zip(fields);
                let exact = pairs.map(|(exact, (name, field))| {
                    let name = if name.starts_with('\0') {
                        format!("\0{name}")
                    } else {
                        name.clone()
                    };
                    (name, exact.unwrap_or_else(|| field.clone()))
                });
                Json::Object(exact.collect())
            })
        }
        Json::Null | Json::Bool(_) | Json::String(_) => None,
    }
}

/// SHA-256 of the canonical bytes.
pub fn digest_of_json(value: &Json) -> Digest {
    Digest::of(&canonical_json(value))
}

/// `sha256(JCS{tool, tool_version, args, targets, facts, effect, undo})`: what is approved and what runs.
pub fn call_digest(call: &Call, args: &Json) -> Digest {
    digest_of_json(&json!({
        "tool": call.tool,
        "tool_version": call.tool_version,
        "args": args,
        "targets": call.targets,
        "facts": call.facts,
        "effect": call.effect,
        "undo": call.undo,
    }))
}

/// `sha256(JCS{run, gate, revision, call_digests, definition, proposer, evidence_digests, expires_at})`.
pub(super) fn card_digest(
    run: &RunId,
    gate: &GateId,
    revision: u32,
    card: &Card,
    result: Option<Digest>,
) -> Digest {
    let calls: Vec<Digest> = card.calls.iter().map(|call| call.digest).collect();
    let mut evidence: Vec<Digest> = card.shown.iter().map(|shown| shown.digest).collect();
    evidence.extend(result);
    digest_of_json(&json!({
        "run": run,
        "gate": gate,
        "revision": revision,
        "call_digests": calls,
        "definition": card.definition,
        "proposer": card.provenance,
        "evidence_digests": evidence,
        "expires_at": card.expires_at_us,
    }))
}

/// The value behind a datum.
///
/// # Errors
/// The digest of the blob that is not loaded.
pub fn load(datum: &Datum, values: &dyn Values) -> Result<Json, Digest> {
    match datum {
        Datum::Inline(value) => Ok(value.clone()),
        Datum::Blob { sha256, .. } => values
            .get(sha256)
            .map(|value| value.as_ref().clone())
            .ok_or(*sha256),
    }
}

/// Moves every value that is too big for a record into a blob (semantics.md 17).
pub fn externalise(events: &mut [Event]) -> Vec<Blob> {
    let mut blobs = BTreeMap::new();
    let mut out = |datum: &mut Datum| {
        if let Some(blob) = datum.externalise() {
            blobs.insert(blob.sha256, blob);
        }
    };
    for event in events {
        visit(event, &mut out);
    }
    blobs.into_values().collect()
}

fn visit(event: &mut Event, out: &mut dyn FnMut(&mut Datum)) {
    match event {
        Event::RunStarted { inputs, .. } => inputs.values_mut().for_each(out),
        Event::StepStarted { items, .. } => items.iter_mut().flatten().for_each(out),
        Event::CallPlanned { call, .. }
        | Event::CallPreviewed { call, .. }
        | Event::RecheckStarted { call, .. } => {
            out(&mut call.args);
        }
        Event::GateOpened { card, .. } => {
            for call in &mut card.calls {
                out(&mut call.call.args);
                call.item.iter_mut().for_each(&mut *out);
            }
            card.result.iter_mut().for_each(&mut *out);
            card.shown
                .iter_mut()
                .for_each(|shown| out(&mut shown.value));
            card.editable.values_mut().for_each(out);
        }
        Event::InputEdited { value, .. } => out(value),
        Event::RollbackPlanned { args: Ok(args), .. } => out(args),
        Event::UndoAsked { receipt, .. } => out(receipt),
        Event::RecheckRead { output, .. } | Event::StepCompleted { output, .. } => out(output),
        Event::GrantVoided { outputs, .. } => outputs.values_mut().for_each(out),
        Event::CallFinished {
            output, receipt, ..
        } => {
            out(output);
            receipt.iter_mut().for_each(out);
        }
        Event::RunCompleted { outputs, .. } => outputs.values_mut().for_each(out),
        Event::StepSkipped { .. }
        | Event::PreviewFailed { .. }
        | Event::GateSkipped { .. }
        | Event::GateReminded { .. }
        | Event::GateDecided { .. }
        | Event::GateExpired { .. }
        | Event::GateWithdrawn { .. }
        | Event::ComparingStarted { .. }
        | Event::GrantConfirmed { .. }
        | Event::GrantSpent { .. }
        | Event::CallStarted { .. }
        | Event::CallInterrupted { .. }
        | Event::CallContinued { .. }
        | Event::FleetChanged { .. }
        | Event::CallFailed { .. }
        | Event::RetryScheduled { .. }
        | Event::DoubtOpened { .. }
        | Event::DoubtResolved { .. }
        | Event::AttemptStarted { .. }
        | Event::StepFailed { .. }
        | Event::GroupStopping { .. }
        | Event::RunStopping { .. }
        | Event::RunFailed { .. }
        | Event::RunCancelled
        | Event::RunContinued
        | Event::RollbackPlanned { args: Err(_), .. }
        | Event::RollbackStarted { .. }
        | Event::InverseStarted { .. }
        | Event::InversePermitted { .. }
        | Event::UndoneBy { .. }
        | Event::RunRolledBack { .. } => {}
    }
}

/// Any value as JSON; for values of ours, which always can be.
pub(super) fn as_json(value: &impl Serialize) -> Json {
    serde_json::to_value(value).unwrap_or(Json::Null)
}
