//! What the scripts for hosts share: how they answer (`host.sh`), and what the failure of a command there means. Not how a
//! script travels: that is `transport`.

use workflow::ErrorClass;

/// One line of an answer: its word and what follows, split at spaces.
pub(crate) struct Line {
    pub(crate) word: String,
    pub(crate) rest: Vec<String>,
}

pub(crate) fn lines(stdout: &[u8]) -> Vec<Line> {
    // What a start-up file prints does not begin with RS, or stands before one on its line.
    stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let at = line.iter().rposition(|byte| *byte == 0x1e)?;
            let mut words = std::str::from_utf8(&line[at + 1..]).ok()?.split(' ');
            Some(Line {
                word: words.next()?.to_owned(),
                rest: words.map(str::to_owned).collect(),
            })
        })
        .collect()
}

/// A text that was sent as hex.
pub(crate) fn text(hex: Option<&String>) -> String {
    let bytes = bytes(hex.map_or("", String::as_str)).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Bytes that were sent as hex.
pub(crate) fn bytes(hex: &str) -> Option<Vec<u8>> {
    hex::decode(hex).ok()
}

/// What a command that failed on a host means: code, hint and class, by what it said in the C locale.
pub(crate) fn failure(said: &str) -> (&'static str, &'static str, ErrorClass) {
    let has = |text: &str| said.contains(text);
    if has("No space left") || has("quota exceeded") || has("Quota exceeded") {
        let hint = "Free some space on that filesystem, then run it again.";
        ("disk_full", hint, ErrorClass::Io)
    } else if has("Read-only file system") {
        let hint = "Choose another path, or find out why the filesystem is read-only.";
        ("read_only_filesystem", hint, ErrorClass::Io)
    } else if has("Permission denied") || has("not permitted") {
        let hint = "Give the user who logs in the right to that folder, or choose another path.";
        ("not_permitted", hint, ErrorClass::Auth)
    } else {
        let hint = "Look at the call's log and at the host's disk.";
        ("io_error", hint, ErrorClass::Io)
    }
}
