//! How a run stands when we leave it: what it gives, why it failed, what it changed, what it waits for. One collection
//! for the lines that a person reads and for the JSON object that a script reads.

use crate::{
    exit::Exit,
    line::{Line, Style},
    load::Loader,
    phrases, value,
};
use serde_json::{Map, Value as Json, json};
use workflow::{
    CardCall, FailReason, GateKind, Outcome, Run, RunState, RunStatus, StepKey, StepRun, StepState,
    Undoing,
};

/// A run, for the end of a verb.
pub(crate) struct Ending<'a> {
    run: &'a Run,
    outputs: Map<String, Json>,
}

impl<'a> Ending<'a> {
    pub(crate) async fn of(run: &'a Run, loader: &mut Loader<'_>) -> Ending<'a> {
        let mut outputs = Map::new();
        if let RunStatus::Completed { outputs: data, .. } = run.status() {
            for (name, datum) in data {
                outputs.insert(name.clone(), loader.value_or_excerpt(datum).await);
            }
        }
        Ending { run, outputs }
    }

    /// The exit code that says how the run stands.
    pub(crate) fn exit(&self) -> Exit {
        match self.run.state() {
            RunState::Completed => Exit::Done,
            RunState::Failed | RunState::Cancelled | RunState::RolledBack => Exit::RunFailed,
            RunState::Pending | RunState::Running | RunState::Waiting | RunState::RollingBack => {
                Exit::Waiting
            }
        }
    }

    /// What the run gives: Markdown as it is, other values by name.
    pub(crate) fn results(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for (name, value) in self
            .outputs
            .iter()
            .filter(|(name, value)| markdown(name, value).is_none())
        {
            lines.extend(match value.as_str() {
                Some(text) if !text.contains('\n') => {
                    vec![Line::default().dim(format!("{name}: ")).plain(text)]
                }
                Some(_) | None => value::named(name, value),
            });
        }
        let texts = self
            .outputs
            .iter()
            .filter_map(|(name, value)| markdown(name, value));
        for text in texts {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.extend(crate::line::prose(text));
        }
        lines
    }

    /// How it ended, the failure first.
    pub(crate) fn end(&self) -> Vec<Line> {
        let run = self.run;
        let mut lines = Vec::new();
        match run.status() {
            RunStatus::Pending | RunStatus::Running { .. } | RunStatus::RollingBack { .. } => {
                return lines;
            }
            RunStatus::Completed { message, .. } => {
                if let Some(message) = message {
                    lines.push(Line::of(message));
                }
                lines.push(
                    Line::default()
                        .and(Style::Good, "✓")
                        .plain(self.summary("completed")),
                );
            }
            RunStatus::Failed { reason, .. } => {
                lines.push(self.failure_line(reason));
                lines.push(Line::of(&reason.hint).indented(2));
                lines.extend(self.change_lines());
                lines.push(
                    Line::default()
                        .and(Style::Bad, "✗")
                        .plain(self.summary("failed")),
                );
            }
            RunStatus::RolledBack { reason, .. } => {
                lines.push(self.failure_line(reason));
                lines.push(Line::of(&reason.hint).indented(2));
                lines.extend(self.change_lines());
                lines.push(
                    Line::default()
                        .and(Style::Bad, "✗")
                        .plain(self.summary("failed and was rolled back")),
                );
            }
            RunStatus::Cancelled { .. } => {
                lines.extend(self.change_lines());
                lines.push(
                    Line::default()
                        .and(Style::Dim, "–")
                        .plain(self.summary("cancelled")),
                );
            }
        }
        lines
    }

    fn summary(&self, word: &str) -> String {
        let run = self.run;
        let since = run
            .started()
            .map_or(run.last_at_us(), |started| started.at_us);
        format!(
            " {} {word} after {} · run {}",
            run.definition().title,
            phrases::elapsed(run.last_at_us() - since),
            run.id()
        )
    }

    /// `write_file: file.write → permission_denied: what and why`.
    fn failure_line(&self, reason: &FailReason) -> Line {
        let mut line = Line::default();
        if let Some(step) = &reason.step {
            line = line.bold(format!("{step}: "));
            let tool = self
                .run
                .definition()
                .step(&step.id)
                .and_then(|step| step.tool());
            let called = self
                .run
                .step(step)
                .is_some_and(|step| !step.tries.is_empty());
            if let Some((tool, _)) = tool.filter(|_| called) {
                line = line.plain(format!("{tool} → "));
            }
        }
        line.and(Style::Bad, &reason.code)
            .plain(format!(": {}", reason.message))
    }

    /// What was changed, so that the person knows what is left behind.
    pub(crate) fn change_lines(&self) -> Vec<Line> {
        let changed: Vec<Changed<'_>> = self.changed().collect();
        if changed.is_empty() {
            return vec![Line::default().dim("Nothing was changed.")];
        }
        let (back, left): (Vec<_>, Vec<_>) = changed
            .into_iter()
            .partition(|changed| matches!(changed.undoing, Undoing::Done | Undoing::AlreadyBack));
        let mut lines = Vec::new();
        for (head, changed) in [
            ("Changed by this run, and rolled back:", back),
            ("Changed by this run, and left so:", left),
        ] {
            if !changed.is_empty() {
                lines.push(Line::default().bold(head));
                lines.extend(changed.iter().flat_map(Changed::lines));
            }
        }
        lines
    }
    fn changed(&self) -> impl Iterator<Item = Changed<'a>> {
        let run = self.run;
        run.steps().iter().filter_map(move |(key, step)| {
            let of = run.definition().step(&key.id)?;
            let made = run.made().rev().find(|made| made.step == *key);
            let tool = of.tool().map(|(tool, _)| tool);
            let tool = tool.or(made.map(|made| made.tool.as_str()))?;
            let changes = run.definition().tools.get(tool)?.effect.changes();
            let ended = has_changed(step).filter(|_| changes)?;
            let card = run
                .gates()
                .values()
                .filter_map(|gate| gate.card.as_ref())
                .flat_map(|card| &card.calls)
                .find(|call| call.step == *key);
            Some(Changed {
                step: key,
                tool,
                card,
                known: ended,
                undoing: run
                    .made()
                    .rev()
                    .find(|made| made.step == *key)
                    .map_or(Undoing::NotBegun, |made| run.undoing(made)),
            })
        })
    }

    /// Everything, for scripts. The shape is told in the help of `run`.
    pub(crate) fn json(&self, copyable: impl Fn(&str) -> String) -> Json {
        let run = self.run;
        let summary = run.summary();
        let mut object = json!({
            "run": run.id(),
            "workflow": summary.workflow,
            "title": summary.title,
            "state": summary.state,
            "started_at_us": summary.started_at_us,
            "ended_at_us": summary.ended_at_us,
            "outputs": self.outputs,
            "message": summary.message,
            "failure": null,
            "changed": [],
            "waiting": [],
            "in_doubt": summary.in_doubt,
        });
        if let RunStatus::Failed { reason, .. } | RunStatus::RolledBack { reason, .. } =
            run.status()
        {
            let tool = reason
                .step
                .as_ref()
                .and_then(|step| Some(run.definition().step(&step.id)?.tool()?.0.to_owned()));
            object["failure"] = json!({
                "step": reason.step, "tool": tool,
                "code": reason.code, "message": reason.message, "hint": reason.hint,
            });
        }
        object["changed"] = self
            .changed()
            .map(
                |Changed {
                     step,
                     tool,
                     card,
                     known,
                     undoing,
                 }| {
                    let call = card.map(|card| &card.call);
                    json!({
                        "step": step, "tool": tool, "certain": known,
                        "changes": card.map(|card| &card.changes),
                        "undo": call.and_then(|call| call.undo.as_ref()),
                        "rollback": rolled_back(&undoing),
                    })
                },
            )
            .collect();
        object["waiting"] = run
            .open_gates()
            .map(|gate| {
                let digest = gate
                    .card_digest
                    .map(|digest| digest.to_string())
                    .unwrap_or_default();
                let decide = copyable(&decide_arguments(run, &gate.id, &digest));
                json!({
                    "gate": gate.id, "revision": gate.revision, "digest": digest,
                    "title": gate.card.as_ref().map(|card| &card.title),
                    "decisions": gate.card.as_ref().map(|card| &card.decisions),
                    "expires_at_us": gate.card.as_ref().and_then(|card| card.expires_at_us),
                    "decide": decide,
                })
            })
            .collect();
        object
    }

    /// What the run waits for, with a command line to copy.
    pub(crate) fn waiting(&self, copyable: impl Fn(&str) -> String) -> Vec<Line> {
        let run = self.run;
        let field = |name: &str| Line::default().dim(format!("  {name:<8}"));
        let mut lines = Vec::new();
        for gate in run.open_gates() {
            let digest = gate
                .card_digest
                .map(|digest| digest.to_string())
                .unwrap_or_default();
            let card = gate.card.as_ref();
            let title = card.map(|card| card.title.as_str()).unwrap_or_default();
            lines.push(
                Line::default()
                    .and(Style::Warn, "✋ ")
                    .bold(title)
                    .plain(" waits for a person"),
            );
            lines.push(field("run").plain(run.id().to_string()));
            lines.push(field("gate").plain(gate.id.to_string()));
            lines.push(field("digest").plain(&digest));
            if let Some(at_us) = card.and_then(|card| card.expires_at_us) {
                lines.push(field("until").plain(format!(
                    "{}, then it rejects itself",
                    phrases::moment(at_us)
                )));
            }
            lines.push(field("look").plain(copyable(&format!("show {}", run.id()))));
            lines.push(field("answer").plain(copyable(&decide_arguments(run, &gate.id, &digest))));
        }
        for step in run.summary().in_doubt {
            let title = format!("Nobody can tell whether {step} happened");
            lines.push(Line::default().and(Style::Warn, "✋ ").bold(title));
            lines.push(field("run").plain(run.id().to_string()));
            let step = crate::console::quoted(&step.to_string());
            for (name, word) in [
                ("answer", "--happened"),
                ("or", "--run-again"),
                ("or", "--roll-back"),
            ] {
                let command = copyable(&format!("doubt {} {step} {word}", run.id()));
                lines.push(field(name).plain(command));
            }
        }
        lines
    }
}

struct Changed<'a> {
    step: &'a StepKey,
    tool: &'a str,
    /// What was approved.
    card: Option<&'a CardCall>,
    /// It certainly happened.
    known: bool,
    /// What became of rolling it back.
    undoing: Undoing,
}

impl Changed<'_> {
    /// What was changed, and how it would be undone or why it was not.
    fn lines(&self) -> Vec<Line> {
        let (step, tool) = (self.step, self.tool);
        let sure = if self.known { "" } else { ", perhaps" };
        let changes = self
            .card
            .map(|call| call.changes.as_slice())
            .unwrap_or_default();
        let mut lines = Vec::new();
        if changes.is_empty() {
            lines.push(Line::of(format!("{step}: {tool}{sure}")).indented(2));
        }
        for change in changes {
            let what = format!("{step}: {} {}{sure}", change.verb, change.subject);
            lines.push(Line::of(what).indented(2));
        }
        let undo = self.card.and_then(|call| call.call.undo.as_ref());
        let more = match &self.undoing {
            Undoing::Done => None,
            Undoing::AlreadyBack => Some("there was nothing to undo".to_owned()),
            Undoing::NotPossible(why) => Some(format!("cannot be undone: {why}")),
            Undoing::Left(reason) => Some(format!("left as it is: {reason}")),
            Undoing::Failed(reason) => {
                Some(format!("could not be rolled back: {}", reason.message))
            }
            Undoing::NotBegun | Undoing::UnderWay => {
                undo.map(|undo| format!("undo: {}", undo.says))
            }
        };
        lines.extend(more.map(|more| Line::default().dim(more).indented(4)));
        lines
    }
}

/// The word for scripts; null: nobody has begun.
fn rolled_back(undoing: &Undoing) -> Json {
    match undoing {
        Undoing::NotBegun => Json::Null,
        Undoing::UnderWay => json!("under_way"),
        Undoing::Done => json!("done"),
        Undoing::AlreadyBack => json!("nothing_to_undo"),
        Undoing::NotPossible(_) => json!("not_possible"),
        Undoing::Left(_) => json!("left"),
        Undoing::Failed(_) => json!("failed"),
    }
}

/// Has a changing step changed something? `Some(false)`: perhaps.
fn has_changed(step: &StepRun) -> Option<bool> {
    // By a person's word there may be a result without a try that succeeded.
    let has_result = matches!(step.state, StepState::Completed { .. });
    if has_result || step.tries.iter().any(|one| one.error.is_none()) {
        return Some(true);
    }
    let unknown = |error: &workflow::ToolError| error.outcome == Outcome::Unknown;
    step.tries
        .iter()
        .any(|one| one.error.as_ref().is_some_and(unknown))
        .then_some(false)
}

/// Text of a report: an output called `report`, or an object with the text under `markdown`.
fn markdown<'a>(name: &str, value: &'a Json) -> Option<&'a str> {
    match value {
        Json::String(text) if name == "report" => Some(text),
        Json::Object(fields) => fields.get("markdown").and_then(Json::as_str),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => None,
    }
}

/// The arguments of the verb that answers this card.
pub(crate) fn decide_arguments(run: &Run, gate: &workflow::GateId, digest: &str) -> String {
    let usual = match gate.kind {
        GateKind::Before | GateKind::After => "--approve",
        GateKind::Failure => "--retry",
    };
    let gate = crate::console::quoted(&gate.to_string());
    format!("decide {} {gate} --digest {digest} {usual}", run.id())
}
