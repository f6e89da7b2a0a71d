//! Text from elsewhere, made plain in Markdown (CommonMark and GitHub's tables and autolinks): it can neither start
//! markup, nor break out of a table, nor hide or reorder what is shown.

/// As running text or in a table's cell.
pub(super) fn plain(text: &str) -> String {
    let shown = fleet::visible(text, 600);
    let mut escaped = String::with_capacity(shown.len() + 8);
    for character in shown.chars() {
        // Every ASCII punctuation character may be escaped; those that read better bare and mean nothing stay.
        // The colon and the at sign start autolinks, the point ends a list number and makes www. a link.
        let keeps = matches!(character, ',' | ';' | '?' | '%' | '\'' | '"' | '/' | '=' | '$' | '^');
        if character.is_ascii_punctuation() && !keeps {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// As quoted code, outside tables.
pub(super) fn code(text: &str) -> String {
    let shown = fleet::visible(text, 600);
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if shown.starts_with('`') || shown.ends_with('`') || shown.trim().is_empty() { " " } else { "" };
    format!("{fence}{blank}{shown}{blank}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        for (text, shown) in [
            ("web-01", "web\\-01"),
            ("# big", "\\# big"),
            ("a | b", "a \\| b"),
            ("[x](javascript:alert(1))", "\\[x\\]\\(javascript\\:alert\\(1\\)\\)"),
            ("<img src=x>", "\\<img src=x\\>"),
            ("http://evil.example", "http\\://evil\\.example"),
            ("www.evil.example", "www\\.evil\\.example"),
            ("two\nlines", "two\\<U\\+000A\\>lines"),
            ("\u{1b}[2J\u{202e}", "\\<U\\+001B\\>\\[2J\\<U\\+202E\\>"),
            ("&lt;", "\\&lt;"),
        ] {
            assert_eq!(plain(text), shown);
        }
        for (text, shown) in [("df", "`df`"), ("a`b", "``a`b``"), ("`x`", "`` `x` ``"), ("a\n\n# b", "`a<U+000A><U+000A># b`")] {
            assert_eq!(code(text), shown);
        }
    }
}
