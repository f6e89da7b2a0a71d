//! Jobs whose scripts are killed at every point, started many times at once, or overtaken: the body runs once.

use super::{Host, alive, cancelled, comes, exited, killed_at, points, shells};
use crate::job::answer::{Reason, State};
use crate::job::host::{CANCEL, FORGET, SETTLE, START, SUPERVISOR};

const BODY: &str = "echo run; sleep 0.2";

#[test]
fn a_start_that_is_killed_anywhere_and_sent_again_runs_once() {
    for shell in shells() {
        for point in points(include_str!("../start.sh")) {
            let host = Host::new(shell);
            let words = host.order(1, BODY, &[], SUPERVISOR);
            let output = host.run(&killed_at(START, point), &words.words());
            assert!(!output.status.success(), "{shell} {point}: not reached");
            host.start(BODY, &[]);
            assert!(exited(0, &host.over()), "{shell} {point}");
            assert_eq!(host.log(), "run\n", "{shell} {point}");
            host.forget();
            let left = std::fs::read_dir(host.path("jobs")).unwrap().count();
            assert_eq!(left, 0, "{shell} {point}: nothing is left");
        }
    }
}

/// It is asked whether it began, after it was killed: what is said is so, and stays so.
#[test]
fn a_start_that_is_killed_anywhere_is_settled() {
    for point in points(include_str!("../start.sh")) {
        let host = Host::new("/bin/dash");
        let words = host.order(1, BODY, &[], SUPERVISOR);
        host.run(&killed_at(START, point), &words.words());
        let seen = host.settle(2, "no");
        if seen.state == State::None {
            assert_eq!(
                host.fault(START, &words.words()),
                "overtaken not_started",
                "{point}"
            );
            assert_eq!(host.log(), "", "{point}");
            assert_eq!(host.settle(3, "no").state, State::None, "{point}");
        }
        let later = host.order(4, BODY, &[], SUPERVISOR);
        host.says(START, &later.words());
        assert!(exited(0, &host.over()), "{point}");
        assert_eq!(host.log(), "run\n", "{point}");
    }
}

/// The supervisor itself is killed: what was not begun is begun, and what was begun is never begun again.
#[test]
fn a_supervisor_that_is_killed_anywhere_never_runs_the_body_twice() {
    for shell in shells() {
        for point in points(include_str!("../sup.sh")) {
            let host = Host::new(shell);
            let sup = killed_at(SUPERVISOR, point);
            let words = host.order(1, BODY, &[], &sup);
            let output = host.run(START, &words.words());
            if point == "ready" {
                assert!(
                    crate::job::answer::parse_seen(&crate::host::lines(&output.stdout)).is_none()
                );
                // The supervisor is of the folder, and the folder of the first start.
                std::fs::write(
                    host.own("sup"),
                    host.order(1, BODY, &[], SUPERVISOR).words()[2],
                )
                .unwrap();
                host.start(BODY, &[]);
                assert!(exited(0, &host.over()), "{shell}");
            } else {
                assert_eq!(
                    host.over().state,
                    State::Lost(Reason::Killed),
                    "{shell} {point}"
                );
                let again = host.start(BODY, &[]);
                assert_eq!(again.state, State::Lost(Reason::Killed), "{shell} {point}");
            }
            let log = if point == "claimed" { "" } else { "run\n" };
            assert_eq!(host.log(), log, "{shell} {point}");
        }
    }
}

#[test]
fn twenty_starts_at_once_run_it_once() {
    for shell in shells() {
        let host = Host::new(shell);
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    let state = host.start(BODY, &[]).state;
                    assert!(
                        matches!(state, State::Running | State::Exited { code: 0, .. }),
                        "{shell}: {state:?}"
                    );
                });
            }
        });
        assert!(exited(0, &host.over()), "{shell}");
        assert_eq!(host.log(), "run\n", "{shell}");
        host.forget();
        let left = std::fs::read_dir(host.path("jobs")).unwrap().count();
        assert_eq!(left, 0, "{shell}");
    }
}

/// Starts, questions and cancels of one job at once: it runs once or never, and everybody is told the truth.
#[test]
fn starts_and_questions_at_once_agree() {
    for round in 0..10 {
        let host = Host::new("/bin/dash");
        let told = std::sync::Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for sent in 1..=4 {
                let (host, told) = (&host, &told);
                scope.spawn(move || {
                    let words = host.order(sent, BODY, &[], SUPERVISOR);
                    host.run(START, &words.words());
                });
                scope.spawn(move || {
                    let seen = host.settle(sent + 1, "no");
                    told.lock().unwrap().push(seen.state == State::None);
                });
            }
        });
        let seen = host.settle(9, "no");
        let began = seen.state != State::None;
        if began {
            host.over();
        }
        assert_eq!(
            host.log(),
            if began { "run\n" } else { "" },
            "round {round}"
        );
        let words = host.order(8, BODY, &[], SUPERVISOR);
        if !began {
            assert_eq!(host.fault(START, &words.words()), "overtaken not_started");
        }
        let words = host.order(10, BODY, &[], SUPERVISOR);
        host.says(START, &words.words());
        host.over();
        assert_eq!(host.log(), "run\n", "round {round}");
    }
}

#[test]
fn a_cancel_that_is_killed_anywhere_goes_on_when_asked_again() {
    for (number, point) in ["marked", "asked", "waited", "killed"]
        .into_iter()
        .enumerate()
    {
        let host = Host::new("/bin/dash");
        let sleep = format!("61.60{number}");
        host.start(
            &format!("trap '' TERM; echo up; sleep {sleep}; sleep {sleep}"),
            &[],
        );
        assert!(comes(|| alive(&sleep)));
        let output = host.run(&killed_at(CANCEL, point), &["1"]);
        assert!(!output.status.success(), "{point}: not reached");
        assert!(cancelled(&host.cancel()), "{point}");
        assert!(!alive(&sleep) && cancelled(&host.over()), "{point}");
    }
}

#[test]
fn one_that_has_not_begun_is_cancelled_too() {
    let host = Host::new("/bin/dash");
    let words = host.order(1, BODY, &[], SUPERVISOR);
    host.run(&killed_at(START, "turned"), &words.words());
    assert_eq!(host.look().state, State::Queued);
    assert!(cancelled(&host.cancel()));
    assert!(cancelled(&host.start(BODY, &[])));
    assert_eq!(host.log(), "");
}

#[test]
fn a_question_or_a_forgetting_that_is_killed_is_asked_again() {
    let host = Host::new("/bin/dash");
    let asked = format!("{:020}", 5);
    host.run(&killed_at(SETTLE, "fenced"), &[&asked, "no", "2"]);
    let late = host.order(4, BODY, &[], SUPERVISOR);
    assert_eq!(host.fault(START, &late.words()), "overtaken not_started");
    host.says(START, &host.order(6, BODY, &[], SUPERVISOR).words());
    assert!(exited(0, &host.over()));
    host.run(&killed_at(FORGET, "moved"), &[]);
    assert_eq!(host.look().state, State::None);
    host.forget();
    assert_eq!(std::fs::read_dir(host.path("jobs")).unwrap().count(), 0);
}
