//! The address of a repository, judged before git sees it: https, ssh, scp-like, or a folder of this computer. Everything
//! else that git would take (remote helpers, unencrypted ways, `file:`) is refused with what to write instead.

use crate::fault::fault;
use workflow::{Digest, ErrorClass, ToolError};

const LONGEST: usize = 2048;

/// What access tokens of well-known forges begin with: they are pasted as the user's name.
const TOKENS: [&str; 6] = ["ghp_", "gho_", "ghu_", "ghs_", "github_pat_", "glpat-"];

/// An address that may be given to git.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RepositoryUrl {
    text: String,
    way: Way,
}

/// How a repository is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Https,
    /// `ssh://host/path` or `host:path`.
    Ssh,
    /// A folder of this computer.
    Folder,
}

impl RepositoryUrl {
    /// Judges an address.
    pub(crate) fn parse(text: &str) -> Result<RepositoryUrl, ToolError> {
        let way = judge(text).map_err(|(why, hint)| {
            fault(
                "invalid_repository",
                format!(
                    "{:?} is not taken as a repository: {why}.",
                    fleet::visible(text, 300)
                ),
                hint,
            )
            .not_started(ErrorClass::Invalid)
        })?;
        Ok(RepositoryUrl {
            text: text.trim_end_matches('/').to_owned(),
            way,
        })
    }

    /// For git, after `--`.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// For people.
    pub(crate) fn shown(&self) -> String {
        fleet::visible(&self.text, 300)
    }

    /// The protocols that git may speak for it (GIT_ALLOW_PROTOCOL). The user's `insteadOf` may turn https into ssh and
    /// back, but the net never into this computer.
    pub(crate) fn protocols(&self) -> &'static str {
        match self.way {
            Way::Https | Way::Ssh => "https:ssh",
            Way::Folder => "file",
        }
    }

    /// Names what is kept of it.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }
}

type Refused = (&'static str, &'static str);

const FORMS: &str =
    "Write https://host/path, ssh://user@host/path, user@host:path, or the whole path of a folder.";

fn judge(text: &str) -> Result<Way, Refused> {
    if text.is_empty() || text.len() > LONGEST {
        return Err(("it is empty or too long", FORMS));
    }
    if text.chars().any(fleet::is_hidden) {
        return Err((
            "it has characters in it that control or hide text",
            "Type it again instead of pasting it.",
        ));
    }
    if text.starts_with('-') {
        return Err(("git would take it for an option", FORMS));
    }
    if text.starts_with('/') {
        return match text.trim_matches('/') {
            "" => Err(("it is the root of this computer", FORMS)),
            _ => Ok(Way::Folder),
        };
    }
    if text.contains(char::is_whitespace) {
        return Err(("it has a space in it", FORMS));
    }
    // `ext::sh -c …` and the like: git would start a program of that name.
    let scheme = text.find(|c: char| !(c.is_ascii_alphanumeric() || "+.-".contains(c)));
    if scheme.is_some_and(|end| text[end..].starts_with("::")) {
        return Err((
            "it names a remote helper, a program that git would start",
            FORMS,
        ));
    }
    match text.split_once("://") {
        Some((scheme, rest)) => with_scheme(scheme, rest),
        None => scp_like(text),
    }
}

fn with_scheme(scheme: &str, rest: &str) -> Result<Way, Refused> {
    let way = match scheme {
        "https" => Way::Https,
        "ssh" => Way::Ssh,
        "http" | "git" | "ftp" | "ftps" => {
            return Err((
                "what comes that way can be changed by anybody in between",
                "Write it with https:// or ssh://.",
            ));
        }
        "file" => {
            return Err((
                "file: addresses are not taken",
                "Write the whole path of the folder instead, beginning with a slash.",
            ));
        }
        _ => return Err(("that way is not known here", FORMS)),
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if path.trim_matches('/').is_empty() {
        return Err(("it names no repository on the host", FORMS));
    }
    let host = after_user(authority, way)?;
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (host, None),
    };
    check_host(host)?;
    match port.map(str::parse::<u16>) {
        None | Some(Ok(1..)) => Ok(way),
        Some(Ok(0) | Err(_)) => Err(("its port is not a number from 1 to 65535", FORMS)),
    }
}

/// `[user@]host:path`: the colon comes before any slash.
fn scp_like(text: &str) -> Result<Way, Refused> {
    const NEITHER: Refused = (
        "it is neither an address nor the whole path of a folder",
        FORMS,
    );
    let from = text.find("]:").map_or(0, |at| at + 1);
    let colon = text[from..].find(':').ok_or(NEITHER)? + from;
    let (place, path) = (&text[..colon], &text[colon + 1..]);
    if place.contains('/') {
        return Err(NEITHER);
    }
    if path.trim_matches('/').is_empty() {
        return Err(("it names no repository on the host", FORMS));
    }
    if path.starts_with('-') {
        return Err(("its path begins like an option", FORMS));
    }
    check_host(after_user(place, Way::Ssh)?)?;
    Ok(Way::Ssh)
}

/// What stands behind the user. A password must not stand there: the address is kept in records.
fn after_user(authority: &str, way: Way) -> Result<&str, Refused> {
    let Some((user, host)) = authority.rsplit_once('@') else {
        return Ok(authority);
    };
    let secret = TOKENS.iter().any(|token| user.starts_with(token));
    if user.contains(':') || (way == Way::Https && secret) {
        return Err((
            "it has a secret in it, and addresses are kept in records",
            "Take it out and let git ask a credential helper; change the secret, as it may have been seen.",
        ));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
    match user.is_empty() || user.starts_with('-') || !user.chars().all(plain) {
        true => Err(("its user is not a plain name", FORMS)),
        false => Ok(host),
    }
}

fn check_host(host: &str) -> Result<(), Refused> {
    let inner = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let is_plain = match inner {
        Some(inner) => {
            !inner.is_empty()
                && inner
                    .chars()
                    .all(|c| c.is_ascii_hexdigit() || ":.".contains(c))
        }
        None => {
            !host.is_empty()
                && !host.starts_with(['-', '.'])
                && host
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        }
    };
    match is_plain {
        true => Ok(()),
        false => Err(("its host is not a plain name or address", FORMS)),
    }
}

#[cfg(test)]
mod tests {
    use super::{RepositoryUrl, Way};
    use proptest::prelude::*;

    fn check(text: &str, expected: Result<Way, &str>) {
        match (RepositoryUrl::parse(text), expected) {
            (Ok(url), Ok(way)) => assert_eq!(url.way, way, "{text}"),
            (Err(error), Err(why)) => {
                assert!(error.message.contains(why), "{text}: {}", error.message);
                assert_eq!(error.code, "invalid_repository");
                assert_eq!(error.outcome, workflow::Outcome::NotStarted);
            }
            (got, _) => panic!("{text}: {got:?}"),
        }
    }

    #[test]
    fn addresses_are_judged_before_git_sees_them() {
        for text in [
            "https://github.com/a/b",
            "https://github.com/a/b.git",
            "https://me@dev.azure.com/a/_git/b",
            "https://host:8443/a",
            "https://[::1]:8443/a",
        ] {
            check(text, Ok(Way::Https));
        }
        for text in [
            "ssh://git@host/a.git",
            "ssh://host:2222/~me/a",
            "ssh://git@[fe80::1]:22/a",
            "git@github.com:a/b.git",
            "host:a",
            "prod_web:/srv/a.git",
            "me@[::1]:a",
            "host:~/a:b",
        ] {
            check(text, Ok(Way::Ssh));
        }
        for text in ["/srv/git/a.git", "/srv/with space/-a", "/a://b", "/ext::sh"] {
            check(text, Ok(Way::Folder));
        }
        for (text, why) in [
            ("", "empty"),
            ("-u/x", "option"),
            ("--upload-pack=touch /tmp/x", "option"),
            ("ext::sh -c id", "space"),
            ("ext::sh", "helper"),
            ("fd::17", "helper"),
            ("transport-x::https://h/a", "helper"),
            ("::a", "helper"),
            ("http://host/a", "in between"),
            ("git://host/a", "in between"),
            ("file:///srv/a", "file:"),
            ("HTTPS://host/a", "not known"),
            ("git+ssh://host/a", "not known"),
            ("javascript://host/a", "not known"),
            ("https://host", "no repository"),
            ("https://host//", "no repository"),
            ("host:", "no repository"),
            ("https:///a", "host is not"),
            ("https://me:pw@host/a", "secret"),
            ("https://ghp_0123@host/a", "secret"),
            ("ssh://-oProxyCommand=id/a", "host is not"),
            ("ssh://%2doProxyCommand=id/a", "host is not"),
            ("ssh://x@-oProxyCommand=id/a", "host is not"),
            ("ssh://-x@host/a", "user is not"),
            ("-oProxyCommand=id:a", "option"),
            ("x@-oProxyCommand:a", "host is not"),
            ("host:-a", "begins like an option"),
            ("https://host:0/a", "port"),
            ("https://host:99999/a", "port"),
            ("ssh://host:22x/a", "port"),
            ("../a", "neither"),
            ("myapp/frontend", "neither"),
            ("./a:b", "neither"),
            ("/", "root"),
            ("https://host/a\nb", "control"),
            ("/srv/\u{1b}[31m", "control"),
            ("https://host/\u{202e}a", "control"),
            ("https://h\u{f6}st/a", "host is not"),
            ("https://host/a b", "space"),
        ] {
            check(text, Err(why));
        }
        let long = format!("/{}", "a".repeat(3000));
        check(&long, Err("too long"));
    }

    #[test]
    fn one_repository_is_kept_once() {
        let digest = |text: &str| RepositoryUrl::parse(text).unwrap().digest();
        assert_eq!(digest("https://host/a/"), digest("https://host/a"));
        assert_ne!(digest("https://host/a"), digest("https://host/b"));
    }

    proptest! {
        /// Whatever is taken cannot be an option, start a helper or hide something, and speaks only what it says.
        #[test]
        fn what_is_taken_is_harmless(text in "(ext|https|ssh|file|-)?(::|://|:|@|/|-)?[a-z@:/\\[\\]%\u{202e}\n -]{0,24}") {
            if let Ok(url) = RepositoryUrl::parse(&text) {
                let text = url.as_str();
                prop_assert!(!text.starts_with('-') && !text.chars().any(fleet::is_hidden));
                let words = text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "+.-".contains(c));
                prop_assert!(!words.starts_with("::"));
                if let Some((scheme, rest)) = text.split_once("://").filter(|_| url.way != Way::Folder) {
                    prop_assert!(["https", "ssh"].contains(&scheme) && !rest.starts_with('-'));
                }
            }
        }
    }
}
