//! Names from inventories made into names of ours, and what may be an address, a user or a jump host. Not the name
//! resolution: nothing is looked up.

use super::Found;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};

/// Names of labels that every agent has anyway.
const TAKEN: [&str; 3] = ["environment", "name", "state"];

/// The name as an agent: a host name in small letters (RFC 1123); what may not stand in one becomes `-`.
pub(super) fn agent_name(source: &str) -> String {
    let source = source.trim_matches(['[', ']']);
    if let Ok(address) = source.parse::<Ipv6Addr>() {
        // Every colon a dash would make `::1` the name `1`.
        let parts: Vec<String> = address
            .segments()
            .iter()
            .map(|part| format!("{part:x}"))
            .collect();
        return format!("ip6-{}", parts.join("-"));
    }
    let replaced: String = source
        .chars()
        .take(1_000)
        .map(|c| match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() || c == '.' => c,
            _ => '-',
        })
        .collect();
    let mut name = String::new();
    for part in replaced.split('.') {
        let part = part.trim_matches('-');
        let part = part[..part.len().min(63)].trim_end_matches('-');
        if part.is_empty() || name.len() + 1 + part.len() > 253 {
            continue;
        }
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(part);
    }
    match name.is_empty() {
        true => "host".to_owned(),
        false => name,
    }
}

/// Rows of different hosts get different names: the second `web-1` becomes `web-1-2`.
pub(super) fn make_unique(rows: &mut [Found]) {
    let mut taken: BTreeSet<String> = rows.iter().map(|row| row.name.clone()).collect();
    let mut seen = BTreeSet::new();
    // Where to go on counting, so that ten thousand of one name do not take ten thousand squared steps.
    let mut next: BTreeMap<String, u32> = BTreeMap::new();
    for row in rows {
        if seen.insert(row.name.clone()) {
            continue;
        }
        let (first, rest) = row.name.split_once('.').unwrap_or((&row.name, ""));
        let dot = if rest.is_empty() { "" } else { "." };
        let next = next.entry(row.name.clone()).or_insert(2);
        let free = (*next..).map(|n| {
            *next = n + 1;
            let end = format!("-{n}");
            let kept = first[..first.len().min(63 - end.len())].trim_end_matches('-');
            format!("{kept}{end}{dot}{rest}")
        });
        let mut free = free;
        if let Some(free) = free.find(|name| !taken.contains(name)) {
            row.note(format!(
                "another host has the name {} here, so this one is {free}",
                row.name
            ));
            taken.insert(free.clone());
            seen.insert(free.clone());
            row.name = free;
        }
    }
}

/// The name of a label made from the name of a group.
pub(super) fn label_name(group: &str) -> Option<String> {
    let replaced: String = group
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') => c,
            _ => '-',
        })
        .take(fleet::LABEL_CHARS)
        .collect();
    let word = replaced.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    match word {
        "" => None,
        word if TAKEN.contains(&word) => Some(format!("group-{word}")),
        word => Some(word.to_owned()),
    }
}

/// May a file give a label this name?
pub(super) fn is_free_label(name: &str) -> bool {
    fleet::is_label_name(name) && !TAKEN.contains(&name)
}

/// The environment that a group of this name stands for.
pub(super) fn environment_of(group: &str) -> Option<&'static str> {
    match group.to_ascii_lowercase().as_str() {
        "development" | "dev" => Some("development"),
        "staging" | "stage" => Some("staging"),
        "production" | "prod" | "live" => Some("production"),
        _ => None,
    }
}

/// Could this be connected to: an IP address, a host name, or an alias of the ssh config? Never what a program could
/// take for an option.
pub(super) fn is_address(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && !text.starts_with(['-', '.'])
        && (is_ip(text)
            || text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')))
}

/// An IP address, an IPv6 address with or without a zone (RFC 4007).
pub(super) fn is_ip(text: &str) -> bool {
    match text.split_once('%') {
        None => text.parse::<IpAddr>().is_ok(),
        Some((address, zone)) => {
            address.parse::<Ipv6Addr>().is_ok()
                && (1..=15).contains(&zone.len())
                && zone
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        }
    }
}

/// Does it lead back here?
pub(super) fn is_loopback(text: &str) -> bool {
    text.eq_ignore_ascii_case("localhost")
        || text
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Could this log in? Names of directories (`DOMAIN\user`, `user@domain`) as well; nothing that a shell or a program
/// would take for something else.
pub(super) fn is_user(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && !text.starts_with('-')
        && text.chars().all(|c| {
            !c.is_whitespace() && !fleet::is_hidden(c) && !"'\"`$;&|<>(){}[]*?!#,:/".contains(c)
        })
}

/// Is this what `ProxyJump` takes: `[user@]host[:port]` or `ssh://[user@]host[:port]`, with commas (ssh_config(5))?
pub(super) fn is_jump(text: &str) -> bool {
    text.len() <= 1_000
        && text
            .split(',')
            .all(|hop| login(hop.strip_prefix("ssh://").unwrap_or(hop)).is_some())
}

/// `[user@]host[:port]` in its parts, the brackets of an IPv6 address taken off. An IPv6 address without brackets has no
/// port behind it. None where a part is not one.
pub(super) fn login(text: &str) -> Option<Login<'_>> {
    let (user, rest) = match text.rsplit_once('@') {
        Some((user, rest)) => (Some(user), rest),
        None => (None, text),
    };
    let (address, port) = match rest.strip_prefix('[') {
        Some(inner) => {
            let (address, port) = inner.split_once(']')?;
            if !is_ip(address) {
                return None;
            }
            match port {
                "" => (address, None),
                port => (address, Some(port.strip_prefix(':')?)),
            }
        }
        None if is_ip(rest) => (rest, None),
        None => match rest.rsplit_once(':') {
            Some((address, port)) => (address, Some(port)),
            None => (rest, None),
        },
    };
    let port = match port {
        None => None,
        Some(port) => Some(port_number(port)?),
    };
    (is_address(address) && user.is_none_or(is_user)).then_some(Login {
        user,
        address,
        port,
    })
}

/// Where and as whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Login<'a> {
    pub(super) user: Option<&'a str>,
    pub(super) address: &'a str,
    pub(super) port: Option<u16>,
}

/// A TCP port from 1 to 65535.
pub(super) fn port_number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}
