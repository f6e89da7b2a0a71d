//! Hostile places: what is in the way is named and never overwritten, and nobody's change is lost.

use super::{AGENT, approve, backups, change, kept, look, plan, profile, set_mode, tool, write};
use crate::testing::{Approved, Stage};
use serde_json::json;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use workflow::{Observation, Outcome};

/// Why the only entry of the plan is blocked.
async fn blocked(stage: &Stage) -> String {
    let plan = plan(stage).await;
    assert_eq!(plan["changes"], json!([]), "{plan:#}");
    plan["blocked"][0]["why"]
        .as_str()
        .unwrap_or_else(|| panic!("{plan:#}"))
        .to_owned()
}

#[tokio::test]
async fn what_is_in_the_way_is_named() {
    type Prepare = fn(&Stage);
    let cases: [(Prepare, &str); 11] = [
        (
            |stage| std::fs::create_dir(stage.path("a")).unwrap(),
            "there is a folder",
        ),
        (
            |stage| symlink("/etc/passwd", stage.path("a")).unwrap(),
            "a symbolic link",
        ),
        (
            |stage| symlink("nowhere", stage.path("a")).unwrap(),
            "a symbolic link",
        ),
        (|stage| pipe(stage), "a device, a pipe or a socket"),
        (
            |stage| write(stage, "a", &"x".repeat(1024 * 1024 + 1), 0o644),
            "1 MiB is the most",
        ),
        (|stage| write(stage, "a", "x", 0o4755), "setuid"),
        (|stage| write(stage, "one", "a file", 0o644), "is no folder"),
        (
            |stage| symlink("nowhere", stage.path("one")).unwrap(),
            "is no folder",
        ),
        (
            |stage| symlink("/proc/self", stage.path("one")).unwrap(),
            "not configured",
        ),
        (
            |stage| symlink("one", stage.path("one")).unwrap(),
            "is no folder",
        ),
        (|_| {}, "name it under directories"),
    ];
    for (index, (prepare, why)) in cases.into_iter().enumerate() {
        let stage = Stage::new();
        prepare(&stage);
        let name = if index < 6 { "a" } else { "one/a" };
        profile(&stage, &[], &[(name, "0644", "new\n")]);
        let before = look(&stage);
        let said = blocked(&stage).await;
        assert!(said.contains(why), "{index}: {said}");
        assert_eq!(look(&stage), before, "{index}");
    }
}

fn pipe(stage: &Stage) {
    rustix::fs::mknodat(
        rustix::fs::CWD,
        stage.path("a"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
}

#[tokio::test]
async fn a_file_of_somebody_else_is_not_taken() {
    if !rustix::process::geteuid().is_root() {
        println!("SKIPPED: only root can give a file to somebody else");
        return;
    }
    let stage = Stage::new();
    write(&stage, "a", "theirs\n", 0o644);
    std::os::unix::fs::chown(stage.path("a"), Some(1234), Some(1234)).unwrap();
    profile(&stage, &[], &[("a", "0644", "new\n")]);
    assert!(blocked(&stage).await.contains("belongs to user 1234"));
}

#[tokio::test]
async fn only_the_expected_file_is_replaced() {
    let stage = Stage::new();
    write(&stage, "a", "edited by hand\n", 0o644);
    let path = json!(stage.path("a"));
    let profile = |expected: workflow::Digest| {
        let text = format!(
            "apiVersion: countersign/v1\nkind: Profile\nfiles:\n  - {{ path: {path}, mode: \"0644\", content: new, expected_sha256: \"{expected}\" }}\n"
        );
        super::write_profile(&stage, "development", &text);
    };
    profile(workflow::Digest::of(b"as delivered\n"));
    assert!(blocked(&stage).await.contains("expected_sha256"));
    profile(workflow::Digest::of(b"edited by hand\n"));
    assert_eq!(plan(&stage).await["changes"][0]["verb"], json!("modify"));
}

#[tokio::test]
async fn large_and_binary_content_is_not_compared_by_lines() {
    let stage = Stage::new();
    write(&stage, "large", &"line\n".repeat(20_000), 0o644);
    std::fs::write(stage.path("binary"), [0xff, 0xfe, 0, 1]).unwrap();
    profile(
        &stage,
        &[],
        &[("large", "0644", "new\n"), ("binary", "0644", "new\n")],
    );
    let plan = plan(&stage).await;
    let diff = |index: usize| plan["changes"][index]["diff"].as_str().unwrap();
    assert!(
        diff(0).starts_with("over 65536 bytes") && diff(0).contains("100000 bytes"),
        "{}",
        diff(0)
    );
    assert!(diff(1).starts_with("not text"), "{}", diff(1));
    for index in 0..2 {
        let args = json!({ "agent_id": AGENT, "change": plan["changes"][index] });
        let run = format!("run {index}");
        let before = look(&stage);
        let approved = approve(&stage, args, &run).await;
        approved.apply(&stage).await.unwrap();
        let path = &approved.preview.facts["path"];
        let args = json!({ "agent_id": AGENT, "backup_id": approved.key(), "path": path });
        let undo = Approved::new(
            &stage,
            tool("agent.revert_change"),
            args,
            &format!("undo {index}"),
        )
        .await;
        let undo = undo.unwrap();
        assert_eq!(
            undo.apply(&stage).await.unwrap(),
            undo.apply(&stage).await.unwrap()
        );
        assert_eq!(look(&stage), before);
    }
}

/// The largest file, of text that is no plain ASCII, arrives whole.
#[tokio::test]
async fn the_largest_file_arrives_whole() {
    let stage = Stage::new();
    let content = "ä€𝄞\n".repeat(104_857);
    profile(&stage, &[], &[("a", "0644", &content)]);
    let approved = approve(&stage, change(&stage, 0).await, "run").await;
    approved.apply(&stage).await.unwrap();
    assert_eq!(std::fs::read_to_string(stage.path("a")).unwrap(), content);
}

#[tokio::test]
async fn somebody_elses_change_is_not_overwritten() {
    let theirs: [fn(&Stage); 6] = [
        |stage| write(stage, "one/a", "theirs\n", 0o644),
        |stage| set_mode(stage, "one/a", 0o600),
        |stage| std::fs::remove_file(stage.path("one/a")).unwrap(),
        |stage| {
            std::fs::remove_file(stage.path("one/a")).unwrap();
            std::fs::create_dir(stage.path("one/a")).unwrap();
        },
        |stage| {
            std::fs::remove_file(stage.path("one/a")).unwrap();
            write(stage, "secret", "old\n", 0o644);
            symlink(stage.path("secret"), stage.path("one/a")).unwrap();
        },
        |stage| {
            std::fs::rename(stage.path("one"), stage.path("two")).unwrap();
            symlink(stage.path("two"), stage.path("one")).unwrap();
        },
    ];
    for (index, theirs) in theirs.into_iter().enumerate() {
        let stage = Stage::new();
        std::fs::create_dir(stage.path("one")).unwrap();
        write(&stage, "one/a", "old\n", 0o644);
        profile(&stage, &[], &[("one/a", "0644", "new\n")]);
        let args = change(&stage, 0).await;
        let approved = approve(&stage, args.clone(), "run").await;
        theirs(&stage);
        let before = look(&stage);
        let error = approved.apply(&stage).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.outcome),
            ("precondition_changed", Outcome::NotDone),
            "{index}: {error:?}"
        );
        assert_eq!(
            approved.observe(&stage).await,
            Observation::NotDone,
            "{index}"
        );
        assert_eq!(look(&stage), before, "{index}");
        let late = Approved::new(&stage, tool("agent.apply_change"), args, "late").await;
        assert_eq!(
            late.err().unwrap().class,
            workflow::ErrorClass::Precondition,
            "{index}"
        );
    }
}

#[tokio::test]
async fn what_was_changed_since_is_not_put_back() {
    let stage = Stage::new();
    write(&stage, "a", "old\n", 0o644);
    profile(&stage, &[], &[("a", "0644", "new\n")]);
    let approved = approve(&stage, change(&stage, 0).await, "run").await;
    approved.apply(&stage).await.unwrap();
    let revert = json!({ "agent_id": AGENT, "backup_id": approved.key(), "path": stage.path("a") });
    let fail = async |args: serde_json::Value| {
        let preview = Approved::new(&stage, tool("agent.revert_change"), args, "undo").await;
        preview.err().unwrap()
    };
    write(&stage, "a", "theirs\n", 0o644);
    let error = fail(revert.clone()).await;
    assert_eq!(error.code, "precondition_changed");
    for content in ["new\n", "theirs\n"] {
        let hash = workflow::Digest::of(content.as_bytes()).to_string();
        assert!(error.message.contains(&hash), "both hashes: {error:?}");
    }
    write(&stage, "a", "new\n", 0o644);
    let copy = backups(&stage)
        .join(approved.key().to_string())
        .join("before");
    std::fs::write(&copy, "damaged").unwrap();
    assert_eq!(fail(revert.clone()).await.code, "backup_damaged");
    let mut other = revert.clone();
    other["path"] = json!(stage.path("b"));
    assert_eq!(fail(other).await.code, "wrong_path");
    let mut none = revert;
    none["backup_id"] = json!(workflow::Digest::of(b"none"));
    assert_eq!(fail(none).await.code, "backup_not_found");
    assert_eq!(std::fs::read_to_string(stage.path("a")).unwrap(), "new\n");
}

#[tokio::test]
async fn a_folder_that_is_in_use_is_not_removed() {
    let stage = Stage::new();
    profile(&stage, &[("one", "0755")], &[]);
    let approved = approve(&stage, change(&stage, 0).await, "run").await;
    approved.apply(&stage).await.unwrap();
    write(&stage, "one/theirs", "x", 0o644);
    let args = json!({ "agent_id": AGENT, "backup_id": approved.key(), "path": stage.path("one") });
    let undo = Approved::new(&stage, tool("agent.revert_change"), args, "undo")
        .await
        .unwrap();
    let error = undo.apply(&stage).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("not_empty", Outcome::NotDone)
    );
    assert!(stage.path("one/theirs").exists());
}

/// The folder that holds the backups comes to be with them, and stays while it holds them.
#[tokio::test]
async fn the_folder_of_the_backups_is_a_change_too() {
    let stage = Stage::new();
    profile(&stage, &[("data/backups", "0700")], &[]);
    let approved = approve(&stage, change(&stage, 0).await, "run").await;
    assert_eq!(approved.observe(&stage).await, Observation::NotDone);
    let output = approved.apply(&stage).await.unwrap();
    assert_eq!(output.output.inline().unwrap()["created"], json!(true));
    assert_eq!(approved.observe(&stage).await, Observation::Done(output));
    assert_eq!(plan(&stage).await["unchanged"], json!(1));
    let args = json!({ "agent_id": AGENT, "backup_id": approved.key(), "path": stage.path("data/backups") });
    let undo = Approved::new(&stage, tool("agent.revert_change"), args, "undo")
        .await
        .unwrap();
    assert!(undo.preview.blast_radius.contains("stays"));
    undo.apply(&stage).await.unwrap();
    assert_eq!(kept(&backups(&stage)).len(), 2);
}

#[tokio::test]
async fn backups_are_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    write(&stage, "a", "old\n", 0o644);
    profile(&stage, &[], &[("a", "0644", "new\n")]);
    let args = change(&stage, 0).await;
    std::fs::create_dir_all(backups(&stage).join("another")).unwrap();
    set_mode(&stage, "data/backups/agent", 0o777);
    let approved = approve(&stage, args, "run").await;
    let error = approved.apply(&stage).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("unsafe_backups", Outcome::NotStarted)
    );
    set_mode(&stage, "data/backups/agent", 0o700);
    approved.apply(&stage).await.unwrap();
    let own = backups(&stage).join(approved.key().to_string());
    assert_eq!(own.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(
        own.join("before").metadata().unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[tokio::test]
async fn a_forged_change_is_refused() {
    let stage = Stage::new();
    profile(&stage, &[], &[("a", "0644", "new\n")]);
    let args = change(&stage, 0).await;
    let forge = |name: &str, value: serde_json::Value| {
        let mut forged = args.clone();
        forged["change"][name] = value;
        forged
    };
    let crate::Tool::Change(apply) = tool("agent.apply_change") else {
        unreachable!()
    };
    for (forged, code) in [
        (forge("path", json!("/etc/../etc/passwd")), "invalid_path"),
        (forge("path", json!("~/a")), "invalid_path"),
        (
            forge("path", json!("/proc/sys/kernel/core_pattern")),
            "invalid_path",
        ),
        (forge("path", json!("/tmp/a\nb")), "invalid_path"),
        (forge("agent_id", json!("web-02")), "invalid_change"),
        (forge("mode", json!("7777")), "invalid_change"),
        (forge("content", json!(null)), "invalid_change"),
        (forge("content", json!("a\0b")), "invalid_change"),
        (forge("kind", json!("directory")), "invalid_change"),
        (forge("owner", json!("root")), "invalid_arguments"),
    ] {
        let error = apply.preview(&forged, &stage.context).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.outcome),
            (code, Outcome::NotStarted),
            "{forged}"
        );
    }
}

/// A filesystem of 64 KiB, where one may be mounted.
#[tokio::test]
async fn a_full_or_read_only_disk_leaves_everything_as_it_was() {
    let stage = Stage::new();
    let folder = stage.path("small");
    std::fs::create_dir(&folder).unwrap();
    let mount = |options: &str| {
        let mut command = Command::new("mount");
        command
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(&folder);
        command
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    if !mount("size=64k") {
        println!("SKIPPED: nothing may be mounted here");
        return;
    }
    write(&stage, "small/a", "old\n", 0o644);
    profile(&stage, &[], &[("small/a", "0644", &"new\n".repeat(40_000))]);
    let before = look(&stage);
    let approved = approve(&stage, change(&stage, 0).await, "full").await;
    let full = approved.apply(&stage).await;
    let after_full = look(&stage);
    let observed = approved.observe(&stage).await;
    let remounted = mount("remount,ro");
    let read_only = approved.apply(&stage).await;
    let planned = plan(&stage).await;
    let after_read_only = look(&stage);
    assert!(
        Command::new("umount")
            .arg(&folder)
            .status()
            .unwrap()
            .success()
    );
    let error = full.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("disk_full", Outcome::NotDone),
        "{error:?}"
    );
    assert_eq!(
        (observed, after_full),
        (Observation::NotDone, before.clone())
    );
    if !remounted {
        println!("SKIPPED: a filesystem may not be made read-only here");
        return;
    }
    let error = read_only.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("read_only_filesystem", Outcome::NotDone)
    );
    assert_eq!(after_read_only, before);
    let why = planned["blocked"][0]["why"].as_str().unwrap();
    assert!(why.contains("read-only"), "{why}");
}
