//! Snapshots, measurements, operators.

use super::*;
use crate::{Miss, Point, WriteFault};

#[test]
fn of_each_agent_the_last_time_without_an_answer_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.read().misses().unwrap(), []);
    for (agent_id, at_us, why) in [
        ("b", 10, "refused"),
        ("a", 20, "timeout"),
        ("b", 30, "timeout"),
    ] {
        store.save_miss(agent_id, at_us, why).unwrap();
    }
    let miss = |agent_id: &str, at_us| Miss {
        agent_id: agent_id.to_owned(),
        at_us,
        why: "timeout".to_owned(),
    };
    assert_eq!(
        store.read().misses().unwrap(),
        [miss("a", 20), miss("b", 30)]
    );
}

#[test]
fn snapshots_and_series_are_kept_until_retention() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let first = store.save_snapshot("call 1", "a", 10, "{\"n\":1}").unwrap();
    let second = store.save_snapshot("call 2", "a", 20, "{\"n\":2}").unwrap();
    assert_eq!(
        store.save_snapshot("call 1", "a", 11, "again").unwrap(),
        first,
        "the same call is the same snapshot"
    );
    store.save_snapshot("call 3", "b", 5, "{}").unwrap();
    let read = store.read();
    assert_eq!(read.snapshot(first).unwrap().unwrap().body, "{\"n\":1}");
    assert_eq!(read.latest_snapshot("a").unwrap().unwrap().id, second);
    assert_eq!(read.latest_snapshot("c").unwrap(), None);
    let point = |value| {
        [Point {
            name: "load".into(),
            unit: "1".into(),
            value,
        }]
    };
    store.save_points("a", 10, &point(0.5)).unwrap();
    store.save_points("a", 20, &point(1.5)).unwrap();
    store.save_points("a", 20, &point(2.5)).unwrap();
    store.save_points("b", 15, &point(9.0)).unwrap();
    let values = |agent, since| -> Vec<f64> {
        read.series("load", agent, since)
            .unwrap()
            .into_iter()
            .map(|point| point.value)
            .collect()
    };
    assert_eq!(values(None, 0), [0.5, 9.0, 2.5]);
    let other = [Point {
        name: "disk.used".into(),
        unit: "bytes".into(),
        value: 7.0,
    }];
    store.save_points("a", 12, &other).unwrap();
    let of = |agent, since| -> Vec<(String, Vec<f64>)> {
        let series = read.series_of(agent, since).unwrap().into_iter();
        let values =
            |points: Vec<crate::SeriesPoint>| points.iter().map(|point| point.value).collect();
        series
            .map(|(name, points)| (name, values(points)))
            .collect()
    };
    let (disk, load) = ("disk.used".to_owned(), "load".to_owned());
    assert_eq!(
        of("a", 0),
        [(disk, vec![7.0]), (load.clone(), vec![0.5, 2.5])]
    );
    assert_eq!(of("a", 13), [(load, vec![2.5])]);
    assert_eq!(of("c", 0), []);
    assert_eq!(values(Some("a"), 11), [2.5]);
    assert_eq!(values(Some("c"), 0), Vec::<f64>::new());
    // The latest snapshot of each agent stays, however old it is.
    assert_eq!(store.prune_telemetry(15).unwrap(), 3);
    assert_eq!(
        (read.snapshot(first).unwrap(), values(None, 0)),
        (None, vec![9.0, 2.5])
    );
    assert!(read.latest_snapshot("b").unwrap().is_some());
    assert!(store.save_snapshot("call 4", "a", 30, "{}").unwrap() > second);
}

#[test]
fn operators_are_found_by_their_token_until_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let token = Digest::of(b"token");
    let roles = ["decider".to_owned()];
    let id = store.add_operator("ada", &roles, &token, 5).unwrap();
    let fault = store.add_operator("eve", &roles, &token, 6).unwrap_err();
    assert!(matches!(fault, WriteFault::Duplicate { .. }), "{fault}");
    let found = store
        .read()
        .operator_by_token_hash(&token)
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.id, found.name.as_str(), &found.roles[..]),
        (id, "ada", &roles[..])
    );
    assert_eq!(
        store
            .read()
            .operator_by_token_hash(&Digest::of(b"guess"))
            .unwrap(),
        None
    );
    store.revoke_operator(id, 7).unwrap();
    store.revoke_operator(id, 8).unwrap();
    assert_eq!(store.read().operator_by_token_hash(&token).unwrap(), None);
    assert_eq!(store.read().operators().unwrap()[0].revoked_us, Some(7));
    assert!(matches!(
        store.revoke_operator(99, 8),
        Err(WriteFault::Unknown { .. })
    ));
}
