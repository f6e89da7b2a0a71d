//! Whatever real hosts are measured and judged by has a name for people.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "the crate reads no files; its tests read their fixtures"
)]

use fleet::{Check, Limits, Snapshot, judge};

#[test]
fn every_measure_and_finding_has_a_name_for_people() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots");
    for file in ["healthy", "full_disk", "oom", "clock_not_synchronised"] {
        let snapshot = std::fs::read(format!("{folder}/{file}.txt")).unwrap();
        let snapshot = Snapshot::parse(&snapshot).unwrap();
        let measures = snapshot.measures();
        assert!(measures.len() > 5, "{file}");
        for measure in measures {
            let part = measure.attributes.values().next().map(String::as_str);
            let name = fleet::name(&measure.metric, part);
            assert!(!name.contains("system."), "{name}");
            assert!(part.is_none_or(|part| name.ends_with(part)), "{name}");
        }
        for finding in judge(&snapshot, &Limits::default(), &Check::ALL) {
            let name = fleet::name(&finding.metric, Some(&finding.subject));
            assert!(!name.contains("system."), "{name}");
        }
    }
}
