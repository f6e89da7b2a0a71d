//! `countersign schema`: the JSON Schema of workflow files. Needs no data folder and no engine.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE},
};

/// Print the JSON Schema of workflow files, for editors
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Print the JSON Schema of workflow files, for editors.

With it an editor completes keys and marks mistakes while you type. `validate` knows more rules.

Examples:
  countersign schema > workflow.schema.json
  # then, as the first line of a workflow file:
  # yaml-language-server: $schema=workflow.schema.json")]
pub(crate) struct Schema {}

impl Schema {
    pub(crate) fn perform(self, console: &Console) -> Outcome {
        console.screen.object(&engine::schema());
        Ok(Exit::Done)
    }
}
