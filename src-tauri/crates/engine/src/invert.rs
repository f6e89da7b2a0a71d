//! What undoes a change: the tool that made it says which call, from the receipt alone; that call is previewed against
//! the present. Changes nothing, and permits nothing.

use crate::perform::{World, internal};
use std::collections::BTreeMap;
use tools::{Context, Tool};
use workflow::{Call, Datum, Outcome, Preview, ToolError};

impl World {
    /// What undoes a change that gave this receipt, and what that would do now.
    pub(crate) async fn invert(
        &self,
        tool: &str,
        tool_version: u32,
        receipt: &Datum,
        context: &Context,
    ) -> Result<Box<(Call, Preview)>, ToolError> {
        let Tool::Change(changed) = self.tool_of(tool, tool_version)? else {
            return Err(internal(
                format!("{tool} changes nothing"),
                Outcome::NotStarted,
            ));
        };
        let inverse = changed.undo(&self.stored(receipt)?)?;
        let Some(Tool::Change(undo)) = self.catalogue.get(&inverse.tool) else {
            return Err(internal(
                format!("There is no tool {} that undoes {tool}", inverse.tool),
                Outcome::NotStarted,
            ));
        };
        let preview = undo.preview(&inverse.args, context).await?;
        let spec = undo.spec();
        let call = Call {
            tool: spec.name.clone(),
            tool_version: spec.version,
            args: inverse.args.into(),
            targets: Vec::new(),
            facts: BTreeMap::new(),
            effect: spec.effect,
            undo: None,
        };
        Ok(Box::new((call, preview)))
    }
}
