//! What stands at a place of a host, and what shall stand there; which change leads from one to the other. Pure: the host
//! is asked in `host`.

use serde_json::{Map, Value as Json, json};
use workflow::Digest;

/// The kind of what stands at a place; a link is never followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Absent,
    File,
    Directory,
    Symlink,
    /// A device, a pipe, a socket.
    Other,
    /// It is there, and the user may not know more.
    Unreadable,
}

/// What stands, stood or shall stand at a place: what a change compares before it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) kind: Kind,
    /// The permission bits, with setuid, setgid and sticky.
    pub(super) mode: Option<u32>,
    /// The hash of a file, unless it is too large.
    pub(super) sha256: Option<Digest>,
}

/// What shall stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Desired {
    Nothing,
    Directory { mode: u32 },
    File { mode: u32, sha256: Digest },
}

/// The change that makes it so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// It is so already.
    None,
    CreateFile,
    ModifyFile,
    /// The same content with other permission bits.
    ChmodFile,
    CreateDirectory,
    ChmodDirectory,
    RemoveFile,
    RemoveDirectory,
}

impl Kind {
    const ALL: [Kind; 6] = [
        Kind::Absent,
        Kind::File,
        Kind::Directory,
        Kind::Symlink,
        Kind::Other,
        Kind::Unreadable,
    ];

    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Absent => "absent",
            Kind::File => "file",
            Kind::Directory => "directory",
            Kind::Symlink => "symlink",
            Kind::Other => "other",
            Kind::Unreadable => "unreadable",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl State {
    pub(super) const ABSENT: State = State {
        kind: Kind::Absent,
        mode: None,
        sha256: None,
    };

    /// From the three words of a script: kind, hash or -, nine letters or -.
    pub(super) fn parse(kind: &str, sha256: &str, perms: &str) -> Option<State> {
        Some(State {
            kind: Kind::parse(kind)?,
            mode: match perms {
                "-" => None,
                letters => Some(mode(letters)?),
            },
            sha256: match sha256 {
                "-" => None,
                hash => Some(hash.parse().ok()?),
            },
        })
    }

    /// The three words of a script.
    pub(super) fn words(self) -> [String; 3] {
        [
            self.kind.word().to_owned(),
            self.sha256.map_or("-".to_owned(), |hash| hash.to_string()),
            self.mode.map_or("-".to_owned(), letters),
        ]
    }

    /// As facts of a call, their names beginning with this word.
    pub(super) fn facts(self, prefix: &str) -> Map<String, Json> {
        let mode = self.mode.map(octal);
        [
            ("kind", json!(self.kind.word())),
            ("sha256", json!(self.sha256)),
            ("mode", json!(mode)),
        ]
        .into_iter()
        .map(|(name, fact)| (format!("{prefix}_{name}"), fact))
        .collect()
    }

    /// From the facts of a call.
    pub(super) fn from_facts<'a>(
        prefix: &str,
        fact: impl Fn(&str) -> Option<&'a Json>,
    ) -> Option<State> {
        let word = |name: &str| fact(&format!("{prefix}_{name}")).and_then(Json::as_str);
        Some(State {
            kind: Kind::parse(word("kind")?)?,
            mode: match word("mode") {
                Some(text) => Some(u32::from_str_radix(text, 8).ok()?),
                None => None,
            },
            sha256: match word("sha256") {
                Some(hash) => Some(hash.parse().ok()?),
                None => None,
            },
        })
    }

    /// In words, for messages.
    pub(super) fn says(self) -> String {
        let mode = self.mode.map(|mode| format!(", mode {}", octal(mode)));
        let hash = self.sha256.map(|hash| format!(", sha256 {hash}"));
        let kind = match self.kind {
            Kind::Absent => "nothing",
            Kind::File => "a file",
            Kind::Directory => "a folder",
            Kind::Symlink => "a symbolic link",
            Kind::Other => "a device, pipe or socket",
            Kind::Unreadable => "something that may not be looked at",
        };
        format!(
            "{kind}{}{}",
            mode.unwrap_or_default(),
            hash.unwrap_or_default()
        )
    }
}

impl Desired {
    /// As a state.
    pub(super) fn state(&self) -> State {
        match self {
            Desired::Nothing => State::ABSENT,
            Desired::Directory { mode } => State {
                kind: Kind::Directory,
                mode: Some(*mode),
                sha256: None,
            },
            Desired::File { mode, sha256 } => State {
                kind: Kind::File,
                mode: Some(*mode),
                sha256: Some(*sha256),
            },
        }
    }

    /// The change from that state; none when only removing what is in the way would do.
    pub(super) fn verb(&self, now: State) -> Option<Verb> {
        Some(match (self, now.kind) {
            (Desired::Nothing, Kind::Absent) => Verb::None,
            (Desired::Nothing, Kind::File) => Verb::RemoveFile,
            (Desired::Nothing, Kind::Directory) => Verb::RemoveDirectory,
            (Desired::Directory { .. }, Kind::Absent) => Verb::CreateDirectory,
            // Setgid and sticky come from the folder above or from a person, and stay.
            (Desired::Directory { mode }, Kind::Directory)
                if now.mode.map(|now| now & 0o777) == Some(*mode) =>
            {
                Verb::None
            }
            (Desired::Directory { .. }, Kind::Directory) => Verb::ChmodDirectory,
            (Desired::File { .. }, Kind::Absent) => Verb::CreateFile,
            (Desired::File { mode, sha256 }, Kind::File) if now.sha256 == Some(*sha256) => {
                if now.mode == Some(*mode) {
                    Verb::None
                } else {
                    Verb::ChmodFile
                }
            }
            (Desired::File { .. }, Kind::File) => Verb::ModifyFile,
            (_, _) => return None,
        })
    }
}

impl Verb {
    /// The word on cards and in plans.
    pub(super) fn word(self) -> &'static str {
        match self {
            Verb::None => "none",
            Verb::CreateFile | Verb::CreateDirectory => "create",
            Verb::ModifyFile => "modify",
            Verb::ChmodFile | Verb::ChmodDirectory => "chmod",
            Verb::RemoveFile | Verb::RemoveDirectory => "delete",
        }
    }

    /// The word for the script.
    pub(super) fn script(self) -> &'static str {
        match self {
            Verb::None => "none",
            Verb::CreateFile | Verb::ModifyFile | Verb::ChmodFile => "file",
            Verb::CreateDirectory => "mkdir",
            Verb::ChmodDirectory => "chmod",
            Verb::RemoveFile => "remove",
            Verb::RemoveDirectory => "rmdir",
        }
    }
}

/// Permission bits as people write them.
pub(super) fn octal(mode: u32) -> String {
    format!("{mode:04o}")
}

/// Permission bits as `ls` writes them, without the kind.
pub(super) fn letters(mode: u32) -> String {
    let special = [(0o4000, 's'), (0o2000, 's'), (0o1000, 't')];
    let mut text = String::with_capacity(9);
    for (index, (bit, letter)) in special.into_iter().enumerate() {
        let three = mode >> (6 - 3 * index);
        text.push(if three & 4 != 0 { 'r' } else { '-' });
        text.push(if three & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & bit != 0, three & 1 != 0) {
            (false, false) => '-',
            (false, true) => 'x',
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
        });
    }
    text
}

/// Permission bits from what `ls` writes.
pub(super) fn mode(text: &str) -> Option<u32> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() != 9 {
        return None;
    }
    let mut mode = 0;
    for (index, three) in chars.chunks(3).enumerate() {
        let shift = 6 - 3 * index;
        let special = 0o4000 >> index;
        mode |= match three[0] {
            'r' => 4 << shift,
            '-' => 0,
            _ => return None,
        };
        mode |= match three[1] {
            'w' => 2 << shift,
            '-' => 0,
            _ => return None,
        };
        mode |= match three[2] {
            'x' => 1 << shift,
            's' | 't' => (1 << shift) | special,
            'S' | 'T' => special,
            '-' => 0,
            _ => return None,
        };
    }
    Some(mode)
}

#[cfg(test)]
mod tests {
    use super::{letters, mode};

    #[test]
    fn every_mode_reads_as_it_is_written() {
        for bits in 0..=0o7777 {
            assert_eq!(mode(&letters(bits)), Some(bits), "{bits:o}");
        }
        assert_eq!(letters(0o4755), "rwsr-xr-x");
        for wrong in ["", "rwx", "rwxrwxrwz", "rwxrwxrwxrwx"] {
            assert_eq!(mode(wrong), None, "{wrong}");
        }
    }
}
