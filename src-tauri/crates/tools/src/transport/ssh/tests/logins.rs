//! A real sshd on loopback: who is let in, with which credential, and what is said otherwise.

use super::{Host, configured, refused, says};
use crate::SecretFault;
use crate::testing::World;
use fleet::{Connection, Credential};
use loopback::{SshdSetup, key_words, keygen, user};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn authorized(key: &Path) -> SshdSetup {
    SshdSetup {
        authorized: vec![key_words(&key.with_extension("pub"))],
        ..SshdSetup::default()
    }
}

#[tokio::test]
async fn an_encrypted_key_opens_with_its_passphrase_from_the_keychain() {
    let folder = tempfile::tempdir().unwrap();
    let key = keygen(
        &folder.path().join("locked"),
        &["-t", "ed25519", "-N", "o p\u{e9}n"],
    );
    let reference = format!("keychain:passphrase/{}", key.display());
    for (secret, result) in [
        (Some(Ok("o p\u{e9}n".to_owned())), Ok(())),
        (Some(Ok("not-this-one".to_owned())), Err("passphrase_wrong")),
        (None, Err("secret_missing")),
        (Some(Err(SecretFault::Locked)), Err("keychain_locked")),
        (
            Some(Err(SecretFault::Unavailable("gone".to_owned()))),
            Err("keychain_unavailable"),
        ),
    ] {
        let mut world = World::default();
        if let Some(secret) = secret {
            world.secrets.insert(reference.clone(), secret);
        }
        let Some(host) = Host::with(&authorized(&key), world) else {
            return;
        };
        let named = Connection {
            credential: Credential::KeyFile(key.display().to_string()),
            ..host.connection()
        };
        let by_config = configured(
            &host,
            &format!("IdentityFile {}\nIdentityAgent none", key.display()),
        );
        for connection in [named, by_config] {
            match (says(&host.stage, connection).await, result) {
                (Ok(said), Ok(())) => assert_eq!(said, "in\n"),
                (Err(error), Err(code)) => {
                    refused(&error, code, &[&key.display().to_string()]);
                    assert!(!format!("{error:?}").contains("not-this-one"));
                }
                (came, wanted) => panic!("{came:?} is not {wanted:?}"),
            }
        }
        if result == Err("secret_missing") {
            let error = says(
                &host.stage,
                configured(&host, &format!("IdentityFile {}", key.display())),
            )
            .await;
            refused(
                &error.unwrap_err(),
                "secret_missing",
                &["countersign secrets set", &reference],
            );
        }
    }
}

#[tokio::test]
async fn keys_of_every_kind_log_in() {
    let folder = tempfile::tempdir().unwrap();
    for words in [
        ["-t", "rsa", "-b", "2048"].as_slice(),
        &["-t", "ecdsa", "-b", "256"],
        &["-t", "ecdsa", "-b", "521"],
        &["-t", "rsa", "-b", "2048", "-m", "PEM"],
        &["-t", "ecdsa", "-m", "PKCS8"],
    ] {
        let key = keygen(&folder.path().join(words.join("")), words);
        let Some(host) = Host::with(&authorized(&key), World::default()) else {
            return;
        };
        let connection = Connection {
            credential: Credential::KeyFile(key.display().to_string()),
            ..host.connection()
        };
        assert_eq!(
            says(&host.stage, connection).await.unwrap(),
            "in\n",
            "{words:?}"
        );
    }
}

#[tokio::test]
async fn a_key_that_others_may_read_is_refused() {
    let Some(host) = Host::new() else { return };
    std::fs::set_permissions(&host.key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let path = host.key.display().to_string();
    for connection in [
        host.connection(),
        configured(&host, &format!("IdentityAgent none\nIdentityFile {path}")),
    ] {
        let error = says(&host.stage, connection).await.unwrap_err();
        refused(
            &error,
            "key_file_mode",
            &["0640", &format!("chmod 600 {path}")],
        );
    }
    assert_eq!(host.sshd.logins(), 0);
}

#[tokio::test]
async fn a_refused_login_says_what_was_tried_and_what_is_offered() {
    let Some(host) = Host::new() else { return };
    let stranger = keygen(&host.stage.path("stranger"), &["-t", "ed25519"]);
    let print = Command::new("ssh-keygen")
        .arg("-lf")
        .arg(&stranger)
        .output()
        .unwrap();
    let print = String::from_utf8(print.stdout).unwrap();
    let print = print.split(' ').nth(1).unwrap().to_owned();
    let connection = Connection {
        credential: Credential::KeyFile(stranger.display().to_string()),
        ..host.connection()
    };
    let error = says(&host.stage, connection).await.unwrap_err();
    refused(&error, "auth_failed", &[&print, "publickey", &user()]);
    let none = configured(&host, "IdentityAgent none\nIdentityFile /nowhere/key");
    let error = says(&host.stage, none).await.unwrap_err();
    refused(&error, "auth_failed", &["nothing", "publickey"]);
    let missing = Connection {
        credential: Credential::KeyFile("/nowhere/key".to_owned()),
        ..host.connection()
    };
    let error = says(&host.stage, missing).await.unwrap_err();
    refused(&error, "key_file_missing", &["/nowhere/key"]);
}

/// A real ssh-agent with its own socket, stopped by its own number.
struct SshAgent {
    socket: PathBuf,
    child: Child,
}

impl SshAgent {
    fn start(folder: &Path, keys: &[&Path]) -> SshAgent {
        let socket = (0..)
            .map(|number| folder.join(format!("agent{number}")))
            .find(|socket| !socket.exists())
            .unwrap();
        let child = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let agent = SshAgent { socket, child };
        for _ in 0..500 {
            // Not only that it is there: it is made a moment before anybody listens.
            if UnixStream::connect(&agent.socket).is_ok() {
                break;
            }
            std::thread::park_timeout(std::time::Duration::from_millis(10));
        }
        for key in keys {
            let added = Command::new("ssh-add")
                .arg("-q")
                .arg(key)
                .env("SSH_AUTH_SOCK", &agent.socket)
                .stderr(Stdio::null())
                .status();
            assert!(added.unwrap().success());
        }
        agent
    }
}

impl Drop for SshAgent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_ssh_agent_logs_in() {
    let folder = tempfile::tempdir().unwrap();
    let right = keygen(&folder.path().join("right"), &["-t", "ed25519"]);
    let rsa = keygen(&folder.path().join("rsa"), &["-t", "rsa", "-b", "2048"]);
    let others: Vec<PathBuf> = (0..7)
        .map(|number| {
            keygen(
                &folder.path().join(format!("other{number}")),
                &["-t", "ed25519"],
            )
        })
        .collect();
    for key in [&right, &rsa] {
        let agent = SshAgent::start(folder.path(), &[key]);
        let Some(host) = Host::with(&authorized(key), World::default()) else {
            return;
        };
        let socket = agent.socket.display().to_string();
        let alone = Connection {
            credential: Credential::SshAgent,
            ..configured(&host, &format!("IdentityAgent {socket}"))
        };
        assert_eq!(says(&host.stage, alone).await.unwrap(), "in\n");
        let also = configured(
            &host,
            &format!("IdentityAgent {socket}\nIdentityFile /nowhere"),
        );
        assert_eq!(says(&host.stage, also).await.unwrap(), "in\n");
    }
    // With more keys in the agent than the host lets one try, those that the config names come first.
    let mut held: Vec<&Path> = others.iter().map(PathBuf::as_path).collect();
    held.push(&right);
    let agent = SshAgent::start(folder.path(), &held);
    let socket = agent.socket.display().to_string();
    let Some(host) = Host::with(&authorized(&right), World::default()) else {
        return;
    };
    let only_public = folder.path().join("moved");
    std::fs::copy(
        right.with_extension("pub"),
        only_public.with_extension("pub"),
    )
    .unwrap();
    let any = configured(
        &host,
        &format!("IdentityAgent {socket}\nIdentityFile /nowhere"),
    );
    let error = says(&host.stage, any).await.unwrap_err();
    refused(&error, "auth_failed", &["ssh-agent", "IdentitiesOnly"]);
    let named = configured(
        &host,
        &format!(
            "IdentityAgent {socket}\nIdentityFile {}",
            only_public.display()
        ),
    );
    assert_eq!(says(&host.stage, named).await.unwrap(), "in\n");
}

#[tokio::test]
async fn only_named_keys_of_the_agent_are_tried_when_the_config_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let key = keygen(&folder.path().join("key"), &["-t", "ed25519"]);
    let agent = SshAgent::start(folder.path(), &[&key]);
    let Some(host) = Host::with(&authorized(&key), World::default()) else {
        return;
    };
    let only = configured(
        &host,
        &format!(
            "IdentityAgent {}\nIdentitiesOnly yes\nIdentityFile /nowhere",
            agent.socket.display()
        ),
    );
    let error = says(&host.stage, only).await.unwrap_err();
    refused(&error, "auth_failed", &["publickey"]);
    let gone = Connection {
        credential: Credential::SshAgent,
        ..configured(&host, "IdentityAgent /nowhere/agent.sock")
    };
    let error = says(&host.stage, gone).await.unwrap_err();
    refused(
        &error,
        "agent_unavailable",
        &["/nowhere/agent.sock", "ssh-add"],
    );
}

#[tokio::test]
async fn certificates_log_in() {
    let folder = tempfile::tempdir().unwrap();
    let authority = keygen(&folder.path().join("authority"), &["-t", "ed25519"]);
    for words in [["-t", "ed25519"].as_slice(), &["-t", "rsa", "-b", "2048"]] {
        let key = keygen(&folder.path().join(words[1]), words);
        let signed = Command::new("ssh-keygen")
            .args(["-q", "-I", "test", "-n", &user(), "-s"])
            .arg(&authority)
            .arg(key.with_extension("pub"))
            .status();
        assert!(signed.unwrap().success());
        let setup = SshdSetup {
            extra: vec![format!("TrustedUserCAKeys {}.pub", authority.display())],
            ..SshdSetup::default()
        };
        let Some(host) = Host::with(&setup, World::default()) else {
            return;
        };
        let beside = Connection {
            credential: Credential::KeyFile(key.display().to_string()),
            ..host.connection()
        };
        assert_eq!(
            says(&host.stage, beside).await.unwrap(),
            "in\n",
            "{words:?}"
        );
        // The certificate is named, the key is only in the agent.
        let certificate = folder.path().join("elsewhere-cert.pub");
        std::fs::rename(
            folder.path().join(format!("{}-cert.pub", words[1])),
            &certificate,
        )
        .unwrap();
        let agent = SshAgent::start(folder.path(), &[&key]);
        let named = configured(
            &host,
            &format!(
                "IdentityAgent {}\nIdentityFile /nowhere\nCertificateFile {}",
                agent.socket.display(),
                certificate.display()
            ),
        );
        assert_eq!(says(&host.stage, named).await.unwrap(), "in\n", "{words:?}");
        assert!(host.sshd.log().contains("-CERT"), "by certificate");
    }
}
