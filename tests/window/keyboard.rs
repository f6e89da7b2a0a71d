//! The window without a mouse: every journey by keys that go to whatever has the focus. Nothing is clicked, and the page
//! is only read. After every key the focus must be on something that can be seen: never on the page itself, where a
//! person who uses no mouse is lost.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value as Json, json};

use crate::host::{Host, QUESTIONS, with_managed_file};
use crate::page::Window;
use crate::process::until_else;
use crate::stage::Stage;

/// How long the focus may be nowhere after a key: what takes it may come a moment after the key.
const LOST_S: u64 = 2;
/// No screen has so many stops of Tab.
const MOST_STOPS: usize = 80;

/// What has the focus, for a failed test; null where it is on nothing or on something that cannot be seen.
const FOCUS: &str = "const e = document.activeElement; \
     if (!e || e === document.body || e === document.documentElement || !e.getClientRects().length) return null; \
     return e.outerHTML.slice(0, 200)";

/// A person at a keyboard.
pub(crate) struct Hands<'a> {
    pub(crate) window: Window<'a>,
}

impl<'a> Hands<'a> {
    pub(crate) fn on(stage: &'a Stage) -> Self {
        let window = Window::open(stage);
        Self { window }
    }

    /// Presses keys together; the focus is on something after it.
    pub(crate) fn press(&self, keys: &[&str]) {
        self.window.keys(keys);
        self.focus_is_kept(&format!("{keys:?}"));
    }

    /// Types; the focus is on something after it.
    fn write(&self, text: &str) {
        self.window.type_text(text);
        self.focus_is_kept("typing");
    }

    /// Puts a text in place of the one of the control that has the focus.
    fn overwrite(&self, text: &str) {
        self.press(&["Control", "a"]);
        self.write(text);
    }

    pub(crate) fn focus_is_kept(&self, after: &str) {
        let ask = || {
            let focus = self.window.script(FOCUS, &json!([]));
            (!focus.is_null()).then_some(())
        };
        until_else(LOST_S, ask, || format!("the focus is lost after {after}"));
    }

    /// Is the focus on, or within, what this selector names?
    fn is_in(&self, css: &str) -> bool {
        let script = "return !!document.activeElement?.closest(arguments[0])";
        self.window.script(script, &json!([css])) == true
    }

    /// Waits until the focus is there: some of it comes with an answer.
    pub(crate) fn focus_is_in(&self, css: &str) {
        let ask = || self.is_in(css).then_some(());
        until_else(10, ask, || {
            let focus = self.window.script(FOCUS, &json!([]));
            format!("the focus is in `{css}`, not on {focus}")
        });
    }

    /// Goes on by Tab until the focus is there.
    fn tab_to(&self, css: &str) {
        for _ in 0..MOST_STOPS {
            if self.is_in(css) {
                return;
            }
            self.press(&["Tab"]);
        }
        self.window.see(css);
        panic!("Tab does not lead to `{css}`");
    }

    /// Goes to a button by Tab and presses it.
    fn press_button(&self, test_id: &str) {
        self.tab_to(&by(test_id));
        self.press(&["Enter"]);
    }

    /// Runs the first command that the palette finds.
    pub(crate) fn command(&self, words: &str) {
        self.press(&["Control", "k"]);
        self.focus_is_in(".palette");
        self.write(words);
        self.press(&["Enter"]);
    }

    fn is_at(&self, hash: &str) {
        let ask = || (self.window.script("return location.hash", &json!([])) == hash).then_some(());
        until_else(10, ask, || format!("the window is at {hash}"));
    }

    /// Starts `note` by Ctrl+N, up to the whole card, which has the focus.
    fn ask_for_a_note(&self, path: &str, text: &str) {
        self.press(&["Control", "n"]);
        self.focus_is_in(&by("workflow-select"));
        // A list chooses by the first letters of its rows.
        self.write("wri");
        self.window.see("input-path");
        self.tab_to(&by("input-path"));
        self.write(path);
        self.tab_to(&by("input-text"));
        self.write(text);
        self.press_button("start-workflow");
        self.window.see("card");
        self.focus_is_kept("starting a workflow");
        self.go_to_the_card(None);
    }

    /// Fills in the form for a host, up to the start of its registration.
    pub(crate) fn ask_to_add(&self, host: &Host, name: &str) {
        self.command("agents");
        self.window.see("agents-add");
        self.press_button("agents-add");
        self.window.see("add-name");
        self.tab_to(&by("add-name"));
        self.write(name);
        self.tab_to("summary");
        self.press(&["Enter"]);
        for (field, text) in host.fields() {
            self.tab_to(&by(&format!("add-{field}")));
            self.write(&text);
        }
        self.press_button("add-start");
    }

    /// Ctrl+J; the card has the focus and can be answered.
    fn go_to_the_card(&self, title: Option<&str>) {
        if let Some(title) = title {
            self.window.reads("card", title);
        }
        self.press(&["Control", "j"]);
        self.window.see("card-digest");
        self.focus_is_in(&by("card"));
        self.window.has("card", "data-armed", "true");
    }

    pub(crate) fn close(self) {
        assert_eq!(self.window.clicks(), 0, "this was to be done by keys");
        self.window.close();
    }
}

pub(crate) fn by(test_id: &str) -> String {
    format!("[data-testid={test_id}]")
}

fn note(stage: &Stage) -> (PathBuf, String) {
    let file = stage.folder().join("note.txt");
    let words = file.display().to_string();
    (file, words)
}

#[test]
fn the_first_start_leads_to_a_report() {
    let Some(stage) = Stage::set() else { return };
    let hands = Hands::on(&stage);
    hands.window.see("home-run-health-check");
    hands.press_button("home-run-health-check");
    hands.window.see("report");
    hands.focus_is_kept("the report");
    hands.press_button("report-link");
    hands.window.run_is("completed");
    hands.focus_is_in("#main");
    hands.close();
}

#[test]
fn a_note_is_started_and_approved() {
    let Some(stage) = Stage::set() else { return };
    let (file, path) = note(&stage);
    let hands = Hands::on(stage.with_workflow("note"));
    hands.ask_for_a_note(&path, "by keys");
    assert!(!file.exists(), "written before anybody was asked");
    hands.press(&["Control", "Enter"]);
    hands.window.run_is("completed");
    hands.window.see_no("card");
    hands.focus_is_kept("the run");
    assert_eq!(fs::read_to_string(file).unwrap(), "by keys");
    hands.close();
}

#[test]
fn a_note_is_rejected_with_a_reason() {
    let Some(stage) = Stage::set() else { return };
    let (file, path) = note(&stage);
    let hands = Hands::on(stage.with_workflow("note"));
    hands.ask_for_a_note(&path, "by keys");
    hands.press(&["Control", "Shift", "Backspace"]);
    hands.focus_is_in(&by("card-reject-reason"));
    // Escape puts it away and leaves the focus on the card.
    hands.press(&["Escape"]);
    hands.window.see_no("card-reject-reason");
    hands.focus_is_in(&by("card"));
    hands.press(&["Control", "Shift", "Backspace"]);
    hands.focus_is_in(&by("card-reject-reason"));
    hands.write("not on a Friday");
    hands.press_button("card-reject-send");
    hands.window.run_is("failed");
    hands.window.reads("failure", "not on a Friday");
    hands.focus_is_kept("the run");
    assert!(!file.exists());
    hands.close();
}

#[test]
fn a_note_is_edited_and_the_new_card_approved() {
    let Some(stage) = Stage::set() else { return };
    let (file, path) = note(&stage);
    let hands = Hands::on(stage.with_workflow("note"));
    hands.ask_for_a_note(&path, "by keys");
    hands.press_button("card-edit");
    hands.focus_is_in(&by("input-text"));
    hands.overwrite("edited");
    // No key decides while somebody types.
    hands.press(&["Control", "Enter"]);
    hands.press_button("card-edit-send");
    hands.window.has("card", "data-revision", "2");
    assert!(!file.exists(), "an edit is no approval");
    hands.focus_is_in(&by("card"));
    hands.window.has("card", "data-armed", "true");
    hands.press(&["Control", "Enter"]);
    hands.window.run_is("completed");
    hands.focus_is_kept("the run");
    assert_eq!(fs::read_to_string(file).unwrap(), "edited");
    hands.close();
}

#[test]
fn everything_is_found_by_words() {
    let Some(stage) = Stage::set() else { return };
    let hands = Hands::on(&stage);
    hands.command("agents");
    hands.is_at("#/agents");
    hands.window.see("agents-find");
    hands.tab_to(&by("agents-find"));
    hands.press(&["Control", "/"]);
    hands.focus_is_in(".sheet");
    hands.press(&["Escape"]);
    hands.window.see_no(".sheet");
    hands.focus_is_in(&by("agents-find"));
    // The palette gives it back too, where nothing was chosen.
    hands.press(&["Control", "k"]);
    hands.focus_is_in(".palette");
    hands.press(&["Escape"]);
    hands.focus_is_in(&by("agents-find"));
    hands.press(&["Shift", "Tab"]);
    assert!(!hands.is_in(&by("agents-find")));
    hands.command("start register");
    hands.focus_is_in(&by("workflow-select"));
    // The panel goes with the focus in it, which stays with what brings the panel back.
    hands.press(&["Control", "\\"]);
    hands.window.see_no("#rail");
    hands.focus_is_in("#rail-toggle");
    hands.command("go to runs");
    hands.is_at("#/runs");
    hands.window.see("runs-find");
    hands.tab_to(&by("runs-find"));
    hands.write("no such words anywhere");
    hands.window.reads("runs-total", "0 runs");
    hands.focus_is_in(&by("runs-find"));
    hands.close();
}

#[test]
fn a_secret_is_kept_for_the_session() {
    let Some(stage) = Stage::set() else { return };
    let hands = Hands::on(&stage);
    hands.command("settings");
    hands.is_at("#/settings");
    hands.window.see("secret-name");
    hands.tab_to(&by("secret-name"));
    hands.write("ssh/web-01");
    hands.press(&["Tab"]);
    hands.focus_is_in(&by("secret-value"));
    hands.write("correct horse");
    hands.press(&["Tab"]);
    hands.press(&[" "]);
    let ticked = "const e = document.activeElement; return e.type === 'checkbox' && e.checked";
    assert_eq!(hands.window.script(ticked, &json!([])), true);
    hands.press_button("secret-keep");
    hands.window.has("secret-state", "data-present", "true");
    hands
        .window
        .reads("secret-state", "until this program ends");
    hands.focus_is_in(&by("secret-keep"));
    hands.close();
}

#[test]
fn a_host_is_added() {
    let Some(stage) = Stage::set() else { return };
    let Some(host) = Host::start(&stage, &[]) else {
        return;
    };
    let on_host = with_managed_file(&stage);
    let hands = Hands::on(&stage);
    let began = Instant::now();
    hands.ask_to_add(&host, "web-01");
    let mut decisions = 0;
    for title in QUESTIONS {
        hands.go_to_the_card(Some(title));
        if decisions == 2 {
            assert!(!on_host.exists(), "written before anybody was asked");
        }
        hands.press(&["Control", "Enter"]);
        decisions += 1;
    }
    hands.window.run_is("completed");
    hands.focus_is_kept("the run");
    assert_eq!(fs::read_to_string(&on_host).unwrap().trim(), "managed");
    hands.command("agents");
    hands.window.reads("[aria-label=Agents]", "web-01");
    println!(
        "a host was added by keys alone: {:.1} s, {decisions} decisions",
        began.elapsed().as_secs_f64()
    );
    let listed: Json = crate::door::call(&stage, "agents", json!({ "selector": "" }));
    let listed = listed.to_string();
    assert!(listed.contains("web-01"), "{listed}");
    hands.close();
}
