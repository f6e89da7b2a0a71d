//! Ranges in host names: `web[01:20:2]` and `[a:f]` of Ansible, `node[1-5,09]` of cluster tools. How many there would
//! be is known before any of them is made.

use super::MAX_HOSTS;

/// The most bytes of a name with ranges.
const MAX_CHARS: usize = 500;

/// How ranges are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// `[start:end]`, `[start:end:step]`, numbers or single letters, both ends included
    /// (<https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html>).
    Ansible,
    /// `[1-5,09]`, numbers and ranges of them with commas; `:` for `-` is understood too.
    Nodeset,
}

/// Why a name with a range cannot be used, as the end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RangeFault {
    /// It is not written as a range is.
    Wrong(String),
    /// It stands for more hosts than are read.
    TooMany,
}

/// All names that a name with ranges stands for, in order; the name itself when it has none.
pub(super) fn expand(pattern: &str, notation: Notation) -> Result<Vec<String>, RangeFault> {
    // Ten thousand names of a megabyte each would be too much to hold.
    if pattern.len() > MAX_CHARS {
        return Err(wrong("it is too long for a name"));
    }
    let mut names = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((inside, after)) = after.split_once(']') else {
            return Err(wrong("the `[` has no `]`"));
        };
        let parts = match notation {
            Notation::Ansible => ansible(inside)?,
            Notation::Nodeset => nodeset(inside)?,
        };
        if names.len().saturating_mul(parts.len()) > MAX_HOSTS {
            return Err(RangeFault::TooMany);
        }
        names = names
            .iter()
            .flat_map(|name| {
                parts
                    .iter()
                    .map(move |part| format!("{name}{before}{part}"))
            })
            .collect();
        rest = after;
    }
    names.iter_mut().for_each(|name| name.push_str(rest));
    Ok(names)
}

fn ansible(inside: &str) -> Result<Vec<String>, RangeFault> {
    let fields: Vec<&str> = inside.split(':').collect();
    let (start, end, step) = match fields.as_slice() {
        [start, end] => (*start, *end, 1),
        [start, end, step] => match step.parse::<u32>() {
            Ok(step) if step > 0 => (*start, *end, step),
            Ok(_) | Err(_) => return Err(wrong("the step of the range is not a number from 1")),
        },
        _ => return Err(wrong("a range is written [start:end] or [start:end:step]")),
    };
    if let (Some(first), Some(last)) = (letter(start), letter(end)) {
        if first > last {
            return Err(wrong("the range ends before it begins"));
        }
        let step = usize::try_from(step).unwrap_or(usize::MAX);
        return Ok((first..=last).step_by(step).map(String::from).collect());
    }
    // Without a start it begins at 0.
    numbers(if start.is_empty() { "0" } else { start }, end, step)
}

fn nodeset(inside: &str) -> Result<Vec<String>, RangeFault> {
    let mut all: Vec<String> = Vec::new();
    for item in inside.split(',').map(str::trim) {
        let (start, end) = item.split_once(['-', ':']).unwrap_or((item, item));
        all.extend(numbers(start.trim(), end.trim(), 1)?);
        if all.len() > MAX_HOSTS {
            return Err(RangeFault::TooMany);
        }
    }
    Ok(all)
}

/// The numbers from one to another; a start that begins with a zero says how wide all of them are.
fn numbers(start: &str, end: &str, step: u32) -> Result<Vec<String>, RangeFault> {
    let number = |text: &str| match text.bytes().all(|b| b.is_ascii_digit()) {
        true => text.parse::<u32>().ok(),
        false => None,
    };
    let (Some(first), Some(last)) = (number(start), number(end)) else {
        return Err(wrong("a range is from one number to another"));
    };
    if first > last {
        return Err(wrong("the range ends before it begins"));
    }
    let width = match start.len() > 1 && start.starts_with('0') {
        true => start.len(),
        false => 1,
    };
    if width > 1 && end.len() != width {
        return Err(wrong("with leading zeros both ends have the same length"));
    }
    let count = usize::try_from((last - first) / step).unwrap_or(usize::MAX);
    if count >= MAX_HOSTS {
        return Err(RangeFault::TooMany);
    }
    let step = usize::try_from(step).unwrap_or(usize::MAX);
    Ok((first..=last)
        .step_by(step)
        .map(|n| format!("{n:0width$}"))
        .collect())
}

fn letter(text: &str) -> Option<char> {
    let mut characters = text.chars();
    let first = characters.next().filter(char::is_ascii_alphabetic)?;
    characters.next().is_none().then_some(first)
}

fn wrong(what: &str) -> RangeFault {
    RangeFault::Wrong(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Notation::{Ansible, Nodeset};

    fn check(pattern: &str, notation: Notation) -> String {
        match expand(pattern, notation) {
            Ok(names) => names.join(" "),
            Err(RangeFault::Wrong(what)) => format!("wrong: {what}"),
            Err(RangeFault::TooMany) => "too many".to_owned(),
        }
    }

    #[test]
    fn a_range_stands_for_its_names() {
        for (notation, pattern, names) in [
            (Ansible, "web", "web"),
            (Ansible, "web[1:3]", "web1 web2 web3"),
            (Ansible, "web[08:10].x", "web08.x web09.x web10.x"),
            (Ansible, "web[0:2]", "web0 web1 web2"),
            (Ansible, "web[1:6:2]", "web1 web3 web5"),
            (Ansible, "db-[a:f:3]", "db-a db-d"),
            (Ansible, "r[1:2]n[a:b]", "r1na r1nb r2na r2nb"),
            (Ansible, "web[:2]", "web0 web1 web2"),
            (
                Ansible,
                "web[3:1]",
                "wrong: the range ends before it begins",
            ),
            (
                Ansible,
                "web[01:100]",
                "wrong: with leading zeros both ends have the same length",
            ),
            (Ansible, "web[1:3", "wrong: the `[` has no `]`"),
            (
                Ansible,
                "web[1-3]",
                "wrong: a range is written [start:end] or [start:end:step]",
            ),
            (
                Ansible,
                "web[1:a]",
                "wrong: a range is from one number to another",
            ),
            (
                Ansible,
                "web[1:3:0]",
                "wrong: the step of the range is not a number from 1",
            ),
            (Ansible, "web[1:99999]", "too many"),
            (Ansible, "a[1:200]b[1:200]", "too many"),
            (Nodeset, "node[1-3]", "node1 node2 node3"),
            (Nodeset, "node[01-03,09]", "node01 node02 node03 node09"),
            (Nodeset, "node[1:2]", "node1 node2"),
            (
                Nodeset,
                "node[]",
                "wrong: a range is from one number to another",
            ),
            (
                Nodeset,
                "node[1-3,x]",
                "wrong: a range is from one number to another",
            ),
            (Nodeset, "node[0-9999,0-9999]", "too many"),
            (
                Nodeset,
                "node[1-99999999999]",
                "wrong: a range is from one number to another",
            ),
        ] {
            assert_eq!(check(pattern, notation), names, "{pattern}");
        }
    }
}
