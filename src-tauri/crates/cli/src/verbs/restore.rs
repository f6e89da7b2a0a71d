//! `countersign restore`: a data folder out of a backup. Never over one that is there.

use super::{aside, tell_made};
use crate::{
    console::{Console, PROGRAM, quoted},
    exit::{Exit, Outcome, TABLE},
    line::Line,
};
use std::path::PathBuf;

/// Make a data folder out of a backup
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Make a data folder out of a backup, and check the journal's chain of hashes in it.

Nothing is ever overwritten: the folder must be empty or not exist yet, so one that is in use is refused. To go on with \
the restored folder, name it with --data-dir or in $COUNTERSIGN_DATA_DIR, or move it to where the old one was. Runs go on \
from where they were when the backup was made; what has happened since is not known to them, so look at runs that were \
under way before you let them go on. Secrets are not in a backup.

With --json: {path, bytes, says}. Ends with 5 when the journal of the backup is broken; it is restored all the same.

Examples:
  countersign restore /mnt/stick/countersign-monday --to ~/restored
  countersign audit verify --data-dir ~/restored
  countersign runs --data-dir ~/restored")]
pub(crate) struct Restore {
    /// The folder that `countersign backup` made
    backup: PathBuf,

    /// A folder that is empty or does not exist yet
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
}

impl Restore {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        let (made, whole) = aside(move || engine::restore(&self.backup, &self.to)).await?;
        tell_made(console, &made);
        if !console.screen.json() {
            let command = format!("{PROGRAM} runs --data-dir {}", quoted(&made.path));
            console
                .screen
                .say(&Line::default().dim("look at it  ").plain(command));
        }
        Ok(if whole { Exit::Done } else { Exit::AuditBroken })
    }
}
