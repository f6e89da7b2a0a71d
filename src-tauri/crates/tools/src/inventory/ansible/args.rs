//! What `ansible_ssh_common_args` and its kin ask of ssh, as far as a row can hold it: jump hosts, user, port, key, config.
//! What only the ssh program can do selects it; everything else is named. No argument is ever handed on to a program.

use crate::inventory::words::words;
use crate::inventory::{Found, Source, name};
use fleet::Credential;

/// Options of ssh that take no value (ssh(1)).
const FLAGS: &str = "46AaCfGgKkMNnqsTtVvXxYy";

/// Settings that mean nothing here: connections are kept, and host keys are always checked.
const IRRELEVANT: [&str; 18] = [
    "controlmaster",
    "controlpath",
    "controlpersist",
    "serveraliveinterval",
    "serveralivecountmax",
    "connecttimeout",
    "connectionattempts",
    "tcpkeepalive",
    "compression",
    "loglevel",
    "batchmode",
    "passwordauthentication",
    "preferredauthentications",
    "pubkeyauthentication",
    "identitiesonly",
    "requesttty",
    "addkeystoagent",
    "hashknownhosts",
];

/// Settings that only the ssh program understands.
const OPENSSH_ONLY: [&str; 6] = [
    "proxycommand",
    "proxyusefdpass",
    "gssapiauthentication",
    "pkcs11provider",
    "securitykeyprovider",
    "kbdinteractiveauthentication",
];

/// Takes the arguments into the row.
pub(super) fn take(source: &Source, row: &mut Found, variable: &str, text: &str) {
    let Ok(words) = words(text, false) else {
        row.untick(format!("a quote in {variable} is opened and not closed"));
        return;
    };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let Some(flags) = word.strip_prefix('-').filter(|flags| !flags.is_empty()) else {
            row.note(format!("{variable} holds something that is no option"));
            continue;
        };
        // Options without a value stand together, and the last may have one: `-qo X=y`.
        let mut rest = flags;
        while let Some(flag) = rest.chars().next() {
            rest = &rest[flag.len_utf8()..];
            if FLAGS.contains(flag) {
                without_value(row, variable, flag);
                continue;
            }
            let value = match rest.is_empty() {
                true => words.next(),
                false => Some(rest.to_owned()),
            };
            match value {
                Some(value) => option(source, row, variable, flag, &value),
                None => row.note(format!("-{} in {variable} has no value", shown(flag))),
            }
            break;
        }
    }
}

fn without_value(row: &mut Found, variable: &str, flag: char) {
    match flag {
        'A' => row.note(format!(
            "-A in {variable} is not used: the ssh-agent is never forwarded"
        )),
        'K' => needs(row, "-K (GSSAPI)", variable),
        'X' | 'Y' => row.note(format!(
            "-{flag} in {variable} is not used: no display is forwarded"
        )),
        _ => {}
    }
}

fn option(source: &Source, row: &mut Found, variable: &str, flag: char, value: &str) {
    match flag {
        'J' => setting(source, row, variable, "ProxyJump", value),
        'l' => setting(source, row, variable, "User", value),
        'p' => setting(source, row, variable, "Port", value),
        'i' => setting(source, row, variable, "IdentityFile", value),
        'I' => needs(row, "-I (PKCS#11)", variable),
        'F' => match source.path_in_it(value) {
            Some(path) => {
                row.ssh_config.get_or_insert(path);
            }
            None => row.note(format!("-F in {variable} is no full path")),
        },
        'o' => {
            // `Name=value`, `Name value` and `Name = value` (ssh_config(5)).
            let (name, value) = value
                .trim_start()
                .split_once(|c: char| c == '=' || c.is_whitespace())
                .unwrap_or((value, ""));
            let value = value.trim_start_matches(|c: char| c == '=' || c.is_whitespace());
            setting(source, row, variable, name, value.trim_end());
        }
        other => row.note(format!("-{} in {variable} is not used", shown(other))),
    }
}

fn setting(source: &Source, row: &mut Found, variable: &str, name: &str, value: &str) {
    let value = value.trim_matches('"');
    match name.to_ascii_lowercase().as_str() {
        "proxyjump" if value.eq_ignore_ascii_case("none") => {}
        // `settle` looks whether it can be one.
        "proxyjump" => {
            row.jump.get_or_insert(value.to_owned());
        }
        "proxycommand" if value.eq_ignore_ascii_case("none") => {}
        "proxycommand" => match jump_of(value) {
            Some(jump) => {
                row.jump.get_or_insert(jump);
            }
            None => needs(row, "ProxyCommand", variable),
        },
        "user" => {
            row.user.get_or_insert(value.to_owned());
        }
        "port" => match name::port_number(value) {
            Some(port) => {
                row.port.get_or_insert(port);
            }
            None => row.note(format!(
                "the port in {variable} is no number from 1 to 65535"
            )),
        },
        "identityfile" => match source.path_in_it(value) {
            Some(path) => {
                row.credential.get_or_insert(Credential::KeyFile(path));
            }
            None => row.note(format!("the key file in {variable} is no full path")),
        },
        "hostkeyalias" if name::is_address(value) => {
            row.host_key_alias.get_or_insert(value.to_owned());
        }
        "stricthostkeychecking" | "userknownhostsfile" | "globalknownhostsfile" => {
            row.note(format!(
                "{} in {variable} is not used: host keys are always checked",
                option_name(name)
            ))
        }
        "forwardagent" => row.note(format!(
            "ForwardAgent in {variable} is not used: the ssh-agent is never forwarded"
        )),
        known if OPENSSH_ONLY.contains(&known) && !value.eq_ignore_ascii_case("no") => {
            needs(row, &option_name(name), variable);
        }
        known if OPENSSH_ONLY.contains(&known) || IRRELEVANT.contains(&known) => {}
        _ => row.note(format!("{} in {variable} is not used", option_name(name))),
    }
}

/// `ssh [-q] [-p PORT] [-l USER] -W %h:%p [USER@]HOST` is what ProxyJump does; anything else is a command of its own.
fn jump_of(command: &str) -> Option<String> {
    let mut words = words(command, false).ok()?.into_iter();
    if words.next()? != "ssh" {
        return None;
    }
    let (mut forwards, mut port, mut user, mut host) = (false, None, None, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-q" | "-T" | "-x" | "-a" => {}
            "-W" => forwards = words.next()? == "%h:%p",
            "-W%h:%p" => forwards = true,
            "-p" => port = Some(name::port_number(&words.next()?)?),
            "-l" => user = Some(words.next()?),
            other if !other.starts_with('-') && host.is_none() => host = Some(word),
            _ => return None,
        }
    }
    let host = host?;
    // Its port would be a part of the name: `ssh host:22` connects to no port.
    if !forwards || host.contains([':', ',']) {
        return None;
    }
    let user = user.map_or(String::new(), |user| format!("{user}@"));
    let port = port.map_or(String::new(), |port| format!(":{port}"));
    Some(format!("{user}{host}{port}")).filter(|jump| name::is_jump(jump))
}

fn needs(row: &mut Found, what: &str, variable: &str) {
    row.needs_openssh
        .get_or_insert(format!("{what} is set in {variable}"));
}

/// The name of a setting as text to show: what is no word may be anything.
fn option_name(name: &str) -> String {
    match name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        true => name.to_owned(),
        false => "an option".to_owned(),
    }
}

fn shown(flag: char) -> String {
    fleet::visible(&flag.to_string(), 1)
}
