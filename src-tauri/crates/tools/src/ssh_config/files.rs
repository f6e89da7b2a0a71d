//! The files of the ssh config as they stand, with what they include: blocks and settings, each with its place. Not
//! what they mean for one host.

use super::account::Account;
use super::{invalid, words};
use fleet::visible;
use std::io::Read;
use std::path::{Path, PathBuf};
use workflow::ToolError;

/// As in OpenSSH (`READCONF_MAX_DEPTH`).
const MAX_DEPTH: usize = 16;
/// More files than this are an Include that goes round.
const MAX_FILES: usize = 1000;
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// One line that says something.
#[derive(Debug)]
pub(super) struct Entry {
    /// file:line.
    pub(super) place: String,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// `Host` and its patterns: what follows is for these.
    Host(Vec<String>),
    /// `Match` and its words.
    Match(Vec<String>),
    /// `Include`: the entries of each file.
    Include(Vec<Vec<Entry>>),
    /// A setting: its keyword in small letters, its arguments, and the rest of the line as it stands.
    Set {
        key: String,
        arguments: Vec<String>,
        rest: String,
    },
}

/// The entries of each file, in the order in which ssh reads them: the given one, or the user's and the system's. Of
/// these two each may be missing. Blocks.
pub(super) fn read(config: Option<&Path>, account: &Account) -> Result<Vec<Vec<Entry>>, ToolError> {
    let mut reader = Reader { account, files: 0 };
    let user = account.home.join(".ssh");
    let system = Path::new("/etc/ssh");
    if let Some(config) = config {
        return match reader.file(config, &user, 0)? {
            Some(entries) => Ok(vec![entries]),
            None => Err(invalid(format!(
                "There is no ssh config {}.",
                visible(&config.display().to_string(), 200)
            ))),
        };
    }
    let mut all = Vec::new();
    all.extend(reader.file(&user.join("config"), &user, 0)?);
    all.extend(reader.file(&system.join("ssh_config"), system, 0)?);
    Ok(all)
}

struct Reader<'a> {
    account: &'a Account,
    files: usize,
}

impl Reader<'_> {
    /// One file; nothing when it does not exist. Relative names of Include are below `folder`.
    fn file(
        &mut self,
        path: &Path,
        folder: &Path,
        depth: usize,
    ) -> Result<Option<Vec<Entry>>, ToolError> {
        let shown = visible(&path.display().to_string(), 200);
        self.files += 1;
        if depth > MAX_DEPTH || self.files > MAX_FILES {
            return Err(invalid(format!(
                "{shown}: too many Include lines lead here."
            )));
        }
        let text = match text(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(invalid(format!("{shown} cannot be read: {error}."))),
        };
        let mut entries = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let Some((key, rest)) = words::keyword(line) else {
                continue;
            };
            let place = format!("{shown}:{}", index + 1);
            let broken = |why: &str| invalid(format!("{place}: {} {why}.", visible(&key, 40)));
            // A command is one argument to the end of the line, with whatever quotes it has.
            let is_command = matches!(
                key.as_str(),
                "proxycommand" | "localcommand" | "remotecommand" | "knownhostscommand"
            );
            let arguments = match is_command {
                true => vec![rest.to_owned()],
                false => {
                    words::arguments(rest).ok_or_else(|| broken("has a quote that stays open"))?
                }
            };
            if arguments.first().is_none_or(String::is_empty) {
                return Err(broken("has no value"));
            }
            let what = match key.as_str() {
                "host" => What::Host(arguments),
                "match" => What::Match(arguments),
                "include" => What::Include(self.included(&arguments, folder, depth)?),
                _ => What::Set {
                    key,
                    arguments,
                    rest: rest.to_owned(),
                },
            };
            entries.push(Entry { place, what });
        }
        Ok(Some(entries))
    }

    fn included(
        &mut self,
        patterns: &[String],
        folder: &Path,
        depth: usize,
    ) -> Result<Vec<Vec<Entry>>, ToolError> {
        let mut all = Vec::new();
        for pattern in patterns {
            let path = folder.join(self.account.path(pattern, &[]));
            for found in matching(&path) {
                all.extend(self.file(&found, folder, depth + 1)?);
            }
        }
        Ok(all)
    }
}

/// The files that a pattern of Include means, sorted by name. One that matches nothing is not an error in ssh.
fn matching(pattern: &Path) -> Vec<PathBuf> {
    let options = glob::MatchOptions {
        require_literal_separator: true,
        require_literal_leading_dot: true,
        ..glob::MatchOptions::new()
    };
    match pattern.to_str().map(|text| glob::glob_with(text, options)) {
        Some(Ok(paths)) => paths.flatten().collect(),
        Some(Err(_)) | None => vec![pattern.to_owned()],
    }
}

fn text(path: &Path) -> std::io::Result<String> {
    let data = std::fs::metadata(path)?;
    if !data.is_file() && path != Path::new("/dev/null") {
        return Err(std::io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    let open = std::fs::File::open(path)?;
    open.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(std::io::Error::other("it is too large"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
