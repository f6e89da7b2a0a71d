//! core.value: gives its arguments back. For results that a file puts together itself, and for tests of workflows.

use crate::{BoxFuture, Context, ReadTool};
use serde_json::{Value as Json, json};
use workflow::{EffectClass, Recovery, ToolError, ToolOutput, ToolSpec};

/// core.value.
pub(crate) struct CoreValue {
    spec: ToolSpec,
}

impl CoreValue {
    pub(crate) fn new() -> CoreValue {
        CoreValue {
            spec: ToolSpec {
                name: "core.value".to_owned(),
                version: 1,
                title: "Give a value".to_owned(),
                description: "Gives its arguments back unchanged. For a result that the workflow puts together itself.".to_owned(),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                // The one tool whose arguments are free: it does nothing with them.
                input: json!({ "type": "object" }),
                output: json!({ "type": "object" }),
                inverse: None,
                timeout_ms: 1_000,
            },
        }
    }
}

impl ReadTool for CoreValue {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn read<'a>(
        &'a self,
        args: &'a Json,
        _: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move { Ok(ToolOutput::read(args.clone())) })
    }
}
