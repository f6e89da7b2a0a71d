//! Where, as whom and through which hosts: what one kept connection is kept for. Not whether it works.

use fleet::{Connection, Credential, Hop};

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub(super) address: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) credential: Credential,
    alias: Option<String>,
    config: Option<String>,
    key_alias: Option<String>,
    jumps: Vec<Hop>,
    /// The fingerprint that the host must show, when it is registered.
    pub(super) pin: Option<String>,
}

impl Target {
    pub(super) fn of(connection: &Connection) -> Target {
        Target {
            address: connection.address.clone(),
            port: connection.port,
            user: connection.user.clone(),
            credential: connection.credential.clone(),
            alias: connection.ssh_alias.clone(),
            config: connection.ssh_config.clone(),
            key_alias: connection.host_key_alias.clone(),
            jumps: connection.jumps.clone(),
            pin: connection.host_key.clone(),
        }
    }

    /// The host right before this one on the way to it.
    pub(super) fn before(&self) -> Option<Target> {
        let (last, jumps) = self.jumps.split_last()?;
        Some(Target {
            address: last.address.clone(),
            port: last.port,
            user: last.user.clone(),
            credential: Credential::SshConfig,
            alias: last.ssh_alias.clone(),
            config: self.config.clone(),
            key_alias: None,
            jumps: jumps.to_vec(),
            pin: None,
        })
    }

    /// The word that the ssh config is asked for.
    pub(super) fn config_name(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.address)
    }

    /// The ssh config's file, if it is not the user's own.
    pub(super) fn config_file(&self) -> Option<&str> {
        self.config.as_deref()
    }

    /// The name and port that the host key is looked up under; an alias stands without a port, as in
    /// [`Connection::key_host`]. A host in between has only what the ssh config says.
    pub(super) fn key_host<'a>(&'a self, from_config: Option<&'a str>) -> (&'a str, u16) {
        let alias = self
            .key_alias
            .as_deref()
            .or(from_config.filter(|_| self.alias.is_some()));
        match alias {
            Some(alias) => (alias, 22),
            None => (&self.address, self.port),
        }
    }

    /// For people: "web-01 port 22".
    pub(super) fn name(&self) -> String {
        format!("{} port {}", fleet::visible(&self.address, 200), self.port)
    }

    /// For people, with who logs in.
    pub(super) fn login(&self) -> String {
        format!("{}@{}", fleet::visible(&self.user, 100), self.name())
    }
}
