//! How long the window takes to be usable, against an empty window of the same toolkit, in turns, in the same run.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::door;
use crate::driver::Driver;
use crate::examples;
use crate::stage::Stage;

/// U1: at most so many times an empty window, and at most so long.
const MOST: f64 = 2.5;
const ROUNDS: usize = 7;

/// U1: runs in the data folder.
const RUNS: usize = 10_000;

/// The headline of Home, and of the empty page; the frame that stands there before has none.
const HOME: &str = "h1";

#[test]
#[ignore = "bench: cargo xtask bench"]
fn start_time() {
    let Some(stage) = Stage::set() else { return };
    let ours = PathBuf::from(env!("CARGO_BIN_EXE_countersign-desktop"));
    let empty = examples::built("empty-window");
    let filling = Instant::now();
    door::fill(stage.with_workflow("plain"), RUNS);
    println!(
        "  the data folder holds {RUNS} runs, made in {:.0?}",
        filling.elapsed()
    );
    // The first start of each reads from the disk and makes folders; it is told, and not counted.
    let first = (start(&stage, &ours, HOME), start(&stage, &empty, HOME));
    println!(
        "  first start: {} ms, empty window {} ms",
        first.0.as_millis(),
        first.1.as_millis()
    );
    let (mut window, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        window.push(start(&stage, &ours, HOME));
        nothing.push(start(&stage, &empty, HOME));
    }
    let (window, nothing) = (middle(window), middle(nothing));
    let ratio = window.as_secs_f64() / nothing.as_secs_f64();
    println!(
        "  start to usable, p50 of {ROUNDS}: {} ms",
        window.as_millis()
    );
    println!(
        "  empty window,    p50 of {ROUNDS}: {} ms",
        nothing.as_millis()
    );
    println!("  ratio: {ratio:.2} (at most {MOST})");
}

/// From the start of the program to the moment its page shows an element, as the page's own clock says.
fn start(stage: &Stage, program: &Path, css: &str) -> Duration {
    let driver = Driver::listening(stage);
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let driver = driver.open(stage, program);
    let deadline = Instant::now() + Duration::from_secs(30);
    // Looks at every frame, so that no round trip of the driver is in the figure.
    let script = "const [css, done] = arguments; \
                  const look = () => document.readyState === 'complete' && document.querySelector(css)?.checkVisibility() \
                    ? done(Date.now()) : requestAnimationFrame(look); look();";
    let at = driver.script_with_callback(script, &json!([css]));
    assert!(Instant::now() < deadline, "{css} took too long");
    driver.end();
    Duration::from_secs_f64(at.as_f64().unwrap() / 1000.0).saturating_sub(before)
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
