//! Ansible inventories: INI, YAML and the JSON of `ansible-inventory --list`, told apart by their content
//! (<https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html>). Only what says how a host is reached
//! is understood; no template is filled in, no vault opened, no plugin or script run.

mod args;
mod ini;
mod layout;
mod model;
mod tree;
mod vars;

use super::{Found, Reading, Source, name};
use model::{Group, Groups};
use vars::{Given, Vars};
use workflow::ToolError;

/// What to do about inventories that only Ansible itself can make sense of.
const LIST_HINT: &str = "Run `ansible-inventory -i FILE --list > file.json` and read file.json.";

/// Ansible's names for connections by SSH.
const BY_SSH: [&str; 7] = [
    "ssh",
    "smart",
    "paramiko",
    "paramiko_ssh",
    "ansible.builtin.ssh",
    "ansible.builtin.paramiko_ssh",
    "ansible.netcommon.libssh",
];

/// Reads an inventory.
pub(super) fn read(source: &Source) -> Result<Reading, ToolError> {
    if source.text.starts_with("$ANSIBLE_VAULT") {
        return Err(source.bad_whole(
            "the whole file is encrypted with ansible-vault",
            "Run `ansible-inventory -i FILE --list --ask-vault-pass > file.json`, read file.json, and delete it afterwards.",
        ));
    }
    let mut groups = Groups::default();
    match kind(&source.text) {
        Kind::Ini => ini::read(source, &mut groups)?,
        Kind::Yaml => layout::read(source, &tree::yaml(source)?, &mut groups)?,
        Kind::Json => layout::read(source, &tree::json(source)?, &mut groups)?,
    }
    let order = groups.settle(source)?;
    let mut reading = Reading::default();
    for folder in ["group_vars", "host_vars"] {
        if source.has_beside(folder) {
            reading.notes.push(format!(
                "{}: the folder {folder} beside it is not read; `ansible-inventory --list` puts its values in",
                source.shown
            ));
        }
    }
    reading.notes.append(&mut groups.notes);
    for (name, host) in groups.hosts_in_order() {
        let member: Vec<&Group> = order.of(&groups, host);
        let mut vars = Vars::default();
        for group in &member {
            vars.take(&group.vars);
        }
        vars.take(&host.vars);
        reading
            .hosts
            .push(row(source, name, &host.place, &member, &vars));
    }
    if reading.hosts.is_empty() {
        return Err(source.bad_whole("it names no host", LIST_HINT));
    }
    Ok(reading)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ini,
    Yaml,
    Json,
}

/// Which of the three it is, by its first line that is no comment: a brace begins JSON, a mapping key YAML. No line of
/// an INI inventory ends with a colon, since Ansible refuses that.
fn kind(text: &str) -> Kind {
    let first = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with(['#', ';']))
        .unwrap_or_default();
    let first = first.split(" #").next().unwrap_or_default().trim_end();
    let key = first.split(": ").next().unwrap_or_default();
    let is_key = first.contains(": ") && !key.contains(['=', ' ', '[']);
    if first.starts_with('{') {
        Kind::Json
    } else if first.starts_with("---")
        || first.starts_with("%YAML")
        || first.starts_with("- ")
        || first.ends_with(':')
        || is_key
    {
        Kind::Yaml
    } else {
        Kind::Ini
    }
}

/// The row of one host.
fn row(source: &Source, host: &str, place: &str, member: &[&Group], vars: &Vars) -> Found {
    let mut row = Found::new(host, place.to_owned());
    connection(&mut row, vars.get("ansible_connection", host));
    match vars.get("ansible_host", host) {
        None => {}
        Some(Given::Text(address)) => row.address = Some(address),
        Some(other) => row.untick(format!("ansible_host is {}", other.word())),
    }
    match vars.get("ansible_port", host) {
        None => {}
        Some(Given::Text(port)) => match name::port_number(port.trim()) {
            Some(port) => row.port = Some(port),
            None => row.untick("ansible_port is no number from 1 to 65535"),
        },
        Some(other) => row.untick(format!("ansible_port is {}", other.word())),
    }
    match vars.get("ansible_user", host) {
        None => {}
        Some(Given::Text(user)) => row.user = Some(user),
        Some(other) => row.note(format!("ansible_user is {}", other.word())),
    }
    match vars.get("ansible_ssh_private_key_file", host) {
        None => {}
        Some(Given::Text(path)) => match source.path_in_it(&path) {
            Some(path) => row.credential = Some(fleet::Credential::KeyFile(path)),
            None => row.note("ansible_ssh_private_key_file is no full path"),
        },
        Some(other) => row.note(format!("ansible_ssh_private_key_file is {}", other.word())),
    }
    for variable in vars::ARGS {
        match vars.get(variable, host) {
            None => {}
            Some(Given::Text(text)) => args::take(source, &mut row, variable, &text),
            Some(other) => row.untick(format!("{variable} is {}", other.word())),
        }
    }
    for (variable, secret) in vars::SECRETS {
        match vars.get(variable, host) {
            None => {}
            Some(Given::Hidden) => row.note(format!(
                "{secret} stands in the inventory ({variable}): store it in the keychain"
            )),
            Some(other) => row.note(format!("{variable} is {}", other.word())),
        }
    }
    if let Some(Given::Text(shell)) = vars.get("ansible_shell_type", host)
        && ["powershell", "cmd"].contains(&shell.as_str())
    {
        row.untick(format!(
            "its shell is {shell}, and only POSIX shells are spoken to"
        ));
    }
    let others: Vec<&str> = vars.others().collect();
    if !others.is_empty() {
        row.note(format!(
            "not taken over: {}",
            fleet::visible(&others.join(", "), 300)
        ));
    }
    groups(&mut row, member);
    row
}

/// How Ansible reaches it.
fn connection(row: &mut Found, given: Option<Given>) {
    match given {
        None => {}
        Some(Given::Text(by)) if BY_SSH.contains(&by.as_str()) => {}
        Some(Given::Text(by)) if by == "local" || by == "ansible.builtin.local" => {
            row.untick("Ansible runs it on this computer, which is an agent already");
        }
        Some(Given::Text(by)) => row.untick(format!(
            "Ansible reaches it by {}, and this program by ssh",
            fleet::visible(&by, 60)
        )),
        Some(other) => row.untick(format!("ansible_connection is {}", other.word())),
    }
}

/// Its groups as labels, and the environment that one of them stands for.
fn groups(row: &mut Found, member: &[&Group]) {
    let mut environments: Vec<(&str, &str)> = Vec::new();
    for group in member {
        if ["all", "ungrouped"].contains(&group.name.as_str()) {
            continue;
        }
        if let Some(environment) = name::environment_of(&group.name) {
            environments.push((environment, &group.name));
        } else if let Some(label) = name::label_name(&group.name) {
            row.labels.insert(label, "true".to_owned());
        }
    }
    let Some((first, _)) = environments.first() else {
        return;
    };
    if environments
        .iter()
        .all(|(environment, _)| environment == first)
    {
        row.environment = Some((*first).to_owned());
        return;
    }
    let names: Vec<&str> = environments.iter().map(|(_, group)| *group).collect();
    row.untick(format!(
        "it stands in groups of different environments: {}",
        names.join(", ")
    ));
}
