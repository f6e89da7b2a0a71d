//! "Did you mean": the nearest permitted word, and lists of words for messages.

/// The nearest of the permitted words, when one is near enough to be meant.
pub(crate) fn nearest<'a>(
    word: &str,
    permitted: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let near = 1 + word.chars().count() / 4;
    permitted
        .into_iter()
        .map(|known| (distance(word, known), known))
        .filter(|(distance, _)| *distance <= near)
        .min()
        .map(|(_, known)| known)
}

/// Words that differ only in case or in `-` and `_` are as near as can be.
fn distance(word: &str, known: &str) -> usize {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    strsim::osa_distance(&plain(word), &plain(known))
}

/// `did you mean `x`?`, or all permitted words.
pub(crate) fn hint<'a>(word: &str, permitted: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, permitted.clone()) {
        Some(known) => format!("did you mean `{known}`?"),
        None => one_of(permitted),
    }
}

/// `known here: a, b, c`.
pub(crate) fn one_of<'a>(permitted: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<&str> = permitted.into_iter().collect();
    if words.is_empty() {
        "nothing may stand here".to_owned()
    } else {
        format!("known here: {}", words.join(", "))
    }
}
