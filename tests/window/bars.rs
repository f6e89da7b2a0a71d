//! What a person waits for at a gate (U4, U5): until the card stands in an open window, and from the decision until the
//! next step has started. Printed beside their bars, never asserted; `cargo xtask bench` runs it in the release profile.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::door;
use crate::page::Window;
use crate::process::until;
use crate::stage::Stage;

const ROUNDS: usize = 20;

/// U4: from the gate's record to the card in the page.
const CARD_MS: f64 = 150.0;
/// U5: from the click to the page that shows the next step.
const NEXT_MS: f64 = 200.0;

/// Keeps the moment at which the page shows a part for the first time; asked for without a pause, as the display in memory
/// draws slower than the page changes.
const WATCH: &str = "const [css] = arguments; window.__shown = null; const look = () => \
                     document.querySelector(css) ? window.__shown = Date.now() : setTimeout(look); look();";

/// The moment, once it has come.
fn shown(window: &Window<'_>, what: &str) -> f64 {
    until(what, 30, || {
        window.script("return window.__shown", &json!([])).as_f64()
    })
}

#[test]
#[ignore = "bench: cargo xtask bench"]
fn a_gate_reaches_the_window_and_a_decision_the_next_step() {
    let Some(stage) = Stage::set() else { return };
    let window = Window::open(stage.with_workflow("note"));
    let (mut cards, mut steps) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        window.click(".nav [href='#/approvals']");
        window.see_no("card");
        window.script(WATCH, &json!([".beside-card [data-testid=card]"]));
        let inputs =
            json!({ "path": stage.folder().join("note.txt"), "text": format!("round {round}") });
        let started = door::call(
            &stage,
            "start_run",
            json!({ "workflow": "note", "inputs": inputs }),
        );
        let card = shown(&window, "the card is in the page");
        let opened = opened_at_ms(&stage, &started["run"]);

        window.review();
        window.has("card", "data-armed", "true");
        // Nothing else is under way.
        sleep(Duration::from_millis(300));
        window.script(
            WATCH,
            &json!(["[data-testid=step-read_back]:not([data-status=pending])"]),
        );
        let clicked = window.script(
            "const at = Date.now(); document.querySelector('main [data-testid=card-approve]').click(); return at",
            &json!([]),
        );
        let next = shown(&window, "the next step has started");
        window.run_is("completed");
        // The first one warms everything up.
        if round > 0 {
            cards.push(card - opened);
            steps.push(next - clicked.as_f64().unwrap());
        }
    }
    told("gate reached -> card in the open window", cards, CARD_MS);
    told(
        "decision -> the page shows the next step started and stored",
        steps,
        NEXT_MS,
    );
    window.close();
}

/// When the gate of a run was opened, in milliseconds since 1970.
fn opened_at_ms(stage: &Stage, run: &Json) -> f64 {
    let rows = door::call(stage, "runs", json!({ "limit": 1 }));
    assert_eq!(&rows[0]["run"], run);
    rows[0]["open_gates"][0]["opened_at_us"].as_f64().unwrap() / 1_000.0
}

fn told(what: &str, mut times: Vec<f64>, bar: f64) {
    times.sort_by(f64::total_cmp);
    let (p50, p95) = (times[times.len() / 2], times[times.len() * 95 / 100 - 1]);
    println!(
        "  {what}: p50 {p50:.0} ms, p95 {p95:.0} ms of {} (bar: p95 {bar:.0} ms)",
        times.len()
    );
}
