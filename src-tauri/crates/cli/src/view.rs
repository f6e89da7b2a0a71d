//! A run while it goes on: at a terminal the stages are drawn again and again in place, with the last log lines below;
//! elsewhere each change is a line of its own.

use crate::{
    line::{Line, Style},
    screen::Screen,
    tree,
};
use api::{LogLine, LogStream};
use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};
use workflow::{Digest, Phase, Run, StepKey, StepStatus};

/// How many log lines stand below the stages.
const LOG_LINES: usize = 5;

/// A terminal is not drawn more often than this, however fast the news come.
const PAUSE: Duration = Duration::from_millis(80);

/// What is shown of a run that goes on.
#[derive(Default)]
pub(crate) struct View {
    /// How many lines of the terminal are ours to draw over.
    drawn: usize,
    drawn_at: Option<Instant>,
    log: VecDeque<Line>,
    /// What was told line by line.
    steps: BTreeMap<StepKey, (StepStatus, u32)>,
    stages: BTreeMap<u32, StepStatus>,
}

impl View {
    /// The run has moved on.
    pub(crate) fn moved(&mut self, screen: &Screen, run: &Run) {
        if screen.redraws() {
            let early = self.drawn_at.is_some_and(|at| at.elapsed() < PAUSE);
            if !early {
                self.draw(screen, run);
            }
        } else {
            screen.say_all(&self.changes(run));
        }
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, screen: &Screen, run: &Run) {
        if screen.redraws() {
            self.draw(screen, run);
        }
    }

    /// A call has logged something.
    pub(crate) fn logged(&mut self, screen: &Screen, run: &Run, call: Digest, lines: &[LogLine]) {
        let step = run.steps().iter().find_map(|(key, step)| {
            let is_it =
                matches!(step.phase(), Some(Phase::Calling(calling)) if calling.key == call);
            is_it.then(|| key.to_string())
        });
        let step = step.unwrap_or_default();
        for line in lines {
            self.log.push_back(log_line(&step, line));
        }
        if screen.redraws() {
            while self.log.len() > LOG_LINES {
                self.log.pop_front();
            }
            self.moved(screen, run);
        } else {
            let lines: Vec<Line> = self.log.drain(..).collect();
            screen.say_all(&lines);
        }
    }

    /// Leaves the picture as it is now; what is printed next stands below it.
    pub(crate) fn settle(&mut self, screen: &Screen, run: &Run) {
        if screen.redraws() {
            self.log.clear();
            self.draw(screen, run);
            self.drawn = 0;
        } else {
            screen.say_all(&self.changes(run));
        }
    }

    fn draw(&mut self, screen: &Screen, run: &Run) {
        let (rows, columns) = screen.size();
        let now_us = engine::now_us();
        let room = rows.saturating_sub(1);
        let mut lines = tree::lines(run, now_us);
        if lines.len() + self.log.len() > room {
            lines = tree::lines_folded(run, now_us);
        }
        lines.extend(self.log.iter().cloned());
        // The lowest lines are what happens now.
        let lines: Vec<Line> = lines
            .split_off(lines.len().saturating_sub(room))
            .into_iter()
            .map(|line| line.cut(columns - 1))
            .collect();
        screen.redraw(self.drawn, &lines);
        self.drawn = lines.len();
        self.drawn_at = Some(Instant::now());
    }

    /// What has changed since it was told last.
    fn changes(&mut self, run: &Run) -> Vec<Line> {
        let now_us = engine::now_us();
        let mut lines = Vec::new();
        for (stage, number) in run.stages().iter().zip(1..) {
            let alone = tree::alone(run, stage, number).is_some();
            let moved = self.stages.insert(number, stage.status) != Some(stage.status)
                && stage.status != StepStatus::Pending;
            let over = matches!(
                stage.status,
                StepStatus::Completed | StepStatus::Failed | StepStatus::Skipped
            );
            let title = tree::head(stage.status, &stage.title);
            if moved && !alone && !over {
                lines.push(title.clone());
            }
            let indent = if alone { 0 } else { 2 };
            lines.extend(self.step_changes(run, number, now_us, indent));
            if moved && !alone && over {
                lines.push(title);
            }
        }
        for made in run.made().rev() {
            let key = made.inverse();
            let Some(step) = run.step(&key) else { continue };
            let told = (run.step_status(&key), step.attempt);
            if self.steps.insert(key, told) != Some(told) {
                lines.push(tree::inverse_line(run, now_us, made));
            }
        }
        lines
    }

    fn step_changes(&mut self, run: &Run, stage: u32, now_us: i64, indent: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let definition = run.definition().clone();
        for step in definition.all_steps() {
            if step.stage != stage {
                continue;
            }
            for (key, step_run) in run.steps().iter().filter(|(key, _)| *key.id == *step.id) {
                let status = run.step_status(key);
                let told = (status, step_run.attempt);
                if self.steps.insert(key.clone(), told) == Some(told) || !worth_telling(key, status)
                {
                    continue;
                }
                let line = tree::step_line(run, now_us, step, key);
                let name = key.to_string();
                let line = if line.text().contains(&name) || key.items.is_empty() {
                    line
                } else {
                    line.dim(format!("  {name}"))
                };
                lines.push(line.indented(indent));
            }
        }
        lines
    }
}

/// Items of a list are only told of when they need attention.
fn worth_telling(key: &StepKey, status: StepStatus) -> bool {
    match status {
        StepStatus::Pending => false,
        StepStatus::Failed | StepStatus::Waiting => true,
        StepStatus::InProgress | StepStatus::Completed | StepStatus::Skipped => {
            key.items.is_empty()
        }
    }
}

/// A line of a call's log: whose it is, where it came from, and the text.
pub(crate) fn log_line(step: &str, line: &LogLine) -> Line {
    let (style, mark) = match line.stream {
        LogStream::Stdout => (Style::Dim, "│"),
        LogStream::Stderr => (Style::Warn, "!"),
        LogStream::Note => (Style::Dim, "·"),
    };
    let whose = if step.is_empty() {
        String::new()
    } else {
        format!("{step} ")
    };
    Line::default()
        .dim(format!("    {whose}"))
        .and(style, mark)
        .dim(" ")
        .dim(line.text.replace('\t', "    "))
}
