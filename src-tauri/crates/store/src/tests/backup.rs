//! Backup while in use, restore, and what they refuse.

use super::*;
use crate::{LogChunk, OpenFault, ReadFault, Reader, Verdict, restore};
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn a_backup_made_while_writing_is_a_whole_folder() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let call = Digest::of(b"call");
    let chunk = LogChunk {
        run: run(1),
        call,
        from_offset: 0,
        bytes: b"line\n".to_vec(),
    };
    store.append_log_blocking(chunk).unwrap();
    let stop = AtomicBool::new(false);
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            for after in 0.. {
                store
                    .append_blocking(append(&run(1), after, 1, "x"))
                    .unwrap();
                if stop.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
        while store.read().records(&run(1), 1).unwrap().len() < 5 {
            std::thread::yield_now();
        }
        let report = store.read().backup(&dir.path().join("backup"));
        stop.store(true, Ordering::SeqCst);
        report.unwrap()
    });
    let Verdict::Intact { records, .. } = report.verdict else {
        panic!("{report:?}")
    };
    assert!(records >= 5 && report.size_bytes > 10_000);
    // Into a folder of its own, where an engine goes on with it.
    let to = dir.path().join("restored");
    let restored = restore(&report.dir, &to).unwrap();
    assert_eq!(restored.verdict, report.verdict);
    let engine = open(&to);
    engine
        .append_blocking(append(&run(1), records, 1, "goes on"))
        .unwrap();
    assert_eq!(engine.read().log(&call, 0, 100).unwrap().bytes, b"line\n");
    assert_views_follow(&engine);
}

#[test]
fn neither_backup_nor_restore_writes_over_anything() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let refused = |result: Result<_, ReadFault>| match result {
        Err(ReadFault::Open(OpenFault::NotEmpty { .. })) => {}
        other => panic!("{other:?}"),
    };
    refused(store.read().backup(dir.path()));
    let copy = dir.path().join("copy");
    store.read().backup(&copy).unwrap();
    refused(restore(&copy, dir.path()));
    let nothing = tempfile::tempdir().unwrap();
    let fault = restore(nothing.path(), &dir.path().join("to")).unwrap_err();
    assert!(
        matches!(fault, ReadFault::Open(OpenFault::Missing { .. })),
        "{fault}"
    );
    assert!(Reader::open(&copy).is_ok());
}
