//! Kill -9 in the middle of a rollback or an undo, at every commit of it: afterwards it is finished, every change was
//! undone exactly once, and the notes are as they were.

use crate::{
    MANY, POINTS,
    bench::{Bench, Ended},
};

impl Bench {
    /// A run with its first note written, at the gate before the second.
    fn second_note_waits(&self) {
        std::fs::write(self.note("first"), "old").unwrap();
        let inputs = ["first", "second", "missing"];
        let inputs = inputs.map(|name| format!("{name}={}", self.note(name).display()));
        let mut arguments = vec!["run", "two_notes", "--detach"];
        inputs
            .iter()
            .for_each(|input| arguments.extend(["-i", input]));
        assert_eq!(self.program(&arguments, None), Ended::Code(75));
        assert_eq!(self.approve_first(None), Ended::Code(75));
    }

    /// The second note is approved; what follows is its write, the failure and the rollback, all in one process.
    fn roll_back(&self, crash: (&str, u32)) -> Ended {
        let card = &self.runs()[0]["open_gates"][0];
        let (gate, digest) = (
            card["gate"].as_str().unwrap(),
            card["card_digest"].as_str().unwrap(),
        );
        let run = self.runs()[0]["run"].as_str().unwrap().to_owned();
        let arguments = ["decide", &run, gate, "--digest", digest, "--approve"];
        self.crashing(&arguments, Some(crash))
    }

    fn is_rolled_back(&self) {
        let rows = self.runs();
        assert_eq!(rows[0]["state"], "rolled_back", "{rows:?}");
        let message = rows[0]["message"].as_str().unwrap();
        assert!(message.ends_with("Rolled back: 2 changes"), "{message}");
        assert_eq!(std::fs::read_to_string(self.note("first")).unwrap(), "old");
        assert!(!self.note("second").exists());
        assert_eq!(self.changes(), 4, "two writes, and each was undone once");
        self.is_whole();
    }
}

#[test]
fn an_undo_survives_a_kill_at_every_commit() {
    for point in POINTS {
        let mut kills = 0;
        for n in 1..MANY {
            let bench = Bench::new();
            assert_eq!(bench.start_note("note", None), Ended::Code(75));
            assert_eq!(bench.approve_first(None), Ended::Code(0));
            let written = bench.runs()[0]["run"].as_str().unwrap().to_owned();
            assert_eq!(bench.program(&["undo", &written], None), Ended::Code(75));
            let ended = bench.approve_first(Some((point, n)));
            bench.bring_to_end(|_| unreachable!("the run exists"));
            // Whatever was not told before the kill is told at the next start.
            bench.program(&["resume"], None);
            assert!(!bench.note("note").exists());
            assert_eq!(bench.changes(), 2, "it was written and undone once");
            let rows = bench.runs();
            let row = rows.iter().find(|row| row["run"] == *written).unwrap();
            let message = row["message"].as_str().unwrap_or_default();
            assert!(message.starts_with("Undone by run"), "{row}");
            bench.is_whole();
            if ended != Ended::Killed {
                break;
            }
            kills += 1;
        }
        assert!(kills > 2, "{point}: only {kills} commits were cut");
        println!("undo: killed at {kills} commits, {point}");
    }
}

#[test]
fn a_rollback_survives_a_kill_at_every_commit() {
    for point in POINTS {
        let mut kills = 0;
        for n in 1..MANY {
            let bench = Bench::new();
            bench.second_note_waits();
            let ended = bench.roll_back((point, n));
            bench.bring_to_end(|_| unreachable!("the run exists"));
            bench.is_rolled_back();
            if ended != Ended::Killed {
                assert_eq!(
                    ended,
                    Ended::Code(1),
                    "a run that was rolled back has failed"
                );
                break;
            }
            kills += 1;
        }
        assert!(kills > 6, "{point}: only {kills} commits were cut");
        println!("two_notes: killed at {kills} commits, {point}");
    }
}
