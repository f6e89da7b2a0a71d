//! Reads what Rust's test harness prints: how many passed, which failed, and which said that they
//! were `SKIPPED:`. It runs nothing; `stream` feeds it line by line.

use std::collections::BTreeSet;

/// What the lines so far add up to.
#[derive(Default, Debug)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
    /// Names of failed tests.
    pub(crate) failures: BTreeSet<String>,
    /// The `SKIPPED: …` lines, each once.
    pub(crate) skips: BTreeSet<String>,
}

/// Follows one stream of lines.
#[derive(Default)]
pub(crate) struct Reader {
    pub(crate) tally: Tally,
    at: At,
}

/// Which part of the harness's output the next line belongs to.
#[derive(Default, PartialEq)]
enum At {
    #[default]
    Tests,
    /// `successes:`: the output of tests that passed. It is asked for because skips are in it,
    /// and hidden because nobody reads the rest.
    Successes,
    /// `failures:`, first the output of each, then the list of names.
    Failures(BTreeSet<String>),
}

impl Reader {
    /// Takes a line; true when a person should see it.
    pub(crate) fn line(&mut self, line: &str) -> bool {
        let text = line.trim_end();
        if let Some(at) = text.find("SKIPPED:") {
            // With --nocapture the harness's own `test name ... ` stands before it.
            self.tally.skips.insert(text[at..].to_owned());
        }
        if let Some(result) = text.strip_prefix("test result: ") {
            self.add(result);
            if let At::Failures(names) = std::mem::take(&mut self.at) {
                self.tally.failures.extend(names);
            }
            return true;
        }
        match text {
            "successes:" => self.at = At::Successes,
            // The second heading starts the list of names: what came before was output.
            "failures:" => self.at = At::Failures(BTreeSet::new()),
            _ => {
                if let At::Failures(names) = &mut self.at
                    && let Some(name) = text.strip_prefix("    ")
                {
                    names.insert(name.to_owned());
                }
            }
        }
        self.at != At::Successes
    }

    /// `ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s`
    fn add(&mut self, result: &str) {
        for part in result.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (Some(number), Some(what)) = (words.next(), words.next()) else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => self.tally.passed += number,
                "failed" => self.tally.failed += number,
                "ignored" => self.tally.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Tally, Vec<&str>) {
        let mut reader = Reader::default();
        let shown = text.lines().filter(|line| reader.line(line)).collect();
        (reader.tally, shown)
    }

    #[test]
    fn binaries_add_up_and_output_of_passed_tests_is_hidden() {
        let (tally, shown) = read(
            "running 2 tests\ntest a ... ok\ntest b ... ignored, long\n\nsuccesses:\n\n\
             ---- a stdout ----\nchatter\nSKIPPED: no second disk\n\n\nsuccesses:\n    a\n\n\
             test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s\n\n\
             running 1 test\n\
             test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s\n",
        );
        assert_eq!((tally.passed, tally.failed, tally.ignored), (8, 0, 1));
        assert_eq!(
            tally.skips.into_iter().collect::<Vec<_>>(),
            ["SKIPPED: no second disk"]
        );
        assert!(shown.contains(&"test a ... ok"));
        assert!(!shown.contains(&"chatter"));
        assert!(shown.contains(&"running 1 test"));
    }

    #[test]
    fn failures_are_named_and_their_output_is_shown() {
        let (tally, shown) = read(
            "test a::b ... FAILED\n\nfailures:\n\n---- a::b stdout ----\n    indented output\n\
             left: 1\n\n\nfailures:\n    a::b\n\n\
             test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        );
        assert_eq!((tally.passed, tally.failed), (3, 1));
        assert_eq!(tally.failures.into_iter().collect::<Vec<_>>(), ["a::b"]);
        assert!(shown.contains(&"left: 1"));
    }

    #[test]
    fn a_skip_is_seen_without_capture_too() {
        let (tally, _) = read("test tour ... SKIPPED: dunst is not installed\nok\n");
        assert!(tally.skips.contains("SKIPPED: dunst is not installed"));
    }
}
