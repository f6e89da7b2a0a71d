//! The only place that prints. Results go to standard output; progress, cards and questions go where a person sees
//! them. With `--json` standard output holds one JSON object and nothing else.

use crate::{
    escape,
    line::{Line, Style},
};
use api::Fault;
use serde_json::{Value as Json, json};
use std::io::{self, IsTerminal as _, Write as _};

/// Where progress, cards and questions go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Talk {
    Stdout,
    Stderr,
}

/// The output of the program.
#[derive(Debug)]
pub(crate) struct Screen {
    talk: Talk,
    json: bool,
    /// Colours and redrawing are welcome where the talk goes.
    fancy: bool,
    /// A person can be shown something and can type an answer.
    asks: bool,
}

impl Screen {
    pub(crate) fn new(json: bool) -> Screen {
        let (stdout, stderr) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        // In `run … > report.md` the person still sees the card.
        let talk = if json || (!stdout && stderr) {
            Talk::Stderr
        } else {
            Talk::Stdout
        };
        let seen = match talk {
            Talk::Stdout => stdout,
            Talk::Stderr => stderr,
        };
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Screen {
            talk,
            json,
            fancy: seen && stdout && !plain,
            asks: seen && io::stdin().is_terminal(),
        }
    }

    /// Can a person be asked?
    pub(crate) fn asks(&self) -> bool {
        self.asks
    }

    /// May the lower part of the terminal be drawn again and again?
    pub(crate) fn redraws(&self) -> bool {
        self.fancy && !self.json
    }

    /// Is one JSON object wanted?
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// A line of progress or conversation.
    pub(crate) fn say(&self, line: &Line) {
        self.write(self.talk, &format!("{}\n", self.dressed(line)));
    }

    /// Lines of progress or conversation.
    pub(crate) fn say_all(&self, lines: &[Line]) {
        let text: String = lines
            .iter()
            .map(|line| format!("{}\n", self.dressed(line)))
            .collect();
        self.write(self.talk, &text);
    }

    /// A question; the answer is typed behind it.
    pub(crate) fn prompt(&self, line: &Line) {
        self.write(self.talk, &self.dressed(line));
    }

    /// A line of the result.
    pub(crate) fn result(&self, line: &Line) {
        self.write(Talk::Stdout, &format!("{}\n", self.dressed(line)));
    }

    /// Lines of the result.
    pub(crate) fn results(&self, lines: &[Line]) {
        lines.iter().for_each(|line| self.result(line));
    }

    /// The result as one JSON object.
    pub(crate) fn object(&self, value: &Json) {
        self.write(Talk::Stdout, &format!("{}\n", escape::json(value, true)));
    }

    /// What went wrong; the last thing that is said.
    pub(crate) fn fault(&self, fault: &Fault) {
        if self.json {
            self.object(&json!({ "error": fault }));
            return;
        }
        let coloured = self.fancy && io::stderr().is_terminal();
        for line in fault_lines(fault) {
            let text = if coloured {
                line.painted()
            } else {
                line.text()
            };
            self.write(Talk::Stderr, &format!("{text}\n"));
        }
    }

    /// What went wrong in the middle of a conversation.
    pub(crate) fn complain(&self, fault: &Fault) {
        self.say_all(&fault_lines(fault));
    }

    /// Draws `lines` over the `over` lines that were drawn last.
    pub(crate) fn redraw(&self, over: usize, lines: &[Line]) {
        let mut text = String::new();
        if over > 0 {
            // Cursor up, and erase from there to the end of the screen (ECMA-48 CUU, ED).
            text.push_str(&format!("\u{1b}[{over}A\r\u{1b}[J"));
        }
        for line in lines {
            text.push_str(&self.dressed(line));
            text.push('\n');
        }
        self.write(self.talk, &text);
    }

    /// Rows and columns of the terminal.
    pub(crate) fn size(&self) -> (usize, usize) {
        let size = match self.talk {
            Talk::Stdout => rustix::termios::tcgetwinsize(io::stdout()),
            Talk::Stderr => rustix::termios::tcgetwinsize(io::stderr()),
        };
        match size {
            Ok(size) if size.ws_row > 2 && size.ws_col > 20 => {
                (size.ws_row.into(), size.ws_col.into())
            }
            Ok(_) | Err(_) => (24, 80),
        }
    }

    fn dressed(&self, line: &Line) -> String {
        if self.fancy {
            line.painted()
        } else {
            line.text()
        }
    }

    fn write(&self, talk: Talk, text: &str) {
        // A closed pipe (`| head`) is the reader's choice and no reason to fail.
        let _ = match talk {
            Talk::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(text.as_bytes()).and_then(|()| out.flush())
            }
            Talk::Stderr => io::stderr().lock().write_all(text.as_bytes()),
        };
    }
}

fn fault_lines(fault: &Fault) -> Vec<Line> {
    let title = Line::default()
        .and(Style::Bad, "error")
        .plain(format!(": {}", fault.title));
    let more = [&fault.detail, &fault.action];
    let more = more
        .iter()
        .flat_map(|text| text.lines())
        .filter(|line| !line.is_empty())
        .map(|line| Line::of(line).indented(2));
    std::iter::once(title).chain(more).collect()
}
