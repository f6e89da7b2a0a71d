//! Finding words in text, whatever their case: where they stand in a line, and whether a row has all of them. Plain
//! comparison of letters; no ranking, no near misses.

/// One letter for both cases. Letters whose small form is two (`İ`) count as the first of them.
fn fold(char: char) -> char {
    if char.is_ascii() {
        char.to_ascii_lowercase()
    } else {
        char.to_lowercase().next().unwrap_or(char)
    }
}

/// The letters to look for.
pub(crate) fn folded(words: &str) -> Vec<char> {
    words.chars().map(fold).collect()
}

/// Where `wanted` stands in `text`: places in bytes, start and end, one after the other.
pub(crate) fn places(text: &str, wanted: &[char]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((start, end)) = next_place(text, from, wanted) {
        found.push((start, end));
        from = end;
    }
    found
}

/// Whether `wanted` stands in `text`.
pub(crate) fn contains(text: &str, wanted: &[char]) -> bool {
    next_place(text, 0, wanted).is_some()
}

fn next_place(text: &str, from: usize, wanted: &[char]) -> Option<(usize, usize)> {
    let first = *wanted.first()?;
    let rest = &text[from..];
    rest.char_indices()
        .filter(|(_, char)| fold(*char) == first)
        .find_map(|(at, _)| {
            let mut letters = rest[at..].char_indices();
            for letter in wanted {
                let (_, char) = letters.next()?;
                if fold(char) != *letter {
                    return None;
                }
            }
            let end = letters.next().map_or(rest.len(), |(end, _)| at + end);
            Some((from + at, from + end))
        })
}

/// Whether every word of `query` stands in one of the `texts`, in any order; an empty query takes everything.
pub(crate) fn has_words(query: &str, texts: &[&str]) -> bool {
    query.split_whitespace().all(|word| {
        let word = folded(word);
        texts.iter().any(|text| contains(text, &word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, wanted: &str, found: &[&str]) {
        let places: Vec<_> = places(text, &folded(wanted))
            .into_iter()
            .map(|(start, end)| &text[start..end])
            .collect();
        assert_eq!(places, found, "{wanted:?} in {text:?}");
        assert_eq!(contains(text, &folded(wanted)), !found.is_empty());
    }

    #[test]
    fn letters_are_found_in_either_case() {
        check("Error: no error", "ERROR", &["Error", "error"]);
        check("ÜBER über", "über", &["ÜBER", "über"]);
        check("aaaa", "aa", &["aa", "aa"]);
        check("ab", "abc", &[]);
        check("xaab", "aab", &["aab"]);
        check("nothing", "", &[]);
        check("", "a", &[]);
        check("İx", "x", &["x"]);
    }

    #[test]
    fn all_words_are_needed_in_any_order() {
        let texts = ["Go to Runs", "every run of a workflow"];
        for (query, has) in [
            ("", true),
            ("  ", true),
            ("runs go", true),
            ("RUN workflow", true),
            ("runs fleet", false),
        ] {
            assert_eq!(has_words(query, &texts), has, "{query:?}");
        }
    }
}
