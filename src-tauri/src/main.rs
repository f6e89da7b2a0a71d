//! The program of the window. Everything is in the library; here only what must come before anything else.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Tests build with `e2e` and steer the window; nobody else's program may.
    if !cfg!(feature = "e2e")
        && let Err(why) = countersign_desktop::shed_remote_control()
    {
        return countersign_desktop::not_started("cannot start without remote control", &why);
    }
    countersign_desktop::settle_rendering();
    countersign_desktop::run()
}
