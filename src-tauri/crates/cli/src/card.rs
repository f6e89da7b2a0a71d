//! The card as lines: everything that its digest covers, and nothing else above or inside it (approvals.md, I5).
//! Pure; not the conversation about it (see `ask.rs`).

use crate::{
    line::{Line, Style},
    phrases, value,
};
use serde_json::Value as Json;
use std::borrow::Cow;
use workflow::{
    Card, CardCall, CardScope, Datum, Difference, Digest, GateId, GateKind, Run, Target,
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
        let mut lines = vec![
            Line::default()
                .and(Style::Warn, "✋ ")
                .bold(&card.title)
                .indented(0),
        ];
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
        lines.extend(self.calls());
        if let Some(result) = &card.result {
            lines.push(Line::default().bold("The result:"));
            lines.extend(
                value::named("output", &inline(result))
                    .into_iter()
                    .map(|line| line.indented(2)),
            );
        }
        lines.extend(self.evidence());
        lines.push(field("from").plain(self.asked_by()));
        lines.extend(self.limits());
        lines
    }

    fn calls(&self) -> Vec<Line> {
        let calls = &self.card.calls;
        if calls.is_empty() {
            return Vec::new();
        }
        let head = match (self.card.scope, calls.len()) {
            (_, 1) => "This call runs, exactly so:".to_owned(),
            (CardScope::AllItems | CardScope::Each, many) => {
                format!("These {many} calls run, exactly so:")
            }
        };
        let mut lines = vec![Line::default().bold(head)];
        for call in calls {
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

fn call_lines(call: &CardCall) -> Vec<Line> {
    let mut head = Line::default()
        .bold(&call.call.tool)
        .dim(format!("  {}", call.step));
    if let Some(item) = &call.item {
        head = head.dim(format!("  for {}", value::short(&inline(item), 60)));
    }
    let mut lines = vec![head];
    let mut inner = Vec::new();
    if let Some(why) = &call.left_out {
        inner.push(Line::default().and(Style::Warn, format!("left out, it will not run: {why}")));
    }
    match inline(&call.call.args).as_ref() {
        Json::Object(fields) => {
            inner.extend(
                fields
                    .iter()
                    .flat_map(|(name, field)| value::named(name, field)),
            );
        }
        other @ (Json::Null
        | Json::Bool(_)
        | Json::Number(_)
        | Json::String(_)
        | Json::Array(_)) => inner.extend(value::named("args", other)),
    }
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
        inner.push(field("would").plain("change nothing"));
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
            None => format!("{} (this computer)", target.agent),
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
