//! What the program is beside the engine's door: its settings, what shows notifications, the tray, where the window
//! shall go. Answers the calls of the desktop's table; decides nothing about runs.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use api::{
    AskDesktop, Call, DesktopSettings, DesktopState, Fault, OpenFolder, Painted, SetDesktop,
    TakeLink, TestNotification,
};
use serde_json::Value as Json;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::autostart::Autostart;
use crate::folders::Folders;
use crate::links::Links;
use crate::notify::{Asked, Ears, not_shown};
use crate::remembered::Memory;
use crate::rendering::{self, Watchdog};
use crate::settings::SettingsFile;
use crate::waiting::Waiting;

/// How long a test of the notifications may take.
const TEST: Duration = Duration::from_secs(15);

/// One value of the program, complete before the window opens.
pub(crate) struct Desktop {
    file: SettingsFile,
    settings: watch::Sender<DesktopSettings>,
    at_start: DesktopSettings,
    pub(crate) waiting: watch::Sender<Waiting>,
    notifications: Mutex<Result<String, String>>,
    tray: Mutex<Result<(), String>>,
    ask: mpsc::Sender<Asked>,
    asked: Mutex<Option<mpsc::Receiver<Asked>>>,
    pub(crate) watchdog: Watchdog,
    pub(crate) links: Links,
    pub(crate) memory: Memory,
    folders: Folders,
    autostart: Autostart,
}

impl Desktop {
    /// Of this person, with this data folder.
    pub(crate) fn of(data_dir: &Path) -> Self {
        let (folders, autostart) = (Folders::of(data_dir), Autostart::of_this_person());
        Self::with(data_dir, folders, autostart)
    }

    /// With other folders, for tests.
    pub(crate) fn with(data_dir: &Path, folders: Folders, autostart: Autostart) -> Self {
        let file = SettingsFile::of(data_dir);
        let at_start = file.read();
        let chosen = rendering::choose(data_dir, at_start.rendering);
        let (ask, asked) = mpsc::channel(8);
        let not_yet = || "Countersign is still starting".to_owned();
        Self {
            file,
            settings: watch::Sender::new(at_start.clone()),
            at_start,
            waiting: watch::Sender::default(),
            notifications: Mutex::new(Err(not_yet())),
            tray: Mutex::new(Err(not_yet())),
            ask,
            asked: Mutex::new(Some(asked)),
            watchdog: Watchdog::of(data_dir, chosen),
            links: Links::default(),
            memory: Memory::of(data_dir),
            folders,
            autostart,
        }
    }

    /// What the notifier goes by; `None` the second time.
    pub(crate) fn ears(&self) -> Option<Ears> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Ears {
            waiting: self.waiting.subscribe(),
            settings: self.settings.subscribe(),
            asked: asked.take()?,
        })
    }

    /// The name of the server that shows notifications, or why none are shown.
    pub(crate) fn notifications_are(&self, state: Result<String, String>) {
        *self
            .notifications
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// There is a tray, or why not.
    pub(crate) fn tray_is(&self, state: Result<(), String>) {
        *self.tray.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Does closing the window leave the program in the tray?
    pub(crate) fn stays(&self) -> bool {
        let tray = self
            .tray
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_ok();
        tray && self.settings.borrow().keep_in_tray && self.waiting.borrow().unfinished > 0
    }

    /// The window was hidden; a person is told of it once.
    pub(crate) fn hidden(&self) {
        if self.memory.recall().told_of_tray {
            return;
        }
        self.memory.change(|now| now.told_of_tray = true);
        // More than eight at once nobody asks for.
        let _ = self.ask.try_send(Asked::InTray);
    }

    /// How it stands.
    pub(crate) fn state(&self) -> DesktopState {
        let settings = self.settings.borrow().clone();
        let chosen = self.watchdog.chosen();
        let rendering = if settings.rendering == self.at_start.rendering {
            chosen.to_string()
        } else {
            format!("{chosen}. The new setting holds from the next start")
        };
        DesktopState {
            settings,
            notifications: self
                .notifications
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            tray: self
                .tray
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            rendering,
        }
    }

    fn set(&self, settings: DesktopSettings) -> Result<DesktopState, Fault> {
        let before = self.settings.borrow().clone();
        self.file.write(&settings)?;
        if settings.autostart != before.autostart
            && let Err(fault) = self.autostart.set(settings.autostart)
        {
            // As if nothing had been asked for.
            self.file.write(&before)?;
            return Err(fault);
        }
        if settings.rendering != before.rendering {
            self.watchdog.try_again();
        }
        self.settings.send_replace(settings);
        Ok(self.state())
    }
}

/// A call of the desktop's table with its answer.
pub(crate) trait Answered: Call {
    /// Answers it.
    fn answer(self, desktop: &Desktop) -> impl Future<Output = Result<Self::Reply, Fault>> + Send;
}

/// Answers a call with JSON arguments.
///
/// # Errors
///
/// The arguments are not those of the call, or what the call says.
pub(crate) async fn answer<C: Answered>(desktop: &Desktop, args: Json) -> Result<Json, Fault> {
    let wrong = |why: serde_json::Error| crate::commands::wrong_arguments(&why);
    let call: C = serde_json::from_value(args).map_err(wrong)?;
    serde_json::to_value(call.answer(desktop).await?).map_err(wrong)
}

impl Answered for AskDesktop {
    async fn answer(self, desktop: &Desktop) -> Result<DesktopState, Fault> {
        Ok(desktop.state())
    }
}

impl Answered for SetDesktop {
    async fn answer(self, desktop: &Desktop) -> Result<DesktopState, Fault> {
        desktop.set(self.settings)
    }
}

impl Answered for TestNotification {
    async fn answer(self, desktop: &Desktop) -> Result<DesktopState, Fault> {
        let (answer, answered) = oneshot::channel();
        let nobody = || not_shown("nothing shows notifications on this system");
        desktop
            .ask
            .try_send(Asked::Test(answer))
            .map_err(|_| nobody())?;
        // Each question to the bus is bounded by itself; this holds whatever happens there.
        let answered = timeout(TEST, answered).await.map_err(|_| nobody())?;
        answered.map_err(|_| nobody())??;
        Ok(desktop.state())
    }
}

impl Answered for OpenFolder {
    async fn answer(self, desktop: &Desktop) -> Result<(), Fault> {
        desktop.folders.open(self.folder)
    }
}

impl Answered for Painted {
    async fn answer(self, desktop: &Desktop) -> Result<(), Fault> {
        desktop.watchdog.painted();
        Ok(())
    }
}

impl Answered for TakeLink {
    async fn answer(self, desktop: &Desktop) -> Result<Option<String>, Fault> {
        Ok(desktop.links.take())
    }
}
