//! Splitting a line into words as a POSIX shell would, as Ansible does with host lines and ssh arguments. Nothing is
//! substituted: a `$` is a character.

/// A quote that is opened and not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unclosed {
    /// Where it is opened, in characters from 1.
    pub(super) column: usize,
}

/// The words of a line: quotes and backslashes are taken away, a `#` at the beginning of a word begins a comment when
/// comments are on.
pub(super) fn words(line: &str, comments: bool) -> Result<Vec<String>, Unclosed> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<(char, usize)> = None;
    let mut characters = line.chars().enumerate();
    while let Some((index, c)) = characters.next() {
        match quote {
            Some((open, _)) if c == open => quote = None,
            Some(('"', _)) if c == '\\' => {
                // Within double quotes a backslash is for these only (POSIX 2.2.3).
                let next = characters.next().map(|(_, next)| next);
                let word = word.get_or_insert_default();
                match next {
                    Some(next @ ('"' | '\\' | '$' | '`')) => word.push(next),
                    Some(next) => word.extend(['\\', next]),
                    None => word.push('\\'),
                }
            }
            Some(_) => word.get_or_insert_default().push(c),
            None if c.is_whitespace() => words.extend(word.take()),
            None if c == '#' && comments && word.is_none() => break,
            None if c == '\'' || c == '"' => {
                quote = Some((c, index + 1));
                word.get_or_insert_default();
            }
            None if c == '\\' => {
                let next = characters.next().map_or('\\', |(_, next)| next);
                word.get_or_insert_default().push(next);
            }
            None => word.get_or_insert_default().push(c),
        }
    }
    if let Some((_, column)) = quote {
        return Err(Unclosed { column });
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_as_a_shell_does() {
        for (line, expected) in [
            ("", &[][..]),
            ("  a  b ", &["a", "b"]),
            ("a='b c' d=\"e f\"", &["a=b c", "d=e f"]),
            ("a # b", &["a"]),
            ("a#b '#c'", &["a#b", "#c"]),
            (
                r#"a\ b "c\"d" 'e\f' "g\h""#,
                &["a b", "c\"d", "e\\f", "g\\h"],
            ),
            ("'' \"\"", &["", ""]),
        ] {
            assert_eq!(words(line, true).unwrap(), expected, "{line}");
        }
        assert_eq!(words("a # b", false).unwrap(), ["a", "#", "b"]);
        assert_eq!(words("a 'b", true), Err(Unclosed { column: 3 }));
    }
}
