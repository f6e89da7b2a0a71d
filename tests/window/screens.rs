//! Every screen: empty, with something in it, and with what went wrong, each looked at by axe in three themes, with
//! a picture. What the screens do is walked through by clicks.

use std::fs;

use serde_json::json;

use crate::axe::Axe;
use crate::page::Window;
use crate::stage::Stage;

/// The screens that the navigation leads to, with something that stands on each.
const SCREENS: [(&str, &str); 7] = [
    ("#/", "[data-testid=home-run-health-check]"),
    ("#/approvals", "#tab-approvals-waiting"),
    ("#/runs", "runs-find"),
    ("#/workflows", "workflow-card"),
    ("#/agents", "agents-add"),
    ("#/guide", ".guide"),
    ("#/settings", "secret-keep"),
];

fn go(window: &Window<'_>, path: &str, part: &str) {
    window.click(&format!(".nav [href='{path}']"));
    window.see(part);
}

#[test]
fn every_screen_is_accessible_empty_and_filled() {
    let (Some(stage), Some(axe)) = (Stage::set(), Axe::found()) else {
        return;
    };
    let window = Window::open(&stage);
    for (path, part) in SCREENS {
        go(&window, path, part);
        let name = path.trim_start_matches("#/");
        axe.finds_nothing(&window, &format!("{name}, empty"));
        window.keep_picture(&format!("screen-{name}-empty"));
    }
    stage.with_workflow("note");
    fs::write(
        stage.data().join("workflows/broken.workflow.yaml"),
        "apiVersion: countersign/v1\nkind: Workflow\nid: broken\ntitle: Broken\nsteps: 3\n",
    )
    .unwrap();
    go(&window, "#/", "home-run-health-check");
    window.run_health_check();
    let note = stage.folder().join("note.txt");
    window.start(
        "note",
        &[("path", &note.display().to_string()), ("text", "hello")],
    );
    window.see("card");
    for (path, part) in SCREENS {
        let part = if path == "#/" { "report" } else { part };
        go(&window, path, part);
        let name = path.trim_start_matches("#/");
        axe.finds_nothing(&window, &format!("{name}, filled"));
        window.keep_picture(&format!("screen-{name}-filled"));
    }
    go(&window, "#/workflows", "workflow-findings");
    window.click("[data-testid=workflow-findings] a");
    window.see(".source-finding");
    axe.finds_nothing(&window, "the text of a broken file");
    window.keep_picture("screen-source");
    go(&window, "#/workflows", "workflow-card");
    window.click("[data-workflow=note] a");
    window.see("start-workflow");
    axe.finds_nothing(&window, "a workflow");
    window.keep_picture("screen-workflow");
    go(&window, "#/agents", "agents-add");
    window.click("[href='#/agents/this-computer']");
    window.see("agent-check");
    axe.finds_nothing(&window, "an agent");
    window.keep_picture("screen-agent");
    window.close();
}

#[test]
fn hosts_are_previewed_added_and_found() {
    let Some(stage) = Stage::set() else { return };
    let window = Window::open(&stage);
    go(&window, "#/agents", "agents-add");
    window.click("agents-add");
    window.click("add-start");
    window.reads(".field-error", "Give the name of the host");
    go(&window, "#/agents", "agents-import");
    window.click("agents-import");
    window.choose("import-kind", "pasted");
    window.fill("import-text", "op@node[1-3].example.org:2222");
    window.click("import-preview");
    window.reads("import-hosts", "node2.example.org");
    window.reads("import-start", "Import 3 hosts");
    window.keep_picture("import-preview");
    window.click("[data-testid=import-hosts] tbody tr:first-child input");
    window.reads("import-start", "Import 2 hosts");
    window.close();
}

#[test]
fn what_was_decided_can_be_looked_up_and_a_report_saved() {
    let Some(stage) = Stage::set() else { return };
    stage.with_workflow("note");
    let note = stage.folder().join("note.txt");
    let window = Window::open(&stage);
    window.run_health_check();
    window.click("report-link");
    window.click("export-html");
    window.reads("file-made", ".html");
    let path = window.text("file-made");
    let saved = fs::read_to_string(&path).unwrap();
    assert!(
        saved.contains("<table") && !saved.contains("<script"),
        "{path}"
    );
    window.start(
        "note",
        &[("path", &note.display().to_string()), ("text", "hello")],
    );
    window.see("card");
    go(&window, "#/approvals", "waiting-choice");
    window.reads("waiting-choice", "note.txt");
    window.keep_picture("approvals-waiting");
    window.click(".beside-card [data-testid=card-approve]");
    window.see(".state-title");
    window.click("#tab-approvals-decided");
    window.reads("decisions", "approved");
    window.keep_picture("approvals-decided");
    go(&window, "#/runs", "runs-find");
    window.reads("runs-total", "2 runs");
    window.fill("runs-find", "write a note");
    window.reads("runs-total", "1 run");
    window.fill("runs-find", "no such words anywhere");
    window.reads("runs-total", "0 runs");
    window.close();
}

#[test]
fn settings_keep_a_secret_and_check_the_journal() {
    let Some(stage) = Stage::set() else { return };
    let window = Window::open(&stage);
    go(&window, "#/settings", "secret-keep");
    window.fill("secret-name", "ssh/web-01");
    window.fill("secret-value", "correct horse");
    window.click("[data-testid=secret-keep]");
    window.has("secret-state", "data-present", "true");
    let page = window.script("return document.documentElement.outerHTML", &json!([]));
    assert!(!page.as_str().unwrap().contains("correct horse"));
    window.click("secret-forget");
    window.has("secret-state", "data-present", "false");
    window.click("audit");
    window.see("audit-report");
    window.click("back-up");
    window.reads("file-made", "backups");
    window.fill("token-name", "nightly");
    window.click("token-make");
    window.see("token");
    window.keep_picture("settings");
    window.close();
}
