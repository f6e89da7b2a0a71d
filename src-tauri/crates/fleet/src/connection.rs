//! How a host is reached by SSH, as it stands in the row that a person approves: address, user, which credential by its
//! reference, through which hosts. Secrets never stand here. Reaching it is the crate `tools`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How a host is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// The IP address or name that is connected to (`HostName` of the ssh config).
    pub address: String,
    /// The TCP port.
    pub port: u16,
    /// Who logs in.
    pub user: String,
    /// With what: a reference, never a secret.
    pub credential: Credential,
    /// The name that the ssh config knows the host by, when it comes from there: it gives key files, the ssh-agent,
    /// certificates and known_hosts files for `ssh:config`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_alias: Option<String>,
    /// The ssh config that alias stands in; none: the user's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_config: Option<String>,
    /// The name under which the host key is known instead of the address (`HostKeyAlias`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_key_alias: Option<String>,
    /// Which program speaks the protocol.
    #[serde(default)]
    pub via: Via,
    /// The hosts in between, the first one first (`ProxyJump`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jumps: Vec<Hop>,
    /// The fingerprint of the host key it was registered with (`SHA256:…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_key: Option<String>,
}

/// A host in between.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hop {
    /// The IP address or name.
    pub address: String,
    /// The TCP port.
    pub port: u16,
    /// Who logs in there.
    pub user: String,
    /// Its name in the ssh config, when it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_alias: Option<String>,
}

/// Which program speaks the protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Via {
    /// This program, over one kept connection.
    #[default]
    Ssh,
    /// The user's own ssh program, because the ssh config asks for something only it can do.
    Openssh {
        /// What it asks for, for people: "ProxyCommand is set for prod-db".
        reason: String,
    },
}

/// What a login uses. Written as one word: `ssh:config`, `ssh:agent`, `key:/home/me/.ssh/id_ed25519`,
/// `keychain:ssh/web-01` (a password).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Credential {
    /// What `ssh NAME` would use: the ssh-agent, then the key files of the ssh config.
    #[default]
    SshConfig,
    /// The ssh-agent alone.
    SshAgent,
    /// A private key file. Its passphrase, if it has one, is in the keychain under `passphrase/<path>`.
    KeyFile(String),
    /// A password in the keychain, by its name there.
    Password(String),
}

/// Not a credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a credential: write ssh:config, ssh:agent, key:/path/to/file or keychain:ssh/name"
)]
pub struct CredentialFault(pub String);

impl Connection {
    /// The name and port under which the host key is looked up. An alias stands alone, as in OpenSSH
    /// (`get_hostfile_hostname_ipaddr` in sshconnect.c): 22 is the port that is not written beside a name.
    pub fn key_host(&self) -> (&str, u16) {
        match &self.host_key_alias {
            Some(alias) => (alias, 22),
            None => (&self.address, self.port),
        }
    }
}

impl Via {
    /// The word on screens and in outputs.
    pub fn word(&self) -> &'static str {
        match self {
            Via::Ssh => "ssh",
            Via::Openssh { .. } => "openssh",
        }
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credential::SshConfig => f.write_str("ssh:config"),
            Credential::SshAgent => f.write_str("ssh:agent"),
            Credential::KeyFile(path) => write!(f, "key:{path}"),
            Credential::Password(name) => write!(f, "keychain:{name}"),
        }
    }
}

impl From<Credential> for String {
    fn from(credential: Credential) -> String {
        credential.to_string()
    }
}

impl TryFrom<String> for Credential {
    type Error = CredentialFault;

    fn try_from(text: String) -> Result<Credential, CredentialFault> {
        match text.split_once(':') {
            Some(("ssh", "config")) => Ok(Credential::SshConfig),
            Some(("ssh", "agent")) => Ok(Credential::SshAgent),
            Some(("key", path)) if !path.is_empty() => Ok(Credential::KeyFile(path.to_owned())),
            Some(("keychain", name)) if !name.is_empty() => {
                Ok(Credential::Password(name.to_owned()))
            }
            Some(_) | None => Err(CredentialFault(text)),
        }
    }
}
