//! The hosts that stand in the ssh config, for import: every name, with what it most likely is. Nothing is connected to,
//! and nothing is left out: a person ticks what is to be imported.

use super::account::Account;
use super::files::{self, Entry, What};
use super::{Wanted, parsed};
use std::collections::BTreeSet;
use std::path::Path;
use workflow::ToolError;

/// Where git is hosted: nobody has a shell there.
const FORGES: &[&str] = &[
    "github.com",
    "ssh.github.com",
    "gitlab.com",
    "altssh.gitlab.com",
    "bitbucket.org",
    "altssh.bitbucket.org",
    "codeberg.org",
    "gitea.com",
    "git.sr.ht",
    "ssh.dev.azure.com",
    "vs-ssh.visualstudio.com",
    "source.developers.google.com",
    "aur.archlinux.org",
    "salsa.debian.org",
    "gitee.com",
    "git.launchpad.net",
    "framagit.org",
    "invent.kde.org",
];

/// A name behind `Host`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfigHost {
    /// The name, or the pattern.
    pub(crate) alias: String,
    /// Where it stands: file:line.
    pub(crate) place: String,
    /// What it most likely is.
    pub(crate) kind: HostKind,
}

/// What a name of the ssh config most likely is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostKind {
    /// A host to log in to.
    Host,
    /// A pattern: it stands for hosts that are not named.
    Pattern,
    /// A place where git is hosted.
    Forge,
    /// Others are reached over it.
    JumpOnly,
}

/// Every name behind `Host` in the ssh config (none: the user's own and the system's) and what it includes, in the order
/// of the files, each once.
///
/// # Errors
/// `ssh_config_invalid` with the place.
pub(crate) async fn hosts(config: Option<&Path>) -> Result<Vec<ConfigHost>, ToolError> {
    let config = config.map(Path::to_owned);
    crate::blocking(move || {
        let account = Account::current();
        let files = files::read(config.as_deref(), &account)?;
        let mut list = List::default();
        files.iter().for_each(|file| list.gather(file));
        let List { names, jumps, .. } = list;
        names
            .into_iter()
            .map(|(alias, place)| {
                let kind = kind(&alias, &files, &jumps, &account)?;
                Ok(ConfigHost { alias, place, kind })
            })
            .collect()
    })
    .await
}

#[derive(Default)]
struct List {
    names: Vec<(String, String)>,
    seen: BTreeSet<String>,
    /// Who is named by ProxyJump.
    jumps: BTreeSet<String>,
}

impl List {
    fn gather(&mut self, entries: &[Entry]) {
        for entry in entries {
            match &entry.what {
                What::Host(patterns) => {
                    for name in patterns.iter().filter(|name| !name.starts_with('!')) {
                        if self.seen.insert(name.to_ascii_lowercase()) {
                            self.names.push((name.clone(), entry.place.clone()));
                        }
                    }
                }
                What::Include(files) => files.iter().for_each(|file| self.gather(file)),
                What::Set { key, arguments, .. } if key == "proxyjump" => {
                    let words = arguments[0].split(',');
                    let hops = words.filter_map(|word| Wanted::hop(word.trim()));
                    self.jumps
                        .extend(hops.map(|hop| hop.alias.to_ascii_lowercase()));
                }
                What::Match(_) | What::Set { .. } => {}
            }
        }
    }
}

fn kind(
    alias: &str,
    files: &[Vec<Entry>],
    jumps: &BTreeSet<String>,
    account: &Account,
) -> Result<HostKind, ToolError> {
    if alias.contains(['*', '?']) {
        return Ok(HostKind::Pattern);
    }
    let wanted = Wanted {
        alias: alias.to_owned(),
        user: None,
        port: None,
    };
    let settings = parsed::settings(files, &wanted, account)?;
    let hostname = settings.one("hostname").unwrap_or(alias);
    let hostname = hostname.to_ascii_lowercase();
    // On a git server of one's own the user is called git, too, and has no shell.
    if FORGES.contains(&hostname.as_str()) || settings.one("user") == Some("git") {
        return Ok(HostKind::Forge);
    }
    match jumps.contains(&alias.to_ascii_lowercase()) || jumps.contains(&hostname) {
        true => Ok(HostKind::JumpOnly),
        false => Ok(HostKind::Host),
    }
}
