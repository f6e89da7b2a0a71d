//! The private folder for sockets and lists of trusted keys. Nothing secret is in it, but who could write there could
//! choose the keys that are trusted, so only this user may.

use super::fault;
use rustix::process::getuid;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use workflow::{ErrorClass, ToolError};

/// The longest path of a folder whose sockets have a name that every system takes: 104 bytes with the end (macOS), less
/// a name of 16 characters and the 17 that ssh puts behind it while it makes the socket.
const LONGEST: usize = 104 - 1 - 1 - 16 - 17;

/// Tells a person what ssh wants done at the keyboard: there is no terminal to say it on. It never answers a question.
const ASK: &str = "#!/bin/sh\nprintf '%s\\n' \"$1\" >&2\n[ \"$SSH_ASKPASS_PROMPT\" = none ]\n";

/// The folder; made when it is not there.
pub(super) fn folder() -> Result<PathBuf, ToolError> {
    let name = format!("countersign-{}", getuid().as_raw());
    let of_session = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let mut why = "no folder has a short enough name".to_owned();
    for base in of_session
        .into_iter()
        .chain([std::env::temp_dir(), PathBuf::from("/tmp")])
    {
        let folder = base.join(&name);
        if !folder.is_absolute() || folder.as_os_str().len() > LONGEST {
            continue;
        }
        match private(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) => why = format!("{}: {error}", folder.display()),
        }
    }
    Err(
        fault::unusable(format!("there is no place for its sockets ({why})"))
            .not_started(ErrorClass::Io),
    )
}

/// Makes the folder, or makes sure that nobody else can write in the one that is there.
fn private(folder: &Path) -> io::Result<()> {
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => return other,
    }
    let data = std::fs::symlink_metadata(folder)?;
    if !data.is_dir() || data.uid() != getuid().as_raw() || data.mode() & 0o077 != 0 {
        return Err(io::Error::other("it belongs to others, too"));
    }
    Ok(())
}

/// The program that passes on what ssh wants done.
pub(super) fn ask(folder: &Path) -> Result<PathBuf, ToolError> {
    let file = folder.join("ask");
    if std::fs::read(&file).ok().as_deref() != Some(ASK.as_bytes()) {
        write(&file, ASK, 0o700)?;
    }
    Ok(file)
}

/// Writes a file in one go: who reads it sees the old one or the new one.
pub(super) fn write(file: &Path, text: &str, mode: u32) -> Result<(), ToolError> {
    let mut draft = file.as_os_str().to_owned();
    draft.push(format!(".{}", crate::transport::script::token()?));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&draft)
        .and_then(|mut open| open.write_all(text.as_bytes()))
        .and_then(|()| std::fs::rename(&draft, file));
    written.map_err(|error| {
        // What is left of the draft does nobody any harm.
        let _ = std::fs::remove_file(&draft);
        fault::unusable(format!("{} cannot be written: {error}", file.display()))
            .not_started(ErrorClass::Io)
    })
}
