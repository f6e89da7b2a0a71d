//! The variables of Ansible that say how a host is reached. Others are not kept, and a password's content is dropped
//! where it is read.

use std::collections::{BTreeMap, BTreeSet};

/// Further arguments for ssh, in the order ssh gets them.
pub(super) const ARGS: [&str; 3] = [
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
];

/// Variables that hold secrets, and what they hold.
pub(super) const SECRETS: [(&str, &str); 5] = [
    ("ansible_password", "a password"),
    (
        "ansible_become_password",
        "a password for becoming another user",
    ),
    ("ansible_ssh_private_key_passphrase", "a passphrase"),
    ("ansible_private_key", "a private key"),
    ("ansible_winrm_password", "a password"),
];

/// The other variables that are read.
const READ: [&str; 6] = [
    "ansible_connection",
    "ansible_host",
    "ansible_port",
    "ansible_user",
    "ansible_ssh_private_key_file",
    "ansible_shell_type",
];

/// Older and other spellings.
const ALSO: [(&str, &str); 14] = [
    ("ansible_ssh_host", "ansible_host"),
    ("ansible_ssh_port", "ansible_port"),
    ("ansible_ssh_user", "ansible_user"),
    ("ansible_private_key_file", "ansible_ssh_private_key_file"),
    ("ansible_ssh_pass", "ansible_password"),
    ("ansible_ssh_password", "ansible_password"),
    ("ansible_pass", "ansible_password"),
    ("ansible_become_pass", "ansible_become_password"),
    ("ansible_sudo_pass", "ansible_become_password"),
    ("ansible_su_pass", "ansible_become_password"),
    (
        "ansible_private_key_passphrase",
        "ansible_ssh_private_key_passphrase",
    ),
    ("ansible_ssh_private_key", "ansible_private_key"),
    ("ansible_winrm_pass", "ansible_winrm_password"),
    ("ansible_ssh_connection", "ansible_connection"),
];

/// Variables of Ansible's own that mean nothing here, by how they begin.
const IRRELEVANT: [&str; 9] = [
    "ansible_become",
    "ansible_python_interpreter",
    "ansible_group_priority",
    "ansible_ssh_pipelining",
    "ansible_pipelining",
    "ansible_ssh_retries",
    "ansible_facts",
    "ansible_shell_executable",
    "ansible_shell_type",
];

/// The most names of variables that are kept to be named.
const MAX_OTHERS: usize = 20;

/// What stands for a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// Text, or a number or truth value as it is written.
    Text(String),
    /// Encrypted with ansible-vault.
    Vaulted,
    /// With `{{ … }}` or `{% … %}` in it.
    Templated,
    /// A list or map.
    NotText,
    /// A secret, whose content is not kept.
    Hidden,
}

/// Variables of a host or group. What is set later goes before what was set earlier.
#[derive(Clone, Debug, Default)]
pub(super) struct Vars {
    known: BTreeMap<&'static str, Given>,
    others: BTreeSet<String>,
}

impl Given {
    /// The end of "ansible_user is …".
    pub(super) fn word(&self) -> &'static str {
        match self {
            Given::Text(_) => "text",
            Given::Vaulted => "vaulted",
            Given::Templated => "templated",
            Given::NotText => "not one word",
            Given::Hidden => "secret",
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Given::Text(text) => Some(text),
            Given::Vaulted | Given::Templated | Given::NotText | Given::Hidden => None,
        }
    }
}

impl Vars {
    /// Keeps a variable if it matters.
    pub(super) fn set(&mut self, name: &str, given: Given) {
        let name = ALSO
            .iter()
            .find(|(also, _)| *also == name)
            .map_or(name, |(_, name)| *name);
        let given = match given.text().is_some_and(is_vault) {
            true => Given::Vaulted,
            false => given,
        };
        if let Some(known) = READ.iter().chain(&ARGS).find(|known| **known == name) {
            self.known.insert(known, given);
        } else if let Some((known, _)) = SECRETS.iter().find(|(known, _)| *known == name) {
            let given = match given.text().map(is_template) {
                Some(true) => Given::Templated,
                Some(false) => Given::Hidden,
                None => given,
            };
            self.known.insert(known, given);
        } else if name.starts_with("ansible_")
            && !IRRELEVANT.iter().any(|start| name.starts_with(start))
            && self.others.len() < MAX_OTHERS
            && name.len() <= 100
        {
            self.others.insert(name.to_owned());
        }
    }

    /// Takes over all of another's variables, which go before its own.
    pub(super) fn take(&mut self, later: &Vars) {
        for (name, given) in &later.known {
            self.known.insert(name, given.clone());
        }
        for name in &later.others {
            if self.others.len() < MAX_OTHERS {
                self.others.insert(name.clone());
            }
        }
    }

    /// What stands for a variable on that host. Of templates only the host's own name is filled in.
    pub(super) fn get(&self, name: &str, host: &str) -> Option<Given> {
        let given = self.known.get(name)?;
        let Some(template) = given.text().filter(|text| is_template(text)) else {
            return Some(given.clone());
        };
        Some(match with_host_name(template, host) {
            Some(text) => Given::Text(text),
            None => Given::Templated,
        })
    }

    /// Further variables of Ansible's own, by name.
    pub(super) fn others(&self) -> impl Iterator<Item = &str> {
        self.others.iter().map(String::as_str)
    }
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

fn is_vault(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("$ANSIBLE_VAULT") || text.starts_with("!vault")
}

/// The text with `{{ inventory_hostname }}` and `{{ inventory_hostname_short }}` filled in; none when it asks for more.
fn with_host_name(text: &str, host: &str) -> Option<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, after) = after.split_once("}}")?;
        filled.push_str(before);
        filled.push_str(match inside.trim() {
            "inventory_hostname" => host,
            "inventory_hostname_short" => host.split('.').next().unwrap_or(host),
            _ => return None,
        });
        rest = after;
    }
    filled.push_str(rest);
    (filled.len() <= 10_000 && !filled.contains("{%")).then_some(filled)
}
