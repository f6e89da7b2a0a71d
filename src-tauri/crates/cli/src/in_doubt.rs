//! The question about a call that nobody can vouch for: did it happen? (semantics.md 8, engine.md "Effects")

use crate::{
    ask::{NoAnswer, Question, chosen},
    console::Console,
    following::Following,
    line::{Line, Style},
    load::Loader,
    phrases, value,
};
use engine::Door;
use workflow::{Calling, Datum, DoubtAnswer, Phase, Run, StepKey};

impl<'a> Question<'a> {
    /// About a call that nobody can vouch for.
    pub(crate) fn in_doubt(
        console: &'a mut Console,
        following: &'a mut Following,
        step: &StepKey,
    ) -> Question<'a> {
        let step = step.clone();
        Question {
            console,
            following,
            asked: Box::new(move |run| doubted(run, &step).is_some()),
        }
    }

    /// Asks whether a call happened. The characters to type are those of the call's digest.
    pub(crate) async fn did_it_happen(&mut self, step: &StepKey) -> Result<DoubtAnswer, NoAnswer> {
        let words = ["happened", "again", "rollback"];
        let prompt = Line::default()
            .bold("Did it happen")
            .plain(" (happened, again: run it again, rollback: roll the run back; ")
            .dim("later leaves it waiting")
            .plain(")? ");
        self.console.keyboard.forget_typed();
        loop {
            let word = self.hear(&prompt).await?;
            let answer = match chosen(&word, &words) {
                Some("happened") => DoubtAnswer::ItHappened,
                Some("again") => DoubtAnswer::RunAgain,
                Some("rollback") => DoubtAnswer::RollBack,
                Some("later") => return Err(NoAnswer::Later),
                Some(_) | None => continue,
            };
            if self.vouch(step, answer).await? {
                return Ok(answer);
            }
        }
    }

    /// Has the person that answer confirmed?
    pub(crate) async fn vouch(
        &mut self,
        step: &StepKey,
        answer: DoubtAnswer,
    ) -> Result<bool, NoAnswer> {
        let (digest, _) = doubted(self.following.run(), step)
            .map(|(calling, why)| (calling.planned.digest, why.to_owned()))
            .ok_or(NoAnswer::Overtaken)?;
        let what = match answer {
            DoubtAnswer::ItHappened => "say that it happened",
            DoubtAnswer::RunAgain => "run it again",
            DoubtAnswer::RollBack => "roll the run back",
        };
        self.six(digest, what).await
    }

    /// Shows the call that is in doubt.
    pub(crate) async fn show_doubt(&mut self, door: &Door, step: &StepKey) -> Result<(), NoAnswer> {
        let Some((calling, why)) = doubted(self.following.run(), step) else {
            return Err(NoAnswer::Overtaken);
        };
        let args = Loader::new(self.console, door)
            .value(&calling.planned.call.args)
            .await?;
        let lines = doubt_lines(step, calling, why, &Datum::Inline(args));
        self.console.screen.say(&Line::default());
        self.console.screen.say_all(&lines);
        Ok(())
    }
}

/// The call of a step in doubt, and why it cannot be told.
pub(crate) fn doubted<'a>(run: &'a Run, step: &StepKey) -> Option<(&'a Calling, &'a str)> {
    match run.step(step)?.phase()? {
        Phase::InDoubt { calling, why } => Some((calling, why)),
        Phase::Group { .. }
        | Phase::List { .. }
        | Phase::Ready
        | Phase::Previewing { .. }
        | Phase::Inverting { .. }
        | Phase::Planned(_)
        | Phase::Calling(_)
        | Phase::Observing { .. }
        | Phase::Backoff { .. }
        | Phase::Result { .. } => None,
    }
}

/// What is known of a call in doubt.
pub(crate) fn doubt_lines(step: &StepKey, calling: &Calling, why: &str, args: &Datum) -> Vec<Line> {
    let call = &calling.planned.call;
    let field = |name: &str| Line::default().dim(format!("{name:<9}"));
    let mut lines = vec![
        Line::default()
            .and(Style::Warn, "✋ ")
            .bold(format!("Nobody can tell whether {step} happened")),
        field("why").plain(why),
        field("digest").plain(calling.planned.digest.to_string()),
        field("call").plain(format!("{} ({})", call.tool, phrases::effect(call.effect))),
    ];
    lines.extend(value::fields(
        args.inline().unwrap_or(&serde_json::Value::Null),
    ));
    for change in &calling.planned.changes {
        lines.push(field("would").plain(format!("{} {}", change.verb, change.subject)));
    }
    lines
}
