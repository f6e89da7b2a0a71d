//! Staying with a run: shows it while it goes on and asks the person whenever a person is needed, until it is over,
//! nothing goes on without somebody, or Ctrl-C.

use crate::{
    ask::{NoAnswer, Question},
    console::{Console, is_gone},
    exit::Trouble,
    following::{Following, News},
    line::Line,
    view::View,
};
use api::Fault;
use engine::Door;
use std::{collections::BTreeSet, time::Duration};
use tokio::time::{Interval, MissedTickBehavior};
use workflow::{Digest, GateId, Phase, Run, RunId, RunState, StepKey};

/// How often the times on the screen are brought up to date.
const TICK: Duration = Duration::from_millis(250);

/// Why we left a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// It is over.
    Over,
    /// It waits for a person, and none is here.
    Waiting,
    /// Ctrl-C.
    Interrupted,
}

/// Stays with a run; `asks`: the person here is asked.
pub(crate) async fn attend(
    console: &mut Console,
    door: &mut Door,
    run: &RunId,
    asks: bool,
) -> Result<(Run, Left), Trouble> {
    let mut attention = Attention {
        following: follow(console, door, run).await?,
        door,
        view: View::default(),
        tick: tokio::time::interval(TICK),
        put_off: BTreeSet::new(),
    };
    attention
        .tick
        .set_missed_tick_behavior(MissedTickBehavior::Delay);
    let left = loop {
        match attention.stay(console, asks).await {
            Ok(left) => break left,
            // The run goes on where the folder is opened next: here, when nobody else does.
            Err(fault) if is_gone(&fault) => {
                *attention.door = console.open().await?;
                attention.following = follow(console, attention.door, run).await?;
            }
            Err(fault) => return Err(fault.into()),
        }
    };
    let run = attention.following.run();
    attention.view.settle(&console.screen, run);
    Ok((run.clone(), left))
}

async fn follow(console: &Console, door: &mut Door, run: &RunId) -> Result<Following, Fault> {
    match Following::start(door, run).await {
        Err(fault) if is_gone(&fault) => {
            *door = console.open().await?;
            Following::start(door, run).await
        }
        followed => followed,
    }
}

/// What is in need of a person.
enum Needs {
    Decision {
        gate: GateId,
        revision: u32,
        digest: Digest,
    },
    Word {
        step: StepKey,
        call: Digest,
    },
}

struct Attention<'a> {
    following: Following,
    door: &'a mut Door,
    view: View,
    tick: Interval,
    /// The cards and calls that the person left for later.
    put_off: BTreeSet<String>,
}

impl Attention<'_> {
    async fn stay(&mut self, console: &mut Console, asks: bool) -> Result<Left, Fault> {
        loop {
            let run = self.following.run();
            self.view.moved(&console.screen, run);
            if run.is_over() {
                return Ok(Left::Over);
            }
            if asks && let Some(needs) = self.needs() {
                self.view.settle(&console.screen, self.following.run());
                match self.ask(console, needs).await {
                    Ok(()) => {}
                    Err(NoAnswer::Interrupted) => return Ok(Left::Interrupted),
                    Err(NoAnswer::Fault(fault)) => return Err(fault),
                    Err(NoAnswer::Later | NoAnswer::Overtaken) => {}
                }
                continue;
            }
            if self.following.run().state() == RunState::Waiting {
                return Ok(Left::Waiting);
            }
            tokio::select! {
                () = console.interrupt.pressed() => return Ok(Left::Interrupted),
                _ = self.tick.tick() => self.view.tick(&console.screen, self.following.run()),
                news = self.following.next() => {
                    if let News::Log { call, lines } = news? {
                        self.view.logged(&console.screen, self.following.run(), call, &lines);
                    }
                }
            }
        }
    }

    /// The first question that was not put off.
    fn needs(&self) -> Option<Needs> {
        let run = self.following.run();
        let gate = run.open_gates().find_map(|gate| {
            let needs = Needs::Decision {
                gate: gate.id.clone(),
                revision: gate.revision,
                digest: gate.card_digest?,
            };
            (!self.put_off.contains(&needs.name())).then_some(needs)
        });
        gate.or_else(|| {
            run.steps().iter().find_map(|(key, step)| {
                let Some(Phase::InDoubt { calling, .. }) = step.phase() else {
                    return None;
                };
                let needs = Needs::Word {
                    step: key.clone(),
                    call: calling.key,
                };
                (!self.put_off.contains(&needs.name())).then_some(needs)
            })
        })
    }

    async fn ask(&mut self, console: &mut Console, needs: Needs) -> Result<(), NoAnswer> {
        let name = needs.name();
        let asked = match needs {
            Needs::Decision {
                gate,
                revision,
                digest,
            } => self.ask_decision(console, gate, revision, digest).await,
            Needs::Word { step, .. } => self.ask_word(console, step).await,
        };
        match &asked {
            Err(NoAnswer::Later) => {
                self.put_off.insert(name);
            }
            Err(NoAnswer::Overtaken) => {
                let line = Line::default().dim("That question is answered or no longer asked.");
                console.screen.say(&line);
            }
            Ok(()) | Err(NoAnswer::Interrupted | NoAnswer::Fault(_)) => {}
        }
        asked
    }

    async fn ask_decision(
        &mut self,
        console: &mut Console,
        gate: GateId,
        revision: u32,
        digest: Digest,
    ) -> Result<(), NoAnswer> {
        let mut question = Question::at_gate(console, &mut self.following, &gate, revision);
        let card = question.show_card(self.door, &gate).await?;
        let decision = question.decision(&gate, &card, digest).await?;
        let call = api::Decide {
            run: self.following.run().id().clone(),
            gate,
            revision,
            digest,
            decision,
            token: None,
        };
        let answer = self.door.call(call, console.origin()).await;
        self.heard(console, answer).await
    }

    async fn ask_word(&mut self, console: &mut Console, step: StepKey) -> Result<(), NoAnswer> {
        let mut question = Question::in_doubt(console, &mut self.following, &step);
        question.show_doubt(self.door, &step).await?;
        let answer = question.did_it_happen(&step).await?;
        let call = api::ResolveDoubt {
            run: self.following.run().id().clone(),
            step,
            answer,
            token: None,
        };
        let answer = self.door.call(call, console.origin()).await;
        self.heard(console, answer).await
    }

    /// What the engine says to an answer. A refusal is told, and the run is looked at anew: the question may have changed.
    async fn heard(
        &mut self,
        console: &Console,
        answer: Result<Run, Fault>,
    ) -> Result<(), NoAnswer> {
        match answer {
            Ok(run) => self.following.catch_up(run),
            Err(fault) if is_gone(&fault) => return Err(NoAnswer::Fault(fault)),
            Err(fault) => {
                console.screen.complain(&fault);
                let call = api::ShowRun {
                    run: self.following.run().id().0.clone(),
                };
                let run = self.door.call(call, console.origin()).await?;
                self.following.catch_up(run);
            }
        }
        Ok(())
    }
}

impl Needs {
    /// Another card or call is another question.
    fn name(&self) -> String {
        match self {
            Needs::Decision { gate, revision, .. } => format!("{gate} {revision}"),
            Needs::Word { step, call } => format!("{step} {call}"),
        }
    }
}
