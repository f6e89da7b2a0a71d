//! What a label of an agent may be called and hold: the rules of Kubernetes. Choosing agents by labels is in
//! `selector`.

/// The most characters of a label's name (without its prefix) and of its value.
pub const LABEL_CHARS: usize = 63;

/// The most characters of a prefix, as of a DNS name.
const PREFIX_CHARS: usize = 253;

/// May a label be called this? A name of up to 63 letters, digits, `-`, `_`, `.` that begins and ends with a letter or
/// digit, with or without the DNS name of whoever defines it and a slash in front
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/>).
pub fn is_label_name(text: &str) -> bool {
    match text.rsplit_once('/') {
        None => is_word(text),
        Some((prefix, name)) => is_dns_name(prefix) && is_word(name),
    }
}

/// May a label hold this? As a name without prefix, or nothing at all.
pub fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_word(text)
}

/// Is this a DNS name in small letters (RFC 1123): at most 253 characters, parts of 1 to 63 letters, digits and `-`
/// between dots, none of them with `-` at an end?
pub fn is_dns_name(text: &str) -> bool {
    text.len() <= PREFIX_CHARS
        && text.split('.').all(|part| {
            (1..=LABEL_CHARS).contains(&part.len())
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                && !part.starts_with('-')
                && !part.ends_with('-')
        })
}

fn is_word(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= LABEL_CHARS
        && edge(text.chars().next())
        && edge(text.chars().next_back())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_as_in_kubernetes() {
        let long = "a".repeat(63);
        for name in ["role", "a", "0", "a-b_c.D", "example.com/role", &long] {
            assert!(is_label_name(name), "{name}");
        }
        let too_long = "a".repeat(64);
        for name in [
            "",
            "-a",
            "a-",
            "a b",
            "ä",
            "/a",
            "a/",
            "a/b/c",
            "Example.com/a",
            "-x/a",
            &too_long,
        ] {
            assert!(!is_label_name(name), "{name}");
        }
        assert!(is_label_value("") && is_label_value("v1.2") && !is_label_value("a/b"));
        assert!(is_dns_name("web-1.example.com") && !is_dns_name("web_1") && !is_dns_name("a..b"));
    }
}
