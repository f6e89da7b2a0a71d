//! Hosts by SSH, spoken in this process (russh): one kept connection for each user, host, port and chain of hosts in
//! between, many commands over it. Which host keys are trusted is `known_hosts`, what the user's ssh config says is
//! `ssh_config`; a decision of trust is never made here.

use super::{Answer, Script};
use crate::{Context, fault::fault};
use fleet::Connection;
use workflow::{ErrorClass, ToolError};

/// The ways to hosts: the kept connections and their limits.
#[derive(Debug, Default)]
pub struct Hosts {}

/// What a host shows before anybody logs in.
#[derive(Clone, Debug)]
pub(crate) struct Scanned {
    pub(crate) algorithm: String,
    pub(crate) fingerprint: String,
    pub(crate) key: String,
    pub(crate) trust: crate::known_hosts::Trust,
}

impl Hosts {
    pub(crate) async fn scan(&self, _: &Connection, _: &Context) -> Result<Scanned, ToolError> {
        Err(fault("x", "x", "x").not_started(ErrorClass::Invalid))
    }
    /// No connection yet; the usual limits.
    pub fn new() -> Hosts {
        Hosts::default()
    }

    /// Runs a script on a host, over its kept connection or a new one.
    pub(crate) async fn run(
        &self,
        connection: &Connection,
        _script: Script<'_>,
        _context: &Context,
    ) -> Result<Answer, ToolError> {
        Err(fault(
            "no_transport",
            format!("This version cannot reach {} by ssh.", connection.address),
            "Use a newer version of the program for this agent.",
        )
        .not_started(ErrorClass::Invalid))
    }
}
