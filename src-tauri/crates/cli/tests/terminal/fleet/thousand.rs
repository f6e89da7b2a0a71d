//! A thousand hosts: taken in with three decisions, then checked, by the real program over real ssh. Slow, so only
//! `cargo xtask test --long` runs it; a faster way to the same figures, without the engine, is the example `fleet` of
//! the crate `tools`.

use super::Person;
use crate::desk::Desk;
use loopback::{Farm, SshdSetup};
use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::{Value as Json, json};
use std::{
    fs,
    time::{Duration, Instant},
};

/// Taking them in may take so long, and checking them again so long.
const LONGEST: Duration = Duration::from_secs(600);

const PROFILE: &str = "\
apiVersion: countersign/v1
kind: Profile
directories:
  - path: ~/.countersign
    mode: \"0700\"
";

/// As many hosts as the environment says, else a thousand.
fn count() -> usize {
    let asked = std::env::var("COUNTERSIGN_HOSTS").ok();
    asked.and_then(|count| count.parse().ok()).unwrap_or(1_000)
}

/// The hosts as a list for `--json-file`, with the key that opens them.
fn inventory(farm: &Farm, key: &str) -> String {
    let hosts = farm.hosts.iter().enumerate();
    let hosts: Vec<Json> = hosts
        .map(|(number, (address, port))| {
            json!({
                "name": format!("node-{number:04}"),
                "address": address,
                "port": port,
                "user": loopback::user(),
                "credential": format!("key:{key}"),
                "environment": "production",
                "labels": { "rack": format!("r{}", number / 50) },
            })
        })
        .collect();
    json!(hosts).to_string()
}

/// The steps of a run that are items of this list, with their states.
fn items<'a>(run: &'a Json, list: &str) -> Vec<&'a str> {
    let of = format!("{list}[");
    let steps = run["steps"].as_array().unwrap().iter();
    steps
        .filter(|step| step["step"].as_str().unwrap().starts_with(&of))
        .map(|step| step["state"].as_str().unwrap())
        .collect()
}

#[test]
#[ignore = "long: a thousand hosts are imported and checked"]
fn a_thousand_hosts_are_taken_in_and_checked_and_none_is_lost() {
    let count = count();
    if let Err(why) = loopback::alone() {
        println!("SKIPPED: {count} hosts: no network of their own ({why}).");
        return;
    }
    // What most systems give; the program must see to it that it can keep a connection to each host all the same.
    let mut limits = getrlimit(Resource::Nofile);
    limits.current = limits.maximum.min(Some(1_024)).or(Some(1_024));
    setrlimit(Resource::Nofile, limits).unwrap();
    let desk = Desk::new();
    let key = loopback::keygen(&desk.path("operator"), &["-t", "ed25519"]);
    let setup = SshdSetup {
        authorized: vec![loopback::key_words(&key.with_extension("pub"))],
        ..SshdSetup::default()
    };
    let Some(farm) = Farm::start(count, &setup, true) else {
        return;
    };
    // One change a host: they are made one after the other, and the usual two would take most of the time.
    fs::create_dir_all(desk.data().join("profiles")).unwrap();
    fs::write(desk.data().join("profiles/production.yaml"), PROFILE).unwrap();
    let file = desk.write("hosts.json", &inventory(&farm, &key.display().to_string()));
    let mut logins = 0;
    let mut told = |what: &str, since: Instant, began: Instant| {
        let (before, now) = (logins, farm.logins());
        logins = now;
        println!(
            "{what:<40} {:>8.1?} {:>6} logins",
            since.elapsed(),
            now - before
        );
        // Connections are kept for as long as the program runs.
        assert!(now - before <= count, "hosts were logged in to twice");
        assert!(began.elapsed() < LONGEST, "{what} came too late");
    };

    let mut person = Person::new(&desk);
    let file = file.display().to_string();
    let began = Instant::now();
    let mut since = began;
    let mut run = person.starts(&["agents", "import", "--json-file", &file, "--detach"]);
    while run["state"] == "waiting" {
        told(
            &format!("import until {}", run["waiting"][0]["gate"]),
            since,
            began,
        );
        since = Instant::now();
        run = person.answers(&run, &["--approve"]);
    }
    told("import to its end", since, began);
    assert_eq!(run["state"], "completed", "{run:#}");
    assert_eq!(
        person.answered,
        [
            "trust_host_key.before",
            "register.before",
            "apply_config.before"
        ]
    );
    let imported = desk.show(run["run"].as_str().unwrap());
    for list in [
        "scan_host_key",
        "trust_host_key",
        "probe",
        "register",
        "confirm",
    ] {
        assert_eq!(items(&imported, list), vec!["completed"; count], "{list}");
    }
    let (_, agents) = desk.json(&["agents", "list"]);
    let agents = agents["agents"].as_array().unwrap();
    let registered = agents
        .iter()
        .filter(|info| info["agent"]["state"] == "registered");
    // This computer is one too.
    assert_eq!(registered.count(), count + 1);

    let since = Instant::now();
    let (code, check) = desk.json(&["run", "health_check"]);
    assert_eq!(code, 0, "{check:#}");
    told("health check of all of them", since, since);
    let checked = desk.show(check["run"].as_str().unwrap());
    assert_eq!(items(&checked, "agents"), vec!["completed"; count + 1]);
    let report = check["outputs"]["report"]["markdown"].as_str().unwrap();
    let missing: Vec<String> = (0..count)
        .map(|number| format!("node-{number:04}"))
        .filter(|name| !report.contains(name))
        .collect();
    assert_eq!(missing, Vec::<String>::new(), "the report names every host");
    println!("{}", report.lines().take(12).collect::<Vec<_>>().join("\n"));
}
