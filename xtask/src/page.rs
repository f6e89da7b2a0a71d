//! Puts the page together: the bundle, `index.html`, `styles/` as it is, and what is in `assets/`
//! beside the page become `dist`. It compiles nothing, and it refuses a page that asks for a file
//! that is not there, because the webview would only stay white.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome};

/// True when the page and its code are there at all.
pub(crate) fn is_complete(dist: &Path) -> bool {
    ["index.html", "app.js", "app_bg.wasm"]
        .iter()
        .all(|name| dist.join(name).is_file())
}

/// Makes `dist` hold exactly the bundle and the hand-written files. A file whose bytes are the
/// same is left alone.
pub(crate) fn assemble(source: &Path, bundle: &Path, dist: &Path) -> Outcome {
    let mut files = BTreeMap::new();
    list(bundle, bundle, &mut files)?;
    let (styles, assets) = (source.join("styles"), source.join("assets"));
    if styles.is_dir() {
        list(source, &styles, &mut files)?;
    }
    if assets.is_dir() {
        list(&assets, &assets, &mut files)?;
    }
    files.insert("index.html".into(), source.join("index.html"));
    check_references(&files)?;

    let mut present = BTreeMap::new();
    if dist.is_dir() {
        list(dist, dist, &mut present)?;
    }
    for (name, path) in &present {
        if !files.contains_key(name) {
            fs::remove_file(path).map_err(|why| cannot("remove", path, why))?;
        }
    }
    for (name, from) in &files {
        let bytes = fs::read(from).map_err(|why| cannot("read", from, why))?;
        let to = dist.join(name);
        if fs::read(&to).is_ok_and(|old| old == bytes) {
            continue;
        }
        to.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&to, bytes))
            .map_err(|why| cannot("write", &to, why))?;
    }
    Ok(())
}

/// Every file below `dir`, named relative to `root`.
fn list(root: &Path, dir: &Path, files: &mut BTreeMap<PathBuf, PathBuf>) -> Outcome {
    for entry in fs::read_dir(dir).map_err(|why| cannot("read", dir, why))? {
        let path = entry.map_err(|why| cannot("read", dir, why))?.path();
        if path.is_dir() {
            list(root, &path, files)?;
        } else if let Ok(name) = path.strip_prefix(root) {
            files.insert(name.to_path_buf(), path);
        }
    }
    Ok(())
}

fn check_references(files: &BTreeMap<PathBuf, PathBuf>) -> Outcome {
    let index = Path::new("index.html");
    let Some(path) = files.get(index) else {
        return Ok(());
    };
    let html = fs::read_to_string(path).map_err(|why| cannot("read", path, why))?;
    let missing: Vec<&str> = references(&html)
        .into_iter()
        .filter(|name| !files.contains_key(Path::new(name)))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new("src-ui/index.html asks for files that will not be there")
        .because(missing.join(", "))
        .then("styles/x.css is src-ui/styles/x.css, any other file y is src-ui/assets/y; the code itself is app.js"))
}

/// The local files a page names in `src` and `href`, from the root of the page.
fn references(html: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for attribute in [" src=\"", " href=\""] {
        for part in html.split(attribute).skip(1) {
            let Some((value, _)) = part.split_once('"') else {
                continue;
            };
            let local = !value.contains(':') && !value.starts_with("//") && !value.starts_with('#');
            let name = value.split(['?', '#']).next().unwrap_or(value);
            let name = name.trim_start_matches("./").trim_start_matches('/');
            if local && !name.is_empty() {
                found.push(name);
            }
        }
    }
    found
}

fn cannot(verb: &str, path: &Path, why: std::io::Error) -> Failure {
    Failure::new(format!("cannot {verb} {}", path.display())).because(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let dir = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&dir);
            for (name, text) in files {
                let path = dir.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Self(dir)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn dist_holds_exactly_what_it_should_and_keeps_what_is_the_same() {
        let folder = Folder::new(
            "page",
            &[
                (
                    "ui/index.html",
                    "<link href=\"/styles/a.css\"><script src=\"app.js\">",
                ),
                ("ui/styles/a.css", "new"),
                ("ui/assets/boot.js", "import"),
                ("bundle/app.js", "js"),
                ("bundle/app_bg.wasm", "wasm"),
                ("dist/styles/old.css", "gone"),
                ("dist/app.js", "js"),
            ],
        );
        let dir = &folder.0;
        let before = fs::metadata(dir.join("dist/app.js"))
            .unwrap()
            .modified()
            .unwrap();
        assert!(!is_complete(&dir.join("dist")));
        assemble(&dir.join("ui"), &dir.join("bundle"), &dir.join("dist")).unwrap();
        assert!(is_complete(&dir.join("dist")));
        assert!(dir.join("dist/styles/a.css").is_file());
        assert!(dir.join("dist/boot.js").is_file());
        assert!(!dir.join("dist/styles/old.css").exists());
        let after = fs::metadata(dir.join("dist/app.js"))
            .unwrap()
            .modified()
            .unwrap();
        assert_eq!(before, after);
    }

    #[test]
    fn a_page_that_would_stay_white_is_refused() {
        let folder = Folder::new(
            "white",
            &[
                (
                    "ui/index.html",
                    "<script type=\"module\" src=\"/start.js\"></script>",
                ),
                ("bundle/app.js", ""),
            ],
        );
        let dir = &folder.0;
        let refused = assemble(&dir.join("ui"), &dir.join("bundle"), &dir.join("dist"));
        assert!(refused.unwrap_err().to_string().contains("start.js"));
    }

    #[test]
    fn only_local_files_are_references() {
        let html = "<a href=\"https://x.y/z\"><a href=\"#top\"><img src=\"data:image/png,\">\
                    <link rel=x href=\"./styles/a.css?v=1\">";
        assert_eq!(references(html), ["styles/a.css"]);
    }
}
