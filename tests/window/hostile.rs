//! Text that lies: markup, bidirectional overrides, terminal escapes, invisible characters, words without an end. It comes
//! in as workflow files, inputs, file names and file contents, and every screen shows it: as text, with its marks, inside
//! the window. That the page's policy was not violated is looked at when the window closes.

use std::fs;

use serde_json::json;

use crate::page::Window;
use crate::stage::Stage;

/// What would be seen as something else: markup that runs, a name that reads backwards, a letter that is none.
pub(crate) const LIE: &str = "<img src=x onerror=window.__ran=1><script>window.__ran=1</script>\u{202e}gpj.exe ad\u{200b}min";
/// The same for a file name, which has no slash.
const NAME: &str = "<img src=x onerror=window.__ran=1>\u{202e}txt.exe\u{200b}";
/// The marks that must stand wherever a lie is told.
pub(crate) const MARKS: [&str; 2] = ["\\u{202E}", "\\u{200B}"];
/// Letters of a word that no line holds.
pub(crate) const LONG: usize = 10_000;

/// What is wrong with the page: markup that became elements or ran, characters without a mark, a part that is wider than
/// its place. Values of controls are left out: they are what will be sent.
const WRONG: &str = r"
    const wrong = [];
    const made = document.querySelectorAll('main img, main script, aside img, aside script, dialog img, dialog script');
    if (made.length) wrong.push(`${made.length} elements were made of text`);
    if (window.__ran) wrong.push('markup was run');
    const hidden = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/;
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const within = texts.currentNode.parentElement;
        if (!within.closest('script, style') && hidden.test(texts.currentNode.data))
            wrong.push(`unmarked in <${within.localName} class='${within.className}'>: ${JSON.stringify(texts.currentNode.data.slice(0, 80))}`);
    }
    for (const one of document.querySelectorAll('*'))
        for (const name of ['title', 'aria-label', 'alt', 'placeholder'])
            if (hidden.test(one.getAttribute(name) ?? ''))
                wrong.push(`unmarked ${name} of <${one.localName} class='${one.className}'>`);
    const root = document.documentElement;
    if (root.scrollWidth > innerWidth) wrong.push(`the page is ${root.scrollWidth} wide`);
    for (const one of document.querySelectorAll('main, .rail, .rail-body, .nav, dialog[open]')) {
        if (one.scrollWidth <= one.clientWidth) continue;
        const edge = one.getBoundingClientRect().right;
        const held = (e) => e !== one && (getComputedStyle(e).overflowX !== 'visible' || (e.parentElement && held(e.parentElement)));
        const place = document.createRange();
        const ends = (node) => (place.selectNode(node), place.getBoundingClientRect().right);
        const words = (e) => [...e.childNodes].filter((node) => node.nodeType === 3).map(ends);
        const reach = (e) => Math.max(e.getBoundingClientRect().right, ...words(e));
        const wide = [...one.querySelectorAll('*')].filter((e) => reach(e) > edge && !held(e));
        const names = wide.slice(-6).map((e) => `<${e.localName} class='${e.className.baseVal ?? e.className}'>`);
        wrong.push(`<${one.localName} class='${one.className}'> is ${one.scrollWidth} in ${one.clientWidth}: ${names.join(' ')}`);
    }
    return wrong;
";

/// The screen shows all it has, and none of it lies.
pub(crate) fn is_honest(window: &Window<'_>, screen: &str, tells: &[&str]) {
    let wrong = window.script(WRONG, &json!([]));
    window.keep_picture(&format!("hostile-{screen}"));
    assert_eq!(wrong, json!([]), "{screen}");
    let shown = window.script(
        "return document.getElementById('main').innerText",
        &json!([]),
    );
    for words in tells {
        let shown = shown.as_str().unwrap();
        assert!(
            shown.contains(words),
            "{screen} does not tell {words:?}: {shown}"
        );
    }
}

/// Workflow files: one that can be started and one that cannot, both of which lie in every text they have.
fn write_workflows(stage: &Stage) {
    let folder = stage.data().join("workflows");
    fs::create_dir_all(&folder).unwrap();
    // A JSON text is a YAML text.
    let lie = json!(LIE).to_string();
    let long = json!("w".repeat(LONG)).to_string();
    let whole = format!(
        "apiVersion: countersign/v1\nkind: Workflow\nid: lying\ntitle: {lie}\nversion: 1.0.0\ndescription: {lie}\nrisk: low\n\
         inputs:\n  type: object\n  additionalProperties: false\n  required: [path, text]\n  properties:\n\
         \x20   path: {{ type: string, title: {lie}, description: {lie} }}\n\
         \x20   text: {{ type: string, title: Text, description: {long} }}\n\
         on_failure: stop\nstages: [{lie}, Write, Read, Say]\nsteps:\n\
         \x20 - {{ id: say, title: {lie}, stage: 1, uses: core.value, with: {{ text: {lie} }} }}\n\
         \x20 - id: write\n    title: Write\n    stage: 2\n    uses: file.write\n\
         \x20   with: {{ path: \"${{{{ inputs.path }}}}\", content: \"${{{{ inputs.text }}}}\" }}\n\
         \x20   gate: {{ before: {{ title: \"Write ${{{{ inputs.path }}}}?\", decisions: [approve, edit, reject], editable: [text] }} }}\n\
         \x20 - {{ id: read, title: Read, stage: 3, uses: file.read, with: {{ path: \"${{{{ inputs.path }}}}\" }} }}\n\
         \x20 - {{ id: end, title: Say, stage: 4, uses: core.value, with: {{ text: done }} }}\n"
    );
    fs::write(folder.join("lying.workflow.yaml"), whole).unwrap();
    let broken = format!(
        "apiVersion: countersign/v1\nkind: Workflow\nid: broken\ntitle: {lie}\n{lie}: {long}\nsteps: 3\n"
    );
    fs::write(folder.join("broken.workflow.yaml"), broken).unwrap();
}

#[test]
fn text_that_lies_is_seen_to_lie() {
    let Some(stage) = Stage::set() else { return };
    write_workflows(&stage);
    let file = stage.folder().join(NAME);
    let long = "w".repeat(LONG);
    let text = format!("{LIE}\n\u{1b}[31mred\u{1b}[0m\n{long}\n");
    let window = Window::open(&stage);
    let started = crate::door::call(
        &stage,
        "start_run",
        json!({ "workflow": "lying", "inputs": { "path": file, "text": text } }),
    );
    assert!(started.as_object().is_some(), "{started}");
    window.see("waiting-banner");
    is_honest(&window, "home", &MARKS);
    for (screen, part, tells) in [
        ("runs", "run-row", &MARKS[..]),
        ("workflows", "workflow-findings", &MARKS[..]),
        ("agents", "agents-add", &[]),
        ("approvals", "card-digest", &MARKS[..]),
    ] {
        window.click(&format!(".nav [href='#/{screen}']"));
        window.see(part);
        is_honest(&window, screen, tells);
    }
    // What may be chosen, and what a form asks, in the rail and on the workflow's own page.
    if !window.shows("workflow-select") {
        window.click("#rail-toggle");
    }
    window.choose("workflow-select", "lying");
    window.see("input-path");
    is_honest(&window, "form", &[]);
    window.keys(&["Control", "k"]);
    window.see(".palette");
    is_honest(&window, "palette", &[]);
    window.keys(&["Escape"]);
    window.see_no(".palette");
    window.click(".nav [href='#/workflows']");
    window.click("[data-workflow=lying] a");
    window.see("#main [data-testid=input-path]");
    window.click("#main summary");
    is_honest(&window, "workflow", &MARKS);
    window.click(".nav [href='#/workflows']");
    window.click("[data-testid=workflow-findings] a");
    window.see(".source-finding");
    is_honest(&window, "source", &MARKS);

    // The whole card, its editor, and the run behind it to the last step.
    window.review();
    is_honest(&window, "card", &MARKS);
    window.click("card-edit");
    window.see("input-text");
    is_honest(&window, "editor", &MARKS);
    window.click("card-approve");
    window.run_is("completed");
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        text,
        "shown is not changed"
    );
    is_honest(&window, "run", &MARKS);
    for step in ["say", "write", "read"] {
        window.click(&format!("[data-testid=step-{step}] > summary"));
        is_honest(&window, &format!("step-{step}"), &MARKS);
    }
    window.click(".nav [href='#/approvals']");
    window.click("#tab-approvals-decided");
    window.see("decisions");
    is_honest(&window, "decided", &MARKS);
    window.click(".nav [href='#/']");
    window.see("run-row");
    is_honest(&window, "home-after", &MARKS);
    window.close();
}

#[test]
fn links_that_lie_are_seen_to_lie() {
    let Some(stage) = Stage::set() else { return };
    let window = Window::open(&stage);
    let encoded = window.script("return encodeURIComponent(arguments[0])", &json!([LIE]));
    let encoded = encoded.as_str().unwrap();
    for (path, name, part) in [
        ("workflows/file", "file", "fault"),
        ("workflows", "no-workflow", ".state-title"),
        ("agents", "no-agent", ".state-title"),
        ("run", "no-run", "fault"),
    ] {
        window.follow(&format!("/{path}/{encoded}"));
        window.see(part);
        is_honest(&window, &format!("link-{name}"), &[]);
    }
    window.close();
}
