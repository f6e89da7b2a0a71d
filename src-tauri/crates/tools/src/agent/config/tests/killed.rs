//! A change that is killed at any point of its script: it must be known whether it happened, the file is never half
//! written, and no backup is lost.

use super::{AGENT, approve, backups, change, kept, look, profile, tool, write};
use crate::agent::config::host::{CHANGE, base64_pieces};
use crate::testing::{Approved, Stage};
use serde_json::{Value as Json, json};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use workflow::{Digest, Observation};

/// The points at which the script names itself.
pub(super) fn points() -> Vec<&'static str> {
    let lines = CHANGE.lines().map(str::trim);
    lines.filter_map(|line| line.strip_prefix("#: ")).collect()
}

/// The script, killed at that point.
pub(super) fn killed_at(point: &str) -> String {
    let mark = format!("#: {point}\n");
    assert_eq!(CHANGE.matches(&mark).count(), 1, "{point}");
    CHANGE.replace(&mark, "kill -9 $$\n")
}

/// The arguments of the script for an approved change of a file, as the tool gives them.
pub(super) fn arguments(
    stage: &Stage,
    approved: &Approved,
    sent: i64,
    source: &str,
) -> Vec<String> {
    let permit = approved.permit();
    let facts = &permit.call().facts;
    let args = permit.args();
    let path = facts["path"].as_str().unwrap().to_owned();
    let letters = |mode: &Json| match mode.as_str() {
        Some(mode) => crate::agent::config::state::letters(u32::from_str_radix(mode, 8).unwrap()),
        None => "-".to_owned(),
    };
    let word = |fact: &Json| fact.as_str().unwrap_or("-").to_owned();
    let content = args["change"]["content"].as_str();
    let after = match content {
        Some(content) => {
            let mode = &args["change"]["mode"];
            let hash = Digest::of(content.as_bytes()).to_string();
            ["file".to_owned(), hash, letters(mode), word(mode)]
        }
        None if source == "args" => {
            let mode = &args["change"]["mode"];
            [
                "directory".to_owned(),
                "-".to_owned(),
                letters(mode),
                word(mode),
            ]
        }
        None => [
            word(&facts["restores_kind"]),
            word(&facts["restores_sha256"]),
            letters(&facts["restores_mode"]),
            word(&facts["restores_mode"]),
        ],
    };
    let verb = match (after[0].as_str(), facts["expected_kind"].as_str().unwrap()) {
        ("file", _) => "file",
        ("directory", "absent") => "mkdir",
        ("directory", _) => "chmod",
        (_, "directory") => "rmdir",
        (_, _) => "remove",
    };
    let mut words = vec![
        permit.key().to_string(),
        sent.to_string(),
        backups(stage).display().to_string(),
        (1024 * 1024).to_string(),
        verb.to_owned(),
        path.clone(),
        Path::new(&path).parent().unwrap().display().to_string(),
        word(&facts["expected_kind"]),
        word(&facts["expected_sha256"]),
        letters(&facts["expected_mode"]),
    ];
    words.extend(after);
    words.push(source.to_owned());
    words.extend(
        content
            .map(|content| base64_pieces(content.as_bytes()))
            .unwrap_or_default(),
    );
    words
}

fn start(text: &str, words: &[String]) -> Child {
    start_in(&["/bin/sh"], text, words)
}

pub(super) fn start_in(shell: &[&str], text: &str, words: &[String]) -> Child {
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .arg("-s")
        .arg("--")
        .args(words)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    child
}

/// Nothing of ours stands beside the file.
fn is_tidy(stage: &Stage) -> bool {
    look(stage)
        .as_object()
        .unwrap()
        .keys()
        .all(|name| !name.contains(".countersign-"))
}

/// What is left must tell exactly whether it happened; trying again under the same key must end well.
pub(super) async fn settles(
    stage: &Stage,
    approved: &Approved,
    before: &Json,
    after: &Json,
    at: &str,
) {
    let left = look(stage);
    let happened = left == *after;
    let observed = approved.observe(stage).await;
    match &observed {
        Observation::Done(_) => assert_eq!(look(stage), *after, "{at}"),
        Observation::NotDone => assert_eq!(look(stage), *before, "{at}"),
        Observation::Unknown { why } => panic!("{at}: {why}"),
    }
    assert_eq!(matches!(observed, Observation::Done(_)), happened, "{at}");
    assert!(is_tidy(stage), "{at}");
    let output = approved.apply(stage).await.unwrap();
    assert_eq!(
        (look(stage), approved.observe(stage).await),
        (after.clone(), Observation::Done(output)),
        "{at}"
    );
}

/// Killed at each point while a file is changed or created, a folder created, and each of them put back.
#[tokio::test]
async fn killed_at_any_point_it_is_known_whether_it_happened() {
    for kind in ["modify", "create", "folder"] {
        for point in points() {
            if kind == "folder" && point == "written" {
                continue;
            }
            let at = format!("{kind} {point}");
            let stage = Stage::new();
            match kind {
                "folder" => profile(&stage, &[("a", "0750")], &[]),
                _ => profile(&stage, &[], &[("a", "0640", "new\n")]),
            }
            if kind == "modify" {
                write(&stage, "a", "old\n", 0o644);
            }
            let before = look(&stage);
            let approved = approve(&stage, change(&stage, 0).await, "run").await;
            let words = arguments(&stage, &approved, crate::testing::NOW_US, "args");
            let status = start(&killed_at(point), &words).wait().unwrap();
            assert!(!status.success(), "{at}: not reached");
            let after = match kind {
                "folder" => json!({ "a": ["750", "folder"] }),
                _ => json!({ "a": ["640", "new\n"] }),
            };
            settles(&stage, &approved, &before, &after, &at).await;

            let key = approved.key();
            let args = json!({ "agent_id": AGENT, "backup_id": key, "path": stage.path("a") });
            let undo = Approved::new(&stage, tool("agent.revert_change"), args, "undo")
                .await
                .unwrap();
            let words = arguments(&stage, &undo, crate::testing::NOW_US, &key.to_string());
            let mut child = start(&killed_at(point), &words);
            let reached = !child.wait().unwrap().success();
            // Putting back nothing makes no new file and has fewer points.
            let fewer = kind != "modify" && matches!(point, "written" | "prepared" | "checked");
            assert_eq!(reached, !fewer, "{at}, putting back");
            settles(
                &stage,
                &undo,
                &after,
                &before,
                &format!("{at}, putting back"),
            )
            .await;
        }
    }
}

/// Killed at times that a generator chose (seeded, so that a failure can be repeated): somebody who reads the file all
/// the while sees the old text or the new, and nothing else.
#[tokio::test]
async fn killed_at_random_times_the_file_is_whole() {
    let old = "old\n".repeat(30_000);
    let new = "new!\n".repeat(40_000);
    let mut seed: u64 = 0x5eed;
    for round in 0..25 {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let wait = Duration::from_micros((seed >> 33) % 120_000);
        let stage = Stage::new();
        write(&stage, "a", &old, 0o644);
        profile(&stage, &[], &[("a", "0644", &new)]);
        let before = look(&stage);
        let approved = approve(&stage, change(&stage, 0).await, "run").await;
        let words = arguments(&stage, &approved, crate::testing::NOW_US, "args");
        let mut child = start(CHANGE, &words);
        let began = Instant::now();
        while began.elapsed() < wait {
            let seen = std::fs::read_to_string(stage.path("a")).unwrap();
            assert!(
                seen == old || seen == new,
                "round {round}: {} bytes",
                seen.len()
            );
        }
        let _ = child.kill();
        child.wait().unwrap();
        let after = json!({ "a": ["644", new] });
        settles_late(
            &stage,
            &approved,
            &before,
            &after,
            &format!("round {round}, {wait:?}"),
        )
        .await;
    }
}

/// As `settles`, when a command that the killed shell had started may still have ended after it.
async fn settles_late(stage: &Stage, approved: &Approved, before: &Json, after: &Json, at: &str) {
    let observed = approved.observe(stage).await;
    match &observed {
        Observation::Done(_) => assert_eq!(look(stage), *after, "{at}"),
        Observation::NotDone => assert_eq!(look(stage), *before, "{at}"),
        Observation::Unknown { why } => panic!("{at}: {why}"),
    }
    approved.apply(stage).await.unwrap();
    assert_eq!(look(stage), *after, "{at}");
    assert!(is_tidy(stage), "{at}");
    let copy = backups(stage)
        .join(approved.key().to_string())
        .join("before");
    assert_eq!(
        json!(std::fs::read_to_string(copy).unwrap()),
        before["a"][1],
        "{at}"
    );
}

/// A text that arrives cut short, at the end of any line, does nothing.
#[tokio::test]
async fn a_script_that_is_cut_short_does_nothing() {
    let stage = Stage::new();
    write(&stage, "a", "old\n", 0o644);
    profile(&stage, &[], &[("a", "0644", "new\n")]);
    let before = look(&stage);
    let approved = approve(&stage, change(&stage, 0).await, "run").await;
    let words = arguments(&stage, &approved, 1, "args");
    let lines: Vec<&str> = CHANGE.lines().collect();
    for count in 0..lines.len() {
        let text = lines[..count].join("\n") + "\n";
        start(&text, &words).wait().unwrap();
        assert!(kept(&backups(&stage)).is_empty(), "{count} lines");
    }
    assert_eq!(look(&stage), before);
}

/// The script is still under way when it is asked after: the answer waits for it, or stops it, and stays true.
#[tokio::test]
async fn what_is_still_under_way_is_awaited_or_stopped() {
    for stop in [false, true] {
        let stage = Stage::new();
        write(&stage, "a", "old\n", 0o644);
        profile(&stage, &[], &[("a", "0644", "new\n")]);
        let approved = approve(&stage, change(&stage, 0).await, "run").await;
        let words = arguments(&stage, &approved, crate::testing::NOW_US, "args");
        let pause = if stop { "sleep 20" } else { "sleep 2" };
        let slow = CHANGE.replace("#: prepared\n", &format!("{pause} >/dev/null\n"));
        let mut child = start(&slow, &words);
        let began = Instant::now();
        let moves = backups(&stage)
            .join(approved.key().to_string())
            .join("moves");
        while !moves.exists() {
            assert!(began.elapsed() < Duration::from_secs(20));
            std::thread::yield_now();
        }
        // The shell is this test's child: somebody has to take its end, as sshd would.
        let ended = std::thread::spawn(move || child.wait().unwrap());
        let permit = approved.permit();
        let crate::Tool::Change(change) = &approved.tool else {
            unreachable!()
        };
        let asked = crate::Asked {
            key: permit.key(),
            call: permit.call(),
            args: permit.args(),
            stop,
        };
        let observed = change.observe(asked, &stage.context).await;
        let text = if stop { "old\n" } else { "new\n" };
        assert_eq!(
            matches!(observed, Observation::Done(_)),
            !stop,
            "{observed:?}"
        );
        ended.join().unwrap();
        assert_eq!(look(&stage), json!({ "a": ["644", text] }));
    }
}

/// A script that was on its way while it was asked whether it had happened comes too late.
#[tokio::test]
async fn after_no_it_stays_no() {
    let stage = Stage::new();
    write(&stage, "a", "old\n", 0o644);
    profile(&stage, &[], &[("a", "0644", "new\n")]);
    let before = look(&stage);
    std::fs::create_dir_all(backups(&stage).join("another")).unwrap();
    let approved = approve(&stage, change(&stage, 0).await, "run").await;
    assert_eq!(approved.observe(&stage).await, Observation::NotDone);
    let late = arguments(&stage, &approved, crate::testing::NOW_US - 1, "args");
    let output = start(CHANGE, &late).wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("fault overtaken not_started"));
    assert_eq!(look(&stage), before);
    approved.apply(&stage).await.unwrap();
    assert_eq!(look(&stage)["a"], json!(["644", "new\n"]));
}

/// Killed right after the rename. Edited in place since, it happened; replaced since, nobody can tell.
#[tokio::test]
async fn what_cannot_be_known_is_said() {
    for replaced in [false, true] {
        let stage = Stage::new();
        write(&stage, "a", "old\n", 0o644);
        profile(&stage, &[], &[("a", "0644", "new\n")]);
        let approved = approve(&stage, change(&stage, 0).await, "run").await;
        let words = arguments(&stage, &approved, crate::testing::NOW_US, "args");
        start(&killed_at("renamed"), &words).wait().unwrap();
        if replaced {
            write(&stage, "b", "theirs\n", 0o644);
            std::fs::rename(stage.path("b"), stage.path("a")).unwrap();
        } else {
            write(&stage, "a", "edited\n", 0o644);
        }
        let observed = approved.observe(&stage).await;
        assert_eq!(
            matches!(observed, Observation::Unknown { .. }),
            replaced,
            "{observed:?}"
        );
        if replaced {
            let error = approved.apply(&stage).await.unwrap_err();
            assert_eq!(
                (error.code.as_str(), error.outcome),
                ("in_doubt", workflow::Outcome::Unknown)
            );
            assert_eq!(look(&stage)["a"], json!(["644", "theirs\n"]));
        }
    }
}
