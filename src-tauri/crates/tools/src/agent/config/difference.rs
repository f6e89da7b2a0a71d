//! What a change to a file or a folder of a host looks like on a card.

use super::SHOWN_BYTES;
use super::state::{State, Verb, octal};
use workflow::Digest;

/// One side of a difference.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side<'a> {
    /// There is no file.
    None,
    /// This content.
    Bytes(&'a [u8]),
    /// Too large to be shown.
    Hidden {
        size_bytes: u64,
        sha256: Option<Digest>,
    },
}

/// The difference as text, and in a few words.
pub(super) fn difference(
    path: &str,
    verb: Verb,
    modes: (State, State),
    (before, after): (Side<'_>, Side<'_>),
) -> (String, String) {
    let folder = |text: String| (text.clone(), text.trim_end().to_owned());
    let mode = |state: State| state.mode.map_or("unknown".to_owned(), octal);
    let mut shown = match verb {
        Verb::None => return (String::new(), "nothing".to_owned()),
        Verb::CreateDirectory => return folder(format!("a folder, mode {}\n", mode(modes.1))),
        Verb::RemoveDirectory => return folder("a folder, only if it is empty\n".to_owned()),
        Verb::ChmodDirectory | Verb::ChmodFile => {
            return folder(format!("mode {} -> {}\n", mode(modes.0), mode(modes.1)));
        }
        Verb::CreateFile | Verb::ModifyFile | Verb::RemoveFile => content(path, before, after),
    };
    match verb {
        Verb::CreateFile => shown.0.push_str(&format!("mode {}\n", mode(modes.1))),
        Verb::ModifyFile if modes.0.mode != modes.1.mode => {
            shown
                .0
                .push_str(&format!("mode {} -> {}\n", mode(modes.0), mode(modes.1)));
        }
        Verb::None
        | Verb::ModifyFile
        | Verb::ChmodFile
        | Verb::CreateDirectory
        | Verb::ChmodDirectory
        | Verb::RemoveFile
        | Verb::RemoveDirectory => {}
    }
    shown
}

fn content(path: &str, before: Side<'_>, after: Side<'_>) -> (String, String) {
    let bytes = |side: Side<'_>| match side {
        Side::None => 0,
        Side::Bytes(bytes) => bytes.len() as u64,
        Side::Hidden { size_bytes, .. } => size_bytes,
    };
    let hidden =
        |side: Side<'_>| matches!(side, Side::Hidden { .. }) || bytes(side) > SHOWN_BYTES as u64;
    if hidden(before) || hidden(after) {
        let says = |side: Side<'_>| {
            let hash = match side {
                Side::None => return "no file".to_owned(),
                Side::Bytes(bytes) => Some(Digest::of(bytes)),
                Side::Hidden { sha256, .. } => sha256,
            };
            let hash = hash.map_or("unknown".to_owned(), |hash| hash.to_string());
            format!("{} bytes, sha256 {hash}", bytes(side))
        };
        let text = format!(
            "over {SHOWN_BYTES} bytes: the lines are not compared\n- {}\n+ {}\n",
            says(before),
            says(after)
        );
        return (text, "too large to compare".to_owned());
    }
    let side = |side| match side {
        Side::Bytes(bytes) => Some(bytes),
        Side::None | Side::Hidden { .. } => None,
    };
    let found = crate::file::difference(path, side(before), side(after));
    (found.text, found.says)
}
