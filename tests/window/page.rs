//! The window as a person uses it: look for a part, click it, type into it, read it. Parts are found by their
//! `data-testid`; what is looked for may take its time, within bounds.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};

use crate::driver::{Driver, Element, said};
use crate::process::{children, until, until_else};
use crate::stage::Stage;

/// How long a part may take to appear: far longer than it should, since the machine may be busy.
const PATIENCE_S: u64 = 30;

/// The program with its window.
pub(crate) struct Window<'a> {
    stage: &'a Stage,
    driver: Driver,
    program: PathBuf,
    clicks: Cell<u32>,
}

impl<'a> Window<'a> {
    /// Opens the window on the data folder of the stage and waits until Home is there.
    pub(crate) fn open(stage: &'a Stage) -> Self {
        let window = Self::open_anyhow(stage);
        window.see("workflow-select");
        window
    }

    /// The same where Home may not come.
    pub(crate) fn open_anyhow(stage: &'a Stage) -> Self {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_countersign-desktop"));
        let driver = Driver::listening(stage).open(stage, &program);
        Self {
            stage,
            driver,
            program,
            clicks: Cell::new(0),
        }
    }

    /// Waits until a part can be seen.
    pub(crate) fn see(&self, part: &str) -> Element {
        let ask = || {
            self.shows(part)
                .then(|| self.driver.find(&css(part)))
                .flatten()
        };
        until_else(PATIENCE_S, ask, || {
            format!("`{part}` can be seen; {}", self.where_we_are())
        })
    }

    /// Waits until a part cannot be seen any more.
    pub(crate) fn see_no(&self, part: &str) {
        until(&format!("`{part}` is gone"), PATIENCE_S, || {
            (!self.shows(part)).then_some(())
        });
    }

    /// Can a part be seen now?
    pub(crate) fn shows(&self, part: &str) -> bool {
        let script =
            "const e = document.querySelector(arguments[0]); return !!e && e.checkVisibility()";
        self.driver.script(script, &json!([css(part)])) == true
    }

    /// Clicks a part once it can be clicked, and counts it.
    pub(crate) fn click(&self, part: &str) {
        let ask = || {
            let ready = "const e = document.querySelector(arguments[0]); \
                         return !!e && !e.disabled && e.getAttribute('aria-disabled') !== 'true'";
            if self.driver.script(ready, &json!([css(part)])) != true {
                return None;
            }
            // Refused where it moves, is covered, or was replaced in between: a person would try again too.
            self.driver.click(&self.driver.find(&css(part))?).ok()
        };
        until_else(PATIENCE_S, ask, || {
            format!("`{part}` can be clicked; {}", self.where_we_are())
        });
        self.clicks.set(self.clicks.get() + 1);
    }

    /// How many clicks there were.
    pub(crate) fn clicks(&self) -> u32 {
        self.clicks.get()
    }

    /// Types into a part, in place of what stood there.
    pub(crate) fn fill(&self, part: &str, text: &str) {
        until(&format!("`{part}` takes text"), PATIENCE_S, || {
            self.driver.write(&self.driver.find(&css(part))?, text).ok()
        });
    }

    /// Chooses from a list.
    pub(crate) fn choose(&self, part: &str, value: &str) {
        self.see(part);
        until(&format!("`{part}` offers {value}"), PATIENCE_S, || {
            self.driver
                .click(
                    &self
                        .driver
                        .find(&format!("{} option[value=\"{value}\"]", css(part)))?,
                )
                .ok()
        });
        self.clicks.set(self.clicks.get() + 1);
    }

    /// The words of a part.
    pub(crate) fn text(&self, part: &str) -> String {
        self.see(part);
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        self.driver
            .script(script, &json!([css(part)]))
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// An attribute of a part.
    pub(crate) fn attribute(&self, part: &str, name: &str) -> Option<String> {
        let script =
            "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? null";
        self.driver
            .script(script, &json!([css(part), name]))
            .as_str()
            .map(str::to_owned)
    }

    /// Waits until a part says something.
    pub(crate) fn reads(&self, part: &str, words: &str) {
        let said = |text: String| text.to_lowercase().contains(&words.to_lowercase());
        let ask = || (self.shows(part) && said(self.text(part))).then_some(());
        until_else(PATIENCE_S, ask, || {
            format!("`{part}` says “{words}”; {}", self.where_we_are())
        });
    }

    /// Runs the body of a function in the page: for looking, not for doing.
    pub(crate) fn script(&self, body: &str, arguments: &Json) -> Json {
        self.driver.script(body, arguments)
    }

    /// The page in a theme, without a click.
    pub(crate) fn in_theme(&self, theme: &str) {
        self.script(
            "document.documentElement.dataset.theme = arguments[0]",
            &json!([theme]),
        );
    }

    /// A picture of the page.
    pub(crate) fn picture(&self, file: &Path) {
        fs::write(file, self.driver.picture()).unwrap();
    }

    /// Ends the program as a power cut would.
    pub(crate) fn kill(self) {
        let pids = children(self.driver.pid(), &self.program);
        assert_eq!(pids.len(), 1, "one program: {pids:?}");
        for pid in pids {
            let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
            kill_process(pid, Signal::KILL).unwrap();
        }
    }

    /// Closes the window, and looks whether anything was complained about in it.
    pub(crate) fn close(self) {
        let seen = self.script("return window.__seen", &json!([]));
        assert_eq!(
            seen["violations"],
            json!([]),
            "the policy of the page was violated"
        );
        assert_eq!(seen["errors"], json!([]), "the page complained");
        self.driver.end();
        let log = said(self.stage);
        assert!(
            !log.contains("ERROR") && !log.contains("panicked"),
            "the program complained:\n{log}"
        );
    }

    /// For the message of a failed test.
    fn where_we_are(&self) -> String {
        let words = self
            .driver
            .script("return document.body?.innerText ?? ''", &json!([]));
        let words: String = words
            .as_str()
            .unwrap_or_default()
            .chars()
            .take(600)
            .collect();
        format!("the page says: {words:?}")
    }
}

fn css(part: &str) -> String {
    format!("[data-testid=\"{part}\"]")
}
