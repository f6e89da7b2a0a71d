//! What the commands are, as a person reads it. The table is also what the command line is
//! checked against, so a verb that is not told about does not exist.

use crate::packages::{Level, PACKAGES};
use crate::say;

struct Verb {
    name: &'static str,
    flags: &'static [&'static str],
    what: &'static str,
}

const VERBS: &[Verb] = &[
    Verb {
        name: "run",
        flags: &["--terminal", "--yes"],
        what: "Set up what is missing, build, open the window. Without a display: first the\n\
               health check of this computer in the terminal, then the window under a\n\
               virtual display with pictures in target/tour/. --terminal stops after the\n\
               first part.",
    },
    Verb {
        name: "test",
        flags: &["--long", "--yes"],
        what: "Set up, then every test of the project, the real window included. --long adds\n\
               the tests that take many minutes.",
    },
    Verb {
        name: "setup",
        flags: &["--test", "--yes"],
        what: "Say what this machine lacks and why, then install it (as root) or print the one\n\
               line for root. --test adds what the tests use. --yes asks nothing.",
    },
    Verb {
        name: "ui",
        flags: &[],
        what: "Compile the window's own code into src-ui/dist.",
    },
    Verb {
        name: "check",
        flags: &[],
        what: "Format, lints, documentation, licences: everything short of running.",
    },
    Verb {
        name: "bench",
        flags: &[],
        what: "Measure: the engine, the size of the window's code, of the programs and the package\n\
               where one was made, the start of the window.",
    },
    Verb {
        name: "bundle",
        flags: &["--try", "--yes"],
        what: "Make the package for Debian and Ubuntu (.deb): the window, the terminal program,\n\
               menu entry and icons; it prints sizes and the line that installs it. --try also\n\
               installs it into a folder with dpkg, starts it from its menu entry on a display\n\
               in memory, and removes it again.",
    },
    Verb {
        name: "help",
        flags: &[],
        what: "This page.",
    },
];

/// The flags of a verb, when there is such a verb.
pub(crate) fn flags_of(verb: &str) -> Option<&'static [&'static str]> {
    VERBS
        .iter()
        .find(|known| known.name == verb)
        .map(|known| known.flags)
}

/// Prints the page.
pub(crate) fn tell() {
    say::line("The commands of Countersign. New here? Start with `cargo xtask run`.\n");
    for verb in VERBS {
        let flags: String = verb.flags.iter().map(|flag| format!(" [{flag}]")).collect();
        say::line(format!("  cargo xtask {}{flags}", verb.name));
        for line in verb.what.lines() {
            say::line(format!("      {line}"));
        }
    }
    say::line("\nSystem packages (Debian and Ubuntu), installed by `setup`:");
    for (level, title) in [
        (Level::Window, "to build and run"),
        (Level::Tour, "to run without a display"),
        (Level::Bundle, "to make the package for other computers"),
        (Level::Test, "to run every test"),
    ] {
        let names = PACKAGES
            .iter()
            .filter(|package| package.level == level)
            .map(|package| package.name)
            .collect::<Vec<_>>()
            .join(" ");
        say::line(format!("  {title}:\n      {names}"));
    }
    say::line(
        "\nExit codes: 0 done · 1 something failed, told above · 2 not understood ·\n\
         3 a line for root was printed; type it, then the command again.\n\
         With CI=true a test that skips because of a missing tool counts as failed.",
    );
}
