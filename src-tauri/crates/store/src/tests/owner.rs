//! One owner, many readers.

use super::*;
use crate::{OpenFault, Reader, Verdict};
use std::{fs, io::Read as _, thread};

/// Owns a folder until its standard input ends.
#[test]
fn holder() {
    let Ok(dir) = std::env::var("STORE_TEST_HOLDER") else {
        return;
    };
    let _store = open(Path::new(&dir));
    fs::write(Path::new(&dir).join("open"), "").unwrap();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn a_second_owner_is_refused_and_told_who_the_first_is() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    let mut first = child("tests::owner::holder", &[("STORE_TEST_HOLDER", folder)]);
    let mut first = first.stdin(Stdio::piped()).spawn().unwrap();
    while !dir.path().join("open").exists() {
        assert!(first.try_wait().unwrap().is_none(), "the holder ended");
        thread::yield_now();
    }
    let fault = Store::open(dir.path(), Options::default()).unwrap_err();
    let text = fault.to_string();
    let OpenFault::InUse { holder, .. } = &fault else {
        panic!("{fault}")
    };
    assert_eq!((holder.pid, holder.program.as_str()), (first.id(), "test"));
    assert!(!holder.host.is_empty() && holder.started_us > 1_700_000_000_000_000);
    assert!(
        text.ends_with(&format!(
            "in use by test (process {} on {})",
            first.id(),
            holder.host
        )),
        "{text}"
    );
    // Readers are welcome meanwhile; and the folder is free as soon as the owner is gone, however it went.
    assert!(Reader::open(dir.path()).is_ok());
    first.kill().unwrap();
    first.wait().unwrap();
    let second = open(dir.path());
    assert!(
        matches!(
            Store::open(dir.path(), Options::default()),
            Err(OpenFault::InUse { .. })
        ),
        "in one process too"
    );
    drop(second);
    open(dir.path());
}

#[test]
fn a_reader_beside_a_writing_owner_sees_whole_appends() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.append_blocking(append(&run(1), 0, 2, "x")).unwrap();
    let reader = Reader::open(dir.path()).unwrap();
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for after in 1..200 {
                store
                    .append_blocking(append(&run(1), after * 2, 2, "x"))
                    .unwrap();
            }
        });
        let mut seen = 0;
        while !writing.is_finished() {
            let records = reader.records(&run(1), 1).unwrap().len();
            assert!(
                records >= seen && records.is_multiple_of(2),
                "{records} after {seen}"
            );
            seen = records;
            assert!(reader.verify().unwrap().is_intact());
        }
    });
    assert_eq!(reader.records(&run(1), 1).unwrap().len(), 400);
    // It cannot write, whatever SQL it is given.
    let write = reader.journal.with(|conn| {
        conn.execute_batch("DELETE FROM runs")
            .map_err(crate::ReadFault::sqlite("nothing"))
    });
    assert!(write.is_err());
}

#[test]
fn a_reader_without_an_owner_reads_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Reader::open(dir.path()).unwrap_err();
    assert!(matches!(missing, OpenFault::Missing { .. }), "{missing}");
    assert!(!missing.hint().is_empty());
    let store = open(dir.path());
    store.append_blocking(append(&run(1), 0, 3, "x")).unwrap();
    // As after kill -9: database and log as they lie, nobody home.
    let copy = tempfile::tempdir().unwrap();
    for name in ["countersign.db", "countersign.db-wal"] {
        fs::copy(dir.path().join(name), copy.path().join(name)).unwrap();
    }
    let before = fs::read(copy.path().join("countersign.db")).unwrap();
    let reader = Reader::open(copy.path()).unwrap();
    assert_eq!(reader.records(&run(1), 1).unwrap().len(), 3);
    assert!(matches!(
        reader.verify().unwrap(),
        Verdict::Intact { records: 3, .. }
    ));
    drop(reader);
    assert_eq!(
        fs::read(copy.path().join("countersign.db")).unwrap(),
        before
    );
    assert!(
        copy.path()
            .join("countersign.db-wal")
            .metadata()
            .unwrap()
            .len()
            > 0,
        "the log is still there"
    );
}

#[cfg(unix)]
#[test]
fn only_the_owner_of_the_files_may_read_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("a/b");
    let store = open(&folder);
    store.append_blocking(append(&run(1), 0, 1, "x")).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    for name in [
        "countersign.db",
        "countersign.db-wal",
        "logs.db",
        "telemetry.db",
        "engine.lock",
    ] {
        assert!(
            names.iter().any(|found| found == name),
            "{name} in {names:?}"
        );
    }
}
