//! The functions, over this computer and over real ssh with connections that are cut.

use super::exited;
use crate::job::answer::{Piece, Seen, State};
use crate::job::host::{Bounds, Order, cancel, follow, forget, look, settle, start};
use crate::testing::{Stage, World};
use crate::transport::SshHost;
use fleet::{Agent, Transport};
use std::path::Path;
use std::time::Duration;
use workflow::{Digest, Outcome, ToolError};

const BOUNDS: Bounds = Bounds {
    bytes: 300_001,
    wait: Duration::from_secs(5),
};

/// An agent and the way to it.
struct Way<'a> {
    agent: Agent,
    stage: &'a Stage,
    id: Digest,
}

impl Way<'_> {
    async fn start(&self, script: &str, args: &[&str]) -> Result<Seen, ToolError> {
        let order = Order {
            script,
            args,
            env: &[("GREETING", "it's $HOME")],
        };
        start(&self.agent, self.id, order, &self.stage.context).await
    }

    async fn follow(&self, from: u64) -> Result<Piece, ToolError> {
        follow(&self.agent, self.id, from, BOUNDS, &self.stage.context).await
    }

    async fn look(&self) -> Seen {
        look(&self.agent, self.id, &self.stage.context)
            .await
            .unwrap()
    }
}

/// The whole log, piece by piece; what fails is asked for again. Gives how often that was, and how the job ended.
async fn whole(way: &Way<'_>) -> (Vec<u8>, usize, Seen) {
    let (mut log, mut failed) = (Vec::new(), 0);
    loop {
        let piece = match way.follow(log.len() as u64).await {
            Ok(piece) => piece,
            Err(error) => {
                assert_ne!(error.outcome, Outcome::Unknown, "{error:?}");
                failed += 1;
                assert!(failed < 50, "{error:?}");
                continue;
            }
        };
        assert_eq!(piece.from, log.len() as u64);
        assert!(piece.bytes.len() <= BOUNDS.bytes);
        log.extend_from_slice(&piece.bytes);
        if piece.is_last() {
            return (log, failed, piece.seen);
        }
    }
}

/// Writes 5 MB of every byte there is, in bursts, and beside the log into a file.
const FLOOD: &str = "i=0
while [ $i -lt 20 ]; do head -c 250000 /dev/urandom | tee -a \"$1\"; sleep 0.1; i=$((i + 1)); done";

fn check(log: &[u8], written: &Path) {
    let written = std::fs::read(written).unwrap();
    assert_eq!(written.len(), 5_000_000);
    assert!(log == written, "the log of {} bytes differs", log.len());
}

#[tokio::test]
async fn a_large_log_is_followed_byte_for_byte() {
    let stage = Stage::with(World::default());
    let id = Digest::of(b"a job");
    let way = Way {
        agent: Agent::this_computer(),
        stage: &stage,
        id,
    };
    assert_eq!(way.look().await.state, State::None);
    let copy = stage.path("copy");
    way.start(FLOOD, &[copy.to_str().unwrap()]).await.unwrap();
    let (log, failed, seen) = whole(&way).await;
    check(&log, &copy);
    assert!(failed == 0 && exited(0, &seen));
    let beyond = way.follow(5_000_001).await.unwrap_err();
    assert_eq!(
        (beyond.code.as_str(), beyond.outcome),
        ("log_cut", Outcome::NotDone)
    );
    let gone = forget(&way.agent, id, &stage.context).await.unwrap();
    assert_eq!((gone, way.look().await.state), (seen, State::None));
}

#[tokio::test]
async fn what_is_given_along_arrives_and_what_is_no_name_is_refused() {
    let stage = Stage::with(World::default());
    let way = Way {
        agent: Agent::this_computer(),
        stage: &stage,
        id: Digest::of(b"env"),
    };
    way.start("printf %s \"$GREETING\"", &[]).await.unwrap();
    assert_eq!(whole(&way).await.0, b"it's $HOME");
    let order = Order {
        script: "",
        args: &[],
        env: &[("A=b; x", "")],
    };
    let error = start(&way.agent, way.id, order, &stage.context)
        .await
        .unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("invalid_arguments", Outcome::NotStarted)
    );
}

fn over_ssh<'a>(host: &'a SshHost, id: &[u8]) -> Way<'a> {
    let agent = Agent {
        transport: Transport::Ssh(host.connection()),
        ..Agent::this_computer()
    };
    Way {
        agent,
        stage: &host.stage,
        id: Digest::of(id),
    }
}

async fn pause(millis: u64) {
    let _ = tokio::time::timeout(Duration::from_millis(millis), std::future::pending::<()>()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_lose_and_double_no_byte() {
    let Some(host) = SshHost::new() else { return };
    let way = over_ssh(&host, b"over ssh");
    let copy = host.stage.path("copy");
    way.start(&format!("sleep 1; {FLOOD}"), &[copy.to_str().unwrap()])
        .await
        .unwrap();
    // It waits for the first byte when the connection is cut.
    let (piece, ()) = tokio::join!(way.follow(0), async {
        pause(400).await;
        host.sshd.cut();
    });
    let error = piece.unwrap_err();
    assert_eq!(error.outcome, Outcome::NotDone, "{error:?}");
    let cutting = async {
        for millis in [700, 130, 170, 190, 230, 310, 370] {
            pause(millis).await;
            host.sshd.cut();
        }
    };
    let ((log, failed, seen), ()) = tokio::join!(whole(&way), cutting);
    check(&log, &copy);
    assert!(exited(0, &seen), "{seen:?}");
    println!("{failed} pieces were cut off");
    assert!(failed > 0, "nothing was cut");
}

/// The connection is cut while the job is started: settling tells whether it began, and it runs once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_was_cut_off_is_settled() {
    let Some(host) = SshHost::new() else { return };
    let (mut began, mut did_not) = (0, 0);
    for round in 0..12_u64 {
        let way = over_ssh(&host, format!("round {round}").as_bytes());
        // The connection is up, so that what is cut is the script.
        assert_eq!(way.look().await.state, State::None);
        let copy = host.stage.path(&format!("copy {round}"));
        let args = [copy.to_str().unwrap()];
        let script = "echo run >>\"$1\"";
        let (started, ()) = tokio::join!(way.start(script, &args), async {
            pause(2 + round * 8).await;
            host.sshd.cut();
        });
        if let Err(error) = &started {
            assert_ne!(error.outcome, Outcome::NotDone, "{error:?}");
        }
        let seen = settle(&way.agent, way.id, false, &host.stage.context)
            .await
            .unwrap();
        if seen.state == State::None {
            assert!(started.is_err());
            did_not += 1;
            pause(100).await;
            assert!(!copy.exists());
            // The clock of these tests stands still; what is sent at the time of asking is not too late.
            way.start(script, &args).await.unwrap();
        } else {
            began += 1;
        }
        let (_, _, seen) = whole(&way).await;
        assert!(exited(0, &seen), "{seen:?}");
        assert_eq!(
            std::fs::read_to_string(&copy).unwrap(),
            "run\n",
            "round {round}"
        );
    }
    println!("{began} began, {did_not} did not");
}

#[tokio::test]
async fn a_job_outlives_its_login_and_is_cancelled_over_another() {
    let Some(host) = SshHost::new() else { return };
    let way = over_ssh(&host, b"long");
    way.start("echo up; sleep 61.7001", &[]).await.unwrap();
    host.sshd.cut();
    let seen = loop {
        // The connection that was cut is found dead once.
        match look(&way.agent, way.id, &host.stage.context).await {
            Ok(seen) => break seen,
            Err(error) => assert_ne!(error.outcome, Outcome::Unknown),
        }
    };
    assert_eq!(seen.state, State::Running);
    assert!(host.sshd.home().join(".countersign/jobs").is_dir());
    let grace = Duration::from_secs(2);
    let seen = cancel(&way.agent, way.id, grace, &host.stage.context)
        .await
        .unwrap();
    assert!(matches!(seen.state, State::Cancelled { .. }), "{seen:?}");
    assert!(!super::alive("61.7001"));
}
