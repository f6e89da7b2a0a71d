//! The project's commands: `cargo xtask <verb>`. Each verb is one module. This package uses the
//! standard library only, so that it compiles where nothing but a C linker is installed.

mod apt;
mod bench;
mod binaryen;
mod check;
mod deb;
mod deb_install;
mod deb_stage;
mod deb_try;
mod failure;
mod help;
mod libtest;
mod npm;
mod packages;
mod page;
mod process;
mod run;
mod say;
mod setup;
mod stream;
mod test;
mod ui;
mod wasm;
mod workspace;

use std::process::ExitCode;

use failure::{EXIT_USAGE, Failure, Outcome};
use packages::Level;
use workspace::Workspace;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_silent() {
                say::line(format!("\n{failure}"));
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn dispatch(arguments: &[String]) -> Outcome {
    let (verb, flags) = match arguments.split_first() {
        Some((verb, flags)) => (verb.as_str(), flags),
        None => ("help", arguments),
    };
    if matches!(verb, "help" | "--help" | "-h") || flags.iter().any(|flag| flag == "--help") {
        help::tell();
        return Ok(());
    }
    let known = help::flags_of(verb).ok_or_else(|| {
        help::tell();
        Failure::new(format!("there is no `cargo xtask {verb}`")).code(EXIT_USAGE)
    })?;
    if let Some(unknown) = flags.iter().find(|flag| !known.contains(&flag.as_str())) {
        let known = match known {
            [] => "it takes none".to_owned(),
            some => format!("it takes {}", some.join(", ")),
        };
        return Err(
            Failure::new(format!("`cargo xtask {verb}` has no `{unknown}`"))
                .because(known)
                .then("`cargo xtask help` shows every verb with its flags")
                .code(EXIT_USAGE),
        );
    }
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    let workspace = Workspace::find()?;
    match verb {
        "setup" => {
            let level = if has("--test") {
                Level::Test
            } else {
                Level::Window
            };
            setup::run(&workspace, level, has("--yes"))
        }
        "ui" => ui::run(&workspace).map(drop),
        "run" => run::run(&workspace, has("--terminal"), has("--yes")),
        "test" => test::run(&workspace, has("--long"), has("--yes")),
        "check" => check::run(&workspace),
        "bundle" => deb::run(&workspace, has("--try"), has("--yes")),
        _ => bench::run(&workspace),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(arguments: &[&str]) -> Failure {
        let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        dispatch(&arguments).unwrap_err()
    }

    #[test]
    fn a_mistyped_line_is_answered_with_what_exists() {
        assert_eq!(refused(&["tset"]).exit_code(), EXIT_USAGE);
        let failure = refused(&["setup", "--tests"]);
        assert_eq!(failure.exit_code(), EXIT_USAGE);
        assert!(failure.to_string().contains("--test"), "{failure}");
        assert!(refused(&["ui", "x"]).to_string().contains("takes none"));
    }
}
