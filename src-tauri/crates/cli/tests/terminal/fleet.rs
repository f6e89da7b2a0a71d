//! The fleet over real ssh: hosts are imported, registered, configured and checked by the real program, on real ssh
//! servers on loopback.

mod canary;
mod health;
mod hosts;
mod import;
mod refused;
mod registration;
mod rows;
mod thousand;
mod trust;

use crate::desk::{Desk, Ended, Waiting};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A person who answers by token: the gates that waited, in order, with what was answered.
struct Person<'a> {
    desk: &'a Desk,
    token: String,
    answered: Vec<String>,
}

impl<'a> Person<'a> {
    fn new(desk: &'a Desk) -> Person<'a> {
        Person::with(desk, desk.token())
    }

    /// The same with a token that was made before.
    fn with(desk: &'a Desk, token: String) -> Person<'a> {
        Person {
            desk,
            token,
            answered: Vec::new(),
        }
    }

    /// Starts something that leaves a run waiting (or at its end); the run as it is then.
    #[track_caller]
    fn starts(&self, arguments: &[&str]) -> Json {
        let (code, run) = self.desk.json(arguments);
        assert!([0, 1, 75].contains(&code), "{code}: {run:#}");
        run
    }

    /// The open gate's card as it is shown.
    fn card(&self, run: &Json) -> String {
        self.desk
            .run(&["show", run["run"].as_str().unwrap()])
            .stdout
    }

    /// Answers the gate that waits; the run as it is then.
    #[track_caller]
    fn answers(&mut self, run: &Json, answer: &[&str]) -> Json {
        let waiting = Waiting::of(run);
        let ended: Ended = self.desk.run_with(
            &self.token,
            &waiting.decide(&[answer, &["--json"]].concat()),
        );
        self.answered.push(waiting.gate);
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
    }

    /// Approves whatever waits until nothing does; the run at its end.
    #[track_caller]
    fn approves_all(&mut self, mut run: Json) -> Json {
        while run["state"] == "waiting" {
            run = self.answers(&run, &["--approve"]);
        }
        run
    }
}

/// The agents by name, as `agents list --json` says them.
#[track_caller]
fn agents(desk: &Desk) -> BTreeMap<String, Json> {
    let (code, list) = desk.json(&["agents", "list"]);
    assert_eq!(code, 0);
    let agents = list["agents"].as_array().unwrap().iter();
    agents
        .map(|info| {
            (
                info["agent"]["agent_id"].as_str().unwrap().to_owned(),
                info.clone(),
            )
        })
        .collect()
}
