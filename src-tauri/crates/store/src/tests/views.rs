//! The views: rebuilt from the journal to the same bytes. The journal: append-only also for those with SQL.

use super::*;
use crate::WriteFault;

fn filled(dir: &Path) -> Store {
    let store = open(dir);
    for number in 0..7 {
        for after in 0..=number as u64 {
            store
                .append_blocking(append(&run(number), after, 1, "x"))
                .unwrap();
        }
    }
    store
}

#[test]
fn views_are_rebuilt_to_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path());
    let before = store.read().dump_views().unwrap();
    assert!(before.lines().count() > 12, "{before}");
    {
        let ledger = store.writer.ledger();
        ledger
            .conn
            .execute_batch("DELETE FROM runs WHERE run_id > 'run-003'; UPDATE runs SET owes = 1")
            .unwrap();
    }
    assert_ne!(store.read().dump_views().unwrap(), before);
    let runs = store
        .rebuild_views(&mut |run, records| view(run, &records.collect::<Vec<_>>()))
        .unwrap();
    assert_eq!(runs, 7);
    assert_eq!(store.read().dump_views().unwrap(), before);
    // And appends go on.
    store.append_blocking(append(&run(0), 1, 1, "x")).unwrap();
    assert_views_follow(&store);
}

#[test]
fn a_rebuild_over_a_record_that_cannot_be_read_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path());
    let before = store.read().dump_views().unwrap();
    {
        let ledger = store.writer.ledger();
        let odd = "DROP TRIGGER journal_is_not_updated; UPDATE journal SET payload = '{\"kind\":\"later\"}' WHERE seq = 9";
        ledger.conn.execute_batch(odd).unwrap();
    }
    let mut fold = |run: &RunId, records: &mut dyn Iterator<Item = Record>| {
        let mut records: Vec<Record> = records.collect();
        if records.is_empty() {
            records.push(record(run, 1, "x"));
        }
        view(run, &records)
    };
    let fault = store.rebuild_views(&mut fold).unwrap_err();
    assert!(matches!(fault, WriteFault::Read(_)), "{fault}");
    assert_eq!(store.read().dump_views().unwrap(), before);
}

#[test]
fn the_journal_refuses_everything_but_appends() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path());
    let ledger = store.writer.ledger();
    let columns = "run_id, run_seq, at_us, actor, kind, payload, hash";
    for change in [
        "UPDATE journal SET kind = 'x' WHERE seq = 3",
        "UPDATE journal SET seq = 1000 WHERE seq = 3",
        "DELETE FROM journal WHERE seq = 3",
        "DELETE FROM journal",
        &format!("INSERT OR REPLACE INTO journal SELECT seq, {columns} FROM journal WHERE seq = 3"),
        &format!("INSERT OR REPLACE INTO journal SELECT 29, {columns} FROM journal WHERE seq = 3"),
        "INSERT INTO journal SELECT 99, 'x', 1, at_us, actor, kind, payload, hash FROM journal WHERE seq = 3",
    ] {
        let error = ledger.conn.execute(change, []).unwrap_err();
        assert!(
            error.to_string().contains("append-only"),
            "{change}: {error}"
        );
    }
    drop(ledger);
    assert!(store.read().verify().unwrap().is_intact());
}
