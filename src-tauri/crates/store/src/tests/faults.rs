//! Folders that cannot be opened and disks that cannot be written: what a person is told, and what is still true.

use super::*;
use crate::{AppendFault, Health, OpenFault, Reader};
use rusqlite::Connection;
use std::fs;

fn open_fault(dir: &Path) -> OpenFault {
    let fault = Store::open(dir, Options::default()).unwrap_err();
    assert!(!fault.hint().is_empty());
    fault
}

#[test]
fn files_that_are_not_ours_are_refused_and_left_alone() {
    for garbage in [&b"not a database, but longer than the header of one would be: a hundred bytes, and some more for safety"[..], b"x"] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("countersign.db");
        fs::write(&path, garbage).unwrap();
        let fault = open_fault(dir.path());
        assert!(matches!(fault, OpenFault::NotADatabase { .. }), "{fault}");
        assert!(matches!(Reader::open(dir.path()), Err(OpenFault::NotADatabase { .. })));
        assert_eq!(fs::read(&path).unwrap(), garbage);
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("countersign.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE photos (name TEXT)")
        .unwrap();
    let before = fs::read(&path).unwrap();
    assert!(matches!(open_fault(dir.path()), OpenFault::NotOurs { .. }));
    assert_eq!(fs::read(&path).unwrap(), before);
    // An empty file is a database in the making.
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("countersign.db"), "").unwrap();
    assert!(matches!(
        Reader::open(dir.path()),
        Err(OpenFault::Missing { .. })
    ));
    open(dir.path());
}

#[test]
fn a_damaged_database_is_named_as_such() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path())
        .append_blocking(append(&run(1), 0, 1, "x"))
        .unwrap();
    let path = dir.path().join("countersign.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[100..4000].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    assert!(matches!(open_fault(dir.path()), OpenFault::Corrupt { .. }));
}

#[test]
fn a_newer_database_is_refused_by_owner_and_reader() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let path = dir.path().join("countersign.db");
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 9)
        .unwrap();
    let fault = open_fault(dir.path());
    assert!(
        matches!(
            fault,
            OpenFault::NewerDatabase {
                found: 9,
                known,
                ..
            } if known as usize == crate::schema::JOURNAL.migrations.len()
        ),
        "{fault}"
    );
    assert!(
        fault
            .to_string()
            .contains("it has schema version 9, this program knows versions up to "),
        "{fault}"
    );
    assert!(matches!(
        Reader::open(dir.path()),
        Err(OpenFault::NewerDatabase { .. })
    ));
}

/// Appends until the journal refuses; gives the appends that were acknowledged.
fn fill(store: &Store, from: u64) -> (u64, AppendFault) {
    let mut have = from;
    loop {
        match store.append_blocking(append(&run(1), have, 1, &"x".repeat(3000))) {
            Ok(_) => have += 1,
            Err(fault) => return (have, fault),
        }
        assert!(have < 5000, "the disk never became full");
    }
}

/// After a disk fault: nothing is acknowledged, reading works, and what was acknowledged is there.
fn assert_read_only(store: &Store, have: u64, fault: &AppendFault) {
    assert!(matches!(fault, AppendFault::ReadOnly { .. }), "{fault}");
    let Health::ReadOnly { why, hint } = store.health() else {
        panic!("it says it is healthy")
    };
    assert!(!why.is_empty() && !hint.is_empty());
    let again = store
        .append_blocking(append(&run(2), 0, 1, "small"))
        .unwrap_err();
    assert_eq!(again, AppendFault::ReadOnly { run: run(2), why });
    assert!(matches!(
        store.add_operator("ada", &[], &Digest::of(b"t"), 1),
        Err(crate::WriteFault::ReadOnly { .. })
    ));
    assert_eq!(store.read().records(&run(1), 1).unwrap().len() as u64, have);
    assert!(store.read().verify().unwrap().is_intact());
}

#[test]
fn a_full_database_refuses_until_it_may_grow() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(
        dir.path(),
        Options {
            max_pages: Some(60),
            ..Options::default()
        },
    )
    .unwrap();
    let (have, fault) = fill(&store, 0);
    assert!(
        have > 3 && fault.to_string().contains("no space is left"),
        "{have}: {fault}"
    );
    assert_read_only(&store, have, &fault);
    assert!(
        matches!(store.retry_writes(), Health::ReadOnly { .. }),
        "nothing was freed"
    );
    assert_eq!(store.writer.retry(Some(1_000_000)), Health::Writable);
    store
        .append_blocking(append(&run(1), have, 1, "goes on"))
        .unwrap();
    assert_views_follow(&store);
    assert!(store.read().verify().unwrap().is_intact());
}

#[test]
fn of_a_group_that_meets_a_full_disk_nothing_is_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(
        dir.path(),
        Options {
            max_pages: Some(80),
            ..Options::default()
        },
    )
    .unwrap();
    let (sender, answers) = std::sync::mpsc::channel();
    let held = store.writer.ledger();
    for number in 0..100 {
        let sender = sender.clone();
        store.append(
            append(&run(number), 0, 1, &number.to_string().repeat(3000)),
            move |result| {
                sender.send(result).unwrap();
            },
        );
    }
    drop(held);
    let answers: Vec<_> = answers.iter().take(100).collect();
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Err(AppendFault::ReadOnly { .. }))),
        "{answers:?}"
    );
    assert_eq!(store.read().entries(1, 10).unwrap(), []);
}

/// What happens in a process of its own, on a disk of its own; see [`on_a_disk`].
#[test]
fn unlucky() {
    let Ok(dir) = std::env::var("STORE_TEST_UNLUCKY") else {
        return;
    };
    let dir = Path::new(&dir);
    match std::env::var("STORE_TEST_DISK").unwrap().as_str() {
        "limited" => {
            let store = open(dir);
            let (have, fault) = fill(&store, 0);
            assert!(have > 3, "{fault}");
            assert_read_only(&store, have, &fault);
        }
        "full" => {
            let store = open(dir);
            let (have, fault) = fill(&store, 0);
            assert!(
                have > 3 && fault.to_string().contains("no space is left"),
                "{have}: {fault}"
            );
            assert_read_only(&store, have, &fault);
            assert!(matches!(store.retry_writes(), Health::ReadOnly { .. }));
            fs::remove_file(dir.join("ballast")).unwrap();
            assert_eq!(store.retry_writes(), Health::Writable);
            store
                .append_blocking(append(&run(1), have, 1, "goes on"))
                .unwrap();
            assert!(store.read().verify().unwrap().is_intact());
        }
        "tiny" => {
            let fault = open_fault(dir);
            assert!(matches!(fault, OpenFault::NoSpace { .. }), "{fault:?}");
        }
        "read-only" => {
            let fault = open_fault(dir);
            assert!(matches!(fault, OpenFault::ReadOnly { .. }), "{fault:?}");
            assert!(fault.hint().contains("--data-dir"));
            let fault = open_fault(&dir.join("new"));
            assert!(matches!(fault, OpenFault::ReadOnly { .. }), "{fault:?}");
            // What was written before can be read, and audited, all the same.
            let reader = Reader::open(&dir.join("old")).unwrap();
            assert_eq!(reader.records(&run(1), 1).unwrap().len(), 2);
            assert!(reader.verify().unwrap().is_intact());
            assert!(
                crate::verify_file(&dir.join("old/countersign.db"))
                    .unwrap()
                    .is_intact()
            );
        }
        other => panic!("no disk {other}"),
    }
}

/// Runs [`unlucky`] after some shell commands, in which `$D` is an empty folder. With `mount`, the commands may
/// mount there, unseen by anybody else; where that is not allowed the test is skipped.
fn on_a_disk(kind: &str, mount: bool, commands: &str) {
    let dir = tempfile::tempdir().unwrap();
    let old = tempfile::tempdir().unwrap();
    open(old.path())
        .append_blocking(append(&run(1), 0, 2, "x"))
        .unwrap();
    let shells: &[&[&str]] = if mount {
        &[&["unshare", "-m", "sh"], &["unshare", "-rm", "sh"]]
    } else {
        &[&["sh"]]
    };
    let allowed = |shell: &[&str]| {
        let mut probe = Command::new(shell[0]);
        let probe = probe.args(&shell[1..]).args([
            "-c",
            if mount {
                "mount -t tmpfs tmpfs \"$0\""
            } else {
                "true"
            },
        ]);
        let done = probe.arg(dir.path()).stderr(Stdio::null()).status();
        done.is_ok_and(|status| status.success())
    };
    let Some(shell) = shells.iter().find(|shell| allowed(shell)) else {
        #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
        return eprintln!("skipped: no disk that is {kind}, mounting is not allowed here");
    };
    let script =
        format!("set -e; {commands}; exec \"$0\" --exact tests::faults::unlucky --nocapture");
    let status = Command::new(shell[0])
        .args(&shell[1..])
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env("D", dir.path())
        .env("OLD", old.path())
        .env("STORE_TEST_UNLUCKY", dir.path())
        .env("STORE_TEST_DISK", kind)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{kind}: {status}");
}

#[cfg(unix)]
#[test]
fn a_disk_that_refuses_a_write_makes_the_journal_read_only() {
    on_a_disk("limited", false, "trap '' XFSZ; ulimit -f 1024");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_survived_and_named() {
    on_a_disk(
        "full",
        true,
        "mount -t tmpfs -o size=2m tmpfs $D; dd if=/dev/zero of=$D/ballast bs=1k count=800 2>/dev/null",
    );
    on_a_disk("tiny", true, "mount -t tmpfs -o size=64k tmpfs $D");
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_is_named_and_can_still_be_read() {
    on_a_disk(
        "read-only",
        true,
        "mount -t tmpfs tmpfs $D; cp -r $OLD $D/old; mount -o remount,ro $D",
    );
}
