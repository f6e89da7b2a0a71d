//! Pasted lists: `user@host:port`, `node[01-05,09]`, `[::1]:22`, one a line or with commas or spaces between, `#` for a
//! comment. No names for credentials and no labels: for those there are CSV and JSON.

use super::range::{Notation, RangeFault, expand};
use super::{Found, MAX_HOSTS, Reading, Source, name, quoted};
use std::collections::BTreeSet;
use workflow::ToolError;

const HINT: &str =
    "Write hosts as user@host:port, node[1-5] or [::1]:22, one a line or with commas between.";

/// Reads a pasted list. What stands in it twice is one row.
pub(super) fn read(source: &Source) -> Result<Reading, ToolError> {
    let mut reading = Reading::default();
    let mut seen = BTreeSet::new();
    let mut named: usize = 0;
    for (index, line) in source.text.lines().enumerate() {
        let line_number = index + 1;
        for (column, item) in items(line) {
            let bad = |what: String| source.bad_at(line_number, column, what, HINT);
            for text in hosts(&item).map_err(|fault| match fault {
                RangeFault::Wrong(what) => bad(format!("{} names no hosts: {what}", quoted(&item))),
                RangeFault::TooMany => source.too_many_hosts(),
            })? {
                // The same hosts again and again are work too.
                named += 1;
                if named > 10 * MAX_HOSTS {
                    return Err(source.too_many_hosts());
                }
                let plain = text.strip_prefix("ssh://").unwrap_or(&text);
                let Some(login) = name::login(plain.trim_end_matches('/')) else {
                    return Err(bad(format!("{} is no host", quoted(&text))));
                };
                if !seen.insert((
                    login.address.to_ascii_lowercase(),
                    login.port,
                    login.user.map(str::to_owned),
                )) {
                    continue;
                }
                let mut row = Found::new(login.address, source.place(line_number));
                row.user = login.user.map(str::to_owned);
                row.port = login.port;
                reading.hosts.push(row);
                if reading.hosts.len() > MAX_HOSTS {
                    return Err(source.too_many_hosts());
                }
            }
        }
    }
    if reading.hosts.is_empty() {
        return Err(source.bad_whole("it names no host", HINT));
    }
    Ok(reading)
}

/// The items of a line with their columns; a comma inside brackets separates nothing.
fn items(line: &str) -> Vec<(usize, String)> {
    let mut items: Vec<(usize, String)> = Vec::new();
    let mut in_brackets = false;
    let mut in_item = false;
    for (index, c) in line.chars().enumerate() {
        match c {
            '#' if !in_item => break,
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            _ => {}
        }
        if c.is_whitespace() || (matches!(c, ',' | ';') && !in_brackets) {
            in_item = false;
            continue;
        }
        match items.last_mut() {
            Some((_, item)) if in_item => item.push(c),
            _ => items.push((index + 1, c.to_string())),
        }
        in_item = true;
    }
    items
}

/// The brackets of an IPv6 address are no range.
fn hosts(item: &str) -> Result<Vec<String>, RangeFault> {
    match name::login(item.strip_prefix("ssh://").unwrap_or(item)) {
        Some(_) => Ok(vec![item.to_owned()]),
        None => expand(item, Notation::Nodeset),
    }
}
