//! Starting other programs: visible ones that a person follows, and quiet ones that answer a
//! question. It never goes through a shell, so no name needs escaping.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::failure::{Failure, Outcome};
use crate::say;

/// Runs a program in the open: prints its line first, passes its output through.
pub(crate) fn run(command: &mut Command) -> Outcome {
    say::line(format!("$ {}", shown(command)));
    let status = command.status().map_err(|why| not_started(command, why))?;
    if status.success() {
        return Ok(());
    }
    Err(
        Failure::new(format!("`{}` failed", shown(command))).because(match status.code() {
            Some(code) => format!("it ended with exit code {code}; its own message stands above"),
            None => "it was stopped by a signal".to_owned(),
        }),
    )
}

/// Asks a program a question. `None` when it is not there or says no.
pub(crate) fn read(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The failure of a program that could not even be started.
pub(crate) fn not_started(command: &Command, why: std::io::Error) -> Failure {
    Failure::new(format!("cannot start `{}`", shown(command)))
        .because(why)
        .then("`cargo xtask setup --test` installs what these commands use")
}

/// Where a program is found, looking where a login of an administrator looks too: Debian keeps
/// sshd and debootstrap in sbin, which is not on everybody's PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|dir| dir.join(program))
        .find(|candidate| candidate.is_file())
}

/// The line as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let program = program
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    std::iter::once(program)
        .chain(
            command
                .get_args()
                .map(|argument| quoted(&argument.to_string_lossy())),
        )
        .collect::<Vec<_>>()
        .join(" ")
}

/// A word for a POSIX shell, quoted only where it has to be.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_line_can_be_typed() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["build", "-p", "cli", "it's here", ""]);
        assert_eq!(shown(&command), r"cargo build -p cli 'it'\''s here' ''");
    }

    #[test]
    fn a_missing_program_answers_no_question() {
        assert!(read(&mut Command::new("no-such-program-here")).is_none());
        assert!(on_path("no-such-program-here").is_none());
        assert!(on_path("sh").is_some());
    }
}
