//! Kill -9 on the real program (issue's promise): at every commit of the main job and of a gated change, and two hundred
//! times at random. Afterwards every run completes, no effect is repeated, no acknowledgement is lost, the chain is whole.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say where"
)]

mod bench;
mod job;
mod registration;
mod rollback;

use bench::{Bench, Ended};
use std::time::Duration;

/// Where a commit can be cut: before it is durable, and after it is but before anybody was told.
const POINTS: [&str; 2] = ["before_commit", "after_commit_before_ack"];
/// More commits than any of these runs has.
const MANY: u32 = 80;

#[test]
fn the_health_check_survives_a_kill_at_every_commit() {
    for point in POINTS {
        let mut kills = 0;
        for n in 1..MANY {
            let bench = Bench::new();
            if bench.program(&["run", "health_check"], Some((point, n))) != Ended::Killed {
                break;
            }
            kills += 1;
            bench.bring_to_end(|bench| bench.program(&["run", "health_check"], None));
            bench.check();
        }
        assert!(kills > 5, "{point}: only {kills} commits were cut");
        println!("health_check: killed at {kills} commits, {point}");
    }
}

#[test]
fn an_approved_change_survives_a_kill_at_every_commit() {
    for point in POINTS {
        let mut kills = 0;
        // First while it comes to its gate, then while the approval is carried out.
        for n in 1..MANY {
            let bench = Bench::new();
            if bench.start_note("note", Some((point, n))) != Ended::Killed {
                break;
            }
            kills += 1;
            bench.bring_to_end(|bench| bench.start_note("note", None));
            bench.check();
        }
        for n in 1..MANY {
            let bench = Bench::new();
            assert_eq!(bench.start_note("note", None), Ended::Code(75));
            let ended = bench.approve_first(Some((point, n)));
            bench.bring_to_end(|_| unreachable!("the run exists"));
            bench.check();
            if ended != Ended::Killed {
                break;
            }
            kills += 1;
        }
        assert!(kills > 5, "{point}: only {kills} commits were cut");
        println!("write_note: killed at {kills} commits, {point}");
    }
}

/// The seed is printed: a failure can be repeated with COUNTERSIGN_SEED.
#[test]
fn two_hundred_random_kills() {
    let seed = std::env::var("COUNTERSIGN_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(20_261_122);
    let kills: u32 = std::env::var("COUNTERSIGN_KILLS")
        .ok()
        .and_then(|kills| kills.parse().ok())
        .unwrap_or(200);
    println!("seed {seed}, {kills} kills");
    let mut dice = bench::Dice(seed);
    let bench = Bench::new();
    let mut killed = 0;
    let mut notes = 0;
    while killed < kills {
        let after = Duration::from_millis(u64::from(dice.below(450)));
        let ended = match dice.below(6) {
            0 => bench.program_for(&["run", "health_check"], after),
            1 | 2 => {
                notes += 1;
                bench.start_note_for(&format!("note-{notes}"), after)
            }
            3 | 4 => bench.approve_first_for(after),
            _ => bench.program_for(&["resume"], after),
        };
        killed += u32::from(ended == Ended::Killed);
    }
    bench.bring_to_end(|_| Ended::Code(0));
    bench.check();
    println!(
        "{} runs, {notes} notes started, {killed} kills",
        bench.runs().len()
    );
}
