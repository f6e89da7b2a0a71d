//! An agent: a host that is managed, and the row that a person approves when it is registered. How a host is reached is
//! in `connection`; reaching it is the crate `tools`. Never the language model.

use crate::Connection;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A managed host. Nothing is installed on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Its id: its host name, unique in the data folder (without regard to case).
    pub agent_id: String,
    /// The name people use for it.
    pub title: String,
    /// How it is reached.
    pub transport: Transport,
    /// One label that every agent has: development, staging, production or a word of the operator's own.
    pub environment: String,
    /// Further labels; names and values as in Kubernetes.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Where it stands in the fleet.
    #[serde(default)]
    pub state: AgentState,
    /// What it said of itself when it was registered: os, kernel, ncpu, …
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
}

/// Where an agent stands in the fleet.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// Known, but it could not be reached when it was to be registered. Nothing is run on it.
    Candidate,
    /// In use.
    #[default]
    Registered,
    /// In use for what runs there, not chosen for anything new.
    Draining,
    /// Kept out of everything until a person looked at it.
    Quarantined,
    /// No longer in use; kept for its history.
    Retired,
}

/// How an agent is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[expect(
    clippy::large_enum_variant,
    reason = "almost every agent is reached by SSH"
)]
pub enum Transport {
    /// It is this computer.
    Local,
    /// By SSH.
    Ssh(Connection),
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
            state: AgentState::Registered,
            facts: BTreeMap::new(),
        }
    }
}

impl AgentState {
    /// Every state, in the order of an agent's life.
    pub const ALL: [AgentState; 5] = [
        AgentState::Candidate,
        AgentState::Registered,
        AgentState::Draining,
        AgentState::Quarantined,
        AgentState::Retired,
    ];

    /// The word on screens and in outputs.
    pub fn word(self) -> &'static str {
        match self {
            AgentState::Candidate => "candidate",
            AgentState::Registered => "registered",
            AgentState::Draining => "draining",
            AgentState::Quarantined => "quarantined",
            AgentState::Retired => "retired",
        }
    }

    /// Is it asked how it is, and may something run there?
    pub fn is_in_use(self) -> bool {
        matches!(self, AgentState::Registered | AgentState::Draining)
    }
}

impl Transport {
    /// The word on screens and in outputs: local, ssh (in this program) or openssh (the user's own ssh program).
    pub fn word(&self) -> &'static str {
        match self {
            Transport::Local => "local",
            Transport::Ssh(connection) => connection.via.word(),
        }
    }
}
