//! A line of the ssh config in its words (ssh_config(5)): a keyword, then arguments, which may be quoted. Not what the
//! words mean.

/// The keyword in small letters and the rest of the line; nothing for a comment or an empty line.
pub(super) fn keyword(line: &str) -> Option<(String, &str)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line
        .find(|c: char| c.is_ascii_whitespace() || c == '=')
        .unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest).trim_start();
    Some((word.trim_matches('"').to_ascii_lowercase(), rest))
}

/// The arguments: split at spaces, `"` and `'` keep together, `\` before a quote, a backslash or a space takes it as it
/// is, `#` at the beginning of a word ends the line (`argv_split` in misc.c). Nothing when a quote stays open.
pub(super) fn arguments(rest: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = rest.chars().peekable();
    loop {
        while rest.next_if(char::is_ascii_whitespace).is_some() {}
        match rest.peek() {
            None | Some('#') => return Some(words),
            Some(_) => {}
        }
        let (mut word, mut quote) = (String::new(), None);
        while let Some(character) = rest.next() {
            match (character, quote) {
                ('\\', _) => match rest.next_if(|next| {
                    matches!(next, '"' | '\'' | '\\') || (quote.is_none() && *next == ' ')
                }) {
                    Some(next) => word.push(next),
                    None => word.push('\\'),
                },
                (mark @ ('"' | '\''), None) => quote = Some(mark),
                (mark, Some(open)) if mark == open => quote = None,
                (space, None) if space.is_ascii_whitespace() => break,
                (other, _) => word.push(other),
            }
        }
        if quote.is_some() {
            return None;
        }
        words.push(word);
    }
}
