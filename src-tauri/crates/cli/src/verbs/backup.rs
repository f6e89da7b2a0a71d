//! `countersign backup`: a copy of the data folder while it is in use. What is copied is the engine's to say.

use super::{aside, tell_made};
use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE},
};
use std::path::PathBuf;

/// Copy the data folder, also while runs go on
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Copy the data folder, also while runs go on: the journal with everything that runs have left, the agents and trusted host \
keys, and the workflow files. Each database is copied as of one moment, and the journal's chain of hashes is checked in \
the copy.

The copy is a data folder like any other: look at it with --data-dir, check it with countersign audit verify, and bring it \
back with countersign restore. Secrets are not in it: they stay in the keychain of this computer.

Works beside the window and beside other commands. With --json: {path, bytes, says}. Ends with 5 when the copied journal \
is broken.

Examples:
  countersign backup
  countersign backup --to /mnt/stick/countersign-monday
  countersign runs --data-dir /mnt/stick/countersign-monday")]
pub(crate) struct Backup {
    /// A folder that is empty or does not exist yet [default: a new one in `backups` of the data folder]
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

impl Backup {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        let dir = console.data_dir();
        let (made, whole) = aside(move || engine::back_up(&dir, self.to.as_deref())).await?;
        tell_made(console, &made);
        Ok(if whole { Exit::Done } else { Exit::AuditBroken })
    }
}
