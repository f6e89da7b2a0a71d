//! Backups for people: the databases (copied by the store while runs go on) with the files of workflows and applications beside them, and the
//! way back into an empty folder. No secrets: those are the keychain's.

use crate::{clock, faults, made};
use api::{Fault, FileMade};
use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};
use store::{BackupReport, Reader, Verdict};

/// The longest such file that is copied, in bytes; longer ones cannot be used anyway.
const FILE_BYTES: u64 = 1 << 20;
/// The folders of a person's own files within a data folder.
const OWN: [&str; 2] = ["workflows", "apps"];

/// Copies a data folder, beside its owner or without one; into a new folder of its backups where no other is named. Gives whether the copied journal is whole, too. Blocking.
///
/// # Errors
/// The folder cannot be read, or the other one is not empty or cannot be written.
pub fn back_up(data_dir: &Path, to: Option<&Path>) -> Result<(FileMade, bool), Fault> {
    let reader = Reader::open(data_dir).map_err(|fault| faults::open(&fault))?;
    of_reader(&reader, to)
}

/// Gives whether the copied journal is whole, too.
pub(crate) fn of_reader(reader: &Reader, to: Option<&Path>) -> Result<(FileMade, bool), Fault> {
    let dir = match to {
        Some(to) => absolute(to),
        None => new_dir(reader.dir())?,
    };
    let copied = reader
        .backup(&dir)
        .map_err(|fault| faults::read(&fault))
        .and_then(|copied| Ok((copy_own(reader.dir(), &dir)?, copied)));
    let (files, copied) = copied.inspect_err(|_| {
        // Half a backup must not be taken for one. A folder of somebody's own is left as it is.
        if to.is_none() {
            let _ = fs::remove_dir_all(&dir);
        }
    })?;
    let mut made = told(&copied, files);
    made.says.push(
        "Secrets are not in it: they stay in the keychain of this computer. Nor are reports, earlier backups and the \
         settings of the window."
            .to_owned(),
    );
    made.says.push(
        "What runs were given and what they gave is in it: keep it as safe as the data folder itself.".to_owned(),
    );
    Ok((made, copied.verdict.is_intact()))
}

/// The same place for whoever reads of it in another folder.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Makes a data folder of a backup; gives whether its journal is whole, too. Blocking.
///
/// # Errors
/// The backup cannot be read, or the folder is in use, is not empty or cannot be written.
pub fn restore(backup: &Path, to: &Path) -> Result<(FileMade, bool), Fault> {
    let copied = store::restore(backup, &absolute(to)).map_err(|fault| faults::read(&fault))?;
    let mut made = told(&copied, copy_own(backup, to)?);
    made.says.push(
        "Secrets were not in the backup: where this is another computer, store those that agents name once more."
            .to_owned(),
    );
    Ok((made, copied.verdict.is_intact()))
}

fn told(copied: &BackupReport, ([workflows, apps], bytes): ([u64; 2], u64)) -> FileMade {
    let mut files = match workflows {
        0 => "no workflow files of your own".to_owned(),
        1 => "one workflow file".to_owned(),
        more => format!("{more} workflow files"),
    };
    files.push_str(&match apps {
        0 => String::new(),
        1 => ", one application".to_owned(),
        more => format!(", {more} applications"),
    });
    let chain = match &copied.verdict {
        Verdict::Intact { records, .. } => {
            format!("The journal in it is whole: {records} records follow each other.")
        }
        Verdict::Broken { seq, why, .. } => {
            format!("The journal in it is broken at record {seq}: {why}.")
        }
    };
    FileMade {
        path: copied.dir.display().to_string(),
        bytes: copied.size_bytes + bytes,
        says: vec![
            format!(
                "All runs with journal, values and logs, the agents with trusted host keys and measurements, who may decide, and {files}."
            ),
            chain,
        ],
    }
}

/// A name that is free in the backups folder. The store makes the folder.
fn new_dir(data_dir: &Path) -> Result<PathBuf, Fault> {
    let backups = made::backups_dir(data_dir);
    fs::create_dir_all(&backups).map_err(|error| made::unwritten(&backups, &error))?;
    let at = jiff::Timestamp::from_microsecond(clock::now_us()).unwrap_or_default();
    let name = format!("countersign-{}", at.strftime("%Y%m%dT%H%M%SZ"));
    let names = (2..).map(|number| backups.join(format!("{name} ({number})")));
    let mut free = std::iter::once(backups.join(&name))
        .chain(names)
        .filter(|dir| !dir.exists());
    free.next().ok_or_else(|| faults::internal("no free name"))
}

/// Gives how many there were of each, and how big they are together.
fn copy_own(from: &Path, to: &Path) -> Result<([u64; 2], u64), Fault> {
    let (mut files, mut bytes) = ([0; 2], 0);
    for (folder, files) in OWN.iter().zip(&mut files) {
        let to = to.join(folder);
        let copied = copy_files(&from.join(folder), &to);
        let (count, size) = copied.map_err(|error| made::unwritten(&to, &error))?;
        *files = count;
        bytes += size;
    }
    Ok((files, bytes))
}

fn copy_files(from: &Path, to: &Path) -> io::Result<(u64, u64)> {
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((0, 0)),
        Err(error) => return Err(error),
    };
    fs::create_dir_all(to)?;
    let (mut files, mut bytes) = (0, 0);
    for entry in entries {
        let entry = entry?;
        let yaml = Path::new(&entry.file_name())
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        // What a link points at may be outside, and is copied as a file.
        let is_file = fs::metadata(entry.path()).is_ok_and(|found| found.is_file());
        if !yaml || !is_file {
            continue;
        }
        let mut text = Vec::new();
        fs::File::open(entry.path())?
            .take(FILE_BYTES)
            .read_to_end(&mut text)?;
        fs::write(to.join(entry.file_name()), &text)?;
        files += 1;
        bytes += text.len() as u64;
    }
    Ok((files, bytes))
}
