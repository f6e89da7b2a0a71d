//! The view of decisions: written with the records, rebuilt to the same rows, filled where a journal is older, and read
//! page by page.

use super::*;
use crate::{DecisionRow, schema};
use workflow::{Card, CardScope, Decision, Provenance, StopReason, Then};

fn gate_of(name: &str) -> GateId {
    format!("{name}.before").parse().unwrap()
}

fn opened(name: &str, revision: u32, title: &str) -> Event {
    let card = Card {
        title: title.to_owned(),
        calls: vec![],
        result: None,
        provenance: Provenance::Tool,
        shown: vec![],
        decisions: vec![],
        editable: BTreeMap::new(),
        tries: 1,
        reopened: None,
        changed: vec![],
        definition: Digest::of(b"definition"),
        expires_at_us: None,
        grant_ttl_ms: None,
        scope: CardScope::AllItems,
        rollback: None,
    };
    Event::GateOpened {
        gate: gate_of(name),
        revision,
        card: Box::new(card),
        card_digest: Digest::of(b"card"),
    }
}

fn decided(name: &str, revision: u32, decision: Decision) -> Event {
    Event::GateDecided {
        gate: gate_of(name),
        revision,
        card_digest: Digest::of(b"card"),
        decision,
        grant: None,
    }
}

/// Appends these events to a run that has `after` records.
fn put(store: &Store, run: &RunId, after: u64, events: Vec<Event>) {
    let mut append = append(run, after, events.len() as u64, "x");
    for (record, event) in append.records.iter_mut().zip(events) {
        record.event = event;
    }
    store.append_blocking(append).unwrap();
}

/// Two runs with every kind of ending, their records among each other.
fn filled(dir: &Path) -> Store {
    let store = open(dir);
    let (one, two) = (run(1), run(2));
    put(
        &store,
        &one,
        0,
        vec![record(&one, 1, "x").event, opened("a", 1, "Write it?")],
    );
    put(
        &store,
        &two,
        0,
        vec![record(&two, 1, "x").event, opened("a", 1, "Drop it?")],
    );
    let redo = Decision::Redo {
        feedback: "shorter".to_owned(),
    };
    // Shown again in the same append as the answer.
    put(
        &store,
        &one,
        2,
        vec![decided("a", 1, redo), opened("a", 2, "Write it now?")],
    );
    put(
        &store,
        &two,
        2,
        vec![Event::GateExpired {
            gate: gate_of("a"),
            revision: 1,
        }],
    );
    put(
        &store,
        &one,
        4,
        vec![
            decided("a", 2, Decision::Approve),
            opened("b", 1, "And this?"),
        ],
    );
    let reject = Decision::Reject {
        reason: "not today".to_owned(),
        then: Then::Stop,
    };
    put(&store, &one, 6, vec![decided("b", 1, reject)]);
    put(
        &store,
        &two,
        3,
        vec![opened("c", 1, "Withdrawn?"), opened("d", 1, "Still open?")],
    );
    let withdrawn = Event::GateWithdrawn {
        gate: gate_of("c"),
        revision: 1,
        why: StopReason::Cancelled,
    };
    put(&store, &two, 5, vec![withdrawn]);
    store
}

fn told(row: &DecisionRow) -> String {
    let DecisionRow {
        seq,
        run,
        workflow,
        gate,
        revision,
        question,
        answer,
        words,
        by,
        opened_at_us,
        at_us,
    } = row;
    let words = words.as_deref().unwrap_or("-");
    let took = at_us - opened_at_us;
    format!(
        "{seq} {run} {workflow} {gate} {revision} {question} {answer} {words} {} {took}",
        by.name
    )
}

const TOLD: [&str; 4] = [
    "10 run-001 A toy b.before 1 And this? reject not today engine 1",
    "8 run-001 A toy a.before 2 Write it now? approve - engine 1",
    "7 run-002 A toy a.before 1 Drop it? expired - engine 1",
    "5 run-001 A toy a.before 1 Write it? redo shorter engine 1",
];

#[test]
fn decisions_are_written_read_in_pages_and_rebuilt_to_the_same_rows() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path());
    let all = store.read().decisions(None, 100).unwrap();
    assert_eq!(all.iter().map(told).collect::<Vec<_>>(), TOLD);
    let (mut pages, mut before) = (Vec::new(), None);
    loop {
        let page = store.read().decisions(before, 3).unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.seq);
        pages.extend(page);
    }
    assert_eq!(pages, all);
    let dumped = store.read().dump_views().unwrap();
    assert!(
        dumped.contains("Still open?") && !dumped.contains("Withdrawn?"),
        "{dumped}"
    );
    assert_views_follow(&store);
    let broken = "UPDATE decisions SET answer = 'approve'; DELETE FROM decisions WHERE seq IS NULL";
    store.writer.ledger().conn.execute_batch(broken).unwrap();
    assert_ne!(store.read().dump_views().unwrap(), dumped);
    store
        .rebuild_views(&mut |run, records| view(run, &records.collect::<Vec<_>>()))
        .unwrap();
    assert_eq!(store.read().dump_views().unwrap(), dumped);
}

#[test]
fn a_journal_from_before_the_views_is_filled() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path());
    let dumped = store.read().dump_views().unwrap();
    let old = "DROP TABLE decisions; DROP TABLE history; PRAGMA user_version = 3";
    store.writer.ledger().conn.execute_batch(old).unwrap();
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.read().dump_views().unwrap(), dumped);
    // A record that cannot be read keeps nobody from the rest.
    let odd =
        "DROP TRIGGER journal_is_not_updated; UPDATE journal SET payload = '{}' WHERE seq = 5;";
    let again = format!("{odd} {old}");
    store.writer.ledger().conn.execute_batch(&again).unwrap();
    drop(store);
    let store = open(dir.path());
    let rest = store.read().decisions(None, 100).unwrap();
    assert_eq!(rest.iter().map(told).collect::<Vec<_>>(), TOLD[..3]);
    let found = store.read().search_runs(&crate::RunSearch {
        text: "RUN-002".to_owned(),
        ..crate::RunSearch::default()
    });
    assert_eq!(found.unwrap().total, 1);
    // An answer to a question of before.
    put(&store, &run(2), 6, vec![decided("d", 1, Decision::Skip)]);
    let newest = store.read().decisions(None, 1).unwrap();
    assert_eq!(
        told(&newest[0]),
        "14 run-002 A toy d.before 1 Still open? skip - engine 2"
    );
    assert!(dir.path().join("countersign.db.v3.backup").is_file());
    assert_eq!(schema::JOURNAL.migrations.len(), 4);
}
