//! The INI notation of Ansible: `[group]`, `[group:vars]`, `[group:children]`; a host a line with its variables behind it.

use super::model::{Groups, bad};
use super::vars::Given;
use crate::inventory::words::{Unclosed, words};
use crate::inventory::{Source, quoted};
use std::collections::BTreeSet;
use workflow::ToolError;

enum Section {
    Hosts(String),
    Vars(String),
    Children(String),
}

/// Reads a text.
pub(super) fn read(source: &Source, groups: &mut Groups) -> Result<(), ToolError> {
    let mut section = Section::Hosts("ungrouped".to_owned());
    // Groups that are named before they are there: Ansible takes a name that never comes for a mistake.
    let mut promised: Vec<(String, usize)> = Vec::new();
    let mut defined = BTreeSet::new();
    for (index, line) in source.text.lines().enumerate() {
        let number = index + 1;
        let trimmed = line.trim();
        let column = line.chars().take_while(|c| c.is_whitespace()).count() + 1;
        let at = Some((number, column));
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if trimmed.starts_with('[')
            && let Some(next) = header(source, trimmed, number, column)?
        {
            match &next {
                Section::Hosts(group) | Section::Children(group) => {
                    groups.group(source, group, at)?;
                    defined.insert(group.clone());
                }
                Section::Vars(group) => promised.push((group.clone(), number)),
            }
            section = next;
            continue;
        }
        match &section {
            Section::Hosts(group) => host(source, groups, group, line, number, column)?,
            Section::Vars(group) => {
                let Some((name, value)) = trimmed.split_once('=') else {
                    let what = format!("{} is not name=value", quoted(trimmed));
                    return Err(bad(source, at, what, "In [group:vars] write name=value."));
                };
                let (name, value) = (name.trim(), literal(value.trim()));
                let group = groups.group(source, group, at)?;
                if name == "ansible_group_priority" {
                    group.priority = value.parse().unwrap_or(1);
                }
                group.vars.set(name, Given::Text(value));
            }
            Section::Children(parent) => {
                let child = trimmed.split(['#', ';']).next().unwrap_or_default().trim();
                promised.push((child.to_owned(), number));
                groups.child(source, parent, child, at)?;
            }
        }
    }
    for (name, line) in promised {
        if !defined.contains(&name) && !["all", "ungrouped"].contains(&name.as_str()) {
            let what = format!("there is no group {}", quoted(&name));
            let hint = "Define it with a line [name], or take it out here.";
            return Err(source.bad_line(line, what, hint));
        }
    }
    Ok(())
}

/// `[name]` or `[name:kind]`; none where the line is a host whose name begins with a range or an IPv6 address.
fn header(
    source: &Source,
    line: &str,
    number: usize,
    column: usize,
) -> Result<Option<Section>, ToolError> {
    let bad = |what: String| {
        let hint = "Write [group], [group:vars] or [group:children].";
        source.bad_at(number, column, what, hint)
    };
    let Some((inside, after)) = line[1..].split_once(']') else {
        return Err(bad(format!("{} has no closing bracket", quoted(line))));
    };
    let after = after.trim_start();
    if !after.is_empty() && !after.starts_with(['#', ';']) {
        return Ok(None);
    }
    let (name, kind) = match inside.split_once(':') {
        None => (inside, "hosts"),
        Some((name, kind)) => (name, kind),
    };
    if inside.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok(None);
    }
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(bad(format!("{} is no name for a group", quoted(name))));
    }
    let name = name.to_owned();
    match kind {
        "hosts" => Ok(Some(Section::Hosts(name))),
        "vars" => Ok(Some(Section::Vars(name))),
        "children" => Ok(Some(Section::Children(name))),
        other => Err(bad(format!(
            "there are no sections of the kind {}",
            quoted(other)
        ))),
    }
}

fn host(
    source: &Source,
    groups: &mut Groups,
    group: &str,
    line: &str,
    number: usize,
    column: usize,
) -> Result<(), ToolError> {
    let words = words(line, true).map_err(|Unclosed { column }| {
        source.bad_at(
            number,
            column,
            "a quote is opened and not closed",
            "Close it on the same line.",
        )
    })?;
    let Some((pattern, rest)) = words.split_first() else {
        return Ok(());
    };
    let at = Some((number, column));
    if pattern.contains('=') {
        let what = format!(
            "{} stands where a host's name should",
            quoted(pattern.split('=').next().unwrap_or_default())
        );
        return Err(bad(
            source,
            at,
            what,
            "Variables of a group stand below [group:vars].",
        ));
    }
    let mut variables = Vec::new();
    for word in rest {
        // What stands there may be a secret, so only its name is shown.
        let Some((name, value)) = word.split_once('=') else {
            return Err(bad(
                source,
                at,
                "behind a host's name stands something that is not name=value",
                "Write the variables as name=value, in quotes where they hold spaces; one host a line.",
            ));
        };
        variables.push((name, value));
    }
    for name in groups.pattern(source, group, pattern, at)? {
        let host = groups.host(source, group, &name, at)?;
        for (name, value) in &variables {
            host.vars.set(name, Given::Text((*value).to_owned()));
        }
    }
    Ok(())
}

/// A value of `[group:vars]`, which Ansible reads as Python: the quotes are taken off, and behind a quoted text or a
/// number a comment may stand.
fn literal(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some((inside, after)) = value
            .strip_prefix(quote)
            .and_then(|rest| rest.split_once(quote))
            && (after.trim().is_empty() || after.trim_start().starts_with('#'))
        {
            return inside.to_owned();
        }
    }
    match value.split_once('#') {
        Some((number, _)) if number.trim().parse::<i64>().is_ok() => number.trim().to_owned(),
        _ => value.to_owned(),
    }
}
