//! Every way a repository is not read: told by what it is, before git is started where that can be.

use super::{Desk, Sample};
use crate::git::testing::{Bare, git_at};
use crate::repository::RepositoryListRefs;
use crate::transport::tests::goes_away;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};
use workflow::Outcome;

async fn check(desk: &Desk, repository: &str, name: Option<&str>, code: &str, part: &str) {
    let error = desk.resolve(repository, name).await.unwrap_err();
    assert_eq!(error.code, code, "{repository} {name:?}: {error:?}");
    let text = format!("{} {}", error.message, error.hint);
    assert!(text.contains(part) && !error.hint.is_empty(), "{text}");
    assert!(!text.chars().any(fleet::is_hidden), "{text:?}");
    assert_ne!(error.outcome, Outcome::Unknown);
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_to_do() {
    let (desk, sample) = (Desk::new(), Sample::new());
    let url = sample.bare.url();
    for (name, code, part) in [
        ("mian", "ref_not_found", "Did you mean main?"),
        ("nothing", "ref_not_found", "default branch is main"),
        ("both", "ref_ambiguous", "refs/heads/both or refs/tags/both"),
        ("main~1", "invalid_ref", "expression"),
    ] {
        check(&desk, &url, Some(name), code, part).await;
    }
    check(
        &desk,
        &Bare::new().url(),
        None,
        "repository_empty",
        "Push something",
    )
    .await;
    let plain = desk.stage.path("plain");
    std::fs::create_dir(&plain).unwrap();
    for path in [
        plain,
        desk.stage.path("none"),
        desk.stage.path("none\u{fc}"),
    ] {
        let path = path.display().to_string();
        check(&desk, &path, None, "repository_not_found", "git ls-remote").await;
    }
    check(
        &desk,
        "https://127.0.0.1:1/a",
        None,
        "connection_refused",
        "127.0.0.1",
    )
    .await;
    check(
        &desk,
        "ssh://127.0.0.1:1/a",
        None,
        "connection_refused",
        "127.0.0.1",
    )
    .await;
    check(
        &desk,
        "https://nowhere.invalid/a",
        None,
        "name_not_found",
        "DNS",
    )
    .await;
    check(&desk, "nowhere.invalid:a", None, "name_not_found", "DNS").await;
}

/// A program in the place of git that leaves a trace when it is started.
#[tokio::test]
async fn hostile_addresses_are_refused_before_git_is_started() {
    let desk = Desk::new();
    let bin = desk.stage.path("bin");
    std::fs::create_dir(&bin).unwrap();
    let trace = desk.stage.path("started");
    std::fs::write(
        bin.join("git"),
        format!("#!/bin/sh\ntouch '{}'\nexit 1\n", trace.display()),
    )
    .unwrap();
    std::fs::set_permissions(bin.join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let git = || git_at(&desk.stage.path(""), &[("PATH", &path)]);
    let touch = format!("ext::touch {}", trace.display());
    for url in [
        "-uid",
        "--upload-pack=id",
        touch.as_str(),
        "ext::id",
        "fd::3",
        "file:///srv/a",
        "http://127.0.0.1/a",
        "ssh://-oProxyCommand=id/a",
        "a\nb",
        "/srv/\u{202e}",
        "../a",
    ] {
        let tool = RepositoryListRefs::new(git());
        let error = desk
            .stage
            .read_with(&tool, json!({ "repository": url }))
            .await
            .unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.outcome),
            ("invalid_repository", Outcome::NotStarted),
            "{url}"
        );
        assert!(!trace.exists(), "{url}");
    }
    let tool = RepositoryListRefs::new(git());
    let error = desk
        .stage
        .read_with(&tool, json!({ "repository": "/srv/a" }))
        .await
        .unwrap_err();
    assert_eq!((error.code.as_str(), trace.exists()), ("git_failed", true));
    std::fs::remove_file(bin.join("git")).unwrap();
    let nothing = git_at(&desk.stage.path(""), &[("PATH", bin.to_str().unwrap())]);
    let tool = RepositoryListRefs::new(nothing);
    let error = desk
        .stage
        .read_with(&tool, json!({ "repository": "/srv/a" }))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("git_missing", Outcome::NotStarted)
    );
}

/// A server that takes connections and says nothing, or something that is no TLS.
fn server(says: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            if !says.is_empty() {
                let _ = stream.read(&mut [0; 512]);
                let _ = stream.write_all(says);
                continue;
            }
            open.push(stream);
        }
    });
    port
}

#[tokio::test]
async fn a_host_that_speaks_no_tls_is_told() {
    let port = server(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    check(
        &Desk::new(),
        &format!("https://127.0.0.1:{port}/a"),
        None,
        "tls_failed",
        "encryption",
    )
    .await;
}

#[tokio::test]
async fn a_host_that_says_nothing_is_left_when_the_call_is_cancelled() {
    let desk = Desk::new();
    let began = Instant::now();
    let port = server(b"");
    let url = format!("https://127.0.0.1:{port}/silent-71.2201");
    let cancelling = async {
        let soon = Duration::from_millis(700);
        let _ = tokio::time::timeout(soon, std::future::pending::<()>()).await;
        desk.stage.context.cancel.cancel();
    };
    let (answer, ()) = tokio::join!(desk.resolve(&url, None), cancelling);
    assert_eq!(answer.unwrap_err().code, "cancelled");
    assert!(began.elapsed() < Duration::from_secs(10) && goes_away(&url).await);
}

#[tokio::test]
async fn nobody_is_asked_for_anything() {
    let mut desk = Desk::new();
    let (home, trace) = (desk.stage.path(""), desk.stage.path("asked"));
    let ask = home.join("ask");
    std::fs::write(
        &ask,
        format!(
            "#!/bin/sh\necho \"$0 $*\" >> '{}'\necho pw\n",
            trace.display()
        ),
    )
    .unwrap();
    std::fs::set_permissions(&ask, std::fs::Permissions::from_mode(0o755)).unwrap();
    let ask = ask.display().to_string();
    std::fs::write(
        home.join(".gitconfig"),
        format!(
            "[core]\n askPass = {ask}\n hooksPath = {}\n[url \"file:///srv/\"]\n insteadOf = https://forge.invalid/\n",
            home.display()
        ),
    )
    .unwrap();
    for name in ["GIT_ASKPASS", "SSH_ASKPASS"] {
        desk.further.push((name.to_owned(), ask.clone()));
    }
    desk.further.push(("DISPLAY".to_owned(), ":99".to_owned()));
    desk.further
        .push(("GIT_DIR".to_owned(), "/srv/elsewhere".to_owned()));
    let sample = Sample::new();
    assert!(desk.resolve(&sample.bare.url(), "main").await.is_ok());
    // The user's configuration counts, but it cannot turn the net into this computer.
    check(
        &desk,
        "https://forge.invalid/a",
        None,
        "protocol_not_allowed",
        "insteadOf",
    )
    .await;
    assert!(!trace.exists());
}
