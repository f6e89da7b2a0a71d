//! What is outside the page: notifications on the bus, the tray, the window that is closed and comes back, a second
//! start, and a start after one that was not painted. No part of the page is clicked: the program is started as a person
//! starts it, and runs are started and answered through another door.

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use futures_util::StreamExt as _;
use serde_json::{Value as Json, json};
use tauri::async_runtime::block_on;
use zbus::{Connection, connection::Builder, interface};

use crate::door::call;
use crate::driver::said;
use crate::process::{Started, until, until_else};
use crate::shelf::{ALL, Heard, Shop};
use crate::stage::Stage;
use crate::x11::Display;

/// The window's title.
pub(crate) const TITLE: &str = "Countersign";

/// The program, as from a menu.
fn started(stage: &Stage, arguments: &[&str]) -> Started {
    Started::new(&mut program(stage, arguments), &stage.log())
}

fn program(stage: &Stage, arguments: &[&str]) -> Command {
    let mut command = stage.command(env!("CARGO_BIN_EXE_countersign-desktop"));
    command.args(arguments).stdout(Stdio::null());
    command
}

/// A desktop with a tray: it keeps which icons were brought to it.
pub(crate) struct Tray {
    icons: Arc<Mutex<Vec<String>>>,
    _bus: Connection,
}

struct Watcher(Arc<Mutex<Vec<String>>>);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&mut self, item: String) {
        self.0.lock().unwrap().push(item);
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }
}

impl Tray {
    pub(crate) fn on(stage: &Stage) -> Self {
        let icons = Arc::new(Mutex::new(Vec::new()));
        let watcher = Watcher(Arc::clone(&icons));
        let bus = block_on(async {
            let bus = Builder::address(stage.bus()).unwrap();
            let bus = bus.serve_at("/StatusNotifierWatcher", watcher).unwrap();
            let bus = bus.name("org.kde.StatusNotifierWatcher").unwrap();
            bus.build().await.unwrap()
        });
        Self { icons, _bus: bus }
    }
}

/// A run of `note` that waits at its gate: its name and its gate as the board has it.
fn waiting(stage: &Stage) -> (String, Json) {
    let path = stage.folder().join("note.txt");
    let inputs = json!({ "path": path, "text": "hello" });
    let run = call(
        stage,
        "start_run",
        json!({ "workflow": "note", "inputs": inputs }),
    );
    let run = run["run"].as_str().unwrap().to_owned();
    let gate = until("the gate is open", 30, || {
        let rows = call(stage, "runs", json!({ "limit": 5 }));
        let row = rows
            .as_array()?
            .iter()
            .find(|row| row["run"] == run.as_str())?
            .clone();
        row["open_gates"].get(0).cloned()
    });
    (run, gate)
}

fn owned(stage: &Stage) {
    let socket = stage.data().join("countersign.sock");
    until_else(
        30,
        || socket.exists().then_some(()),
        || format!("the program owns the folder:\n{}", said(stage)),
    );
}

fn seen(stage: &Stage, display: &mut Display) -> u32 {
    until_else(
        30,
        || display.visible(TITLE),
        || format!("the window is there:\n{}", said(stage)),
    )
}

#[test]
fn a_closed_window_stays_in_the_tray_while_a_run_waits_and_comes_back() {
    let Some(stage) = Stage::set() else { return };
    stage.with_workflow("note");
    let (shop, tray) = (Shop::open(stage.bus(), &ALL), Tray::on(&stage));
    let mut display = Display::open(stage.display());
    let mut program = started(&stage, &[]);
    owned(&stage);
    let window = seen(&stage, &mut display);
    until("the icon is in the tray", 30, || {
        (!tray.icons.lock().unwrap().is_empty()).then_some(())
    });

    let (run, gate) = waiting(&stage);
    until("a person is notified", 30, || {
        (shop.titles().len() == 1).then_some(())
    });
    let path = stage.folder().join("note.txt");
    let wanted = format!("Decision needed: Write a note | Write {}?", path.display());
    assert_eq!(shop.titles(), [wanted]);

    // Closed, and still at work.
    display.ask_to_close(window);
    until("the window is hidden", 30, || {
        display.visible(TITLE).is_none().then_some(())
    });
    assert!(program.runs(), "the program has ended:\n{}", said(&stage));
    until("it says where it is", 30, || {
        (shop.titles().len() == 2).then_some(())
    });
    assert!(shop.titles()[1].starts_with("Countersign keeps running in the tray | "));
    call(&stage, "state", json!({}));

    // A second start, by a link, ends at once and brings the window back.
    let link = format!("countersign://run/{run}");
    let mut second = started(&stage, &[&link]);
    until("the second start has ended", 30, || {
        (!second.runs()).then_some(())
    });
    let window = seen(&stage, &mut display);
    assert!(program.runs());
    shop.dismiss(2);

    // Closed once more: the sentence comes once.
    display.ask_to_close(window);
    until("the window is hidden", 30, || {
        display.visible(TITLE).is_none().then_some(())
    });
    // A click on the notification brings it back, and decides nothing.
    shop.click(1);
    let window = seen(&stage, &mut display);
    assert!(!path.exists());
    assert_eq!(shop.titles().len(), 2);

    let decide = json!({
        "run": run, "gate": gate["gate"], "revision": gate["revision"], "digest": gate["card_digest"],
        "decision": "approve", "token": null,
    });
    call(&stage, "decide", decide);
    until("the notification is closed", 30, || {
        shop.heard().contains(&Heard::Closed(1)).then_some(())
    });
    until("the run has ended", 30, || {
        let rows = call(&stage, "runs", json!({ "limit": 5 }));
        (rows[0]["state"] == "completed").then_some(())
    });
    // Nothing is left to do: the window's end is the program's.
    until("the program ends with its window", 30, || {
        if program.runs() {
            display.ask_to_close(window);
        }
        (!program.runs()).then_some(())
    });
    let log = said(&stage);
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
}

#[test]
fn a_gate_is_notified_soon() {
    let Some(stage) = Stage::set() else { return };
    stage.with_workflow("note");
    let shop = Shop::open(stage.bus(), &ALL);
    let _program = started(&stage, &["--in-tray"]);
    owned(&stage);
    // The first one warms everything up.
    for round in 1..=4 {
        let (_, gate) = waiting(&stage);
        let opened = UNIX_EPOCH + Duration::from_micros(gate["opened_at_us"].as_u64().unwrap());
        // The fourth makes one of all: the others are closed first, and were shown before.
        let shown = until("a person is notified", 30, || {
            shop.shown_at().filter(|shown| *shown >= opened)
        });
        let took = shown.duration_since(opened).unwrap();
        // U4 is 250 ms; told, not asserted, since the machine may be busy.
        println!("gate {round}: notified {took:?} after it was opened");
    }
    shop.close();
}

#[test]
fn a_start_beside_a_program_that_is_just_ending_opens_a_window_of_its_own() {
    let Some(stage) = Stage::set() else { return };
    // Which name the program has on the bus, it says itself.
    let name = {
        let _program = started(&stage, &[]);
        owned(&stage);
        until("the program is on the bus", 30, || {
            names(&stage)
                .into_iter()
                .find(|name| name.ends_with(".SingleInstance"))
        })
    };
    until("its name is free", 30, || {
        (!names(&stage).contains(&name)).then_some(())
    });
    // One that is told to show its window, and ends.
    let ending = std::thread::spawn({
        let (bus, name) = (stage.bus().to_owned(), name.clone());
        move || {
            block_on(async {
                let bus = Builder::address(bus.as_str()).unwrap();
                let bus = bus.name(name).unwrap().build().await.unwrap();
                let mut asked = zbus::MessageStream::from(&bus);
                while let Some(message) = asked.next().await {
                    let message = message.unwrap();
                    if message
                        .header()
                        .member()
                        .is_some_and(|one| *one == "ExecuteCallback")
                    {
                        return bus.close().await.unwrap();
                    }
                }
            });
        }
    });
    until("the name is taken again", 30, || {
        names(&stage).contains(&name).then_some(())
    });
    let mut display = Display::open(stage.display());
    let mut program = started(&stage, &[]);
    seen(&stage, &mut display);
    assert!(program.runs());
    ending.join().unwrap();
}

/// Who is on the bus.
fn names(stage: &Stage) -> Vec<String> {
    block_on(async {
        let bus = Builder::address(stage.bus()).unwrap();
        let bus = bus.build().await.unwrap();
        let asked = zbus::fdo::DBusProxy::new(&bus).await.unwrap();
        let names = asked.list_names().await.unwrap();
        names.iter().map(ToString::to_string).collect()
    })
}

#[test]
fn without_a_tray_the_program_ends_with_its_window() {
    let Some(stage) = Stage::set() else { return };
    stage.with_workflow("note");
    let mut display = Display::open(stage.display());
    let mut program = started(&stage, &[]);
    owned(&stage);
    let window = seen(&stage, &mut display);
    waiting(&stage);
    display.ask_to_close(window);
    until("the program has ended", 30, || {
        (!program.runs()).then_some(())
    });
}

#[test]
fn after_a_start_that_was_not_painted_the_next_one_is_drawn_without_the_gpu() {
    let Some(stage) = Stage::set() else { return };
    let switch = |program: &Started| {
        let environ = std::fs::read(format!("/proc/{}/environ", program.pid())).unwrap();
        environ
            .split(|byte| *byte == 0)
            .any(|one| one == b"WEBKIT_DISABLE_DMABUF_RENDERER=1")
    };
    let mark = stage.data().join("rendering.trial");
    let program = started(&stage, &[]);
    owned(&stage);
    assert!(!switch(&program));
    drop(program);
    std::fs::write(&mark, env!("CARGO_PKG_VERSION")).unwrap();
    let mut display = Display::open(stage.display());
    let program = started(&stage, &[]);
    seen(&stage, &mut display);
    assert!(switch(&program));
    assert!(
        mark.exists(),
        "a start without the GPU says nothing about one with it"
    );
    drop(program);
    // The setting overrules it.
    std::fs::write(stage.data().join("desktop.json"), r#"{"rendering":"gpu"}"#).unwrap();
    let program = started(&stage, &[]);
    seen(&stage, &mut display);
    assert!(!switch(&program));
}
