//! Text from elsewhere, made plain in Markdown (CommonMark and GitHub's tables and autolinks): it can neither start
//! markup, nor break out of a table, nor hide or reorder what is shown.

/// As running text or in a table's cell, never as the first word of a line. What reads well bare and means nothing
/// there stays bare; a page is read in terminals too.
pub(super) fn plain(text: &str) -> String {
    let shown = fleet::visible(text, 600);
    let mut escaped = String::with_capacity(shown.len() + 8);
    let mut characters = shown.chars().peekable();
    let mut before = None;
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        let is_markup = match character {
            ':' => next.is_some_and(|next| next != ' '),
            '.' => {
                escaped.len() >= 3
                    && escaped.as_bytes()[escaped.len() - 3..].eq_ignore_ascii_case(b"www")
            }
            // Within a word it means nothing.
            '_' => ![before, next]
                .iter()
                .all(|side| side.is_some_and(char::is_alphanumeric)),
            other => "\\`*[]<>#&|~@$".contains(other),
        };
        if is_markup {
            escaped.push('\\');
        }
        escaped.push(character);
        before = Some(character);
    }
    escaped
}

/// As quoted code, outside tables.
pub(super) fn code(text: &str) -> String {
    let shown = fleet::visible(text, 600);
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if shown.starts_with('`') || shown.ends_with('`') || shown.trim().is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{blank}{shown}{blank}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        for (text, shown) in [
            (
                "web-01.example.com: /var (90 %)!",
                "web-01.example.com: /var (90 %)!",
            ),
            ("agent_load _x_", "agent_load \\_x\\_"),
            ("# big", "\\# big"),
            ("a | b", "a \\| b"),
            ("[x](javascript:alert(1))", "\\[x\\](javascript\\:alert(1))"),
            ("<img src=x>", "\\<img src=x\\>"),
            ("http://evil.example", "http\\://evil.example"),
            ("WWW.evil.example", "WWW\\.evil.example"),
            ("root@evil.example", "root\\@evil.example"),
            ("two\nlines", "two\\<U+000A\\>lines"),
            ("\u{1b}[2J\u{202e}", "\\<U+001B\\>\\[2J\\<U+202E\\>"),
            (
                "&lt; *b* _i_ ~s~ $x$ a\\",
                "\\&lt; \\*b\\* \\_i\\_ \\~s\\~ \\$x\\$ a\\\\",
            ),
        ] {
            assert_eq!(plain(text), shown);
        }
        for (text, shown) in [
            ("df", "`df`"),
            ("a`b", "``a`b``"),
            ("`x`", "`` `x` ``"),
            ("a\n\n# b", "`a<U+000A><U+000A># b`"),
        ] {
            assert_eq!(code(text), shown);
        }
    }
}
