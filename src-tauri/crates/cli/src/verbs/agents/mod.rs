//! `countersign agents`: the hosts that are managed. Looking needs no lock; everything that changes the fleet starts a
//! run of a built-in workflow and waits at its cards, as in the window.

mod add;
mod import;
mod keys;
mod list;
mod some;

use crate::{
    console::Console,
    exit::{Outcome, TABLE},
};
use clap::Subcommand;

/// The hosts you manage (agents); nothing is installed on them
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
The hosts you manage (agents). Nothing is installed on them: they are reached by ssh.

Everything that changes the fleet is a run with a card that shows exactly what would be written. Host keys are never \
trusted silently, and a changed host key is always refused.

First steps:
  countersign agents import --dry-run          what your ssh config would give
  countersign agents import                    take those hosts in: at most three decisions
  countersign agents add web-01 --user deploy  one host
  countersign agents list                      how they are")]
pub(crate) struct Agents {
    #[command(subcommand)]
    verb: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(list::List),
    Import(import::Import),
    Add(add::Add),
    Label(some::Label),
    Drain(some::Drain),
    Undrain(some::Undrain),
    Remove(some::Remove),
    Keys(keys::Keys),
    Untrust(keys::Untrust),
}

impl Agents {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        match self.verb {
            What::List(list) => list.perform(console).await,
            What::Import(import) => import.perform(console).await,
            What::Add(add) => add.perform(console).await,
            What::Label(label) => label.perform(console).await,
            What::Drain(drain) => drain.perform(console).await,
            What::Undrain(undrain) => undrain.perform(console).await,
            What::Remove(remove) => remove.perform(console).await,
            What::Keys(keys) => keys.perform(console).await,
            What::Untrust(untrust) => untrust.perform(console).await,
        }
    }
}
