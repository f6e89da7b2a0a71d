//! The conversation at a gate. It ends with an answer, or without one: put off, overtaken by
//! somebody else's answer or by time, or interrupted. Decides nothing: the answer goes to the engine.

use crate::{
    answers,
    card::{self, Shown},
    console::Console,
    following::Following,
    line::Line,
    load::Loader,
    value,
};
use api::Fault;
use engine::Door;
use workflow::{Card, Datum, Decision, DecisionKind, Digest, GateId, GateKind, Run, StepKey, Then};

/// Why a question ended without an answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// The person leaves it for later.
    Later,
    /// It is not asked any more.
    Overtaken,
    /// Ctrl-C.
    Interrupted,
    /// The engine cannot be reached.
    Fault(Fault),
}

impl From<Fault> for NoAnswer {
    fn from(fault: Fault) -> NoAnswer {
        NoAnswer::Fault(fault)
    }
}

/// A question to the person, while the run goes on.
pub(crate) struct Question<'a> {
    pub(crate) console: &'a mut Console,
    pub(crate) following: &'a mut Following,
    /// Is it still asked?
    pub(crate) asked: Box<dyn Fn(&Run) -> bool + Send + Sync>,
}

impl<'a> Question<'a> {
    /// About the card that a gate shows now.
    pub(crate) fn at_gate(
        console: &'a mut Console,
        following: &'a mut Following,
        gate: &GateId,
        revision: u32,
    ) -> Question<'a> {
        let gate = gate.clone();
        let asked = move |run: &Run| {
            run.gate(&gate)
                .is_some_and(|gate| gate.is_open() && gate.revision == revision)
        };
        Question {
            console,
            following,
            asked: Box::new(asked),
        }
    }

    /// Shows the card of a gate.
    pub(crate) async fn show_card(&mut self, door: &Door, gate: &GateId) -> Result<Card, NoAnswer> {
        let run = self.following.run();
        let known = run.gate(gate).ok_or(NoAnswer::Overtaken)?;
        let (Some(card), Some(digest)) = (&known.card, known.card_digest) else {
            return Err(NoAnswer::Overtaken);
        };
        let card = Loader::new(self.console, door).card(card).await?;
        let shown = Shown {
            run,
            gate,
            revision: known.revision,
            digest,
            card: &card,
            now_us: engine::now_us(),
        };
        let screen = &self.console.screen;
        screen.say(&Line::default());
        screen.say_all(&shown.lines());
        screen.say(&Line::default());
        Ok(card)
    }

    /// Asks until there is an answer to this card.
    pub(crate) async fn decision(
        &mut self,
        gate: &GateId,
        card: &Card,
        digest: Digest,
    ) -> Result<Decision, NoAnswer> {
        let words: Vec<&str> = card.decisions.iter().map(|kind| kind.word()).collect();
        let prompt = Line::default()
            .bold("Your answer")
            .plain(format!(" ({}; ", words.join(", ")))
            .dim("later leaves it waiting")
            .plain("): ");
        self.console.keyboard.forget_typed();
        loop {
            let word = self.hear(&prompt).await?;
            let kind = match chosen(&word, &words) {
                Some("later") => return Err(NoAnswer::Later),
                Some(word) => card
                    .decisions
                    .iter()
                    .find(|kind| kind.word() == word)
                    .copied(),
                None => None,
            };
            let Some(kind) = kind else {
                if !word.trim().is_empty() {
                    self.say(
                        "Type one of the words, or as much of it as tells it from the others.",
                    );
                }
                continue;
            };
            if let Some(decision) = self.complete(kind, gate, card, digest).await? {
                return Ok(decision);
            }
        }
    }

    /// What belongs to an answer of that kind; `None` when the person thinks again.
    async fn complete(
        &mut self,
        kind: DecisionKind,
        gate: &GateId,
        card: &Card,
        digest: Digest,
    ) -> Result<Option<Decision>, NoAnswer> {
        Ok(match kind {
            DecisionKind::Approve => self
                .six(digest, "approve")
                .await?
                .then_some(Decision::Approve),
            DecisionKind::Skip if gate.kind == GateKind::Failure => self
                .text("Why may this change stay? ")
                .await?
                .map(|reason| Decision::SkipBecause { reason }),
            DecisionKind::Skip => Some(Decision::Skip),
            DecisionKind::Retry => Some(Decision::Retry),
            DecisionKind::Stop => Some(Decision::Stop),
            DecisionKind::Rollback => self
                .six(digest, "roll the run back")
                .await?
                .then_some(Decision::Rollback),
            DecisionKind::Reject => match self.text("Why not? ").await? {
                Some(reason) => {
                    let then = self.then().await?;
                    Some(Decision::Reject { reason, then })
                }
                None => None,
            },
            DecisionKind::Redo => self
                .text("What should be different? ")
                .await?
                .map(|feedback| Decision::Redo { feedback }),
            DecisionKind::Edit => self.edit(gate, card).await?,
            DecisionKind::Drop => self.drop_items(gate, card, digest).await?,
        })
    }

    /// What follows a reject; asked only where the run has changed something already.
    async fn then(&mut self) -> Result<Then, NoAnswer> {
        let usual = answers::usual_then(self.following.run());
        if self.following.run().made().next().is_none() {
            return Ok(Then::Stop);
        }
        let word = match usual {
            Then::Rollback => "rollback",
            Then::Stop | Then::Retry => "stop",
        };
        let prompt = Line::of(format!(
            "And then (stop: what was changed stays, rollback: it is rolled back; empty: {word})? "
        ));
        loop {
            match chosen(&self.hear(&prompt).await?, &["stop", "rollback"]) {
                None => return Ok(usual),
                Some("stop") => return Ok(Then::Stop),
                Some("rollback") => return Ok(Then::Rollback),
                Some("later") => return Err(NoAnswer::Later),
                Some(_) => {}
            }
        }
    }

    async fn edit(&mut self, gate: &GateId, card: &Card) -> Result<Option<Decision>, NoAnswer> {
        let mut pairs: Vec<String> = Vec::new();
        self.say(match gate.kind {
            GateKind::Before => {
                "Write input=value, one a line; an empty line ends the edit. The card is then shown again."
            }
            GateKind::After | GateKind::Failure => {
                "Write field=value, one a line, or output=JSON; an empty line ends the edit and accepts it."
            }
        });
        let prompt = Line::of("  edit> ");
        loop {
            let line = self.hear(&prompt).await?;
            if line.trim().is_empty() {
                break;
            }
            pairs.push(line);
            if let Err(trouble) = answers::edit(self.following.run(), gate, Some(card), &pairs) {
                self.console.screen.complain(&trouble.fault);
                pairs.pop();
            }
        }
        match answers::edit(self.following.run(), gate, Some(card), &pairs) {
            Ok(values) if !values.is_empty() => Ok(Some(Decision::Edit { values })),
            Ok(_) | Err(_) => {
                self.say("Nothing was edited.");
                Ok(None)
            }
        }
    }

    async fn drop_items(
        &mut self,
        gate: &GateId,
        card: &Card,
        digest: Digest,
    ) -> Result<Option<Decision>, NoAnswer> {
        for (name, item) in items_on(gate, card) {
            let item = item.map(|item| format!("  {}", value::short(&item, 60)));
            self.say(&format!("  {name}{}", item.unwrap_or_default()));
        }
        let prompt = Line::of("Leave out which (numbers or names, with spaces between)? ");
        let line = self.hear(&prompt).await?;
        let words: Vec<String> = line
            .split([' ', ','])
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        match answers::items(gate, &words) {
            Ok(items) if !items.is_empty() => {
                let names: Vec<String> = items.iter().map(StepKey::to_string).collect();
                self.say(&format!("All but {} are approved.", names.join(", ")));
                Ok(self
                    .six(digest, "approve the others")
                    .await?
                    .then_some(Decision::Drop { items }))
            }
            Ok(_) => Ok(None),
            Err(trouble) => {
                self.console.screen.complain(&trouble.fault);
                Ok(None)
            }
        }
    }

    /// Has the person the beginning of the digest before them?
    pub(crate) async fn six(&mut self, digest: Digest, to: &str) -> Result<bool, NoAnswer> {
        let prompt = Line::of(format!(
            "Type the first {} characters of this digest to {to}: ",
            card::TYPED
        ));
        let typed = self.hear(&prompt).await?;
        let typed = typed.trim().to_lowercase();
        if typed.len() == card::TYPED && digest.to_string().starts_with(&typed) {
            return Ok(true);
        }
        self.say("That is not how this digest begins. Nothing was decided.");
        Ok(false)
    }

    /// A text that is not empty.
    async fn text(&mut self, prompt: &str) -> Result<Option<String>, NoAnswer> {
        let text = self.hear(&Line::of(prompt)).await?;
        let text = text.trim();
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    fn say(&self, text: &str) {
        self.console.screen.say(&Line::of(text));
    }

    /// The next line that is typed, as long as the question is asked.
    pub(crate) async fn hear(&mut self, prompt: &Line) -> Result<String, NoAnswer> {
        let Console {
            screen,
            keyboard,
            interrupt,
            ..
        } = &mut *self.console;
        screen.prompt(prompt);
        loop {
            tokio::select! {
                () = interrupt.pressed() => {
                    screen.say(&Line::default());
                    return Err(NoAnswer::Interrupted);
                }
                news = self.following.next() => {
                    news?;
                    if !(self.asked)(self.following.run()) {
                        screen.say(&Line::default());
                        return Err(NoAnswer::Overtaken);
                    }
                }
                line = keyboard.line() => {
                    return line.ok_or_else(|| {
                        screen.say(&Line::default());
                        NoAnswer::Later
                    });
                }
            }
        }
    }
}

/// The word that is meant: all of it, or as much as tells it from the others.
pub(crate) fn chosen<'a>(typed: &str, words: &[&'a str]) -> Option<&'a str> {
    let typed = typed.trim().to_lowercase();
    if typed.is_empty() {
        return None;
    }
    let mut matching = words
        .iter()
        .copied()
        .chain(["later"])
        .filter(|word| word.starts_with(&typed));
    let first = matching.next()?;
    matching.next().is_none().then_some(first)
}

/// The items that can be dropped: of the calls, or of a list's result.
fn items_on(gate: &GateId, card: &Card) -> Vec<(String, Option<serde_json::Value>)> {
    if !card.calls.is_empty() {
        return card
            .calls
            .iter()
            .map(|call| {
                let item = call.item.as_ref().and_then(Datum::inline).cloned();
                (call.step.to_string(), item)
            })
            .collect();
    }
    let outputs = card.result.as_ref().and_then(Datum::inline);
    let outputs = outputs.and_then(serde_json::Value::as_array);
    outputs
        .into_iter()
        .flatten()
        .zip(0..)
        .map(|(output, number)| {
            (
                gate.step.item(number).to_string(),
                output.get("item").cloned(),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn as_much_of_a_word_as_tells_it_from_the_others() {
        let words = ["approve", "redo", "reject"];
        assert_eq!(chosen("a", &words), Some("approve"));
        assert_eq!(chosen(" Rej ", &words), Some("reject"));
        assert_eq!(chosen("re", &words), None);
        assert_eq!(chosen("l", &words), Some("later"));
        assert_eq!(chosen("", &words), None);
        assert_eq!(chosen("approve it", &words), None);
    }
}
