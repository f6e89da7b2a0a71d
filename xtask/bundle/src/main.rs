//! `xtask-bundle WASM FOLDER [names]`: turns the window's compiled wasm into what a page loads,
//! `app.js` and `app_bg.wasm`; with `names` its functions keep theirs, for who makes it smaller.
//! It is wasm-bindgen as a library, in the version of Cargo.lock, so that no tool has to be
//! installed; and a package of its own, so that xtask itself needs only std.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (wasm, folder, names) = match arguments.as_slice() {
        [wasm, folder] => (Path::new(wasm), Path::new(folder), false),
        [wasm, folder, names] if names == "names" => (Path::new(wasm), Path::new(folder), true),
        _ => return told("usage: xtask-bundle WASM FOLDER [names] (cargo xtask ui calls it)"),
    };
    match bundle(wasm, folder, names) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => told(&format!("cannot bundle {}: {why}", wasm.display())),
    }
}

fn bundle(wasm: &Path, folder: &Path, names: bool) -> Result<(), String> {
    Bindgen::new()
        .input_path(wasm)
        .web(true)
        .map_err(|why| format!("{why:#}"))?
        .typescript(false)
        .out_name("app")
        // Names of functions and of the compiler: only a debugger reads them, everybody loads them.
        .remove_name_section(!names)
        .remove_producers_section(true)
        .generate(folder)
        .map_err(|why| format!("{why:#}"))
}

#[expect(
    clippy::print_stderr,
    reason = "a command of the project talks to a person"
)]
fn told(why: &str) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::FAILURE
}
