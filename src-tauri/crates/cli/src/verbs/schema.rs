//! `countersign schema`: the JSON Schema of workflow files, or of applications. Needs no data folder and no engine.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE},
};

/// Print the JSON Schema of workflow files, or of applications, for editors
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Print the JSON Schema of workflow files, or of applications, for editors.

With it an editor completes keys and marks mistakes while you type. `validate` knows more rules.

Examples:
  countersign schema > workflow.schema.json
  # then, as the first line of a workflow file:
  # yaml-language-server: $schema=workflow.schema.json
  countersign schema --application > application.schema.json")]
pub(crate) struct Schema {
    /// That of an application's file and of deploy.yaml
    #[arg(long)]
    application: bool,
}

impl Schema {
    pub(crate) fn perform(self, console: &Console) -> Outcome {
        console.screen.object(&match self.application {
            true => engine::application_schema(),
            false => engine::schema(),
        });
        Ok(Exit::Done)
    }
}
