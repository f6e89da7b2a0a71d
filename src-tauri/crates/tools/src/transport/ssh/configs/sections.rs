//! Which sections of an ssh config apply to a name, and nothing of what they say. Where that cannot be told from the
//! `Host` lines alone, it says so, and each name is asked for by itself.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How deep files may include files (readconf.c has the same bound).
const MOST_DEPTH: usize = 16;
/// The most that is read of one file; more is not told.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// When a file was changed and how long it is; none when there is none.
type Stamp = Option<(SystemTime, u64)>;

/// The `Host` lines of a config.
#[derive(Debug, Default)]
pub(super) struct Sections {
    /// Everything that was looked at, as it was.
    looked_at: Vec<(PathBuf, Stamp)>,
    /// The patterns of each `Host` line.
    lines: Vec<Vec<String>>,
    /// Something in it depends on the name in another way.
    by_name: bool,
}

/// The files that ssh reads when none is named (ssh_config(5)).
pub(super) fn usual() -> Vec<PathBuf> {
    let own = std::env::home_dir().map(|home| home.join(".ssh/config"));
    own.into_iter()
        .chain([PathBuf::from("/etc/ssh/ssh_config")])
        .collect()
}

impl Sections {
    pub(super) fn read(roots: &[PathBuf]) -> Sections {
        let mut sections = Sections::default();
        for root in roots {
            sections.add(root, 0);
        }
        sections
    }

    /// Has nothing that was looked at changed?
    pub(super) fn still_so(&self) -> bool {
        self.looked_at
            .iter()
            .all(|(path, then)| stamp(path) == *then)
    }

    /// Which lines apply to a name; `None` when that does not settle what the config says.
    pub(super) fn that_apply(&self, name: &str) -> Option<Vec<bool>> {
        (!self.by_name).then(|| self.lines.iter().map(|line| applies(line, name)).collect())
    }

    fn add(&mut self, path: &Path, depth: usize) {
        let stamp = stamp(path);
        self.looked_at.push((path.to_owned(), stamp));
        let Some((_, size)) = stamp else { return };
        if depth > MOST_DEPTH || size > MOST_BYTES {
            self.by_name = true;
            return;
        }
        let Ok(text) = std::fs::read_to_string(path) else {
            // A device such as /dev/null is empty; what cannot be read is ssh's to complain about.
            self.by_name |= path != Path::new("/dev/null");
            return;
        };
        for line in text.lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let end = line
                .find(|letter: char| letter.is_whitespace() || letter == '=')
                .unwrap_or(line.len());
            let rest =
                line[end..].trim_matches(|letter: char| letter.is_whitespace() || letter == '=');
            match line[..end].to_ascii_lowercase().as_str() {
                "host" => {
                    let patterns = rest.replace('"', "").to_ascii_lowercase();
                    self.lines
                        .push(patterns.split_whitespace().map(str::to_owned).collect());
                }
                "include" => rest
                    .split_whitespace()
                    .for_each(|word| self.include(word.trim_matches('"'), path, depth)),
                // These look at the name, at the user, or at the world.
                "match" | "canonicalizehostname" => self.by_name = true,
                // %h and its like stand for the name.
                _ => self.by_name |= rest.contains('%'),
            }
        }
    }

    /// The files of an `Include`: a path, or a folder with a pattern for its files.
    fn include(&mut self, word: &str, from: &Path, depth: usize) {
        let base = if from.starts_with("/etc") {
            Some(PathBuf::from("/etc/ssh"))
        } else {
            std::env::home_dir().map(|home| home.join(".ssh"))
        };
        let expanded = match (word.strip_prefix("~/"), std::env::home_dir()) {
            (Some(rest), Some(home)) => Some(home.join(rest)),
            (Some(_), None) => None,
            (None, _) => base.map(|base| base.join(word)),
        };
        let Some((folder, name)) = expanded
            .as_deref()
            .and_then(|path| Some((path.parent()?, path.file_name()?.to_str()?)))
        else {
            self.by_name = true;
            return;
        };
        let special = |text: &str| text.contains(['*', '?', '[', '{', '$', '~']);
        if special(&folder.to_string_lossy())
            || (special(name) && name.contains(['[', '{', '$', '~']))
        {
            self.by_name = true;
        } else if special(name) {
            self.looked_at.push((folder.to_owned(), stamp(folder)));
            let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| {
                    path.file_name()
                        .and_then(|file| file.to_str())
                        .is_some_and(|file| matches(name, file))
                })
                .collect();
            found.sort();
            for path in found {
                self.add(&path, depth + 1);
            }
        } else {
            self.add(&folder.join(name), depth + 1);
        }
    }
}

/// ssh_config(5), PATTERNS: any that matches, unless one with `!` matches too.
fn applies(patterns: &[String], name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut some = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(not) if matches(not, &name) => return false,
            Some(_) => {}
            None => some |= matches(pattern, &name),
        }
    }
    some
}

/// `*` stands for any text, `?` for one character.
fn matches(pattern: &str, text: &str) -> bool {
    let mut letters = pattern.chars();
    match letters.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = letters.as_str();
            if rest.is_empty() {
                return true;
            }
            text.char_indices()
                .map(|(at, _)| &text[at..])
                .any(|tail| matches(rest, tail))
        }
        Some(letter) => {
            let mut others = text.chars();
            others
                .next()
                .is_some_and(|other| letter == '?' || letter == other)
                && matches(letters.as_str(), others.as_str())
        }
    }
}

fn stamp(path: &Path) -> Stamp {
    let data = path.metadata().ok()?;
    Some((data.modified().ok()?, data.len()))
}

#[cfg(test)]
mod tests {
    use super::{Sections, matches};

    #[test]
    fn names_share_what_the_same_sections_say() {
        let folder = tempfile::tempdir().unwrap();
        let (config, more) = (
            folder.path().join("config"),
            folder.path().join("more.conf"),
        );
        std::fs::write(&more, "Host db-*\nUser d\n").unwrap();
        let include = format!("Include {}/*.conf\n", folder.path().display());
        let read = |text: &str| {
            std::fs::write(&config, text).unwrap();
            Sections::read(std::slice::from_ref(&config))
        };
        let plain = read(&format!(
            "{include}HOST = \"web-1\" !web-2 web-?\n  User w\nHost *\n"
        ));
        let shared = |one: &str, two: &str| plain.that_apply(one) == plain.that_apply(two);
        assert!(plain.that_apply("10.0.0.1").is_some());
        assert!(
            shared("10.0.0.1", "10.0.0.2") && shared("WEB-1", "web-3") && shared("db-1", "db-2")
        );
        assert!(!shared("web-1", "web-2") && !shared("db-1", "10.0.0.1"));
        assert!(plain.still_so());
        std::fs::write(&more, "Host other-name\n").unwrap();
        assert!(!plain.still_so(), "a file that is included changed");
        for by_name in [
            "Match host x\n",
            "UserKnownHostsFile ~/.ssh/known/%h\n",
            "CanonicalizeHostname yes\n",
            "Include ~x/[a-b]\n",
        ] {
            assert_eq!(read(by_name).that_apply("x"), None, "{by_name}");
        }
        assert!(matches("a*c?", "abbcd") && !matches("a*c?", "abbc") && !matches("*x", ""));
    }
}
