//! `countersign agents keys | untrust`: the host keys that were trusted here, and taking that back.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE, Trouble},
    line::{Line, table},
    phrases,
    verbs::run,
};
use serde_json::{Map, Value as Json, json};

/// List the host keys that were trusted here
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
List the host keys that were trusted here. Keys that only your known_hosts files know are not listed.")]
pub(crate) struct Keys {}

/// Trust the keys of a host no longer
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Trust the keys of a host no longer: nobody logs in there until they are trusted again. For a host that was set up anew, or \
that you no longer use. Your known_hosts files are not changed.

Examples:
  countersign agents untrust 10.0.0.7
  countersign agents untrust 127.0.0.1 --port 2222")]
pub(crate) struct Untrust {
    /// The host, as it stands in `agents keys`
    host: String,

    /// Only at this port
    #[arg(long)]
    port: Option<u16>,

    /// Ask nobody: leave the run waiting at its gate
    #[arg(long)]
    detach: bool,
}

impl Keys {
    pub(crate) async fn perform(self, console: &Console) -> Outcome {
        let list = match console.open_for_reading().await {
            Ok(door) => door.call(api::HostKeys {}, console.origin()).await?.keys,
            // Nobody has used this folder yet.
            Err(fault) if fault.code == "no_data" => Vec::new(),
            Err(fault) => return Err(fault.into()),
        };
        let screen = &console.screen;
        if screen.json() {
            screen.object(&json!({ "keys": list }));
        } else if list.is_empty() {
            screen.result(&Line::of("No host key was trusted here yet."));
        } else {
            let rows = list.iter().map(|key| {
                let algorithm = key.key.split(' ').next().unwrap_or_default();
                vec![
                    Line::default().bold(&key.host),
                    Line::of(key.port.to_string()),
                    Line::of(algorithm),
                    Line::of(&key.fingerprint),
                    Line::of(phrases::moment(key.trusted_at_us)),
                    Line::default().dim(key.run.to_string()),
                ]
            });
            let heads = ["HOST", "PORT", "KIND", "FINGERPRINT", "TRUSTED", "IN RUN"];
            screen.results(&table(&heads, rows.collect()));
        }
        Ok(Exit::Done)
    }
}

impl Untrust {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        let mut door = console.open().await?;
        let outcome = self.at(console, &mut door).await;
        door.close().await;
        outcome
    }

    async fn at(self, console: &mut Console, door: &mut engine::Door) -> Outcome {
        let list = door.call(api::HostKeys {}, console.origin()).await?;
        let keys: Vec<Json> = list
            .keys
            .iter()
            .filter(|key| key.host.eq_ignore_ascii_case(&self.host))
            .filter(|key| self.port.is_none_or(|port| key.port == port))
            .map(|key| {
                json!({ "hostname": key.host, "host": key.host, "port": key.port, "key": key.key })
            })
            .collect();
        if keys.is_empty() {
            return Err(Trouble::usage(
                format!("No key of {} was trusted here", self.host),
                "See `countersign agents keys`; other keys stand in your known_hosts files",
            ));
        }
        let inputs = Map::from_iter([("keys".to_owned(), Json::Array(keys))]);
        let workflow = ("untrust_host_keys", "Trust Host Keys No Longer");
        run::start(console, door, workflow, inputs, self.detach).await
    }
}
