//! The settings for one name, wherever they come from, and what they mean: paths written out, defaults in place. Not
//! whether this program can do what they ask for: that is `need`.

use super::Resolved;
use super::account::Account;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The key files that ssh tries when the config names none.
const USUAL_KEYS: &[&str] = &[
    "~/.ssh/id_rsa",
    "~/.ssh/id_ecdsa",
    "~/.ssh/id_ecdsa_sk",
    "~/.ssh/id_ed25519",
    "~/.ssh/id_ed25519_sk",
    "~/.ssh/id_xmss",
    "~/.ssh/id_dsa",
];

/// What changes something that this program cannot change, with the value that changes nothing.
const NOT_DONE: &[(&str, &str, &str)] = &[
    ("addressfamily", "any", "AddressFamily"),
    ("bindaddress", "", "BindAddress"),
    ("bindinterface", "", "BindInterface"),
    ("hostbasedauthentication", "no", "HostbasedAuthentication"),
    ("knownhostscommand", "none", "KnownHostsCommand"),
    ("remotecommand", "none", "RemoteCommand"),
    ("verifyhostkeydns", "false", "VerifyHostKeyDNS"),
];

/// Values by their keyword in small letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    values: BTreeMap<String, Vec<String>>,
    unsupported: Vec<String>,
}

impl Settings {
    pub(super) fn add(&mut self, key: &str, value: String) {
        self.values.entry(key.to_owned()).or_default().push(value);
    }

    pub(super) fn replace(&mut self, key: &str, value: String) {
        self.values.insert(key.to_owned(), vec![value]);
    }

    pub(super) fn unsupported(&mut self, what: String) {
        if !self.unsupported.contains(&what) {
            self.unsupported.push(what);
        }
    }

    /// The first value.
    pub(super) fn one(&self, key: &str) -> Option<&str> {
        self.all(key).first().map(String::as_str)
    }

    /// Every value.
    pub(super) fn all(&self, key: &str) -> &[String] {
        self.values.get(key).map_or(&[], Vec::as_slice)
    }

    /// The first value, unless it is `none`.
    pub(super) fn some(&self, key: &str) -> Option<&str> {
        self.one(key)
            .filter(|value| !value.is_empty() && !value.eq_ignore_ascii_case("none"))
    }

    /// `yes` in any of its spellings.
    pub(super) fn is_on(&self, key: &str) -> bool {
        self.one(key)
            .is_some_and(|value| value.eq_ignore_ascii_case("yes") || value == "true")
    }

    /// The list of hosts in between, as it stands.
    pub(super) fn jumps(&self) -> Option<String> {
        self.some("proxyjump").map(str::to_owned)
    }

    /// Are the key files the usual ones, because the config names none?
    pub(super) fn has_usual_keys(&self) -> bool {
        let files = self.all("identityfile");
        files.len() > 1 && files.iter().all(|file| USUAL_KEYS.contains(&file.as_str()))
    }

    /// Puts in what ssh puts in when the config says nothing.
    pub(super) fn complete(&mut self) {
        for (key, values) in [
            ("identityfile", USUAL_KEYS),
            (
                "userknownhostsfile",
                &["~/.ssh/known_hosts", "~/.ssh/known_hosts2"],
            ),
            (
                "globalknownhostsfile",
                &["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"],
            ),
            ("kbdinteractiveauthentication", &["yes"]),
            ("passwordauthentication", &["yes"]),
            ("pubkeyauthentication", &["yes"]),
        ] {
            if self.one(key).is_none() {
                let values = values.iter().map(|value| (*value).to_owned()).collect();
                self.values.insert(key.to_owned(), values);
            }
        }
    }

    /// What they mean for the name; the hosts in between and whether ssh itself is needed are still open.
    pub(super) fn resolved(&self, alias: &str, account: &Account) -> Resolved {
        let hostname = self.one("hostname").unwrap_or(alias).to_owned();
        let port = self.one("port").and_then(|port| port.parse().ok());
        let port: u16 = port.unwrap_or(22);
        let user = self.one("user").unwrap_or(&account.name).to_owned();
        let host_key_alias = self.some("hostkeyalias").map(str::to_owned);
        let this_host = rustix::system::uname();
        let this_host = this_host.nodename().to_string_lossy().into_owned();
        let tokens = [
            ('d', account.home.to_str().unwrap_or("~")),
            ('h', &hostname),
            ('i', &account.uid.to_string()),
            ('k', host_key_alias.as_deref().unwrap_or(alias)),
            ('l', &this_host),
            ('L', this_host.split('.').next().unwrap_or(&this_host)),
            ('n', alias),
            ('p', &port.to_string()),
            ('r', &user),
            ('u', &account.name),
        ];
        let path = |text: &String| account.path(text, &tokens);
        let paths = |key: &str| -> Vec<PathBuf> {
            let named = self.all(key).iter();
            named
                .filter(|text| !text.eq_ignore_ascii_case("none"))
                .map(path)
                .collect()
        };
        let environment = || std::env::var("SSH_AUTH_SOCK").ok().map(PathBuf::from);
        let identity_agent = match self.one("identityagent") {
            None | Some("SSH_AUTH_SOCK") => environment(),
            Some(text) if text.eq_ignore_ascii_case("none") => None,
            Some(text) => match text.strip_prefix('$').filter(|name| !name.starts_with('{')) {
                Some(name) => std::env::var(name).ok().map(PathBuf::from),
                None => Some(account.path(text, &tokens)),
            },
        };
        let mut known_hosts = paths("userknownhostsfile");
        known_hosts.extend(paths("globalknownhostsfile"));
        let mut unsupported = self.unsupported.clone();
        for (key, without_effect, name) in NOT_DONE {
            if let Some(value) = self.one(key).filter(|value| value != without_effect) {
                unsupported.push(format!("{name} {}", fleet::visible(value, 80)));
            }
        }
        Resolved {
            identity_files: paths("identityfile"),
            certificate_files: paths("certificatefile"),
            identity_agent,
            identities_only: self.is_on("identitiesonly"),
            known_hosts,
            host_key_alias,
            jumps: Vec::new(),
            openssh: None,
            unsupported,
            hostname,
            port,
            user,
        }
    }
}
