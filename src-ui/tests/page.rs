//! What the page may load and how it is styled, held against the files that are written by hand: the content security
//! policy, no inline style, every token defined, colours in one place. What the components do is not tested here.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its files has failed"
)]

use std::{collections::BTreeSet, fs, path::Path};

const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
                      font-src 'self'; connect-src 'self' ipc: http://ipc.localhost; object-src 'none'; \
                      base-uri 'none'; form-action 'none'";

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn files_below(path: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push((
                path.display().to_string(),
                fs::read_to_string(&path).unwrap(),
            ));
        }
    }
}

fn files(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    files_below(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
        &mut found,
    );
    assert!(!found.is_empty(), "{folder} is empty");
    found
}

/// The custom properties after `prefix` in a style sheet.
fn properties(css: &str, prefix: &str) -> BTreeSet<String> {
    css.split(prefix)
        .skip(1)
        .map(|rest| {
            rest.chars()
                .take_while(|char| char.is_ascii_alphanumeric())
                .collect()
        })
        .collect()
}

#[test]
fn the_page_carries_the_policy_and_nothing_inline() {
    let page = read("index.html");
    assert!(page.contains(&format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">"
    )));
    assert!(
        !page.contains("style=") && !page.contains("<style"),
        "inline style"
    );
    for script in page.split("<script").skip(1) {
        assert!(
            script.contains("src=\"./") && script.contains("></script>"),
            "inline script"
        );
    }
    for (path, text) in files("src") {
        assert!(
            !text.contains(" style=") && !text.contains("<style"),
            "inline style in {path}"
        );
        assert!(!text.contains("inner_html="), "raw HTML in {path}");
    }
}

#[test]
fn the_page_links_every_style_sheet() {
    let page = read("index.html");
    for (path, _) in files("styles") {
        let name = Path::new(&path).file_name().unwrap().to_str().unwrap();
        assert!(
            page.contains(&format!("href=\"./styles/{name}\"")),
            "{name} is not linked"
        );
    }
}

#[test]
fn literal_colours_are_in_the_token_file_only() {
    for (path, css) in files("styles")
        .into_iter()
        .filter(|(path, _)| !path.ends_with("tokens.css"))
    {
        for (number, line) in css.lines().enumerate() {
            let value = line.split_once(": ").map_or("", |(_, value)| value);
            let hex = value
                .split('#')
                .skip(1)
                .any(|rest| rest.chars().take(3).filter(char::is_ascii_hexdigit).count() == 3);
            let function = ["rgb(", "rgba(", "hsl(", "hsla(", "oklch("]
                .iter()
                .any(|name| value.contains(name));
            assert!(!hex && !function, "{path}:{}: {line}", number + 1);
        }
    }
}

#[test]
fn every_token_used_is_defined_in_every_theme() {
    let tokens = read("styles/tokens.css");
    let defined = properties(&tokens, "  --");
    for (path, css) in files("styles") {
        let unknown: Vec<_> = properties(&css, "var(--")
            .difference(&defined)
            .cloned()
            .collect();
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
    }
    let themes: Vec<_> = tokens
        .split(" color-scheme:")
        .skip(1)
        .map(|block| properties(block.split('}').next().unwrap_or_default(), "  --"))
        .collect();
    assert_eq!(themes.len(), 6, "light, dark, hc, and three for the system");
    assert!(
        themes.iter().all(|theme| theme == &themes[0]),
        "themes with different tokens"
    );
}

#[test]
fn source_files_open_with_what_they_are_and_stay_short() {
    for (path, text) in files("src") {
        assert!(text.starts_with("//! "), "{path} does not say what it is");
        assert!(text.lines().count() < 400, "{path} is too long");
    }
}

/// Features stand beside each other and are put together by `app`; what they share stands below them.
#[test]
fn features_never_import_each_other() {
    const FEATURES: [&str; 4] = ["home", "run", "runs", "workflow_rail"];
    const BELOW: [&str; 6] = ["kit", "live", "shell", "form", "parts", "card"];
    for own in FEATURES.iter().chain(&BELOW) {
        for (path, text) in files(&format!("src/{own}")) {
            for other in FEATURES.iter().filter(|other| *other != own) {
                assert!(!imported(&text, other), "{path} imports {other}");
            }
        }
    }
}

/// Whether a `use crate::…` of this text names the module.
fn imported(text: &str, module: &str) -> bool {
    text.split("use crate::").skip(1).any(|rest| {
        let used = rest.split(';').next().unwrap_or_default();
        let top = match used.strip_prefix('{') {
            None => vec![used.to_owned()],
            Some(list) => top_level(list),
        };
        top.iter()
            .any(|path| path.trim().split("::").next() == Some(module))
    }) || text.contains(&format!("crate::{module}::"))
}

/// The paths of a use list, without what is nested in them.
fn top_level(list: &str) -> Vec<String> {
    let (mut paths, mut depth) = (vec![String::new()], 0_i32);
    for char in list.chars() {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => paths.push(String::new()),
            _ if depth == 0 => paths.last_mut().unwrap().push(char),
            _ => {}
        }
    }
    paths
}
