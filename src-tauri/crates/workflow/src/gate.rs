//! A gate of a run: the card that a person sees, the answer, and the grant that it gives. What is shown is what is
//! hashed (semantics.md 1, approvals.md I2, I5). Deciding is in `decide`.

use crate::{
    Actor, Call, CardScope, Change, Datum, Decision, DecisionKind, Digest, GateId, Map, Provenance,
    RollbackPlan, StepKey, UndoPlan,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// What a person sees and decides on. The card's digest covers the run, the gate, the revision, the calls' digests,
/// the definition, the proposer, the evidence's digests and the expiry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// The question.
    pub title: String,
    /// The exact calls, one for each item; empty on an after-gate.
    pub calls: Vec<CardCall>,
    /// The result that is decided on; only on an after-gate.
    pub result: Option<Datum>,
    /// Who or what made the result or proposed the calls.
    pub provenance: Provenance,
    /// Further evidence, as the file asks for it.
    pub shown: Vec<Shown>,
    /// What the person may answer.
    pub decisions: Vec<DecisionKind>,
    /// The inputs that may be edited, with their present values.
    pub editable: BTreeMap<String, Datum>,
    /// How many tries one approval covers.
    pub tries: u32,
    /// Why the card is shown again, and what differs from the card before it; empty for the first.
    pub reopened: Option<String>,
    /// What differs from the last card that was approved or voided.
    pub changed: Vec<Difference>,
    /// The definition that the run is pinned to.
    pub definition: Digest,
    /// When the gate closes by itself, in microseconds since 1970 (UTC); `None`: it stays open.
    pub expires_at_us: Option<i64>,
    /// How long an approval is good for, in milliseconds; `None`: until it is used.
    pub grant_ttl_ms: Option<u64>,
    /// One card for all items or one for each.
    pub scope: CardScope,
    /// What a rollback of the whole run would undo; on the cards before its first change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<RollbackPlan>,
}

/// One call on a card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardCall {
    /// For which step or item.
    pub step: StepKey,
    /// The item, for a list.
    pub item: Option<Datum>,
    /// The exact call.
    pub call: Call,
    /// Its digest.
    pub digest: Digest,
    /// What it would change; empty: nothing.
    pub changes: Vec<Change>,
    /// Who and what is affected.
    pub blast_radius: String,
    /// How it would be undone; `None`: it cannot be.
    pub undo: Option<UndoPlan>,
    /// Why it will not run, when its preview failed: such an item is left out from the start.
    pub left_out: Option<String>,
}

/// A piece of evidence on a card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The expression in the file.
    pub expression: String,
    /// Its value when the card was made.
    pub value: Datum,
    /// The value's digest; part of the card's digest.
    pub digest: Digest,
}

/// One difference between two cards: where, before, after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// A path, as `write_file.args.content`.
    pub path: String,
    /// The old text.
    pub before: String,
    /// The new text.
    pub after: String,
}

/// What an approval permits: these calls, each so often, until then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// The calls by digest, each with the tries that are left.
    pub tries: Map<Digest, u32>,
    /// Items that the person left out.
    pub dropped: Arc<Vec<StepKey>>,
    /// Good before this time, in microseconds since 1970 (UTC); `None`: until it is used.
    pub valid_until_us: Option<i64>,
    /// Its time to live, in milliseconds, counted anew from each item's end.
    pub ttl_ms: Option<u64>,
}

/// A gate in the course of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateRun {
    /// Its name.
    pub id: GateId,
    /// Counts the cards; 0 before the first.
    pub revision: u32,
    /// Where it stands.
    pub state: GateState,
    /// The last card, kept for comparison and for history.
    pub card: Option<Arc<Card>>,
    /// Its digest.
    pub card_digest: Option<Digest>,
    /// Every answer so far: revision, by whom, when, what.
    pub answers: Vec<Arc<GateAnswer>>,
    /// How many attempts a redo has started from here.
    pub redone: u32,
}

/// An answer that was given at a gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateAnswer {
    /// To which card.
    pub revision: u32,
    /// By whom.
    pub by: Actor,
    /// When, in microseconds since 1970 (UTC).
    pub at_us: i64,
    /// What.
    pub decision: Decision,
}

/// Where a gate stands. Each state holds exactly what exists in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "a run has a handful of gates, each behind its own Arc"
)]
pub enum GateState {
    /// The calls are being previewed; the card comes then.
    Preparing {
        /// Why it is shown again, for the next card.
        reopened: Option<String>,
    },
    /// A person is asked.
    Open {
        /// Since when, in microseconds since 1970 (UTC).
        opened_at_us: i64,
        /// How many reminders there were.
        reminders: u32,
    },
    /// Approved or edited; the reads that the gate names are made again before anything else.
    Rechecking {
        /// The approval; `None` after an edit.
        grant: Option<Grant>,
        /// The read under way.
        reading: Option<Recheck>,
        /// The answers so far, by step.
        overlay: BTreeMap<StepKey, Datum>,
    },
    /// The reads are done; the calls are previewed again, to be compared.
    Comparing {
        /// The approval; `None` after an edit.
        grant: Option<Grant>,
        /// The answers of the recheck.
        overlay: BTreeMap<StepKey, Datum>,
    },
    /// The calls may run.
    Granted {
        /// Which, and how often.
        grant: Grant,
    },
    /// Answered, with nothing left to run from it.
    Decided,
    /// Nobody was asked: `skip_when` was true.
    Skipped,
    /// Nobody answered in time.
    Expired,
    /// The run stopped first.
    Withdrawn,
}

/// A read that is made again for a recheck.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recheck {
    /// Which step's read.
    pub step: StepKey,
    /// The call.
    pub call: Call,
    /// Its key.
    pub key: Digest,
    /// The longest it may take.
    pub timeout_ms: u64,
}

impl GateRun {
    /// A gate before its first card.
    pub fn new(id: GateId) -> GateRun {
        GateRun {
            id,
            revision: 0,
            state: GateState::Preparing { reopened: None },
            card: None,
            card_digest: None,
            answers: Vec::new(),
            redone: 0,
        }
    }

    /// Is a person being asked?
    pub fn is_open(&self) -> bool {
        matches!(self.state, GateState::Open { .. })
    }

    /// The approval in force, if any.
    pub fn grant(&self) -> Option<&Grant> {
        match &self.state {
            GateState::Granted { grant } => Some(grant),
            GateState::Rechecking { grant, .. } | GateState::Comparing { grant, .. } => {
                grant.as_ref()
            }
            GateState::Preparing { .. }
            | GateState::Open { .. }
            | GateState::Decided
            | GateState::Skipped
            | GateState::Expired
            | GateState::Withdrawn => None,
        }
    }
}
