//! Remote control of the webview: a variable of the environment switches it on, in release builds too, and whoever
//! steers the window could click Approve. So the program runs again without the variables before anything starts.

use std::env;
use std::ffi::OsString;
use std::io;
use std::process::Command;

/// What lets another program steer the webview or look into it.
const REMOTE_CONTROL: [&str; 3] = [
    "TAURI_WEBVIEW_AUTOMATION",
    "WEBKIT_INSPECTOR_SERVER",
    "WEBKIT_INSPECTOR_HTTP_SERVER",
];

/// Starts this program again without the variables when one of them is set; does nothing otherwise.
///
/// Taking a variable out of a running process is unsound beside threads that read it, and this code is all safe; a new
/// process image has the environment it is given from its first instruction on.
///
/// # Errors
///
/// The program could not be started again. The caller must end: going on would leave the variables set.
pub fn shed_remote_control() -> io::Result<()> {
    if REMOTE_CONTROL
        .iter()
        .all(|name| env::var_os(name).is_none())
    {
        return Ok(());
    }
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let mut again = Command::new(env::current_exe()?);
    again.args(arguments);
    for name in REMOTE_CONTROL {
        again.env_remove(name);
    }
    Err(replace_by(&mut again))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Started by the test below as a process of its own.
    #[test]
    #[ignore = "a part of `the_program_runs_again_without_remote_control`"]
    fn child() {
        shed_remote_control().unwrap();
        for name in REMOTE_CONTROL {
            assert!(env::var_os(name).is_none(), "{name} is still set");
        }
        let kept = env::var("COUNTERSIGN_KEPT").unwrap_or_default();
        println!("clean, kept {kept}, pid {}", std::process::id());
    }

    #[test]
    fn the_program_runs_again_without_remote_control() {
        for name in REMOTE_CONTROL {
            let mut child = Command::new(env::current_exe().unwrap());
            child
                .args([
                    "--ignored",
                    "--exact",
                    "--nocapture",
                    "automation::tests::child",
                ])
                .env(name, "true")
                .env("COUNTERSIGN_KEPT", "this")
                .stdout(std::process::Stdio::piped());
            let child = child.spawn().unwrap();
            let pid = child.id();
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{said}");
            assert!(said.contains("clean, kept this"), "{said}");
            if cfg!(unix) {
                assert!(said.contains(&format!("pid {pid}")), "{said}");
            }
        }
    }
}
