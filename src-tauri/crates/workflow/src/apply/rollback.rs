//! The part of the fold that keeps what a run has changed, and moves the inverses of a rollback.

use crate::{
    Datum, Digest, Event, Made, Phase, Planned, Run, RunStatus, StepKey, StepRun, StepState,
};
use std::sync::Arc;

impl Run {
    /// The events of a rollback stand only in one, and one begins only where a run stops.
    pub(super) fn fits_a_rollback(&self, event: &Event) -> Result<(), String> {
        let begins = matches!(event, Event::RollbackStarted { .. } | Event::RunContinued);
        let within = matches!(
            event,
            Event::InverseStarted { .. }
                | Event::InversePermitted { .. }
                | Event::RunRolledBack { .. }
        );
        let rolls_back = matches!(self.status, RunStatus::RollingBack { .. });
        if begins && self.stopping().is_none() {
            return Err("the run is not stopping".to_owned());
        }
        if within && !rolls_back {
            return Err("the run is not being rolled back".to_owned());
        }
        Ok(())
    }

    /// A change happened, or must be taken to have happened. What an inverse changes is not undone in turn.
    pub(super) fn note_change(&mut self, key: &StepKey, receipt: Option<&Datum>) {
        let Some(step) = self.step(key) else { return };
        let Some(planned) = step.planned() else {
            return;
        };
        if !planned.call.effect.changes() || key.is_inverse() {
            return;
        }
        let made = Made {
            seq: self.seq,
            step: key.clone(),
            attempt: step.attempt,
            tool: planned.call.tool.clone(),
            tool_version: planned.call.tool_version,
            undo: planned.call.undo.clone(),
            receipt: receipt.cloned(),
            own: None,
            changed: !planned.changes.is_empty() || planned.call.undo.is_some(),
        };
        self.made.push_back_mut(Arc::new(made));
    }

    /// The change that the record of that place tells of. They stand in the order of their records.
    fn made_at(&self, seq: u64) -> Option<&Made> {
        let (mut from, mut to) = (0, self.made.len());
        while from < to {
            let middle = from.midpoint(to);
            let made = self.made.get(middle)?;
            match made.seq.cmp(&seq) {
                std::cmp::Ordering::Equal => return Some(made),
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        None
    }

    /// An inverse has ended: the change before it is the next.
    pub(super) fn note_inverse_end(&mut self, key: &StepKey) {
        let ended = match self.step(key).map(|step| &step.state) {
            Some(StepState::Completed { .. } | StepState::Skipped { .. }) => key.is_inverse(),
            Some(StepState::Again | StepState::Active(_) | StepState::Failed { .. }) | None => {
                false
            }
        };
        if let RunStatus::RollingBack { left, .. } = &mut self.status
            && ended
        {
            *left = left.saturating_sub(1);
        }
    }

    /// The arguments of the step's own `rollback` are known.
    pub(super) fn note_rollback(
        &mut self,
        key: &StepKey,
        of: u64,
        args: &Result<Datum, String>,
    ) -> Result<(), String> {
        let last = self.made.len().saturating_sub(1);
        match self.made.get_mut(last) {
            Some(made) if made.seq == of && made.step == *key => {
                Arc::make_mut(made).own = Some(args.clone());
                Ok(())
            }
            Some(_) | None => Err(format!("record {of} tells of no change of {key}")),
        }
    }

    pub(super) fn start_inverse(
        &mut self,
        key: &StepKey,
        of: u64,
        at_us: i64,
    ) -> Result<(), String> {
        let made = self.made_at(of).filter(|made| made.inverse() == *key);
        let Some(made) = made else {
            return Err(format!("record {of} tells of no change that {key} undoes"));
        };
        let Some(receipt) = made.receipt.clone() else {
            return Err(format!("the change of record {of} has no receipt"));
        };
        let phase = Phase::Inverting {
            tool: made.tool.clone(),
            tool_version: made.tool_version,
            receipt,
        };
        self.begun(key, at_us);
        self.ask_for_inverse(key, phase)
    }

    pub(super) fn ask_for_inverse(&mut self, key: &StepKey, phase: Phase) -> Result<(), String> {
        self.set_phase(key, |step_run| {
            step_run.previews += 1;
            Ok(phase)
        })
    }

    /// The approval of a change permits its inverse: the tool that the approved card named, for that receipt.
    pub(super) fn permit_inverse(
        &mut self,
        key: &StepKey,
        of: u64,
        call_digest: Digest,
    ) -> Result<(), String> {
        let made = self.made_at(of).filter(|made| made.inverse() == *key);
        let named = made.and_then(|made| made.undo.as_ref());
        let tool = named.map(|undo| undo.tool.clone());
        self.change_step(key, |step_run| {
            let planned = match step_run.phase() {
                Some(Phase::Planned(planned)) => planned,
                Some(_) | None => return Err("no inverse is planned".to_owned()),
            };
            if planned.digest != call_digest || Some(&planned.call.tool) != tool.as_ref() {
                return Err("the approval does not cover this inverse".to_owned());
            }
            step_run.spent = Some(call_digest);
            Ok(())
        })
    }
}

impl StepRun {
    /// A call whose preview failed, as far as it is known.
    pub(super) fn without_preview(&self) -> Option<Box<Planned>> {
        match self.phase()? {
            Phase::Previewing { call, before } => Some(before.clone().unwrap_or_else(|| {
                Box::new(Planned::plain(call.clone(), Digest::from_bytes([0; 32])))
            })),
            Phase::Inverting {
                tool,
                tool_version,
                receipt,
                ..
            } => Some(Box::new(Planned::unknown(
                tool.clone(),
                *tool_version,
                receipt.clone(),
            ))),
            Phase::Group { .. }
            | Phase::List { .. }
            | Phase::Ready
            | Phase::Result { .. }
            | Phase::Planned(_)
            | Phase::Calling(_)
            | Phase::Observing { .. }
            | Phase::InDoubt { .. }
            | Phase::Backoff { .. } => None,
        }
    }
}
