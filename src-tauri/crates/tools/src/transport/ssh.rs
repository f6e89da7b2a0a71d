//! Hosts by SSH, spoken in this process (russh): one kept connection for each user, host, port and chain of hosts in
//! between, many commands over it. Which host keys are trusted is `known_hosts`, what the user's ssh config says is
//! `ssh_config`; a decision of trust is never made here, and no forwarding of any kind is ever asked for.

mod configs;
mod exec;
mod fault;
mod handshake;
mod keys;
mod link;
mod login;
mod target;
#[cfg(test)]
pub(super) mod tests;

use super::{Answer, Script};
use crate::Context;
use crate::context::cancelled;
use crate::known_hosts::Trust;
use fleet::Connection;
use link::Inner;
use std::{future::Future, sync::Arc, time::Duration};
use target::Target;
use workflow::{Outcome, ToolError};

/// Where the fingerprint of an agent's registration stands, for people.
const AGENTS_ROW: &str = "the agent's row in the inventory";

/// The ways to hosts: the kept connections and their limits. Dropping it closes them.
#[derive(Debug, Default)]
pub struct Hosts {
    inner: Arc<Inner>,
}

/// The limits of the ways to hosts.
#[derive(Clone, Copy, Debug)]
pub struct HostLimits {
    /// The longest from the first packet to the end of the key exchange.
    pub connect: Duration,
    /// The longest a host may take for one answer while logging in.
    pub auth: Duration,
    /// A kept connection is closed when it was not used for so long.
    pub idle: Duration,
    /// Sessions at once over one connection.
    pub sessions: usize,
    /// Handshakes at once over all hosts.
    pub handshakes: usize,
    /// Connections that are kept; with more, those that were not used for the longest time are closed.
    pub kept: usize,
}

impl Default for HostLimits {
    fn default() -> HostLimits {
        // Files and sockets of the rest of the program need descriptors too.
        const OTHER_DESCRIPTORS: usize = 200;
        let descriptors = rustix::process::getrlimit(rustix::process::Resource::Nofile)
            .current
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(usize::MAX);
        HostLimits {
            connect: Duration::from_secs(10),
            auth: Duration::from_secs(15),
            idle: Duration::from_secs(300),
            sessions: 8,
            handshakes: 50,
            kept: descriptors
                .saturating_sub(OTHER_DESCRIPTORS)
                .clamp(16, 2048),
        }
    }
}

/// The host key that a host showed, and what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Scanned {
    /// As in known_hosts: `ssh-ed25519`.
    pub(crate) algorithm: String,
    /// `SHA256:…`.
    pub(crate) fingerprint: String,
    /// As in known_hosts: algorithm and base64, no comment.
    pub(crate) key: String,
    /// Is it trusted?
    pub(crate) trust: Trust,
}

impl Hosts {
    /// No connection yet; the usual limits.
    pub fn new() -> Hosts {
        Hosts::default()
    }

    /// No connection yet; these limits.
    pub fn with(limits: HostLimits) -> Hosts {
        Hosts {
            inner: Arc::new(Inner::new(limits)),
        }
    }

    /// Runs a script on a host, over its kept connection or a new one. The host's key must be trusted already.
    pub(crate) async fn run(
        &self,
        connection: &Connection,
        script: Script<'_>,
        context: &Context,
    ) -> Result<Answer, ToolError> {
        context.still_owed(Outcome::NotStarted)?;
        let target = Target::of(connection);
        let session = owed(context, self.inner.session(&target, context)).await?;
        exec::run(session, script, context).await
    }

    /// Asks a host for its key and goes away: no user name or credential is sent. Hosts in between must be trusted and
    /// are logged in to.
    pub(crate) async fn scan(
        &self,
        connection: &Connection,
        context: &Context,
    ) -> Result<Scanned, ToolError> {
        context.still_owed(Outcome::NotStarted)?;
        let target = Target::of(connection);
        owed(context, self.inner.scan(&target, context)).await
    }
}

/// The result, or `cancelled` as soon as the call is not owed any more. Nothing was sent until then.
async fn owed<T>(
    context: &Context,
    work: impl Future<Output = Result<T, ToolError>>,
) -> Result<T, ToolError> {
    tokio::select! {
        biased;
        () = context.cancel.cancelled() => Err(cancelled(Outcome::NotStarted)),
        result = work => result,
    }
}

/// Why a key that is not trusted is not gone on with: unknown, or changed, revoked, not to be told, each with its place.
pub(crate) fn refusal(connection: &Connection, scanned: &Scanned) -> ToolError {
    fault::untrusted(&Target::of(connection), scanned)
}
