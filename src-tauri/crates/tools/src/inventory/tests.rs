//! Inventories as text and the rows they become, and what is said of inventories that cannot be read.

mod ansible;
mod lists;
mod together;

use super::*;
use proptest::prelude::*;

/// What a text becomes: a line a row, then what is left out and noted; or the error.
fn shown(format: Format, text: &str) -> String {
    let source = Source {
        shown: "inv".to_owned(),
        text: text.to_owned(),
        folder: Some(PathBuf::from("/etc/ansible")),
        home: Some(PathBuf::from("/home/ops")),
    };
    match read(format, &source) {
        Ok(reading) => lines(&reading),
        Err(error) => {
            assert!(
                error.code == "bad_inventory" && error.hint.ends_with('.'),
                "{error:?}"
            );
            format!("{}\n", error.message)
        }
    }
}

fn lines(reading: &Reading) -> String {
    let mut lines: String = reading.hosts.iter().map(line).collect();
    for note in &reading.notes {
        lines.push_str(&format!("note: {note}\n"));
    }
    lines
}

/// A row on one line, and its reason and notes on lines below.
fn line(row: &Found) -> String {
    let mut line = format!("{} {}", if row.picked { "x" } else { "-" }, row.name);
    if row.source_name != row.name {
        line.push_str(&format!(" of {:?}", row.source_name));
    }
    line.push_str(&format!(" ({})", row.place));
    let port = row.port.map(|port| port.to_string());
    let credential = row.credential.as_ref().map(ToString::to_string);
    for (name, value) in [
        ("address", &row.address),
        ("port", &port),
        ("user", &row.user),
        ("credential", &credential),
        ("jump", &row.jump),
        ("key_alias", &row.host_key_alias),
        ("openssh", &row.needs_openssh),
        ("alias", &row.ssh_alias),
        ("config", &row.ssh_config),
        ("environment", &row.environment),
    ] {
        if let Some(value) = value {
            line.push_str(&format!(" {name}={value}"));
        }
    }
    for (label, value) in &row.labels {
        line.push_str(&format!(" {label}:{value}"));
    }
    line.push('\n');
    assert_eq!(row.picked, row.why_not.is_none(), "{row:?}");
    if let Some(why) = &row.why_not {
        line.push_str(&format!("    why not: {why}\n"));
    }
    for note in &row.notes {
        line.push_str(&format!("    {note}\n"));
    }
    line
}

#[track_caller]
fn check(format: Format, text: &str, expected: &str) {
    let shown = shown(format, text);
    assert!(
        shown == expected,
        "--- found\n{shown}--- expected\n{expected}---"
    );
}

#[test]
fn names_are_host_names() {
    let long = format!("{}.example.com", "a".repeat(70));
    for (source, name) in [
        ("web1", "web1"),
        ("Prod_Web 1", "prod-web-1"),
        ("web.Example.COM.", "web.example.com"),
        ("-x-._y_", "x.y"),
        ("10.0.0.5", "10.0.0.5"),
        ("::1", "ip6-0-0-0-0-0-0-0-1"),
        ("[2001:db8::a]", "ip6-2001-db8-0-0-0-0-0-a"),
        ("Über", "ber"),
        ("東京", "host"),
        ("", "host"),
        (&long, &format!("{}.example.com", "a".repeat(63))),
    ] {
        assert_eq!(name::agent_name(source), name);
        assert!(fleet::is_dns_name(name));
    }
}

#[test]
fn what_a_program_could_take_for_an_option_is_no_address() {
    for good in [
        "web1",
        "prod_web",
        "a.b.c",
        "10.0.0.1",
        "::1",
        "fe80::1%eth0",
    ] {
        assert!(name::is_address(good), "{good}");
    }
    for bad in [
        "",
        "-oProxyCommand=x",
        "a b",
        "a;b",
        "$(x)",
        "a@b",
        "a:22",
        "[::1]",
        "fe80::1%",
        "é",
    ] {
        assert!(!name::is_address(bad), "{bad}");
    }
    for good in [
        "root",
        "a.b-c_d",
        "me@domain.example",
        "DOMAIN\\me",
        "svc+x",
    ] {
        assert!(name::is_user(good), "{good}");
    }
    for bad in ["", "-l", "a b", "a;b", "a:b", "a\u{202e}b", "`id`"] {
        assert!(!name::is_user(bad), "{bad}");
    }
    for good in ["bastion", "me@bastion:2222", "a,b@c", "ssh://me@[::1]:22"] {
        assert!(name::is_jump(good), "{good}");
    }
    for bad in ["", "-J", "a,,b", "me@-x", "a:0", "ssh://a/b"] {
        assert!(!name::is_jump(bad), "{bad}");
    }
}

#[test]
fn only_regular_files_of_text_are_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().canonicalize().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(home.join(name), bytes).unwrap();
    write("hosts", b"\xef\xbb\xbfweb1\n");
    write("script", b"#!/usr/bin/env python3\nprint('{}')\n");
    write("latin", b"w\xe4b1\n");
    write("utf16", b"\xff\xfew\0e\0b\0");
    write("large", &vec![b'#'; MAX_BYTES + 1]);
    let load = |path: &str| load(path, Some(&home));
    assert_eq!(load("~/hosts").unwrap().text, "web1\n");
    let root = home.to_str().unwrap();
    for (path, code, message) in [
        (
            "~/script",
            "is_script",
            "is a program, and reading an inventory runs nothing.",
        ),
        ("~/latin", "not_text", "is not UTF-8 text."),
        ("~/utf16", "not_text", "is not UTF-8 text."),
        ("~/large", "too_large", "is larger than 5000000 bytes."),
        ("~/none", "not_found", "is not there."),
    ] {
        let error = load(path).unwrap_err();
        let place = path.replace('~', root);
        assert_eq!(
            (error.code.as_str(), error.message),
            (code, format!("{place} {message}"))
        );
    }
    assert_eq!(load(root).unwrap_err().code, "is_folder");
    assert_eq!(load("/dev/null").unwrap_err().code, "not_a_file");
    for path in ["hosts", "./hosts", "~other/hosts", ""] {
        assert_eq!(load(path).unwrap_err().code, "bad_path", "{path}");
    }
}

/// Pieces that mean something in one notation or another, so that random texts get further than the first line.
fn text() -> impl Strategy<Value = String> {
    let pieces = proptest::sample::select(vec![
        "[web]\n",
        "[web:vars]\n",
        "[web:children]\n",
        "web[01:03]",
        "node[1-3,5]",
        " ansible_host=",
        "all:\n",
        "  hosts:\n",
        "    a:\n",
        "  children:\n",
        "  vars:\n",
        "ansible_user: ",
        "!vault |\n",
        "&a ",
        "*a\n",
        "<<: ",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "'",
        "\\",
        "\n",
        "\t",
        "---\n",
        "_meta",
        "hostvars",
        "{{ x }}",
        "-o ",
        "ansible_ssh_common_args='-J ",
        "ProxyCommand=\"ssh -W %h:%p b\"",
        "name,address,port\n",
        "labels\n",
        "a=b;c",
        "user@host:22",
        "::1",
        "999999",
        "0",
        "\u{202e}",
        "\u{0}",
        "é",
        "%",
        "#",
        "$ANSIBLE_VAULT",
    ]);
    prop_oneof![
        proptest::collection::vec(pieces, 0..30).prop_map(|pieces| pieces.concat()),
        proptest::collection::vec(any::<u8>(), 0..200)
            .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        "\\PC{0,80}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in it, it is rows that keep what a row promises, or an error.
    #[test]
    fn any_text_is_rows_or_an_error(text in text()) {
        for format in [Format::Ansible, Format::Csv, Format::Json, Format::Pasted] {
            let shown = shown(format, &text);
            prop_assert!(!shown.chars().any(|c| c != '\n' && fleet::is_hidden(c)), "{:?}", shown);
            let Ok(source) = Source::typed("inv", &text, None) else { continue };
            let Ok(reading) = read(format, &source) else { continue };
            let mut names = std::collections::BTreeSet::new();
            for row in &reading.hosts {
                prop_assert!(fleet::is_dns_name(&row.name) && names.insert(row.name.clone()), "{:?}", row);
                prop_assert!(row.address.as_deref().is_none_or(name::is_address), "{:?}", row);
                prop_assert!(row.user.as_deref().is_none_or(name::is_user), "{:?}", row);
                prop_assert!(row.jump.as_deref().is_none_or(name::is_jump), "{:?}", row);
                prop_assert!(row.labels.keys().all(|label| name::is_free_label(label)), "{:?}", row);
            }
        }
    }
}
