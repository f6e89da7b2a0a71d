//! The scripts in other surroundings than those of this computer's transport: other shells, other decoders, and a home
//! folder as a login by ssh has it.

use super::killed::{arguments, killed_at, points, settles, start_in};
use super::{approve, change, look, profile, write};
use crate::agent::config::host::{CHANGE, OBSERVE, base64_pieces};
use crate::testing::{NOW_US, Stage};
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// POSIX sh is what every shell at hand makes of it.
#[tokio::test]
async fn every_shell_at_hand_makes_the_same_change() {
    let shells: [&[&str]; 6] = [
        &["/bin/dash"],
        &["/bin/bash", "--posix"],
        &["/bin/busybox", "sh"],
        &["/bin/mksh"],
        &["/bin/ksh93"],
        &["/bin/zsh", "--emulate", "sh"],
    ];
    for shell in shells {
        if !Path::new(shell[0]).exists() {
            println!("SKIPPED: there is no {}", shell[0]);
            continue;
        }
        let stage = Stage::new();
        write(&stage, "a", "old\n", 0o644);
        profile(&stage, &[], &[("a", "0640", "$(new) \\ 'x'\n")]);
        let before = look(&stage);
        let approved = approve(&stage, change(&stage, 0).await, "run").await;
        let words = arguments(&stage, &approved, crate::testing::NOW_US, "args");
        assert!(start_in(shell, CHANGE, &words).wait().unwrap().success());
        let after = json!({ "a": ["640", "$(new) \\ 'x'\n"] });
        settles(&stage, &approved, &before, &after, shell[0]).await;
    }
}

/// Hosts differ in what they have for base64; each way gives the same bytes.
#[test]
fn every_way_to_unpack_gives_the_same_bytes() {
    let functions = CHANGE.strip_suffix("main \"$@\"\n").unwrap();
    let bytes: Vec<u8> = (0..=255).chain([0, 10, 13, 92, 37]).collect();
    for length in [0, 1, 2, 3, 47, 48, 49, 261] {
        let pieces = base64_pieces(&bytes[..length]);
        for decoder in ["by_base64", "by_openssl", "by_awk"] {
            let needs = decoder.trim_start_matches("by_");
            let there = Command::new("sh")
                .args(["-c", &format!("command -v {needs}")])
                .output();
            if !there.unwrap().status.success() {
                println!("SKIPPED: there is no {needs}");
                continue;
            }
            let text = format!("{functions}\n{{ printf %s \"$@\"; echo; }} | {decoder}\n");
            let output = Command::new("sh")
                .args(["-c", &text, "sh"])
                .args(&pieces)
                .output()
                .unwrap();
            assert_eq!(output.stdout, bytes[..length], "{decoder} {length}");
        }
    }
}

/// The first change of the built-in profile, as over ssh: the folder that is to be created is the one that holds the
/// backups. Killed at any point it is known whether it was, and where it was not nothing of it is left.
#[test]
fn the_folder_of_the_program_is_created_or_not() {
    let key = workflow::Digest::of(b"first").to_string();
    let now = NOW_US.to_string();
    let all = points();
    let fewer = ["written", "prepared", "checked"];
    let reached = all.iter().filter(|point| !fewer.contains(*point));
    for point in reached.copied().chain(["never"]) {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().canonicalize().unwrap();
        let target = folder.join(".countersign");
        let backups = "~/.countersign/backups";
        let path = target.display().to_string();
        let parent = folder.display().to_string();
        let order = [
            key.as_str(),
            &now,
            backups,
            "1048576",
            "mkdir",
            &path,
            &parent,
            "absent",
            "-",
            "-",
            "directory",
            "-",
            "rwx------",
            "0700",
            "kept",
        ];
        let asked = [key.as_str(), &now, backups, "no", "1048576"];
        let run = |text: &str, words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            let home = format!("HOME={}", folder.display());
            let child = start_in(&["/usr/bin/env", &home, "/bin/sh"], text, &words);
            String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
        };
        let text = match point {
            "never" => CHANGE.to_owned(),
            point => killed_at(point),
        };
        run(&text, &order);
        let settled = run(OBSERVE, &asked);
        let done = settled.contains("\u{1e}settled done");
        assert_eq!(done, target.exists(), "{point}: {settled}");
        assert!(done || settled.contains("settled no"), "{point}: {settled}");
        assert!(run(CHANGE, &order).contains(" changed\n"), "{point}");
        assert!(run(OBSERVE, &asked).contains("settled done"), "{point}");
        assert!(
            target.join("backups").join(&key).join("done").exists(),
            "{point}"
        );
    }
}
