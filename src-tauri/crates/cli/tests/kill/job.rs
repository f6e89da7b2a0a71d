//! A job on an agent, while the program that started it is killed: it goes on, its script runs once, and the run completes.

use crate::registration::Host;
use crate::{
    MANY, POINTS,
    bench::{Bench, Ended},
};
use std::time::Duration;

const RUN_JOB: &str = include_str!("run_job.workflow.yaml");

fn start(bench: &Bench, agent: &str, name: &str) -> Ended {
    let agent = format!("agent={agent}");
    let path = format!("path={}", bench.beside(name).display());
    bench.program(
        &["run", "run_job", "--detach", "-i", &agent, "-i", &path],
        None,
    )
}

/// What the script of the run has written: one line for each time it ran.
fn check(bench: &Bench, name: &str, at: &str) {
    bench.check();
    let ran = std::fs::read_to_string(bench.beside(name)).unwrap();
    assert_eq!(ran, "run\n", "{at}");
}

#[test]
fn a_job_on_this_computer_survives_a_kill_at_every_commit() {
    for point in POINTS {
        let mut kills = 0;
        for n in 1..MANY {
            let bench = Bench::new();
            bench.workflow("run_job", RUN_JOB);
            assert_eq!(start(&bench, "this-computer", "ran"), Ended::Code(75));
            let ended = bench.approve_first(Some((point, n)));
            bench.bring_to_end(|_| unreachable!("the run exists"));
            check(&bench, "ran", &format!("{point} {n}"));
            if ended != Ended::Killed {
                break;
            }
            kills += 1;
        }
        assert!(kills > 2, "{point}: only {kills} commits were cut");
        println!("run_job: killed at {kills} commits, {point}");
    }
}

#[test]
fn a_job_over_ssh_survives_a_kill_at_any_time() {
    let Some(host) = Host::start() else {
        return;
    };
    let bench = host.bench();
    bench.workflow("run_job", RUN_JOB);
    bench.bring_to_end(|bench| host.add(bench, None));
    let mut killed = 0;
    for millis in [100, 250, 400, 600, 900, 1200] {
        let name = format!("ran-{millis}");
        assert_eq!(start(&bench, "web-01", &name), Ended::Code(75));
        let ended = bench.approve_first_for(Duration::from_millis(millis));
        killed += u32::from(ended == Ended::Killed);
        bench.bring_to_end(|_| unreachable!("the run exists"));
        check(&bench, &name, &format!("{millis} ms"));
    }
    assert!(killed > 2, "only {killed} were killed");
    println!("run_job over ssh: killed {killed} times");
}
