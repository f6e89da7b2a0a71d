//! What a test does to a run: answers, decisions, crashes, time; and what it looks at.

use super::recorder::{Bench, me, words};
use serde_json::Value as Json;
use workflow::{
    Actor, Command, Datum, Decision, Digest, DoubtAnswer, Effect, EffectId, GateId, Permit,
    Refusal, StepKey, TimerId, Values,
};

impl Bench {
    /// Answers one owed effect; false when the world is silent.
    pub(crate) fn answer(&mut self, id: &EffectId) -> bool {
        let effect = self.run.outstanding()[id].clone();
        let permit = match &effect {
            Effect::Change { step, .. } => {
                Some(Permit::redeem(&self.run, step, &self.blobs).unwrap())
            }
            _ => None,
        };
        let Some(answer) = self.world.answer(&effect, permit.as_ref()) else {
            return false;
        };
        self.ask(
            Actor::engine(),
            Command::Answered {
                effect: id.clone(),
                answer,
                log: None,
            },
        )
        .unwrap();
        true
    }

    /// What a step is owed.
    pub(crate) fn owed_to(&self, step: &str) -> Option<(EffectId, Effect)> {
        let key: StepKey = step.parse().unwrap();
        let fits = |effect: &&Effect| match effect {
            Effect::Preview { step, .. }
            | Effect::Inverse { step, .. }
            | Effect::Read { step, .. }
            | Effect::Change { step, .. }
            | Effect::Observe { step, .. } => *step == key,
            Effect::Alert { .. } => false,
        };
        self.run
            .outstanding()
            .iter()
            .find(|(_, effect)| fits(effect))
            .map(|(id, effect)| (id.clone(), effect.clone()))
    }

    /// Lets the world answer until it has nothing more to say. No timer fires.
    pub(crate) fn work(&mut self) -> &mut Bench {
        loop {
            let ids: Vec<EffectId> = self.run.outstanding().keys().cloned().collect();
            let answered = ids.iter().any(|id| {
                let speaks = self
                    .run
                    .outstanding()
                    .get(id)
                    .is_some_and(|effect| !self.world.keeps_back(effect));
                speaks && self.answer(id)
            });
            if !answered {
                return self;
            }
        }
    }

    /// Time goes by: due timers fire, the world does not answer.
    pub(crate) fn pass(&mut self, ms: i64) -> &mut Bench {
        self.clock_us += ms * 1000;
        loop {
            let due: Option<TimerId> = self
                .run
                .timers()
                .iter()
                .filter(|(_, due)| **due <= self.clock_us)
                .min_by_key(|(_, due)| **due)
                .map(|(id, _)| id.clone());
            let Some(timer) = due else { return self };
            self.ask(Actor::engine(), Command::Timer(timer.clone()))
                .unwrap();
            assert!(
                !self.run.timers().contains_key(&timer),
                "{timer:?} fires for ever"
            );
        }
    }

    /// The program ends and begins again: answers under way are lost.
    pub(crate) fn crash(&mut self) -> &mut Bench {
        self.run = self.fold(self.records.len());
        self.ask(Actor::engine(), Command::Resume).unwrap();
        self
    }

    pub(crate) fn decide(
        &mut self,
        gate: &str,
        decision: Decision,
    ) -> Result<Option<Refusal>, Refusal> {
        let gate: GateId = gate.parse().unwrap();
        let known = self.run.gate(&gate);
        let revision = known.map_or(0, |gate| gate.revision);
        let digest = known
            .and_then(|gate| gate.card_digest)
            .unwrap_or(Digest::from_bytes([0; 32]));
        self.ask(
            me(),
            Command::Decide {
                gate,
                revision,
                digest,
                decision,
            },
        )
    }

    pub(crate) fn approve(&mut self, gate: &str) -> &mut Bench {
        self.decide(gate, Decision::Approve).unwrap();
        self
    }

    pub(crate) fn resolve(
        &mut self,
        step: &str,
        answer: DoubtAnswer,
    ) -> Result<Option<Refusal>, Refusal> {
        self.ask(
            me(),
            Command::Resolve {
                step: step.parse().unwrap(),
                answer,
            },
        )
    }

    pub(crate) fn cancel(&mut self) -> &mut Bench {
        self.ask(me(), Command::Cancel).unwrap();
        self
    }

    pub(crate) fn status(&self, step: &str) -> &'static str {
        self.run.step_status(&step.parse().unwrap()).word()
    }

    pub(crate) fn gate(&self, gate: &str) -> &workflow::GateRun {
        self.run
            .gate(&gate.parse().unwrap())
            .unwrap_or_else(|| panic!("no gate {gate}"))
    }

    pub(crate) fn card(&self, gate: &str) -> &workflow::Card {
        self.gate(gate).card.as_ref().unwrap()
    }

    pub(crate) fn output(&self, step: &str) -> Json {
        let step = self.run.step(&step.parse().unwrap());
        match step.and_then(|step| step.output()) {
            Some(Datum::Inline(value)) => value.clone(),
            Some(Datum::Blob { sha256, .. }) => self.blobs.get(sha256).unwrap().as_ref().clone(),
            None => Json::Null,
        }
    }

    /// The journal as words: one event a line.
    pub(crate) fn words(&self) -> Vec<String> {
        self.records
            .iter()
            .map(|record| words(&record.event))
            .collect()
    }

    /// The words of the last command's events.
    pub(crate) fn last(&self) -> Vec<String> {
        self.verdicts.last().unwrap().iter().map(words).collect()
    }
}
