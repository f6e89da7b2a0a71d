//! `countersign app init`: a first file for an application, from what lies in its repository.

use super::aside;
use crate::{
    console::{Console, quoted},
    exit::{Exit, Outcome, TABLE},
    line::{Line, Style},
};
use clap::Subcommand;
use serde_json::json;

/// Make the file of an application
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Make the file of an application.

Examples:
  countersign app init ../web           look at a clone and show what would be written
  countersign app init ../web --write   write it")]
pub(crate) struct App {
    #[command(subcommand)]
    verb: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Init(Init),
}

/// Look at a repository and propose a file for it
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Look at a repository and propose a file for it.

Looks at the names of the files at its top (a compose file, a unit file, package.json, Cargo.toml, a Makefile, a static \
site) and runs nothing. The file is printed; only with --write it is written, never over another one.

Examples:
  countersign app init ../web
  countersign app init ../web --write")]
struct Init {
    /// The folder of a clone on this computer
    repository: String,
    /// Write the file into the folder `apps` of the data folder
    #[arg(long)]
    write: bool,
}

impl App {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        let What::Init(init) = self.verb;
        let data_dir = console.data_dir();
        let (repository, write) = (init.repository.clone(), init.write);
        let proposal = aside(move || {
            let proposal = engine::propose_app(&repository, &data_dir)?;
            if write {
                engine::keep_app(&proposal, &data_dir)?;
            }
            Ok(proposal)
        })
        .await?;
        let screen = &console.screen;
        if screen.json() {
            screen.object(&json!({ "written": write, "application": proposal }));
            return Ok(Exit::Done);
        }
        for finding in &proposal.findings {
            screen.say(&Line::default().and(Style::Warn, finding.to_string()));
        }
        if write {
            screen.result(&Line::of(&proposal.file));
            let command = console.command(&format!("apps {}", proposal.name));
            screen.say(&Line::default().dim("look at it  ").plain(command));
        } else {
            // A comment, so that what is printed is the file all the same.
            let command =
                console.command(&format!("app init {} --write", quoted(&init.repository)));
            let hint = format!("# It would be written to {} by: {command}", proposal.file);
            let lines = proposal.text.lines().chain([hint.as_str()]);
            lines.for_each(|line| screen.result(&Line::of(line)));
        }
        Ok(Exit::Done)
    }
}
