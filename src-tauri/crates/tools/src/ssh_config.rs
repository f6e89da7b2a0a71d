//! What the user's ssh config says of a host: ssh itself is asked (`ssh -G`) where there is one, else our own reading of
//! the files answers. Also which hosts stand in it. It connects to nothing and writes nothing.

mod account;
mod asked;
mod files;
mod listed;
mod need;
mod parsed;
mod settings;
#[cfg(test)]
mod tests;
mod words;

use crate::fault::fault;
use account::Account;
use fleet::{Hop, visible};
use settings::Settings;
use std::path::{Path, PathBuf};
use workflow::{ErrorClass, ToolError};

pub(crate) use asked::{ENVIRONMENT, program};
pub(crate) use listed::{ConfigHost, HostKind, hosts};
pub(crate) use need::PROXY_COMMAND;

/// The most hosts in between.
const MAX_JUMPS: usize = 8;

/// What the ssh config says of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The IP address or name to connect to.
    pub(crate) hostname: String,
    /// The TCP port.
    pub(crate) port: u16,
    /// Who logs in.
    pub(crate) user: String,
    /// Private key files, in the order in which they are tried. They need not exist: without any in the config these
    /// are the usual ones.
    pub(crate) identity_files: Vec<PathBuf>,
    /// Certificates for them.
    pub(crate) certificate_files: Vec<PathBuf>,
    /// The socket of the ssh-agent: the config's, else that of the environment; none when the config says `none`.
    pub(crate) identity_agent: Option<PathBuf>,
    /// Of the ssh-agent's keys only those of `identity_files` are to be used.
    pub(crate) identities_only: bool,
    /// The known_hosts files, the user's first, then those of the system. They need not exist.
    pub(crate) known_hosts: Vec<PathBuf>,
    /// The name under which the host key is known.
    pub(crate) host_key_alias: Option<String>,
    /// The hosts in between, the first one first.
    pub(crate) jumps: Vec<Hop>,
    /// Why only the user's own ssh program can reach it, for people.
    pub(crate) openssh: Option<String>,
    /// What the config says and this program does not do, for people.
    pub(crate) unsupported: Vec<String>,
}

/// What the ssh config (none: the user's own and the system's) says of a name.
///
/// # Errors
/// `ssh_config_invalid` with the message of ssh, `ssh_config_timeout`.
pub(crate) async fn resolve(alias: &str, config: Option<&Path>) -> Result<Resolved, ToolError> {
    resolve_with(program(), alias, config).await
}

/// The same by this ssh program, or by our own reading of the files.
async fn resolve_with(
    ssh: Option<PathBuf>,
    alias: &str,
    config: Option<&Path>,
) -> Result<Resolved, ToolError> {
    let account = Account::current();
    let asked = Wanted {
        alias: alias.to_owned(),
        user: None,
        port: None,
    };
    let settings = say(ssh.as_deref(), &asked, config, &account).await?;
    let mut resolved = settings.resolved(alias, &account);
    resolved.openssh = need::of(&settings, &resolved, alias, need::Way::Own);
    let mut next = settings.jumps();
    let mut seen = vec![alias.to_ascii_lowercase()];
    while let Some(list) = next.take() {
        let mut hops = Vec::new();
        for (index, word) in list.split(',').enumerate() {
            let wanted = Wanted::hop(word.trim())
                .ok_or_else(|| broken_jump(alias, format!("{word:?} is not a host")))?;
            let settings = say(ssh.as_deref(), &wanted, config, &account).await?;
            let hop = settings.resolved(&wanted.alias, &account);
            // ssh reaches the second and every further host of the list over the one before it, whatever the
            // config says of the way to it; only the first may have hosts before it.
            let way = match index {
                0 => need::Way::Own,
                _ => need::Way::Given,
            };
            if resolved.openssh.is_none() {
                resolved.openssh = need::of(&settings, &hop, &wanted.alias, way);
            }
            if index == 0 {
                let name = wanted.alias.to_ascii_lowercase();
                if seen.contains(&name) {
                    return Err(broken_jump(alias, format!("it goes round by {name}")));
                }
                seen.push(name);
                next = settings.jumps();
            }
            hops.push(Hop {
                address: hop.hostname,
                port: wanted.port.unwrap_or(hop.port),
                user: wanted.user.unwrap_or(hop.user),
                ssh_alias: Some(wanted.alias),
            });
        }
        hops.append(&mut resolved.jumps);
        resolved.jumps = hops;
        if resolved.jumps.len() > MAX_JUMPS {
            return Err(broken_jump(
                alias,
                format!("it leads over more than {MAX_JUMPS} hosts"),
            ));
        }
    }
    Ok(resolved)
}

/// The hosts of a text as in ProxyJump: `user@bastion:2222,inner`. The first may have hosts before it in the config.
///
/// # Errors
/// As [`resolve`], and when it is not such a list.
pub(crate) async fn jumps(list: &str, config: Option<&Path>) -> Result<Vec<Hop>, ToolError> {
    let mut hops = Vec::new();
    for word in list.split(',') {
        let wanted = Wanted::hop(word.trim())
            .ok_or_else(|| broken_jump(list, format!("{word:?} is not a host")))?;
        let hop = resolve(&wanted.alias, config).await?;
        if hops.is_empty() {
            hops = hop.jumps;
        }
        hops.push(Hop {
            address: hop.hostname,
            port: wanted.port.unwrap_or(hop.port),
            user: wanted.user.unwrap_or(hop.user),
            ssh_alias: Some(wanted.alias),
        });
    }
    Ok(hops)
}

/// Whom the config is asked for.
struct Wanted {
    alias: String,
    user: Option<String>,
    port: Option<u16>,
}

impl Wanted {
    /// One word of ProxyJump: `[user@]host[:port]` or `ssh://[user@]host[:port]`.
    fn hop(word: &str) -> Option<Wanted> {
        let word = word.strip_prefix("ssh://").unwrap_or(word);
        let word = word.strip_suffix('/').unwrap_or(word);
        let (user, place) = match word.rsplit_once('@') {
            Some((user, place)) => (Some(user.to_owned()), place),
            None => (None, word),
        };
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                (host, port.strip_prefix(':'))
            }
            None => match place.rsplit_once(':') {
                // An IPv6 address without brackets has no port.
                Some((host, port)) if !host.contains(':') => (host, Some(port)),
                Some(_) | None => (place, None),
            },
        };
        Some(Wanted {
            alias: host.to_owned(),
            user,
            port: port.map(str::parse).transpose().ok()?,
        })
    }
}

async fn say(
    ssh: Option<&Path>,
    wanted: &Wanted,
    config: Option<&Path>,
    account: &Account,
) -> Result<Settings, ToolError> {
    let user = wanted.user.as_deref();
    if !is_host_name(&wanted.alias) || user.is_some_and(|user| !is_user_name(user)) {
        return Err(fault(
            "ssh_config_invalid",
            format!("{} is not a name of a host.", visible(&wanted.alias, 80)),
            "Give the name as it stands behind Host in the ssh config, or a host name or address.",
        )
        .not_started(ErrorClass::Invalid));
    }
    match ssh {
        Some(ssh) => asked::settings(ssh, wanted, config).await,
        None => {
            let (alias, user, port) = (wanted.alias.clone(), wanted.user.clone(), wanted.port);
            let (config, account) = (config.map(Path::to_owned), account.clone());
            crate::blocking(move || {
                let files = files::read(config.as_deref(), &account)?;
                parsed::settings(&files, &Wanted { alias, user, port }, &account)
            })
            .await
        }
    }
}

/// May this be given to ssh as a host? A leading dash would be an option, and a config may hand the name to a shell
/// (`Match exec`, `ProxyCommand`); newer versions of ssh refuse the same (`valid_hostname`
/// in ssh.c). `user@host` and `ssh://` are not names either.
pub(crate) fn is_host_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.len() <= 1024
        && !name.contains(|c: char| {
            "'`\"$\\;&<>|(){}@/".contains(c) || c.is_whitespace() || fleet::is_hidden(c)
        })
}

/// May this be given to ssh as a user? As `valid_ruser` in ssh.c.
pub(crate) fn is_user_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.len() <= 256
        && !name.ends_with('\\')
        && !name.contains(" -")
        && !name.contains(|c: char| "'`\";&<>|(){}".contains(c) || fleet::is_hidden(c))
}

/// The config is not as ssh takes it.
fn invalid(message: impl Into<String>) -> ToolError {
    fault(
        "ssh_config_invalid",
        message,
        "Correct the ssh config at the place that is named. An option that another version of ssh knows can stay when \
         the line `IgnoreUnknown <option>` stands before it.",
    )
    .not_started(ErrorClass::Invalid)
}

fn broken_jump(alias: &str, why: String) -> ToolError {
    invalid(format!(
        "ProxyJump of {} cannot be followed: {}.",
        visible(alias, 80),
        visible(&why, 200)
    ))
}
