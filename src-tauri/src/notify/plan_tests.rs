//! What is shown and closed, told as a story: after each line the actions in short. `+a:1` shows question a, `+a:2>1` in
//! place of number 1, `*` is the common one, `~` quiet, `-1` closes number 1.

use super::*;
use crate::waiting::tests::gate;

/// What happens in a line of a story.
enum Line {
    /// The questions that wait: name and revision of each.
    Wait(&'static [(&'static str, u32)]),
    /// A person dismisses this number.
    Dismiss(Number),
    /// The server is another one.
    Forget,
}
use Line::{Dismiss, Forget, Wait};

fn question(name: &str, revision: u32) -> Question {
    Question {
        run: RunId("run".to_owned()),
        what: What::Gate(gate(name)),
        revision,
        title: String::new(),
        words: String::new(),
        since_us: 0,
    }
}

fn short(action: &Action) -> String {
    match action {
        Action::Close(number) => format!("-{number}"),
        Action::Show {
            slot,
            replaces,
            quiet,
        } => {
            let name = match slot {
                Slot::One((_, What::Gate(gate))) => gate.step.to_string(),
                Slot::One((_, What::Doubt(step))) => step.to_string(),
                Slot::All => "*".to_owned(),
            };
            let quiet = if *quiet { "~" } else { "" };
            let place = replaces
                .map(|number| format!(">{number}"))
                .unwrap_or_default();
            format!("+{quiet}{name}{place}")
        }
    }
}

/// Plays a story; numbers are given as a server does: a new one each time, the same one where it replaces.
fn check(story: &[(Line, &str)]) {
    let mut shown = Shown::default();
    let mut last = 0;
    for (at, (line, wanted)) in story.iter().enumerate() {
        let actions = match line {
            Wait(list) => {
                let list: Vec<Question> = list
                    .iter()
                    .map(|(name, rev)| question(name, *rev))
                    .collect();
                shown.plan(&list)
            }
            Dismiss(number) => {
                shown.went(*number);
                Vec::new()
            }
            Forget => shown.forget().into_iter().map(Action::Close).collect(),
        };
        for action in &actions {
            if let Action::Show { slot, replaces, .. } = action {
                let number = replaces.unwrap_or_else(|| {
                    last += 1;
                    last
                });
                shown.showed(slot.clone(), number);
                assert_eq!(shown.slot_of(number), Some(slot));
            }
        }
        let did: Vec<String> = actions.iter().map(short).collect();
        assert_eq!(did.join(" "), *wanted, "line {}", at + 1);
    }
}

#[test]
fn one_notification_for_each_question_and_only_once() {
    check(&[
        (Wait(&[]), ""),
        (Wait(&[("a", 1)]), "+a"),
        (Wait(&[("a", 1)]), ""),
        (Wait(&[("a", 1), ("b", 1)]), "+b"),
        // Answered elsewhere.
        (Wait(&[("b", 1)]), "-1"),
        (Wait(&[]), "-2"),
        // The same gate again later is a new question.
        (Wait(&[("a", 1)]), "+a"),
    ]);
}

#[test]
fn a_card_opened_anew_takes_the_place_of_the_old_one() {
    check(&[
        (Wait(&[("a", 1)]), "+a"),
        (Wait(&[("a", 2)]), "+a>1"),
        (Wait(&[("a", 2)]), ""),
        (Dismiss(1), ""),
        (Wait(&[("a", 3)]), "+a"),
    ]);
}

#[test]
fn what_a_person_dismissed_does_not_come_back() {
    check(&[
        (Wait(&[("a", 1), ("b", 1)]), "+a +b"),
        (Dismiss(1), ""),
        (Wait(&[("a", 1), ("b", 1), ("c", 1)]), "+c"),
        (Wait(&[("b", 1), ("c", 1)]), ""),
        (Wait(&[]), "-2 -3"),
    ]);
}

#[test]
fn more_than_three_become_one_that_counts() {
    check(&[
        (Wait(&[("a", 1), ("b", 1), ("c", 1)]), "+a +b +c"),
        (
            Wait(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]),
            "-1 -2 -3 +*",
        ),
        (
            Wait(&[("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 1)]),
            "+*>4",
        ),
        // The count follows, without a sound.
        (Wait(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]), "+~*>4"),
        (Wait(&[("a", 1), ("b", 1)]), "+~*>4"),
        (Wait(&[("a", 1), ("b", 1)]), ""),
        (Wait(&[("a", 1), ("b", 1), ("f", 1)]), "+*>4"),
        (Wait(&[]), "-4"),
        (Wait(&[("g", 1)]), "+g"),
    ]);
}

#[test]
fn many_at_the_start_are_one() {
    check(&[(Wait(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]), "+*")]);
}

#[test]
fn a_count_that_was_dismissed_comes_back_only_with_something_new() {
    check(&[
        (Wait(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]), "+*"),
        (Dismiss(1), ""),
        (Wait(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]), ""),
        (Wait(&[("a", 1), ("b", 1)]), ""),
        (Wait(&[("a", 1), ("b", 1), ("e", 1)]), "+e"),
        (Wait(&[("a", 1), ("b", 1), ("e", 1), ("f", 1)]), "-2 +*"),
    ]);
}

#[test]
fn another_server_is_told_everything_that_waits() {
    check(&[
        (Wait(&[("a", 1), ("b", 1)]), "+a +b"),
        (Forget, "-1 -2"),
        (Wait(&[("a", 1), ("b", 1)]), "+a +b"),
    ]);
}
