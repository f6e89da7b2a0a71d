//! A profile: which files and folders a host shall have. `profiles/<name>.yaml` in the data folder, or the one of
//! `built_in`. Reading it, its placeholders and its faults; comparing it with a host is `plan`.

use super::built_in::built_in;
use super::{MAX_BYTES, path};
use crate::fault::fault;
use fleet::Agent;
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::path::Path;
use workflow::{Digest, ErrorClass, ToolError};

/// The name of the profile that is built in.
pub(super) const DEFAULT: &str = "default";
/// The most files, and the most folders, of one profile.
const MAX_ENTRIES: usize = 64;
/// The largest profile, in bytes.
const MAX_PROFILE_BYTES: u64 = 4 * 1024 * 1024;

/// A profile for one agent: placeholders are replaced, everything is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) name: String,
    /// Where it comes from, for people.
    pub(super) origin: String,
    /// Folders before files, each in the order of the profile.
    pub(super) entries: Vec<Entry>,
}

/// A file or a folder that a host shall have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Absolute, or beginning with `~/`.
    pub(super) path: String,
    pub(super) mode: u32,
    pub(super) wanted: Wanted,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Directory,
    File {
        content: String,
        /// Another file than this is not replaced.
        expected: Option<Digest>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "apiVersion")]
    api_version: Spanned<String>,
    kind: Spanned<String>,
    #[serde(default)]
    directories: Vec<DirectoryEntry>,
    #[serde(default)]
    files: Vec<FileEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DirectoryEntry {
    path: Spanned<String>,
    mode: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    path: Spanned<String>,
    content: Spanned<String>,
    mode: Spanned<String>,
    expected_sha256: Option<Spanned<String>>,
}

/// The profile of that name for an agent; without a name the one of the agent's environment. The built-in one stands in
/// where the environment has no file, and is replaced by a file `default.yaml`.
///
/// # Errors
/// `profile_not_found`, or `invalid_profile` with file, line, what is wrong and what to write instead.
pub(super) fn load(
    data_dir: &Path,
    name: Option<&str>,
    agent: &Agent,
) -> Result<Profile, ToolError> {
    let folder = data_dir.join("profiles");
    let wanted = name.unwrap_or(&agent.environment);
    let may_fall_back = wanted == agent.environment || wanted == DEFAULT;
    if !is_name(wanted) && !may_fall_back {
        return Err(not_found(&folder, wanted));
    }
    for name in [wanted, DEFAULT] {
        if name != wanted && !may_fall_back {
            break;
        }
        if !is_name(name) {
            continue;
        }
        let file = format!("{name}.yaml");
        let path = folder.join(&file);
        let too_large = || io(&path, "it is larger than 4 MiB");
        match std::fs::metadata(&path) {
            Ok(data) if data.len() > MAX_PROFILE_BYTES => return Err(too_large()),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(io(&path, &error.to_string())),
        }
        let text = std::fs::read_to_string(&path).map_err(|error| io(&path, &error.to_string()))?;
        return parse(name, &format!("profiles/{file}"), &text, agent);
    }
    if may_fall_back {
        return parse(DEFAULT, "built in", &built_in(agent), agent);
    }
    Err(not_found(&folder, wanted))
}

/// Reads and checks a profile.
pub(super) fn parse(
    name: &str,
    file: &str,
    text: &str,
    agent: &Agent,
) -> Result<Profile, ToolError> {
    let document: Document = serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |place| place.line());
        let said = error.without_snippet().to_string();
        let said = said.lines().next().unwrap_or_default().to_owned();
        invalid(
            file,
            line,
            &fleet::visible(&said, 300),
            "a profile has apiVersion, kind, directories (path, mode) and files (path, mode, content, expected_sha256)",
        )
    })?;
    let reading = Reading { file, agent };
    reading.word(&document.api_version, "countersign/v1")?;
    reading.word(&document.kind, "Profile")?;
    for (count, what) in [
        (document.directories.len(), "folders"),
        (document.files.len(), "files"),
    ] {
        if count > MAX_ENTRIES {
            let said = format!("it names {count} {what}, and {MAX_ENTRIES} is the most");
            return Err(invalid(
                file,
                1,
                &said,
                "several profiles, or an archive that is unpacked",
            ));
        }
    }
    let mut entries = Vec::new();
    for directory in &document.directories {
        entries.push((
            directory.path.referenced.line(),
            Entry {
                path: reading.path(&directory.path)?,
                mode: reading.mode(&directory.mode)?,
                wanted: Wanted::Directory,
            },
        ));
    }
    for file in &document.files {
        entries.push((
            file.path.referenced.line(),
            Entry {
                path: reading.path(&file.path)?,
                mode: reading.mode(&file.mode)?,
                wanted: Wanted::File {
                    content: reading.content(&file.content)?,
                    expected: reading.hash(file.expected_sha256.as_ref())?,
                },
            },
        ));
    }
    for (index, (line, entry)) in entries.iter().enumerate() {
        if entries[..index]
            .iter()
            .any(|(_, other)| other.path == entry.path)
        {
            let said = format!("{:?} is named twice", fleet::visible(&entry.path, 300));
            return Err(invalid(file, *line, &said, "each path once"));
        }
        if entry.path == "~/.countersign"
            && (entry.mode != 0o700 || entry.wanted != Wanted::Directory)
        {
            return Err(invalid(
                file,
                *line,
                "~/.countersign holds the backups of this program",
                "a folder of mode \"0700\"",
            ));
        }
    }
    // The folder of the backups comes to be with the first change, so it is the first change.
    entries.sort_by_key(|(_, entry)| entry.path != "~/.countersign");
    Ok(Profile {
        name: name.to_owned(),
        origin: file.to_owned(),
        entries: entries.into_iter().map(|(_, entry)| entry).collect(),
    })
}

/// What the checks of a profile speak about.
struct Reading<'a> {
    file: &'a str,
    agent: &'a Agent,
}

impl Reading<'_> {
    fn word(&self, found: &Spanned<String>, wanted: &str) -> Result<(), ToolError> {
        if found.value == wanted {
            return Ok(());
        }
        let said = format!("{:?} is not known here", fleet::visible(&found.value, 80));
        Err(invalid(self.file, found.referenced.line(), &said, wanted))
    }

    fn path(&self, given: &Spanned<String>) -> Result<String, ToolError> {
        let path = self.replaced(given)?;
        match path::fault_of(&path) {
            None => Ok(path),
            Some((why, instead)) => {
                let said = format!("{:?} cannot be used: {why}", fleet::visible(&path, 300));
                Err(invalid(self.file, given.referenced.line(), &said, instead))
            }
        }
    }

    fn mode(&self, given: &Spanned<String>) -> Result<u32, ToolError> {
        let text = given.value.as_str();
        let digits = text.len() == 4 && text.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
        let line = given.referenced.line();
        let shown = fleet::visible(text, 20);
        match u32::from_str_radix(text, 8) {
            Ok(mode) if digits && mode <= 0o777 => Ok(mode),
            Ok(_) if digits => Err(invalid(
                self.file,
                line,
                &format!("the mode {shown:?} has setuid, setgid or sticky, which no profile sets"),
                "three octal digits after a 0, as \"0755\"",
            )),
            Ok(_) | Err(_) => Err(invalid(
                self.file,
                line,
                &format!("{shown:?} is not a mode"),
                "three octal digits after a 0, in quotes, as \"0644\"",
            )),
        }
    }

    fn content(&self, given: &Spanned<String>) -> Result<String, ToolError> {
        let content = self.replaced(given)?;
        let line = given.referenced.line();
        if content.len() > MAX_BYTES {
            let said = format!(
                "the content has {} bytes, and 1 MiB is the most",
                content.len()
            );
            return Err(invalid(
                self.file,
                line,
                &said,
                "configuration only; copy larger files by other means",
            ));
        }
        if content.contains('\0') {
            return Err(invalid(
                self.file,
                line,
                "the content holds a NUL character",
                "text",
            ));
        }
        Ok(content)
    }

    fn hash(&self, given: Option<&Spanned<String>>) -> Result<Option<Digest>, ToolError> {
        let Some(given) = given else { return Ok(None) };
        given.value.parse().map(Some).map_err(|_| {
            let said = format!("{:?} is not a SHA-256", fleet::visible(&given.value, 80));
            invalid(
                self.file,
                given.referenced.line(),
                &said,
                "64 hexadecimal digits, as sha256sum prints them",
            )
        })
    }

    /// The text with the agent's data in the place of `${{ agent.NAME }}`; `$${{` is a literal `${{`.
    fn replaced(&self, given: &Spanned<String>) -> Result<String, ToolError> {
        let wrong = |said: &str| {
            let instead = "${{ agent.agent_id }}, agent.hostname, agent.environment or agent.title; and $${{ for the characters ${{";
            Err(invalid(self.file, given.referenced.line(), said, instead))
        };
        let (mut text, mut rest) = (String::new(), given.value.as_str());
        while let Some((before, after)) = rest.split_once("${{") {
            if let Some(before) = before.strip_suffix('$') {
                text.push_str(before);
                text.push_str("${{");
                rest = after;
                continue;
            }
            text.push_str(before);
            let Some((name, after)) = after.split_once("}}") else {
                return wrong("a placeholder has no end");
            };
            text.push_str(match name.trim() {
                "agent.agent_id" => &self.agent.agent_id,
                "agent.hostname" => self
                    .agent
                    .facts
                    .get("hostname")
                    .unwrap_or(&self.agent.agent_id),
                "agent.environment" => &self.agent.environment,
                "agent.title" => &self.agent.title,
                name => {
                    let said = format!("there is no {:?} to put in", fleet::visible(name, 80));
                    return wrong(&said);
                }
            });
            rest = after;
        }
        text.push_str(rest);
        Ok(text)
    }
}

/// May a file be called so?
fn is_name(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    !name.is_empty() && name.len() <= 100 && !name.starts_with('.') && name.chars().all(plain)
}

fn invalid(file: &str, line: u64, said: &str, instead: &str) -> ToolError {
    fault(
        "invalid_profile",
        format!("{file}, line {line}: {said}."),
        format!("Write {instead}."),
    )
    .not_started(ErrorClass::Invalid)
}

fn io(path: &Path, why: &str) -> ToolError {
    let shown = fleet::visible(&path.to_string_lossy(), 300);
    fault(
        "profile_unreadable",
        format!("The profile {shown} cannot be read: {why}."),
        "Look at the file; it is YAML in UTF-8.",
    )
    .not_started(ErrorClass::Io)
}

fn not_found(folder: &Path, name: &str) -> ToolError {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some(
                entry
                    .file_name()
                    .to_str()?
                    .strip_suffix(".yaml")?
                    .to_owned(),
            )
        })
        .map(|name| fleet::visible(&name, 80))
        .take(20)
        .collect();
    names.push(DEFAULT.to_owned());
    names.sort();
    names.dedup();
    fault(
        "profile_not_found",
        format!("There is no profile {:?}.", fleet::visible(name, 80)),
        format!(
            "There are: {}. A profile is a file profiles/NAME.yaml in the data folder.",
            names.join(", ")
        ),
    )
    .not_started(ErrorClass::NotFound)
}
