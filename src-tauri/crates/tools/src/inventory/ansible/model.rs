//! Hosts and groups as the three notations fill them, and which groups a host is in, in the order in which their
//! variables apply: parents before children (Ansible's `sort_groups`).

use super::vars::Vars;
use crate::inventory::range::{Notation, RangeFault, expand};
use crate::inventory::{MAX_HOSTS, Source, name, quoted};
use std::collections::{BTreeMap, BTreeSet};
use workflow::ToolError;

/// The most groups of an inventory.
const MAX_GROUPS: usize = 2_000;

/// The most groups that a group may be in, directly or not.
const MAX_PARENTS: usize = 100;

/// The most times that groups may name hosts.
const MAX_MEMBERS: usize = 200_000;

/// Where `ansible-inventory --list` puts the variables of hosts; no group.
pub(super) const HOSTVARS: &str = "_meta.hostvars";

/// A line and column, from 1; none in JSON.
pub(super) type At = Option<(usize, usize)>;

/// A host.
#[derive(Debug, Default)]
pub(super) struct Host {
    pub(super) vars: Vars,
    pub(super) place: String,
    groups: BTreeSet<String>,
}

/// A group.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) vars: Vars,
    /// `ansible_group_priority`: among groups of one depth the higher one goes last.
    pub(super) priority: i64,
    parents: BTreeSet<String>,
}

/// Hosts and groups by name.
#[derive(Debug, Default)]
pub(super) struct Groups {
    hosts: BTreeMap<String, Host>,
    order: Vec<String>,
    groups: BTreeMap<String, Group>,
    members: usize,
    pub(super) notes: Vec<String>,
}

/// For every group, the groups whose variables its hosts get, in the order of [`Order::rank`].
pub(super) struct Order {
    /// The groups above, and the group itself.
    above: BTreeMap<String, BTreeSet<String>>,
    /// Where a group stands: depth, priority.
    rank: BTreeMap<String, (usize, i64)>,
}

impl Groups {
    /// The group of that name, made if it is not there.
    pub(super) fn group(
        &mut self,
        source: &Source,
        name: &str,
        at: At,
    ) -> Result<&mut Group, ToolError> {
        if !self.groups.contains_key(name) {
            if self.groups.len() >= MAX_GROUPS {
                let what = format!("it holds more than {MAX_GROUPS} groups");
                return Err(source.bad_whole(what, super::LIST_HINT));
            }
            if name.is_empty() || name.len() > 200 {
                let what = format!("{} is no name for a group", quoted(name));
                return Err(bad(source, at, what, "Use letters, digits and _."));
            }
        }
        let group = self.groups.entry(name.to_owned()).or_default();
        if group.name.is_empty() {
            group.name = name.to_owned();
        }
        Ok(group)
    }

    /// A group in a group.
    pub(super) fn child(
        &mut self,
        source: &Source,
        parent: &str,
        child: &str,
        at: At,
    ) -> Result<(), ToolError> {
        let parents = &mut self.group(source, child, at)?.parents;
        // Everything is in `all`.
        if parent != "all" {
            parents.insert(parent.to_owned());
        }
        if parents.len() > MAX_PARENTS {
            let what = format!(
                "the group {} is in more than {MAX_PARENTS} groups",
                quoted(child)
            );
            return Err(bad(source, at, what, super::LIST_HINT));
        }
        Ok(())
    }

    /// The hosts that a pattern such as `web[01:20].example.com:2222` stands for, put into a group; their names.
    pub(super) fn pattern(
        &mut self,
        source: &Source,
        group: &str,
        pattern: &str,
        at: At,
    ) -> Result<Vec<String>, ToolError> {
        let hint = "Write a name, name:port, web[01:20] or db-[a:f].";
        let (names, port) = match name::login(pattern) {
            Some(login) if !pattern.contains('@') => (vec![login.address.to_owned()], login.port),
            _ => {
                let (names, port) = match pattern.rsplit_once(':') {
                    Some((names, port)) if !port.contains(']') && is_closed(names) => {
                        let Some(port) = name::port_number(port) else {
                            let what = format!("{} ends with a colon and no port", quoted(pattern));
                            return Err(bad(source, at, what, hint));
                        };
                        (names, Some(port))
                    }
                    _ => (pattern, None),
                };
                let names = expand(names, Notation::Ansible).map_err(|fault| match fault {
                    RangeFault::Wrong(what) => {
                        bad(source, at, format!("{}: {what}", quoted(pattern)), hint)
                    }
                    RangeFault::TooMany => source.too_many_hosts(),
                })?;
                (names, port)
            }
        };
        for name in &names {
            let host = self.host(source, group, name, at)?;
            if let Some(port) = port {
                host.vars
                    .set("ansible_port", super::Given::Text(port.to_string()));
            }
        }
        Ok(names)
    }

    /// The host of that name, made if it is not there, in a group.
    pub(super) fn host(
        &mut self,
        source: &Source,
        group: &str,
        name: &str,
        at: At,
    ) -> Result<&mut Host, ToolError> {
        self.members += 1;
        let is_new = !self.hosts.contains_key(name);
        if self.members > MAX_MEMBERS || is_new && self.hosts.len() >= MAX_HOSTS {
            return Err(source.too_many_hosts());
        }
        if name.is_empty() || name.len() > 500 {
            let what = format!("{} is no name for a host", quoted(name));
            return Err(bad(source, at, what, "Give every host a name."));
        }
        if is_new {
            self.order.push(name.to_owned());
        }
        let host = self.hosts.entry(name.to_owned()).or_default();
        if is_new {
            host.place = match at {
                Some((line, _)) => source.place(line),
                None => format!("{}: {group}.{}", source.shown, fleet::visible(name, 100)),
            };
        }
        if !["all", "ungrouped", HOSTVARS].contains(&group) {
            host.groups.insert(group.to_owned());
        }
        Ok(host)
    }

    /// The hosts in the order in which they were first named.
    pub(super) fn hosts_in_order(&self) -> impl Iterator<Item = (&str, &Host)> {
        self.order
            .iter()
            .filter_map(|name| Some((name.as_str(), self.hosts.get(name)?)))
    }

    /// Works out which groups are above which.
    pub(super) fn settle(&self, source: &Source) -> Result<Order, ToolError> {
        let mut order = Order {
            above: BTreeMap::new(),
            rank: BTreeMap::new(),
        };
        let mut children: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
        for group in self.groups.values() {
            waiting.insert(&group.name, group.parents.len());
            for parent in &group.parents {
                children.entry(parent).or_default().push(&group.name);
            }
        }
        let mut ready: Vec<&str> = waiting
            .iter()
            .filter(|(_, parents)| **parents == 0)
            .map(|(name, _)| *name)
            .collect();
        while let Some(next) = ready.pop() {
            let Some(group) = self.groups.get(next) else {
                continue;
            };
            let mut above = BTreeSet::from([next.to_owned()]);
            let mut depth = 0;
            for parent in &group.parents {
                above.extend(order.above.get(parent).into_iter().flatten().cloned());
                depth = depth.max(order.rank.get(parent).map_or(0, |(depth, _)| depth + 1));
            }
            if above.len() > MAX_PARENTS {
                let what = format!(
                    "the group {} is in more than {MAX_PARENTS} groups",
                    quoted(next)
                );
                return Err(source.bad_whole(what, super::LIST_HINT));
            }
            order.above.insert(next.to_owned(), above);
            order.rank.insert(next.to_owned(), (depth, group.priority));
            for child in children.get(next).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(child) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(child);
                    }
                }
            }
        }
        match waiting.iter().find(|(_, parents)| **parents > 0) {
            None => Ok(order),
            Some((name, _)) => Err(source.bad_whole(
                format!("the group {} is in a circle of groups", quoted(name)),
                "A group cannot be among its own children.",
            )),
        }
    }
}

impl Order {
    /// The groups of a host, `all` first, in the order in which their variables apply.
    pub(super) fn of<'a>(&self, groups: &'a Groups, host: &Host) -> Vec<&'a Group> {
        let mut names: BTreeSet<&String> = BTreeSet::new();
        for group in &host.groups {
            names.extend(self.above.get(group).into_iter().flatten());
        }
        names.retain(|name| name.as_str() != "all");
        let mut names: Vec<&String> = names.into_iter().collect();
        names.sort_by_key(|name| self.rank.get(*name).copied().unwrap_or_default());
        let first = match host.groups.is_empty() {
            true => ["all", "ungrouped"].as_slice(),
            false => &["all"],
        };
        first
            .iter()
            .copied()
            .chain(names.into_iter().map(String::as_str))
            .filter_map(|name| groups.groups.get(name))
            .collect()
    }
}

/// Is every bracket closed, so that what follows is behind the ranges and not in one?
fn is_closed(text: &str) -> bool {
    text.rfind('[') < text.rfind(']') || !text.contains('[')
}

/// An error at a place of the text, or about all of it.
pub(super) fn bad(source: &Source, at: At, what: impl AsRef<str>, hint: &str) -> ToolError {
    match at {
        Some((line, column)) => source.bad_at(line, column, what, hint),
        None => source.bad_whole(what, hint),
    }
}
