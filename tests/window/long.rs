//! Lists that are far longer than a page: a log of 100,000 lines (U10), a history of 10,000 runs (U9). What is asserted is
//! that nothing is missing and that few rows are in the page; times are printed beside their bars, which a busy machine
//! may miss, and only ten times as long fails. They end when the rows are in the page, not when they are painted: frames
//! of a display in memory are as slow as the machine is busy.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::door;
use crate::examples;
use crate::page::Window;
use crate::stage::Stage;

const LINES: usize = 100_000;
const RUNS: usize = 10_000;

/// U10: a log opens in so many milliseconds.
const OPENS_MS: f64 = 300.0;
/// U9: first rows, and what was looked for, are there in so many milliseconds.
const ROWS_MS: f64 = 150.0;
/// U9: so many rows are in the page at most, besides the head.
const MOST_ROWS: u64 = 80;
/// So many lines of a log are in the page at most.
const MOST_LINES: u64 = 150;
/// The scrolling goes on to this row; each page of it needs frames, and those of a display in memory are slow.
const SCROLLED: usize = 500;
/// How long the page waits after the last key before it looks (`src-ui/src/runs`).
const TYPING_MS: f64 = 150.0;
/// How much longer than its bar something may take before the test fails.
const LOOSE: f64 = 10.0;

/// The log of the step that wrote a note.
const STEP: &str = "step-write";

#[test]
#[ignore = "long: a log of 100,000 lines is written and read"]
fn a_log_of_100_000_lines() {
    let Some(stage) = Stage::set() else { return };
    stage.with_workflow("note");
    let window = Window::open(&stage);
    let note = stage.folder().join("note.txt").display().to_string();
    window.start("note", &[("path", &note), ("text", "hello")]);
    window.see("card");
    window.click("card-approve");
    window.run_is("completed");
    open_the_run(&window);
    window.click(&format!("[data-testid={STEP}] summary"));
    window.reads("call-log", "Changed ");
    let run = window.attribute("run-state", "data-run").unwrap();
    let call = window.attribute("call-log", "data-call").unwrap();
    window.kill();

    let added = Instant::now();
    let lines = LINES.to_string();
    let mut adding = Command::new(examples::built("long_log"));
    adding
        .arg(stage.data())
        .args([&run, &call, &lines])
        .env("HOME", stage.folder());
    assert!(adding.status().unwrap().success(), "no lines were added");
    println!("  {LINES} lines were added in {:.1?}", added.elapsed());

    let window = Window::open(&stage);
    open_the_run(&window);
    window.see(STEP);
    // The tool's own line is the first; the last one has the number of all.
    let count = LINES + 1;
    let script = "const [step, words, done] = arguments, begun = performance.now(); let first = null, most = 0; \
                  document.querySelector(`[data-testid=${step}] summary`).click(); \
                  const look = () => { \
                    const rows = [...document.querySelectorAll('.call-log .log-row')], now = performance.now() - begun; \
                    most = Math.max(most, rows.length); \
                    if (rows.length && first === null) first = now; \
                    rows.some((row) => row.textContent.includes(words)) ? done({ first, last: now, most }) \
                      : setTimeout(look); \
                  }; look();";
    let last = format!("copied part {} of {LINES}", LINES - 1);
    let seen = window.script_with_callback(script, &json!([STEP, last]));
    told("log: its first lines in the page", &seen["first"], OPENS_MS);
    println!(
        "  log: all pages fetched and followed to the last line: {:.0} ms",
        seen["last"].as_f64().unwrap()
    );
    window.reads(".call-log .log-bar", &format!("{count} lines"));
    few(&seen["most"], MOST_LINES, "lines of the log");

    window.click(".call-log [data-find]");
    // In one line and no other.
    let wanted = format!("part {}", LINES / 2);
    window.fill(".call-log .log-find input", &wanted);
    window.reads(".call-log .log-find [role=status]", "1 line");
    window.click(".call-log [aria-label='Find the next one']");
    window.reads(".call-log .log-here", &wanted);
    window.script(
        "document.querySelector('.call-log .log-lines').scrollTop = 0",
        &json!([]),
    );
    window.reads(".call-log .log-row", "Changed ");
    let rows = window.script(
        "return document.querySelectorAll('.call-log .log-row').length",
        &json!([]),
    );
    few(&rows, MOST_LINES, "lines of the log");
    window.keep_picture("long-log");
    window.close();
}

#[test]
#[ignore = "long: 10,000 runs are started and looked for"]
fn a_history_of_10_000_runs() {
    let Some(stage) = Stage::set() else { return };
    let filling = Instant::now();
    door::fill(stage.with_workflow("plain"), RUNS);
    println!("  {RUNS} runs were made in {:.0?}", filling.elapsed());
    let window = Window::open(&stage);
    window.see(".nav [href='#/runs']");

    let script = "const [done] = arguments, begun = performance.now(); \
                  document.querySelector(\".nav [href='#/runs']\").click(); \
                  const look = () => { const rows = document.querySelectorAll('.grid [data-testid=run-row]').length; \
                    rows ? done({ ms: performance.now() - begun, rows }) : setTimeout(look); }; look();";
    // At once, beside all that a start does; then as in the middle of a day.
    for when in ["right after the start", "later"] {
        let first = window.script_with_callback(script, &json!([]));
        told(
            &format!("history: first rows, {when}"),
            &first["ms"],
            ROWS_MS,
        );
        few(&first["rows"], MOST_ROWS, "rows");
        if when != "later" {
            window.click(".nav [href='#/']");
            window.see("home-run-health-check");
            std::thread::sleep(Duration::from_secs(2));
        }
    }
    window.reads("runs-total", &format!("{RUNS} runs"));

    // By the bar at the side to the end, again and again, as more comes.
    let script = "const [row, done] = arguments, begun = performance.now(); let most = 0; \
                  const grid = document.querySelector('.grid'); \
                  const look = () => { const rows = [...grid.querySelectorAll('.grid-body .grid-row')]; \
                    most = Math.max(most, rows.length); \
                    if (rows.some((one) => Number(one.getAttribute('aria-rowindex')) > row)) \
                      return done({ ms: performance.now() - begun, most }); \
                    grid.scrollTop = grid.scrollHeight; setTimeout(look); }; look();";
    let end = window.script_with_callback(script, &json!([SCROLLED]));
    println!(
        "  history: scrolled to row {SCROLLED}: {:.0} ms",
        end["ms"].as_f64().unwrap()
    );
    few(&end["most"], MOST_ROWS, "rows");

    // In turns words that stand in every run and words that stand in none, so that every answer changes the page.
    let script = "const [words, total, done] = arguments, begun = performance.now(); \
                  const input = document.querySelector('[data-testid=runs-find]'); \
                  input.value = words; input.dispatchEvent(new Event('input', { bubbles: true })); \
                  const look = () => { const rows = document.querySelectorAll('.grid [data-testid=run-row]').length; \
                    const says = document.querySelector('[data-testid=runs-total]').textContent; \
                    says === total && (rows > 0) === (total !== '0 runs') ? done({ ms: performance.now() - begun, rows }) \
                      : setTimeout(look); }; look();";
    let mut times = Vec::new();
    for (round, words) in ["say", "value", "say a", "plain", "val"]
        .iter()
        .cycle()
        .take(10)
        .enumerate()
    {
        let (all, none) = (format!("{RUNS} runs"), "0 runs".to_owned());
        for (words, total) in [
            (format!("{words} zebra{round}"), none),
            ((*words).to_owned(), all),
        ] {
            let found = window.script_with_callback(script, &json!([words, total]));
            few(&found["rows"], MOST_ROWS, "rows");
            times.push(found["ms"].as_f64().unwrap() - TYPING_MS);
        }
    }
    times.sort_by(f64::total_cmp);
    println!(
        "  history: {} searches without the wait of {TYPING_MS:.0} ms for more keys: p50 {:.0} ms",
        times.len(),
        times[times.len() / 2]
    );
    let p95 = times[times.len() * 95 / 100 - 1];
    told("history: search, p95", &json!(p95), ROWS_MS);
    window.keep_picture("long-history");
    window.close();
}

/// From anywhere to the page of the newest run.
fn open_the_run(window: &Window<'_>) {
    window.click(".nav [href='#/runs']");
    window.click("run-row");
    window.see("run-records");
}

/// Says how long something took, and what it should take.
fn told(what: &str, took: &Json, bar: f64) {
    let took = took.as_f64().unwrap();
    println!("  {what}: {took:.0} ms (bar: {bar:.0})");
    assert!(took <= LOOSE * bar, "{what} took {took} ms");
}

fn few(count: &Json, most: u64, what: &str) {
    let count = count.as_u64().unwrap();
    assert!(count <= most, "{count} {what} are in the page");
}
