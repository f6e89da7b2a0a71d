//! Against a real message bus that the test starts, with a server of the test's own on it: what arrives there, what a
//! click does, and what happens when the server goes and comes.

mod shelf;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tauri::async_runtime::spawn;
use tokio::sync::{mpsc, oneshot, watch};
use workflow::{RunId, RunState, RunSummary};

use super::bus::Bus;
use super::{Asked, Ears, Told, run};
use crate::waiting::{Rows, tests::row};
use api::{DesktopSettings, Notice};
use shelf::{ALL, Heard, Shop};

/// A message bus of the test's own.
struct Daemon {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Daemon {
    /// `None` where the program is missing, which is said, and in CI a failure.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let started = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
            .arg(format!("--address=unix:dir={}", folder.path().display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(why) => {
                let why =
                    format!("SKIPPED: dbus-daemon does not start (apt-get install dbus): {why}");
                let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
                assert!(!ci, "{why}");
                println!("{why}");
                return None;
            }
        };
        let mut address = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        assert!(!address.is_empty(), "the bus has no address");
        Some(Self {
            child,
            address,
            _folder: folder,
        })
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the notifier told the program.
#[derive(Clone, Default)]
struct Diary {
    state: Arc<Mutex<Option<Result<String, String>>>>,
    opened: Arc<Mutex<Vec<Option<String>>>>,
}

impl Told for Diary {
    fn state(&self, state: Result<String, String>) {
        *self.state.lock().unwrap() = Some(state);
    }

    fn open(&self, run: Option<RunId>) {
        self.opened.lock().unwrap().push(run.map(|run| run.0));
    }
}

/// A notifier on this bus.
struct Desk {
    board: Mutex<Rows>,
    waiting: watch::Sender<crate::waiting::Waiting>,
    settings: watch::Sender<DesktopSettings>,
    ask: mpsc::Sender<Asked>,
    diary: Diary,
}

impl Desk {
    fn on(daemon: &Daemon) -> Self {
        let (waiting, wait) = watch::channel(Default::default());
        let (settings, set) = watch::channel(DesktopSettings::default());
        let (ask, asked) = mpsc::channel(4);
        let diary = Diary::default();
        let ears = Ears {
            waiting: wait,
            settings: set,
            asked,
        };
        spawn(run(
            Bus::listen(Some(daemon.address.clone())),
            ears,
            diary.clone(),
        ));
        Self {
            board: Mutex::default(),
            waiting,
            settings,
            ask,
            diary,
        }
    }

    /// The board is this now.
    fn board(&self, rows: Vec<RunSummary>) {
        let mut board = self.board.lock().unwrap();
        assert!(board.hear(Notice::Board { seq: 1, rows }));
        self.waiting.send_replace(board.waiting());
    }

    fn state(&self) -> Option<Result<String, String>> {
        self.diary.state.lock().unwrap().clone()
    }

    fn opened(&self) -> Vec<Option<String>> {
        self.diary.opened.lock().unwrap().clone()
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "not within 20 s: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Long enough for something that must not happen.
fn a_while() {
    std::thread::sleep(Duration::from_millis(300));
}

fn waiting(run: &str, gates: &[(&str, u32, i64)]) -> RunSummary {
    row(run, RunState::Waiting, gates)
}

#[test]
fn a_question_is_shown_replaced_and_closed() {
    let Some(daemon) = Daemon::start() else {
        return;
    };
    let shop = Shop::open(&daemon.address, &ALL);
    let desk = Desk::on(&daemon);
    assert_eq!(shop.shown_at(), None);
    until("the server is known", || {
        desk.state() == Some(Ok("shelf 7".to_owned()))
    });

    let mut hostile = waiting("r1", &[("write", 1, 5)]);
    hostile.title = "Deploy <b>\u{202e}&".to_owned();
    desk.board(vec![hostile]);
    until("it is shown", || shop.heard().len() == 1);
    let hints = [
        "desktop-entry=Str(Str(Borrowed(\"Countersign\")))",
        "urgency=U8(1)",
    ];
    let Heard::Shown {
        number: 1,
        replaces: 0,
        title,
        body,
        actions,
        hints: had,
    } = &shop.heard()[0]
    else {
        panic!("{:?}", shop.heard());
    };
    // The title is no markup by the specification, the body is.
    assert_eq!(title, "Decision needed: Deploy <b><U+202E>&");
    assert_eq!(body, "May write go on?");
    assert_eq!(actions, &["default", "Open"]);
    assert_eq!(had.len(), hints.len(), "{had:?}");
    assert!(
        had[0].starts_with("desktop-entry=") && had[0].contains("Countersign"),
        "{had:?}"
    );
    assert_eq!(had[1], hints[1]);

    desk.board(vec![waiting("r1", &[("write", 2, 9)])]);
    until("the new card takes its place", || shop.heard().len() == 2);
    assert!(matches!(
        shop.heard()[1],
        Heard::Shown {
            number: 1,
            replaces: 1,
            ..
        }
    ));
    // Answered elsewhere.
    desk.board(vec![row("r1", RunState::Completed, &[])]);
    until("it is closed", || shop.heard().len() == 3);
    assert_eq!(shop.heard()[2], Heard::Closed(1));
}

#[test]
fn a_click_opens_the_card_and_only_of_our_own() {
    let Some(daemon) = Daemon::start() else {
        return;
    };
    let shop = Shop::open(&daemon.address, &ALL);
    let desk = Desk::on(&daemon);
    desk.board(vec![
        waiting("r1", &[("a", 1, 5)]),
        waiting("r2", &[("b", 1, 6)]),
    ]);
    until("both are shown", || shop.heard().len() == 2);
    shop.click(77);
    shop.click(2);
    until("the second is opened", || !desk.opened().is_empty());
    assert_eq!(desk.opened(), [Some("r2".to_owned())]);
    // Nothing was decided or closed by it.
    assert_eq!(shop.heard().len(), 2);
    shop.dismiss(1);
    a_while();
    shop.click(1);
    desk.board(vec![
        waiting("r1", &[("a", 1, 5)]),
        waiting("r2", &[("b", 1, 6)]),
    ]);
    a_while();
    assert_eq!((desk.opened().len(), shop.heard().len()), (1, 2));
}

#[test]
fn many_questions_are_one_notification() {
    let Some(daemon) = Daemon::start() else {
        return;
    };
    let shop = Shop::open(&daemon.address, &ALL);
    let desk = Desk::on(&daemon);
    let many = |count: usize| {
        (0..count)
            .map(|at| waiting(&format!("r{at}"), &[("a", 1, 5)]))
            .collect::<Vec<_>>()
    };
    desk.board(many(3));
    until("three are shown", || shop.titles().len() == 3);
    desk.board(many(5));
    let one = ["5 decisions are waiting | The longest waiting: Deploy application"];
    until("one counts them", || shop.titles() == one);
    shop.click(4);
    until("it opens the longest waiting", || {
        desk.opened() == [Some("r0".to_owned())]
    });
    desk.board(many(0));
    until("nothing is left", || shop.titles().is_empty());
}

#[test]
fn a_server_that_can_little_gets_little() {
    let Some(daemon) = Daemon::start() else {
        return;
    };
    let shop = Shop::open(&daemon.address, &["body"]);
    let desk = Desk::on(&daemon);
    let mut one = waiting("r1", &[("a", 1, 5)]);
    one.open_gates[0].title = "a < b & c".to_owned();
    desk.board(vec![one.clone()]);
    until("it is shown", || shop.heard().len() == 1);
    let Heard::Shown { body, actions, .. } = &shop.heard()[0] else {
        panic!()
    };
    assert_eq!((body.as_str(), actions.len()), ("a < b & c", 0));
    shop.close();
    until("its end is said", || matches!(desk.state(), Some(Err(_))));

    // The next one reads markup, and is told of what waits.
    let shop = Shop::open(&daemon.address, &["body", "body-markup"]);
    until("it is shown again", || shop.heard().len() == 1);
    let Heard::Shown {
        body, replaces: 0, ..
    } = &shop.heard()[0]
    else {
        panic!()
    };
    assert_eq!(body, "a &lt; b &amp; c");
    shop.close();

    // The one after that has no body.
    let shop = Shop::open(&daemon.address, &[]);
    until("it is shown again", || shop.heard().len() == 1);
    let Heard::Shown { title, body, .. } = &shop.heard()[0] else {
        panic!()
    };
    assert_eq!(
        (title.as_str(), body.as_str()),
        ("Decision needed: Deploy application: a < b & c", "")
    );
}

#[test]
fn without_a_server_that_is_said_and_what_waits_is_shown_once_there_is_one() {
    let Some(daemon) = Daemon::start() else {
        return;
    };
    let desk = Desk::on(&daemon);
    desk.board(vec![waiting("r1", &[("a", 1, 5)])]);
    until("it is said", || matches!(desk.state(), Some(Err(_))));
    let why = desk.state().unwrap().unwrap_err();
    assert!(why.contains("dunst"), "{why}");
    let (answer, answered) = oneshot::channel();
    desk.ask.blocking_send(Asked::Test(answer)).unwrap();
    let refused = answered.blocking_recv().unwrap().unwrap_err();
    assert_eq!(refused.code, "no_notifications");

    let shop = Shop::open(&daemon.address, &ALL);
    until("it is shown", || shop.titles().len() == 1);
    shop.click(1);
    until("a click is heard", || desk.opened().len() == 1);
    let (answer, answered) = oneshot::channel();
    desk.ask.blocking_send(Asked::Test(answer)).unwrap();
    answered.blocking_recv().unwrap().unwrap();
    assert_eq!(shop.titles().len(), 2);
}

#[test]
fn switched_off_it_closes_all_and_stays_silent() {
    let Some(daemon) = Daemon::start() else {
        return;
    };
    let shop = Shop::open(&daemon.address, &ALL);
    let desk = Desk::on(&daemon);
    desk.board(vec![waiting("r1", &[("a", 1, 5)])]);
    until("it is shown", || shop.titles().len() == 1);
    let silent = DesktopSettings {
        notifications: false,
        ..Default::default()
    };
    desk.settings.send_replace(silent);
    until("it is closed", || shop.titles().is_empty());
    desk.board(vec![waiting("r2", &[("b", 1, 5)])]);
    desk.ask.blocking_send(Asked::InTray).unwrap();
    a_while();
    assert_eq!(shop.heard().len(), 2, "{:?}", shop.heard());
    desk.settings.send_replace(DesktopSettings::default());
    until("what waits is shown", || shop.titles().len() == 1);
}
