//! OpenSSH's patterns (ssh_config(5), "PATTERNS"): `*`, `?`, and in lists `!`. Used for host names in known_hosts and in
//! the ssh config. Not the globs of file names.

/// Does the name match? `*` is any number of characters, `?` is one.
pub(crate) fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    // Where to go on when what follows the last `*` did not match: one character further. No recursion, so that a
    // pattern of many stars takes no longer than pattern times name.
    let mut again: Option<(usize, usize)> = None;
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                again = Some((at + 1, from));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[from] => {
                at += 1;
                from += 1;
            }
            Some(_) | None => {
                let Some((after_star, tried)) = again else {
                    return false;
                };
                again = Some((after_star, tried + 1));
                at = after_star;
                from = tried + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// Does the list, separated by commas, match the name without regard to case? One that matches a pattern with `!`
/// never does, and `!` alone never makes a match.
pub(crate) fn list_matches(list: &[u8], name: &[u8]) -> bool {
    one_of(list.split(|byte| *byte == b','), name)
}

/// The same for patterns that are apart already.
pub(crate) fn one_of<'a>(patterns: impl Iterator<Item = &'a [u8]>, name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let mut found = false;
    for pattern in patterns {
        let pattern = pattern.to_ascii_lowercase();
        match pattern.strip_prefix(b"!") {
            Some(not) if matches(not, &name) => return false,
            Some(_) => {}
            None => found |= matches(&pattern, &name),
        }
    }
    found
}
