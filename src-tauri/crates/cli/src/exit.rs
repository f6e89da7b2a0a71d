//! How the program ends: the table of exit codes that every verb's help shows, and which fault ends in which.

use api::Fault;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    RunFailed,
    Usage,
    Refused,
    Folder,
    AuditBroken,
    AuditUnsigned,
    Waiting,
    Interrupted,
}

/// The table, for the help of every verb.
pub(crate) const TABLE: &str = "\
Exit codes:
    0  done
    1  a run failed, was rolled back or was cancelled
    2  the command line or an input is not right; nothing was started
    3  refused; nothing was changed
    4  the data folder cannot be used
    5  the journal is broken (audit verify)
    6  the journal is whole, but not signed (audit verify)
   75  a run waits for a person
  130  interrupted; runs stay as they are and can go on";

/// Faults that say something about the data folder and nothing about what was asked.
const FOLDER: [&str; 12] = [
    "folder_in_use",
    "newer_database",
    "older_database",
    "not_a_database",
    "damaged_database",
    "folder_read_only",
    "disk_full",
    "no_data",
    "folder_unusable",
    "data_unreadable",
    "data_unwritable",
    "journal_read_only",
];

impl Exit {
    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::RunFailed => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::Folder => 4,
            Exit::AuditBroken => 5,
            Exit::AuditUnsigned => 6,
            // EX_TEMPFAIL of sysexits.h: try again later.
            Exit::Waiting => 75,
            // 128 + SIGINT, as shells write it.
            Exit::Interrupted => 130,
        }
    }
}

/// What ends a verb early: what to tell, and the exit code.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) fault: Fault,
    pub(crate) exit: Exit,
}

impl Trouble {
    /// The command line or an input is not right.
    pub(crate) fn usage(title: impl Into<String>, action: impl Into<String>) -> Trouble {
        Trouble {
            fault: Fault::new("usage", title, action),
            exit: Exit::Usage,
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        let exit = if FOLDER.contains(&fault.code.as_str()) {
            Exit::Folder
        } else {
            Exit::Refused
        };
        Trouble { fault, exit }
    }
}

/// What a verb gives.
pub(crate) type Outcome = Result<Exit, Trouble>;
