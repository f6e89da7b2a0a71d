//! What tauri needs at compile time: the commands with their permissions, read off the tables of calls, and a page to
//! embed. It does not build the page; that is `cargo xtask ui`.

use std::error::Error;
use std::fs;
use std::path::Path;

use tauri_build::{AppManifest, Attributes};

/// `frontendDist` of tauri.conf.json; a build script runs in the root of the package.
const PAGE: &str = "src-ui/dist";

/// Commands that are in neither table: the feed of notices.
const FEED: [&str; 2] = ["follow", "unfollow"];

fn main() -> Result<(), Box<dyn Error>> {
    stand_in_page(Path::new(PAGE))?;
    // The page is embedded: a new one is a new program.
    println!("cargo:rerun-if-changed={PAGE}");
    let commands: Vec<&'static str> = api::CALLS
        .iter()
        .chain(api::DESKTOP_CALLS)
        .map(|call| call.name)
        .chain(FEED)
        .collect();
    // Tauri wants them for ever, and this process is short.
    let manifest = AppManifest::new().commands(Vec::leak(commands));
    tauri_build::try_build(Attributes::new().app_manifest(manifest))?;
    Ok(())
}

/// `generate_context!` refuses to compile without a page, and a fresh clone has none yet.
fn stand_in_page(dist: &Path) -> std::io::Result<()> {
    let index = dist.join("index.html");
    if index.exists() {
        return Ok(());
    }
    fs::create_dir_all(dist)?;
    fs::write(
        index,
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Countersign</title>\n\
         <h1>The window's code is not built yet</h1>\n\
         <p>Type <code>cargo xtask ui</code>, then build the desktop program again.</p></html>\n",
    )
}
