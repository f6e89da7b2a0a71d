//! Every way git fails at a repository, from its words to an error with what to do next. git has no codes of its own: its
//! sentences (and ssh's) are matched, and one that is not known is shown as it stands, escaped.

use super::RepositoryUrl;
use crate::fault::fault;
use workflow::{ErrorClass, ToolError};

/// The most that is shown of what git said.
const SHOWN_CHARS: usize = 300;

const SAME_IN_A_TERMINAL: &str = "Look whether `git ls-remote` of it works in a terminal without a question. For https, set up a credential helper; \
     for ssh, add the key to the ssh-agent (ssh-add).";
const THE_NET: &str =
    "Look at the spelling of the address, and at the network, VPN and firewall between.";

/// What is known of a failure.
struct Known {
    /// A part of a sentence.
    words: &'static [&'static str],
    code: &'static str,
    what: &'static str,
    hint: &'static str,
    class: ErrorClass,
}

/// In the order in which they are looked for: a changed key also ends with "verification failed".
const KNOWN: &[Known] = &[
    Known {
        words: &["dubious ownership"],
        code: "repository_not_owned",
        what: "belongs to another user, and git refuses to read it",
        hint: "If you trust that user, run `git config --global --add safe.directory PATH` with its path.",
        class: ErrorClass::Auth,
    },
    Known {
        words: &["REVOKED HOST KEY", "revoked host key"],
        code: "host_key_revoked",
        what: "is on a host whose key is revoked",
        hint: "Do not use this host until it has a new key; ask whoever revoked it.",
        class: ErrorClass::Auth,
    },
    Known {
        words: &["HOST IDENTIFICATION HAS CHANGED"],
        code: "host_key_changed",
        what: "is on a host that shows another key than the one that is trusted: somebody may be between, or the host was set up anew",
        hint: "Ask whoever runs the host. Only if the change is expected, put the new key into known_hosts.",
        class: ErrorClass::Auth,
    },
    Known {
        words: &["Host key verification failed", "host key is known for"],
        code: "host_key_unknown",
        what: "is on a host whose key is not known here",
        hint: "Log in once with ssh in a terminal and compare the fingerprint with the one the host's owner publishes.",
        class: ErrorClass::Auth,
    },
    Known {
        words: &[
            "could not read Username",
            "could not read Password",
            "terminal prompts disabled",
            "Authentication failed",
            "Permission denied",
            "Too many authentication failures",
            "returned error: 401",
            "returned error: 403",
        ],
        code: "auth_failed",
        what: "does not let this user in",
        hint: SAME_IN_A_TERMINAL,
        class: ErrorClass::Auth,
    },
    Known {
        words: &["Could not resolve host"],
        code: "name_not_found",
        what: "is on a host without an address",
        hint: "Look at the spelling of the host's name and at this computer's DNS.",
        class: ErrorClass::Network,
    },
    Known {
        words: &[
            "Connection refused",
            "Couldn't connect to server",
            "Could not connect to server",
        ],
        code: "connection_refused",
        what: "is on a host that refused the connection",
        hint: THE_NET,
        class: ErrorClass::Network,
    },
    Known {
        words: &["timed out", "Timeout", "transfer speed"],
        code: "connect_timeout",
        what: "is on a host that did not answer in time",
        hint: THE_NET,
        class: ErrorClass::Timeout,
    },
    Known {
        words: &[
            "No route to host",
            "Network is unreachable",
            "Network is down",
            "Host is down",
        ],
        code: "network_unreachable",
        what: "is on a host that is not reached",
        hint: THE_NET,
        class: ErrorClass::Network,
    },
    Known {
        words: &[
            "early EOF",
            "unexpected disconnect",
            "RPC failed",
            "hung up unexpectedly",
            "Connection reset",
            "Broken pipe",
        ],
        code: "connection_lost",
        what: "was being read when the connection broke",
        hint: "Run it again; if it happens again, look at the network between.",
        class: ErrorClass::Network,
    },
    Known {
        words: &["certificate", "gnutls_handshake", "SSL", "TLS"],
        code: "tls_failed",
        what: "is on a host whose encryption does not hold",
        hint: "Look whether the address is right, whether this computer's clock is, and whether the host's certificate is valid.",
        class: ErrorClass::Network,
    },
    Known {
        words: &["returned error: 429"],
        code: "rate_limited",
        what: "was asked too often",
        hint: "Wait a little, then run it again.",
        class: ErrorClass::Network,
    },
    Known {
        words: &["returned error: 5"],
        code: "server_error",
        what: "is on a host that has trouble of its own",
        hint: "Look at the status page of the host; run it again later.",
        class: ErrorClass::Network,
    },
    Known {
        words: &[
            "not our ref",
            "unadvertised object",
            "no such remote ref",
            "couldn't find remote ref",
        ],
        code: NO_SUCH_COMMIT,
        what: "does not have it, or does not give it away",
        hint: "Look whether it was pushed, and whether it is on a branch or has a tag.",
        class: ErrorClass::NotFound,
    },
    Known {
        words: &[
            "does not appear to be a git repository",
            "not found",
            "could not be found",
            "does not exist",
            "returned error: 404",
        ],
        code: "repository_not_found",
        what: "is not there, or is hidden from this user",
        hint: "Look at the spelling. Forges answer the same for a private repository: look whether `git ls-remote` of it works in a terminal.",
        class: ErrorClass::NotFound,
    },
    Known {
        words: &["not allowed", "unable to find remote helper"],
        code: "protocol_not_allowed",
        what: "would be reached in a way that is not allowed here",
        hint: "Look at `insteadOf` in your git configuration, and whether git can speak https.",
        class: ErrorClass::Invalid,
    },
    Known {
        words: &["No space left on device", "Disk quota exceeded"],
        code: "disk_full",
        what: "does not fit: there is no space left here",
        hint: "Free some space on the filesystem of the data folder, then run it again.",
        class: ErrorClass::Io,
    },
];

pub(super) const NO_SUCH_COMMIT: &str = "commit_not_found";
/// Its words are not known here.
pub(super) const UNKNOWN: &str = "git_failed";

/// Lines that git adds to every failure, and what the other side says: anything may stand there.
const NO_REASON: [&str; 4] = [
    "Please make sure you have the correct access rights",
    "and the repository exists.",
    "fatal: Could not read from remote repository.",
    "remote:",
];

/// git ended badly at a repository.
pub(super) fn failed(url: &RepositoryUrl, said: &[u8]) -> ToolError {
    let said = String::from_utf8_lossy(said);
    let lines = || {
        said.lines().map(str::trim).filter(|line| {
            !line.is_empty() && !NO_REASON.iter().any(|words| line.starts_with(words))
        })
    };
    let name = url.shown();
    for known in KNOWN {
        let line = lines().find(|line| known.words.iter().any(|words| line.contains(words)));
        if let Some(line) = line {
            let line = fleet::visible(line, SHOWN_CHARS);
            return fault(
                known.code,
                format!("{name} {}; git says: {line}", known.what),
                known.hint,
            )
            .not_done(known.class);
        }
    }
    let last = lines()
        .next_back()
        .or(said.lines().next_back())
        .unwrap_or("nothing");
    fault(
        UNKNOWN,
        format!(
            "git could not do this with {name}; it says: {}",
            fleet::visible(last, SHOWN_CHARS)
        ),
        "Try the same with git in a terminal.",
    )
    .not_done(ErrorClass::Io)
}

#[cfg(test)]
mod tests {
    use super::super::RepositoryUrl;
    use super::failed;

    fn check(said: &str, code: &str) {
        let url = RepositoryUrl::parse("https://host/a").unwrap();
        let error = failed(&url, said.as_bytes());
        assert_eq!(error.code, code, "{said}: {error:?}");
        assert!(!error.hint.is_empty() && error.message.contains("https://host/a"));
        assert!(!error.message.contains('\u{1b}'));
    }

    /// The words of git 2.47, curl with GnuTLS and with OpenSSL, OpenSSH, GitHub and GitLab.
    #[test]
    fn failures_are_told_by_what_they_are() {
        const NO_ACCESS: &str = "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n";
        for (said, code) in [
            (
                "fatal: could not read Username for 'https://host': terminal prompts disabled\n",
                "auth_failed",
            ),
            (
                "fatal: Authentication failed for 'https://host/a/'\n",
                "auth_failed",
            ),
            (
                "fatal: unable to access 'https://host/a/': The requested URL returned error: 403\n",
                "auth_failed",
            ),
            (
                &format!("git@host: Permission denied (publickey).\n{NO_ACCESS}"),
                "auth_failed",
            ),
            (
                &format!("Host key verification failed.\n{NO_ACCESS}"),
                "host_key_unknown",
            ),
            (
                "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.\n",
                "host_key_changed",
            ),
            (
                "remote: Repository not found.\nfatal: repository 'https://host/a/' not found\n",
                "repository_not_found",
            ),
            (
                &format!("ERROR: Repository not found.\n{NO_ACCESS}"),
                "repository_not_found",
            ),
            (
                &format!("fatal: '/srv/a' does not appear to be a git repository\n{NO_ACCESS}"),
                "repository_not_found",
            ),
            (
                "fatal: unable to access 'https://host/a/': Could not resolve host: host\n",
                "name_not_found",
            ),
            (
                &format!(
                    "ssh: Could not resolve hostname host: Name or service not known\n{NO_ACCESS}"
                ),
                "name_not_found",
            ),
            (
                &format!("ssh: connect to host host port 22: Connection refused\n{NO_ACCESS}"),
                "connection_refused",
            ),
            (
                "fatal: unable to access 'https://host/a/': Failed to connect to host port 443 after 0 ms: Couldn't connect to server\n",
                "connection_refused",
            ),
            (
                &format!("ssh: connect to host host port 22: Network is unreachable\n{NO_ACCESS}"),
                "network_unreachable",
            ),
            (
                &format!("ssh: connect to host host port 22: Connection timed out\n{NO_ACCESS}"),
                "connect_timeout",
            ),
            (
                "fatal: unable to access 'https://host/a/': SSL certificate problem: self-signed certificate\n",
                "tls_failed",
            ),
            (
                "fatal: unable to access 'https://host/a/': gnutls_handshake() failed: An unexpected TLS packet was received.\n",
                "tls_failed",
            ),
            (
                "fatal: unable to access 'https://host/a/': The requested URL returned error: 503\n",
                "server_error",
            ),
            (
                "fatal: unable to access 'https://host/a/': The requested URL returned error: 429\n",
                "rate_limited",
            ),
            ("fatal: early EOF\n", "connection_lost"),
            (
                "fatal: transport 'file' not allowed\n",
                "protocol_not_allowed",
            ),
            (
                "fatal: remote error: upload-pack: not our ref 0123\n",
                "commit_not_found",
            ),
            (
                "error: Server does not allow request for unadvertised object 0123\n",
                "commit_not_found",
            ),
            (
                "fatal: detected dubious ownership in repository at '/srv/a'\n",
                "repository_not_owned",
            ),
            ("fatal: write error: No space left on device\n", "disk_full"),
            ("fatal: \u{1b}[31msomething new\n", "git_failed"),
            ("remote: Permission denied, ha\n", "git_failed"),
            ("", "git_failed"),
        ] {
            check(said, code);
        }
    }
}
