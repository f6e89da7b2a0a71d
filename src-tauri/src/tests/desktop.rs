//! The calls of the desktop's own table through the commands of the window.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use api::{DESKTOP_CALLS, DesktopSettings, DesktopState, Fault, Rendering};
use serde_json::{Value as Json, json};
use tauri::Manager as _;

use super::Stage;
use crate::desk::Desk;
use crate::desktop::Desktop;
use crate::rendering::unpainted;
use crate::way_in::WayIn;

/// Without an engine: none of these calls needs one.
fn stage() -> Stage {
    let why = Fault::new("folder_in_use", "The data folder is in use", "Close it");
    Stage::with(Desk::at(WayIn::given(Err(why))))
}

fn fault(answer: Result<Json, Json>) -> Fault {
    serde_json::from_value(answer.unwrap_err()).unwrap()
}

fn state(answer: Result<Json, Json>) -> DesktopState {
    serde_json::from_value(answer.unwrap()).unwrap()
}

/// A file manager that writes down what it is asked to open.
fn opener(home: &Path) {
    let file = home.join("opener");
    let script = "#!/bin/sh\nprintf '%s\\n' \"$#\" \"$@\" > \"$0.asked.new\" && mv \"$0.asked.new\" \"$0.asked\"\n";
    fs::write(&file, script).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o700)).unwrap();
}

/// What it was asked.
fn asked(home: &Path) -> String {
    let file = home.join("opener.asked");
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match fs::read_to_string(&file) {
            Ok(text) => {
                fs::remove_file(&file).unwrap();
                return text;
            }
            Err(why) => assert!(Instant::now() < deadline, "nothing was opened: {why}"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn every_call_of_the_desktop_is_a_command_that_answers_without_an_engine() {
    let stage = stage();
    opener(stage.home.path());
    drop(stage.app.state::<Desktop>().ears());
    for info in DESKTOP_CALLS {
        let args = match info.name {
            "set_desktop" => json!({ "settings": DesktopSettings::default() }),
            "open_folder" => json!({ "folder": "data" }),
            _ => json!({}),
        };
        match stage.call(info.name, args) {
            Ok(_) => assert_ne!(
                info.name, "test_notification",
                "nobody is there to show one"
            ),
            Err(answer) => assert_eq!(fault(Err(answer)).code, "no_notifications", "{}", info.name),
        }
        // Arguments that are none of it are a fault, and not a plain string of Tauri.
        fault(stage.call(info.name, Json::Null));
    }
}

#[test]
fn settings_are_kept_and_hold_at_once() {
    let stage = stage();
    assert_eq!(
        state(stage.call("desktop_state", json!({}))).settings,
        DesktopSettings::default()
    );
    let wanted = DesktopSettings {
        notifications: false,
        keep_in_tray: false,
        autostart: true,
        rendering: Rendering::Compatible,
    };
    let said = state(stage.call("set_desktop", json!({ "settings": wanted })));
    assert_eq!(said.settings, wanted);
    assert!(said.rendering.contains("next start"), "{}", said.rendering);
    assert_eq!(state(stage.call("desktop_state", json!({}))), said);
    let text = fs::read_to_string(stage.home.path().join("data/desktop.json")).unwrap();
    assert_eq!(
        serde_json::from_str::<DesktopSettings>(&text).unwrap(),
        wanted
    );
    let entries = || {
        fs::read_dir(stage.home.path().join("autostart"))
            .unwrap()
            .count()
    };
    assert_eq!(entries(), 1);
    let off = DesktopSettings::default();
    state(stage.call("set_desktop", json!({ "settings": off })));
    assert_eq!(entries(), 0);
}

#[test]
fn settings_that_cannot_be_made_so_stay_as_they_were() {
    let stage = stage();
    // No folder can be made where a file is.
    fs::write(stage.home.path().join("autostart"), "").unwrap();
    let wanted = DesktopSettings {
        autostart: true,
        ..Default::default()
    };
    let refused = fault(stage.call("set_desktop", json!({ "settings": wanted })));
    assert_eq!(refused.code, "autostart_not_changed");
    assert_eq!(
        state(stage.call("desktop_state", json!({}))).settings,
        DesktopSettings::default()
    );
    let text = fs::read_to_string(stage.home.path().join("data/desktop.json")).unwrap();
    assert!(
        !serde_json::from_str::<DesktopSettings>(&text)
            .unwrap()
            .autostart
    );
}

#[test]
fn only_the_folders_of_the_list_are_opened() {
    let stage = stage();
    let home = stage.home.path();
    opener(home);
    for (folder, path) in [
        ("definitions", "data/workflows"),
        ("data", "data"),
        ("backups", "data/backups"),
        ("downloads", "data/downloads"),
    ] {
        stage
            .call("open_folder", json!({ "folder": folder }))
            .unwrap();
        assert_eq!(asked(home), format!("1\n{}\n", home.join(path).display()));
        assert!(home.join(path).is_dir(), "{folder} was not made");
    }
    for folder in ["/etc", "../..", "downloads; rm -r /"] {
        let refused = fault(stage.call("open_folder", json!({ "folder": folder })));
        assert_eq!(refused.code, "bad_arguments");
    }
    assert!(!home.join("opener.asked").exists());
}

#[test]
fn the_page_says_that_it_is_painted_and_takes_its_link_once() {
    let stage = stage();
    let data = stage.home.path().join("data");
    let desktop = stage.app.state::<Desktop>();
    desktop.watchdog.opens();
    assert!(unpainted(&data));
    stage.call("painted", json!({})).unwrap();
    assert!(!unpainted(&data));

    assert_eq!(stage.call("take_link", json!({})).unwrap(), Json::Null);
    crate::window::go(stage.app.handle(), Some("/run/r1".to_owned()));
    assert_eq!(stage.call("take_link", json!({})).unwrap(), "/run/r1");
    assert_eq!(stage.call("take_link", json!({})).unwrap(), Json::Null);
}

#[test]
fn the_program_stays_only_with_a_tray_and_something_to_do() {
    use crate::waiting::{Rows, tests::row};
    use workflow::RunState;
    let stage = stage();
    let desktop = stage.app.state::<Desktop>();
    let board = |states: &[RunState]| {
        let rows = states
            .iter()
            .enumerate()
            .map(|(at, state)| row(&format!("r{at}"), *state, &[]));
        let mut board = Rows::default();
        board.hear(api::Notice::Board {
            seq: 1,
            rows: rows.collect(),
        });
        desktop.waiting.send_replace(board.waiting());
    };
    board(&[RunState::Running, RunState::Completed]);
    assert!(!desktop.stays(), "without a tray nobody finds it again");
    desktop.tray_is(Ok(()));
    assert!(desktop.stays());
    board(&[RunState::Completed, RunState::Failed, RunState::Cancelled]);
    assert!(!desktop.stays());
    board(&[RunState::Waiting]);
    assert!(desktop.stays());
    let off = DesktopSettings {
        keep_in_tray: false,
        ..Default::default()
    };
    stage
        .call("set_desktop", json!({ "settings": off }))
        .unwrap();
    assert!(!desktop.stays());
}
