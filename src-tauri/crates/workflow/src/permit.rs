//! The permit: the one value without which nothing is changed (I1). It is made only from a run whose journal says
//! that this call was started, and it carries the call as the journal has it, hashed again (I2).

use crate::{Call, Digest, Phase, Run, RunId, StepKey, decide};
use serde_json::Value as Json;

/// The right to make one approved call, once. Cannot be made by hand:
///
/// ```compile_fail
/// let permit = workflow::Permit { key: todo!() };
/// ```
///
/// and cannot be kept:
///
/// ```compile_fail
/// fn twice(permit: workflow::Permit) { drop(permit.clone()); }
/// ```
#[derive(Debug)]
pub struct Permit {
    run: RunId,
    step: StepKey,
    call: Call,
    args: Json,
    key: Digest,
}

/// Why there is no permit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PermitFault {
    /// The journal has no such call under way.
    #[error("the journal has no call of step {0} under way that may change something")]
    NotStarted(StepKey),
    /// A value is not loaded yet.
    #[error("the arguments of step {step} are not loaded")]
    Needs {
        /// For which step.
        step: StepKey,
        /// The blob to load.
        digest: Digest,
    },
    /// The call that is to run is not the one that was approved.
    #[error("the call of step {0} is not the one that was approved")]
    Differs(StepKey),
}

impl Permit {
    /// The permit for the call that the step has under way.
    ///
    /// # Errors
    /// When the journal has no such call, its arguments are not loaded, or its digest is not the approved one.
    pub fn redeem(
        run: &Run,
        step: &StepKey,
        values: &dyn decide::Values,
    ) -> Result<Permit, PermitFault> {
        let not_started = || PermitFault::NotStarted(step.clone());
        let calling = match run.step(step).and_then(|step| step.phase()) {
            Some(Phase::Calling(calling)) if calling.planned.call.effect.changes() => calling,
            Some(_) | None => return Err(not_started()),
        };
        let call = calling.planned.call.clone();
        let args = decide::load(&call.args, values).map_err(|digest| PermitFault::Needs {
            step: step.clone(),
            digest,
        })?;
        if decide::call_digest(&call, &args) != calling.planned.digest {
            return Err(PermitFault::Differs(step.clone()));
        }
        Ok(Permit {
            run: run.id().clone(),
            step: step.clone(),
            call,
            args,
            key: calling.key,
        })
    }

    /// The run.
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// The step.
    pub fn step(&self) -> &StepKey {
        &self.step
    }

    /// The approved call.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// Its arguments.
    pub fn args(&self) -> &Json {
        &self.args
    }

    /// The idempotency key.
    pub fn key(&self) -> Digest {
        self.key
    }
}
