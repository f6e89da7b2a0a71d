//! Kill -9 at random moments and at every named crash point, again and again on the same folder: nothing that was
//! acknowledged is lost, no append is there in part, the chain is whole and the views follow from it.

use super::*;
use crate::LogChunk;
use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

const POINTS: [&str; 4] = [
    "before_begin",
    "after_insert",
    "before_commit",
    "after_commit_before_ack",
];
const THREADS: usize = 4;

/// The process that is killed: appends as fast as it can and notes what was acknowledged.
#[test]
fn victim() {
    let Ok(dir) = std::env::var("STORE_TEST_VICTIM") else {
        return;
    };
    let dir = Path::new(&dir);
    let store = Arc::new(open(dir));
    let notes = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(dir.join("acknowledged"))
        .unwrap();
    let notes = Arc::new(Mutex::new(notes));
    let mut threads = Vec::new();
    for number in 0..THREADS {
        let (store, notes) = (Arc::clone(&store), Arc::clone(&notes));
        threads.push(thread::spawn(move || {
            let run = run(number);
            let mut have = store.read().records(&run, 1).unwrap().len() as u64;
            loop {
                let count = 1 + have % 3;
                store
                    .append_blocking(append(&run, have, count, &format!("{have}+{count}")))
                    .unwrap();
                have += count;
                writeln!(notes.lock().unwrap(), "{number} {have}").unwrap();
            }
        }));
    }
    let call = Digest::of(b"call");
    let mut offset = store.read().durable_offset(&call).unwrap();
    loop {
        let bytes = format!("line {offset}\n").into_bytes();
        let chunk = LogChunk {
            run: run(0),
            call,
            from_offset: offset,
            bytes,
        };
        offset = store.append_log_blocking(chunk).unwrap().durable_offset;
        writeln!(notes.lock().unwrap(), "log {offset}").unwrap();
    }
}

#[test]
fn kill_9_loses_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    let began = Instant::now();
    let mut dice = 7u64;
    let mut next = |sides: u64| {
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let mut aborted = 0;
    for round in 0..30 {
        let plan = format!("{}:{}", POINTS[round % 4], 1 + next(60));
        let at_a_point = round % 3 != 0;
        let variables = [("STORE_TEST_VICTIM", folder), ("COUNTERSIGN_CRASH", &plan)];
        let variables = if at_a_point {
            &variables[..]
        } else {
            &variables[..1]
        };
        let mut victim = child("tests::kill::victim", variables)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let limit = Duration::from_millis(if at_a_point { 3000 } else { 40 + next(250) });
        let started = Instant::now();
        while started.elapsed() < limit && victim.try_wait().unwrap().is_none() {
            thread::park_timeout(Duration::from_millis(1));
        }
        if let Some(ended) = victim.try_wait().unwrap() {
            assert_eq!(ended.code(), None, "the victim failed by itself: {ended}");
            assert!(at_a_point, "the victim ended by itself: {ended}");
            aborted += 1;
        }
        let _ = victim.kill();
        victim.wait().unwrap();
        check(dir.path());
        if began.elapsed() > Duration::from_secs(25) {
            break;
        }
    }
    assert!(aborted > 5, "{aborted} crash points were reached");
    let notes = fs::read_to_string(dir.path().join("acknowledged")).unwrap();
    assert!(
        notes.lines().count() > 200,
        "{} acknowledgements",
        notes.lines().count()
    );
}

fn check(dir: &Path) {
    let store = open(dir);
    assert!(store.read().verify().unwrap().is_intact());
    let notes = fs::read_to_string(dir.join("acknowledged")).unwrap_or_default();
    for number in 0..THREADS {
        let run = run(number);
        let records = store.read().records(&run, 1).unwrap();
        let acknowledged = last_note(&notes, &number.to_string());
        assert!(
            records.len() as u64 >= acknowledged,
            "run {number}: {} of {acknowledged}",
            records.len()
        );
        let mut appends = BTreeSet::new();
        for record in &records {
            let text = text_of(record);
            let (first, count) = text.split_once('+').unwrap();
            let (first, count): (u64, u64) = (first.parse().unwrap(), count.parse().unwrap());
            assert!(
                first < record.seq && record.seq <= first + count,
                "record {} is not of {text}",
                record.seq
            );
            appends.insert((first, count));
            assert!(
                store.read().blob(&blob(&text).sha256).unwrap().is_some(),
                "the blob of {text}"
            );
        }
        let whole: u64 = appends.iter().map(|(_, count)| count).sum();
        assert_eq!(whole, records.len() as u64, "an append is there in part");
        let row = store.read().run_summary(&run).unwrap();
        assert_eq!(
            row.map_or(0, |row| row.summary.seq),
            whole,
            "the view is of another moment"
        );
    }
    assert_views_follow(&store);
    let call = Digest::of(b"call");
    let durable = store.read().durable_offset(&call).unwrap();
    assert!(durable >= last_note(&notes, "log"));
    assert_eq!(
        store.read().log(&call, 0, usize::MAX).unwrap().bytes.len() as u64,
        durable
    );
}

/// What was last acknowledged under a name; a line that the kill cut off was not yet noted.
fn last_note(notes: &str, name: &str) -> u64 {
    let whole = notes.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let found = whole
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(of, _)| *of == name);
    // Notes are cut between two lives of the victim at most at their end; such a line runs into the next one.
    found
        .filter_map(|(_, number)| number.parse().ok())
        .max()
        .unwrap_or(0)
}
