//! The contract of a tool. What reads implements `ReadTool`; what changes something implements `ChangeTool`, whose
//! `apply` is the only function in the program that causes a change, and it takes a `Permit` (approvals.md I1).
//! Deciding when to call which is the engine's.

use crate::Context;
use serde_json::Value as Json;
use std::{pin::Pin, sync::Arc};
use workflow::{
    Call, Digest, EffectClass, Observation, Permit, Preview, ToolError, ToolOutput, ToolSpec,
};

/// A boxed future, so that tools of different types stand in one catalogue.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A tool that changes nothing. It may run any number of times.
pub trait ReadTool: Send + Sync {
    /// Its record in the catalogue; the effect is `read` or `credential`.
    fn spec(&self) -> &ToolSpec;

    /// Reads. Dropping the future stops the work; so does `context.cancel`, with the error `cancelled`.
    fn read<'a>(
        &'a self,
        args: &'a Json,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>>;
}

/// A tool that changes something.
pub trait ChangeTool: Send + Sync {
    /// Its record in the catalogue.
    fn spec(&self) -> &ToolSpec;

    /// What the call would do, found out without any side effect. The facts it names are the preconditions that
    /// `apply` checks again.
    fn preview<'a>(
        &'a self,
        args: &'a Json,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Preview, ToolError>>;

    /// Makes the change that was approved: the arguments, the facts and the key are the permit's. Called again under
    /// the same key it changes nothing more and gives the same answer. Dropping the future does not say whether it
    /// happened: ask `observe`.
    fn apply<'a>(
        &'a self,
        permit: Permit,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>>;

    /// Did the call with this key happen? Waits for what is still under way; with `stop`, stops it first where it
    /// can be stopped. After `NotDone` it certainly will not happen any more, and what it had prepared is gone.
    fn observe<'a>(&'a self, asked: Asked<'a>, context: &'a Context) -> BoxFuture<'a, Observation>;

    /// The call that undoes one that gave this receipt.
    ///
    /// # Errors
    /// When the receipt is not one of this tool.
    fn undo(&self, receipt: &Json) -> Result<Inverse, ToolError>;
}

/// Which call is asked after.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The call's idempotency key.
    pub key: Digest,
    /// The call.
    pub call: &'a Call,
    /// Its arguments, loaded.
    pub args: &'a Json,
    /// Stop it first if it is still under way.
    pub stop: bool,
}

/// The call that undoes another.
#[derive(Clone, Debug, PartialEq)]
pub struct Inverse {
    /// The tool's name.
    pub tool: String,
    /// Its arguments.
    pub args: Json,
}

/// A tool of the catalogue.
#[derive(Clone)]
pub enum Tool {
    /// It changes nothing.
    Read(Arc<dyn ReadTool>),
    /// It changes something: `apply` takes a permit.
    Change(Arc<dyn ChangeTool>),
}

impl Tool {
    /// Its record.
    pub fn spec(&self) -> &ToolSpec {
        match self {
            Tool::Read(tool) => tool.spec(),
            Tool::Change(tool) => tool.spec(),
        }
    }

    /// Does the kind of the tool agree with the effect in its record?
    pub fn is_consistent(&self) -> bool {
        let changes = self.spec().effect.changes();
        match self {
            Tool::Read(_) => !changes && self.spec().inverse.is_none(),
            Tool::Change(_) => {
                changes
                    && (self.spec().inverse.is_some() || self.spec().effect != EffectClass::Write)
            }
        }
    }
}

impl std::fmt::Debug for Tool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.spec().name)
    }
}
