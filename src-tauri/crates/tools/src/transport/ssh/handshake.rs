//! From an address to an encrypted connection whose host key was judged. Fails closed: only `Trust::Trusted` goes on,
//! and until then nothing about the user has been said. Logging in is `login`.

use super::fault::{self, Step};
use super::link::Inner;
use super::target::Target;
use super::{Scanned, link::Link};
use crate::Context;
use crate::known_hosts::{self, Trust};
use crate::ssh_config::Resolved;
use russh::client::{self, DisconnectReason, Handle};
use russh::keys::{Algorithm, HashAlg, PublicKeyOrCertificate};
use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Waker, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use workflow::ToolError;

const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVES_MISSED: usize = 3;
/// What a host may send before the reader takes it; more waits in the network.
const WINDOW_BYTES: u32 = 256 * 1024;
const PACKET_BYTES: u32 = 32 * 1024;
const MESSAGES_WAITING: usize = 16;
/// How much of a host's first words is kept to be shown when it does not speak SSH.
const FIRST_BYTES: usize = 200;
/// The least time that each of several addresses gets.
const LEAST_FOR_ADDRESS: Duration = Duration::from_secs(2);

/// What the connection's task saw, for those who ask when it has ended.
#[derive(Debug, Default)]
pub(super) struct Seen {
    first: Mutex<Vec<u8>>,
    shown: Mutex<Option<Scanned>>,
    parting: Mutex<Option<String>>,
}

impl Seen {
    /// The host's first bytes.
    pub(super) fn first(&self) -> Vec<u8> {
        lock(&self.first).clone()
    }

    /// The reason the host gave when it closed the connection; hostile text.
    pub(super) fn parting(&self) -> Option<String> {
        lock(&self.parting).clone()
    }

    pub(super) fn shown(&self) -> Option<Scanned> {
        lock(&self.shown).clone()
    }
}

/// Judges the host key, in the connection's task.
pub(super) struct Watch {
    seen: Arc<Seen>,
    place: KeyPlace,
    scan: bool,
}

/// Where the host's key is looked up.
#[derive(Clone)]
struct KeyPlace {
    host: String,
    port: u16,
    own: Vec<String>,
    files: Vec<PathBuf>,
    /// The fingerprint that it was registered with: another key is not gone on with, however it is known.
    pin: Option<String>,
}

impl client::Handler for Watch {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        // Certificates of hosts are never asked for, so one is an answer to nothing.
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else {
            return Ok(false);
        };
        let text = key.to_openssh()?;
        let (place, judged) = (self.place.clone(), text.clone());
        let trust = tokio::task::spawn_blocking(move || {
            known_hosts::judge(&place.host, place.port, &judged, &place.own, &place.files)
        })
        .await
        .map_err(|_| russh::Error::UnknownKey)?;
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        let trust = match (trust, &self.place.pin) {
            (Trust::Trusted { .. }, Some(pin)) if *pin != fingerprint => Trust::Changed {
                old: pin.clone(),
                place: super::AGENTS_ROW.to_owned(),
            },
            (trust, _) => trust,
        };
        let trusted = matches!(trust, Trust::Trusted { .. });
        *lock(&self.seen.shown) = Some(Scanned {
            algorithm: key.algorithm().to_string(),
            fingerprint,
            key: text,
            trust,
        });
        Ok(trusted && !self.scan)
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<russh::Error>,
    ) -> Result<(), russh::Error> {
        match reason {
            DisconnectReason::ReceivedDisconnect(told) => {
                *lock(&self.seen.parting) = Some(told.message);
                Ok(())
            }
            DisconnectReason::Error(error) => Err(error),
        }
    }
}

/// A connection with a trusted host, not logged in yet.
pub(super) async fn open(
    hosts: &Inner,
    target: &Target,
    config: &Resolved,
    through: Option<&Link>,
    context: &Context,
) -> Result<(Handle<Watch>, Arc<Seen>), ToolError> {
    let (result, seen) = exchange(hosts, target, config, through, context, false).await?;
    match (result, seen.shown()) {
        (Ok(handle), Some(shown)) if matches!(shown.trust, Trust::Trusted { .. }) => {
            Ok((handle, seen))
        }
        (_, Some(shown)) if !matches!(shown.trust, Trust::Trusted { .. }) => {
            Err(fault::untrusted(target, &shown))
        }
        (Err(error), _) => Err(fault::handshake(target, &error, &seen)),
        (Ok(_), _) => Err(fault::handshake(target, &russh::Error::UnknownKey, &seen)),
    }
}

/// The key a host shows.
pub(super) async fn scan(
    hosts: &Inner,
    target: &Target,
    config: &Resolved,
    through: Option<&Link>,
    context: &Context,
) -> Result<Scanned, ToolError> {
    let (result, seen) = exchange(hosts, target, config, through, context, true).await?;
    match (seen.shown(), result) {
        (Some(shown), _) => Ok(shown),
        (None, Err(error)) => Err(fault::handshake(target, &error, &seen)),
        (None, Ok(_)) => Err(fault::handshake(target, &russh::Error::UnknownKey, &seen)),
    }
}

type Exchanged = (Result<Handle<Watch>, russh::Error>, Arc<Seen>);

async fn exchange(
    hosts: &Inner,
    target: &Target,
    config: &Resolved,
    through: Option<&Link>,
    context: &Context,
    scan: bool,
) -> Result<Exchanged, ToolError> {
    let (host, port) = target.key_host(config.host_key_alias.as_deref());
    let place = KeyPlace {
        own: context.ports.host_keys.trusted(host, port).await?,
        host: host.to_owned(),
        port,
        files: config.known_hosts.clone(),
        pin: target.pin.clone(),
    };
    let asked = place.clone();
    let known = crate::blocking(move || {
        Ok(known_hosts::known_algorithms(
            &asked.host,
            asked.port,
            &asked.own,
            &asked.files,
        ))
    })
    .await?;
    let seen = Arc::new(Seen::default());
    let watch = Watch {
        seen: Arc::clone(&seen),
        place,
        scan,
    };
    let deadline = Instant::now() + hosts.limits.connect;
    let stream: Box<dyn Duplex> = match through {
        None => Box::new(dial(target, deadline).await?),
        Some(link) => Box::new(link.tunnel(target, deadline).await?),
    };
    let stream = Noted {
        stream,
        seen: Arc::clone(&seen),
    };
    let talk = client::connect_stream(Arc::new(settings(&known)), stream, watch);
    match timeout_at(deadline, talk).await {
        Ok(result) => Ok((result, seen)),
        Err(_) if seen.shown().is_some() => Ok((Err(russh::Error::ConnectionTimeout), seen)),
        Err(_) => {
            let step = if seen.first().starts_with(b"SSH-") {
                Step::KeyExchange
            } else {
                Step::Banner
            };
            Err(fault::too_slow(target, step, hosts.limits.connect))
        }
    }
}

/// What is offered to a host. The kinds of key that are known for it come first, as OpenSSH does: a host with a known
/// ed25519 key that shows its other key would look unknown.
fn settings(known: &[String]) -> client::Config {
    let mut keys: Vec<Algorithm> = russh::Preferred::DEFAULT
        .key
        .iter()
        .filter(|algorithm| **algorithm != Algorithm::Rsa { hash: None })
        .cloned()
        .collect();
    // RSA keys are known by one name and offered by the names of their hashes (RFC 8332).
    let is_known = |algorithm: &Algorithm| {
        let name = if matches!(algorithm, Algorithm::Rsa { .. }) {
            "ssh-rsa"
        } else {
            algorithm.as_str()
        };
        known.iter().any(|known| known == name)
    };
    keys.sort_by_key(|algorithm| !is_known(algorithm));
    client::Config {
        client_id: russh::SshId::Standard(Cow::Borrowed("SSH-2.0-Countersign")),
        window_size: WINDOW_BYTES,
        maximum_packet_size: PACKET_BYTES,
        channel_buffer_size: MESSAGES_WAITING,
        keepalive_interval: Some(KEEPALIVE),
        keepalive_max: KEEPALIVES_MISSED,
        nodelay: true,
        preferred: russh::Preferred {
            key: Cow::Owned(keys),
            ..russh::Preferred::DEFAULT
        },
        ..client::Config::default()
    }
}

/// A TCP connection, over the first of the host's addresses that answers.
async fn dial(target: &Target, deadline: Instant) -> Result<TcpStream, ToolError> {
    let place = (target.address.as_str(), target.port);
    let addresses: Vec<_> = match timeout_at(deadline, tokio::net::lookup_host(place)).await {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(error)) => return Err(fault::no_such_name(target, &error.to_string())),
        Err(_) => {
            return Err(fault::no_such_name(
                target,
                "the name service did not answer",
            ));
        }
    };
    let mut last = fault::no_such_name(target, "the name has no address");
    for (index, address) in addresses.iter().enumerate() {
        let now = Instant::now();
        let left = u32::try_from(addresses.len() - index).unwrap_or(1);
        let share = deadline.saturating_duration_since(now) / left;
        let until = deadline.min(now + share.max(LEAST_FOR_ADDRESS));
        last = match timeout_at(until, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Without it a short command waits for the other side's delayed acknowledgement (RFC 896).
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => fault::unreachable(target, &error),
            Err(_) => fault::too_slow(target, Step::Address, until - now),
        };
    }
    Err(last)
}

/// Both ways of a byte stream.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// Keeps the first bytes that come, to be shown when they are not SSH.
struct Noted {
    stream: Box<dyn Duplex>,
    seen: Arc<Seen>,
}

impl AsyncRead for Noted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        waker: &mut Waker<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(waker, buffer);
        let mut first = lock(&self.seen.first);
        let room = FIRST_BYTES.saturating_sub(first.len());
        if room > 0 {
            let came = &buffer.filled()[before..];
            first.extend_from_slice(&came[..came.len().min(room)]);
        }
        result
    }
}

impl AsyncWrite for Noted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        waker: &mut Waker<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(waker, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(waker)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(waker)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
