//! Logs: offsets, idempotence, gaps, search, retention.

use super::*;
use crate::{LogAck, LogChunk, LogFault, LogSlice, LogText};

fn chunk(number: usize, call: &Digest, from_offset: u64, text: &str) -> LogChunk {
    LogChunk {
        run: run(number),
        call: *call,
        from_offset,
        bytes: text.as_bytes().to_vec(),
    }
}

#[test]
fn chunks_are_stored_once_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let call = Digest::of(b"call");
    let put = |from, text: &str| {
        store
            .append_log_blocking(chunk(1, &call, from, text))
            .map(|ack| ack.durable_offset)
    };
    assert_eq!(put(0, "one\ntwo\n"), Ok(8));
    assert_eq!(put(0, "one\ntwo\n"), Ok(8), "again");
    assert_eq!(put(4, "two\n"), Ok(8), "a part again");
    assert_eq!(put(4, "two\nthree\n"), Ok(14), "a part and more");
    assert_eq!(put(14, ""), Ok(14), "nothing");
    assert_eq!(
        put(20, "x"),
        Err(LogFault::Gap {
            call,
            expected: 14,
            found: 20
        })
    );
    assert_eq!(store.read().durable_offset(&call).unwrap(), 14);
    assert_eq!(
        store.read().durable_offset(&Digest::of(b"other")).unwrap(),
        0
    );
    let read = |from, max| {
        let LogSlice {
            from_offset,
            bytes,
            durable_offset,
        } = store.read().log(&call, from, max).unwrap();
        assert_eq!(durable_offset, 14);
        (from_offset, String::from_utf8(bytes).unwrap())
    };
    assert_eq!(read(0, 100), (0, "one\ntwo\nthree\n".to_owned()));
    assert_eq!(read(2, 4), (2, "e\ntw".to_owned()));
    assert_eq!(read(5, 100), (5, "wo\nthree\n".to_owned()));
    assert_eq!(read(8, 100), (8, "three\n".to_owned()));
    assert_eq!(read(14, 100), (14, String::new()));
}

#[test]
fn bytes_that_are_no_text_come_back_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let call = Digest::of(b"call");
    let bytes = vec![0xff, 0x00, b'w', b'o', b'r', b'd', b'\n', 0xc3];
    let stored = LogChunk {
        run: run(1),
        call,
        from_offset: 0,
        bytes: bytes.clone(),
    };
    assert_eq!(
        store.append_log_blocking(stored),
        Ok(LogAck { durable_offset: 8 })
    );
    assert_eq!(store.read().log(&call, 0, 100).unwrap().bytes, bytes);
}

#[test]
fn a_search_finds_lines_by_words_and_filters() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (first, second) = (Digest::of(b"first"), Digest::of(b"second"));
    store
        .append_log_blocking(chunk(
            1,
            &first,
            0,
            "starting up\nDisk FULL on /dev/sda1\nbye\n",
        ))
        .unwrap();
    store
        .append_log_blocking(chunk(2, &second, 0, "disk is fine\nCafé is open\n"))
        .unwrap();
    store
        .append_log_blocking(chunk(2, &second, 27, "the disk spins\n"))
        .unwrap();
    let find = |wanted: LogText| -> Vec<(u64, String)> {
        let hits = store.read().search_logs(&wanted).unwrap();
        hits.into_iter().map(|hit| (hit.offset, hit.line)).collect()
    };
    let words = |words: &str| LogText {
        words: words.to_owned(),
        ..LogText::default()
    };
    let hit = |offset, line: &str| (offset, line.to_owned());
    assert_eq!(
        find(words("disk")),
        [
            hit(27, "the disk spins"),
            hit(0, "disk is fine"),
            hit(12, "Disk FULL on /dev/sda1")
        ]
    );
    assert_eq!(find(words("disk ful")), [hit(12, "Disk FULL on /dev/sda1")]);
    assert_eq!(
        find(words("/dev/sda1")),
        [hit(12, "Disk FULL on /dev/sda1")]
    );
    assert_eq!(find(words("cafe")).len(), 1);
    assert_eq!(
        find(LogText {
            limit: 1,
            ..words("disk")
        }),
        [hit(27, "the disk spins")]
    );
    assert_eq!(
        find(LogText {
            run: Some(run(1)),
            ..words("disk")
        })
        .len(),
        1
    );
    assert_eq!(
        find(LogText {
            call: Some(second),
            ..words("disk")
        })
        .len(),
        2
    );
    assert_eq!(
        find(LogText {
            run: Some(run(1)),
            call: Some(second),
            ..words("disk")
        }),
        []
    );
    // Nothing that a person types is syntax, and neither run nor call is found as text.
    for odd in [
        "",
        "  ",
        "\"",
        "a\"b",
        "NEAR(",
        "text:disk",
        "-",
        "* OR *",
        "run",
        "(",
        "^disk",
        "{a b}",
    ] {
        find(words(odd));
    }
    assert_eq!(find(words("001")), []);
}

#[test]
fn retention_forgets_text_and_index() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let call = Digest::of(b"call");
    store
        .append_log_blocking(chunk(1, &call, 0, "needle\n"))
        .unwrap();
    assert_eq!(store.prune_logs(0).unwrap(), 0);
    assert_eq!(store.prune_logs(i64::MAX).unwrap(), 1);
    let wanted = LogText {
        words: "needle".to_owned(),
        ..LogText::default()
    };
    assert_eq!(store.read().search_logs(&wanted).unwrap(), []);
    assert_eq!(store.read().log(&call, 0, 100).unwrap().bytes, b"");
}
