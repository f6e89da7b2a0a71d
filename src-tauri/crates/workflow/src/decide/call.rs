//! One call from its plan to its result: arguments, keys, tries, retries, doubt (semantics.md 2, 8).

use super::{Draft, Stop, canonical, schema, scope::Place};
use crate::{
    Body, Call, Datum, Digest, Event, FailReason, FallbackWhen, GateId, GateState, LogRange,
    Outcome, Planned, Preview, Step, StepKey, TimerId, ToolError, ToolOutput, UndoPlan,
};
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
        if step.body == Body::Undo {
            return self.plan_undo(key);
        }
        let Some((tool, with)) = step.tool() else {
            return Ok(());
        };
        let definition = self.run.definition.clone();
        let Some(spec) = definition.tools.get(tool) else {
            let reason = FailReason::new(
                "unknown_tool",
                format!("There is no tool {tool}"),
                "Check the workflow file",
            );
            return self.fail(key, reason);
        };
        let args = match self.resolve(
            with,
            &Place {
                overlay,
                ..Place::of(key)
            },
        )? {
            Ok(args) => schema::drop_nulls(&spec.input, args),
            Err(fault) => return self.fail(key, FailReason::expression("with", &fault)),
        };
        let faults = schema::validate_against(&spec.input, &args);
        if !faults.is_empty() {
            let message = format!(
                "The arguments of {tool} are not right: {}",
                faults.join("; ")
            );
            return self.fail(
                key,
                FailReason::new(
                    "invalid_arguments",
                    message,
                    "Check `with` in the workflow file",
                ),
            );
        }
        if spec.effect.changes() && step.gate.before.is_none() {
            let message = format!("{tool} changes something, and nobody is asked before");
            return self.fail(
                key,
                FailReason::new("ungated_change", message, "Give the step a gate before"),
            );
        }
        let call = Call::unpreviewed(spec, Datum::Inline(args.clone()));
        let digest = canonical::call_digest(&call, &args);
        self.emit(Event::CallPlanned {
            step: key.clone(),
            preview: spec.effect.changes(),
            digest,
            call,
        })
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
                    undo: self.undo_of(key, preview),
                    ..call
                };
                let digest = canonical::call_digest(&call, &args);
                self.emit(Event::CallPreviewed {
                    step: key.clone(),
                    call,
                    digest,
                    preview: preview.clone(),
                })?;
                self.leave_out_what_is_back(key, preview)
            }
            Err(error) => self.emit(Event::PreviewFailed {
                step: key.clone(),
                error: error.clone(),
            }),
        }
    }

    /// How the call would be undone: the step's own `rollback` stands in the place of the tool's inverse, and what the
    /// file calls irreversible is not undone.
    fn undo_of(&self, key: &StepKey, preview: &Preview) -> Option<UndoPlan> {
        let step = self.run.definition.step(&key.id);
        if step.is_some_and(|step| step.irreversible.is_some()) {
            return None;
        }
        match step.and_then(|step| step.rollback.as_ref()) {
            Some(rollback) if !preview.changes.is_empty() => Some(UndoPlan {
                tool: rollback.tool.clone(),
                says: format!(
                    "The step's own rollback: {} with {}",
                    rollback.tool, rollback.with
                ),
            }),
            Some(_) | None => preview.undo.clone(),
        }
    }

    /// A call that is exactly known runs when nobody must be asked, or when its grant covers it and there is a place.
    pub(super) fn advance_planned(
        &mut self,
        step: &Step,
        key: &StepKey,
        planned: &Planned,
    ) -> Result<(), Stop> {
        if self.starts_no_change(step, key) {
            return self.skip_in_failing(step, key);
        }
        match self.gate_before(step, key) {
            Some(gate) => self.advance_at_gate(step, key, planned, &gate),
            None => self.start_call(step, key),
        }
    }

    pub(super) fn start_call(&mut self, step: &Step, key: &StepKey) -> Result<(), Stop> {
        let (attempt, used) = self
            .run
            .step(key)
            .map_or((1, 0), |step| (step.attempt, step.keys_used));
        let n = used + 1;
        let idempotency = Call::idempotency_key(&self.run.id, key, attempt, n);
        let planned = self.run.step(key).and_then(|step| step.planned());
        let inverse = planned.filter(|_| step.body == Body::Undo);
        let spec = inverse.and_then(|planned| self.run.definition.tools.get(&planned.call.tool));
        let timeout_ms = match spec {
            Some(spec) => spec.timeout_ms,
            None => self.timeout_ms(step),
        };
        self.emit(Event::CallStarted {
            step: key.clone(),
            n,
            key: idempotency,
            timeout_ms,
        })
    }

    pub(super) fn timeout_ms(&self, step: &Step) -> u64 {
        let of_tool = || {
            step.tool()
                .and_then(|(tool, _)| self.run.definition.tools.get(tool))
                .map(|spec| spec.timeout_ms)
        };
        step.poll
            .as_ref()
            .map(|poll| poll.timeout_ms)
            .or(step.timeout_ms)
            .or_else(of_tool)
            .unwrap_or(60_000)
    }

    /// One try of an approved call: its grant is spent and the call started in one transaction; when the grant does not
    /// cover it any more, it is voided and the gate opens again.
    pub(super) fn spend_and_start(
        &mut self,
        step: &Step,
        key: &StepKey,
        digest: Digest,
        gate: &GateId,
    ) -> Result<(), Stop> {
        let Some(GateState::Granted { grant }) = self.run.gate(gate).map(|gate| &gate.state) else {
            return Ok(());
        };
        let left = grant.tries.get(&digest).copied();
        if grant
            .valid_until_us
            .is_some_and(|until| self.at_us >= until)
        {
            return self.void(gate, "the approval is older than its time to live");
        }
        match left {
            Some(1..) => {
                self.emit(Event::GrantSpent {
                    gate: gate.clone(),
                    step: key.clone(),
                    call_digest: digest,
                })?;
                self.start_call(step, key)
            }
            Some(0) => self.void(gate, "all tries that were approved are used up"),
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
            Ok(output) => self.call_finished(key, output, false, log),
            Err(error) if error.outcome == Outcome::Unknown && self.call_changes(key) => {
                self.interrupt(key, false, Some(error.clone()))
            }
            Err(error) => self.emit(Event::CallFailed {
                step: key.clone(),
                error: error.clone(),
                log,
            }),
        }
    }

    /// The result, and with it what it changes in the fleet's home.
    pub(super) fn call_finished(
        &mut self,
        key: &StepKey,
        output: &ToolOutput,
        observed: bool,
        log: Option<LogRange>,
    ) -> Result<(), Stop> {
        self.emit(Event::CallFinished {
            step: key.clone(),
            output: output.output.clone(),
            receipt: output.receipt.clone(),
            observed,
            log,
        })?;
        for change in &output.fleet {
            self.emit(Event::FleetChanged {
                step: key.clone(),
                change: change.clone(),
            })?;
        }
        if self.call_changes(key) && !key.is_inverse() {
            self.plan_rollback(key, &output.output)?;
        }
        Ok(())
    }

    /// A preview that failed is asked for once more; in a recheck on what was read there.
    fn preview_again(&mut self, step: &Step, key: &StepKey) -> Result<(), Stop> {
        let gate = self
            .gate_before(step, key)
            .and_then(|gate| self.run.gate(&gate));
        let overlay = match gate.map(|gate| &gate.state) {
            Some(GateState::Comparing { overlay, .. }) => Some(overlay.clone()),
            Some(_) | None => None,
        };
        self.plan(step, key, overlay.as_ref())
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
            TimerId::GateReminder {
                gate,
                revision,
                number,
            } => self.emit(Event::GateReminded {
                gate: gate.clone(),
                revision: *revision,
                number: *number,
            }),
            TimerId::Retry { step: key, .. } => {
                let definition = self.run.definition.clone();
                let Some(step) = definition.step(&key.id) else {
                    return Ok(());
                };
                let Some(planned) = self.run.step(key).and_then(|step| step.planned()).cloned()
                else {
                    return Ok(());
                };
                if self.waits_to_preview(key) {
                    return self.preview_again(step, key);
                }
                let asked = |gate: &GateId| {
                    !matches!(
                        self.run.gate(gate).map(|gate| &gate.state),
                        Some(GateState::Skipped)
                    )
                };
                match self.gate_before(step, key).filter(asked) {
                    Some(gate) => self.spend_and_start(step, key, planned.digest, &gate),
                    None => self.start_call(step, key),
                }
            }
        }
    }
}

impl FailReason {
    /// A tool's error as the reason of its step.
    pub(crate) fn tool(error: &ToolError) -> FailReason {
        FailReason::new(&error.code, error.message.clone(), error.hint.clone())
    }
}
