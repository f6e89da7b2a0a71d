//! The inverses of a run that undoes another: each item of its list names a change; the tool is asked for the inverse
//! as in a rollback, but the card of this run approves it.

use super::{Draft, Stop};
use crate::{
    Body, Call, Datum, Event, FailReason, Phase, Preview, Run, SkipReason, StepKey, StepState,
    StopReason, UndoItem,
};

impl Draft<'_> {
    /// Asks for the inverse of the change that this item names.
    pub(super) fn plan_undo(&mut self, key: &StepKey) -> Result<(), Stop> {
        let Some(item) = self.undo_item(key)? else {
            let reason = FailReason::new(
                "invalid_change",
                "The item names no change",
                "Undo the run anew",
            );
            return self.fail(key, reason);
        };
        if let Some(why) = item.not_possible {
            let reason = FailReason::new("not_possible", why, "Undo it by hand");
            return self.fail(key, reason);
        }
        let named = item.undo.as_ref().map(|undo| undo.tool.as_str());
        let definition = self.run.definition.clone();
        let spec = named.and_then(|tool| definition.tools.get(tool));
        match (item.own, item.receipt, spec) {
            (Some(args), _, Some(spec)) => {
                let call = Call::unpreviewed(spec, Datum::Inline(args.clone()));
                let digest = super::call_digest(&call, &args);
                self.emit(Event::CallPlanned {
                    step: key.clone(),
                    call,
                    digest,
                    preview: true,
                })
            }
            (None, Some(receipt), _) => self.emit(Event::UndoAsked {
                step: key.clone(),
                tool: item.tool,
                tool_version: item.tool_version,
                receipt: Datum::Inline(receipt),
            }),
            (Some(_) | None, _, _) => {
                let message = "There is no tool that undoes it";
                self.fail(
                    key,
                    FailReason::new("unknown_tool", message, "Undo it by hand"),
                )
            }
        }
    }

    /// In an undo, an inverse that would change nothing is not asked about: there is nothing to undo.
    pub(super) fn leave_out_what_is_back(
        &mut self,
        key: &StepKey,
        preview: &Preview,
    ) -> Result<(), Stop> {
        let step = self.run.definition.step(&key.id);
        if !preview.changes.is_empty() || step.is_none_or(|step| step.body != Body::Undo) {
            return Ok(());
        }
        self.emit(Event::StepSkipped {
            step: key.clone(),
            why: SkipReason::AlreadyBack,
        })
    }

    /// All items have ended: says how many changes are undone. Where it is none, and not because a person wished so, the
    /// undo has failed.
    pub(super) fn end_undo(&mut self) -> Result<(), Stop> {
        let list = StepKey::top(Run::UNDO);
        let (mut undone, mut all, mut failed) = (0u32, 0u32, None);
        for (key, step) in self.run.inside(&list) {
            all += 1;
            match &step.state {
                StepState::Completed { .. }
                | StepState::Skipped {
                    why: SkipReason::AlreadyBack,
                } => undone += 1,
                StepState::Failed { .. } => failed = Some(key.clone()),
                StepState::Again | StepState::Active(_) | StepState::Skipped { .. } => {}
            }
        }
        match failed {
            Some(step) if undone == 0 => self.emit(Event::RunStopping {
                why: StopReason::Failed { step },
            }),
            Some(_) | None => self.complete_run(Some(format!("{undone} of {all} changes undone"))),
        }
    }

    /// The change that an item of an undo names.
    pub(super) fn undo_item(&self, key: &StepKey) -> Result<Option<UndoItem>, Stop> {
        let list = key.list().and_then(|list| self.run.step(&list));
        let Some(Phase::List { items, .. }) = list.and_then(|list| list.phase()) else {
            return Ok(None);
        };
        let number = key.items.last().copied().unwrap_or_default() as usize;
        match items.get(number) {
            Some(item) => Ok(serde_json::from_value(self.load(item)?).ok()),
            None => Ok(None),
        }
    }
}
