//! For tests: real repositories in temporary folders, made with the real git, without the configuration of whoever runs
//! the tests.

use super::Git;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A bare repository with a folder of its own beside it.
pub(crate) struct Bare {
    folder: tempfile::TempDir,
}

impl Bare {
    /// An empty one, whose default branch will be main.
    pub(crate) fn new() -> Bare {
        Bare::of_format("sha1")
    }

    pub(crate) fn of_format(format: &str) -> Bare {
        let bare = Bare {
            folder: tempfile::tempdir().unwrap(),
        };
        let format = format!("--object-format={format}");
        bare.git(&[
            "init",
            "--quiet",
            "--bare",
            "--template=",
            "--initial-branch=main",
            &format,
        ]);
        bare
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder
            .path()
            .canonicalize()
            .unwrap()
            .join("repository.git")
    }

    pub(crate) fn url(&self) -> String {
        self.path().display().to_string()
    }

    /// Runs git on it; gives what it said.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_with(args, "")
    }

    pub(crate) fn git_with(&self, args: &[&str], input: &str) -> String {
        self.git_with_bytes(args, input.as_bytes())
    }

    pub(crate) fn git_with_bytes(&self, args: &[&str], input: &[u8]) -> String {
        let mut child = Command::new("git")
            .env("GIT_DIR", self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([
                ("GIT_AUTHOR_NAME", "Ada"),
                ("GIT_AUTHOR_EMAIL", "ada@example.org"),
            ])
            .envs([
                ("GIT_COMMITTER_NAME", "Ada"),
                ("GIT_COMMITTER_EMAIL", "ada@example.org"),
            ])
            .envs([
                ("GIT_AUTHOR_DATE", "1700000000 +0000"),
                ("GIT_COMMITTER_DATE", "1700000000 +0000"),
            ])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {args:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A tree of these files: (mode, path of one part, content); for 040000 and 160000 the content is an object.
    pub(crate) fn tree(&self, files: &[(&str, &str, &str)]) -> String {
        let mut lines = String::new();
        for (mode, path, content) in files {
            let (kind, object) = match *mode {
                "040000" => ("tree", (*content).to_owned()),
                "160000" => ("commit", (*content).to_owned()),
                _ => (
                    "blob",
                    self.git_with(&["hash-object", "-w", "--stdin"], content),
                ),
            };
            lines.push_str(&format!("{mode} {kind} {object}\t{path}\0"));
        }
        self.git_with(&["mktree", "-z", "--missing"], &lines)
    }

    /// A commit of a tree, with a message as bytes.
    pub(crate) fn commit(&self, tree: &str, parents: &[&str], message: &str) -> String {
        let mut args = vec!["commit-tree", tree];
        for parent in parents {
            args.extend(["-p", parent]);
        }
        self.git_with(&args, message)
    }

    /// A commit with files at the top.
    pub(crate) fn commit_files(
        &self,
        parents: &[&str],
        message: &str,
        files: &[(&str, &str)],
    ) -> String {
        let files: Vec<(&str, &str, &str)> = files
            .iter()
            .map(|(path, text)| ("100644", *path, *text))
            .collect();
        self.commit(&self.tree(&files), parents, message)
    }

    /// Points a ref somewhere, under any name.
    pub(crate) fn point(&self, name: &str, object: &str) {
        self.git(&["update-ref", name, object]);
    }

    /// An annotated tag.
    pub(crate) fn tag(&self, name: &str, object: &str, message: &str) -> String {
        self.git(&["tag", "-a", "-m", message, "--", name, object]);
        self.git(&["rev-parse", &format!("refs/tags/{name}")])
    }
}

/// git as the user `HOME` there would have it, with these further variables.
pub(crate) fn git_at(home: &Path, further: &[(&str, &str)]) -> Git {
    let inherited = std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        !name.starts_with("GIT_") && !["HOME", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK"].contains(&&*name)
    });
    let further = further
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let home = std::iter::once(("HOME".into(), home.as_os_str().to_owned()));
    Git::with("git".into(), inherited.chain(home).chain(further))
}
