//! Appends and what is read afterwards.

use super::*;
use crate::{Ack, AppendFault, Definition, FoundRun, Health, Reader, RunFilter, Verdict};
use proptest::prelude::*;
use std::sync::mpsc;

#[test]
fn what_was_appended_is_read_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut first = append(&run(1), 0, 2, "one");
    let definition = Definition {
        digest: Digest::of(b"x"),
        text: "id: toy\n".into(),
        model: "{}".into(),
    };
    first.definition = Some(definition.clone());
    assert_eq!(
        store.append_blocking(first.clone()),
        Ok(Ack {
            first_seq: 1,
            last_seq: 2
        })
    );
    assert_eq!(
        store.append_blocking(append(&run(2), 0, 1, "two")),
        Ok(Ack {
            first_seq: 3,
            last_seq: 3
        })
    );
    assert_eq!(
        store.append_blocking(append(&run(1), 2, 1, "three")),
        Ok(Ack {
            first_seq: 4,
            last_seq: 4
        })
    );
    let records = store.read().records(&run(1), 1).unwrap();
    assert_eq!(records[..2], first.records[..]);
    assert_eq!(records[2], record(&run(1), 3, "three"));
    assert_eq!(store.read().records(&run(1), 3).unwrap().len(), 1);
    assert_eq!(store.read().records(&run(9), 1).unwrap(), []);
    let entries = store.read().entries(2, 2).unwrap();
    assert_eq!(
        entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(),
        [2, 3]
    );
    assert_eq!(entries[1].record.run, run(2));
    assert_eq!(
        store.read().definition(&definition.digest).unwrap(),
        Some(definition)
    );
    assert_eq!(store.read().definition(&Digest::of(b"y")).unwrap(), None);
    assert_eq!(
        store.read().blob(&blob("one").sha256).unwrap(),
        Some(b"\"one\"".to_vec())
    );
    assert_eq!(store.read().blob(&Digest::of(b"y")).unwrap(), None);
    assert!(store.read().verify().unwrap().is_intact());
    assert_eq!(store.health(), Health::Writable);
}

#[test]
fn of_two_appends_at_the_same_place_one_wins() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store
        .append_blocking(append(&run(1), 0, 1, "start"))
        .unwrap();
    // In one group, between two others that are not affected.
    let (sender, answers) = mpsc::channel();
    let held = store.writer.ledger();
    for (name, wanted) in [
        ("before", append(&run(2), 0, 1, "b")),
        ("winner", append(&run(1), 1, 1, "w")),
        ("loser", append(&run(1), 1, 2, "l")),
        ("after", append(&run(2), 1, 1, "a")),
    ] {
        let sender = sender.clone();
        store.append(wanted, move |result| sender.send((name, result)).unwrap());
    }
    drop(held);
    let answers: BTreeMap<_, _> = answers.iter().take(4).collect();
    assert!(answers["before"].is_ok() && answers["winner"].is_ok() && answers["after"].is_ok());
    assert_eq!(
        answers["loser"],
        Err(AppendFault::Conflict {
            run: run(1),
            expected: 1,
            found: 2
        })
    );
    assert_eq!(store.read().records(&run(1), 1).unwrap().len(), 2);
    assert_eq!(
        store.read().blob(&blob("l").sha256).unwrap(),
        None,
        "the loser's blob is not there either"
    );
    assert!(store.read().verify().unwrap().is_intact());
}

#[test]
fn an_append_that_contradicts_itself_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let good = append(&run(1), 0, 2, "x");
    let mut empty = good.clone();
    empty.records.clear();
    let mut gap = good.clone();
    gap.records[1].seq = 3;
    gap.view.summary.seq = 3;
    let mut stranger = good.clone();
    stranger.records[1].run = run(2);
    let mut stale = good.clone();
    stale.view.summary.seq = 1;
    let mut forged = good.clone();
    forged.blobs[0].body.push(b' ');
    for bad in [empty, gap, stranger, stale, forged] {
        let fault = store.append_blocking(bad).unwrap_err();
        assert!(matches!(fault, AppendFault::Malformed { .. }), "{fault}");
    }
    assert_eq!(
        store.append_blocking(good),
        Ok(Ack {
            first_seq: 1,
            last_seq: 2
        })
    );
}

#[test]
fn lists_find_runs_gates_and_timers() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for number in 1..=5 {
        let count = if number % 2 == 0 { 2 } else { 1 };
        store
            .append_blocking(append(&run(number), 0, count, "x"))
            .unwrap();
    }
    let read = store.read();
    let names = |filter: &RunFilter| -> Vec<String> {
        read.runs(filter)
            .unwrap()
            .into_iter()
            .map(|row| row.summary.run.0)
            .collect()
    };
    let all = RunFilter::default();
    assert_eq!(
        names(&all),
        ["run-005", "run-004", "run-003", "run-002", "run-001"]
    );
    assert_eq!(
        names(&RunFilter {
            limit: 2,
            before: Some(run(4)),
            ..all.clone()
        }),
        ["run-003", "run-002"]
    );
    assert_eq!(
        names(&RunFilter {
            states: vec![RunState::Waiting],
            ..all.clone()
        }),
        ["run-004", "run-002"]
    );
    let states = vec![RunState::Waiting, RunState::Running];
    assert_eq!(
        names(&RunFilter {
            states,
            workflow: Some("toy".into()),
            ..all.clone()
        })
        .len(),
        5
    );
    assert_eq!(
        names(&RunFilter {
            workflow: Some("other".into()),
            ..all
        }),
        Vec::<String>::new()
    );
    assert_eq!(read.owing_runs().unwrap(), [run(1), run(3), run(5)]);
    let gates = read.open_gates().unwrap();
    assert_eq!(gates.len(), 2);
    assert_eq!(
        (&gates[0].run, gates[0].gate.to_string().as_str()),
        (&run(2), "toy.before")
    );
    let timers = read.timers().unwrap();
    assert_eq!(timers.len(), 2);
    assert_eq!(read.due_timers(timers[0].due_us - 1, 10).unwrap(), []);
    assert_eq!(read.due_timers(timers[0].due_us, 10).unwrap().len(), 2);
    // The next append replaces what the run waited for.
    store.append_blocking(append(&run(2), 2, 1, "x")).unwrap();
    assert_eq!(
        (
            read.open_gates().unwrap().len(),
            read.timers().unwrap().len()
        ),
        (1, 1)
    );
    assert_eq!(
        read.run_summary(&run(2))
            .unwrap()
            .map(|row| (row.summary.seq, row.owes)),
        Some((3, true))
    );
    assert_eq!(read.run_summary(&run(9)).unwrap(), None);
    assert_eq!(read.find_run("run-003").unwrap(), FoundRun::One(run(3)));
    assert_eq!(
        read.find_run("run-00").unwrap(),
        FoundRun::Many((1..=5).map(run).collect())
    );
    assert_eq!(read.find_run("run_00").unwrap(), FoundRun::None);
    assert_eq!(read.find_run("x").unwrap(), FoundRun::None);
}

#[test]
fn closing_answers_everything_that_is_queued() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (sender, answers) = mpsc::channel();
    for number in 0..600 {
        let sender = sender.clone();
        store.append(append(&run(number), 0, 1, "x"), move |result| {
            sender.send(result).unwrap()
        });
    }
    drop((store, sender));
    assert_eq!(answers.iter().filter(Result::is_ok).count(), 600);
    assert_eq!(
        Reader::open(dir.path())
            .unwrap()
            .entries(1, 1000)
            .unwrap()
            .len(),
        600
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Against a model: appends at right and wrong places, some sent together, with the store closed and opened
    /// in between.
    #[test]
    fn appends_and_reopenings_agree_with_a_model(
        steps in prop::collection::vec((0..4usize, 0..3u64, 1..4u64, any::<bool>(), 0..8u8), 1..60)
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(dir.path());
        let mut model: BTreeMap<RunId, Vec<Record>> = BTreeMap::new();
        let mut total = 0;
        let mut pending = Vec::new();
        for (number, (index, off_by, count, wait, reopen)) in steps.into_iter().enumerate() {
            let run = run(index);
            let have = model.entry(run.clone()).or_default();
            let expected = have.len() as u64 + off_by;
            let wanted = append(&run, expected, count, &number.to_string());
            let (sender, answer) = mpsc::channel();
            store.append(wanted.clone(), move |result| { let _ = sender.send(result); });
            if off_by == 0 {
                have.extend(wanted.records);
                pending.push((answer, Ok(Ack { first_seq: total + 1, last_seq: total + count })));
                total += count;
            } else {
                let found = have.len() as u64;
                pending.push((answer, Err(AppendFault::Conflict { run, expected, found })));
            }
            if wait || reopen == 0 {
                for (answer, wanted) in pending.drain(..) {
                    prop_assert_eq!(answer.recv().unwrap(), wanted);
                }
            }
            if reopen == 0 {
                drop(store);
                store = open(dir.path());
            }
        }
        for (answer, wanted) in pending.drain(..) {
            prop_assert_eq!(answer.recv().unwrap(), wanted);
        }
        for (run, records) in &model {
            prop_assert_eq!(&store.read().records(run, 1).unwrap(), records);
            let row = store.read().run_summary(run).unwrap();
            prop_assert_eq!(row.map(|row| row.summary), records.last().map(|_| view(run, records).summary));
        }
        let Verdict::Intact { records, .. } = store.read().verify().unwrap() else { panic!("the chain is broken") };
        prop_assert_eq!(records, total);
    }
}

#[test]
fn a_receiver_that_panics_harms_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.append(append(&run(1), 0, 1, "x"), |_| {
        panic!("this receiver is meant to panic")
    });
    assert_eq!(
        store.append_blocking(append(&run(1), 1, 1, "x")),
        Ok(Ack {
            first_seq: 2,
            last_seq: 2
        })
    );
    assert_eq!(store.health(), Health::Writable);
}
