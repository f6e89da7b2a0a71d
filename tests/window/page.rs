//! The window as a person uses it: look for a part, click it, type into it, read it. Parts are found by their
//! `data-testid`; what is looked for may take its time, within bounds.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};

use crate::driver::{Driver, Element, said};
use crate::process::{children, has_ended, until, until_else};
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
        window.see("#rail-toggle");
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
        let ask = || self.driver.find(&css(part));
        until_else(PATIENCE_S, ask, || {
            format!("`{part}` can be seen; {}", self.where_we_are())
        })
    }

    /// Waits until a part cannot be seen any more.
    pub(crate) fn see_no(&self, part: &str) {
        let ask = || (!self.shows(part)).then_some(());
        until_else(PATIENCE_S, ask, || {
            format!("`{part}` is gone; {}", self.where_we_are())
        });
    }

    /// Can a part be seen now?
    pub(crate) fn shows(&self, part: &str) -> bool {
        self.driver.find(&css(part)).is_some()
    }

    /// Clicks a part once it can be clicked, and counts it.
    pub(crate) fn click(&self, part: &str) {
        let ask = || {
            let element = self.driver.find(&css(part))?;
            let ready = "const [e] = arguments; return !e.disabled && e.getAttribute('aria-disabled') !== 'true'";
            // Refused where it moves, is covered, or was replaced in between: a person would try again too.
            let ready = self.driver.ask(&element, ready, &Json::Null).ok()? == true;
            ready.then(|| self.driver.click(&element).ok()).flatten()
        };
        until_else(PATIENCE_S, ask, || {
            format!("`{part}` can be clicked; {}", self.where_we_are())
        });
        self.clicks.set(self.clicks.get() + 1);
    }

    /// Presses keys together, as a person who uses no mouse.
    pub(crate) fn keys(&self, keys: &[&str]) {
        let pressed = self.driver.keys(keys);
        pressed.unwrap_or_else(|why| panic!("{keys:?}: {why}; {}", self.where_we_are()));
    }

    /// Types into whatever has the focus.
    pub(crate) fn type_text(&self, text: &str) {
        let typed = self.driver.type_text(text);
        typed.unwrap_or_else(|why| panic!("{text:?}: {why}; {}", self.where_we_are()));
    }

    /// How many clicks there were.
    pub(crate) fn clicks(&self) -> u32 {
        self.clicks.get()
    }

    /// Types into a part, in place of what stood there.
    pub(crate) fn fill(&self, part: &str, text: &str) {
        let ask = || self.driver.write(&self.driver.find(&css(part))?, text).ok();
        until_else(PATIENCE_S, ask, || {
            format!("`{part}` takes text; {}", self.where_we_are())
        });
    }

    /// Chooses from a list.
    pub(crate) fn choose(&self, part: &str, value: &str) {
        // As by Tab. WebKit tells the page of a choice only when it differs from the one it saw when the list got the
        // focus, and a click by the driver gives it none.
        self.asked(
            part,
            "arguments[0].blur(); arguments[0].focus()",
            &Json::Null,
        );
        let option = format!("{} option[value=\"{value}\"]", css(part));
        let ask = || self.driver.click(&self.driver.find_hidden(&option)?).ok();
        until_else(PATIENCE_S, ask, || {
            format!("`{part}` offers {value}; {}", self.where_we_are())
        });
        self.clicks.set(self.clicks.get() + 1);
    }

    /// The words of a part.
    pub(crate) fn text(&self, part: &str) -> String {
        let text = self.asked(part, "return arguments[0].innerText", &Json::Null);
        text.as_str().unwrap_or_default().to_owned()
    }

    /// An attribute of a part.
    pub(crate) fn attribute(&self, part: &str, name: &str) -> Option<String> {
        let value = self.asked(
            part,
            "return arguments[0].getAttribute(arguments[1])",
            &json!([name]),
        );
        value.as_str().map(str::to_owned)
    }

    /// Waits until a part says something.
    pub(crate) fn reads(&self, part: &str, words: &str) {
        let ask = || {
            self.text(part)
                .to_lowercase()
                .contains(&words.to_lowercase())
                .then_some(())
        };
        until_else(PATIENCE_S, ask, || {
            format!("`{part}` says “{words}”; {}", self.where_we_are())
        });
    }

    /// Waits until an attribute of a part has this value.
    pub(crate) fn has(&self, part: &str, name: &str, value: &str) {
        let ask = || (self.attribute(part, name).as_deref() == Some(value)).then_some(());
        until_else(PATIENCE_S, ask, || {
            let now = self.attribute(part, name);
            format!(
                "`{part}` has {name}={value}, not {now:?}; {}",
                self.where_we_are()
            )
        });
    }

    /// Asks a part something; asks again where it was replaced in between.
    fn asked(&self, part: &str, script: &str, more: &Json) -> Json {
        let ask = || {
            self.driver
                .ask(&self.driver.find(&css(part))?, script, more)
                .ok()
        };
        until_else(PATIENCE_S, ask, || {
            format!("`{part}` can be seen; {}", self.where_we_are())
        })
    }

    /// Starts a workflow in the rail, by clicks.
    pub(crate) fn start(&self, workflow: &str, inputs: &[(&str, &str)]) {
        self.start_with(workflow, inputs, || ());
    }

    /// The same, with a look at the form before it is sent.
    pub(crate) fn start_with(&self, workflow: &str, inputs: &[(&str, &str)], look: impl FnOnce()) {
        if !self.shows("workflow-select") {
            self.click("#rail-toggle");
        }
        self.choose("workflow-select", workflow);
        for (name, value) in inputs {
            self.fill(&format!("input-{name}"), value);
        }
        look();
        self.click("start-workflow");
    }

    /// Goes where a link leads.
    pub(crate) fn follow(&self, path: &str) {
        self.script("location.hash = arguments[0]", &json!([path]));
    }

    /// From the card in the rail to the whole card, on the page of its run.
    pub(crate) fn open_whole_card(&self) {
        self.click("[data-testid=card] a[href^='#/run/']");
        self.see("card-digest");
    }

    /// From anywhere to the whole card of the run that waits.
    pub(crate) fn review(&self) {
        self.click("[data-testid=waiting-banner] :is(a, button)");
        self.see("card-digest");
    }

    /// Which question the whole card asks: its gate, its revision and its digest.
    pub(crate) fn card(&self) -> [Option<String>; 3] {
        let card = [
            self.attribute("card", "data-gate"),
            self.attribute("card", "data-revision"),
            self.attribute("card-digest", "data-digest"),
        ];
        assert!(card.iter().all(Option::is_some), "{card:?}");
        card
    }

    /// Waits until the run that is shown is in this state.
    pub(crate) fn run_is(&self, state: &str) {
        self.has("run-state", "data-state", state);
    }

    /// Runs the body of a function in the page: for looking, not for doing.
    pub(crate) fn script(&self, body: &str, arguments: &Json) -> Json {
        self.driver.script(body, arguments)
    }

    /// The same, for a function that calls its last argument with the result.
    pub(crate) fn script_with_callback(&self, body: &str, arguments: &Json) -> Json {
        self.driver.script_with_callback(body, arguments)
    }

    /// The page in a theme, or in the one it had, without a click.
    pub(crate) fn in_theme(&self, theme: Option<&str>) {
        let script = "const [theme] = arguments, root = document.documentElement; \
                      if (theme) root.dataset.theme = theme; else delete root.dataset.theme";
        self.script(script, &json!([theme]));
    }

    /// A picture of the page.
    pub(crate) fn picture(&self, file: &Path) {
        fs::write(file, self.driver.picture().unwrap()).unwrap();
    }

    /// A picture of the page among those of the tests.
    pub(crate) fn keep_picture(&self, name: &str) {
        self.picture(&pictures().join(format!("{name}.png")));
    }

    /// From Home to the report of a health check, by clicks.
    pub(crate) fn run_health_check(&self) {
        self.click("home-run-health-check");
        self.see("report");
    }

    /// Ends the program as a power cut would.
    pub(crate) fn kill(self) {
        let id = self.pid();
        let pid = Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
        until("the program has ended", 20, || has_ended(id).then_some(()));
    }

    /// The process id of the program.
    pub(crate) fn pid(&self) -> u32 {
        let pids = children(self.driver.pid(), &self.program);
        assert_eq!(pids.len(), 1, "one program: {pids:?}");
        pids[0]
    }

    /// Closes the window, and looks whether anything was complained about in it.
    pub(crate) fn close(self) {
        self.close_after(None);
    }

    /// The same where the program had to complain of something, in these words.
    pub(crate) fn close_after(self, trouble: Option<&str>) {
        let seen = self.script("return window.__seen", &json!([]));
        assert_eq!(
            seen["violations"],
            json!([]),
            "the policy of the page was violated"
        );
        // Tauri says so of a channel that the page has let go while a last message was on its way.
        let late = |what: &&Json| {
            what.as_str()
                .is_some_and(|what| what.contains("Couldn't find callback id"))
        };
        let errors: Vec<&Json> = seen["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|what| !late(what))
            .collect();
        assert!(errors.is_empty(), "the page complained: {errors:?}");
        self.driver.end();
        let log = said(self.stage);
        let complains = |line: &&str| line.contains("ERROR") || line.contains("panicked");
        let mut complaints = log.lines().filter(complains);
        let expected = |line: &str| trouble.is_some_and(|words| line.contains(words));
        assert!(complaints.all(expected), "the program complained:\n{log}");
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

impl Drop for Window<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let seen = self.driver.script("return window.__seen", &json!([]));
            println!("what the page complained about: {seen}");
        }
        // What a person would have seen when the test failed.
        if std::thread::panicking()
            && let Some(picture) = self.driver.picture()
        {
            let test = std::thread::current()
                .name()
                .unwrap_or("test")
                .replace("::", "-");
            let file = pictures().join(format!("failed-{test}.png"));
            if fs::write(&file, picture).is_ok() {
                println!("what the window showed: {}", file.display());
            }
            println!("{}", said(self.stage));
        }
    }
}

/// Where pictures of tests are kept: a folder that cargo gives to tests.
fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("window");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A part by its `data-testid`, or by a CSS selector where it has none.
fn css(part: &str) -> String {
    if part.starts_with(['#', '[', '.']) {
        return part.to_owned();
    }
    format!("[data-testid=\"{part}\"]")
}
