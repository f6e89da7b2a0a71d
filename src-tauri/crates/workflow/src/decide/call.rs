//! One call from its plan to its result: arguments, keys, tries, retries, doubt (semantics.md 2, 8).

use super::{Draft, ExprFault, Stop, canonical, expr, schema, scope::Place};
use crate::{
    Body, Call, Datum, Digest, DoubtAnswer, ErrorClass, Event, ExitStatus, FailReason, FallbackWhen, GateId, GateState, Held,
    LogRange, Observation, Outcome, Phase, Planned, Preview, Provenance, Recovery, Refusal, Step, StepKey, StopReason,
    TimerId, ToolError, ToolOutput, UndoPlan,
};
use serde_json::Value as Json;
use std::collections::BTreeMap;

impl Draft<'_> {
    /// The exact call becomes known. `overlay`: outputs of a recheck that stand in for the recorded ones.
    pub(super) fn plan(
        &mut self,
        step: &Step,
        key: &StepKey,
        overlay: Option<&BTreeMap<StepKey, Datum>>,
    ) -> Result<(), Stop> {
        if let Body::Ai(ai) = &step.body
            && !ai.fallback.when.contains(&FallbackWhen::NoProvider)
        {
            let reason = FailReason::new(
                "no_provider",
                format!("Step {key} needs a model, and none is configured"),
                "Let its fallback run for `no_provider`, or configure a provider",
            );
            return self.fail(key, reason);
        }
        let Some((tool, with)) = step.tool() else { return Ok(()) };
        let definition = self.run.definition.clone();
        let Some(spec) = definition.tools.get(tool) else {
            let reason = FailReason::new("unknown_tool", format!("There is no tool {tool}"), "Check the workflow file");
            return self.fail(key, reason);
        };
        let args = match self.resolve(with, &Place { overlay, ..Place::of(key) })? {
            Ok(args) => schema::drop_nulls(&spec.input, args),
            Err(fault) => return self.fail(key, FailReason::expression("with", &fault)),
        };
        let faults = schema::validate_against(&spec.input, &args);
        if !faults.is_empty() {
            let message = format!("The arguments of {tool} are not right: {}", faults.join("; "));
            return self.fail(key, FailReason::new("invalid_arguments", message, "Check `with` in the workflow file"));
        }
        if spec.effect.changes() && step.gate.before.is_none() {
            let message = format!("{tool} changes something, and nobody is asked before");
            return self.fail(key, FailReason::new("ungated_change", message, "Give the step a gate before"));
        }
        let call = Call {
            tool: tool.to_owned(),
            tool_version: spec.version,
            args: Datum::Inline(args.clone()),
            targets: Vec::new(),
            facts: BTreeMap::new(),
            effect: spec.effect,
            undo: None::<UndoPlan>,
        };
        let digest = canonical::call_digest(&call, &args);
        self.emit(Event::CallPlanned { step: key.clone(), preview: spec.effect.changes(), digest, call })
    }

    pub(super) fn previewed(
        &mut self,
        key: &StepKey,
        call: Call,
        result: &Result<Preview, ToolError>,
    ) -> Result<(), Stop> {
        match result {
            Ok(preview) => {
                let args = self.load(&call.args)?;
                let call = Call {
                    targets: preview.targets.clone(),
                    facts: preview.facts.clone(),
                    undo: preview.undo.clone(),
                    ..call
                };
                let digest = canonical::call_digest(&call, &args);
                self.emit(Event::CallPreviewed { step: key.clone(), call, digest, preview: preview.clone() })
            }
            Err(error) => self.emit(Event::PreviewFailed { step: key.clone(), error: error.clone() }),
        }
    }

    /// A call that is exactly known runs when nobody must be asked, or when its grant covers it and there is a place.
    pub(super) fn advance_planned(&mut self, step: &Step, key: &StepKey, planned: &Planned) -> Result<(), Stop> {
        if self.starts_no_change(step, key) {
            return self.skip_in_failing(key);
        }
        match self.gate_before(step, key) {
            Some(gate) => self.advance_at_gate(step, key, planned, &gate),
            None => self.start_call(step, key),
        }
    }

    pub(super) fn start_call(&mut self, step: &Step, key: &StepKey) -> Result<(), Stop> {
        let (attempt, used) = self.run.step(key).map_or((1, 0), |step| (step.attempt, step.keys_used));
        let n = used + 1;
        let idempotency = Call::idempotency_key(&self.run.id, key, attempt, n);
        let timeout_ms = self.timeout_ms(step);
        self.emit(Event::CallStarted { step: key.clone(), n, key: idempotency, timeout_ms })
    }

    pub(super) fn timeout_ms(&self, step: &Step) -> u64 {
        let of_tool = || step.tool().and_then(|(tool, _)| self.run.definition.tools.get(tool)).map(|spec| spec.timeout_ms);
        step.poll.as_ref().map(|poll| poll.timeout_ms).or(step.timeout_ms).or_else(of_tool).unwrap_or(60_000)
    }

    /// One try of an approved call: its grant is spent and the call started in one transaction; when the grant does not
    /// cover it any more, it is voided and the gate opens again.
    pub(super) fn spend_and_start(&mut self, step: &Step, key: &StepKey, digest: Digest, gate: &GateId) -> Result<(), Stop> {
        let Some(GateState::Granted { grant }) = self.run.gate(gate).map(|gate| gate.state.clone()) else { return Ok(()) };
        if grant.valid_until_us.is_some_and(|until| self.at_us >= until) {
            return self.void(gate, "the approval is older than its time to live");
        }
        match grant.tries.get(&digest) {
            Some(left) if *left > 0 => {
                self.emit(Event::GrantSpent { gate: gate.clone(), step: key.clone(), call_digest: digest })?;
                self.start_call(step, key)
            }
            Some(_) => self.void(gate, "all tries that were approved are used up"),
            None => self.void(gate, "the call is not the one that was approved"),
        }
    }

    pub(super) fn finished(
        &mut self,
        key: &StepKey,
        result: &Result<ToolOutput, ToolError>,
        log: Option<LogRange>,
    ) -> Result<(), Stop> {
        match result {
            Ok(output) => self.emit(Event::CallFinished {
                step: key.clone(),
                output: output.output.clone(),
                receipt: output.receipt.clone(),
                observed: false,
                log,
            }),
            Err(error) if error.outcome == Outcome::Unknown && self.call_changes(key) => {
                self.interrupt(key, false, Some(error.clone()))
            }
            Err(error) => self.emit(Event::CallFailed { step: key.clone(), error: error.clone(), log }),
        }
    }

    fn call_changes(&self, key: &StepKey) -> bool {
        self.run.step(key).and_then(|step| step.planned()).is_some_and(|planned| planned.call.effect.changes())
    }

    /// The tool is asked whether it happened; where it cannot tell, a person is.
    pub(super) fn interrupt(&mut self, key: &StepKey, stop: bool, error: Option<ToolError>) -> Result<(), Stop> {
        let recovery = self
            .run
            .step(key)
            .and_then(|step| step.planned())
            .and_then(|planned| self.run.definition.tools.get(&planned.call.tool))
            .map_or(Recovery::Manual, |spec| spec.recovery);
        if recovery == Recovery::Manual {
            let why = error.map_or_else(
                || "The program ended while the call was running, and this tool cannot tell whether it happened".to_owned(),
                |error| error.message,
            );
            return self.emit(Event::DoubtOpened { step: key.clone(), why });
        }
        self.emit(Event::CallInterrupted { step: key.clone(), stop, error })
    }

    pub(super) fn observed(&mut self, key: &StepKey, observation: &Observation) -> Result<(), Stop> {
        let Some(Phase::Observing { stop, error, .. }) = self.run.step(key).and_then(|step| step.phase()).cloned() else {
            return Ok(());
        };
        match (observation, error) {
            (Observation::Done(output), _) => self.emit(Event::CallFinished {
                step: key.clone(),
                output: output.output.clone(),
                receipt: output.receipt.clone(),
                observed: true,
                log: None,
            }),
            (Observation::NotDone, None) if !stop => self.emit(Event::CallContinued { step: key.clone() }),
            (Observation::NotDone, error) => {
                let error = ToolError { outcome: Outcome::NotDone, ..error.unwrap_or_else(cancelled) };
                self.emit(Event::CallFailed { step: key.clone(), error, log: None })
            }
            (Observation::Unknown { why }, _) => self.emit(Event::DoubtOpened { step: key.clone(), why: why.clone() }),
        }
    }

    pub(super) fn resolve_doubt(&mut self, key: &StepKey, answer: DoubtAnswer) -> Result<(), Stop> {
        if !matches!(self.run.step(key).and_then(|step| step.phase()), Some(Phase::InDoubt { .. })) {
            return Err(Refusal::new(
                "not_in_doubt",
                format!("Nobody asks whether {key} happened"),
                "Look at the run: the question may have been answered already",
            )
            .into());
        }
        if answer == DoubtAnswer::RunAgain && self.run.stopping().is_some() {
            return Err(Refusal::new(
                "stopping",
                "The run is stopping and starts nothing more",
                "Say that it happened, or start the workflow again later",
            )
            .into());
        }
        self.emit(Event::DoubtResolved { step: key.clone(), answer })
    }

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

    fn after_error(&mut self, step: &Step, key: &StepKey, error: &ToolError, planned: &Planned) -> Result<(), Stop> {
        let gate = self.gate_before(step, key);
        let granted = gate.clone().filter(|gate| matches!(self.run.gate(gate).map(|gate| &gate.state), Some(GateState::Granted { .. })));
        if error.code == "run_again" {
            return self.start_call(step, key);
        }
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
        let tried = self.run.step(key).map_or(0, |run| {
            run.tries.iter().filter(|one| one.attempt == run.attempt && one.error.is_some()).count() as u32
        });
        let retry = step.retry.as_ref().filter(|retry| tried > 0 && tried <= retry.max && retry.classes.contains(&error.class));
        match retry {
            Some(retry) if gate.is_none() || granted.is_some() || !planned.call.effect.changes() => {
                let longest = retry.backoff_ms as f64 * retry.factor.powi(tried as i32 - 1);
                // Full jitter: anywhere up to the exponential bound (AWS Architecture Blog, 2015).
                let part = (self.entropy % 1000 + 1) as f64 / 1000.0;
                let wait_us = (longest.min(3_600_000.0) * part * 1000.0) as i64;
                self.emit(Event::RetryScheduled { step: key.clone(), n: tried + 1, due_us: self.at_us + wait_us })
            }
            Some(_) | None => self.fail(key, FailReason::tool(error)),
        }
    }

    fn after_success(&mut self, step: &Step, key: &StepKey, held: &Held) -> Result<(), Stop> {
        let output = self.load(&held.output)?;
        let happened_by_word = held.receipt.is_none() && output.is_null() && self.call_changes(key);
        let provenance = match &step.body {
            _ if happened_by_word => Provenance::Person,
            Body::Ai(_) => Provenance::Rule,
            Body::Uses { .. } | Body::Steps { .. } | Body::Parallel { .. } => Provenance::Tool,
        };
        if !happened_by_word {
            if let Some(reason) = self.result_faults(step, key, &output)? {
                return self.fail(key, reason);
            }
            if let Some(reason) = self.failed_assert(step, &Place::with_output(key, &output))? {
                return self.fail(key, reason);
            }
        }
        let is_item = step.foreach.is_some();
        let own_gate = step.gate.after.as_ref().filter(|gate| !is_item || gate.scope == crate::CardScope::Each);
        if let Some(gate) = own_gate
            && !self.after_gate_is_passed(gate, key, &output, provenance)?
        {
            return Ok(());
        }
        self.complete(step, key, output, provenance)
    }

    pub(super) fn complete(&mut self, step: &Step, key: &StepKey, output: Json, provenance: Provenance) -> Result<(), Stop> {
        let exit = match &step.exit_when {
            None => None,
            Some(exit) => {
                let place = Place { provenance: Some(provenance), ..Place::with_output(key, &output) };
                match self.holds(&exit.that, &place)? {
                    Ok(true) => Some((exit.status, self.text(&exit.message, &place)?)),
                    Ok(false) => None,
                    Err(fault) => return self.fail(key, FailReason::expression("exit_when", &fault)),
                }
            }
        };
        self.emit(Event::StepCompleted { step: key.clone(), output: Datum::Inline(output), provenance })?;
        match exit {
            Some((status, message)) if self.run.stopping().is_none() => {
                self.emit(Event::RunStopping { why: StopReason::Exit { step: key.clone(), status, message } })
            }
            Some((ExitStatus::Completed | ExitStatus::Failed, _)) | None => Ok(()),
        }
    }

    /// The first assert that does not hold.
    pub(super) fn failed_assert(&self, step: &Step, place: &Place<'_>) -> Result<Option<FailReason>, Stop> {
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
    pub(super) fn result_faults(&self, step: &Step, key: &StepKey, output: &Json) -> Result<Option<FailReason>, Stop> {
        let Body::Ai(ai) = &step.body else { return Ok(None) };
        let mut faults = schema::validate_against(&ai.output, output);
        self.enum_from_faults(&ai.output, output, key, &mut faults)?;
        Ok((!faults.is_empty()).then(|| {
            FailReason::new(
                "invalid_result",
                format!("The result does not keep its contract: {}", faults.join("; ")),
                "Check the step's output schema and its fallback",
            )
        }))
    }

    fn enum_from_faults(&self, schema: &Json, value: &Json, key: &StepKey, faults: &mut Vec<String>) -> Result<(), Stop> {
        if let Some(source) = schema.get("enum_from").and_then(Json::as_str) {
            match self.evaluate(source, &Place::of(key))? {
                Ok(Json::Array(permitted)) if permitted.contains(value) || value.is_null() => {}
                Ok(_) => faults.push(format!("{} is not one of {source}", expr::as_text(value))),
                Err(ExprFault { message, .. }) => faults.push(format!("{source} has no value: {message}")),
            }
        }
        if let (Some(properties), Some(fields)) = (schema.get("properties").and_then(Json::as_object), value.as_object()) {
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

    pub(super) fn timer(&mut self, timer: &TimerId) -> Result<(), Stop> {
        let due = match self.run.timers.get(timer) {
            Some(due_us) => self.at_us >= *due_us,
            None => false,
        };
        if !due || self.run.stopping().is_some() {
            return Ok(());
        }
        match timer {
            TimerId::GateExpiry { gate, .. } => self.expire(gate),
            TimerId::GateReminder { gate, revision, number } => {
                self.emit(Event::GateReminded { gate: gate.clone(), revision: *revision, number: *number })
            }
            TimerId::Retry { step: key, .. } => {
                let definition = self.run.definition.clone();
                let Some(step) = definition.step(&key.id) else { return Ok(()) };
                let Some(planned) = self.run.step(key).and_then(|step| step.planned()).cloned() else { return Ok(()) };
                let granted = |gate: &GateId| {
                    planned.call.effect.changes()
                        || matches!(self.run.gate(gate).map(|gate| &gate.state), Some(GateState::Granted { .. }))
                };
                match self.gate_before(step, key).filter(granted) {
                    Some(gate) => self.spend_and_start(step, key, planned.digest, &gate),
                    None => self.start_call(step, key),
                }
            }
        }
    }

    /// The engine was started anew. Reads and calls that may be repeated are still owed and simply start again; of the
    /// others the tool is asked, or a person.
    pub(super) fn resume(&mut self) -> Result<(), Stop> {
        let cut_off: Vec<StepKey> = self
            .run
            .steps
            .iter()
            .filter(|(_, step)| matches!(step.phase(), Some(Phase::Calling(calling)) if calling.planned.call.effect.changes()))
            .map(|(key, _)| key.clone())
            .collect();
        for key in cut_off {
            let planned = self.run.step(&key).and_then(|step| step.planned());
            let spec = planned.and_then(|planned| self.run.definition.tools.get(&planned.call.tool));
            match spec.map(|spec| spec.recovery) {
                Some(Recovery::Pure | Recovery::Idempotent | Recovery::Keyed) => {}
                Some(Recovery::Probeable | Recovery::Manual) | None => self.interrupt(&key, false, None)?,
            }
        }
        Ok(())
    }
}

fn cancelled() -> ToolError {
    ToolError {
        code: "cancelled".to_owned(),
        message: "It was stopped before it had any effect".to_owned(),
        hint: "Start the workflow again if it should run".to_owned(),
        class: ErrorClass::Internal,
        outcome: Outcome::NotDone,
    }
}

impl FailReason {
    /// A tool's error as the reason of its step.
    pub(crate) fn tool(error: &ToolError) -> FailReason {
        FailReason::new(&error.code, error.message.clone(), error.hint.clone())
    }
}
