//! Hosts by the user's own ssh program, for what only it can do (ProxyCommand, GSSAPI, smart cards, security keys): one
//! master connection an agent (ControlMaster of ssh_config(5)), many commands over it. Which host keys are trusted stays
//! this program's decision: ssh is given exactly those. It never asks for a forwarding, a terminal or a password.

mod fault;
mod master;
mod place;
mod session;
mod talk;
#[cfg(test)]
mod tests;

use super::{Answer, Script};
use crate::known_hosts::{self, Trust};
use crate::{Context, ssh_config};
use fleet::Connection;
use master::Master;
use std::path::Path;
use tokio::sync::{Mutex, Semaphore};
use workflow::{ErrorClass, Outcome, ToolError};

/// Sessions at once over one connection: OpenSSH's own limit is 10, and stopping needs one.
const SESSIONS: usize = 8;
/// Logins at once. One that may ask for a touch takes them all, so that a person is asked one thing at a time.
const LOGINS: u32 = 8;
/// Many hosts share these; two hosts at one of them only wait for each other a little more than needed.
const DOORS: usize = 64;

static LOGGING_IN: Semaphore = Semaphore::const_new(LOGINS as usize);
static DOOR: [Mutex<()>; DOORS] = [const { Mutex::const_new(()) }; DOORS];
static ROOM: [Semaphore; DOORS] = [const { Semaphore::const_new(SESSIONS) }; DOORS];

/// Runs a script on a host, over its master connection or a new one. The host's key must be trusted already.
pub(crate) async fn run(
    connection: &Connection,
    script: Script<'_>,
    context: &Context,
) -> Result<Answer, ToolError> {
    context.still_owed(Outcome::NotStarted)?;
    let master = owed(context, Master::of(connection, context)).await?;
    let _room = owed(context, async {
        ROOM[master.door(DOORS)].acquire().await.map_err(closed)
    })
    .await?;
    owed(context, connected(&master, connection, context)).await?;
    session::run(&master, connection, script, context).await
}

/// Asks a host for its key and goes away: no credential is sent, and what is shown is not trusted by it. The key is as
/// in known_hosts: algorithm and base64.
pub(crate) async fn scan(
    connection: &Connection,
    context: &Context,
) -> Result<(String, Trust), ToolError> {
    context.still_owed(Outcome::NotStarted)?;
    owed(context, async {
        let known = Known::of(connection, context).await?;
        let _login = LOGGING_IN.acquire().await.map_err(closed)?;
        let key = master::scan(connection, &known.algorithms().await?, context).await?;
        let trust = known.judge(key.clone()).await?;
        Ok((key, trust))
    })
    .await
}

/// Makes sure that the master connection is there. One at a time for one host; the others find it then.
async fn connected(
    master: &Master,
    connection: &Connection,
    context: &Context,
) -> Result<(), ToolError> {
    let _door = DOOR[master.door(DOORS)].lock().await;
    if master.is_up().await {
        return Ok(());
    }
    let keys = Known::of(connection, context)
        .await?
        .trusted(connection)
        .await?;
    let logins = if master::may_ask(connection) {
        LOGINS
    } else {
        1
    };
    let _login = LOGGING_IN.acquire_many(logins).await.map_err(closed)?;
    master.open(connection, &keys, context).await
}

/// What is known of a host's keys.
struct Known {
    host: String,
    port: u16,
    own: Vec<String>,
    files: Vec<std::path::PathBuf>,
}

impl Known {
    async fn of(connection: &Connection, context: &Context) -> Result<Known, ToolError> {
        let (host, port) = connection.key_host();
        let alias = connection
            .ssh_alias
            .as_deref()
            .unwrap_or(&connection.address);
        let config = connection.ssh_config.as_deref().map(Path::new);
        Ok(Known {
            host: host.to_owned(),
            port,
            own: context.ports.host_keys.trusted(host, port).await?,
            files: ssh_config::resolve(alias, config).await?.known_hosts,
        })
    }

    /// The keys that ssh is to accept: each one that our judge trusts.
    async fn trusted(self, connection: &Connection) -> Result<Vec<String>, ToolError> {
        let connection = connection.clone();
        crate::blocking(move || {
            let Known {
                host,
                port,
                own,
                files,
            } = &self;
            let in_files = known_hosts::known_keys(host, *port, files).map_err(|(file, why)| {
                fault::untrusted(&connection, &Trust::StoreUnusable { file, why })
            })?;
            let (mut trusted, mut refused) = (Vec::new(), None);
            // An agent is reached only with the key that it was registered with.
            let is_its = |key: &String| match &connection.host_key {
                Some(pin) => known_hosts::fingerprint(key).as_ref() == Some(pin),
                None => true,
            };
            for key in own.iter().cloned().chain(in_files) {
                match known_hosts::judge(host, *port, &key, own, files) {
                    Trust::Trusted { .. } if is_its(&key) => trusted.push(key),
                    Trust::Trusted { by } => {
                        refused = Some(Trust::Changed {
                            old: connection.host_key.clone().unwrap_or_default(),
                            place: by,
                        });
                    }
                    other @ (Trust::Unknown
                    | Trust::Changed { .. }
                    | Trust::Revoked { .. }
                    | Trust::CaSigned { .. }
                    | Trust::StoreUnusable { .. }) => refused = Some(other),
                }
            }
            if trusted.is_empty() {
                // Nothing is like this key, so the answer is about the host.
                let about = || known_hosts::judge(host, *port, "none", own, files);
                let why = refused.unwrap_or_else(about);
                return Err(fault::untrusted(&connection, &why));
            }
            Ok(trusted)
        })
        .await
    }

    async fn algorithms(&self) -> Result<Vec<String>, ToolError> {
        let (host, port) = (self.host.clone(), self.port);
        let (own, files) = (self.own.clone(), self.files.clone());
        crate::blocking(move || Ok(known_hosts::known_algorithms(&host, port, &own, &files))).await
    }

    async fn judge(self, key: String) -> Result<Trust, ToolError> {
        crate::blocking(move || {
            Ok(known_hosts::judge(
                &self.host,
                self.port,
                &key,
                &self.own,
                &self.files,
            ))
        })
        .await
    }
}

fn closed(_: tokio::sync::AcquireError) -> ToolError {
    fault::unusable("the program is ending").not_started(ErrorClass::Internal)
}

/// The result, or `cancelled` as soon as the call is not owed any more. Nothing was run until then.
async fn owed<T>(
    context: &Context,
    work: impl Future<Output = Result<T, ToolError>>,
) -> Result<T, ToolError> {
    tokio::select! {
        biased;
        () = context.cancel.cancelled() => Err(crate::context::cancelled(Outcome::NotStarted)),
        result = work => result,
    }
}
