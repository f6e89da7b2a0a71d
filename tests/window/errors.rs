//! What went wrong, on every screen that says so, as axe sees it in three themes, with a picture (U7). Each state is
//! reached as a person reaches it. Folders that cannot be used are in `faults.rs`.

use std::fs;

use serde_json::json;

use crate::axe::Axe;
use crate::host::Host;
use crate::page::Window;
use crate::stage::Stage;

/// The window, and what looks at it.
struct Looks<'a> {
    window: Window<'a>,
    axe: Axe,
}

impl<'a> Looks<'a> {
    fn on(stage: &'a Stage) -> Option<Self> {
        let axe = Axe::found()?;
        let window = Window::open(stage);
        Some(Self { window, axe })
    }

    /// Waits until a part says what is wrong, and looks at the page as it is then.
    fn at(&self, name: &str, part: &str, words: &str) {
        self.window.reads(part, words);
        self.window.keep_picture(&format!("error-{name}"));
        self.axe.finds_nothing(&self.window, name);
    }
}

#[test]
fn links_that_lead_nowhere_are_accessible() {
    let Some(stage) = Stage::set() else { return };
    let Some(looks) = Looks::on(&stage) else {
        return;
    };
    for (path, name, part, words) in [
        ("/no-such-screen", "no-screen", "#main h1", "no such screen"),
        ("/run/no-such-run", "no-run", "fault", "no run"),
        (
            "/agents/nobody",
            "no-agent",
            ".state-title",
            "no such agent",
        ),
        (
            "/workflows/none",
            "no-workflow",
            ".state-title",
            "no such workflow",
        ),
    ] {
        looks.window.follow(path);
        looks.at(name, part, words);
    }
    looks.window.close();
}

#[test]
fn forms_that_are_filled_in_wrong_are_accessible() {
    let Some(stage) = Stage::set() else { return };
    stage.with_workflow("note");
    let Some(looks) = Looks::on(&stage) else {
        return;
    };
    let window = &looks.window;
    for workflow in ["note", "register_agent"] {
        window.follow(&format!("/workflows/{workflow}"));
        window.click("#main [data-testid=start-workflow]");
        looks.at(&format!("start-{workflow}"), ".field-error", "");
    }

    window.follow("/agents/add");
    window.fill("add-labels", "role");
    window.click("add-start");
    looks.at("add", ".field-error", "Give the name of the host");
    window.fill("add-name", "not a name!");
    window.fill("add-labels", "role=web");
    window.click("add-start");
    looks.at("add-refused", "failure", "not a name!");

    window.follow("/agents/import");
    window.choose("import-kind", "pasted");
    window.click("import-preview");
    looks.at("import-empty", "fault", "no file and no text");
    window.choose("import-kind", "ansible");
    window.fill("import-path", "/no/such/inventory");
    window.click("import-preview");
    looks.at("import-no-file", "fault", "/no/such/inventory");
    window.choose("import-kind", "pasted");
    window.fill("import-text", "op@web-01:22, op@web 02:seven");
    window.click("import-preview");
    looks.at("import-no-host", "fault", "is no host");
    let config = stage.folder().join("ssh_config");
    fs::write(
        &config,
        "Host web-01\nHost *.example.org\nHost github.com\n",
    )
    .unwrap();
    window.choose("import-kind", "ssh_config");
    window.fill("import-path", &config.display().to_string());
    window.click("import-preview");
    looks.at("import-left-out", "import-left-out", "");
    window.fill("import-labels", "role");
    window.click("import-start");
    looks.at("import-labels", ".field-error", "has no =");

    window.follow("/settings");
    window.click("secret-keep");
    window.click("token-make");
    looks.at("settings", ".field-error", "Give its name");
    looks.window.close();
}

#[test]
fn runs_that_fail_and_cards_that_changed_are_accessible() {
    let Some(stage) = Stage::set() else { return };
    stage.with_workflow("note").with_workflow("twice");
    let Some(looks) = Looks::on(&stage) else {
        return;
    };
    let window = &looks.window;
    let nowhere = stage.folder().join("no-such-folder").display().to_string();
    window.start("twice", &[("folder", &nowhere)]);
    window.run_is("failed");
    looks.at("failed-in-the-rail", "failure", "no-such-folder");
    // What is pointed at has other colours.
    window.click(".rail [data-testid=stage-2] button");
    looks.at("failed-stage", ".rail [data-testid=stage-2]", "");
    let run = window.attribute("run-state", "data-run").unwrap();
    window.follow(&format!("/run/{run}"));
    window.click("[data-testid=step-first] > summary");
    looks.at("failed", ".step-error", "no-such-folder");

    // The approval of one card is void when the file is another one at that moment.
    let note = stage.folder().join("note.txt");
    fs::write(&note, "as it was shown\n").unwrap();
    window.follow("/");
    window.start(
        "note",
        &[("path", &note.display().to_string()), ("text", "new\n")],
    );
    window.see("card");
    window.open_whole_card();
    fs::write(&note, "by another program\n").unwrap();
    window.click("#main [data-testid=card-approve]");
    window.has("card", "data-revision", "2");
    looks.at("voided", "card-changed", "Not what was shown before");
    assert_eq!(fs::read_to_string(&note).unwrap(), "by another program\n");
    window.click("card-redo");
    window.click("card-redo-send");
    looks.at("redo-without-words", ".field-error", "Say what");
    window.follow("/approvals");
    looks.at(
        "voided-waiting",
        "card-changed",
        "Not what was shown before",
    );
    looks.window.close();
}

#[test]
fn an_agent_that_cannot_be_reached_is_accessible() {
    let Some(stage) = Stage::set() else { return };
    let Some(mut host) = Host::start(&stage, &[]) else {
        return;
    };
    let Some(looks) = Looks::on(&stage) else {
        return;
    };
    let window = &looks.window;
    host.join(&stage, window, "web-01");
    window.follow("/agents/web-01");
    window.click("agent-labels");
    window.click("labels-save");
    looks.at("labels", ".field-error", "Nothing is changed");
    window.keys(&["Escape"]);
    window.see_no("dialog[open]");

    host.server.stop();
    window.click("agent-check");
    looks.at(
        "unreachable-report",
        "#main [data-testid=report]",
        "does not answer",
    );
    window.follow("/agents");
    looks.at("unreachable-grid", "[aria-label=Agents]", "critical");
    window.follow("/agents/web-01");
    window.click("[data-testid=agent-findings] summary");
    looks.at("unreachable", "agent-findings", "does not answer");
    window.follow("/");
    looks.at("unreachable-home", "fleet-strip", "1 critical");

    // A host that nobody has seen yet.
    let run = host.ask_to_join(&stage, "web-02", &json!({ "port": 1 }));
    window.follow(&format!("/run/{run}"));
    looks.at("unreachable-failed", "failure", "refused the connection");
    looks.window.close();
}

#[test]
fn a_locked_keychain_is_accessible() {
    let Some(mut stage) = Stage::set() else {
        return;
    };
    let Some(_keychain) = stage.with_locked_keychain("ssh/web-01") else {
        return;
    };
    let Some(looks) = Looks::on(&stage) else {
        return;
    };
    let window = &looks.window;
    window.follow("/settings");
    window.fill("secret-name", "ssh/web-01");
    window.click("secret-test");
    looks.at("locked-keychain", "secret-state", "locked");
    window.fill("secret-value", "correct horse");
    window.click("secret-keep");
    looks.at("locked-keychain-keep", "fault", "locked");
    looks.window.close();
}
