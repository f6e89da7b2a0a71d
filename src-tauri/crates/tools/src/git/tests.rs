//! The copy of a repository and its archives, with the real git.

use super::mirror::Wanted;
use super::testing::{Bare, git_at};
use super::{Git, Mirror, RepositoryUrl};
use crate::testing::{NOW_US, Stage};
use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};
use workflow::ToolError;

const CAP_BYTES: usize = 16 * 1024 * 1024;

struct Desk {
    stage: Stage,
    bare: Bare,
}

impl Desk {
    fn new() -> Desk {
        Desk {
            stage: Stage::new(),
            bare: Bare::new(),
        }
    }

    fn git(&self) -> Git {
        git_at(&self.stage.path(""), &[])
    }

    fn url(&self) -> RepositoryUrl {
        RepositoryUrl::parse(&self.bare.url()).unwrap()
    }

    async fn mirror(&self, commits: &[&str]) -> Result<Mirror, ToolError> {
        Mirror::holding(&self.git(), &self.url(), commits, &self.stage.context).await
    }

    async fn limited(&self, commits: &[&str], limit_bytes: u64) -> Result<Mirror, ToolError> {
        let wanted = Wanted::Commits(commits);
        let (git, url) = (self.git(), self.url());
        Mirror::with(&git, &url, wanted, false, limit_bytes, &self.stage.context).await
    }

    /// The copies that are kept.
    fn kept(&self) -> Vec<PathBuf> {
        let cache = self.stage.context.data_dir.join("cache/repositories");
        let entries = std::fs::read_dir(cache)
            .unwrap()
            .flatten()
            .map(|entry| entry.path());
        entries.filter(|path| path.is_dir()).collect()
    }

    async fn archive(&self, commit: &str, cap_bytes: usize) -> Result<Vec<u8>, ToolError> {
        let mirror = self.mirror(&[commit]).await?;
        let mut tar = Vec::new();
        mirror
            .archive(commit, cap_bytes, &mut tar, &self.stage.context)
            .await?;
        Ok(tar)
    }

    /// Unpacks with tar; gives each file with its mode and content.
    fn unpacked(&self, tar: &[u8]) -> serde_json::Value {
        let folder = tempfile::tempdir().unwrap();
        let file = self.stage.path("a.tar");
        std::fs::write(&file, tar).unwrap();
        let mut command = std::process::Command::new("tar");
        command.arg("-xpf").arg(&file).arg("-C").arg(folder.path());
        assert!(command.status().unwrap().success());
        crate::testing::tree(folder.path())
    }
}

fn fetches(stage: &Stage) -> usize {
    let log = stage.log.lock().unwrap();
    log.iter()
        .filter(|line| line.bytes.starts_with(b"Fetching"))
        .count()
}

#[tokio::test]
async fn a_commit_is_fetched_once_with_what_came_before() {
    let desk = Desk::new();
    let first = desk.bare.commit_files(&[], "First", &[("a", "1")]);
    let second = desk.bare.commit_files(&[&first], "Second", &[("a", "2")]);
    desk.bare.point("refs/heads/main", &second);
    for commits in [vec![second.as_str()], vec![&second, &first], vec![&first]] {
        desk.mirror(&commits).await.unwrap();
    }
    assert_eq!((fetches(&desk.stage), desk.kept().len()), (1, 1));
    let error = desk.mirror(&["main"]).await.unwrap_err();
    assert_eq!(error.code, "invalid_commit");
}

#[tokio::test]
async fn a_copy_that_nobody_uses_goes_when_a_new_one_is_made() {
    for (days, is_held, kept) in [(89, false, 2), (100, true, 2), (100, false, 1)] {
        let desk = Desk::new();
        let first = desk.bare.commit_files(&[], "First", &[("a", "1")]);
        desk.bare.point("refs/heads/main", &first);
        let mirror = desk.mirror(&[&first]).await.unwrap();
        let lock = File::options()
            .write(true)
            .open(desk.kept()[0].with_extension("lock"));
        let now = UNIX_EPOCH + Duration::from_micros(NOW_US.unsigned_abs());
        let age = Duration::from_secs(days * 24 * 60 * 60);
        lock.unwrap().set_modified(now - age).unwrap();
        let _held = is_held.then_some(mirror);
        let other = Bare::new();
        let commit = other.commit_files(&[], "Other", &[("a", "2")]);
        other.point("refs/heads/main", &commit);
        let url = RepositoryUrl::parse(&other.url()).unwrap();
        let (git, context) = (desk.git(), &desk.stage.context);
        Mirror::holding(&git, &url, &[&commit], context)
            .await
            .unwrap();
        assert_eq!(desk.kept().len(), kept, "{days} {is_held}");
    }
}

#[tokio::test]
async fn calls_at_once_fetch_one_after_the_other() {
    let desk = Desk::new();
    let mut commits = vec![desk.bare.commit_files(&[], "First", &[("a", "1")])];
    for number in 0..4 {
        let last = commits.last().unwrap().clone();
        commits.push(
            desk.bare
                .commit_files(&[&last], &format!("{number}"), &[("a", "2")]),
        );
    }
    desk.bare.point("refs/heads/main", commits.last().unwrap());
    let wanted: Vec<[&str; 1]> = commits.iter().map(|commit| [commit.as_str()]).collect();
    let (a, b, c, d) = tokio::join!(
        desk.mirror(&wanted[4]),
        desk.mirror(&wanted[0]),
        desk.mirror(&wanted[3]),
        desk.mirror(&wanted[4])
    );
    assert!([a, b, c, d].iter().all(Result::is_ok));
    // Whoever waited for another's fetch found what it brought.
    assert!(fetches(&desk.stage) <= 3, "{}", fetches(&desk.stage));
    let copy = desk.kept().remove(0);
    let output = std::process::Command::new("git")
        .arg("--git-dir")
        .arg(copy)
        .args(["fsck", "--strict"])
        .output()
        .unwrap();
    assert!(output.status.success());
}

#[tokio::test]
async fn a_copy_that_is_broken_is_made_anew() {
    let desk = Desk::new();
    let first = desk.bare.commit_files(&[], "First", &[("a", "1")]);
    desk.bare.point("refs/heads/main", &first);
    type Break = fn(&std::path::Path);
    let ways: [Break; 4] = [
        |copy| std::fs::remove_dir_all(copy.join("objects")).unwrap(),
        |copy| std::fs::write(copy.join("config"), "nonsense").unwrap(),
        |copy| std::fs::remove_file(copy.join("HEAD")).unwrap(),
        |copy| std::fs::remove_dir_all(copy.join("refs")).unwrap(),
    ];
    for break_it in ways {
        desk.mirror(&[&first]).await.unwrap();
        break_it(&desk.kept()[0]);
        let tar = desk.archive(&first, CAP_BYTES).await.unwrap();
        assert_eq!(
            desk.unpacked(&tar),
            serde_json::json!({ "a": ["644", "1"] })
        );
    }
}

#[tokio::test]
async fn what_is_too_large_is_given_up_and_leaves_nothing() {
    let desk = Desk::new();
    // What does not compress.
    let mut noise = vec![0; 3 << 20];
    getrandom::fill(&mut noise).unwrap();
    let text: String = noise
        .iter()
        .map(|byte| char::from(byte % 96 + 32))
        .collect();
    let first = desk.bare.commit_files(&[], "First", &[("a", &text)]);
    desk.bare.point("refs/heads/main", &first);
    let error = desk.limited(&[&first], 1 << 20).await.unwrap_err();
    assert_eq!(error.code, "repository_too_large", "{error:?}");
    assert!(error.message.contains("1 MiB") && desk.kept().is_empty());
    assert!(desk.limited(&[&first], 1 << 30).await.is_ok());
}

#[tokio::test]
async fn an_archive_holds_the_files_of_the_commit_and_is_always_the_same() {
    let desk = Desk::new();
    let inner = desk.bare.tree(&[
        ("100755", "run.sh", "#!/bin/sh\n"),
        ("120000", "link", "run.sh"),
    ]);
    let attributes = "secret export-ignore\n# filter=lfs is not used\n*.bin filter=own\n";
    let tree = desk.bare.tree(&[
        ("100644", ".gitattributes", attributes),
        ("040000", "bin", &inner),
        ("100644", "-rf", "x"),
        ("100644", "line\nbreak", "y"),
        ("100644", "a.bin", "bytes"),
        ("100644", "secret", "z"),
    ]);
    let commit = desk.bare.commit(&tree, &[], "First");
    desk.bare.point("refs/heads/main", &commit);
    // A filter of the user's would run a program on the files.
    let trace = desk.stage.path("filtered");
    let filter = format!(
        "[filter \"own\"]\n smudge = touch {}\n[tar]\n umask = 0077\n",
        trace.display()
    );
    std::fs::write(desk.stage.path(".gitconfig"), filter).unwrap();
    let tar = desk.archive(&commit, CAP_BYTES).await.unwrap();
    assert_eq!(
        desk.unpacked(&tar),
        serde_json::json!({
            ".gitattributes": ["644", attributes],
            "bin": "folder",
            "bin/run.sh": ["755", "#!/bin/sh\n"],
            "bin/link": ["777", "#!/bin/sh\n"],
            "-rf": ["644", "x"],
            "line\nbreak": ["644", "y"],
            "a.bin": ["644", "bytes"],
        })
    );
    assert!(!trace.exists(), "nothing of the user's runs on the files");
    assert_eq!(desk.archive(&commit, CAP_BYTES).await.unwrap(), tar);
    let error = desk.archive(&commit, 2_000).await.unwrap_err();
    assert_eq!(error.code, "archive_too_large");
}

#[tokio::test]
async fn what_a_tar_cannot_carry_is_refused_with_the_reason() {
    let desk = Desk::new();
    let bare = &desk.bare;
    let blob = [("100644", "x", "x")];
    let below = bare.tree(&[("100644", ".gitattributes", "*.png filter=lfs diff=lfs\n")]);
    let commit = bare.commit_files(&[], "Other", &[]);
    // git does not make such trees, so the objects are written as they are.
    let id = bare.git_with(&["hash-object", "-w", "--stdin"], "x");
    let raw: Vec<u8> = (0..20)
        .map(|at| u8::from_str_radix(&id[at * 2..at * 2 + 2], 16).unwrap())
        .collect();
    let odd = |entries: &[(&str, &str)]| {
        let mut bytes = Vec::new();
        for (mode, name) in entries {
            bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            bytes.extend_from_slice(&raw);
        }
        bare.git_with_bytes(
            &["hash-object", "-w", "-t", "tree", "--literally", "--stdin"],
            &bytes,
        )
    };
    for (tree, code, part) in [
        (
            bare.tree(&[("100644", ".gitmodules", "[submodule \"a\"]\n")]),
            "submodules_unsupported",
            ".gitmodules",
        ),
        (
            bare.tree(&[("160000", "sub", &commit)]),
            "submodules_unsupported",
            "sub",
        ),
        (
            bare.tree(&[("100644", ".gitattributes", "*.bin filter=lfs -text\n")]),
            "lfs_unsupported",
            "filter=lfs",
        ),
        (
            bare.tree(&[("040000", "art", &below)]),
            "lfs_unsupported",
            "art/.gitattributes",
        ),
        (odd(&[("100644", "..")]), "unsafe_path", ".."),
        (odd(&[("100644", ".git")]), "unsafe_path", ".git"),
        (
            odd(&[("100644", "../../etc/cron.d/x")]),
            "unsafe_path",
            "cron",
        ),
        (odd(&[("100644", "/etc/x")]), "unsafe_path", "etc"),
        (
            odd(&[("100644", "a"), ("100644", "a")]),
            "unsafe_path",
            "\"a\"",
        ),
        (
            odd(&[("120000", "a"), ("100644", "a/b")]),
            "unsafe_path",
            "a/b",
        ),
    ] {
        let commit = bare.commit(&tree, &[], "Refused");
        bare.point("refs/heads/main", &commit);
        let error = desk.archive(&commit, CAP_BYTES).await.unwrap_err();
        assert_eq!(error.code, code, "{error:?}");
        assert!(error.message.contains(part), "{}", error.message);
    }
    let fine = bare.commit(
        &bare.tree(&blob.map(|(mode, path, text)| (mode, path, text))),
        &[],
        "Fine",
    );
    bare.point("refs/heads/main", &fine);
    assert!(desk.archive(&fine, CAP_BYTES).await.is_ok());
}
