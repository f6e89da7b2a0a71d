//! How a script reaches an agent: POSIX sh on the standard input of `/bin/sh -s`, arguments as positional parameters,
//! the answer framed by markers in its standard output (fleet.md "Commands"). Other transports are a further arm here.

mod lines;
mod local;
mod openssh;
mod script;
mod ssh;
#[cfg(test)]
pub(crate) mod tests;

use crate::{Context, known_hosts};
use fleet::{Agent, Connection, Transport, Via};
use std::time::Duration;
use workflow::{ErrorClass, ToolError};

pub(crate) use lines::Lines;
pub(crate) use local::{Group, ended};
#[cfg(test)]
pub(crate) use script::bare;
pub(crate) use script::{parameters, quoted};
#[cfg(test)]
pub(crate) use ssh::tests::Host as SshHost;
pub use ssh::{HostLimits, Hosts};
pub(crate) use ssh::{Scanned, refusal};

/// A script to run on an agent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script<'a> {
    /// The text, the same on every agent; nothing is ever spliced into it.
    pub(crate) text: &'a str,
    /// The positional parameters: data.
    pub(crate) args: &'a [&'a str],
    /// The longest it may take.
    pub(crate) timeout: Duration,
    /// The most that is read of its output.
    pub(crate) cap_bytes: usize,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Standard output; whole only after `Exited`.
    pub(crate) stdout: Vec<u8>,
    /// How it ended.
    pub(crate) end: End,
}

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal from elsewhere.
    Signalled(i32),
    /// Stopped here: it printed more than the cap.
    Capped,
    /// Stopped here: it took too long.
    TimedOut,
}

/// Asks a host for its key; nobody logs in.
pub(crate) async fn scan(connection: &Connection, context: &Context) -> Result<Scanned, ToolError> {
    match &connection.via {
        Via::Ssh => context.ports.hosts.scan(connection, context).await,
        Via::Openssh { .. } => {
            let (key, trust) = openssh::scan(connection, context).await?;
            Ok(Scanned {
                algorithm: key.split(' ').next().unwrap_or_default().to_owned(),
                fingerprint: known_hosts::fingerprint(&key).unwrap_or_default(),
                key,
                trust,
            })
        }
    }
}

/// Runs a script on an agent. Its standard error goes to the call's log. However it ends, no process of its group is
/// left behind.
pub(crate) async fn run(
    agent: &Agent,
    script: Script<'_>,
    context: &Context,
) -> Result<Answer, ToolError> {
    if script.args.iter().any(|arg| arg.contains('\0')) {
        return Err(crate::fault::fault(
            "invalid_arguments",
            "An argument of the script has a zero byte, which no shell takes.",
            "Leave it out.",
        )
        .not_started(ErrorClass::Invalid));
    }
    match &agent.transport {
        Transport::Local => local::run(script, context).await,
        Transport::Ssh(connection) => match connection.via {
            Via::Ssh => context.ports.hosts.run(connection, script, context).await,
            Via::Openssh { .. } => openssh::run(connection, script, context).await,
        },
    }
}
