//! The master connection of a host: its socket, how ssh is called to make it, and the asking for a host key. Commands
//! over it are `session`.

use super::talk::{Said, talk};
use super::{fault, place};
use crate::transport::script::token;
use crate::{Context, ssh_config};
use fleet::{Connection, Credential, Hop, Via, visible};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tokio::net::UnixStream;
use tokio::process::Command;
use workflow::{ErrorClass, ToolError};

/// The name under which ssh finds the keys it is given, whatever the host is called.
const KEY_NAME: &str = "countersign";

/// What holds for every call, before anything that the user's config says: the first value counts.
const ALWAYS: &[&str] = &[
    "BatchMode=yes",
    "LogLevel=ERROR",
    "ConnectTimeout=10",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=3",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "Tunnel=no",
    "RequestTTY=no",
    "RemoteCommand=none",
    "AddKeysToAgent=no",
    "CheckHostIP=no",
    "HashKnownHosts=no",
    "UpdateHostKeys=no",
    "VerifyHostKeyDNS=no",
    "VisualHostKey=no",
    "GlobalKnownHostsFile=/dev/null",
];

/// Where the master connection of a host is, or will be.
pub(super) struct Master {
    pub(super) ssh: PathBuf,
    folder: PathBuf,
    /// Another one for every other way to the host and for other keys that are trusted here.
    name: String,
}

/// May a person be asked for something while logging in?
pub(super) fn may_ask(connection: &Connection) -> bool {
    match &connection.via {
        Via::Openssh { reason } => !reason.starts_with(ssh_config::PROXY_COMMAND),
        Via::Ssh => false,
    }
}

impl Master {
    pub(super) async fn of(
        connection: &Connection,
        context: &Context,
    ) -> Result<Master, ToolError> {
        let (host, port) = connection.key_host();
        let own = context.ports.host_keys.trusted(host, port).await?;
        let way = format!("{connection:?} {own:?}");
        Ok(Master {
            ssh: program()?,
            folder: place::folder()?,
            name: hex::encode(&Sha256::digest(way.as_bytes())[..8]),
        })
    }

    /// One of so many doors: always the same one for the same host.
    pub(super) fn door(&self, count: usize) -> usize {
        usize::from_str_radix(&self.name[..4], 16).unwrap_or(0) % count
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    /// Does somebody answer at the socket?
    pub(super) async fn is_up(&self) -> bool {
        UnixStream::connect(self.socket()).await.is_ok()
    }

    /// Logs in and leaves the master connection in the background; it goes when it was not used for five minutes.
    pub(super) async fn open(
        &self,
        connection: &Connection,
        keys: &[String],
        context: &Context,
    ) -> Result<(), ToolError> {
        let known = Passing(self.folder.join(format!("{}.keys", self.name)));
        let lines: Vec<String> = keys
            .iter()
            .map(|key| format!("{KEY_NAME} {key}\n"))
            .collect();
        place::write(&known.0, &lines.concat(), 0o600)?;
        let mut command = call(&self.ssh, connection, &known.0, "yes")?;
        // Left behind by a master that was killed, it would only be in the way.
        let _ = std::fs::remove_file(self.socket());
        option(&mut command, "ControlPath", &self.socket());
        command.args(["-o", "ControlMaster=yes", "-o", "ControlPersist=300"]);
        command.args(["-N", "-f"]);
        credential(&mut command, connection)?;
        whom(&mut command, connection)?;
        if may_ask(connection) {
            context.log.note(format!(
                "Logging in to {}. If a security key blinks, touch it now.",
                visible(&connection.address, 120)
            ));
        }
        match talk(command, connection, context).await? {
            Said { is_well: true, .. } => Ok(()),
            Said { words, .. } if fault::is_way_broken(connection, &words) => {
                Err(self.why_broken(connection, &known.0, words, context).await)
            }
            Said { words, .. } => Err(fault::not_connected(connection, &words)),
        }
    }

    /// A master hides what a ProxyCommand or the ssh to a host in between says. Without one, and without a login, ssh
    /// lets it be heard.
    async fn why_broken(
        &self,
        connection: &Connection,
        known: &Path,
        words: Vec<u8>,
        context: &Context,
    ) -> ToolError {
        let heard = async {
            let mut command = call(&self.ssh, connection, known, "yes")?;
            without_login(&mut command);
            whom(&mut command, connection)?;
            command.arg("exit");
            talk(command, connection, context).await
        };
        match heard.await {
            Ok(heard) if fault::is_way_broken(connection, &heard.words) => {
                fault::not_connected(connection, &heard.words)
            }
            Ok(_) | Err(_) => fault::not_connected(connection, &words),
        }
    }
}

/// The host's key, as ssh writes it down when it sees it for the first time. No login is tried.
pub(super) async fn scan(
    connection: &Connection,
    algorithms: &[String],
    context: &Context,
) -> Result<String, ToolError> {
    let ssh = program()?;
    let seen = Passing(place::folder()?.join(format!("seen-{}", token()?)));
    let mut command = call(&ssh, connection, &seen.0, "accept-new")?;
    without_login(&mut command);
    if !algorithms.is_empty() {
        // An RSA key signs under other names than its own (RFC 8332).
        let names = algorithms.join(",");
        let names = names.replace("ssh-rsa", "rsa-sha2-512,rsa-sha2-256");
        command.args(["-o", &format!("HostKeyAlgorithms=^{names}")]);
    }
    whom(&mut command, connection)?;
    command.arg("exit");
    let ended = talk(command, connection, context).await;
    let text = std::fs::read_to_string(&seen.0).unwrap_or_default();
    let words = text.lines().next().map(|line| line.split(' ').skip(1));
    match words.map(|words| words.take(2).collect::<Vec<_>>().join(" ")) {
        Some(key) if !key.is_empty() => Ok(key),
        Some(_) | None => Err(fault::not_connected(connection, &ended?.words)),
    }
}

/// A connection of its own, and the one method that sends no credential (RFC 4252 section 5.2).
fn without_login(command: &mut Command) {
    for option in [
        "ControlMaster=no",
        "ControlPath=none",
        "PreferredAuthentications=none",
        "PermitLocalCommand=no",
    ] {
        command.args(["-o", option]);
    }
}

/// A file that goes when nobody looks at it any more: ssh reads such a list only while it connects.
struct Passing(PathBuf);

impl Drop for Passing {
    fn drop(&mut self) {
        // It may never have come to be.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn program() -> Result<PathBuf, ToolError> {
    ssh_config::program().ok_or_else(|| {
        fault::unusable("there is none on the PATH").not_started(ErrorClass::NotFound)
    })
}

/// ssh with what holds for every call, accepting the keys in the file.
fn call(
    ssh: &Path,
    connection: &Connection,
    known: &Path,
    strict: &str,
) -> Result<Command, ToolError> {
    let mut command = Command::new(ssh);
    command.env_clear().env("LC_ALL", "C");
    for name in ssh_config::ENVIRONMENT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    // Also for an ssh to a host in between, which is not told BatchMode: it must not ask at a terminal.
    command
        .env("SSH_ASKPASS", place::ask(&place::folder()?)?)
        .env("SSH_ASKPASS_REQUIRE", "force");
    if let Some(config) = &connection.ssh_config {
        command.arg("-F").arg(config);
    }
    command.arg("-T");
    for option in ALWAYS {
        command.args(["-o", option]);
    }
    command.args(["-o", &format!("StrictHostKeyChecking={strict}")]);
    command.args(["-o", &format!("HostKeyAlias={KEY_NAME}")]);
    option(&mut command, "UserKnownHostsFile", known);
    // In its own group, so that a ProxyCommand can be ended with it.
    command.process_group(0).kill_on_drop(true);
    Ok(command)
}

/// An option whose value is a path: quoted, for it is read like a line of the config.
fn option(command: &mut Command, name: &str, path: &Path) {
    let path = path.display().to_string().replace('%', "%%");
    command.args(["-o", &format!("{name}=\"{path}\"")]);
}

fn credential(command: &mut Command, connection: &Connection) -> Result<(), ToolError> {
    match &connection.credential {
        Credential::SshConfig => {}
        Credential::SshAgent => {
            command.args(["-o", "IdentitiesOnly=no"]);
        }
        Credential::KeyFile(file) => {
            command.args(["-o", "IdentitiesOnly=yes"]);
            command.arg("-i").arg(file);
        }
        Credential::Password(_) => {
            return Err(fault::unusable(
                "a password of the keychain cannot be handed to it without showing it to others",
            )
            .not_started(ErrorClass::Invalid));
        }
    }
    Ok(())
}

/// Who and where: what was approved, whatever the config says by now. The alias chooses the blocks of the config.
fn whom(command: &mut Command, connection: &Connection) -> Result<(), ToolError> {
    let alias = connection
        .ssh_alias
        .as_deref()
        .unwrap_or(&connection.address);
    let jumps = &connection.jumps;
    let hosts = [alias, &connection.address].into_iter();
    let users = [connection.user.as_str()].into_iter();
    let is_fit = hosts
        .chain(jumps.iter().map(via))
        .all(ssh_config::is_host_name)
        && users
            .chain(jumps.iter().map(|hop| hop.user.as_str()))
            .all(ssh_config::is_user_name);
    if !is_fit {
        return Err(fault::unusable(format!(
            "{}@{} is not a login that ssh takes",
            connection.user, connection.address
        ))
        .not_started(ErrorClass::Invalid));
    }
    let address = connection.address.replace('%', "%%");
    command.args(["-o", &format!("HostName={address}")]);
    if !jumps.is_empty() {
        let jumps: Vec<String> = jumps
            .iter()
            .map(|hop| match via(hop) {
                address if address.contains(':') => {
                    format!("{}@[{address}]:{}", hop.user, hop.port)
                }
                name => format!("{}@{name}:{}", hop.user, hop.port),
            })
            .collect();
        command.args(["-J", &jumps.join(",")]);
    }
    command.args(["-p", &connection.port.to_string(), "-l", &connection.user]);
    command.arg("--").arg(alias);
    Ok(())
}

/// What ssh is to call a host in between: its name in the config, which says how it is reached.
fn via(hop: &Hop) -> &str {
    hop.ssh_alias.as_deref().unwrap_or(&hop.address)
}
