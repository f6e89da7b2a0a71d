//! Several readings become one list with a row a name. What an inventory says of a host goes before what the ssh config
//! says; nothing that one of them says alone is lost.

use super::{Found, Reading};
use std::collections::BTreeMap;

/// Where a reading comes from, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// A file or text that names the hosts one has.
    Inventory,
    /// The ssh config: it says how hosts are reached, and names others as well.
    SshConfig,
}

/// One list, in the order of the names. Two rows are the same host when their names are, or when the address in the one
/// is the other's name in the ssh config.
pub(crate) fn merge(readings: Vec<(Origin, Reading)>) -> Reading {
    let mut readings = readings;
    // Stable: of two inventories the one that was named first goes first.
    readings.sort_by_key(|(origin, _)| *origin);
    let mut merged = Reading::default();
    let mut rows: BTreeMap<String, Found> = BTreeMap::new();
    // Which rows connect to a name: where that is an alias of the ssh config, it says how.
    let mut by_address: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (origin, reading) in readings {
        merged.left_out.extend(reading.left_out);
        merged.notes.extend(reading.notes);
        for row in reading.hosts {
            if origin == Origin::SshConfig
                && let Some(alias) = &row.ssh_alias
                && let Some(names) = by_address.get(&alias.to_ascii_lowercase())
            {
                for name in names {
                    let Some(known) = rows.get_mut(name) else {
                        continue;
                    };
                    // The ssh config knows what the alias stands for.
                    known.address = None;
                    known.ssh_alias = row.ssh_alias.clone();
                    known.ssh_config = row.ssh_config.clone();
                    known.place = both(&known.place, &row.place);
                }
                // The host is there by its name in the inventory, so the alias is no second row.
                if !rows.contains_key(&row.name) {
                    continue;
                }
            }
            if let Some(known) = rows.get_mut(&row.name) {
                join(known, row, origin);
                continue;
            }
            if let (Origin::Inventory, Some(address)) = (origin, &row.address) {
                let names = by_address.entry(address.to_ascii_lowercase()).or_default();
                names.push(row.name.clone());
            }
            rows.insert(row.name.clone(), row);
        }
    }
    merged.hosts = rows.into_values().collect();
    merged
}

/// What the later row says where the earlier one says nothing; labels of both, notes of both.
fn join(known: &mut Found, later: Found, origin: Origin) {
    fn differ<T: PartialEq>(a: &Option<T>, b: &Option<T>) -> bool {
        a.is_some() && b.is_some() && a != b
    }
    for (what, differs) in [
        ("address", differ(&known.address, &later.address)),
        ("port", differ(&known.port, &later.port)),
        ("user", differ(&known.user, &later.user)),
        ("credential", differ(&known.credential, &later.credential)),
        ("jump host", differ(&known.jump, &later.jump)),
        (
            "environment",
            differ(&known.environment, &later.environment),
        ),
    ] {
        if differs {
            known.note(format!(
                "its {what} is another in {}; the one in {} is used",
                later.place, known.place
            ));
        }
    }
    let place = both(&known.place, &later.place);
    for (label, value) in later.labels {
        match known.labels.get(&label) {
            Some(first) if *first != value => {
                let note = format!(
                    "its label {label} is {first} in {} and {value} in {}; the first is used",
                    known.place, later.place
                );
                known.note(note);
            }
            Some(_) => {}
            None => {
                known.labels.insert(label, value);
            }
        }
    }
    // An inventory that lists a host means it, whatever kind of entry it is in the ssh config.
    if origin == Origin::Inventory
        && !later.picked
        && let Some(why) = later.why_not
    {
        known.untick(why);
    }
    known.address = known.address.take().or(later.address);
    known.port = known.port.or(later.port);
    known.user = known.user.take().or(later.user);
    known.credential = known.credential.take().or(later.credential);
    known.jump = known.jump.take().or(later.jump);
    known.host_key_alias = known.host_key_alias.take().or(later.host_key_alias);
    known.needs_openssh = known.needs_openssh.take().or(later.needs_openssh);
    known.ssh_alias = known.ssh_alias.take().or(later.ssh_alias);
    known.ssh_config = known.ssh_config.take().or(later.ssh_config);
    known.environment = known.environment.take().or(later.environment);
    known.place = place;
    later.notes.into_iter().for_each(|note| known.note(note));
}

fn both(first: &str, second: &str) -> String {
    format!("{first}, {second}")
}
