//! Hosts and groups in a tree: the YAML notation, where groups stand in groups, and the JSON of `ansible-inventory --list`,
//! where groups and hosts are lists of names and the variables stand in `_meta`.

use super::LIST_HINT;
use super::model::{At, Groups, HOSTVARS, bad};
use super::tree::{Node, Value};
use super::vars::{Given, Vars};
use crate::inventory::{Source, quoted};
use workflow::ToolError;

/// Reads a tree.
pub(super) fn read(source: &Source, root: &Node, groups: &mut Groups) -> Result<(), ToolError> {
    let entries = match &root.value {
        Value::Map(entries) => entries,
        Value::List(_) => {
            return Err(bad(
                source,
                root.at,
                "a list is no inventory; a playbook perhaps",
                "Name the inventory that the playbook is used with.",
            ));
        }
        Value::Null | Value::Text(_) | Value::Vaulted => {
            return Err(bad(source, root.at, "this is no inventory", LIST_HINT));
        }
    };
    if let Some((_, node)) = entries.iter().find(|(key, _)| key == "plugin") {
        let what = "this file configures an inventory plugin, which only Ansible can run";
        return Err(bad(source, node.at, what, LIST_HINT));
    }
    for (name, node) in entries.iter().filter(|(name, _)| name != "_meta") {
        group(source, name, node, groups)?;
    }
    // Last, since it names no groups, and what it says of a host counts.
    for (_, meta) in entries.iter().filter(|(name, _)| name == "_meta") {
        for (host, variables) in map(source, under(meta, "hostvars"), "hostvars")? {
            let host = groups.host(source, HOSTVARS, host, variables.at)?;
            set(&mut host.vars, variables);
        }
    }
    Ok(())
}

/// A group: `hosts`, `vars`, `children`; in old scripts only the list of its hosts.
fn group(source: &Source, name: &str, node: &Node, groups: &mut Groups) -> Result<(), ToolError> {
    groups.group(source, name, node.at)?;
    let entries = match &node.value {
        Value::Map(entries) => entries,
        Value::List(_) => return hosts(source, name, node, groups),
        Value::Null => return Ok(()),
        Value::Text(_) | Value::Vaulted => {
            let what = format!("the group {} is neither a map nor empty", quoted(name));
            return Err(bad(
                source,
                node.at,
                what,
                "Below a group stand hosts, vars and children.",
            ));
        }
    };
    for (key, node) in entries {
        match key.as_str() {
            "hosts" => hosts(source, name, node, groups)?,
            "children" => children(source, name, node, groups)?,
            "vars" => {
                let group = groups.group(source, name, node.at)?;
                for (name, given) in map(source, Some(node), "vars")? {
                    let given = given_of(given);
                    if let (Given::Text(text), "ansible_group_priority") = (&given, name.as_str()) {
                        group.priority = text.parse().unwrap_or(1);
                    }
                    group.vars.set(name, given);
                }
            }
            other => groups.notes.push(format!(
                "{}{}: {} of the group {} is not used; a group has hosts, vars and children",
                source.shown,
                node.at
                    .map_or(String::new(), |(line, _)| format!(":{line}")),
                quoted(other),
                quoted(name)
            )),
        }
    }
    Ok(())
}

fn hosts(source: &Source, group: &str, node: &Node, groups: &mut Groups) -> Result<(), ToolError> {
    match &node.value {
        Value::Null => Ok(()),
        Value::Text(name) => groups.pattern(source, group, name, node.at).map(drop),
        Value::Map(entries) => {
            for (pattern, variables) in entries {
                for name in groups.pattern(source, group, pattern, variables.at)? {
                    let host = groups.host(source, group, &name, variables.at)?;
                    match &variables.value {
                        Value::Map(_) | Value::Null => set(&mut host.vars, variables),
                        Value::Text(_) | Value::List(_) | Value::Vaulted => {
                            let what = format!("what stands below {} is no map", quoted(pattern));
                            let hint = "Below a host stand its variables, as name: value.";
                            return Err(bad(source, variables.at, what, hint));
                        }
                    }
                }
            }
            Ok(())
        }
        // Only scripts write lists, and their names are whole.
        Value::List(items) if node.at.is_none() => {
            for item in items {
                let name = word(source, item, "the name of a host")?;
                groups.host(source, group, name, item.at)?;
            }
            Ok(())
        }
        Value::List(_) | Value::Vaulted => Err(bad(
            source,
            node.at,
            format!("the hosts of {} are no map", quoted(group)),
            "Write each host as a key with a colon: `web1:`, not `- web1`.",
        )),
    }
}

fn children(
    source: &Source,
    parent: &str,
    node: &Node,
    groups: &mut Groups,
) -> Result<(), ToolError> {
    match &node.value {
        Value::Null => Ok(()),
        Value::Text(child) => groups.child(source, parent, child, node.at),
        Value::Map(entries) => {
            for (child, node) in entries {
                groups.child(source, parent, child, node.at)?;
                group(source, child, node, groups)?;
            }
            Ok(())
        }
        Value::List(items) if node.at.is_none() => {
            for item in items {
                let child = word(source, item, "the name of a group")?;
                groups.child(source, parent, child, item.at)?;
            }
            Ok(())
        }
        Value::List(_) | Value::Vaulted => Err(bad(
            source,
            node.at,
            format!("the children of {} are no map", quoted(parent)),
            "Write each group as a key with a colon: `web:`, not `- web`.",
        )),
    }
}

fn word<'n>(source: &Source, node: &'n Node, what: &str) -> Result<&'n str, ToolError> {
    match &node.value {
        Value::Text(text) => Ok(text),
        Value::Null | Value::Vaulted | Value::List(_) | Value::Map(_) => Err(bad(
            source,
            node.at,
            format!("{what} is no text"),
            LIST_HINT,
        )),
    }
}

fn under<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.value {
        Value::Map(entries) => entries.iter().find(|(k, _)| k == key).map(|(_, node)| node),
        Value::Null | Value::Text(_) | Value::Vaulted | Value::List(_) => None,
    }
}

/// The entries of a map; none when it is not there.
fn map<'n>(
    source: &Source,
    node: Option<&'n Node>,
    what: &str,
) -> Result<&'n [(String, Node)], ToolError> {
    let at: At = node.and_then(|node| node.at);
    match node.map(|node| &node.value) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Map(entries)) => Ok(entries),
        Some(Value::Text(_) | Value::Vaulted | Value::List(_)) => {
            let hint = "Write name: value, one a line.";
            Err(bad(source, at, format!("{} is no map", quoted(what)), hint))
        }
    }
}

fn set(vars: &mut Vars, variables: &Node) {
    if let Value::Map(entries) = &variables.value {
        for (name, node) in entries {
            vars.set(name, given_of(node));
        }
    }
}

fn given_of(node: &Node) -> Given {
    match &node.value {
        Value::Text(text) => Given::Text(text.clone()),
        Value::Vaulted => Given::Vaulted,
        Value::Null | Value::List(_) | Value::Map(_) => Given::NotText,
    }
}
