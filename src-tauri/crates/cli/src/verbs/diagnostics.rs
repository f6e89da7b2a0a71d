//! `countersign diagnostics`: a file for whoever is asked for help. What is in it is the engine's to say.

use super::tell_made;
use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE},
};

/// Write a file for whoever you ask for help
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Write a zip file for whoever you ask for help with this program: versions, sizes of the data folder's files, counts of runs \
by state, ids and digests of workflows with places and codes of what is wrong in their files, and whether the journal is \
whole.

Not in it: inputs, outputs and logs of runs, names and addresses of hosts, texts of workflow files, secrets, names of \
people. It is a zip of text files: look through it before you give it away. Nothing is sent anywhere.

It goes into your folder for downloads ($COUNTERSIGN_DOWNLOADS for another one). Works beside the window, and on a data \
folder that cannot be opened. With --json: {path, bytes, says}.

Examples:
  countersign diagnostics
  countersign diagnostics --json")]
pub(crate) struct Diagnostics {}

impl Diagnostics {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        let made = console.diagnostics().await?;
        tell_made(console, &made);
        Ok(Exit::Done)
    }
}
