//! What a search in a growing list of lines has found so far. Only new lines are looked at again; what a line says is
//! asked from the caller.

use super::find;

/// The lines that have the words.
#[derive(Clone, Default)]
pub(super) struct Found {
    query: String,
    /// Folded letters of the query, for marking them in a line.
    pub(super) letters: Vec<char>,
    lines: Vec<usize>,
    looked_at: usize,
    at: Option<usize>,
}

impl Found {
    /// Looks for `query` in the lines up to `count` that were not looked at yet; `has` says whether a line has the
    /// letters. A list that has become shorter is another list.
    pub(super) fn look(&mut self, query: &str, count: usize, has: &dyn Fn(usize, &[char]) -> bool) {
        if self.query != query || count < self.looked_at {
            *self = Self {
                query: query.to_owned(),
                letters: find::folded(query),
                ..Self::default()
            };
        }
        if !self.letters.is_empty() {
            let new = (self.looked_at..count).filter(|line| has(*line, &self.letters));
            self.lines.extend(new);
        }
        self.looked_at = count;
    }

    /// Goes to the next line that has them, or the one before; round at the ends. The first step leads to the first one
    /// at or after line `from` (backwards: before it).
    pub(super) fn step(&mut self, back: bool, from: usize) -> Option<usize> {
        let count = self.lines.len();
        let next = match (self.at, back) {
            _ if count == 0 => return None,
            (Some(at), false) => (at + 1) % count,
            (Some(at), true) => (at + count - 1) % count,
            (None, false) => self.lines.partition_point(|line| *line < from) % count,
            (None, true) => (self.lines.partition_point(|line| *line < from) + count - 1) % count,
        };
        self.at = Some(next);
        self.lines.get(next).copied()
    }

    /// The line where the search stands.
    pub(super) fn here(&self) -> Option<usize> {
        self.lines.get(self.at?).copied()
    }

    /// `3 of 17 lines`, `17 lines`, `Nothing found`; nothing without a query.
    pub(super) fn words(&self) -> String {
        match (self.query.is_empty(), self.lines.len(), self.at) {
            (true, _, _) => String::new(),
            (false, 0, _) => "Nothing found".to_owned(),
            (false, 1, _) => "1 line".to_owned(),
            (false, count, None) => count.to_string() + " lines",
            (false, count, Some(at)) => {
                (at + 1).to_string() + " of " + &count.to_string() + " lines"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 6] = ["a fault", "b", "FAULT", "c", "default", "d"];

    fn look(found: &mut Found, query: &str, count: usize) {
        found.look(query, count, &|line, letters| {
            find::contains(LINES[line], letters)
        });
    }

    #[test]
    fn steps_go_round_and_start_where_one_reads() {
        let mut found = Found::default();
        assert_eq!(found.words(), "");
        look(&mut found, "fault", 6);
        assert_eq!(found.words(), "3 lines");
        assert_eq!(found.step(false, 1), Some(2));
        assert_eq!(
            (found.words().as_str(), found.here()),
            ("2 of 3 lines", Some(2))
        );
        assert_eq!(found.step(false, 0), Some(4));
        assert_eq!(found.step(false, 0), Some(0));
        assert_eq!(found.step(true, 0), Some(4));

        look(&mut found, "faul", 6);
        assert_eq!(
            found.step(true, 0),
            Some(4),
            "backwards from the start is the end"
        );
        look(&mut found, "d", 6);
        assert_eq!(found.step(false, 6), Some(4), "past the end is the first");
    }

    #[test]
    fn new_lines_are_added_and_the_place_is_kept() {
        let mut found = Found::default();
        look(&mut found, "fault", 3);
        assert_eq!(found.step(false, 0), Some(0));
        look(&mut found, "fault", 6);
        assert_eq!(
            (found.words().as_str(), found.here()),
            ("1 of 3 lines", Some(0))
        );
        look(&mut found, "zebra", 6);
        assert_eq!(
            (found.words().as_str(), found.step(false, 0)),
            ("Nothing found", None)
        );
        look(&mut found, "", 6);
        assert_eq!(found.words(), "");
    }
}
