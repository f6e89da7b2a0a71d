//! What the keys that move do in a list: grids, menus, lists of options. Which element has the focus is their matter.

/// Where a key leads from row `here` of `count`; `None` for a key that does not move, or where there are no rows.
/// From no row at all it leads to an end. With `round` the arrows go round at the ends. `page` is in rows.
pub(super) fn moved(
    key: &str,
    here: Option<usize>,
    count: usize,
    page: usize,
    round: bool,
) -> Option<usize> {
    let last = count.checked_sub(1)?;
    let here = here.map(|here| here.min(last));
    let index = match (key, here) {
        ("Home", _) => 0,
        ("End", _) => last,
        ("ArrowDown" | "PageDown", None) => 0,
        ("ArrowUp" | "PageUp", None) => last,
        ("ArrowDown", Some(here)) if here == last && round => 0,
        ("ArrowUp", Some(0)) if round => last,
        ("ArrowDown", Some(here)) => (here + 1).min(last),
        ("ArrowUp", Some(here)) => here.saturating_sub(1),
        ("PageDown", Some(here)) => (here + page.max(1)).min(last),
        ("PageUp", Some(here)) => here.saturating_sub(page.max(1)),
        _ => return None,
    };
    Some(index)
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn keys_move_within_the_rows() {
        for (key, here, round, wanted) in [
            ("ArrowDown", None, false, Some(0)),
            ("ArrowUp", None, false, Some(9)),
            ("ArrowDown", Some(3), false, Some(4)),
            ("ArrowDown", Some(9), false, Some(9)),
            ("ArrowDown", Some(9), true, Some(0)),
            ("ArrowUp", Some(0), false, Some(0)),
            ("ArrowUp", Some(0), true, Some(9)),
            ("PageDown", Some(3), false, Some(7)),
            ("PageDown", Some(8), true, Some(9)),
            ("PageUp", Some(3), false, Some(0)),
            ("Home", Some(7), false, Some(0)),
            ("End", None, false, Some(9)),
            // A row that is gone counts as the last.
            ("ArrowUp", Some(40), false, Some(8)),
            ("Enter", Some(3), false, None),
            ("a", None, true, None),
        ] {
            assert_eq!(
                moved(key, here, 10, 4, round),
                wanted,
                "{key} {here:?} {round}"
            );
        }
        assert_eq!(moved("End", Some(0), 0, 4, false), None);
        assert_eq!(moved("PageDown", Some(0), 3, 0, false), Some(1));
    }
}
