//! What a person sees, state by state, in every theme, as pictures with a page that shows them side by side. It starts
//! with an empty data folder, and every state is reached by clicks. Look at the pictures: a test cannot.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::page::Window;
use crate::stage::Stage;

const THEMES: [(&str, &str); 3] = [
    ("light", "Light"),
    ("dark", "Dark"),
    ("hc", "High contrast"),
];

/// The way to Home.
const HOME: &str = "[href='#/']";

/// The pictures so far.
struct Album<'a> {
    stage: &'a Stage,
    folder: PathBuf,
    /// The name of each state with what it shows.
    states: Vec<(&'static str, &'static str)>,
}

#[test]
fn tour() {
    let Some(stage) = Stage::set() else { return };
    let mut album = Album::new(&stage);
    let note = stage.folder().join("note.txt");
    fs::write(&note, "Disk of web-03: 91 %. Ask Kim before the restart.").unwrap();

    let window = Window::open(&stage);
    window.see("home-run-health-check");
    album.add(
        &window,
        "first-start",
        "The first start: an empty data folder, and one next action.",
    );
    window.click("home-run-health-check");
    window.see("report");
    window.run_is("completed");
    album.add(
        &window,
        "report",
        "Its report: what was found, and what to look at first.",
    );
    album.whole_display("window");
    window.click("report-link");
    window.see("report");
    album.add(
        &window,
        "run",
        "The page of its run: the report, and every step behind it.",
    );

    // The health check is over before a picture of it is taken; this one runs until it is told.
    stage.with_workflow("watch");
    let word = stage.folder().join("word.txt");
    fs::write(&word, "wait").unwrap();
    window.click(HOME);
    window.start("watch", &[("path", &word.display().to_string())]);
    window.has("stage-3", "data-status", "in-progress");
    album.add(
        &window,
        "running",
        "A run under way, and the way to stop it.",
    );
    fs::write(&word, "go").unwrap();
    window.run_is("completed");

    // A file put into the folder is offered without a restart.
    stage.with_workflow("note").with_workflow("twice");
    let path = note.display().to_string();
    window.start_with(
        "note",
        &[
            ("path", &path),
            ("text", "Disk of web-03: 64 %. Nothing to do."),
        ],
        || {
            album.add(
                &window,
                "form",
                "Starting a workflow of one's own: the form comes from its inputs.",
            );
        },
    );
    window.see("card");
    album.add(
        &window,
        "card-in-the-rail",
        "A question: the run waits, and nothing has been written.",
    );
    window.open_whole_card();
    album.add(
        &window,
        "card",
        "The whole card: exactly what would run, and the difference it makes.",
    );
    window.click("card-reject");
    window.fill("card-reject-reason", "Kim has not been asked.");
    album.add(&window, "reject", "No, with a reason.");
    window.click("card-reject-send");
    window.run_is("failed");
    album.add(
        &window,
        "rejected",
        "What was rejected stays rejected; the reason is kept.",
    );

    window.click(HOME);
    window.start(
        "note",
        &[("path", &path), ("text", "Disk of web-03: 64 %.")],
    );
    window.see("card");
    window.click("card-approve");
    window.run_is("completed");
    album.add(&window, "approved", "Approved and written.");

    let nowhere = stage.folder().join("no-such-folder").display().to_string();
    window.click(HOME);
    window.start("twice", &[("folder", &nowhere)]);
    window.run_is("failed");
    album.add(
        &window,
        "failure",
        "A run that failed: what, where and why in the first line.",
    );
    window.click(HOME);
    album.add(&window, "home", "Home, with what has happened.");
    window.close();
    album.bind();
}

impl<'a> Album<'a> {
    fn new(stage: &'a Stage) -> Self {
        let given = std::env::var_os("COUNTERSIGN_TOUR_DIR").map(PathBuf::from);
        let folder =
            given.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tour"));
        fs::create_dir_all(&folder).unwrap();
        let folder = folder.canonicalize().unwrap();
        Self {
            stage,
            folder,
            states: Vec::new(),
        }
    }

    /// Takes this state in every theme.
    fn add(&mut self, window: &Window<'_>, name: &'static str, caption: &'static str) {
        for (theme, _) in THEMES {
            window.in_theme(Some(theme));
            window.picture(&self.folder.join(format!("{name}-{theme}.png")));
        }
        window.in_theme(None);
        self.states.push((name, caption));
    }

    /// The display as a person sees it, with whatever is around the page.
    fn whole_display(&self, name: &str) {
        self.stage
            .picture(&self.folder.join(format!("{name}-display.png")));
    }

    /// Writes the page that shows them all, and says where it is.
    fn bind(&self) {
        let mut page = String::from(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Countersign: a tour</title>\n<style>\n\
             body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 84rem; padding: 0 1rem; }\n\
             img { width: 100%; border: 1px solid #999; } figure { margin: 0; } section { margin: 3rem 0; }\n\
             .themes { display: grid; grid-template-columns: 2fr 1fr; gap: 1rem; }\n\
             .themes figure:first-child { grid-row: span 2; }\n</style>\n<h1>Countersign: a tour</h1>\n\
             <p>Made by clicks in the real window, on a display in memory, from an empty data folder on.</p>\n",
        );
        for (number, (name, caption)) in self.states.iter().enumerate() {
            let number = number + 1;
            let _ = writeln!(
                page,
                "<section>\n<h2>{number}. {caption}</h2>\n<div class=\"themes\">"
            );
            for (theme, words) in THEMES {
                let file = format!("{name}-{theme}.png");
                let _ = writeln!(
                    page,
                    "<figure><a href=\"{file}\"><img src=\"{file}\" alt=\"{caption}\" loading=\"lazy\"></a>\
                     <figcaption>{words}</figcaption></figure>"
                );
            }
            page.push_str("</div>\n</section>\n");
        }
        page.push_str("</html>\n");
        let file = self.folder.join("index.html");
        fs::write(&file, page).unwrap();
        println!(
            "{} states in {} themes: {}",
            self.states.len(),
            THEMES.len(),
            file.display()
        );
    }
}
