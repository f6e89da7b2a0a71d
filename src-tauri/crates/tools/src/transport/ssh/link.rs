//! The kept connections: one for each target, made once for all who ask at the same time, opened anew when it dropped,
//! closed when nobody used it. What goes over them is `exec`; how one is made is `handshake` and `login`.

use super::configs::Configs;
use super::fault;
use super::handshake::{self, Seen, Watch};
use super::keys::KeyRing;
use super::login;
use super::target::Target;
use super::{HostLimits, Scanned};
use crate::Context;
use crate::known_hosts::{self, Trust};
use russh::Channel;
use russh::client::{Handle, Msg};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Mutex as Turn, Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};
use workflow::ToolError;

/// How long to wait for a session when the host refuses one although none of ours is open: it may still be burying
/// the last one.
const BURYING: Duration = Duration::from_secs(3);
/// How often a refused session is asked for again.
const ASK_AGAIN: Duration = Duration::from_millis(40);

/// What `Hosts` shares with its own tasks.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) limits: HostLimits,
    pub(super) ring: KeyRing,
    configs: Configs,
    handshakes: Semaphore,
    slots: Mutex<HashMap<Target, Arc<Slot>>>,
    sweeping: std::sync::Once,
}

/// The place of one kept connection. Whoever holds the turn makes it; the others wait and share what comes of it.
#[derive(Debug, Default)]
struct Slot {
    turn: Turn<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    link: Option<Arc<Link>>,
    failed: Option<(Instant, ToolError)>,
}

/// A connection that is logged in.
pub(super) struct Link {
    handle: Handle<Watch>,
    seen: Arc<Seen>,
    target: Target,
    limits: HostLimits,
    sessions: Arc<Semaphore>,
    open: AtomicUsize,
    ended: Notify,
    used: Mutex<Instant>,
    /// The host, port and key that a person trusted in this program; none: the files of OpenSSH know it.
    trusted_here: Option<(String, u16, String)>,
    /// Kept alive as long as something goes through it.
    _through: Option<Arc<Link>>,
}

/// A session of a connection, for one command.
pub(super) struct Session {
    pub(super) channel: Channel<Msg>,
    pub(super) place: Place,
}

/// The right to one session; given back when it is dropped.
pub(super) struct Place {
    pub(super) link: Arc<Link>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.link.open.fetch_sub(1, Ordering::AcqRel);
        *lock(&self.link.used) = Instant::now();
        self.link.ended.notify_waiters();
    }
}

/// Why there is no session.
enum NoSession {
    /// The connection is gone or does not answer: another one may do.
    Gone(ToolError),
    Refused(ToolError),
}

impl Default for Inner {
    fn default() -> Inner {
        Inner::new(HostLimits::default())
    }
}

impl Inner {
    pub(super) fn new(limits: HostLimits) -> Inner {
        Inner {
            limits,
            ring: KeyRing::default(),
            configs: Configs::default(),
            handshakes: Semaphore::new(limits.handshakes),
            slots: Mutex::default(),
            sweeping: std::sync::Once::new(),
        }
    }

    /// A session with the target, over the kept connection; if that one has dropped, over a new one, once.
    pub(super) async fn session(
        self: &Arc<Inner>,
        target: &Target,
        context: &Context,
    ) -> Result<Session, ToolError> {
        let link = self.link(target, context).await?;
        match link.session().await {
            Ok(session) => return Ok(session),
            Err(NoSession::Refused(error)) => return Err(error),
            Err(NoSession::Gone(_)) => self.forget(target, &link).await,
        }
        drop(link);
        let link = self.link(target, context).await?;
        match link.session().await {
            Ok(session) => Ok(session),
            Err(NoSession::Refused(error) | NoSession::Gone(error)) => Err(error),
        }
    }

    /// The key that the target shows.
    pub(super) async fn scan(
        self: &Arc<Inner>,
        target: &Target,
        context: &Context,
    ) -> Result<Scanned, ToolError> {
        let config = self.configs.of(target).await?;
        let through = self.way_to(target, context).await?;
        let _turn = self.handshakes.acquire().await;
        handshake::scan(self, target, &config, through.as_deref(), context).await
    }

    /// The kept connection to the target, or a new one.
    async fn link(
        self: &Arc<Inner>,
        target: &Target,
        context: &Context,
    ) -> Result<Arc<Link>, ToolError> {
        let asked = Instant::now();
        let slot = Arc::clone(lock(&self.slots).entry(target.clone()).or_default());
        let mut kept = slot.turn.lock().await;
        if let Some(link) = &kept.link
            && !link.handle.is_closed()
            && link.is_still_trusted(context).await?
        {
            *lock(&link.used) = Instant::now();
            return Ok(Arc::clone(link));
        }
        // Who waited while an attempt failed shares its end: a dead host is tried once, not once for each call.
        if let Some((when, error)) = &kept.failed
            && *when >= asked
        {
            return Err(error.clone());
        }
        *kept = Kept::default();
        match self.make(target, context).await {
            Ok(link) => {
                kept.link = Some(Arc::clone(&link));
                drop(kept);
                self.keep_swept();
                Ok(link)
            }
            Err(error) => {
                kept.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn make(
        self: &Arc<Inner>,
        target: &Target,
        context: &Context,
    ) -> Result<Arc<Link>, ToolError> {
        let config = self.configs.of(target).await?;
        let through = self.way_to(target, context).await?;
        let turn = self.handshakes.acquire().await;
        let (mut handle, seen) =
            handshake::open(self, target, &config, through.as_deref(), context).await?;
        login::login(self, &mut handle, &seen, target, &config, context).await?;
        drop(turn);
        let (host, port) = target.key_host(config.host_key_alias.as_deref());
        let trusted_here = seen
            .shown()
            .filter(|shown| matches!(&shown.trust, Trust::Trusted { by } if by == known_hosts::OWN))
            .map(|shown| (host.to_owned(), port, shown.key));
        Ok(Arc::new(Link {
            trusted_here,
            handle,
            seen,
            target: target.clone(),
            limits: self.limits,
            sessions: Arc::new(Semaphore::new(self.limits.sessions)),
            open: AtomicUsize::new(0),
            ended: Notify::new(),
            used: Mutex::new(Instant::now()),
            _through: through,
        }))
    }

    /// The connection to the host right before the target, shared by all targets behind it.
    async fn way_to(
        self: &Arc<Inner>,
        target: &Target,
        context: &Context,
    ) -> Result<Option<Arc<Link>>, ToolError> {
        match target.before() {
            Some(before) => Box::pin(self.link(&before, context)).await.map(Some),
            None => Ok(None),
        }
    }

    /// Takes a connection out that does not work any more, if it is still the kept one.
    async fn forget(&self, target: &Target, gone: &Arc<Link>) {
        let slot = lock(&self.slots).get(target).cloned();
        if let Some(slot) = slot {
            let mut kept = slot.turn.lock().await;
            if kept
                .link
                .as_ref()
                .is_some_and(|link| Arc::ptr_eq(link, gone))
            {
                kept.link = None;
            }
        }
    }

    /// Starts the task that closes what is not used, once. It ends with the `Hosts`.
    fn keep_swept(self: &Arc<Inner>) {
        self.sweeping.call_once(|| {
            let hosts = Arc::downgrade(self);
            let every = (self.limits.idle / 4).max(Duration::from_millis(20));
            tokio::spawn(sweep_on(hosts, every));
        });
        self.sweep();
    }

    /// Closes dropped, idle and surplus connections. One that is in use, or that others go through, stays.
    fn sweep(&self) {
        let mut idle = Vec::new();
        let mut slots = lock(&self.slots);
        slots.retain(|target, slot| {
            // Somebody is making or taking it right now.
            let Ok(kept) = slot.turn.try_lock() else {
                return true;
            };
            if Arc::strong_count(slot) > 1 {
                return true;
            }
            let Some(link) = &kept.link else {
                return false;
            };
            if link.handle.is_closed() {
                return false;
            }
            if Arc::strong_count(link) == 1 {
                let used = *lock(&link.used);
                if used.elapsed() >= self.limits.idle {
                    return false;
                }
                idle.push((used, target.clone()));
            }
            true
        });
        let surplus = slots.len().saturating_sub(self.limits.kept);
        idle.sort_by_key(|(used, _)| *used);
        for (_, target) in idle.into_iter().take(surplus) {
            slots.remove(&target);
        }
        drop(slots);
        self.ring.forget_unused(self.limits.idle);
    }
}

async fn sweep_on(hosts: Weak<Inner>, every: Duration) {
    let mut tick = tokio::time::interval(every);
    loop {
        tick.tick().await;
        match hosts.upgrade() {
            Some(hosts) => hosts.sweep(),
            None => return,
        }
    }
}

impl Link {
    /// A key that a person took back holds no connection open: looked at whenever the connection is to be used again.
    async fn is_still_trusted(&self, context: &Context) -> Result<bool, ToolError> {
        let Some((host, port, key)) = &self.trusted_here else {
            return Ok(true);
        };
        let trusted = context.ports.host_keys.trusted(host, *port).await?;
        Ok(trusted.contains(key))
    }

    /// For messages.
    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// The reason the host gave when it closed the connection.
    pub(super) fn parting(&self) -> Option<String> {
        self.seen.parting()
    }

    /// A session for one command. When the host allows fewer at once than we do, waits for one of ours to end.
    async fn session(self: &Arc<Link>) -> Result<Session, NoSession> {
        let permit = match Arc::clone(&self.sessions).acquire_owned().await {
            Ok(permit) => permit,
            Err(_) => return Err(NoSession::Gone(fault::lost_before(self, None))),
        };
        self.open.fetch_add(1, Ordering::AcqRel);
        let place = Place {
            link: Arc::clone(self),
            _permit: permit,
        };
        let began = Instant::now();
        loop {
            let ended = self.ended.notified();
            match self.try_session().await {
                Ok(channel) => return Ok(Session { channel, place }),
                Err(russh::Error::ChannelOpenFailure(reason)) => {
                    let others = self.open.load(Ordering::Acquire) > 1;
                    if !others && began.elapsed() > BURYING {
                        return Err(NoSession::Refused(fault::no_sessions(self, &reason)));
                    }
                    // One of ours may have ended before we listened, so do not wait for that alone.
                    let _ = timeout(ASK_AGAIN, ended).await;
                }
                Err(error) => return Err(NoSession::Gone(fault::lost_before(self, Some(&error)))),
            }
        }
    }

    /// A session now, beside the ones that are counted: for stopping what one of those runs.
    pub(super) async fn try_session(&self) -> Result<Channel<Msg>, russh::Error> {
        timeout(self.limits.connect, self.handle.channel_open_session()).await?
    }

    /// A way through this host to the target.
    pub(super) async fn tunnel(
        &self,
        target: &Target,
        deadline: Instant,
    ) -> Result<russh::ChannelStream<Msg>, ToolError> {
        let opening = self.handle.channel_open_direct_tcpip(
            target.address.as_str(),
            u32::from(target.port),
            "127.0.0.1",
            0,
        );
        match timeout_at(deadline, opening).await {
            Ok(Ok(channel)) => Ok(channel.into_stream()),
            Ok(Err(russh::Error::ChannelOpenFailure(reason))) => {
                Err(fault::no_way_through(self, target, &reason))
            }
            Ok(Err(error)) => Err(fault::lost_before(self, Some(&error))),
            Err(_) => Err(fault::too_slow(
                target,
                fault::Step::Address,
                self.limits.connect,
            )),
        }
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
