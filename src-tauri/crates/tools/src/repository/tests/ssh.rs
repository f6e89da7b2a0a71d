//! Over real ssh: git-upload-pack of this computer behind a real sshd on loopback.

use super::{Desk, Sample};
use crate::Tool;
use crate::git::testing::git_at;
use crate::repository::RepositoryCreateTag;
use crate::testing::Approved;
use loopback::{Sshd, SshdSetup, key_words, keygen, user};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use workflow::Observation;

/// A desk whose user reaches a host by the ssh alias `forge`.
struct Forge {
    desk: Desk,
    sample: Sample,
    sshd: Sshd,
}

impl Forge {
    fn new(passphrase: &str) -> Option<Forge> {
        let desk = Desk::new();
        let home = desk.stage.path("");
        let key = keygen(&home.join("key"), &["-t", "ed25519", "-N", passphrase]);
        let sshd = Sshd::start(&SshdSetup {
            authorized: vec![key_words(&key.with_extension("pub"))],
            ..SshdSetup::default()
        })?;
        let dir = home.display();
        std::fs::write(
            home.join("config"),
            format!(
                "Host forge\n HostName 127.0.0.1\n Port {}\n User {}\n IdentityFile {dir}/key\n IdentitiesOnly yes\n \
                 UserKnownHostsFile {dir}/known\n GlobalKnownHostsFile none\n",
                sshd.port,
                user()
            ),
        )
        .unwrap();
        // As people set it up: git is told which ssh to use.
        std::fs::write(
            home.join(".gitconfig"),
            format!("[core]\n sshCommand = ssh -F {dir}/config\n"),
        )
        .unwrap();
        let forge = Forge {
            desk,
            sample: Sample::new(),
            sshd,
        };
        forge.known(&forge.sshd.host_key);
        Some(forge)
    }

    fn known(&self, key: &str) {
        let line = format!("[127.0.0.1]:{} {key}\n", self.sshd.port);
        std::fs::write(self.desk.stage.path("known"), line).unwrap();
    }

    fn url(&self) -> String {
        format!("forge:{}", self.sample.bare.url())
    }

    async fn fails(&self, url: &str, code: &str) {
        let error = self.desk.resolve(url, "main").await.unwrap_err();
        assert_eq!(error.code, code, "{error:?}");
    }
}

#[tokio::test]
async fn refs_files_and_changes_are_read_over_ssh() {
    let Some(forge) = Forge::new("") else { return };
    let sample = &forge.sample;
    for url in [forge.url(), format!("ssh://forge{}", sample.bare.url())] {
        let args = json!({ "repository": url, "ref": "v1", "require_file": "deploy.yaml" });
        let output = forge.desk.read("resolve_ref", args).await.unwrap();
        assert_eq!(output["commit"], json!(sample.first));
        let output = forge.desk.resolve(&url, &sample.first[..10]).await.unwrap();
        assert_eq!(output["commit"], json!(sample.first));
    }
    let args = json!({ "repository": forge.url(), "from": "v1" });
    let output = forge.desk.read("changelog", args).await.unwrap();
    assert_eq!(
        (&output["relation"], &output["commits_total"]),
        (&json!("forward"), &json!(1))
    );
    assert!(forge.sshd.logins() > 0);
}

#[tokio::test]
async fn a_tag_is_pushed_over_ssh() {
    let Some(forge) = Forge::new("") else { return };
    let (stage, sample) = (&forge.desk.stage, &forge.sample);
    let git = git_at(&stage.path(""), &[]);
    let tool = Tool::Change(Arc::new(RepositoryCreateTag::new(git)));
    let args = json!({ "repository": forge.url(), "tag": "v2", "commit": sample.first });
    let approved = Approved::new(stage, tool, args, "ssh").await.unwrap();
    let output = approved.apply(stage).await.unwrap();
    assert_eq!(
        sample.bare.git(&["rev-parse", "refs/tags/v2"]),
        sample.first
    );
    assert_eq!(approved.observe(stage).await, Observation::Done(output));
}

#[tokio::test]
async fn a_host_key_is_never_taken_without_a_person() {
    let Some(forge) = Forge::new("") else { return };
    forge.known("");
    std::fs::remove_file(forge.desk.stage.path("known")).unwrap();
    forge.fails(&forge.url(), "host_key_unknown").await;
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";
    forge.known(other);
    forge.fails(&forge.url(), "host_key_changed").await;
    assert_eq!(forge.sshd.logins(), 0);
    assert!(
        !std::fs::read_to_string(forge.desk.stage.path("known"))
            .unwrap()
            .contains(&forge.sshd.host_key)
    );
}

#[tokio::test]
async fn a_key_that_needs_a_passphrase_and_a_path_that_is_none_are_told() {
    let Some(mut forge) = Forge::new("secret") else {
        return;
    };
    let ask = forge.desk.stage.path("ask");
    let trace = forge.desk.stage.path("asked");
    std::fs::write(
        &ask,
        format!("#!/bin/sh\ntouch '{}'\necho secret\n", trace.display()),
    )
    .unwrap();
    std::fs::set_permissions(&ask, std::fs::Permissions::from_mode(0o755)).unwrap();
    let ask = ask.display().to_string();
    for (name, value) in [
        ("SSH_ASKPASS", ask.as_str()),
        ("SSH_ASKPASS_REQUIRE", "force"),
        ("DISPLAY", ":99"),
    ] {
        forge.desk.further.push((name.to_owned(), value.to_owned()));
    }
    forge.fails(&forge.url(), "auth_failed").await;
    assert!(!trace.exists(), "nobody was asked");
    let Some(forge) = Forge::new("") else { return };
    forge
        .fails("forge:/none/such.git", "repository_not_found")
        .await;
}
