//! `countersign secrets`: keep, look for and forget passwords and passphrases in the keychain. A value comes from the
//! keyboard or a pipe, never from the command line, and is never printed.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE, Trouble},
    keyboard::Quiet,
    line::{Line, Style},
};
use api::{SecretPlace, SecretState, SecretText};
use clap::Subcommand;
use serde_json::json;
use std::io::{self, IsTerminal as _, Read as _};

/// Keep, look for and forget passwords in the keychain
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Keep, look for and forget passwords in the keychain.

Workflows and hosts name a secret by a reference, keychain:NAME, and never hold it. The value lies in the keychain of \
this computer (gnome-keyring, KWallet, KeePassXC on Linux; Keychain on macOS; Credential Manager on Windows) under the \
service countersign. It is asked for without being shown, or read from a pipe; it is never an argument, never printed, \
and there is no command that reads it out.

Where no keychain is, --session keeps the secret in the memory of the program that has the data folder open, until it \
ends. With COUNTERSIGN_KEYCHAIN=session the keychain is never asked.

Examples:
  countersign secrets set keychain:ssh/web-01
  pass show web-01 | countersign secrets set keychain:ssh/web-01
  countersign secrets set keychain:passphrase/~/.ssh/id_ed25519 --session
  countersign secrets test keychain:ssh/web-01
  countersign secrets delete keychain:ssh/web-01")]
pub(crate) struct Secrets {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Keep a secret; the value is asked for, or read from a pipe
    #[command(after_help = TABLE)]
    Set {
        /// What it is called from now on: keychain:NAME
        reference: String,
        /// Only in the memory of the program that has the data folder open
        #[arg(long)]
        session: bool,
    },
    /// Look whether a secret is there and can be read; ends with 3 when not
    #[command(after_help = TABLE)]
    Test {
        /// keychain:NAME
        reference: String,
    },
    /// Forget a secret
    #[command(after_help = TABLE)]
    Delete {
        /// keychain:NAME
        reference: String,
    },
}

impl Secrets {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        let origin = console.origin();
        let mut asked = false;
        let state = match self.what {
            What::Set { reference, session } => {
                let value = value(console, &reference).await?;
                let call = api::SetSecret {
                    reference,
                    value,
                    session,
                };
                console.open_for_secrets().await.call(call, origin).await?
            }
            What::Test { reference } => {
                asked = true;
                let call = api::TestSecret { reference };
                console.open_for_secrets().await.call(call, origin).await?
            }
            What::Delete { reference } => {
                let call = api::DeleteSecret { reference };
                console.open_for_secrets().await.call(call, origin).await?
            }
        };
        if console.screen.json() {
            console.screen.object(&json!(state));
        } else {
            console.screen.results(&lines(&state, asked));
        }
        Ok(if asked && !state.present {
            Exit::Refused
        } else {
            Exit::Done
        })
    }
}

/// The value: typed twice would be safer, but a wrong one is found at its first use and set again.
async fn value(console: &mut Console, reference: &str) -> Result<SecretText, Trouble> {
    let mut text = if io::stdin().is_terminal() {
        // Quiet before the question: whoever answers at once must not be shown.
        let quiet = Quiet::begin();
        console
            .screen
            .say(&Line::of(format!("The value of {reference} (not shown):")));
        let typed = console.keyboard.line().await;
        drop(quiet);
        typed.unwrap_or_default()
    } else {
        piped()?
    };
    // A pipe ends its last line; a password does not end so.
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() {
        return Err(Trouble::usage(
            "There is no value",
            "Type it when it is asked for, or write it into a pipe: … | countersign secrets set REFERENCE",
        ));
    }
    Ok(SecretText::new(text))
}

fn piped() -> Result<String, Trouble> {
    let mut text = String::new();
    // A little more than any secret: what is longer is refused with a reason.
    let read = io::stdin().lock().take(1 << 20).read_to_string(&mut text);
    read.map(|_| text).map_err(|error| {
        Trouble::usage(
            format!("The value cannot be read from standard input: {error}"),
            "A secret is UTF-8 text; encode bytes that are none, for example with base64",
        )
    })
}

fn lines(state: &SecretState, asked: bool) -> Vec<Line> {
    let reference = &state.reference;
    let place = |place| match place {
        SecretPlace::Os => "in the keychain",
        SecretPlace::Session => "in memory, until the program that holds it ends",
    };
    match (&state.source, &state.trouble) {
        (Some(source), _) => vec![
            Line::default()
                .and(Style::Good, "✓")
                .plain(format!(" {reference} is {}", place(*source))),
        ],
        (None, Some(trouble)) => vec![
            Line::default()
                .and(Style::Bad, "✗")
                .plain(format!(" {reference} cannot be read: {trouble}")),
        ],
        (None, None) if asked => vec![
            Line::default()
                .and(Style::Bad, "✗")
                .plain(format!(" there is no secret {reference}")),
        ],
        (None, None) => vec![
            Line::default()
                .and(Style::Good, "✓")
                .plain(format!(" {reference} is forgotten")),
        ],
    }
}
