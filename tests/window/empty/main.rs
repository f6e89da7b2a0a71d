//! A Tauri window with one line of HTML and nothing behind it: what the start of our window is measured against. The
//! same toolkit, the same webview, the same size.

fn main() {
    tauri::Builder::default()
        .run(tauri::generate_context!(
            "tests/window/empty/tauri.conf.json"
        ))
        .expect("the empty window opens");
}
