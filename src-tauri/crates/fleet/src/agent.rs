//! An agent: a host that is managed. Not how it is reached in detail (that is the transport's own crate), and never
//! the language model.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A managed host. Nothing is installed on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Its id: unique in the data folder, never reused.
    pub agent_id: String,
    /// The name people use for it.
    pub title: String,
    /// How it is reached.
    pub transport: Transport,
    /// One label that every agent has: development, staging, production or a word of the operator's own.
    pub environment: String,
    /// Further labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// How an agent is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum Transport {
    /// It is this computer.
    Local,
}

impl Agent {
    /// The id that this computer has as an agent.
    pub const THIS_COMPUTER: &'static str = "this-computer";

    /// This computer as an agent: there from the first start.
    pub fn this_computer() -> Agent {
        Agent {
            agent_id: Agent::THIS_COMPUTER.to_owned(),
            title: "This computer".to_owned(),
            transport: Transport::Local,
            environment: "development".to_owned(),
            labels: BTreeMap::new(),
        }
    }
}

impl Transport {
    /// The word on screens and in outputs.
    pub fn word(&self) -> &'static str {
        match self {
            Transport::Local => "local",
        }
    }
}
