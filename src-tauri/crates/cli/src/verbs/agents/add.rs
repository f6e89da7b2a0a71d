//! `countersign agents add HOST`: one host comes into the fleet.

use crate::{
    console::Console,
    exit::{Outcome, TABLE},
    verbs::run,
};
use serde_json::{Map, Value as Json, json};

/// Take one host into the fleet
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Take one host into the fleet: its name is checked, its host key read, and with your approval trusted; then it is logged in \
to and looked at, and with your approval registered and configured.

What is not given is taken from your ssh config, as `ssh HOST` would. A password is read from the keychain: store it with \
`countersign secrets set keychain:ssh/NAME` and give --credential keychain:ssh/NAME.

Examples:
  countersign agents add web-01
  countersign agents add db-01 --address 10.0.0.7 --user deploy --environment production
  countersign agents add prod-web --alias prod_web --label role=web")]
pub(crate) struct Add {
    /// Its name in the fleet, and for ssh
    host: String,

    /// Its IP address or name, when it is not the name
    #[arg(long)]
    address: Option<String>,

    /// Its port [default: as ssh, else 22]
    #[arg(long)]
    port: Option<u16>,

    /// Who logs in [default: as ssh]
    #[arg(long)]
    user: Option<String>,

    /// ssh:config, ssh:agent, key:/path/to/file or keychain:ssh/name (a password) [default: ssh:config]
    #[arg(long)]
    credential: Option<String>,

    /// What your ssh config calls it
    #[arg(long)]
    alias: Option<String>,

    /// Another ssh config than your own
    #[arg(long, value_name = "FILE")]
    ssh_config: Option<String>,

    /// Hosts in between, as in ProxyJump
    #[arg(long)]
    jump: Option<String>,

    /// development, staging, production, or a word of your own [default: staging]
    #[arg(long)]
    environment: Option<String>,

    /// A label
    #[arg(long, value_name = "NAME=VALUE")]
    label: Vec<String>,

    /// Ask nobody: leave the run waiting at its first gate
    #[arg(long)]
    detach: bool,
}

impl Add {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        let labels = super::some::labels(&self.label)?;
        let mut host = Map::from_iter([("hostname".to_owned(), json!(self.host))]);
        let given = [
            ("address", json!(self.address)),
            ("port", json!(self.port)),
            ("user", json!(self.user)),
            ("credential", json!(self.credential)),
            ("ssh_alias", json!(self.alias)),
            (
                "ssh_config",
                json!(self.ssh_config.as_deref().map(super::some::whole)),
            ),
            ("jump", json!(self.jump)),
        ];
        let given = given.into_iter().filter(|(_, value)| !value.is_null());
        host.extend(given.map(|(name, value)| (name.to_owned(), value)));
        let mut inputs = Map::from_iter([
            ("hosts".to_owned(), Json::Array(vec![Json::Object(host)])),
            ("labels".to_owned(), json!(labels)),
        ]);
        if let Some(environment) = self.environment {
            inputs.insert("environment".to_owned(), json!(environment));
        }
        let mut door = console.open().await?;
        let workflow = ("register_agent", "Register New Agent");
        let outcome = run::start(console, &mut door, workflow, inputs, self.detach).await;
        door.close().await;
        outcome
    }
}
