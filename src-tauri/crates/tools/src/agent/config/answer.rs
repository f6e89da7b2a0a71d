//! What the scripts of configuration answer: lines that begin with RS, words split at spaces, texts and contents in hex.
//! Reading them only; nothing is asked here.

use super::state::State;
use crate::host::bytes;
pub(super) use crate::host::{Line, lines, text};
use workflow::Digest;

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Something in the way to it: not a folder, or not permitted.
    Obstacle(String),
    At(At),
}

/// What stands at a place whose folder could be entered, or would be if it existed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) state: State,
    pub(super) links: u64,
    pub(super) uid: Option<u32>,
    pub(super) size_bytes: u64,
    /// May this user create something in the folder, or in the nearest one that exists?
    pub(super) writable: bool,
    /// The path without links in it.
    pub(super) path: String,
    /// The folder itself does not exist yet.
    pub(super) folder_missing: bool,
    /// The content of a file that is not too large to be shown.
    pub(super) content: Option<Vec<u8>>,
}

/// What a look found, in the order of the paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// Who looked.
    pub(super) uid: u32,
    pub(super) seen: Vec<Seen>,
}

/// The record of a change that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) key: Digest,
    /// The script's word for what was done.
    pub(super) verb: String,
    pub(super) before: State,
    pub(super) after: State,
    pub(super) path: String,
    pub(super) changed: bool,
}

/// A backup, and what stands at its place now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Backup {
    pub(super) uid: u32,
    pub(super) record: Record,
    pub(super) seen: Seen,
    /// The hash of the copy that is kept, when one is.
    pub(super) kept: Option<Digest>,
    /// Its content, when it is not too large to be shown.
    pub(super) before: Option<Vec<u8>>,
}

/// Whether a change happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Done(Record),
    NotDone,
    Unknown(String),
}

/// The user who looked, and what was seen.
pub(super) fn parse_look(lines: &[Line]) -> Option<(u32, Vec<Seen>)> {
    let host = lines.iter().find(|line| line.word == "host")?;
    let uid = host.rest.first()?.parse().ok()?;
    let mut seen = Vec::new();
    for line in lines {
        match line.word.as_str() {
            "obstacle" => seen.push(Seen::Obstacle(text(line.rest.first()))),
            "entry" => seen.push(Seen::At(parse_entry(&line.rest)?)),
            "content" => match seen.last_mut() {
                Some(Seen::At(at)) => {
                    at.content = Some(bytes(line.rest.first().map_or("", String::as_str))?);
                }
                Some(Seen::Obstacle(_)) | None => return None,
            },
            _ => {}
        }
    }
    Some((uid, seen))
}

fn parse_entry(words: &[String]) -> Option<At> {
    let [
        kind,
        perms,
        links,
        uid,
        size,
        sha,
        writable,
        folder,
        rest,
        name,
    ] = words
    else {
        return None;
    };
    // A name that is not UTF-8 stands for itself nowhere in a record; it becomes visible as such and matches nothing.
    let (folder, name) = (text(Some(folder)), text(Some(name)));
    Some(At {
        state: State::parse(kind, sha, perms)?,
        links: links.parse().ok()?,
        uid: uid.parse().ok(),
        size_bytes: size.parse().ok()?,
        writable: writable == "yes",
        path: format!("{}/{name}", folder.trim_end_matches('/')),
        folder_missing: !rest.is_empty(),
        content: None,
    })
}

pub(super) fn parse_record(line: &Line) -> Option<Record> {
    let [key, verb, before @ .., path, changed] = line.rest.as_slice() else {
        return None;
    };
    let [b_kind, b_sha, b_perms, a_kind, a_sha, a_perms] = before else {
        return None;
    };
    Some(Record {
        key: key.parse().ok()?,
        verb: verb.clone(),
        before: State::parse(b_kind, b_sha, b_perms)?,
        after: State::parse(a_kind, a_sha, a_perms)?,
        path: text(Some(path)),
        changed: changed == "changed",
    })
}

/// A backup, from the answer of `recall`.
pub(super) fn parse_backup(lines: &[Line]) -> Option<Backup> {
    let field = |word: &str| lines.iter().find(|line| line.word == word);
    let (uid, seen) = parse_look(lines)?;
    Some(Backup {
        uid,
        record: parse_record(field("record")?)?,
        seen: seen.into_iter().next()?,
        kept: match field("kept") {
            Some(line) => line.rest.first()?.parse().ok(),
            None => None,
        },
        before: match field("before") {
            Some(line) => Some(bytes(line.rest.first().map_or("", String::as_str))?),
            None => None,
        },
    })
}
