//! JSON: a list of objects with the same keys as the columns of the CSV. Also the check of one row that both share. Not
//! the JSON of Ansible, which is in `ansible`.

use super::{Found, MAX_HOSTS, Reading, Source, name, quoted};
use fleet::Credential;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use workflow::ToolError;

const HINT: &str = "Write a list of objects with the keys name (or hostname), address, port, user, credential, jump, environment and labels (an object of texts); only name is needed.";

/// What a file says of one host, not yet checked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HostFields {
    #[serde(alias = "hostname")]
    pub(super) name: Option<String>,
    pub(super) address: Option<String>,
    pub(super) port: Option<u64>,
    pub(super) user: Option<String>,
    pub(super) credential: Option<String>,
    pub(super) jump: Option<String>,
    pub(super) environment: Option<String>,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
}

/// Why a row cannot be used.
pub(super) struct RowFault {
    pub(super) what: String,
    pub(super) hint: &'static str,
}

/// Reads a list.
pub(super) fn read(source: &Source) -> Result<Reading, ToolError> {
    let items: Vec<HostFields> = serde_json::from_str(&source.text).map_err(|error| {
        let said = error.to_string();
        let what = said
            .rsplit_once(" at line ")
            .map_or(said.as_str(), |(what, _)| what);
        source.bad_at(error.line(), error.column(), what, HINT)
    })?;
    if items.len() > MAX_HOSTS {
        return Err(source.too_many_hosts());
    }
    let mut seen = BTreeSet::new();
    let mut reading = Reading::default();
    for (index, item) in items.into_iter().enumerate() {
        let place = format!("{}: item {}", source.shown, index + 1);
        let row = item
            .row(place.clone())
            .map_err(|fault| source.bad(&place, fault.what, fault.hint))?;
        if !seen.insert(row.source_name.to_ascii_lowercase()) {
            let what = format!("{} stands there twice", quoted(&row.source_name));
            return Err(source.bad(&place, what, "Keep one object a host."));
        }
        reading.hosts.push(row);
    }
    Ok(reading)
}

impl HostFields {
    /// The row, when everything in it is what it should be.
    pub(super) fn row(self, place: String) -> Result<Found, RowFault> {
        let Some(source_name) = self.name.filter(|name| !name.trim().is_empty()) else {
            return fault("the name is missing", "Give every host a name.");
        };
        let source_name = source_name.trim();
        let mut row = Found::new(source_name, place);
        if let Some(address) = &self.address
            && !name::is_address(address)
        {
            let what = format!(
                "the address {} is no IP address and no host name",
                quoted(address)
            );
            return fault(what, "The port and the user stand in fields of their own.");
        }
        if self.address.is_none() && !name::is_address(source_name) {
            let what = format!(
                "{} has no address and cannot be one itself",
                quoted(source_name)
            );
            return fault(what, "Add its address.");
        }
        if let Some(port) = self.port {
            match u16::try_from(port) {
                Ok(port) if port > 0 => row.port = Some(port),
                Ok(_) | Err(_) => {
                    let what = format!("the port {port} is not a number from 1 to 65535");
                    return fault(what, "Write the TCP port of sshd, or leave it out.");
                }
            }
        }
        if let Some(user) = &self.user
            && !name::is_user(user)
        {
            let what = format!("the user {} is not a name that can log in", quoted(user));
            return fault(what, "Write the name of the user on the host.");
        }
        if let Some(jump) = &self.jump
            && !name::is_jump(jump)
        {
            let what = format!("{} is not a jump host", quoted(jump));
            return fault(what, "Write user@host:port, several with commas between.");
        }
        if let Some(credential) = self.credential {
            // What stands there may be a password, so it is not shown.
            row.credential = match Credential::try_from(credential) {
                Ok(credential) => Some(credential),
                Err(_) => {
                    return fault(
                        "the credential is not the name of one",
                        "Write ssh:config, ssh:agent, key:/path/to/file or keychain:ssh/name; never a password.",
                    );
                }
            };
        }
        if let Some(environment) = &self.environment
            && (environment.is_empty() || !fleet::is_label_value(environment))
        {
            let what = format!("the environment {} is not one word", quoted(environment));
            return fault(
                what,
                "Write development, staging, production or a word of your own.",
            );
        }
        for (label, value) in &self.labels {
            if !name::is_free_label(label) {
                let what = format!("{} is not a name that a label may have", quoted(label));
                return fault(
                    what,
                    "Up to 63 letters, digits, -, _ and ., with a letter or digit at both ends; not environment, name or state.",
                );
            }
            if !fleet::is_label_value(value) {
                let what = format!("the label {} may not hold {}", quoted(label), quoted(value));
                return fault(
                    what,
                    "Up to 63 letters, digits, -, _ and ., with a letter or digit at both ends, or nothing.",
                );
            }
        }
        row.address = self.address;
        row.user = self.user;
        row.jump = self.jump;
        row.environment = self.environment;
        row.labels = self.labels;
        Ok(row)
    }
}

fn fault(what: impl Into<String>, hint: &'static str) -> Result<Found, RowFault> {
    Err(RowFault {
        what: what.into(),
        hint,
    })
}
