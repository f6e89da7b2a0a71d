//! What a change to a file looks like on a card: a unified diff, or the sizes and hashes where a side is not text.

use similar::TextDiff;
use std::time::Duration;
use workflow::Digest;

/// The longest diff that is shown whole, in bytes.
const SHOWN_BYTES: usize = 256 * 1024;
/// After this the diff is coarser, but still exact.
const EFFORT: Duration = Duration::from_secs(2);

/// A difference for a card, and how many lines it adds and removes.
pub(crate) struct Difference {
    pub(crate) text: String,
    pub(crate) says: String,
}

/// The difference between two contents; `None` is no file.
pub(crate) fn difference(path: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> Difference {
    let text = |bytes: Option<&[u8]>| {
        std::str::from_utf8(bytes.unwrap_or_default())
            .ok()
            .map(str::to_owned)
    };
    let (Some(old), Some(new)) = (text(before), text(after)) else {
        let side = |bytes: Option<&[u8]>| match bytes {
            Some(bytes) => format!("{} bytes, sha256 {}", bytes.len(), Digest::of(bytes)),
            None => "no file".to_owned(),
        };
        let text = format!(
            "not text, no lines to compare\n- {}\n+ {}\n",
            side(before),
            side(after)
        );
        return Difference {
            text,
            says: "not text".to_owned(),
        };
    };
    let diff = TextDiff::configure().timeout(EFFORT).diff_lines(&old, &new);
    let (mut added, mut removed) = (0, 0);
    for change in diff.iter_all_changes() {
        match change.tag() {
            similar::ChangeTag::Insert => added += 1,
            similar::ChangeTag::Delete => removed += 1,
            similar::ChangeTag::Equal => {}
        }
    }
    let name = |bytes: Option<&[u8]>| bytes.map_or("/dev/null", |_| path);
    let mut text = diff
        .unified_diff()
        .context_radius(3)
        .header(name(before), name(after))
        .to_string();
    if text.len() > SHOWN_BYTES {
        let total = text.lines().count();
        let mut end = SHOWN_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        let hidden = total - text.lines().count();
        text.push_str(&format!("\n[{hidden} further lines of the difference are not shown; the call's arguments hold the whole content]\n"));
    }
    Difference {
        text,
        says: format!("{added} lines added, {removed} removed"),
    }
}
