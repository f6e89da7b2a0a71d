//! The card as lines: everything that its digest covers, and nothing else above or inside it (approvals.md, I5).
//! Pure; not the conversation about it (see `ask.rs`).

use crate::{
    line::{Line, Style},
    phrases, value,
};
use serde_json::Value as Json;
use std::borrow::Cow;
use workflow::{
    Card, CardCall, Datum, Difference, Digest, GateId, GateKind, OnFailure, RollbackPlan, Run,
    Target,
};

/// How many characters of a card's digest a person types.
pub(crate) const TYPED: usize = 6;

/// A card with what surrounds it. Its values are inline (see `load.rs`).
pub(crate) struct Shown<'a> {
    pub(crate) run: &'a Run,
    pub(crate) gate: &'a GateId,
    pub(crate) revision: u32,
    pub(crate) digest: Digest,
    pub(crate) card: &'a Card,
    /// The clock, for what is left of its time.
    pub(crate) now_us: i64,
}

impl Shown<'_> {
    /// The whole card.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let card = self.card;
        let mut lines = vec![Line::default().and(Style::Warn, "✋ ").bold(&card.title)];
        lines.push(field("digest").joined(digest(self.digest)));
        lines.push(field("run").plain(format!(
            "{} · {}",
            self.run.id(),
            self.run.definition().title
        )));
        lines.push(field("gate").plain(format!("{}, card {}", self.gate, self.revision)));
        if let Some(why) = &card.reopened {
            lines.push(field("again").and(Style::Warn, why));
        }
        lines.extend(changed(&card.changed));
        if self.gate.kind == GateKind::Failure {
            lines.extend(self.stopped_call());
        } else {
            lines.extend(self.calls());
        }
        if let Some(result) = &card.result {
            lines.push(Line::default().bold("The result:"));
            lines.extend(
                value::named("output", &inline(result))
                    .into_iter()
                    .map(|line| line.indented(2)),
            );
        }
        lines.extend(self.evidence());
        lines.extend(self.card.rollback.iter().flat_map(rollback));
        lines.push(field("from").plain(self.asked_by()));
        lines.extend(self.limits());
        lines
    }

    fn calls(&self) -> Vec<Line> {
        let (left_out, run): (Vec<&CardCall>, Vec<&CardCall>) = self
            .card
            .calls
            .iter()
            .partition(|call| call.left_out.is_some());
        let head = match run.len() {
            0 => "No call runs.".to_owned(),
            1 => "This call runs, exactly so:".to_owned(),
            many => format!("These {many} calls run, exactly so:"),
        };
        let mut lines = Vec::new();
        for (head, calls) in [(head.as_str(), run), ("Left out, will not run:", left_out)] {
            if !calls.is_empty() {
                lines.push(Line::default().bold(head));
            }
            for call in calls {
                lines.extend(call_lines(call).into_iter().map(|line| line.indented(2)));
            }
        }
        lines
    }

    /// The inverse that failed, where one was planned.
    fn stopped_call(&self) -> Vec<Line> {
        if self.card.calls.is_empty() {
            return Vec::new();
        }
        let head = "This call would roll it back, and did not; a retry asks anew what it would do:";
        let mut lines = vec![Line::default().bold(head)];
        for call in &self.card.calls {
            lines.extend(call_lines(call).into_iter().map(|line| line.indented(2)));
        }
        lines
    }

    fn evidence(&self) -> Vec<Line> {
        if self.card.shown.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![Line::default().bold("Evidence:")];
        for shown in &self.card.shown {
            lines.extend(
                value::named(&shown.expression, &inline(&shown.value))
                    .into_iter()
                    .map(|line| line.indented(2)),
            );
        }
        lines
    }

    fn asked_by(&self) -> String {
        let definition = self.run.definition();
        let who = match self.gate.kind {
            GateKind::Before => "proposed by",
            GateKind::After => "made by",
            GateKind::Failure => "found by",
        };
        format!(
            "{who} {}; asked by step {} of {} {} (definition {})",
            self.card.provenance.word(),
            self.gate.step.id,
            definition.id,
            definition.version,
            self.card.definition.short()
        )
    }

    fn limits(&self) -> Vec<Line> {
        let card = self.card;
        let mut lines = Vec::new();
        if card.tries > 1 && !card.calls.is_empty() {
            lines.push(field("tries").plain(format!(
                "one approval covers up to {} tries of each call",
                card.tries
            )));
        }
        if let Some(ttl_ms) = card.grant_ttl_ms {
            lines.push(field("good for").plain(format!(
                "{} after the approval",
                phrases::elapsed_ms(ttl_ms)
            )));
        }
        lines.push(field("time").plain(match card.expires_at_us {
            None => "stays open until somebody answers".to_owned(),
            Some(at_us) if at_us <= self.now_us => {
                format!("closed by itself at {}", phrases::moment(at_us))
            }
            Some(at_us) => format!(
                "rejects itself at {}, in {}",
                phrases::moment(at_us),
                phrases::elapsed(at_us - self.now_us)
            ),
        }));
        for (name, value) in &card.editable {
            lines.push(
                field("editable").plain(format!("{name} = {}", value::short(&inline(value), 60))),
            );
        }
        let words: Vec<&str> = card.decisions.iter().map(|kind| kind.word()).collect();
        lines.push(field("answers").plain(words.join(", ")));
        lines
    }
}

/// How the whole run would be undone, and what could not be.
fn rollback(plan: &RollbackPlan) -> Vec<Line> {
    let head = match plan.on_failure {
        OnFailure::Stop => "If the run fails, its changes stay until somebody undoes them:",
        OnFailure::Ask => "If the run fails, you are asked whether to roll back:",
        OnFailure::Rollback => "If the run fails, this is rolled back, the newest change first:",
    };
    let mut lines = vec![Line::default().bold(head)];
    for step in &plan.steps {
        let line = Line::default()
            .plain(format!("{} ", step.title))
            .dim(&step.step);
        let why = step.irreversible.as_deref();
        lines.push(
            match &step.tool {
                Some(tool) => line.plain(format!("  undone with {tool}")),
                None => line.and(
                    Style::Bad,
                    format!("  cannot be undone: {}", why.unwrap_or("no tool undoes it")),
                ),
            }
            .indented(2),
        );
    }
    lines
}

fn call_lines(call: &CardCall) -> Vec<Line> {
    let mut head = Line::default()
        .bold(&call.call.tool)
        .dim(format!("  {}", call.step));
    if let Some(item) = &call.item {
        head = head.dim(format!("  for {}", value::label(&inline(item), 60)));
    }
    let mut lines = vec![head];
    let mut inner = Vec::new();
    if let Some(why) = &call.left_out {
        inner.push(field("because").and(Style::Warn, why));
    }
    inner.extend(value::fields(&inline(&call.call.args)));
    inner.push(field("effect").plain(phrases::effect(call.call.effect)));
    inner.push(field("on").plain(targets(&call.call.targets)));
    for (name, fact) in &call.call.facts {
        inner.extend(value::named(&format!("fact {name}"), fact));
    }
    for change in &call.changes {
        inner.push(
            field("would")
                .bold(format!("{} ", change.verb))
                .plain(&change.subject),
        );
        inner.extend(diff(&change.diff));
    }
    if call.changes.is_empty() && call.call.effect.changes() {
        inner.push(field("would").plain("the preview names no change"));
    }
    if !call.blast_radius.is_empty() {
        inner.push(field("affects").plain(&call.blast_radius));
    }
    inner.push(match &call.undo {
        Some(undo) => field("undo").plain(format!("{}: {}", undo.tool, undo.says)),
        None if call.call.effect.changes() => {
            field("undo").and(Style::Bad, "cannot be undone by this program")
        }
        None => field("undo").plain("nothing to undo"),
    });
    // Short, so that it is not taken for the card's digest.
    let (tool, version) = (&call.call.tool, call.call.tool_version);
    let call = format!("{tool} v{version}, digest {}…", call.digest.short());
    inner.push(field("call").dim(call));
    lines.extend(inner.into_iter().map(|line| line.indented(2)));
    lines
}

fn targets(targets: &[Target]) -> String {
    if targets.is_empty() {
        return "this computer".to_owned();
    }
    let names: Vec<String> = targets
        .iter()
        .map(|target| match &target.host_key {
            Some(key) => format!("{} (host key {key})", target.agent),
            None if target.agent == fleet::Agent::THIS_COMPUTER => {
                format!("{} (this computer)", target.agent)
            }
            None => format!("{} (no host key seen)", target.agent),
        })
        .collect();
    names.join(", ")
}

fn changed(changed: &[Difference]) -> Vec<Line> {
    if changed.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::default().bold("Changed since the card before:")];
    for difference in changed {
        lines.push(Line::of(&difference.path).indented(2));
        for (style, mark, text) in [
            (Style::Bad, "- ", &difference.before),
            (Style::Good, "+ ", &difference.after),
        ] {
            if !text.is_empty() {
                lines.push(
                    Line::default()
                        .and(style, mark)
                        .and(style, text)
                        .indented(4),
                );
            }
        }
    }
    lines
}

/// A unified diff; its marks keep their meaning without colours.
fn diff(text: &str) -> Vec<Line> {
    text.lines()
        .map(|line| {
            let style = match line.as_bytes().first() {
                Some(b'+') => Style::Good,
                Some(b'-') => Style::Bad,
                Some(b'@') => Style::Dim,
                Some(_) | None => Style::Plain,
            };
            Line::default().dim("│ ").and(style, line).indented(2)
        })
        .collect()
}

/// The digest with the characters to type set apart.
fn digest(digest: Digest) -> Line {
    let text = digest.to_string();
    let (typed, rest) = text.split_at(TYPED);
    Line::default().bold(typed).dim(rest)
}

fn field(name: &str) -> Line {
    Line::default().dim(format!("{name:<9}"))
}

/// The value; what was not loaded says so instead of looking like another value.
fn inline(datum: &Datum) -> Cow<'_, Json> {
    match datum {
        Datum::Inline(value) => Cow::Borrowed(value),
        Datum::Blob {
            sha256, size_bytes, ..
        } => Cow::Owned(Json::String(format!(
            "(not loaded: {size_bytes} bytes with the digest {sha256})"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::Arc;
    use workflow::{RunId, Workflow};

    fn run() -> Run {
        let definition: Workflow = serde_json::from_value(json!({
            "id": "restart", "title": "Restart", "version": "1.2.0", "description": "", "risk": "high",
            "labels": {}, "effects": null, "inputs": {}, "on_failure": "stop", "stages": [], "steps": [],
            "outputs": {}, "tools": {},
        }))
        .unwrap();
        Run::new(
            RunId("r1".to_owned()),
            Arc::new(definition),
            Digest::of(b"definition"),
        )
    }

    fn card() -> Card {
        let call = |path: &str, left_out: Option<&str>| {
            json!({
                "step": format!("restart[{path}]"), "item": { "inline": format!("web-{path}") },
                "call": {
                    "tool": "service.restart", "tool_version": 3,
                    "args": { "inline": { "service": "my\u{202e}app" } },
                    "targets": [{ "agent": format!("web-{path}"), "host_key": "SHA256:abc" }],
                    "facts": { "release": "41f0" }, "effect": "destructive", "undo": null,
                },
                "digest": Digest::of(path.as_bytes()), "changes": [], "blast_radius": "One host of 8",
                "undo": null, "left_out": left_out,
            })
        };
        serde_json::from_value(json!({
            "title": "Restart \u{1b}[31mweb?", "calls": [call("0", None), call("1", Some("no such service"))],
            "result": null, "provenance": "model",
            "shown": [{ "expression": "steps.look.output", "value": { "inline": { "load": 2.5 } }, "digest": Digest::of(b"e") }],
            "decisions": ["approve", "drop", "reject"], "editable": {}, "tries": 3,
            "reopened": "what would run is not what was approved",
            "changed": [{ "path": "restart[0].facts.release", "before": "3f00", "after": "41f0" }],
            "definition": Digest::of(b"definition"), "expires_at_us": 7_140_000_000i64, "grant_ttl_ms": 600_000,
            "scope": "all_items",
        }))
        .unwrap()
    }

    #[test]
    fn a_card_shows_everything_that_its_digest_covers() {
        let (run, card) = (run(), card());
        let shown = Shown {
            run: &run,
            gate: &"restart.before".parse().unwrap(),
            revision: 2,
            digest: Digest::of(b"card"),
            card: &card,
            now_us: 0,
        };
        let text: Vec<String> = shown.lines().iter().map(Line::text).collect();
        // Local time differs from machine to machine.
        let text = text
            .join("\n")
            .replace(&phrases::moment(7_140_000_000), "<then>");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn what_was_not_loaded_is_not_shown_as_something_else() {
        let datum = Datum::Blob {
            sha256: Digest::of(b"body"),
            size_bytes: 9000,
            excerpt: "[1,2".to_owned(),
        };
        assert!(
            inline(&datum)
                .to_string()
                .contains("not loaded: 9000 bytes")
        );
    }
}
