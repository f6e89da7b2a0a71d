//! Remote control of the webview: a variable of the environment switches it on, in release builds too, and whoever
//! steers the window could click Approve. So the program runs again without the variables before anything starts.

use std::env;
use std::io;

use crate::again;

/// What lets another program steer the webview or look into it.
const REMOTE_CONTROL: [&str; 3] = [
    "TAURI_WEBVIEW_AUTOMATION",
    "WEBKIT_INSPECTOR_SERVER",
    "WEBKIT_INSPECTOR_HTTP_SERVER",
];

/// Starts this program again without the variables when one of them is set; does nothing otherwise.
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
    Err(again::run(|program| {
        for name in REMOTE_CONTROL {
            program.env_remove(name);
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

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
