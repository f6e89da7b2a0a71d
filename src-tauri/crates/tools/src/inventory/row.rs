//! One neutral row a host, as it is shown before anything is registered. Not an agent yet: what is missing is asked, and
//! the ssh config is read, when it is registered.

use super::name;
use fleet::Credential;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a reading found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reading {
    /// A row a host.
    pub(crate) hosts: Vec<Found>,
    /// What is no host that could be registered, such as a pattern of the ssh config.
    pub(crate) left_out: Vec<LeftOut>,
    /// What a person should know about the whole.
    pub(crate) notes: Vec<String>,
}

/// What does not start ticked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// Its name.
    pub(crate) name: String,
    /// Why, as the end of the sentence "left out: …".
    pub(crate) why: String,
}

/// A host that an inventory names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The name it would have as an agent: a host name in small letters, made from the source's name.
    pub(crate) name: String,
    /// The name that its source gives it; safe to show.
    pub(crate) source_name: String,
    /// Where it stands: `file:line`, or `file: group.host` where there are no lines.
    pub(crate) place: String,
    /// The IP address or name to connect to; none: the source's name, as the ssh config knows it.
    pub(crate) address: Option<String>,
    /// The TCP port.
    pub(crate) port: Option<u16>,
    /// Who logs in.
    pub(crate) user: Option<String>,
    /// With what, by its reference.
    pub(crate) credential: Option<Credential>,
    /// The hosts in between, as `ProxyJump` of the ssh config writes them: `user@host:port`, with commas.
    pub(crate) jump: Option<String>,
    /// The name under which its host key is known (`HostKeyAlias`).
    pub(crate) host_key_alias: Option<String>,
    /// Why only the user's own ssh program can reach it.
    pub(crate) needs_openssh: Option<String>,
    /// Its name in the ssh config.
    pub(crate) ssh_alias: Option<String>,
    /// The ssh config that name stands in; none: the user's own.
    pub(crate) ssh_config: Option<String>,
    /// The environment it is in.
    pub(crate) environment: Option<String>,
    /// Its labels.
    pub(crate) labels: BTreeMap<String, String>,
    /// Is it to be registered unless a person says otherwise?
    pub(crate) picked: bool,
    /// Why not.
    pub(crate) why_not: Option<String>,
    /// What was not taken over and why, by name, never by content.
    pub(crate) notes: Vec<String>,
}

impl Found {
    /// A ticked row with nothing but its name.
    pub(crate) fn new(source_name: &str, place: String) -> Found {
        Found {
            name: name::agent_name(source_name),
            source_name: fleet::visible(source_name, 253),
            place,
            address: None,
            port: None,
            user: None,
            credential: None,
            jump: None,
            host_key_alias: None,
            needs_openssh: None,
            ssh_alias: None,
            ssh_config: None,
            environment: None,
            labels: BTreeMap::new(),
            picked: true,
            why_not: None,
            notes: Vec::new(),
        }
    }

    /// Starts unticked. The first reason stays, the others are notes.
    pub(crate) fn untick(&mut self, why: impl Into<String>) {
        let why = why.into();
        self.picked = false;
        match &self.why_not {
            None => self.why_not = Some(why),
            Some(first) if *first == why => {}
            Some(_) => self.note(why),
        }
    }

    /// Something to know about it, once.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    /// What holds for a row of any source: this computer is there already, and what would be an option of a program or
    /// no address at all is not connected to.
    pub(crate) fn settle(&mut self) {
        let target = self.address.as_deref().unwrap_or(&self.source_name);
        if name::is_loopback(target) && self.port.is_none_or(|port| port == 22) {
            self.untick("it is this computer, which is an agent already");
        } else if self.ssh_alias.is_none() && !name::is_address(target) {
            self.untick("its address is no IP address and no host name");
            self.address = None;
        }
        // Its name as an agent is another, so that what it is connected by has to stand in the row.
        if self.address.is_none() && self.ssh_alias.is_none() && name::is_address(&self.source_name)
        {
            if name::is_ip(&self.source_name) {
                self.address = Some(self.source_name.clone());
            } else if !self.source_name.eq_ignore_ascii_case(&self.name) {
                self.ssh_alias = Some(self.source_name.clone());
            }
        }
        if self
            .user
            .as_deref()
            .is_some_and(|user| !name::is_user(user))
        {
            self.note("its user is not a name that can log in, and is left out");
            self.user = None;
        }
        if self
            .jump
            .as_deref()
            .is_some_and(|jump| !name::is_jump(jump))
        {
            self.untick("the hosts in between are not written as ProxyJump writes them");
            self.jump = None;
        }
    }

    /// The row in a tool's output. Every key is always there, so that an expression can ask for it.
    pub(crate) fn to_json(&self, state: &str) -> Json {
        json!({
            "name": self.name,
            "source_name": self.source_name,
            "place": self.place,
            "state": state,
            "address": self.address,
            "port": self.port,
            "user": self.user,
            "credential": self.credential,
            "jump": self.jump,
            "host_key_alias": self.host_key_alias,
            "needs_openssh": self.needs_openssh,
            "ssh_alias": self.ssh_alias,
            "ssh_config": self.ssh_config,
            "environment": self.environment,
            "labels": self.labels,
            "picked": self.picked,
            "why_not": self.why_not,
            "notes": self.notes,
        })
    }

    /// The schema of `to_json`.
    pub(crate) fn schema() -> Json {
        let text = json!({ "type": "string" });
        let maybe = json!({ "type": ["string", "null"] });
        let port = json!({ "type": ["integer", "null"], "minimum": 1, "maximum": 65535 });
        let mut properties = serde_json::Map::new();
        for name in ["name", "source_name", "place"] {
            properties.insert(name.to_owned(), text.clone());
        }
        for name in [
            "address",
            "user",
            "credential",
            "jump",
            "host_key_alias",
            "needs_openssh",
            "ssh_alias",
            "ssh_config",
            "environment",
            "why_not",
        ] {
            properties.insert(name.to_owned(), maybe.clone());
        }
        for (name, schema) in [
            (
                "state",
                json!({ "enum": ["new", "known"], "description": "known: an agent of this name is there already" }),
            ),
            ("port", port),
            (
                "labels",
                json!({ "type": "object", "additionalProperties": text.clone() }),
            ),
            ("picked", json!({ "type": "boolean" })),
            ("notes", json!({ "type": "array", "items": text })),
        ] {
            properties.insert(name.to_owned(), schema);
        }
        let required: BTreeSet<&String> = properties.keys().collect();
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": required,
            "properties": properties,
        })
    }
}
