//! `cargo xtask bench`: what the fleet costs on this computer, over real ssh on loopback, beside the `ssh` program and
//! the servers' own floor in the same minute (fleet.md "Test hosts and peers"). Prints figures; judges nothing.
//!
//! ```text
//! cargo run --release -p tools --example fleet             1,000 hosts where a network of their own is permitted
//! COUNTERSIGN_HOSTS=200 cargo run … --example fleet        as many
//! ```
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement for people that may stop where it cannot go on"
)]

#[path = "fleet/ask.rs"]
mod ask;
#[path = "fleet/meter.rs"]
mod meter;
#[path = "fleet/peers.rs"]
mod peers;

use ask::Client;
use loopback::{Farm, SshdSetup};
use meter::{Row, memory_kib, timed};
use std::ops::Range;
use std::time::{Duration, Instant};

/// Hosts of the bars.
const SOME: usize = 100;
/// Asked at the same time, as in the workflows.
pub(crate) const AT_ONCE: usize = 50;
/// One command, as the peers were measured with: what `agent.probe` begins and ends with, and nothing between. The
/// first line on standard input is the begin mark of the transport, whose token the end mark carries too.
const ONE_COMMAND: &str = r#"ForceCommand read -r _ _ _ token _; printf '\036%s %s\nend=ok\n\036%s 0\n' "$token" $$ "$token"; exec cat >/dev/null"#;

fn main() {
    // Before the first thread is started, so that all of them are there too.
    let alone = loopback::alone();
    if let Err(why) = &alone {
        println!("SKIPPED: more than {SOME} hosts: no network of their own ({why}).");
    }
    let asked = std::env::var("COUNTERSIGN_HOSTS").ok();
    let many = asked.and_then(|count| count.parse().ok()).unwrap_or(1_000);
    let many = if alone.is_ok() { many } else { SOME };
    let folder = tempfile::tempdir().unwrap();
    let key = loopback::keygen(&folder.path().join("key"), &["-t", "ed25519"]);
    let setup = |extra: &[String]| SshdSetup {
        authorized: vec![loopback::key_words(&key.with_extension("pub"))],
        extra: extra.to_vec(),
        ..SshdSetup::default()
    };
    let (Some(bare), Some(whole)) = (
        Farm::start(many, &setup(&[ONE_COMMAND.to_owned()]), alone.is_ok()),
        Farm::start(many, &setup(&[]), alone.is_ok()),
    ) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let bare = Client::new(&folder.path().join("bare"), &key, bare);
        let whole = Client::new(&folder.path().join("whole"), &key, whole);
        meter::head();
        one_command(&bare, many).await;
        whole_tools(&whole, many).await;
    });
}

/// What the way to the hosts costs: a command that does nothing.
async fn one_command(client: &Client, many: usize) {
    if many > SOME {
        println!("{many} hosts, one command, {AT_ONCE} at a time");
        // What is made once (threads with their stacks and heaps, tables, the answer of `ssh -G`) is not an agent's
        // memory, so it is read between the first hosts and the rest, and all stay connected.
        let first = timed(client.probe(0..SOME)).await;
        let before = memory_kib();
        let rest = timed(client.probe(SOME..many)).await;
        let each = memory_kib().saturating_sub(before) as f64 / (many - SOME) as f64;
        let cold = first.and(rest);
        let kept = timed(client.probe(0..many)).await;
        Row::of("cold: dial, host key, login, command", &cold)
            .bar_s(20.0 * many as f64 / 1000.0)
            .print();
        Row::of("  on kept connections", &kept).print();
        println!(
            "  memory of each further agent, kept      {each:>8.0} KiB              bar: <= 100 KiB"
        );
        client.renew().await;
    }
    println!("{SOME} hosts, one command, {AT_ONCE} at a time (median of 5)");
    let (mut cold, mut kept, mut ssh, mut floor) = (vec![], vec![], vec![], vec![]);
    for _ in 0..5 {
        floor.push(timed(client.scan(0..SOME)).await);
        client.renew().await;
        cold.push(timed(client.probe(0..SOME)).await);
        kept.push(timed(client.probe(0..SOME)).await);
        client.renew().await;
        ssh.push(timed(peers::ssh(client, SOME, "x x x x\n")).await);
        client.quiet().await;
    }
    let [cold, kept, ssh, floor] = [cold, kept, ssh, floor].map(meter::median);
    Row::of("cold: dial, host key, login, command", &cold)
        .bar_s(2.0)
        .bar_cpu_s(0.5)
        .beside("ssh", &ssh)
        .print();
    Row::of("  on kept connections", &kept)
        .bar_s(0.4)
        .beside("ssh", &ssh)
        .print();
    Row::of("  reference: the ssh program", &ssh).print();
    Row::of("  floor: dial and key exchange alone", &floor).print();
    match peers::ansible(client, SOME).await {
        Some(spent) => Row::of("  reference: ansible -m raw", &spent).print(),
        None => println!(
            "  reference: ansible -m raw                   not measured: ansible is not installed"
        ),
    }
}

/// What the tools cost that the workflows use. Their scripts are most of it, so they stand beside the same script run
/// as often on this computer without any ssh.
async fn whole_tools(client: &Client, many: usize) {
    for (name, script, count) in [
        ("agent.probe", ask::PROBE, SOME),
        ("agent.snapshot", ask::SNAPSHOT, SOME),
        ("agent.snapshot", ask::SNAPSHOT, many),
    ] {
        println!("{count} hosts, {name}, {AT_ONCE} at a time");
        let hosts = timed(peers::scripts(script, count)).await;
        client.renew().await;
        let ask = async || match name {
            "agent.probe" => client.probe(0..count).await,
            _ => client.snapshot(0..count).await,
        };
        let cold = timed(ask()).await;
        let kept = timed(ask()).await;
        Row::of("cold", &cold).print();
        Row::of("  on kept connections", &kept)
            .beside("hosts", &hosts)
            .print();
        Row::of("  floor: the hosts' work, without ssh", &hosts).print();
        if count == SOME {
            let ssh = timed(peers::ssh(client, count, script)).await;
            Row::of("  reference: the ssh program, cold", &ssh)
                .beside("us", &cold)
                .print();
        }
    }
    client.renew().await;
}

/// Until `holds`, at most a minute.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        tick.tick().await;
    }
}

/// Does `each` for the numbers, [`AT_ONCE`] at a time. Every one must succeed.
pub(crate) async fn at_once<T: Future<Output = ()> + Send + 'static>(
    numbers: Range<usize>,
    each: impl Fn(usize) -> T,
) {
    let mut under_way = tokio::task::JoinSet::new();
    for number in numbers {
        if under_way.len() >= AT_ONCE {
            under_way.join_next().await.unwrap().unwrap();
        }
        under_way.spawn(each(number));
    }
    while let Some(ended) = under_way.join_next().await {
        ended.unwrap();
    }
}
