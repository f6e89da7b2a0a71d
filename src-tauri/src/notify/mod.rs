//! Tells a person outside the window that a decision is needed: one notification for each question, closed when it is
//! answered elsewhere. It never decides anything: a click opens the card.

mod plan;
mod text;

#[cfg(target_os = "linux")]
pub(crate) mod bus;

use std::future::Future;

use api::{DesktopSettings, Fault};
use tokio::sync::{mpsc, oneshot, watch};
use workflow::RunId;

use crate::waiting::{Question, Waiting};
use plan::{Action, Number, Shown, Slot};
use text::Note;
pub(crate) use text::shown;

/// What shows notifications on this system.
pub(crate) trait Server: Send + 'static {
    /// Shows a notification, in place of another one where a number is given; gives its number.
    ///
    /// # Errors
    ///
    /// Why it is not shown, and what to do.
    fn show(
        &self,
        note: &Note,
        replaces: Option<Number>,
    ) -> impl Future<Output = Result<Number, String>> + Send;

    /// Takes one off the screen; one that is gone already is no fault.
    fn close(&self, number: Number) -> impl Future<Output = ()> + Send;

    /// What happens next. Dropped before its end it loses nothing.
    fn said(&mut self) -> impl Future<Output = Said> + Send;
}

/// What a server says by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// A server answers, with this name; it shows nothing of what another one showed.
    Here(String),
    /// There is none, and what to do.
    Gone(String),
    /// A person clicked on a notification; of any program.
    Opened(Number),
    /// A notification is off the screen; of any program.
    Went(Number),
}

/// What others ask of it.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Show one now, whatever the settings say.
    Test(oneshot::Sender<Result<(), Fault>>),
    /// Say that the program goes on without its window.
    InTray,
}

/// Whom it tells.
pub(crate) trait Told: Send + 'static {
    /// The server's name, or why there is none.
    fn state(&self, state: Result<String, String>);

    /// A person wants to see the card of this run, or just the window.
    fn open(&self, run: Option<RunId>);
}

/// What goes in.
pub(crate) struct Ears {
    /// What waits.
    pub(crate) waiting: watch::Receiver<Waiting>,
    /// Whether to say anything.
    pub(crate) settings: watch::Receiver<DesktopSettings>,
    /// What is asked for.
    pub(crate) asked: mpsc::Receiver<Asked>,
}

/// Notifies until nobody can ask any more.
pub(crate) async fn run(server: impl Server, mut ears: Ears, told: impl Told) {
    let mut notifier = Notifier {
        server,
        told,
        shown: Shown::default(),
        name: None,
        in_tray: None,
    };
    loop {
        let on = ears.settings.borrow_and_update().notifications;
        let questions = ears.waiting.borrow_and_update().questions.clone();
        notifier.bring_in_line(on, &questions).await;
        tokio::select! {
            changed = ears.waiting.changed() => if changed.is_err() { return },
            changed = ears.settings.changed() => if changed.is_err() { return },
            asked = ears.asked.recv() => match asked {
                Some(asked) => notifier.answer(asked, on).await,
                None => return,
            },
            said = notifier.server.said() => notifier.hear(said, &questions),
        }
    }
}

struct Notifier<S, T> {
    server: S,
    told: T,
    shown: Shown,
    /// The server's, while there is one.
    name: Option<String>,
    /// The notification that the program goes on.
    in_tray: Option<Number>,
}

impl<S: Server, T: Told> Notifier<S, T> {
    async fn bring_in_line(&mut self, on: bool, questions: &[Question]) {
        if self.name.is_none() {
            return;
        }
        if !on {
            for number in self.shown.forget() {
                self.server.close(number).await;
            }
            return;
        }
        for action in self.shown.plan(questions) {
            match action {
                Action::Close(number) => self.server.close(number).await,
                Action::Show {
                    slot,
                    replaces,
                    quiet,
                } => {
                    let note = match &slot {
                        Slot::All => text::all(questions, quiet),
                        Slot::One(key) => match questions.iter().find(|one| is(one, key)) {
                            Some(question) => text::one(question),
                            // It is planned for these questions only.
                            None => continue,
                        },
                    };
                    if let Ok(number) = self.show(&note, replaces).await {
                        self.shown.showed(slot, number);
                    }
                }
            }
        }
    }

    async fn show(&mut self, note: &Note, replaces: Option<Number>) -> Result<Number, String> {
        let shown = self.server.show(note, replaces).await;
        match (&shown, &self.name) {
            (Ok(_), Some(name)) => self.told.state(Ok(name.clone())),
            (Ok(_), None) => {}
            (Err(why), _) => {
                tracing::warn!(why, "a notification is not shown");
                self.told.state(Err(why.clone()));
            }
        }
        shown
    }

    fn hear(&mut self, said: Said, questions: &[Question]) {
        match said {
            Said::Here(name) => {
                self.shown.forget();
                self.in_tray = None;
                self.told.state(Ok(name.clone()));
                self.name = Some(name);
            }
            Said::Gone(why) => {
                self.shown.forget();
                self.in_tray = None;
                self.name = None;
                self.told.state(Err(why));
            }
            Said::Opened(number) => {
                // Servers tell every program of every click: a number that is not ours is none of our business.
                match self.shown.slot_of(number) {
                    Some(Slot::One((run, _))) => self.told.open(Some(run.clone())),
                    Some(Slot::All) => {
                        let longest = questions.first().map(|one| one.run.clone());
                        self.told.open(longest);
                    }
                    None if self.in_tray == Some(number) => self.told.open(None),
                    None => {}
                }
            }
            Said::Went(number) => {
                self.shown.went(number);
                if self.in_tray == Some(number) {
                    self.in_tray = None;
                }
            }
        }
    }

    async fn answer(&mut self, asked: Asked, on: bool) {
        match asked {
            Asked::Test(answer) => {
                let shown = self.show(&text::test(), None).await;
                let shown = shown.map(drop).map_err(|why| not_shown(&why));
                // Who asked may have gone.
                let _ = answer.send(shown);
            }
            Asked::InTray if !on => {}
            Asked::InTray => self.in_tray = self.show(&text::in_tray(), None).await.ok(),
        }
    }
}

fn is(question: &Question, key: &plan::Key) -> bool {
    (&question.run, &question.what) == (&key.0, &key.1)
}

/// Why a test did not show anything.
pub(crate) fn not_shown(why: &str) -> Fault {
    Fault::new(
        "no_notifications",
        "The notification is not shown",
        "Start a server for notifications, or look for what waits in the window",
    )
    .with_detail(why)
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
