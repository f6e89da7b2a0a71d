//! Rolling a failed run back (semantics.md 8-12): once it is quiet, each change it has made is undone, the newest first.
//! The inverse is asked for and previewed against the present, permitted by the approval of the change, and made like
//! any other change. Where it fails, a person is asked. What follows a failure at all is in `failure`.

use super::{Draft, Stop, schema, scope::Place};
use crate::{
    Call, Datum, Decision, DecisionKind, Event, FailReason, GateId, GateKind, Made, Phase, Planned,
    Preview, Provenance, Refusal, RunStatus, SkipReason, StepKey, StepState, ToolError,
};
use std::collections::BTreeMap;

impl Draft<'_> {
    /// Brings the rollback on: one inverse after the other.
    pub(super) fn roll_back(&mut self) -> Result<(), Stop> {
        let RunStatus::RollingBack { reason, left, .. } = self.run.status.clone() else {
            return Ok(());
        };
        let next = left.checked_sub(1).and_then(|at| self.run.made.get(at));
        let Some(made) = next.cloned() else {
            return self.emit(Event::RunRolledBack { reason });
        };
        match self
            .run
            .step(&made.inverse())
            .map(|step| step.state.clone())
        {
            None | Some(StepState::Again) => self.begin_inverse(&made),
            Some(StepState::Active(phase)) => self.advance_inverse(&made, &phase),
            Some(StepState::Failed { .. }) => self.stop_rollback(reason),
            Some(StepState::Completed { .. } | StepState::Skipped { .. }) => Ok(()),
        }
    }

    fn begin_inverse(&mut self, made: &Made) -> Result<(), Stop> {
        let key = made.inverse();
        let definition = self.run.definition.clone();
        let step = definition.step(&made.step.id);
        if !made.changed {
            return self.skip_inverse(key, SkipReason::AlreadyBack);
        }
        let not_possible = |why: &str| SkipReason::NotPossible {
            why: why.to_owned(),
        };
        if made.undo.is_none() {
            let why = step.and_then(|step| step.irreversible.as_deref());
            let why = why.unwrap_or("there is no tool that undoes it");
            return self.skip_inverse(key, not_possible(why));
        }
        if step.is_some_and(|step| step.rollback.is_some()) {
            return match &made.own {
                Some(Ok(_)) => {
                    self.emit(Event::StepStarted {
                        step: key,
                        attempt: 1,
                        items: None,
                    })?;
                    self.plan_own(made)
                }
                Some(Err(why)) => self.skip_inverse(key, not_possible(why)),
                None => self.skip_inverse(key, not_possible("nobody can say whether it happened")),
            };
        }
        match made.receipt {
            Some(_) => self.emit(Event::InverseStarted {
                step: key,
                of: made.seq,
            }),
            None => {
                let why = "a person spoke for it, so nothing is known that an inverse would need";
                self.skip_inverse(key, not_possible(why))
            }
        }
    }

    fn skip_inverse(&mut self, step: StepKey, why: SkipReason) -> Result<(), Stop> {
        self.emit(Event::StepSkipped { step, why })
    }

    /// A change has happened whose step has a `rollback`: its arguments are evaluated now, on what the change gave.
    pub(super) fn plan_rollback(&mut self, key: &StepKey, output: &Datum) -> Result<(), Stop> {
        let definition = self.run.definition.clone();
        let step = definition.step(&key.id);
        let Some(rollback) = step.and_then(|step| step.rollback.as_ref()) else {
            return Ok(());
        };
        let Some(of) = self.run.made().last().map(|made| made.seq) else {
            return Ok(());
        };
        let output = self.load(output)?;
        let place = Place {
            provenance: Some(Provenance::Tool),
            ..Place::with_output(key, &output)
        };
        let args = match self.resolve(&rollback.with, &place)? {
            Err(fault) => Err(format!("`rollback` has no value: {fault}")),
            Ok(args) => match definition.tools.get(&rollback.tool) {
                None => Err(format!("there is no tool {}", rollback.tool)),
                Some(spec) => {
                    let args = schema::drop_nulls(&spec.input, args);
                    match schema::validate_against(&spec.input, &args).as_slice() {
                        [] => Ok(Datum::Inline(args)),
                        faults => Err(format!(
                            "the arguments of its `rollback` are not right: {}",
                            faults.join("; ")
                        )),
                    }
                }
            },
        };
        self.emit(Event::RollbackPlanned {
            step: key.clone(),
            of,
            args,
        })
    }

    /// The call that the step's `rollback` names.
    fn plan_own(&mut self, made: &Made) -> Result<(), Stop> {
        let definition = self.run.definition.clone();
        let named = made.undo.as_ref().map(|undo| undo.tool.as_str());
        let spec = named.and_then(|tool| definition.tools.get(tool));
        let (Some(spec), Some(Ok(args))) = (spec, &made.own) else {
            return Ok(());
        };
        let call = Call::unpreviewed(spec, args.clone());
        let digest = super::call_digest(&call, &self.load(args)?);
        self.emit(Event::CallPlanned {
            step: made.inverse(),
            call,
            digest,
            preview: true,
        })
    }

    /// The tool has said what undoes the change, and what that would do now.
    pub(super) fn inverted(
        &mut self,
        key: &StepKey,
        result: &Result<Box<(Call, Preview)>, ToolError>,
    ) -> Result<(), Stop> {
        match result {
            Ok(inverse) => {
                let (call, preview) = inverse.as_ref().clone();
                self.previewed(key, call, &Ok(preview))
            }
            Err(error) => self.emit(Event::PreviewFailed {
                step: key.clone(),
                error: error.clone(),
            }),
        }
    }

    fn advance_inverse(&mut self, made: &Made, phase: &Phase) -> Result<(), Stop> {
        let key = made.inverse();
        match phase {
            Phase::Planned(planned) if planned.changes.is_empty() => {
                self.skip_inverse(key, SkipReason::AlreadyBack)
            }
            Phase::Planned(planned) => self.permit_and_start(made, planned),
            Phase::Result {
                result: Ok(held), ..
            } => {
                let provenance = if held.by_word {
                    Provenance::Person
                } else {
                    Provenance::Tool
                };
                self.emit(Event::StepCompleted {
                    step: key,
                    output: held.output.clone(),
                    provenance,
                })
            }
            Phase::Result {
                result: Err(error),
                planned,
            } => {
                // A person's "run again" is itself the grant.
                let spent = self.run.step(&key).and_then(|step| step.spent);
                if spent == Some(planned.digest) {
                    return self.start_inverse_call(&key, planned);
                }
                self.ask_about_inverse(made, error, planned)
            }
            Phase::Ready
            | Phase::Group { .. }
            | Phase::List { .. }
            | Phase::Inverting { .. }
            | Phase::Previewing { .. }
            | Phase::Calling(_)
            | Phase::Observing { .. }
            | Phase::InDoubt { .. }
            | Phase::Backoff { .. } => Ok(()),
        }
    }

    /// The approval of the change permits exactly the inverse that its card named (I9b); nothing else runs.
    fn permit_and_start(&mut self, made: &Made, planned: &Planned) -> Result<(), Stop> {
        let key = made.inverse();
        let named = made.undo.as_ref().map(|undo| undo.tool.as_str());
        if named != Some(planned.call.tool.as_str()) {
            let why = format!(
                "{} was not on the card that was approved",
                planned.call.tool
            );
            return self.skip_inverse(key, SkipReason::NotPossible { why });
        }
        self.emit(Event::InversePermitted {
            step: key.clone(),
            of: made.seq,
            call_digest: planned.digest,
        })?;
        self.start_inverse_call(&key, planned)
    }

    fn start_inverse_call(&mut self, key: &StepKey, planned: &Planned) -> Result<(), Stop> {
        let spec = self.run.definition.tools.get(&planned.call.tool);
        let timeout_ms = spec.map_or(60_000, |spec| spec.timeout_ms);
        let n = self.run.step(key).map_or(0, |step| step.keys_used) + 1;
        self.emit(Event::CallStarted {
            step: key.clone(),
            n,
            key: Call::idempotency_key(&self.run.id, key, 1, n),
            timeout_ms,
        })
    }

    /// An inverse failed, or does not fit the present any more: a person is asked, nothing is forced.
    fn ask_about_inverse(
        &mut self,
        made: &Made,
        error: &ToolError,
        planned: &Planned,
    ) -> Result<(), Stop> {
        let gate = GateId {
            step: made.inverse(),
            kind: GateKind::Failure,
        };
        if self.run.gate(&gate).is_some_and(|gate| gate.is_open()) {
            return Ok(());
        }
        let calls = if planned.call.effect.changes() {
            vec![self.card_call(&gate.step, planned, None)]
        } else {
            Vec::new()
        };
        let title = format!("{} cannot be rolled back: {}", made.step, error.message);
        let decisions = vec![DecisionKind::Retry, DecisionKind::Skip, DecisionKind::Stop];
        let reason = FailReason::tool(error);
        self.ask_what_now(&gate, title, calls, &reason, decisions)
    }

    /// A person's answer at an inverse that failed.
    pub(super) fn decide_inverse(
        &mut self,
        gate: &GateId,
        decision: &Decision,
    ) -> Result<(), Stop> {
        let key = gate.step.clone();
        let made = self.run.made().find(|made| made.inverse() == key).cloned();
        let Some(made) = made else {
            return Err(self.not_open(gate).into());
        };
        match decision {
            Decision::Retry if made.own.is_some() => self.plan_own(&made),
            Decision::Retry => self.emit(Event::InverseStarted {
                step: key,
                of: made.seq,
            }),
            Decision::SkipBecause { reason } => {
                let reason = reason.clone();
                self.skip_inverse(key, SkipReason::Left { reason })
            }
            Decision::Stop => match self.run.step(&key).and_then(|step| step.phase()) {
                Some(Phase::Result {
                    result: Err(error), ..
                }) => {
                    let reason = FailReason::tool(&error.clone());
                    self.fail(&key, reason)
                }
                Some(_) | None => Ok(()),
            },
            Decision::Approve
            | Decision::Drop { .. }
            | Decision::Edit { .. }
            | Decision::Skip
            | Decision::Redo { .. }
            | Decision::Reject { .. }
            | Decision::Rollback => Err(Refusal::new(
                "not_offered",
                "This inverse is tried again, left out for a reason, or the rollback stops",
                "Answer retry, skip with a reason, or stop",
            )
            .into()),
        }
    }

    /// A person stopped the rollback at an inverse that failed: what is not undone yet stays as it is.
    fn stop_rollback(&mut self, reason: FailReason) -> Result<(), Stop> {
        let left: Vec<StepKey> = self
            .run
            .made()
            .map(Made::inverse)
            .filter(|key| self.run.step(key).is_none())
            .collect();
        for key in left {
            let reason = "the rollback was stopped".to_owned();
            self.skip_inverse(key, SkipReason::Left { reason })?;
        }
        self.emit(Event::RunFailed { reason })
    }
}

impl Call {
    /// A call without targets and facts yet.
    pub(super) fn unpreviewed(spec: &crate::ToolSpec, args: Datum) -> Call {
        Call {
            tool: spec.name.clone(),
            tool_version: spec.version,
            args,
            targets: Vec::new(),
            facts: BTreeMap::new(),
            effect: spec.effect,
            undo: None,
        }
    }
}
