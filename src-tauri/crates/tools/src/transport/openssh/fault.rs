//! Every way the ssh program fails to reach a host, from its exit code and its words to an error with what to do next.
//! ssh has no codes of its own: its sentences are matched, and one that is not known is shown as it stands.

use crate::fault::{Fault, fault};
use crate::known_hosts::Trust;
use fleet::{Connection, Via, visible};
use workflow::{ErrorClass, ToolError};

/// The most that is shown of what ssh or a host said.
const SHOWN_CHARS: usize = 300;

/// What is known of a failure.
struct Known {
    /// A part of ssh's sentence.
    words: &'static [&'static str],
    code: &'static str,
    what: &'static str,
    hint: &'static str,
    class: ErrorClass,
}

/// In the order in which they are looked for: a changed key also ends with "verification failed".
const KNOWN: &[Known] = &[
    Known {
        words: &["REVOKED HOST KEY", "revoked host key"],
        code: "host_key_revoked",
        what: "shows a host key that is revoked",
        hint: "Do not use this host until it has a new key; ask whoever revoked it.",
        class: ErrorClass::Auth,
    },
    Known {
        words: &["HOST IDENTIFICATION HAS CHANGED"],
        code: "host_key_changed",
        what: "shows another host key than the one that is trusted: somebody may be between, or the host was set up anew",
        hint: "Ask whoever runs the host. Only if the change is expected, trust the new key.",
        class: ErrorClass::Auth,
    },
    Known {
        words: &["host key is known for", "Host key verification failed"],
        code: "host_key_unknown",
        what: "shows a host key that is not known here",
        hint: "Compare the fingerprint with the one the host itself shows, then register the host or trust its key.",
        class: ErrorClass::Auth,
    },
    Known {
        words: &[
            "Permission denied",
            "Too many authentication failures",
            "No more authentication methods",
        ],
        code: "auth_failed",
        what: "does not let this user in",
        hint: "Look whether `ssh` logs in from a terminal without a question; if it asks for a passphrase, add the key to \
               the ssh-agent (ssh-add).",
        class: ErrorClass::Auth,
    },
    Known {
        words: &["Could not resolve hostname"],
        code: "name_not_found",
        what: "has no address",
        hint: "Look at the spelling of the name and at this computer's DNS.",
        class: ErrorClass::Network,
    },
    Known {
        words: &["Connection refused"],
        code: "connection_refused",
        what: "refused the connection",
        hint: "Look whether the ssh server runs there and whether the port is right.",
        class: ErrorClass::Network,
    },
    Known {
        words: &["timed out", "Timeout"],
        code: "connect_timeout",
        what: "did not answer in time",
        hint: "Look whether the host runs, and at the network, VPN and firewall between.",
        class: ErrorClass::Timeout,
    },
    Known {
        words: &[
            "No route to host",
            "Network is unreachable",
            "Host is down",
            "Network is down",
        ],
        code: "host_unreachable",
        what: "is not reached",
        hint: "Look whether the host runs, and at the network, VPN and firewall between.",
        class: ErrorClass::Network,
    },
    Known {
        words: &["Bad configuration option", "bad configuration option"],
        code: "ssh_config_invalid",
        what: "cannot be reached, for ssh does not take its config",
        hint: "Correct the ssh config at the place that is named.",
        class: ErrorClass::Invalid,
    },
];

/// What stands there when the way to the host broke off before the host said anything.
const BROKEN_WAY: &[&str] = &[
    "UNKNOWN port 65535",
    "kex_exchange_identification",
    "banner exchange",
    "stdio forwarding failed",
    "open failed",
];

/// ssh ended before the script was sent.
pub(super) fn not_connected(connection: &Connection, said: &[u8]) -> ToolError {
    let of_another = !connection.jumps.is_empty() && is_way_broken(connection, said);
    let said = String::from_utf8_lossy(said);
    for known in KNOWN {
        if let Some(line) = line_with(&said, known.words) {
            let of = match of_another {
                true => format!("is not reached, for a host in between {}", known.what),
                false => known.what.to_owned(),
            };
            let of = told(connection, &of, line);
            return fault(known.code, of, known.hint).not_started(known.class);
        }
    }
    // A ProxyCommand that ends at once may leave ssh without a word.
    let is_silent = said.trim().is_empty() && goes_over(connection);
    let broken = line_with(&said, BROKEN_WAY);
    if let Some(line) = broken.or(is_silent.then_some("nothing")) {
        let reason = match &connection.via {
            Via::Openssh { reason } => visible(reason, 200),
            Via::Ssh => "over the hosts in between".to_owned(),
        };
        return fault(
            "proxy_failed",
            told(
                connection,
                &format!("was not reached: the way there broke off ({reason})"),
                line,
            ),
            "Run the ProxyCommand of the ssh config in a terminal and look what it says.",
        )
        .not_started(ErrorClass::Network);
    }
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    fault(
        "agent_unreachable",
        told(
            connection,
            "is not reached by ssh",
            last.unwrap_or("it says nothing"),
        ),
        "Try the same with ssh in a terminal.",
    )
    .not_started(ErrorClass::Network)
}

/// Did the way to the host break off, as far as can be seen?
pub(super) fn is_way_broken(connection: &Connection, said: &[u8]) -> bool {
    let said = String::from_utf8_lossy(said);
    line_with(&said, BROKEN_WAY).is_some() || (said.trim().is_empty() && goes_over(connection))
}

/// Is there something between here and the host that ssh starts?
fn goes_over(connection: &Connection) -> bool {
    !connection.jumps.is_empty()
        || matches!(&connection.via, Via::Openssh { reason } if reason.starts_with(crate::ssh_config::PROXY_COMMAND))
}

/// Nothing came in time.
pub(super) fn too_slow(connection: &Connection, seconds: u64, asked: bool) -> ToolError {
    let name = name(connection);
    match asked {
        true => fault(
            "auth_failed",
            format!("Nobody touched the security key for {name} within {seconds} s."),
            "Run it again and touch the key when it blinks.",
        )
        .not_started(ErrorClass::Auth),
        false => fault(
            "connect_timeout",
            format!("{name} did not let ssh in within {seconds} s."),
            "Look whether the host runs and is not overloaded, and at the network, VPN and firewall between.",
        )
        .not_started(ErrorClass::Timeout),
    }
}

/// No key of the host is trusted.
pub(super) fn untrusted(connection: &Connection, trust: &Trust) -> ToolError {
    let name = name(connection);
    let shown = |text: &String| visible(text, SHOWN_CHARS);
    match trust {
        Trust::Trusted { .. } | Trust::Unknown | Trust::Changed { .. } => fault(
            "host_key_unknown",
            format!("No host key of {name} is known here."),
            "Register the host or trust its key, after comparing the fingerprint with the one it shows itself.",
        ),
        Trust::CaSigned { place } => fault(
            "host_key_ca",
            format!(
                "{name} is known only by an authority that signs host keys ({}), which is not supported.",
                shown(place)
            ),
            "Trust this host's own key here after comparing its fingerprint.",
        ),
        Trust::Revoked { place } => fault(
            "host_key_revoked",
            format!("The host key of {name} is revoked ({}).", shown(place)),
            "Do not use this host until it has a new key; ask whoever revoked it.",
        ),
        Trust::StoreUnusable { file, why } => fault(
            "known_hosts_unusable",
            format!(
                "Whether the host key of {name} is known cannot be told: {} cannot be read ({}).",
                shown(file),
                shown(why)
            ),
            "Make the file readable or mend it; until then no host is trusted by it.",
        ),
    }
    .not_started(ErrorClass::Auth)
}

/// The host took the login, but no shell came.
pub(super) fn no_shell(connection: &Connection, said: &[u8]) -> ToolError {
    let said = String::from_utf8_lossy(said);
    let said = match said.trim() {
        "" => "it said nothing".to_owned(),
        said => format!("it said: {}", visible(said, SHOWN_CHARS)),
    };
    fault(
        "no_shell",
        format!("{} did not run /bin/sh; {said}.", name(connection)),
        "Look whether this user may run commands there (login shell, ForceCommand).",
    )
    .not_done(ErrorClass::Auth)
}

/// The connection broke while a script ran.
pub(super) fn lost(connection: &Connection) -> ToolError {
    fault(
        "connection_lost",
        format!(
            "The connection to {} broke while a command ran there.",
            name(connection)
        ),
        "Look at the network and whether the host runs; what the command did until then is not known.",
    )
    .unknown(ErrorClass::Network)
}

/// It cannot even be tried.
pub(super) fn unusable(why: impl std::fmt::Display) -> Fault {
    fault(
        "ssh_unusable",
        format!(
            "The ssh program cannot be used: {}.",
            visible(&why.to_string(), SHOWN_CHARS)
        ),
        "Look whether ssh works in a terminal.",
    )
}

fn told(connection: &Connection, what: &str, line: &str) -> String {
    format!(
        "{} {what}. ssh says: {}",
        name(connection),
        visible(line.trim(), SHOWN_CHARS)
    )
}

fn name(connection: &Connection) -> String {
    let address = visible(&connection.address, 120);
    match (&connection.ssh_alias, connection.port) {
        (Some(alias), _) if *alias != connection.address => {
            format!("{} ({address})", visible(alias, 120))
        }
        (_, 22) => address,
        (_, port) => format!("{address} port {port}"),
    }
}

/// The last line with one of the words.
fn line_with<'a>(said: &'a str, words: &[&str]) -> Option<&'a str> {
    said.lines()
        .rfind(|line| words.iter().any(|word| line.contains(word)))
}
