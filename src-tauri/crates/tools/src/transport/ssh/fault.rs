//! Every way a host is not reached, as an error with what to do next. Everything that a host said is shown escaped;
//! nothing secret comes here.

use super::Scanned;
use super::handshake::Seen;
use super::link::Link;
use super::target::Target;
use crate::fault::fault;
use crate::known_hosts::{self, Trust};
use fleet::visible;
use russh::ChannelOpenFailure;
use std::io;
use std::time::Duration;
use workflow::{ErrorClass, ToolError};

/// The most that is shown of what a host said.
const SHOWN_CHARS: usize = 200;

/// How far a connection had come.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Address,
    Banner,
    KeyExchange,
    Login,
}

pub(super) fn no_such_name(target: &Target, why: &str) -> ToolError {
    fault(
        "name_not_found",
        format!(
            "{} has no address: {}.",
            target.name(),
            visible(why, SHOWN_CHARS)
        ),
        "Look at the spelling of the name and at this computer's DNS.",
    )
    .not_started(ErrorClass::Network)
}

pub(super) fn unreachable(target: &Target, error: &io::Error) -> ToolError {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        return fault(
            "connection_refused",
            format!("{} refused the connection.", target.name()),
            "Look whether the ssh server runs there and whether the port is right.",
        )
        .not_started(ErrorClass::Network);
    }
    if error.kind() == io::ErrorKind::TimedOut {
        return too_slow(target, Step::Address, Duration::ZERO);
    }
    fault(
        "host_unreachable",
        format!("{} is not reached: {error}.", target.name()),
        "Look whether the host runs, and at the network, VPN and firewall between.",
    )
    .not_started(ErrorClass::Network)
}

pub(super) fn too_slow(target: &Target, step: Step, limit: Duration) -> ToolError {
    let what = match step {
        Step::Address => "did not answer",
        Step::Banner => "took the connection but did not say anything as SSH",
        Step::KeyExchange => "did not finish the key exchange",
        Step::Login => "did not answer to the login",
    };
    let within = if limit.is_zero() {
        "in time".to_owned()
    } else {
        format!("within {} s", limit.as_secs_f32().ceil())
    };
    fault(
        "connect_timeout",
        format!("{} {what} {within}.", target.name()),
        "Look whether the host runs and is not overloaded, and at the network, VPN and firewall between.",
    )
    .not_started(ErrorClass::Timeout)
}

/// The key exchange did not come to its end.
pub(super) fn handshake(target: &Target, error: &russh::Error, seen: &Seen) -> ToolError {
    let first = seen.first();
    if !first.is_empty() && !first.starts_with(b"SSH-") {
        return fault(
            "not_ssh",
            format!(
                "{} does not speak SSH. It said: {}",
                target.name(),
                visible(String::from_utf8_lossy(&first).trim_end(), SHOWN_CHARS)
            ),
            "Look at the port: another service answers there. If it names a limit (MaxStartups), try again later.",
        )
        .not_started(ErrorClass::Network);
    }
    fault(
        "connection_lost",
        format!(
            "{} broke the connection off before the login: {}.",
            target.name(),
            because(error, seen.parting())
        ),
        "Try again; if it stays so, look at the ssh server's log on the host.",
    )
    .not_started(ErrorClass::Network)
}

/// The reason in the host's words, or in those of the protocol.
fn because(error: &russh::Error, parting: Option<String>) -> String {
    match parting {
        Some(text) => format!("\"{}\"", visible(&text, SHOWN_CHARS)),
        None => visible(&error.to_string(), SHOWN_CHARS),
    }
}

/// The host key is not one to go on with.
pub(super) fn untrusted(target: &Target, shown: &Scanned) -> ToolError {
    let name = target.name();
    let new = &shown.fingerprint;
    let kind = &shown.algorithm;
    let (code, message, hint) = match &shown.trust {
        // Not a trust that this is asked about; saying "unknown" is the closed side.
        Trust::Trusted { .. } | Trust::Unknown => (
            "host_key_unknown",
            format!("The host key of {name} is not known here: {kind} {new}."),
            "Compare the fingerprint with the one the host itself shows (ssh-keygen -lf on it), then register the host \
             or trust its key."
                .to_owned(),
        ),
        Trust::Changed { old, place } => (
            "host_key_changed",
            format!(
                "The host key of {name} has changed: {old} is known ({}), it shows {kind} {new}. Somebody may be \
                 between, or the host was set up anew.",
                visible(place, SHOWN_CHARS)
            ),
            mend(place),
        ),
        Trust::Revoked { place } => (
            "host_key_revoked",
            format!(
                "The host key of {name} is revoked ({}): {kind} {new}.",
                visible(place, SHOWN_CHARS)
            ),
            "Do not use this host until it has a new key; ask whoever revoked it.".to_owned(),
        ),
        Trust::CaSigned { place } => (
            "host_key_ca",
            format!(
                "The host key of {name} is known only by an authority that signs host keys ({}), which is not \
                 supported: {kind} {new}.",
                visible(place, SHOWN_CHARS)
            ),
            "Trust this host's own key here after comparing its fingerprint.".to_owned(),
        ),
        Trust::StoreUnusable { file, why } => (
            "known_hosts_unusable",
            format!(
                "Whether the host key of {name} is known cannot be told: {} cannot be read ({}).",
                visible(file, SHOWN_CHARS),
                visible(why, SHOWN_CHARS)
            ),
            "Make the file readable or mend it; until then no host is trusted by it.".to_owned(),
        ),
    };
    fault(code, message, hint).not_started(ErrorClass::Auth)
}

/// What to do about a changed key, by where the old one stands.
fn mend(place: &str) -> String {
    let what = match place {
        super::AGENTS_ROW => "remove the agent and register it again".to_owned(),
        known_hosts::OWN => {
            "take the old key out (countersign agents untrust HOST), then trust the new one"
                .to_owned()
        }
        file => format!(
            "look at {} and remove that key, then trust the new one",
            visible(file, SHOWN_CHARS)
        ),
    };
    format!("Ask whoever runs the host. Only if the change is expected, {what}.")
}

/// A kept connection does not take a command.
pub(super) fn lost_before(link: &Link, error: Option<&russh::Error>) -> ToolError {
    let why = match error {
        Some(error) => because(error, link.parting()),
        None => "it is closed".to_owned(),
    };
    fault(
        "connection_lost",
        format!(
            "The connection to {} broke before the command was sent: {why}.",
            link.target().name()
        ),
        "Try again; if it stays so, look at the ssh server's log on the host.",
    )
    .not_done(ErrorClass::Network)
}

/// The connection broke while a command ran.
pub(super) fn lost_while_running(link: &Link) -> ToolError {
    let told = match link.parting() {
        Some(text) => format!(" The host said: \"{}\".", visible(&text, SHOWN_CHARS)),
        None => String::new(),
    };
    fault(
        "connection_lost",
        format!(
            "The connection to {} broke while a command ran there.{told}",
            link.target().name()
        ),
        "Look at the network and whether the host runs; what the command did until then is not known.",
    )
    .unknown(ErrorClass::Network)
}

pub(super) fn no_sessions(link: &Link, reason: &ChannelOpenFailure) -> ToolError {
    fault(
        "session_refused",
        format!(
            "{} allows no command over this connection: {}.",
            link.target().name(),
            visible(&format!("{reason:?}"), SHOWN_CHARS)
        ),
        "Look at MaxSessions and PermitOpen of the ssh server on the host, and at what the user may do there.",
    )
    .not_done(ErrorClass::Auth)
}

pub(super) fn no_way_through(
    link: &Link,
    target: &Target,
    reason: &ChannelOpenFailure,
) -> ToolError {
    fault(
        "host_unreachable",
        format!(
            "{} is not reached from {}: {}.",
            target.name(),
            link.target().name(),
            visible(&format!("{reason:?}"), SHOWN_CHARS)
        ),
        "Look whether the host runs, and whether the host in between may connect to it (AllowTcpForwarding).",
    )
    .not_started(ErrorClass::Network)
}

/// The host took the login, but no shell came.
pub(super) fn no_shell(link: &Link, said: &[u8]) -> ToolError {
    let said = String::from_utf8_lossy(said);
    let said = said.trim();
    let said = if said.is_empty() {
        "it said nothing".to_owned()
    } else {
        format!("it said: {}", visible(said, SHOWN_CHARS))
    };
    fault(
        "no_shell",
        format!("{} did not run /bin/sh; {said}.", link.target().login()),
        "Look whether this user may run commands there (login shell, ForceCommand).",
    )
    .not_done(ErrorClass::Auth)
}
