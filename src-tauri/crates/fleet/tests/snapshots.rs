//! Reading and judging snapshots: what healthy, sick, poor and hostile hosts say.

use fleet::{Check, Limits, Services, Severity, Snapshot, SnapshotFault, Why, judge, unjudged};

fn snapshot(name: &str) -> Snapshot {
    Snapshot::parse(&text(name)).unwrap()
}

fn text(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/tests/snapshots/{name}.txt",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

/// Severity, subject and metric of every finding.
fn findings(name: &str, limits: &Limits) -> Vec<String> {
    judge(&snapshot(name), limits, &Check::ALL)
        .into_iter()
        .map(|finding| {
            assert!(
                !finding.evidence.is_empty()
                    && !finding.origin.is_empty()
                    && finding.what.ends_with('.')
            );
            format!(
                "{} {} {}",
                finding.severity.word(),
                finding.subject,
                finding.metric
            )
        })
        .collect()
}

fn value(snapshot: &Snapshot, metric: &str) -> f64 {
    snapshot
        .measures()
        .iter()
        .find(|measure| measure.metric == metric)
        .unwrap()
        .value
}

#[test]
fn a_healthy_host_is_read_whole_and_nothing_is_found() {
    let snapshot = snapshot("healthy");
    assert_eq!(snapshot.gaps, []);
    assert!(!snapshot.is_partial());
    assert_eq!(snapshot.host.hostname.as_deref(), Some("web-01"));
    assert_eq!(
        snapshot.host.os.as_deref(),
        Some("Debian GNU/Linux 12 (bookworm)")
    );
    assert_eq!(snapshot.host.epoch_us, Some(1_795_339_645_909_485));
    let places: Vec<(&str, Option<&str>)> = snapshot
        .filesystems
        .iter()
        .map(|fs| (fs.mountpoint.as_str(), fs.kind.as_deref()))
        .collect();
    assert_eq!(places, [("/", Some("ext4")), ("/srv/my data", Some("xfs"))]);
    assert_eq!(snapshot.filesystems[1].inodes, Some((1_000, 655_360)));
    assert_eq!(
        snapshot.services,
        Services::Systemd {
            state: "running".to_owned(),
            failed: vec![]
        }
    );
    assert_eq!(snapshot.top[0].command, "postgres: writer");
    assert_eq!(
        (
            snapshot.interfaces[1].errors,
            snapshot.interfaces[1].dropped
        ),
        (4, 9)
    );
    assert_eq!(snapshot.clock.offset_s, Some(-0.000_012_345));
    assert_eq!(value(&snapshot, "system.memory.utilization"), 0.25);
    assert_eq!(value(&snapshot, "system.cpu.load_per_core"), 0.1);
    // 60 + 20 + 5 of 200 ticks.
    assert_eq!(value(&snapshot, "system.cpu.utilization"), 0.425);
    assert_eq!(value(&snapshot, "system.filesystem.utilization"), 0.3163);
    assert_eq!(
        findings("healthy", &Limits::default()),
        Vec::<String>::new()
    );
    assert_eq!(unjudged(&snapshot, &Check::ALL), []);
}

#[test]
fn a_full_disk_and_one_that_turned_read_only() {
    assert_eq!(
        findings("full_disk", &Limits::default()),
        [
            "critical / system.filesystem.utilization",
            "critical /data system.filesystem.read_only",
            "warning / system.filesystem.inodes.utilization",
        ]
    );
    let judged = judge(&snapshot("full_disk"), &Limits::default(), &[Check::Disk]);
    assert_eq!(
        judged[0].what,
        "The filesystem is 99.8 % full (limit 97 %)."
    );
    assert_eq!(
        judged[0].evidence[1],
        "system.filesystem.available{mountpoint=/} = 78.1 MiB"
    );
    assert_eq!(
        judged[0].origin,
        "node-mixin NodeFilesystemAlmostOutOfSpace"
    );
    assert_eq!(snapshot("full_disk").kernel_log.len(), 2);
}

#[test]
fn out_of_memory() {
    assert_eq!(
        findings("oom", &Limits::default()),
        [
            "critical memory system.memory.utilization",
            "critical memory system.pressure.full",
            "critical swap system.paging.utilization",
            "critical file handles system.file_handles.utilization",
            "critical processor system.cpu.load_per_core",
            "warning memory system.memory.oom_kills",
            "warning processes system.processes.zombies",
        ]
    );
    let judged = judge(&snapshot("oom"), &Limits::default(), &[Check::Memory]);
    let oom = judged
        .iter()
        .find(|finding| finding.metric == "system.memory.oom_kills")
        .unwrap();
    assert!(
        oom.what.contains("within the last day") && oom.evidence[1].contains("(java)"),
        "{oom:?}"
    );
}

#[test]
fn kills_of_an_unknown_time_are_not_called_recent() {
    let text = String::from_utf8(text("oom")).unwrap();
    let (before, rest) = text.split_once("\u{1e}kernel_log ok\n").unwrap();
    let (_, after) = rest.split_once('\u{1e}').unwrap();
    let denied = format!("{before}\u{1e}kernel_log denied\n\u{1e}{after}");
    let snapshot = Snapshot::parse(denied.as_bytes()).unwrap();
    assert_eq!(snapshot.not_permitted(), ["kernel_log"]);
    let judged = judge(&snapshot, &Limits::default(), &[Check::Memory]);
    let oom = judged
        .iter()
        .find(|finding| finding.metric == "system.memory.oom_kills")
        .unwrap();
    assert_eq!((oom.severity, oom.value), (Severity::Info, 3.0));
    assert!(oom.what.contains("when is not known"));
}

#[test]
fn a_clock_that_nobody_keeps_failed_units_and_a_restart() {
    assert_eq!(
        findings("clock_not_synchronised", &Limits::default()),
        [
            "warning clock system.clock.offset",
            "warning clock system.clock.synchronised",
            "warning backup.timer system.services.failed",
            "warning nginx.service system.services.failed",
            "info restart system.reboot_required",
        ]
    );
    let patient = Limits {
        clock_skew_ms: Some(5_000.0),
        ..Limits::default()
    };
    assert!(
        !findings("clock_not_synchronised", &patient)
            .contains(&"warning clock system.clock.offset".to_owned())
    );
}

#[test]
fn a_wrong_clock_is_told_from_a_slow_answer() {
    const SECOND: i64 = 1_000_000;
    // The host's clock, when it was asked and when it answered, in seconds; then the skew and whether it is a finding.
    let check =
        |epoch_us: i64, asked_s: i64, answered_s: i64, skew_s: f64, severity: Option<Severity>| {
            let mut snapshot = snapshot("healthy");
            snapshot.host.epoch_us = Some(epoch_us);
            snapshot.compare_clock(asked_s * SECOND, answered_s * SECOND);
            assert_eq!(value(&snapshot, "system.clock.skew"), skew_s);
            let found = judge(&snapshot, &Limits::default(), &[Check::Clock]);
            assert_eq!(found.first().map(|finding| finding.severity), severity);
        };
    check(105 * SECOND + 1, 100, 110, 0.0, None);
    check(
        117 * SECOND + 500_000,
        100,
        110,
        7.5,
        Some(Severity::Warning),
    );
    check(
        93 * SECOND + 500_000,
        100,
        110,
        -6.5,
        Some(Severity::Warning),
    );
    check(
        1100 * SECOND + 500_000,
        100,
        110,
        990.5,
        Some(Severity::Critical),
    );
    // Whole seconds: it may have been read up to a second later.
    check(99 * SECOND, 100, 110, -0.000_001, None);
    check(100 * SECOND, 100, 100, 0.0, None);
}

#[test]
fn a_poor_host_has_gaps_and_is_not_partial() {
    let snapshot = snapshot("busybox");
    assert!(!snapshot.is_partial(), "{:?}", snapshot.gaps);
    assert!(snapshot.memory.unwrap().estimated);
    assert_eq!(snapshot.memory.unwrap().available_bytes, 30_000 * 1024);
    assert_eq!(snapshot.host.epoch_us, Some(1_795_339_645_000_000));
    let places: Vec<&str> = snapshot
        .filesystems
        .iter()
        .map(|fs| fs.mountpoint.as_str())
        .collect();
    assert_eq!(
        places,
        ["/overlay"],
        "a full read-only image is not a finding"
    );
    assert_eq!(snapshot.services, Services::NotSystemd);
    assert_eq!(
        unjudged(&snapshot, &Check::ALL),
        [
            (Check::Clock, Why::NotAvailable),
            (Check::Services, Why::NotAvailable)
        ]
    );
    assert_eq!(
        findings("busybox", &Limits::default()),
        Vec::<String>::new()
    );
}

#[test]
fn an_answer_that_broke_off_is_partial_and_its_last_number_is_not_believed() {
    let snapshot = snapshot("truncated");
    assert!(snapshot.is_partial());
    assert_eq!(snapshot.load.unwrap().one, 0.56);
    assert_eq!(
        snapshot.memory, None,
        "half a number would be a hundredth of the memory"
    );
    assert_eq!(snapshot.gap("meminfo"), Some(Why::NotReceived));
    assert_eq!(snapshot.gap("df"), Some(Why::NotReceived));
    let unjudged: Vec<Check> = unjudged(&snapshot, &Check::ALL)
        .into_iter()
        .map(|(check, _)| check)
        .collect();
    assert_eq!(
        unjudged,
        [Check::Disk, Check::Memory, Check::Clock, Check::Services]
    );
}

#[test]
fn what_is_no_snapshot_is_an_error_that_shows_its_beginning() {
    let fault = Snapshot::parse(&text("noise_only")).unwrap_err();
    assert!(
        matches!(&fault, SnapshotFault::NoMarker { begins } if begins.starts_with("Last login<U+000A>bash"))
    );
    assert_eq!(
        Snapshot::parse(b"").unwrap_err().to_string(),
        "the host answered with nothing"
    );
    let long = vec![0x1e; Snapshot::MAX_BYTES + 1];
    assert!(matches!(
        Snapshot::parse(&long),
        Err(SnapshotFault::TooLong { .. })
    ));
}

#[test]
fn hostile_bytes_neither_break_anything_nor_get_through() {
    let snapshot = snapshot("hostile");
    let shown = serde_json::to_string(&snapshot).unwrap();
    assert!(!shown.chars().any(fleet::is_hidden), "{shown}");
    assert!(!shown.contains("\\u00"), "{shown}");
    assert!(
        !snapshot
            .filesystems
            .iter()
            .any(|fs| fs.mountpoint == "/forged"),
        "a second section of a name does not count"
    );
    for measure in snapshot.measures() {
        assert!(measure.value.is_finite(), "{measure:?}");
    }
    judge(&snapshot, &Limits::default(), &Check::ALL);
    assert_eq!(snapshot.load, None);
}

#[test]
fn any_cut_and_any_flipped_byte_is_read_without_a_panic() {
    for name in ["healthy", "full_disk", "oom", "hostile"] {
        let text = text(name);
        for end in 0..text.len() {
            if let Ok(snapshot) = Snapshot::parse(&text[..end]) {
                let whole = text[..end].windows(4).any(|window| window == b"\x1eend");
                assert!(whole || snapshot.is_partial(), "{name} cut at {end}");
            }
        }
        for at in (0..text.len()).step_by(3) {
            let mut text = text.clone();
            text[at] ^= 0x5a;
            if let Ok(snapshot) = Snapshot::parse(&text) {
                judge(&snapshot, &Limits::default(), &Check::ALL);
            }
        }
    }
}

#[test]
fn limits_of_the_inputs_replace_the_warning_and_name_themselves() {
    let limits = Limits {
        disk_pct: Some(30.0),
        ..Limits::default()
    };
    let judged = judge(&snapshot("healthy"), &limits, &Check::ALL);
    assert_eq!(judged.len(), 2);
    assert!(
        judged.iter().all(
            |finding| finding.origin == "input limits" && finding.severity == Severity::Warning
        )
    );
    assert_eq!(judge(&snapshot("healthy"), &limits, &[Check::Clock]), []);
}

#[test]
fn json_keeps_every_part() {
    for name in [
        "healthy",
        "full_disk",
        "oom",
        "clock_not_synchronised",
        "busybox",
        "truncated",
        "hostile",
    ] {
        let snapshot = snapshot(name);
        let json = serde_json::to_string(&snapshot).unwrap();
        assert_eq!(
            serde_json::from_str::<Snapshot>(&json).unwrap(),
            snapshot,
            "{name}"
        );
        let findings = judge(&snapshot, &Limits::default(), &Check::ALL);
        let json = serde_json::to_string(&findings).unwrap();
        assert_eq!(
            serde_json::from_str::<Vec<fleet::Finding>>(&json).unwrap(),
            findings,
            "{name}"
        );
    }
}

/// The spelling that stored snapshots, outputs and the window rely on.
#[test]
fn the_spelling_of_a_measure_and_a_finding_is_stable() {
    let snapshot = snapshot("full_disk");
    let measures = snapshot.measures();
    let measure = measures
        .iter()
        .find(|measure| measure.metric == "system.filesystem.utilization")
        .unwrap();
    assert_eq!(
        serde_json::to_string(measure).unwrap(),
        r#"{"metric":"system.filesystem.utilization","attributes":{"mountpoint":"/"},"value":0.998,"unit":"1","class":"utilization"}"#
    );
    let finding = &judge(&snapshot, &Limits::default(), &[Check::Disk])[1];
    assert_eq!(
        serde_json::to_string(finding).unwrap(),
        r#"{"severity":"critical","check":"disk","subject":"/data","what":"The filesystem is mounted read-only, and /etc/fstab does not ask for that.","metric":"system.filesystem.read_only","value":1.0,"unit":"","threshold":null,"origin":"Zabbix Linux: filesystem has become read-only","evidence":["/proc/mounts: /dev/sdb1 on /data type ext4 (ro)"]}"#
    );
}
