//! Starting this program again in its own place, with another environment. Changing the environment of a running process
//! is unsound beside threads that read it, and this code is all safe; a new process image has the environment it is
//! given from its first instruction on.

use std::env;
use std::ffi::OsString;
use std::io;
use std::process::Command;

/// Runs this program again, with its arguments, in an environment that `change` has changed. Comes back only where that
/// has failed.
pub(crate) fn run(change: impl FnOnce(&mut Command)) -> io::Error {
    let program = match env::current_exe() {
        Ok(program) => program,
        Err(why) => return why,
    };
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let mut again = Command::new(program);
    again.args(arguments);
    change(&mut again);
    replace_by(&mut again)
}

/// The same process id: whoever started or watches the program sees no difference.
#[cfg(unix)]
fn replace_by(program: &mut Command) -> io::Error {
    use std::os::unix::process::CommandExt as _;
    program.exec()
}

#[cfg(not(unix))]
fn replace_by(program: &mut Command) -> io::Error {
    match program.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(why) => why,
    }
}
