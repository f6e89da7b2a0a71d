//! semantics.md 15: time.

use crate::bench::*;
use serde_json::json;
use workflow::{
    Actor, Answer, Command, Decision, Effect, ErrorClass::*, GateId, Outcome::*, TimerId,
};

#[test]
fn s15_the_journals_time_never_goes_back() {
    let mut bench = check(Case {
        run: "waiting",
        ..case(vec![
            call("write", "write").before(gate()),
            call("more", "read"),
        ])
    });
    let last = bench.run.last_at_us();
    bench.clock_us -= 500_000_000;
    bench.approve("write.before").work();
    assert!(
        bench
            .records
            .iter()
            .all(|record| record.at_us >= 1_000_000_000)
    );
    assert_eq!(bench.run.last_at_us(), last);
    assert_eq!(bench.run.state().word(), "completed");
}

#[test]
fn s15_a_late_answer_is_an_expiry_and_a_refusal_even_before_the_timer() {
    for late_ms in [2000, 2001, 1_000_000] {
        let mut bench = check(Case {
            run: "waiting",
            ..case(vec![call("write", "write").before(gate().wait(2000))])
        });
        bench.clock_us += late_ms * 1000;
        let refusal = bench
            .decide("write.before", Decision::Approve)
            .unwrap()
            .expect("it is refused");
        assert_eq!(refusal.code, "expired");
        assert_eq!(bench.last()[0], "gate_expired write.before");
        assert_eq!(bench.run.state().word(), "failed");
        assert!(bench.world.changes.is_empty());
        // The timer that comes now is late itself.
        let gate: GateId = "write.before".parse().unwrap();
        let timer = Command::Timer(TimerId::GateExpiry { gate, revision: 1 });
        assert_eq!(bench.ask(Actor::engine(), timer), Ok(None));
        assert!(bench.verdicts.last().unwrap().is_empty());
    }
    let mut bench = check(Case {
        run: "waiting",
        ..case(vec![call("write", "write").before(gate().wait(2000))])
    });
    bench.clock_us += 1_999_999;
    assert_eq!(bench.decide("write.before", Decision::Approve), Ok(None));
}

#[test]
fn s15_a_stale_timer_is_ignored() {
    let mut bench = check(Case {
        run: "waiting",
        ..case(vec![
            call("write", "write").before(gate().wait(2000).remind(500).redo(None, 3)),
        ])
    });
    let first = bench.run.timers().clone();
    assert_eq!(first.len(), 2);
    bench
        .decide(
            "write.before",
            Decision::Redo {
                feedback: String::new(),
            },
        )
        .unwrap();
    bench.clock_us += 1_000_000;
    bench.work();
    bench.clock_us += 1_500_000;
    // Both name revision 1 and are past their time; the gate stands at revision 2.
    for timer in first.keys() {
        bench
            .ask(Actor::engine(), Command::Timer(timer.clone()))
            .unwrap();
        assert!(bench.verdicts.last().unwrap().is_empty(), "{timer:?}");
    }
    assert!(bench.gate("write.before").is_open());
    // A timer before its time is ignored as well.
    let timer = bench.run.timers().keys().next().unwrap().clone();
    bench.clock_us -= 1_500_000;
    let early = Command::Timer(timer);
    bench.ask(Actor::engine(), early).unwrap();
}

#[test]
fn s15_reminders_count_up_and_a_gate_that_holds_never_closes() {
    let mut bench = check(Case {
        run: "waiting",
        ..case(vec![
            call("write", "write").before(gate().holds(1000).remind(700)),
        ])
    });
    bench.pass(700).pass(700).pass(700 * 50);
    let Some(Effect::Alert { reminders, .. }) = bench.run.outstanding().values().next() else {
        panic!()
    };
    assert_eq!(*reminders, 52, "overdue reminders are told one by one");
    assert!(bench.gate("write.before").is_open());
    bench.approve("write.before").work();
    assert_eq!(bench.run.state().word(), "completed");
}

#[test]
fn s15_deadlines_are_absolute_and_survive_a_crash() {
    let mut bench = check(Case {
        run: "waiting",
        ..case(vec![call("write", "write").before(gate().wait(2000))])
    });
    let before = bench.run.timers().clone();
    bench.pass(1500).crash().crash();
    assert_eq!(*bench.run.timers(), before);
    bench.pass(500);
    assert_eq!(bench.run.state().word(), "failed");
}

#[test]
fn s15_timeout_bounds_one_call_and_a_poll_replaces_it() {
    let timeout = |step: build::S| {
        let bench = check(Case {
            hold: vec!["look"],
            run: "running",
            ..case(vec![step])
        });
        let Some((
            _,
            Effect::Read {
                timeout_ms, poll, ..
            },
        )) = bench.owed_to("look")
        else {
            panic!()
        };
        (timeout_ms, poll.is_some())
    };
    assert_eq!(timeout(call("look", "read")), (1000, false));
    assert_eq!(timeout(call("look", "read").timeout(30)), (30, false));
    assert_eq!(
        timeout(call("look", "read").timeout(30).poll("output.ok")),
        (60_000, true)
    );
}

#[test]
fn s15_a_poll_is_one_effect_and_one_record_and_a_crash_restarts_it() {
    let bench = check(Case {
        hold: vec!["look"],
        acts: vec![Work, Crash, Free("look"), Work],
        journal: vec!["call_started look", "call_finished look"],
        ..case(vec![call("look", "read").poll("output.ok")])
    });
    assert_eq!(
        bench
            .words()
            .iter()
            .filter(|word| word.starts_with("call_"))
            .count(),
        3,
        "planned, started, finished"
    );
    let holds = |output: serde_json::Value| {
        workflow::poll_holds(&bench.run, &"look".parse().unwrap(), &output, &())
    };
    assert_eq!(holds(json!({ "ok": true })), Ok(Ok(true)));
    assert_eq!(holds(json!({ "ok": false })), Ok(Ok(false)));
    assert!(holds(json!({})).unwrap().is_err(), "undefined is an error");
}

#[test]
fn s15_a_timer_of_an_earlier_try_is_ignored() {
    let mut bench = check(Case {
        world: vec![(
            "look",
            vec![fails(Network, NotDone), fails(Network, NotDone)],
        )],
        run: "running",
        ..case(vec![call("look", "read").retry(2)])
    });
    let timer = bench.run.timers().keys().next().unwrap().clone();
    bench.pass(1000).work();
    bench.clock_us += 60_000_000;
    let before = bench.run.seq();
    bench.ask(Actor::engine(), Command::Timer(timer)).unwrap();
    assert_eq!(bench.run.seq(), before);
    assert_eq!(bench.status("look"), "waiting");
}

#[test]
fn s15_an_answer_to_what_is_no_longer_owed_is_not_heard() {
    let mut bench = check(Case {
        hold: vec!["look"],
        run: "running",
        ..case(vec![call("look", "read")])
    });
    let (id, _) = bench.owed_to("look").unwrap();
    bench.cancel();
    let answer = Answer::Finished(Ok(output(json!(1))));
    assert_eq!(
        bench.ask(
            Actor::engine(),
            Command::Answered {
                effect: id,
                answer,
                log: None
            }
        ),
        Ok(None)
    );
    assert_eq!(bench.status("look"), "skipped");
}

#[test]
fn s15_the_end_of_time_is_not_passed() {
    let steps = vec![
        call("write", "write")
            .retry(1)
            .before(gate().wait(u64::MAX).remind(u64::MAX).ttl(u64::MAX)),
    ];
    check(Case {
        acts: vec![Work, Approve("write.before"), Work],
        ..case(steps)
    });
}
