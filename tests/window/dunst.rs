//! A notification as a person gets it: drawn by a real server, dunst, on the display of the test, and clicked with the
//! mouse. What is said over the bus in which case is looked at in `native.rs`, with a server of the test's own.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::json;

use crate::door::call;
use crate::driver::said;
use crate::native::TITLE;
use crate::page::Window;
use crate::process::{Started, on_path, until, until_else};
use crate::stage::Stage;
use crate::x11::Display;

/// The title of what dunst draws.
const DRAWN: &str = "Dunst";

/// Large, and nothing but a click takes it away.
const SETTINGS: &str = "[global]\n  follow = none\n  width = (400, 600)\n  origin = top-right\n  font = sans 11\n  \
                        mouse_left_click = do_action, close_current\n  idle_threshold = 0\n[urgency_normal]\n  timeout = 0\n\
                        [urgency_critical]\n  timeout = 0\n";

/// `None` where it is not installed, which is said, and in CI a failure.
fn dunst(stage: &Stage) -> Option<Started> {
    if on_path("dunst").is_none() {
        let why = "SKIPPED: window: dunst is not installed (apt-get install dunst)";
        let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
        assert!(!ci, "{why}");
        println!("{why}");
        return None;
    }
    let settings = stage.folder().join("dunstrc");
    fs::write(&settings, SETTINGS).unwrap();
    let mut command = stage.command("dunst");
    command.arg("-conf").arg(settings).stdout(Stdio::null());
    Some(Started::new(&mut command, &stage.log()))
}

#[test]
fn a_notification_is_shown_and_a_click_opens_the_card() {
    let Some(stage) = Stage::set() else { return };
    let Some(_dunst) = dunst(&stage) else { return };
    stage.with_workflow("note");
    let mut display = Display::open(stage.display());
    let window = Window::open(&stage);
    let ours = until("the window is there", 30, || display.visible(TITLE));
    // The person is on another screen, and that is behind another program.
    window.click(".nav [href='#/settings']");
    display.cover();
    assert!(!display.is_in_front(ours));
    assert_eq!(display.visible(DRAWN), None);
    let note = stage.folder().join("note.txt");
    call(
        &stage,
        "start_run",
        json!({ "workflow": "note", "inputs": { "path": note, "text": "hello" } }),
    );
    let drawn = until_else(
        30,
        || display.visible(DRAWN),
        || format!("dunst shows something:\n{}", said(&stage)),
    );
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("window");
    stage.picture(&pictures.join("dunst-before.png"));
    display.click(drawn);
    until("the window is in front", 30, || {
        display.is_in_front(ours).then_some(())
    });
    window.reads("#main [data-testid=card]", "note.txt");
    window.see("card-digest");
    window.keep_picture("dunst-card");
    stage.picture(&pictures.join("dunst-after.png"));
    assert!(!note.exists(), "a click on a notification decides nothing");
    window.click("#main [data-testid=card-approve]");
    window.run_is("completed");
    until("nothing is drawn any more", 30, || {
        display.visible(DRAWN).is_none().then_some(())
    });
    window.close();
}
