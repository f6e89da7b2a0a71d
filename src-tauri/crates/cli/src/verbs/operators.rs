//! `countersign operators`: who may decide, and the deciders' tokens.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE},
    line::{Line, Style, table},
    phrases,
};
use api::{OperatorList, TokenMade};
use clap::Subcommand;
use serde_json::json;

/// List who may decide; make and end deciders' tokens
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
List who may decide; make and end deciders' tokens.

The person at this computer may decide everything. A token lets somebody decide where nobody sits at the door: in a \
pipeline, over ssh without a terminal. It is shown once, and only its hash is kept. Tokens are made and ended by a \
person at a terminal or in the window, never by a script.

Examples:
  countersign operators
  countersign operators token release-pipeline
  countersign operators revoke release-pipeline")]
pub(crate) struct Operators {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List who may decide
    List,
    /// Make a decider's token; it is shown once
    Token {
        /// For what or whom it is
        name: String,
    },
    /// End a decider's token
    Revoke {
        /// Its name
        name: String,
    },
}

impl Operators {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        let what = self.what.unwrap_or(What::List);
        if !matches!(what, What::List) {
            console.only_with_a_person(
                "make or end a token",
                "Do it at a terminal or in the window",
            )?;
        }
        let origin = console.origin();
        // Looking at the list must not start an engine that lets runs go on.
        if let (What::List, Ok(door)) = (&what, console.open_for_reading().await) {
            tell(console, &door.call(api::Operators {}, origin).await?);
            return Ok(Exit::Done);
        }
        let door = console.open().await?;
        let outcome = match what {
            What::List => door
                .call(api::Operators {}, origin)
                .await
                .map(|list| tell(console, &list)),
            What::Revoke { name } => door
                .call(api::RevokeToken { name }, origin)
                .await
                .map(|list| tell(console, &list)),
            What::Token { name } => door
                .call(api::MakeToken { name }, origin)
                .await
                .map(|made| show_once(console, &made)),
        };
        door.close().await;
        outcome?;
        Ok(Exit::Done)
    }
}

fn show_once(console: &Console, made: &TokenMade) {
    let screen = &console.screen;
    if screen.json() {
        screen.object(&json!(made));
        return;
    }
    screen.result(&Line::of(&made.token));
    for hint in [
        "Keep it well: it is not shown again.",
        "Give it in $COUNTERSIGN_TOKEN or with --token-stdin.",
    ] {
        screen.say(&Line::default().dim(hint));
    }
}

fn tell(console: &Console, list: &OperatorList) {
    let screen = &console.screen;
    if screen.json() {
        screen.object(&json!(list));
        return;
    }
    let rows = list
        .operators
        .iter()
        .map(|operator| {
            let state = match operator.revoked_us {
                Some(at_us) => {
                    Line::default().and(Style::Bad, format!("ended {}", phrases::moment(at_us)))
                }
                None => Line::of("may decide"),
            };
            let since = operator.since_us.map(phrases::moment);
            vec![
                Line::default().bold(&operator.name),
                Line::of(&operator.proof),
                Line::of(since.unwrap_or_default()),
                state,
            ]
        })
        .collect();
    screen.results(&table(&["NAME", "PROOF", "SINCE", ""], rows));
}
