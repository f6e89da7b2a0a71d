//! Accessibility as axe-core sees it, in the page of the real window (U7). It finds what a machine can find; focus and
//! keys have tests of their own.

use std::path::Path;

use serde_json::json;

use crate::page::Window;

/// Where `cargo xtask test` puts it.
const FILE: &str = "../npm/node_modules/axe-core/axe.min.js";

/// The themes that a person can choose.
const THEMES: [&str; 3] = ["light", "dark", "hc"];

/// The rules, ready for a page.
pub(crate) struct Axe(String);

impl Axe {
    /// `None` where it is not installed, which is said, and in CI a failure.
    pub(crate) fn found() -> Option<Self> {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(FILE);
        if let Ok(source) = std::fs::read_to_string(&file) {
            return Some(Self(source));
        }
        let why =
            "SKIPPED: window: axe-core is not installed (cargo xtask test fetches it with npm)";
        let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
        assert!(!ci, "{why}");
        println!("{why}");
        None
    }

    /// Looks at the page as it is, in every theme.
    pub(crate) fn finds_nothing(&self, window: &Window<'_>, screen: &str) {
        // The page's own policy forbids to evaluate text; the driver's scripts stand outside of it.
        window.script(&format!("{}; window.axe = axe", self.0), &json!([]));
        for theme in THEMES {
            window.in_theme(Some(theme));
            // Colours move from one theme to the next, and a card arms its buttons: what is in between is not looked at.
            let settle = "const [done] = arguments; requestAnimationFrame(() => requestAnimationFrame(() => \
                          Promise.allSettled(document.getAnimations().filter(one => one instanceof CSSTransition) \
                          .map(one => one.finished)).then(() => setTimeout(done, 700))))";
            window.script_with_callback(settle, &json!([]));
            let run = "const [done] = arguments; \
                       axe.run(document, { resultTypes: ['violations'] }).then( \
                       result => done(result.violations.map(v => [v.id, v.impact, v.help, \
                       v.nodes.map(n => [n.target.join(' '), n.any.concat(n.all, n.none).map(c => c.message).join('; ')])])), \
                       why => done([['axe', String(why)]]))";
            let found = window.script_with_callback(run, &json!([]));
            let none = found.as_array().is_some_and(Vec::is_empty);
            assert!(none, "{screen} in {theme}: {found:#}");
        }
        window.in_theme(None);
    }
}
