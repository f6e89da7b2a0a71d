//! The local transport against scripts that misbehave.

use super::{End, Script, run};
use crate::Stream;
use crate::testing::Stage;
use fleet::Agent;
use std::time::{Duration, Instant};
use workflow::Outcome;

const CAP: usize = 4 * 1024 * 1024;

fn script<'a>(text: &'a str, args: &'a [&'a str]) -> Script<'a> {
    Script {
        text,
        args,
        timeout: Duration::from_secs(20),
        cap_bytes: CAP,
    }
}

/// Does the process with this word in its command line go away? The kernel may need a moment after the signal.
pub(crate) async fn goes_away(mark: &str) -> bool {
    for _ in 0..100 {
        if !alive(mark) {
            return true;
        }
        tokio::time::timeout(Duration::from_millis(20), std::future::pending::<()>())
            .await
            .unwrap_err();
    }
    false
}

/// Is a process with this word in its command line alive?
fn alive(mark: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let words = line
            .split(|byte| *byte == 0)
            .map(|word| String::from_utf8_lossy(word).into_owned());
        words.into_iter().any(|word| word == mark)
    })
}

#[tokio::test]
async fn arguments_are_data() {
    let stage = Stage::new();
    let hostile = "$(touch /tmp/never); `id` \"'\n\u{1b}[31m";
    let answer = run(
        &Agent::this_computer(),
        script("printf '%s|%s' \"$1\" \"$#\"; exit 3", &[hostile, "-n", ""]),
        &stage.context,
    )
    .await
    .unwrap();
    assert_eq!(
        String::from_utf8(answer.stdout).unwrap(),
        format!("{hostile}|3")
    );
    assert_eq!(answer.end, End::Exited(3));
}

#[tokio::test]
async fn the_environment_is_not_inherited() {
    let stage = Stage::new();
    let answer = run(
        &Agent::this_computer(),
        script("env | sort", &[]),
        &stage.context,
    )
    .await
    .unwrap();
    let names: Vec<String> = String::from_utf8(answer.stdout)
        .unwrap()
        .lines()
        .map(|line| line.split('=').next().unwrap().to_owned())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| ["LC_ALL", "PATH", "PWD", "OLDPWD", "SHLVL", "_"].contains(&name.as_str())),
        "{names:?}"
    );
}

#[tokio::test]
async fn standard_error_goes_to_the_log_and_never_without_end() {
    let stage = Stage::new();
    let noisy = "echo out; echo 'a\u{1b}[2Jb' >&2; i=0; while [ $i -lt 20000 ]; do echo 'thirty bytes of noise on a line' >&2; i=$((i+1)); done";
    let answer = run(&Agent::this_computer(), script(noisy, &[]), &stage.context)
        .await
        .unwrap();
    assert_eq!(
        (answer.stdout.as_slice(), answer.end),
        (b"out\n".as_slice(), End::Exited(0))
    );
    let log = stage.log.lock().unwrap();
    assert_eq!(
        (log[0].stream, log[0].bytes.as_slice()),
        (Stream::Stderr, b"a\x1b[2Jb".as_slice())
    );
    assert!(log.iter().map(|line| line.bytes.len()).sum::<usize>() < 300 * 1024);
    assert_eq!(log.last().unwrap().stream, Stream::Note);
}

#[tokio::test]
async fn too_much_output_is_cut_off_and_its_source_stopped() {
    let stage = Stage::new();
    let began = Instant::now();
    let flood = script(
        "dd if=/dev/zero bs=1000000 count=100 2>/dev/null; sleep 31.7101",
        &[],
    );
    let answer = run(&Agent::this_computer(), flood, &stage.context)
        .await
        .unwrap();
    assert_eq!((answer.stdout.len(), answer.end), (CAP, End::Capped));
    assert!(began.elapsed() < Duration::from_secs(20) && goes_away("31.7101").await);
}

#[tokio::test]
async fn a_slow_drip_ends_at_its_time_and_takes_the_whole_group_along() {
    let stage = Stage::new();
    let drip =
        "sleep 31.7102 & (trap '' TERM; sleep 31.7103) & while :; do echo drip; sleep 0.05; done";
    let drip = Script {
        timeout: Duration::from_millis(1500),
        ..script(drip, &[])
    };
    let answer = run(&Agent::this_computer(), drip, &stage.context)
        .await
        .unwrap();
    assert_eq!(answer.end, End::TimedOut);
    assert!(
        answer.stdout.starts_with(b"drip\ndrip\n"),
        "what came until then is kept"
    );
    assert!(goes_away("31.7102").await && goes_away("31.7103").await);
}

#[tokio::test]
async fn a_script_that_refuses_to_end_is_killed() {
    let stage = Stage::new();
    let stubborn = Script {
        timeout: Duration::from_millis(200),
        ..script("trap '' TERM; while :; do sleep 31.7104; done", &[])
    };
    let began = Instant::now();
    assert_eq!(
        run(&Agent::this_computer(), stubborn, &stage.context)
            .await
            .unwrap()
            .end,
        End::TimedOut
    );
    assert!(began.elapsed() < Duration::from_secs(20) && goes_away("31.7104").await);
}

#[tokio::test]
async fn cancelling_stops_it() {
    let stage = Stage::new();
    let cancel = stage.context.cancel.clone();
    let agent = Agent::this_computer();
    let sleeping = run(&agent, script("sleep 31.7105", &[]), &stage.context);
    let cancelling = async {
        tokio::time::timeout(Duration::from_millis(300), std::future::pending::<()>())
            .await
            .unwrap_err();
        cancel.cancel();
    };
    let (answer, ()) = tokio::join!(sleeping, cancelling);
    let error = answer.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.outcome),
        ("cancelled", Outcome::NotDone)
    );
    assert!(goes_away("31.7105").await);
    let again = run(&agent, script("sleep 31.7105", &[]), &stage.context)
        .await
        .unwrap_err();
    assert_eq!(again.outcome, Outcome::NotStarted);
}

#[tokio::test]
async fn dropping_the_call_stops_it() {
    let stage = Stage::new();
    let agent = Agent::this_computer();
    let call = run(
        &agent,
        script("sleep 31.7106 & sleep 31.7106", &[]),
        &stage.context,
    );
    tokio::time::timeout(Duration::from_millis(300), call)
        .await
        .unwrap_err();
    assert!(goes_away("31.7106").await);
}

#[tokio::test]
async fn what_a_script_leaves_running_does_not_hold_it_up() {
    let stage = Stage::new();
    let began = Instant::now();
    let answer = run(
        &Agent::this_computer(),
        script("sleep 31.7107 & echo done", &[]),
        &stage.context,
    )
    .await
    .unwrap();
    assert_eq!(
        (answer.stdout.as_slice(), answer.end),
        (b"done\n".as_slice(), End::Exited(0))
    );
    assert!(began.elapsed() < Duration::from_secs(20) && goes_away("31.7107").await);
}

#[tokio::test]
async fn a_script_that_kills_itself_is_told_from_one_that_ends() {
    let stage = Stage::new();
    let answer = run(
        &Agent::this_computer(),
        script("kill -9 $$", &[]),
        &stage.context,
    )
    .await
    .unwrap();
    assert_eq!(answer.end, End::Signalled(9));
}
