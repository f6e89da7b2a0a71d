//! Files that people ask for: where they go and how they are written. Under a name of their own, whole or not at all, for
//! their owner only. What is in them is the business of others (`report`, `diagnostics`, `backup`).

use crate::clock;
use api::Fault;
use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// How many files of one name there may be on one day.
const SAME_NAME: u32 = 1000;

/// The folder for downloads: `$COUNTERSIGN_DOWNLOADS`, else what the desktop calls so (user-dirs.dirs of xdg-user-dirs),
/// else `Downloads` of the home folder, else `exports` of the data folder. Another one is only taken where it is there.
pub fn downloads_dir(data_dir: &Path) -> PathBuf {
    let var = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    downloads(&var, data_dir)
}

/// The folder for backups.
pub fn backups_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("backups")
}

fn downloads(var: &dyn Fn(&str) -> Option<PathBuf>, data_dir: &Path) -> PathBuf {
    if let Some(dir) = var("COUNTERSIGN_DOWNLOADS") {
        return dir;
    }
    let home = var("HOME").or_else(|| var("USERPROFILE"));
    let named = home.as_ref().and_then(|home| {
        let config = var("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
        let text = fs::read_to_string(config.join("user-dirs.dirs")).ok()?;
        let dir = user_dir(&text, home)?;
        // The home folder itself means: there is none.
        (dir != *home).then_some(dir)
    });
    let usual = home.map(|home| home.join("Downloads"));
    [named, usual]
        .into_iter()
        .flatten()
        .find(|dir| dir.is_dir())
        .unwrap_or_else(|| data_dir.join("exports"))
}

/// `XDG_DOWNLOAD_DIR="$HOME/…"` or `="/…"`, as xdg-user-dirs writes it.
fn user_dir(text: &str, home: &Path) -> Option<PathBuf> {
    let line = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("XDG_DOWNLOAD_DIR="))
        .next_back()?;
    let value = line.trim().strip_prefix('"')?.strip_suffix('"')?;
    let value = value.replace("\\\"", "\"").replace("\\\\", "\\");
    match value.strip_prefix("$HOME") {
        Some(rest) => Some(home.join(rest.trim_start_matches('/'))),
        None => Some(PathBuf::from(value)).filter(|dir| dir.is_absolute()),
    }
}

/// Letters, digits, `-`, `_` and `.` of a text, for a file name; at most 80.
pub(crate) fn name_part(text: &str) -> String {
    let safe = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '_'
        }
    };
    let name: String = text.chars().map(safe).take(80).collect();
    name.trim_start_matches('.').to_owned()
}

/// Writes a file `<stem>.<extension>` into the folder, or `<stem> (2).<extension>` where there is one.
///
/// # Errors
/// The folder cannot be written.
pub(crate) fn write(
    dir: &Path,
    stem: &str,
    extension: &str,
    bytes: &[u8],
) -> Result<PathBuf, Fault> {
    try_write(dir, stem, extension, bytes).map_err(|error| unwritten(dir, &error))
}

pub(crate) fn unwritten(dir: &Path, error: &io::Error) -> Fault {
    Fault::new(
        "file_unwritten",
        format!("Nothing could be written into {}", dir.display()),
        "Look whether the disk is full and whether your user may write there",
    )
    .with_detail(error.to_string())
}

fn try_write(dir: &Path, stem: &str, extension: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    fs::create_dir_all(dir)?;
    let part = dir.join(format!(".{stem}-{:016x}.part", clock::entropy()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let placed = written.and_then(|()| place(dir, &part, stem, extension));
    if placed.is_err() {
        // It may not even have been made.
        let _ = fs::remove_file(&part);
    }
    placed
}

/// Gives a written file its name without taking one that is in use.
fn place(dir: &Path, part: &Path, stem: &str, extension: &str) -> io::Result<PathBuf> {
    for number in 1..=SAME_NAME {
        let name = match number {
            1 => format!("{stem}.{extension}"),
            more => format!("{stem} ({more}).{extension}"),
        };
        let path = dir.join(name);
        // A link is never made over another file, a rename would be.
        match fs::hard_link(part, &path) {
            Ok(()) => {
                fs::remove_file(part)?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            // Filesystems of memory sticks have no links.
            Err(_) if !path.exists() => {
                fs::rename(part, &path)?;
                return Ok(path);
            }
            Err(_) => {}
        }
    }
    Err(io::Error::other(format!(
        "there are {SAME_NAME} files of that name already"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_for_downloads_is_the_one_that_the_desktop_names() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        let (config, data) = (home.join(".config"), dir.path().join("data"));
        fs::create_dir_all(&config).unwrap();
        for name in ["Downloads", "Geladen", "with \"quotes\""] {
            fs::create_dir_all(home.join(name)).unwrap();
        }
        let check = |line: &str, of: &[(&str, &Path)], expected: &Path| {
            fs::write(
                config.join("user-dirs.dirs"),
                format!("# a comment\n{line}\n"),
            )
            .unwrap();
            let var = |name: &str| {
                let found = of.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| value.to_path_buf())
            };
            assert_eq!(downloads(&var, &data), expected, "{line}");
        };
        let at_home = [("HOME", home.as_path())];
        let absolute = format!("XDG_DOWNLOAD_DIR=\"{}\"", home.join("Geladen").display());
        for (line, expected) in [
            ("", "Downloads"),
            ("XDG_DOWNLOAD_DIR=\"$HOME/Geladen\"", "Geladen"),
            (&absolute, "Geladen"),
            (
                "XDG_DOWNLOAD_DIR=\"$HOME/with \\\"quotes\\\"\"",
                "with \"quotes\"",
            ),
            ("XDG_DOWNLOAD_DIR=\"$HOME/gone\"", "Downloads"),
            ("XDG_DOWNLOAD_DIR=\"$HOME/\"", "Downloads"),
            ("XDG_DOWNLOAD_DIR=\"relative\"", "Downloads"),
            ("XDG_DOWNLOAD_DIR=unquoted", "Downloads"),
        ] {
            check(line, &at_home, &home.join(expected));
        }
        let elsewhere = dir.path().join("elsewhere");
        check(
            "",
            &[("HOME", &home), ("COUNTERSIGN_DOWNLOADS", &elsewhere)],
            &elsewhere,
        );
        check("", &[("HOME", &config)], &data.join("exports"));
        check("", &[], &data.join("exports"));
    }

    #[test]
    fn a_file_is_never_overwritten_and_only_its_owner_may_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("new");
        let names: Vec<PathBuf> = ["one", "two", "three"]
            .iter()
            .map(|text| write(&to, "a-report", "md", text.as_bytes()).unwrap())
            .collect();
        assert_eq!(
            names,
            ["a-report.md", "a-report (2).md", "a-report (3).md"].map(|name| to.join(name))
        );
        assert_eq!(fs::read_to_string(&names[1]).unwrap(), "two");
        assert_eq!(
            fs::read_dir(&to).unwrap().count(),
            3,
            "nothing else is left"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&names[0]).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(
            write(&file, "a", "md", b"x").unwrap_err().code,
            "file_unwritten"
        );
    }

    #[test]
    fn names_of_files_hold_nothing_that_leads_elsewhere() {
        for (text, name) in [
            ("health_check", "health_check"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("a b/c", "a_b_c"),
            (".hidden", "hidden"),
        ] {
            assert_eq!(name_part(text), name);
        }
    }
}
