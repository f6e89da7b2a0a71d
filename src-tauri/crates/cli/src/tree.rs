//! A run as the lines of the sidebar: stages with their steps below. Pure.

use crate::{
    line::{Line, Style},
    phrases, value,
};
use workflow::{
    Datum, Made, Phase, Run, StageLine, Step, StepKey, StepRun, StepState, StepStatus, WaitFor,
};

/// How many items of a list are shown at once; those that need no attention are only counted.
const ITEMS: usize = 6;

/// Glyph and title in the colours of the state.
pub(crate) fn head(status: StepStatus, title: &str) -> Line {
    let (mark, words) = match status {
        StepStatus::Pending | StepStatus::Skipped => (Style::Dim, Style::Dim),
        StepStatus::InProgress => (Style::Bold, Style::Bold),
        StepStatus::Waiting => (Style::Warn, Style::Bold),
        StepStatus::Completed => (Style::Good, Style::Plain),
        StepStatus::Failed => (Style::Bad, Style::Plain),
    };
    // The hand is two columns wide, the other glyphs one.
    let gap = if status == StepStatus::Waiting {
        " "
    } else {
        "  "
    };
    Line::default()
        .and(mark, status.glyph())
        .plain(gap)
        .and(words, title)
}

/// All stages with all steps, and the rollback where there is one.
pub(crate) fn lines(run: &Run, now_us: i64) -> Vec<Line> {
    let mut lines = Tree { run, now_us }.stages(|_| true);
    lines.extend(rollback(run, now_us));
    lines
}

/// The changes that are rolled back or were, the newest first.
pub(crate) fn rollback(run: &Run, now_us: i64) -> Vec<Line> {
    let begun = |made: &&Made| run.step(&made.inverse()).is_some();
    let mut lines: Vec<Line> = run
        .made()
        .rev()
        .filter(begun)
        .map(|made| inverse_line(run, now_us, made).indented(2))
        .collect();
    if !lines.is_empty() {
        lines.insert(0, Line::default().bold("Rolling back"));
    }
    lines
}

/// One change that is rolled back.
pub(crate) fn inverse_line(run: &Run, now_us: i64, made: &Made) -> Line {
    let (tree, key) = (Tree { run, now_us }, made.inverse());
    let title = format!("Roll back {}", made.step);
    tree.with_detail(head(run.step_status(&key), &title), &key)
}

/// The same where the screen is too small: only stages under way are opened.
pub(crate) fn lines_folded(run: &Run, now_us: i64) -> Vec<Line> {
    let mut lines = Tree { run, now_us }.stages(|status| {
        matches!(
            status,
            StepStatus::InProgress | StepStatus::Waiting | StepStatus::Failed
        )
    });
    lines.extend(rollback(run, now_us));
    lines
}

/// One step, or one item of a list, as a line of its own.
pub(crate) fn step_line(run: &Run, now_us: i64, step: &Step, key: &StepKey) -> Line {
    let tree = Tree { run, now_us };
    match key.list().filter(|_| step.foreach.is_some()) {
        Some(list) => tree.item_line(&list, key),
        None => tree.step_line(step, key),
    }
}

/// The step that is the whole stage and is called like it: the two are one line.
pub(crate) fn alone<'a>(run: &'a Run, stage: &StageLine, number: u32) -> Option<&'a Step> {
    let mut steps = run
        .definition()
        .steps
        .iter()
        .filter(|step| step.stage == number);
    let only = steps
        .next()
        .filter(|step| step.title == stage.title && step.children().is_empty())?;
    steps.next().is_none().then_some(only)
}

struct Tree<'a> {
    run: &'a Run,
    now_us: i64,
}

impl Tree<'_> {
    fn stages(&self, opened: impl Fn(StepStatus) -> bool) -> Vec<Line> {
        let mut lines = Vec::new();
        for (stage, number) in self.run.stages().iter().zip(1..) {
            if let Some(step) = alone(self.run, stage, number) {
                let key = StepKey::top(&step.id);
                lines.push(self.step_line(step, &key));
                lines.extend(self.items(step, &key, 2));
                continue;
            }
            lines.push(head(stage.status, &stage.title));
            if opened(stage.status) {
                let steps = self.run.definition().steps.iter();
                for step in steps.filter(|step| step.stage == number) {
                    lines.extend(self.step(step, &StepKey::top(&step.id), 2));
                }
            }
        }
        lines
    }

    fn step(&self, step: &Step, key: &StepKey, indent: usize) -> Vec<Line> {
        let mut lines = vec![self.step_line(step, key).indented(indent)];
        if step.foreach.is_some() {
            lines.extend(self.items(step, key, indent + 2));
        } else {
            lines.extend(self.children(step, key, indent + 2));
        }
        lines
    }

    fn children(&self, step: &Step, key: &StepKey, indent: usize) -> Vec<Line> {
        step.children()
            .iter()
            .flat_map(|child| self.step(child, &key.beside(&child.id), indent))
            .collect()
    }

    /// The items of a list that are at work, wait or have failed.
    fn items(&self, step: &Step, list: &StepKey, indent: usize) -> Vec<Line> {
        let shown: Vec<StepKey> = self
            .item_keys(list)
            .into_iter()
            .filter(|key| {
                matches!(
                    self.run.step_status(key),
                    StepStatus::InProgress | StepStatus::Waiting | StepStatus::Failed
                )
            })
            .collect();
        let mut lines: Vec<Line> = shown
            .iter()
            .take(ITEMS)
            .flat_map(|key| {
                let mut lines = vec![self.item_line(list, key).indented(indent)];
                lines.extend(self.children(step, key, indent + 2));
                lines
            })
            .collect();
        if shown.len() > ITEMS {
            let more = format!("… and {} more", shown.len() - ITEMS);
            lines.push(Line::default().dim(more).indented(indent));
        }
        lines
    }

    fn item_keys(&self, list: &StepKey) -> Vec<StepKey> {
        let is_item =
            |key: &&StepKey| key.id == list.id && key.list().is_some_and(|outer| outer == *list);
        self.run.steps().keys().filter(is_item).cloned().collect()
    }

    fn item_line(&self, list: &StepKey, key: &StepKey) -> Line {
        let name = match self.run.step(list).and_then(StepRun::phase) {
            Some(Phase::List { items, .. }) => key
                .items
                .last()
                .and_then(|number| items.get(*number as usize))
                .and_then(Datum::inline)
                .map(|item| value::label(item, 40)),
            Some(_) | None => None,
        };
        let title = name.unwrap_or_else(|| key.to_string());
        self.with_detail(head(self.run.step_status(key), &title), key)
    }

    fn step_line(&self, step: &Step, key: &StepKey) -> Line {
        let status = self.run.step_status(key);
        let mut line = head(status, &step.title);
        if step.foreach.is_some() {
            line = line.dim(self.progress(key));
        }
        self.with_detail(line, key)
    }

    /// `3/8` of a list.
    fn progress(&self, list: &StepKey) -> String {
        let keys = self.item_keys(list);
        let done = keys
            .iter()
            .filter(|key| self.run.step(key).is_some_and(StepRun::is_done))
            .count();
        let total = match self.run.step(list).and_then(StepRun::phase) {
            Some(Phase::List { items, .. }) => items.len(),
            Some(_) | None => keys.len(),
        };
        if total == 0 {
            String::new()
        } else {
            format!("  {done}/{total}")
        }
    }

    fn with_detail(&self, line: Line, key: &StepKey) -> Line {
        let Some(step) = self.run.step(key) else {
            return line;
        };
        let mut line = line;
        if step.attempt > 1 {
            line = line.dim(format!("  attempt {}", step.attempt));
        }
        match &step.state {
            StepState::Again => line,
            StepState::Completed { .. } if self.run.is_undone(key) => {
                line.dim(format!("  {}, undone", self.took(step)))
            }
            StepState::Completed { .. } => line.dim(format!("  {}", self.took(step))),
            StepState::Failed { reason } => line.and(Style::Bad, format!("  {}", reason.message)),
            StepState::Skipped { why } => line.dim(format!("  {}", phrases::skipped(why))),
            StepState::Active(phase) => match (self.run.waits_for(key), phase) {
                (Some(WaitFor::Person(gate)), _) => {
                    line.and(Style::Warn, format!("  waits for a person: {gate}"))
                }
                (Some(WaitFor::InDoubt), _) => line.and(
                    Style::Warn,
                    "  in doubt: a person must say whether it happened",
                ),
                (Some(WaitFor::Timer), Phase::Backoff { due_us, n, .. }) => line.dim(format!(
                    "  try {n} in {}",
                    phrases::elapsed(due_us - self.now_us)
                )),
                (Some(WaitFor::Timer) | None, _) => line.dim(format!("  {}", self.took(step))),
            },
        }
    }

    fn took(&self, step: &StepRun) -> String {
        phrases::elapsed(step.ended_at_us.unwrap_or(self.now_us) - step.started_at_us)
    }
}
