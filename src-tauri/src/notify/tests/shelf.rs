//! A server of notifications as tests have it, on a real message bus: it keeps what it is told, and clicks and dismisses
//! as a person does. It draws nothing. The tests of the window use it as well.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use tauri::async_runtime::block_on;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, connection::Builder, interface, object_server::SignalEmitter};

const PATH: &str = "/org/freedesktop/Notifications";
const NAME: &str = "org.freedesktop.Notifications";

/// All that a server can do, as far as it matters here.
pub(crate) const ALL: [&str; 3] = ["actions", "body", "body-markup"];

/// What a server was told, in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard {
    Shown {
        number: u32,
        replaces: u32,
        title: String,
        body: String,
        actions: Vec<String>,
        hints: Vec<String>,
    },
    Closed(u32),
}

struct Shelf {
    heard: Arc<Mutex<Vec<Heard>>>,
    at: Arc<Mutex<Option<SystemTime>>>,
    can: Vec<String>,
    last: u32,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Shelf {
    fn get_capabilities(&self) -> Vec<String> {
        self.can.clone()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let text = |text: &str| text.to_owned();
        (text("shelf"), text("test"), text("7"), text("1.2"))
    }

    #[expect(clippy::too_many_arguments, reason = "the specification has them")]
    fn notify(
        &mut self,
        app_name: String,
        replaces: u32,
        _app_icon: String,
        title: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _expire_timeout: i32,
    ) -> u32 {
        assert_eq!(app_name, "Countersign");
        let number = if replaces == 0 {
            self.last += 1;
            self.last
        } else {
            replaces
        };
        let mut hints: Vec<String> = hints
            .iter()
            .map(|(name, value)| format!("{name}={:?}", **value))
            .collect();
        hints.sort();
        let shown = Heard::Shown {
            number,
            replaces,
            title,
            body,
            actions,
            hints,
        };
        *self.at.lock().unwrap() = Some(SystemTime::now());
        self.heard.lock().unwrap().push(shown);
        number
    }

    fn close_notification(&mut self, id: u32) {
        self.heard.lock().unwrap().push(Heard::Closed(id));
    }

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, key: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_closed(
        emitter: &SignalEmitter<'_>,
        id: u32,
        reason: u32,
    ) -> zbus::Result<()>;
}

/// A server of notifications; it ends when this is dropped.
pub(crate) struct Shop {
    bus: Connection,
    heard: Arc<Mutex<Vec<Heard>>>,
    at: Arc<Mutex<Option<SystemTime>>>,
}

impl Shop {
    pub(crate) fn open(address: &str, can: &[&str]) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let at = Arc::new(Mutex::new(None));
        let can = can.iter().map(|&one| one.to_owned()).collect();
        let shelf = Shelf {
            heard: Arc::clone(&heard),
            at: Arc::clone(&at),
            can,
            last: 0,
        };
        let bus = block_on(async {
            let builder = Builder::address(address).unwrap();
            let builder = builder.serve_at(PATH, shelf).unwrap().name(NAME).unwrap();
            builder.build().await.unwrap()
        });
        Self { bus, heard, at }
    }

    pub(crate) fn close(self) {
        block_on(self.bus.close()).unwrap();
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// When the last one was shown.
    pub(crate) fn shown_at(&self) -> Option<SystemTime> {
        *self.at.lock().unwrap()
    }

    /// A person clicks.
    pub(crate) fn click(&self, number: u32) {
        block_on(async {
            let emitter = SignalEmitter::new(&self.bus, PATH).unwrap();
            Shelf::action_invoked(&emitter, number, "default")
                .await
                .unwrap();
        });
    }

    /// A person dismisses.
    pub(crate) fn dismiss(&self, number: u32) {
        block_on(async {
            let emitter = SignalEmitter::new(&self.bus, PATH).unwrap();
            Shelf::notification_closed(&emitter, number, 2)
                .await
                .unwrap();
        });
    }

    /// The titles that are on the screen.
    pub(crate) fn titles(&self) -> Vec<String> {
        let mut shown = BTreeMap::new();
        for one in self.heard() {
            match one {
                Heard::Shown {
                    number,
                    title,
                    body,
                    ..
                } => shown.insert(number, format!("{title} | {body}")),
                Heard::Closed(number) => shown.remove(&number),
            };
        }
        shown.into_values().collect()
    }
}
