//! What follows from a call that has ended: another try, the end of the step, or the gate after it.

use super::{Draft, ExprFault, Stop, expr, schema, scope::Place};
use crate::{
    Body, Datum, ErrorClass, Event, ExitStatus, FailReason, GateState, Held, Outcome, Phase,
    Planned, Provenance, Step, StepKey, StopReason, ToolError,
};
use serde_json::Value as Json;

impl Draft<'_> {
    /// What follows from a call that has ended.
    pub(super) fn advance_result(
        &mut self,
        step: &Step,
        key: &StepKey,
        result: &Result<Held, ToolError>,
        planned: &Planned,
    ) -> Result<(), Stop> {
        match result {
            Err(error) => self.after_error(step, key, error, planned),
            Ok(held) => self.after_success(step, key, held),
        }
    }

    fn after_error(
        &mut self,
        step: &Step,
        key: &StepKey,
        error: &ToolError,
        planned: &Planned,
    ) -> Result<(), Stop> {
        // A person's "run again" is itself the grant: only that pays for a call before it is started.
        if self
            .run
            .step(key)
            .is_some_and(|run| run.spent == Some(planned.digest))
        {
            return self.start_call(step, key);
        }
        // Nobody was asked, or the approval is still in force: else another try would run on no approval.
        let gate = self
            .gate_before(step, key)
            .and_then(|gate| self.run.gate(&gate))
            .map(|gate| (&gate.id, &gate.state));
        let granted = match gate {
            Some((gate, GateState::Granted { .. })) => Some(gate.clone()),
            Some(_) | None => None,
        };
        let may_retry = matches!(
            gate,
            None | Some((_, GateState::Granted { .. } | GateState::Skipped))
        );
        if self.starts_no_change(step, key) {
            return self.fail(key, FailReason::tool(error));
        }
        // The world is not as it was when the call was approved: ask again, with the difference (I6).
        if error.class == ErrorClass::Precondition
            && error.outcome == Outcome::NotStarted
            && let Some(gate) = &granted
        {
            return self.void(gate, &error.message);
        }
        // A preview has no effect: it needs no approval to be asked for once more.
        let previews = self.run.step(key).map_or(0, |run| run.previews_failed);
        let tried = self.run.step(key).map_or(0, |run| {
            run.tries
                .iter()
                .filter(|one| one.attempt == run.attempt && one.error.is_some())
                .count() as u32
        });
        let tried = if previews > 0 { previews } else { tried };
        let retry = step.retry.as_ref().filter(|retry| {
            tried > 0 && tried <= retry.max && retry.classes.contains(&error.class)
        });
        match retry {
            Some(retry) if may_retry || previews > 0 => {
                let longest = retry.backoff_ms as f64 * retry.factor.powi(tried as i32 - 1);
                // Full jitter: anywhere up to the exponential bound (AWS Architecture Blog, 2015).
                let part = (self.entropy % 1000 + 1) as f64 / 1000.0;
                let wait_us = (longest.min(3_600_000.0) * part * 1000.0) as i64;
                self.emit(Event::RetryScheduled {
                    step: key.clone(),
                    n: tried + 1,
                    due_us: self.at_us.saturating_add(wait_us.max(0)),
                })
            }
            Some(_) | None => self.fail(key, FailReason::tool(error)),
        }
    }

    fn after_success(&mut self, step: &Step, key: &StepKey, held: &Held) -> Result<(), Stop> {
        let output = self.load(&held.output)?;
        let provenance = step.provenance(held);
        if !held.by_word {
            if let Some(reason) = self.result_faults(step, key, &output)? {
                return self.fail(key, reason);
            }
            if let Some(reason) = self.failed_assert(step, &Place::with_output(key, &output))? {
                return self.fail(key, reason);
            }
        }
        let is_item = step.foreach.is_some();
        let own_gate = step
            .gate
            .after
            .as_ref()
            .filter(|gate| !is_item || gate.scope == crate::CardScope::Each);
        if let Some(gate) = own_gate
            && !self.after_gate_is_passed(gate, key, &output, provenance)?
        {
            return Ok(());
        }
        self.complete(step, key, output, provenance)
    }

    pub(super) fn complete(
        &mut self,
        step: &Step,
        key: &StepKey,
        output: Json,
        provenance: Provenance,
    ) -> Result<(), Stop> {
        // Of a list each item was asked already.
        let is_list = matches!(
            self.run.step(key).and_then(|step| step.phase()),
            Some(Phase::List { .. })
        );
        let exit = match &step.exit_when {
            None => None,
            Some(_) if is_list => None,
            Some(exit) => {
                let place = Place {
                    provenance: Some(provenance),
                    ..Place::with_output(key, &output)
                };
                match self.holds(&exit.that, &place)? {
                    Ok(true) => Some((exit.status, self.text(&exit.message, &place)?)),
                    Ok(false) => None,
                    Err(fault) => {
                        return self.fail(key, FailReason::expression("exit_when", &fault));
                    }
                }
            }
        };
        self.emit(Event::StepCompleted {
            step: key.clone(),
            output: Datum::Inline(output),
            provenance,
        })?;
        match exit {
            Some((status, message)) if self.run.stopping().is_none() => {
                self.emit(Event::RunStopping {
                    why: StopReason::Exit {
                        step: key.clone(),
                        status,
                        message,
                    },
                })
            }
            Some((ExitStatus::Completed | ExitStatus::Failed, _)) | None => Ok(()),
        }
    }

    /// The first assert that does not hold.
    pub(super) fn failed_assert(
        &self,
        step: &Step,
        place: &Place<'_>,
    ) -> Result<Option<FailReason>, Stop> {
        for assert in &step.asserts {
            match self.holds(&assert.that, place)? {
                Ok(true) => {}
                Ok(false) => {
                    let message = self.text(&assert.message, place)?;
                    let hint = format!("The workflow asks for: {}", assert.that.0);
                    return Ok(Some(FailReason::new("assert", message, hint)));
                }
                Err(fault) => return Ok(Some(FailReason::expression("assert", &fault))),
            }
        }
        Ok(None)
    }

    /// Does an AI step's result keep its contract: the schema, and ids that come from the given lists?
    pub(super) fn result_faults(
        &self,
        step: &Step,
        key: &StepKey,
        output: &Json,
    ) -> Result<Option<FailReason>, Stop> {
        let Body::Ai(ai) = &step.body else {
            return Ok(None);
        };
        let mut faults = schema::validate_against(&ai.output, output);
        self.enum_from_faults(&ai.output, output, key, &mut faults)?;
        Ok((!faults.is_empty()).then(|| {
            FailReason::new(
                "invalid_result",
                format!(
                    "The result does not keep its contract: {}",
                    faults.join("; ")
                ),
                "Check the step's output schema and its fallback",
            )
        }))
    }

    fn enum_from_faults(
        &self,
        schema: &Json,
        value: &Json,
        key: &StepKey,
        faults: &mut Vec<String>,
    ) -> Result<(), Stop> {
        if let Some(source) = schema.get("enum_from").and_then(Json::as_str) {
            match self.evaluate(source, &Place::of(key))? {
                Ok(Json::Array(permitted)) if permitted.contains(value) || value.is_null() => {}
                Ok(_) => faults.push(format!("{} is not one of {source}", expr::as_text(value))),
                Err(ExprFault { message, .. }) => {
                    faults.push(format!("{source} has no value: {message}"))
                }
            }
        }
        if let (Some(properties), Some(fields)) = (
            schema.get("properties").and_then(Json::as_object),
            value.as_object(),
        ) {
            for (name, property) in properties {
                if let Some(field) = fields.get(name) {
                    self.enum_from_faults(property, field, key, faults)?;
                }
            }
        }
        if let (Some(item_schema), Some(items)) = (schema.get("items"), value.as_array()) {
            for item in items {
                self.enum_from_faults(item_schema, item, key, faults)?;
            }
        }
        Ok(())
    }
}

impl Step {
    /// Who made its result.
    pub(super) fn provenance(&self, held: &Held) -> Provenance {
        match &self.body {
            _ if held.by_word => Provenance::Person,
            Body::Ai(_) => Provenance::Rule,
            Body::Uses { .. } | Body::Undo | Body::Steps { .. } | Body::Parallel { .. } => {
                Provenance::Tool
            }
        }
    }
}
