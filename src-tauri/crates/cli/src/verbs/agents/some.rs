//! `countersign agents label | drain | undrain | remove`: agents by name or by selector, each a run of a one-step
//! workflow with one card.

use crate::{
    console::Console,
    exit::{Outcome, TABLE, Trouble},
    verbs::run,
};
use clap::Args;
use fleet::Agent;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// Which agents.
#[derive(Debug, Args)]
struct Some {
    /// Their names
    #[arg(value_name = "AGENT")]
    agents: Vec<String>,

    /// Those that this label selector matches (see `agents list --help`)
    #[arg(short = 'l', long)]
    selector: Option<String>,

    /// Ask nobody: leave the run waiting at its gate
    #[arg(long)]
    detach: bool,
}

/// Set and remove labels of agents, or their environment
#[derive(Debug, Args)]
#[command(after_help = TABLE, long_about = "\
Set and remove labels of agents, or their environment. One card shows every row that would change.

Examples:
  countersign agents label web-01 --set role=web --remove old
  countersign agents label -l environment=staging --environment production")]
pub(crate) struct Label {
    #[command(flatten)]
    some: Some,

    /// A label to set
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,

    /// A label to take off
    #[arg(long, value_name = "NAME")]
    remove: Vec<String>,

    /// Their environment
    #[arg(long)]
    environment: Option<String>,
}

/// Start nothing new on agents; what runs there goes on
#[derive(Debug, Args)]
#[command(after_help = TABLE)]
pub(crate) struct Drain {
    #[command(flatten)]
    some: Some,
}

/// Take agents into use again
#[derive(Debug, Args)]
#[command(after_help = TABLE)]
pub(crate) struct Undrain {
    #[command(flatten)]
    some: Some,
}

/// Take agents out of the fleet; nothing is changed on the hosts
#[derive(Debug, Args)]
#[command(after_help = TABLE, long_about = "\
Take agents out of the fleet. One card shows every row that would go. Nothing is changed on the hosts, and what happened on \
them stays in the journal.

Examples:
  countersign agents remove web-01 web-02
  countersign agents remove -l state=candidate")]
pub(crate) struct Remove {
    #[command(flatten)]
    some: Some,
}

impl Label {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        let set = labels(&self.set)?;
        if set.is_empty() && self.remove.is_empty() && self.environment.is_none() {
            return Err(Trouble::usage(
                "Nothing to change was given",
                "Give --set NAME=VALUE, --remove NAME or --environment WORD",
            ));
        }
        let mut inputs = Map::from_iter([
            ("set".to_owned(), json!(set)),
            ("remove".to_owned(), json!(self.remove)),
        ]);
        if let Some(environment) = self.environment {
            inputs.insert("environment".to_owned(), json!(environment));
        }
        self.some
            .perform(console, ("label_agents", "Change Labels"), inputs)
            .await
    }
}

impl Drain {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        let workflow = ("drain_agents", "Drain Agents");
        self.some.perform(console, workflow, Map::new()).await
    }
}

impl Undrain {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        let workflow = ("undrain_agents", "Take Agents into Use Again");
        self.some.perform(console, workflow, Map::new()).await
    }
}

impl Remove {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        let workflow = ("remove_agents", "Remove Agents");
        self.some.perform(console, workflow, Map::new()).await
    }
}

impl Some {
    async fn perform(
        self,
        console: &mut Console,
        workflow: (&str, &str),
        mut inputs: Map<String, Json>,
    ) -> Outcome {
        let mut door = console.open().await?;
        let names = self.names(console, &door).await;
        let outcome = match names {
            Ok(names) => {
                inputs.insert("agents".to_owned(), json!(names));
                run::start(console, &mut door, workflow, inputs, self.detach).await
            }
            Err(trouble) => Err(trouble),
        };
        door.close().await;
        outcome
    }

    /// The names that were given, and those that the selector matches; each once.
    async fn names(&self, console: &Console, door: &engine::Door) -> Result<Vec<String>, Trouble> {
        let mut names = self.agents.clone();
        let is_here = |name: &String| name.eq_ignore_ascii_case(Agent::THIS_COMPUTER);
        if names.iter().any(is_here) {
            return Err(Trouble::usage(
                "This computer is always an agent, and has no row to change",
                "Name other agents",
            ));
        }
        if !names.is_empty() {
            // A name that was misspelt would be a card that asks about nothing.
            let selector = String::new();
            let all = door
                .call(api::Agents { selector }, console.origin())
                .await?;
            let known = |name: &String| {
                let is_it = |info: &api::AgentInfo| info.agent.agent_id.eq_ignore_ascii_case(name);
                all.agents.iter().any(is_it)
            };
            if let Some(unknown) = names.iter().find(|name| !known(name)) {
                return Err(Trouble::usage(
                    format!("There is no agent {unknown}"),
                    "See `countersign agents list`",
                ));
            }
        }
        if let Some(selector) = &self.selector {
            let call = api::Agents {
                selector: selector.clone(),
            };
            let list = door.call(call, console.origin()).await?;
            names.extend(list.agents.into_iter().map(|info| info.agent.agent_id));
            names.retain(|name| name != Agent::THIS_COMPUTER);
        }
        names.sort();
        names.dedup();
        if names.is_empty() {
            return Err(Trouble::usage(
                "No agent was named, or none matches",
                "Name agents, or select them with -l; see `countersign agents list`",
            ));
        }
        Ok(names)
    }
}

/// A file's whole path: the engine may run in another folder.
pub(super) fn whole(path: &str) -> String {
    match std::path::absolute(path) {
        Ok(whole) if !path.starts_with('~') => whole.display().to_string(),
        Ok(_) | Err(_) => path.to_owned(),
    }
}

/// `name=value` pairs.
pub(super) fn labels(pairs: &[String]) -> Result<BTreeMap<String, String>, Trouble> {
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) if fleet::is_label_name(name) && fleet::is_label_value(value) => {
            Ok((name.to_owned(), value.to_owned()))
        }
        Some(_) | None => Err(Trouble::usage(
            format!("{text} is not a label"),
            "Write NAME=VALUE, for example role=web; each at most 63 letters, digits, -, _ and ., a letter or digit at both ends",
        )),
    };
    pairs.iter().map(pair).collect()
}
