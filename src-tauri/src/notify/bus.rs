//! Notifications on Linux: the server that owns `org.freedesktop.Notifications` on the session's bus (Desktop
//! Notifications Specification 1.2). It keeps the connection, notices when the server goes or another one comes, and
//! passes on what a person did. What to show is not its matter.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use tauri::async_runtime::JoinHandle;
use tokio::sync::mpsc;
use tokio::time::timeout;
use zbus::fdo::DBusProxy;
use zbus::names::UniqueName;
use zbus::zvariant::Value;
use zbus::{Connection, connection::Builder};

use super::plan::Number;
use super::text::{Note, for_markup};
use super::{Said, Server};

/// The name on the bus.
const NAME: &str = "org.freedesktop.Notifications";

/// The bus has to answer within this; a server that is started by the call may need most of it.
const ANSWER: Duration = Duration::from_secs(5);

/// How long until the bus is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// The names that the package installs: icons after the program, the desktop entry after the product.
const ICON: &str = "countersign-desktop";
const DESKTOP_ENTRY: &str = "Countersign";

#[zbus::proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications",
    gen_blocking = false
)]
trait Notifications {
    fn get_capabilities(&self) -> zbus::Result<Vec<String>>;
    fn get_server_information(&self) -> zbus::Result<(String, String, String, String)>;
    #[expect(clippy::too_many_arguments, reason = "the specification has them")]
    fn notify(
        &self,
        app_name: &str,
        replaces_id: u32,
        app_icon: &str,
        summary: &str,
        body: &str,
        actions: &[&str],
        hints: &HashMap<&str, Value<'_>>,
        expire_timeout: i32,
    ) -> zbus::Result<u32>;
    fn close_notification(&self, id: u32) -> zbus::Result<()>;
    #[zbus(signal)]
    fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
    #[zbus(signal)]
    fn action_invoked(&self, id: u32, action_key: String) -> zbus::Result<()>;
}

/// The server on the session's bus.
pub(crate) struct Bus {
    here: Arc<Mutex<Option<Here>>>,
    said: mpsc::Receiver<Said>,
    listening: JoinHandle<()>,
}

/// A server that answers.
#[derive(Clone)]
struct Here {
    server: NotificationsProxy<'static>,
    owner: UniqueName<'static>,
    can: Can,
}

/// What a server can do, as far as it matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Can {
    actions: bool,
    body: bool,
    markup: bool,
}

impl Can {
    fn read(capabilities: &[String]) -> Self {
        let has = |name: &str| capabilities.iter().any(|one| one == name);
        Self {
            actions: has("actions"),
            body: has("body"),
            markup: has("body-markup"),
        }
    }
}

impl Bus {
    /// Listens on the bus with this address, or on the session's; goes on trying where there is none.
    pub(crate) fn listen(address: Option<String>) -> Self {
        let here = Arc::new(Mutex::new(None));
        let (tell, said) = mpsc::channel(64);
        let ear = Ear {
            here: Arc::clone(&here),
            tell,
        };
        let listening = tauri::async_runtime::spawn(ear.listen(address));
        Self {
            here,
            said,
            listening,
        }
    }

    fn here(&self) -> Result<Here, String> {
        let here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        here.clone().ok_or_else(|| missing(""))
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Server for Bus {
    async fn show(&self, note: &Note, replaces: Option<Number>) -> Result<Number, String> {
        let Here { server, can, .. } = self.here()?;
        let (title, body) = if can.body {
            (note.title.clone(), note.body.clone())
        } else {
            (format!("{}: {}", note.title, note.body), String::new())
        };
        let body = if can.markup { for_markup(&body) } else { body };
        // Never an action that decides: the click opens the card, and the card is read before it is answered.
        let actions: &[&str] = if can.actions && note.opens {
            &["default", "Open"]
        } else {
            &[]
        };
        let mut hints = HashMap::from([
            ("urgency", Value::U8(u8::from(!note.quiet))),
            ("desktop-entry", Value::from(DESKTOP_ENTRY)),
        ]);
        if note.quiet {
            hints.insert("suppress-sound", Value::Bool(true));
        }
        let replaces = replaces.unwrap_or(0);
        // -1: how long it stays is the server's setting. The banner in the window and the tray stay longer.
        let shown = server.notify(
            "Countersign",
            replaces,
            ICON,
            &title,
            &body,
            actions,
            &hints,
            -1,
        );
        shown.await.map_err(|why| missing(&why.to_string()))
    }

    async fn close(&self, number: Number) {
        if let Ok(Here { server, .. }) = self.here()
            && let Err(why) = server.close_notification(number).await
        {
            // It may be gone already.
            tracing::debug!(%why, "a notification could not be closed");
        }
    }

    async fn said(&mut self) -> Said {
        match self.said.recv().await {
            Some(said) => said,
            // The listener goes on until this is dropped.
            None => std::future::pending().await,
        }
    }
}

/// The task beside it that listens.
struct Ear {
    here: Arc<Mutex<Option<Here>>>,
    tell: mpsc::Sender<Said>,
}

impl Ear {
    async fn listen(self, address: Option<String>) {
        loop {
            let ended = match connect(address.as_deref()).await {
                Ok(bus) => self.hear(&bus).await,
                Err(why) => Err(why),
            };
            let why = match ended {
                Ok(()) => "the message bus has ended".to_owned(),
                Err(why) => why.to_string(),
            };
            self.gone(&why).await;
            if timeout(AGAIN, self.tell.closed()).await.is_ok() {
                return;
            }
        }
    }

    /// Until the bus ends.
    async fn hear(&self, bus: &Connection) -> zbus::Result<()> {
        let names = DBusProxy::new(bus).await?;
        let mut owners = names
            .receive_name_owner_changed_with_args(&[(0, NAME)])
            .await?;
        let server = NotificationsProxy::new(bus).await?;
        let mut invoked = server.receive_action_invoked().await?;
        let mut closed = server.receive_notification_closed().await?;
        self.greet(&names, &server).await;
        loop {
            tokio::select! {
                // Invoked before closed: servers send the one and then the other.
                biased;
                signal = invoked.next() => {
                    let Some(signal) = signal else { return Ok(()) };
                    self.tell(Said::Opened(signal.args()?.id)).await;
                }
                signal = closed.next() => {
                    let Some(signal) = signal else { return Ok(()) };
                    self.tell(Said::Went(signal.args()?.id)).await;
                }
                change = owners.next() => {
                    let Some(change) = change else { return Ok(()) };
                    let args = change.args()?;
                    match args.new_owner().as_ref() {
                        // The call that greeted it has started it: known already.
                        Some(owner) if self.owner().as_ref() == Some(owner) => {}
                        Some(_) => self.greet(&names, &server).await,
                        None => self.gone("its server has ended").await,
                    }
                }
            }
        }
    }

    /// Asks the server who it is and what it can do; the bus may start it for that.
    async fn greet(&self, names: &DBusProxy<'_>, server: &NotificationsProxy<'static>) {
        let greeted = async {
            let (name, _, version, _) = server.get_server_information().await?;
            let can = Can::read(&server.get_capabilities().await?);
            let well_known = NAME.try_into().map_err(zbus::Error::from)?;
            let owner = names.get_name_owner(well_known).await?.into();
            let server = server.clone();
            Ok::<_, zbus::Error>((format!("{name} {version}"), Here { server, owner, can }))
        };
        match greeted.await {
            Ok((name, here)) => {
                self.put(Some(here));
                self.tell(Said::Here(fleet::visible(name.trim(), 80))).await;
            }
            Err(why) => self.gone(&why.to_string()).await,
        }
    }

    async fn gone(&self, why: &str) {
        self.put(None);
        self.tell(Said::Gone(missing(why))).await;
    }

    fn put(&self, here: Option<Here>) {
        *self.here.lock().unwrap_or_else(PoisonError::into_inner) = here;
    }

    fn owner(&self) -> Option<UniqueName<'static>> {
        let here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        here.as_ref().map(|here| here.owner.clone())
    }

    async fn tell(&self, said: Said) {
        // Nobody listens any more: this task is about to be ended.
        let _ = self.tell.send(said).await;
    }
}

/// The bus with this address, or the session's.
///
/// # Errors
///
/// There is none, or it does not let this program in.
pub(crate) async fn connect(address: Option<&str>) -> zbus::Result<Connection> {
    let bus = match address {
        Some(address) => Builder::address(address)?,
        None => Builder::session()?,
    };
    bus.method_timeout(ANSWER).build().await
}

fn missing(why: &str) -> String {
    let why = fleet::visible(why, 200);
    let because = if why.is_empty() {
        why
    } else {
        format!(" ({why})")
    };
    format!(
        "No server for notifications answers{because}. Start one, dunst for example; what waits is shown as soon as \
         there is one."
    )
}
