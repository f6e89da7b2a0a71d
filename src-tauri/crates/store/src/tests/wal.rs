//! A power cut in the middle of the write-ahead log: cut at every frame boundary (and inside frames), the database
//! opens to a state that was once durable.

use super::*;
use crate::{Reader, Verdict, ledger::Ledger};
use std::fs;

const HEADER: usize = 32;
const FRAME: usize = 24 + 4096;

#[test]
fn a_log_cut_at_any_frame_reopens_to_a_valid_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for after in 0..5 {
        for number in 0..3 {
            store
                .append_blocking(append(&run(number), after * 2, 2, &"x".repeat(900)))
                .unwrap();
        }
    }
    let database = fs::read(dir.path().join("countersign.db")).unwrap();
    let log = fs::read(dir.path().join("countersign.db-wal")).unwrap();
    let frames = (log.len() - HEADER) / FRAME;
    assert!(frames > 50, "{frames} frames");
    let mut seen = 0;
    for frame in 0..=frames {
        let boundary = HEADER + frame * FRAME;
        for cut in [boundary, boundary + 24, boundary + 1000] {
            let copy = tempfile::tempdir().unwrap();
            fs::write(copy.path().join("countersign.db"), &database).unwrap();
            fs::write(
                copy.path().join("countersign.db-wal"),
                &log[..cut.min(log.len())],
            )
            .unwrap();
            let records = check(copy.path());
            assert!(records >= seen, "a longer log gave fewer records at {cut}");
            if records > seen {
                goes_on(copy.path());
            }
            seen = records;
        }
    }
    assert_eq!(seen, 3 * 10);
}

/// The chain is whole, no append is there in part, the views are of the same moment. Gives the number of records.
fn check(dir: &Path) -> u64 {
    // The first to open after a power cut is the writer.
    let _ledger = Ledger::open(&dir.join("countersign.db"), None).unwrap();
    let reader = Reader::open(dir).unwrap();
    let Verdict::Intact { records, .. } = reader.verify().unwrap() else {
        panic!("the chain is broken")
    };
    assert_eq!(records % 2, 0, "half an append");
    for number in 0..3 {
        let have = reader.records(&run(number), 1).unwrap().len() as u64;
        let row = reader.run_summary(&run(number)).unwrap();
        assert_eq!(row.map_or(0, |row| row.summary.seq), have);
    }
    records
}

fn goes_on(dir: &Path) {
    let store = open(dir);
    assert_views_follow(&store);
    let next = store.read().records(&run(0), 1).unwrap().len() as u64;
    store
        .append_blocking(append(&run(0), next, 1, "goes on"))
        .unwrap();
    assert!(store.read().verify().unwrap().is_intact());
}
