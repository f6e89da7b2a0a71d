//! The doors' way in: a data folder that this process owns, one that another process owns (over its socket), or one that
//! is only read. The same calls and the same notices in all three.

use crate::{
    answer::{self, Office},
    descriptors, faults,
    mailbox::{Mailbox, Message},
    main_loop::MainLoop,
    options::OpenOptions,
    perform::World,
    ports,
    signing::{self, Signing},
    socket,
    values::StoredValues,
    workflows::Definitions,
};
use api::{Call, Fault, Notice, Topic};
use keychain::Keychain;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak, mpsc as std_mpsc},
    thread,
    time::Duration,
};
use store::{OpenFault, Options, Reader, Store};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    time,
};
use tools::Catalogue;

/// How long snapshots and measurements are kept (semantics.md 23); of each agent the latest snapshot stays.
const TELEMETRY_DAYS: i64 = 90;

/// Who is at the door. Only a person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person at the window.
    Window,
    /// A person at a terminal.
    Terminal,
    /// A program: nobody is there.
    Script,
}

impl Origin {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Origin::Window => "window",
            Origin::Terminal => "terminal",
            Origin::Script => "script",
        }
    }
}

/// The way to an engine.
#[derive(Clone)]
pub struct Door(Inner);

#[derive(Clone)]
enum Inner {
    Local(Arc<Local>),
    Remote(socket::Client),
    Reading(Arc<Reader>),
    Secrets(Arc<Keychain>),
}

/// An engine in this process.
struct Local {
    /// Taken when the engine is closed.
    office: Mutex<Option<Arc<Office>>>,
    /// Gone when the folder is free.
    store: Weak<()>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
    server: Mutex<Option<socket::Server>>,
    signing: Mutex<Option<Signing>>,
}

impl Local {
    fn office(&self) -> Result<Arc<Office>, Fault> {
        let office = self
            .office
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        office.ok_or_else(faults::closing)
    }
}

/// Opens a data folder: here, or at the process that owns it.
///
/// # Errors
/// The folder cannot be used, or its owner does not answer.
pub async fn open(options: OpenOptions) -> Result<Door, Fault> {
    descriptors::raise();
    let runtime = Handle::current();
    let dir = options.data_dir.clone();
    let downloads = options.downloads();
    let keychain = Arc::new(options.secrets.open());
    let opened = tokio::task::spawn_blocking(move || {
        Store::open(
            &options.data_dir,
            Options {
                program: options.program,
                ..Options::default()
            },
        )
    })
    .await
    .map_err(faults::internal)?;
    match opened {
        Ok(store) => {
            let catalogue = Catalogue::builtin();
            tokio::task::spawn_blocking(move || {
                own(dir, downloads, store, runtime, catalogue, keychain)
            })
            .await
            .map_err(faults::internal)?
        }
        Err(fault @ OpenFault::InUse { .. }) => match socket::Client::connect(&dir).await {
            Ok(client) => Ok(Door(Inner::Remote(client))),
            Err(error) => {
                Err(faults::open(&fault).with_detail(format!("its owner does not answer: {error}")))
            }
        },
        Err(fault) => Err(faults::open(&fault)),
    }
}

/// Opens a data folder for reading, beside its owner or without one.
///
/// # Errors
/// The folder cannot be read.
pub async fn open_for_reading(data_dir: &Path) -> Result<Door, Fault> {
    let dir = data_dir.to_owned();
    let reader = tokio::task::spawn_blocking(move || Reader::open(&dir))
        .await
        .map_err(faults::internal)?;
    reader
        .map(|reader| Door(Inner::Reading(Arc::new(reader))))
        .map_err(|fault| faults::open(&fault))
}

/// A way to the secrets alone: at the engine that owns the folder, which may hold some in memory, else at the keychain.
/// No engine is started: runs do not go on because somebody stores a password.
pub async fn open_for_secrets(options: OpenOptions) -> Door {
    match socket::Client::connect(&options.data_dir).await {
        Ok(client) => Door(Inner::Remote(client)),
        // Nobody owns the folder.
        Err(_) => Door(Inner::Secrets(Arc::new(options.secrets.open()))),
    }
}

/// The engine of this process over a store, with these tools and secrets.
pub(crate) fn own(
    dir: PathBuf,
    downloads: PathBuf,
    store: Store,
    runtime: Handle,
    catalogue: Catalogue,
    keychain: Arc<Keychain>,
) -> Result<Door, Fault> {
    let store = Arc::new(store);
    let values = Arc::new(StoredValues::new(Arc::clone(&store)));
    let catalogue = Arc::new(catalogue);
    let (sender, messages) = std_mpsc::channel();
    let mailbox = Mailbox(sender);
    let folder = dir.join("workflows");
    std::fs::create_dir_all(&folder).map_err(|error| {
        let title = format!("The definitions folder {} cannot be made", folder.display());
        Fault::new(
            "folder_unusable",
            title,
            "Give your user the right to write there",
        )
        .with_detail(error.to_string())
    })?;
    let definitions = Arc::new(Definitions::open(&folder, &catalogue, mailbox.clone()));
    let signing = signing::start(&store, Arc::clone(&keychain), &runtime);
    let kept = Arc::clone(&store);
    runtime.spawn_blocking(move || {
        let before_us = crate::now_us() - TELEMETRY_DAYS * 86_400_000_000;
        if let Err(fault) = kept.prune_telemetry(before_us) {
            tracing::warn!(%fault, "old telemetry could not be let go");
        }
    });
    let world = Arc::new(World {
        ports: Arc::new(ports::over(&store, keychain.clone())),
        store: Arc::clone(&store),
        values: Arc::clone(&values),
        catalogue,
        data_dir: dir.clone(),
        mailbox: mailbox.clone(),
        runtime: runtime.clone(),
    });
    let office = Arc::new(Office {
        store,
        values,
        definitions,
        mailbox,
        data_dir: dir.clone(),
        downloads,
        world: Arc::clone(&world),
        keychain,
    });
    // Weak: the loop must not keep alive what is closed after it.
    let weak = Arc::downgrade(&office);
    let unknown = office.state();
    let state = Arc::new(move || {
        weak.upgrade()
            .map_or_else(|| unknown.clone(), |office| office.state())
    });
    let mut main_loop = MainLoop::new(world, state);
    main_loop.recover()?;
    let thread = thread::Builder::new()
        .name("engine".to_owned())
        .spawn(move || main_loop.run(&messages))
        .map_err(faults::internal)?;
    let server = match socket::Server::start(&dir, Arc::clone(&office), &runtime) {
        Ok(server) => server,
        Err(error) => {
            tracing::warn!(%error, "other programs cannot reach this engine");
            None
        }
    };
    Ok(Door(Inner::Local(Arc::new(Local {
        store: office.store.alive(),
        office: Mutex::new(Some(office)),
        thread: Mutex::new(Some(thread)),
        server: Mutex::new(server),
        signing: Mutex::new(signing),
    }))))
}

impl Door {
    /// A call of the table.
    ///
    /// # Errors
    /// What the engine refuses or cannot do.
    pub async fn call<C: Call>(&self, call: C, origin: Origin) -> Result<C::Reply, Fault> {
        let args = serde_json::to_value(call).map_err(faults::internal)?;
        let reply = self.dispatch(C::NAME, args, origin).await?;
        serde_json::from_value(reply).map_err(faults::internal)
    }

    /// A call by its name, with JSON arguments and reply.
    ///
    /// # Errors
    /// What the engine refuses or cannot do.
    pub async fn dispatch(&self, name: &str, args: Json, origin: Origin) -> Result<Json, Fault> {
        match &self.0 {
            Inner::Local(local) => local.office()?.dispatch(name, args, origin).await,
            Inner::Remote(client) => client.call(name, args, origin).await,
            Inner::Reading(reader) => {
                let (reader, name) = (Arc::clone(reader), name.to_owned());
                tokio::task::spawn_blocking(move || answer::answer_reading(&reader, &name, args))
                    .await
                    .map_err(faults::internal)?
            }
            Inner::Secrets(keychain) => answer::answer_secrets(keychain, name, args).await,
        }
    }

    /// Follows a topic: first how things stand, then what changes.
    ///
    /// # Errors
    /// The topic does not exist, or nothing can be followed here.
    pub async fn follow(&self, topic: Topic) -> Result<mpsc::Receiver<Notice>, Fault> {
        match &self.0 {
            Inner::Local(local) => local.office()?.follow(topic).await,
            Inner::Remote(client) => client.follow(topic).await,
            Inner::Reading(_) | Inner::Secrets(_) => Err(Fault::new(
                "reading_only",
                "A data folder that is open for reading only cannot be followed",
                "Look again, or follow where the engine runs",
            )),
        }
    }

    /// Does another process own the folder?
    pub fn is_remote(&self) -> bool {
        matches!(self.0, Inner::Remote(_))
    }

    /// Ends the engine of this process and gives up the folder: reads are stopped, changes under way get a moment; runs
    /// can be resumed.
    pub async fn close(self) {
        let Inner::Local(local) = &self.0 else { return };
        let server = local
            .server
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(server) = server {
            server.stop().await;
        }
        let Some(office) = local
            .office
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        else {
            return;
        };
        let mut signing = local
            .signing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(signing) = &mut signing {
            signing.about_to_close().await;
        }
        let (done, closed) = oneshot::channel();
        office.mailbox.send(Message::Close { done });
        drop(office);
        // The loop may have ended already.
        let _ = closed.await;
        let thread = local
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // The loop has said that it ends; a panic was reported when it happened.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        // Tasks that were stopped let go of the store a moment later; only then the folder is free.
        let mut look = time::interval(Duration::from_millis(5));
        let gone = async {
            while local.store.strong_count() > 0 {
                look.tick().await;
            }
        };
        if time::timeout(Duration::from_secs(5), gone).await.is_err() {
            tracing::warn!("something still holds the data folder");
        }
        if let Some(signing) = signing {
            signing.closed().await;
        }
    }
}

impl Office {
    pub(crate) async fn follow(&self, topic: Topic) -> Result<mpsc::Receiver<Notice>, Fault> {
        let (reply, followed) = oneshot::channel();
        self.mailbox.send(Message::Follow { topic, reply });
        followed.await.unwrap_or_else(|_| Err(faults::closing()))
    }
}
