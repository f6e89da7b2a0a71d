//! A host that lies: a real ssh server behind whose login every word is the host's: its name, its disks, its processes,
//! its kernel's log, a file, its banner, and what its programs say on standard error. It is looked at on every screen
//! that shows an agent, from the first card to the log of the call. Its name in the fleet and its labels cannot lie: they
//! are refused, and the refusal is looked at.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use crate::host::{Host, QUESTIONS, with_managed_file};
use crate::hostile::{LIE, LONG, MARKS, is_honest};
use crate::page::Window;
use crate::stage::Stage;

/// What a terminal would take for an order: another title, another colour.
const ORDERS: &str = "\u{1b}]0;owned\u{7}\u{1b}[31mred\u{1b}[0m";
/// The marks of the window and, in what hosts say of themselves, those of `fleet::visible`.
const KEPT: [&str; 2] = ["<U+202E>", "<img src=x"];

/// What the host has in place of some programs. `$T` is the folder with its lies.
const PROGRAMS: [(&str, &str); 5] = [
    (
        "uname",
        "cat $T/long >&2; case $1 in -s*) printf 'Linux ';; esac; cat $T/lie",
    ),
    (
        "id",
        "case $1 in -un) cat $T/lie;; *) exec /usr/bin/id \"$@\";; esac",
    ),
    (
        "df",
        "echo Filesystem 1024-blocks Used Available Capacity Mounted on\n\
         printf '/dev/sda1 90000000 89000000 1000000 99%% /'; cat $T/lie\n\
         printf '/dev/sdb1 90000000 89000000 1000000 99%% /'; cat $T/long",
    ),
    (
        "ps",
        "echo PID USER %CPU RSS COMMAND; printf '7 root 99.0 1000 '; cat $T/lie; printf '8 root 98.0 1000 '; cat $T/long",
    ),
    (
        "dmesg",
        "printf '[1.0] Out of memory: Killed process 7 '; cat $T/lie; printf 'segfault '; cat $T/long",
    ),
];

/// Writes the host's programs, and gives the lines of its server's configuration.
fn lies(folder: &Path) -> [String; 2] {
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).unwrap();
    fs::write(folder.join("lie"), format!("{LIE}{ORDERS}\n")).unwrap();
    fs::write(folder.join("long"), format!("{}\n", "w".repeat(LONG))).unwrap();
    fs::write(
        folder.join("banner"),
        format!("{LIE}{ORDERS}\n{}\n", "w".repeat(LONG)),
    )
    .unwrap();
    for (name, body) in PROGRAMS {
        let file = bin.join(name);
        fs::write(&file, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    [
        format!("Banner {}", folder.join("banner").display()),
        format!(
            "ForceCommand T={0}; PATH=$T/bin:$PATH; export T PATH; cat $T/lie >&2; eval \"$SSH_ORIGINAL_COMMAND\"",
            folder.display()
        ),
    ]
}

/// Opens whatever is folded on the screen, also what was folded within it.
fn unfold(window: &Window<'_>) {
    let script = "const [done] = arguments; const go = (left) => { \
                  const folded = [...document.querySelectorAll('#main details:not([open]) > summary')]; \
                  if (!folded.length || !left) return done(folded.length); \
                  folded.forEach((one) => one.click()); setTimeout(() => go(left - 1), 300); }; go(8)";
    let left = window.script_with_callback(script, &json!([]));
    assert_eq!(left, 0, "some stay folded");
}

#[test]
fn a_host_that_lies_is_seen_to_lie() {
    let Some(stage) = Stage::set() else { return };
    let lies = lies(&stage.folder().join("lies"));
    let Some(host) = Host::start(&stage, &lies) else {
        return;
    };
    let on_host = with_managed_file(&stage);
    fs::write(&on_host, format!("{LIE}{ORDERS}\n{}\n", "w".repeat(LONG))).unwrap();
    let window = Window::open(&stage);

    // Its three cards, in the rail of Home and whole.
    host.ask_to_join(&stage, "web-01", &json!({}));
    for (question, screen, tells) in [
        (QUESTIONS[0], "trust", &[][..]),
        (QUESTIONS[1], "register", &KEPT[..]),
        (QUESTIONS[2], "apply", &MARKS[..]),
    ] {
        window.click(".nav [href='#/']");
        if !window.shows(".rail") {
            window.click("#rail-toggle");
        }
        window.reads(".rail [data-testid=card]", question);
        is_honest(&window, &format!("host-{screen}-home"), &[]);
        window.review();
        window.reads("#main [data-testid=card]", question);
        unfold(&window);
        is_honest(&window, &format!("host-{screen}"), tells);
        window.click("#main [data-testid=card-approve]");
        window.see_no("#main [data-testid=card]");
    }
    window.run_is("completed");
    assert_eq!(fs::read_to_string(&on_host).unwrap().trim(), "managed");

    // Every step with its log, in which the host has the word.
    unfold(&window);
    window.see("[data-testid='step-probe[0]'] .log-stderr");
    is_honest(&window, "host-run", &KEPT);
    let log = window.text("[data-testid='step-probe[0]'] [data-testid=call-log]");
    for words in [
        MARKS[0],
        MARKS[1],
        "<script>",
        "\\u{001B}]0;owned\\u{0007}",
        "\\u{001B}[31mred",
    ] {
        assert!(
            log.contains(words),
            "the log does not tell {words:?}: {log}"
        );
    }

    window.click(".nav [href='#/agents']");
    window.see("agents-check");
    window.click("agents-check");
    window.see("#main [data-testid=report]");
    unfold(&window);
    is_honest(&window, "host-check", &KEPT);
    window.click(".nav [href='#/']");
    window.see("report");
    is_honest(&window, "host-home", &KEPT);
    window.click(".nav [href='#/agents']");
    window.reads("[aria-label=Agents]", "critical");
    is_honest(&window, "host-grid", &["web-01"]);
    window.click(".grid [href='#/agents/web-01']");
    window.see("agent-findings");
    unfold(&window);
    is_honest(&window, "host-agent", &KEPT);
    window.click("agent-labels");
    window.see("labels-text");
    is_honest(&window, "host-labels", &[]);
    window.keys(&["Escape"]);
    window.see_no("dialog[open]");
    window.close();
}

#[test]
fn a_host_that_lies_and_lets_nobody_in_is_seen_to_lie() {
    let Some(stage) = Stage::set() else { return };
    let lies = lies(&stage.folder().join("lies"));
    let Some(host) = Host::start(&stage, &lies) else {
        return;
    };
    let window = Window::open(&stage);
    let nobody = format!("key:{}", stage.folder().join("no-key").display());
    loopback::keygen(&stage.folder().join("no-key"), &["-t", "ed25519"]);
    let labels = json!({ "role": LIE, LIE: "w".repeat(LONG) });
    for (name, more, asks) in [
        // Its banner comes before the refusal.
        ("banner", json!({ "credential": nobody }), true),
        // The key is known from now on.
        (
            "openssh",
            json!({ "credential": nobody, "needs_openssh": LIE }),
            false,
        ),
        ("labels", json!({ "labels": labels }), false),
        ("environment", json!({ "environment": LIE }), false),
    ] {
        let run = host.ask_to_join(&stage, name, &more);
        window.follow(&format!("/run/{run}"));
        window.has("run-state", "data-run", &run);
        if asks {
            window.click("#main [data-testid=card-approve]");
        }
        window.run_is("failed");
        unfold(&window);
        // What its server says before the login stands nowhere.
        let tells = if asks { &[][..] } else { &MARKS };
        is_honest(&window, &format!("host-refused-{name}"), tells);
    }
    window.click(".nav [href='#/runs']");
    window.see("run-row");
    is_honest(&window, "host-runs", &[]);
    window.close();
}
