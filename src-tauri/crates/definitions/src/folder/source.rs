//! The text of a definition as it stands now, also of a file that is wrong. Only names that the folder's own listing
//! knows lead to a file; a path is never made of what somebody asks for.

use super::load::Load;
use super::{Folder, Origin};
use crate::built_in;
use crate::document::FILE_BYTES;
use crate::finding::Finding;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The text of a definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Where it comes from.
    pub origin: Origin,
    /// The text as it stands now; bytes that are no UTF-8 are replaced, and of a file that is too large to be used there
    /// is only the beginning.
    pub text: String,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

impl Folder {
    /// The text of the workflow of that id, of the file of that name in the folder, or of the built-in file of that name;
    /// in this order. `None`: there is none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn source(&self, name: &str) -> Option<io::Result<Source>> {
        match self.origin_of(name)? {
            Origin::BuiltIn(file) => {
                let (_, text) = built_in::FILES.iter().find(|(name, _)| *name == file)?;
                let findings = self.findings_of(&file);
                Some(Ok(Source {
                    origin: Origin::BuiltIn(file),
                    text: (*text).to_owned(),
                    findings,
                }))
            }
            Origin::File(path) => Some(read(&path).map(|text| Source {
                findings: self.findings_of(&path.display().to_string()),
                origin: Origin::File(path),
                text,
            })),
        }
    }

    fn origin_of(&self, name: &str) -> Option<Origin> {
        if let Some(definition) = self.get(name) {
            return Some(definition.origin.clone());
        }
        let file = self.listed().into_iter().find(|path| {
            path.display().to_string() == name
                || path
                    .file_name()
                    .is_some_and(|file| file.to_string_lossy() == name)
        });
        file.map(Origin::File).or_else(|| {
            let built_in = built_in::FILES.iter().find(|(file, _)| *file == name)?;
            Some(Origin::BuiltIn(built_in.0.to_owned()))
        })
    }

    /// The files of the folder as they are listed now.
    pub fn listed(&self) -> Vec<PathBuf> {
        let mut load = Load {
            catalogue: &self.catalogue,
            findings: Vec::new(),
            tests: Vec::new(),
        };
        load.paths(&self.dir)
    }

    fn findings_of(&self, file: &str) -> Vec<Finding> {
        let of = self.findings.iter().filter(|finding| finding.file == file);
        of.cloned().collect()
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(FILE_BYTES as u64)
        .read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
