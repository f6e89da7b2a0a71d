//! What ssh says of a config, and our own reading of the same files against it.

use super::{ConfigHost, HostKind, Resolved, hosts, program, resolve_with};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use workflow::ToolError;

/// A folder with files for one config; `DIR` in them is the folder.
struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Files {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().to_str().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text.replace("DIR", name)).unwrap();
        }
        Files(folder)
    }

    fn config(text: &str) -> Files {
        Files::new(&[("config", text)])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    async fn parsed(&self, alias: &str) -> Result<Resolved, ToolError> {
        resolve_with(None, alias, Some(&self.path("config"))).await
    }

    /// By ssh itself; nothing where there is none.
    async fn asked(&self, alias: &str) -> Option<Result<Resolved, ToolError>> {
        let Some(ssh) = program() else {
            println!("SKIPPED: there is no ssh to compare with");
            return None;
        };
        Some(resolve_with(Some(ssh), alias, Some(&self.path("config"))).await)
    }
}

/// What ssh and we make of it must be the same.
async fn check(files: &Files, alias: &str) -> Resolved {
    let ours = files.parsed(alias).await.unwrap();
    if let Some(theirs) = files.asked(alias).await {
        assert_eq!(ours, theirs.unwrap(), "{alias}");
    }
    ours
}

fn hops(resolved: &Resolved) -> Vec<String> {
    let jumps = resolved.jumps.iter();
    jumps
        .map(|hop| format!("{}@{}:{}", hop.user, hop.address, hop.port))
        .collect()
}

const MANY: &str = r#"
# The first value wins.
Port 2200
Host web prod_web !never
    HostName %h.example.org
    User deploy
    Port 2222
    IdentityFile ~/.ssh/%r-%h
    IdentityFile "DIR/a key"
    CertificateFile DIR/cert-%n.pub
    IdentitiesOnly=yes
    UserKnownHostsFile DIR/known "DIR/with space"
    HostKeyAlias the-web
Host ne?er *.wild
    User = "some one"
    IdentityAgent DIR/agent.sock
Match all
    HostName    10.0.0.9
Host quiet
    GlobalKnownHostsFile none
    UserKnownHostsFile /dev/null
    IdentityAgent none
HOST Tabs
	hostname	tabbed.example	
	USER	tab # why
"#;

#[tokio::test]
async fn our_reading_is_that_of_ssh() {
    let files = Files::config(MANY);
    let web = check(&files, "web").await;
    assert_eq!(
        (web.hostname.as_str(), web.port, web.user.as_str()),
        ("web.example.org", 2200, "deploy")
    );
    assert_eq!(web.identity_files[1], files.path("a key"));
    assert!(web.identity_files[0].ends_with(".ssh/deploy-web.example.org"));
    assert_eq!(web.certificate_files, [files.path("cert-web.pub")]);
    assert_eq!(
        &web.known_hosts[..2],
        [files.path("known"), files.path("with space")]
    );
    assert_eq!(
        (web.identities_only, web.host_key_alias.as_deref()),
        (true, Some("the-web"))
    );
    let never = check(&files, "never").await;
    assert_eq!(
        (never.hostname.as_str(), never.user.as_str()),
        ("10.0.0.9", "some one")
    );
    assert_eq!(never.identity_agent, Some(files.path("agent.sock")));
    assert!(never.identity_files.len() > 3 && !never.identities_only);
    let quiet = check(&files, "quiet").await;
    assert_eq!(
        (quiet.known_hosts, quiet.identity_agent),
        (vec![PathBuf::from("/dev/null")], None)
    );
    for alias in ["prod_web", "a.wild", "other", "10.1.2.3", "fe80::1", "Tabs"] {
        check(&files, alias).await;
    }
}

#[tokio::test]
async fn files_are_included_where_they_stand() {
    let files = Files::new(&[
        (
            "config",
            "Include DIR/conf.d/*.conf DIR/missing\nHost inside\n  Include DIR/only_inside\n  User after\nHost *\n  User last\n",
        ),
        ("conf.d/10.conf", "Host a\n  User ten\n  Port 10\n"),
        ("conf.d/20.conf", "Host a b\n  User twenty\n  Port 20\n"),
        ("conf.d/.hidden.conf", "User hidden\n"),
        ("conf.d/30.txt", "User text\n"),
        (
            "only_inside",
            "Port 99\nHost inside\n HostName in.example\nHost other\n HostName out.example\n",
        ),
    ]);
    for (alias, user, port, hostname) in [
        ("a", "ten", 10, "a"),
        ("b", "twenty", 20, "b"),
        ("inside", "after", 99, "in.example"),
        ("other", "last", 22, "other"),
    ] {
        let resolved = check(&files, alias).await;
        assert_eq!(
            (
                resolved.user.as_str(),
                resolved.port,
                resolved.hostname.as_str()
            ),
            (user, port, hostname)
        );
    }
    let round = Files::config("Include DIR/config\n");
    let error = round.parsed("x").await.unwrap_err();
    assert_eq!(error.code, "ssh_config_invalid");
    let bomb = Files::config("Include DIR/config\nInclude DIR/config\nInclude DIR/config\n");
    assert!(bomb.parsed("x").await.is_err());
}

#[tokio::test]
async fn the_hosts_in_between_are_followed() {
    let files = Files::config(
        "Host inner\n HostName 10.0.0.1\n ProxyJump middle\n\
         Host middle\n HostName 10.0.0.2\n User mid\n Port 2202\n ProxyJump me@outer:2201,second\n\
         Host outer\n HostName 192.0.2.1\n User not-me\n ProxyJump none\n\
         Host second\n HostName 192.0.2.2\n ProxyJump never-asked\n ProxyCommand never\n\
         Host six\n ProxyJump u@[2001:db8::1]:2203\n\
         Host direct\n ProxyCommand none\n ProxyJump outer\n\
         Host here there\n User u\n\
         Host here\n ProxyJump there\n\
         Host there\n ProxyJump here\n\
         Host many\n ProxyJump a,b,c,d,e,f,g,h,i\n\
         Host uri\n ProxyJump ssh://u@192.0.2.3:2204\n\
         Host *\n User root\n",
    );
    let inner = check(&files, "inner").await;
    assert_eq!(
        hops(&inner),
        [
            "me@192.0.2.1:2201",
            "root@192.0.2.2:22",
            "mid@10.0.0.2:2202"
        ]
    );
    assert_eq!(inner.jumps[2].ssh_alias.as_deref(), Some("middle"));
    assert_eq!(inner.openssh, None);
    assert_eq!(hops(&check(&files, "six").await), ["u@2001:db8::1:2203"]);
    assert_eq!(hops(&check(&files, "uri").await), ["u@192.0.2.3:2204"]);
    assert!(check(&files, "direct").await.jumps.is_empty());
    let odd = Files::config("ProxyJump -oProxyCommand=x\n");
    for (files, alias) in [(&files, "here"), (&files, "many"), (&odd, "x")] {
        let ours = files.parsed(alias).await.unwrap_err();
        assert_eq!(ours.code, "ssh_config_invalid", "{alias}");
        if let Some(theirs) = files.asked(alias).await {
            assert_eq!(theirs.unwrap_err().code, "ssh_config_invalid", "{alias}");
        }
    }
}

#[tokio::test]
async fn what_only_ssh_can_do_is_named() {
    for (options, reason) in [
        ("User x", None),
        ("ProxyCommand nc %h %p", Some("ProxyCommand is set for web")),
        ("ProxyCommand none", None),
        (
            "PKCS11Provider /usr/lib/x.so",
            Some("PKCS11Provider is set for web"),
        ),
        (
            "SecurityKeyProvider /usr/lib/x.so",
            Some("SecurityKeyProvider is set for web"),
        ),
        ("SecurityKeyProvider internal", None),
        ("GSSAPIAuthentication yes", None),
        (
            "PreferredAuthentications gssapi-with-mic,publickey",
            Some("PreferredAuthentications begins with gssapi-with-mic for web"),
        ),
        (
            "PreferredAuthentications keyboard-interactive",
            Some("PreferredAuthentications begins with keyboard-interactive for web"),
        ),
        (
            "PreferredAuthentications publickey,keyboard-interactive",
            None,
        ),
        (
            "PubkeyAuthentication no\n PasswordAuthentication no",
            Some("KbdInteractiveAuthentication is the only way to log in for web"),
        ),
        ("PasswordAuthentication no", None),
        ("LocalCommand notify", None),
        (
            "LocalCommand notify \"%h\"\n PermitLocalCommand yes",
            Some("LocalCommand is set for web"),
        ),
        ("ProxyJump gate", Some("ProxyCommand is set for gate")),
        (
            "IdentityFile DIR/sk",
            Some("IdentityFile DIR/sk is a security key, for web"),
        ),
        (
            "IdentityFile DIR/sk_alone",
            Some("IdentityFile DIR/sk_alone is a security key, for web"),
        ),
        ("IdentityFile DIR/plain", None),
        ("IdentityFile DIR/missing", None),
    ] {
        // The beginning of a private key of a security key, as PROTOCOL.key lays it out.
        let alone = "-----BEGIN OPENSSH PRIVATE KEY-----\n\
             b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAASgAAABpzay1zc2\n\
             gtZWQyNTUxOUBvcGVuc3NoLmNvbQAAACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
        let files = Files::new(&[
            (
                "config",
                &format!("Host web\n {options}\nHost gate\n ProxyCommand gate %h\n"),
            ),
            ("sk", "anything"),
            ("sk.pub", "sk-ssh-ed25519@openssh.com AAAA me"),
            ("sk_alone", alone),
            (
                "plain",
                "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n",
            ),
        ]);
        let dir = files.0.path().to_str().unwrap();
        let reason = reason.map(|reason| reason.replace("DIR", dir));
        assert_eq!(check(&files, "web").await.openssh, reason, "{options}");
    }
}

#[tokio::test]
async fn a_bad_config_is_told_in_the_words_of_ssh() {
    for (text, words) in [
        (
            "Host x\n Bogus yes\n",
            "line 2: Bad configuration option: bogus",
        ),
        ("Host x\n Port abc\n", "line 2: Bad port 'abc'"),
        ("Host x\n Bogus\u{1b}[31m yes\n", "<U+001B>"),
        ("Match frob x\n", "Unsupported Match attribute frob"),
    ] {
        let files = Files::config(text);
        let Some(error) = files.asked("x").await else {
            return;
        };
        let error = error.unwrap_err();
        assert_eq!(error.code, "ssh_config_invalid");
        assert!(
            error.message.contains(words) || error.message.contains("bogus\\033"),
            "{}",
            error.message
        );
        assert!(!error.message.contains('\u{1b}') && !error.message.contains("terminating"));
        assert!(error.hint.contains("IgnoreUnknown"));
    }
    let files = Files::config("Host x\n Port abc\nUser \"open\n");
    let error = files.parsed("x").await.unwrap_err();
    assert!(
        error.message.contains("config:3: user has a quote"),
        "{}",
        error.message
    );
    let files = Files::config("Host x\n Port abc\n");
    let error = files.parsed("x").await.unwrap_err();
    assert!(
        error.message.contains("config:2: bad port abc"),
        "{}",
        error.message
    );
    assert!(files.parsed("y").await.is_ok(), "it is not for this host");
}

#[tokio::test]
async fn what_our_reading_leaves_out_is_named() {
    let files = Files::config(
        "Host x\n Ciphers aes128-ctr\n ServerAliveInterval 3\n RemoteCommand tmux\n\
         Match host x exec \"true\"\n User never\n",
    );
    let resolved = files.parsed("x").await.unwrap();
    let place = files.path("config").display().to_string();
    assert_eq!(
        resolved.unsupported,
        [
            format!("ciphers ({place}:2)"),
            format!("Match host x exec true ({place}:5)"),
            "RemoteCommand tmux".to_owned(),
        ]
    );
    assert_ne!(resolved.user, "never");
}

#[tokio::test]
async fn ssh_evaluates_match_exec_and_is_not_waited_for_without_end() {
    let files = Files::config("Match exec \"test %h = x\"\n User matched\n");
    if let Some(resolved) = files.asked("x").await {
        assert_eq!(resolved.unwrap().user, "matched");
        assert_ne!(files.asked("y").await.unwrap().unwrap().user, "matched");
    }
    let files = Files::config("Match exec \"exec sleep 61.8101\"\n User never\n");
    let began = Instant::now();
    if let Some(resolved) = files.asked("x").await {
        assert_eq!(resolved.unwrap_err().code, "ssh_config_timeout");
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}

#[tokio::test]
async fn a_name_is_never_an_option() {
    let files = Files::config("");
    for alias in [
        "",
        "-oProxyCommand=touch /tmp/never",
        "two words",
        "$(touch never)",
        "a;b",
        "a`b`",
        "a|b",
        "me@web",
        "ssh://web",
        "a\nb",
        "a\u{202e}b",
    ] {
        assert_eq!(
            files.parsed(alias).await.unwrap_err().code,
            "ssh_config_invalid"
        );
        if let Some(theirs) = files.asked(alias).await {
            assert!(
                theirs
                    .unwrap_err()
                    .message
                    .contains("is not a name of a host")
            );
        }
    }
    let missing = resolve_with(None, "x", Some(Path::new("/nowhere/config"))).await;
    assert!(
        missing
            .unwrap_err()
            .message
            .contains("There is no ssh config")
    );
}

#[tokio::test]
async fn hosts_are_listed_with_what_they_most_likely_are() {
    let files = Files::new(&[
        (
            "config",
            "Host web db\n ProxyJump ops@gate:2222\nInclude DIR/more\nHost *.prod !x.prod node?\n User p\n\
             Host gh\n HostName GitHub.com\nHost code\n HostName git.example.org\n User git\n\
             Host gate other-gate\n HostName 10.0.0.1\nHost WEB\n Port 3\nMatch host z\n User z\nHost *\n User all\n",
        ),
        ("more", "# more\nHost included\n HostName 10.0.0.7\n"),
    ]);
    let listed = hosts(Some(&files.path("config"))).await.unwrap();
    let dir = files.0.path().display().to_string();
    let listed: Vec<(String, String, HostKind)> = listed
        .into_iter()
        .map(|ConfigHost { alias, place, kind }| {
            (alias, place.replace(&format!("{dir}/"), ""), kind)
        })
        .collect();
    let expected = [
        ("web", "config:1", HostKind::Host),
        ("db", "config:1", HostKind::Host),
        ("included", "more:2", HostKind::Host),
        ("*.prod", "config:4", HostKind::Pattern),
        ("node?", "config:4", HostKind::Pattern),
        ("gh", "config:6", HostKind::Forge),
        ("code", "config:8", HostKind::Forge),
        ("gate", "config:11", HostKind::JumpOnly),
        ("other-gate", "config:11", HostKind::Host),
        ("*", "config:17", HostKind::Pattern),
    ]
    .map(|(alias, place, kind)| (alias.to_owned(), place.to_owned(), kind));
    assert_eq!(listed, expected);
    assert!(hosts(Some(&files.path("missing"))).await.is_err());
}
