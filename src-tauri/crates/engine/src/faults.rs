//! Faults of the store as what a person reads. One place, so that the same trouble always has the same words.

use api::Fault;
use std::error::Error;
use store::{AppendFault, OpenFault, ReadFault, WriteFault};

fn causes(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

pub(crate) fn open(fault: &OpenFault) -> Fault {
    let code = match fault {
        OpenFault::InUse { .. } => "folder_in_use",
        OpenFault::NewerDatabase { .. } => "newer_database",
        OpenFault::OlderDatabase { .. } => "older_database",
        OpenFault::NotADatabase { .. } | OpenFault::NotOurs { .. } => "not_a_database",
        OpenFault::Corrupt { .. } => "damaged_database",
        OpenFault::ReadOnly { .. } => "folder_read_only",
        OpenFault::NoSpace { .. } => "disk_full",
        OpenFault::Missing { .. } => "no_data",
        OpenFault::SqliteTooOld { .. }
        | OpenFault::Setting { .. }
        | OpenFault::NotEmpty { .. }
        | OpenFault::Failed { .. } => "folder_unusable",
    };
    Fault::new(code, sentence(&fault.to_string()), fault.hint()).with_detail(causes(fault))
}

pub(crate) fn read(fault: &ReadFault) -> Fault {
    match fault {
        ReadFault::Open(fault) => open(fault),
        ReadFault::Failed { .. } | ReadFault::Decode { .. } | ReadFault::Damaged { .. } => {
            Fault::new(
                "data_unreadable",
                sentence(&fault.to_string()),
                fault.hint(),
            )
            .with_detail(causes(fault))
        }
    }
}

pub(crate) fn write(fault: &WriteFault) -> Fault {
    Fault::new(
        "data_unwritable",
        sentence(&fault.to_string()),
        fault.hint(),
    )
    .with_detail(causes(fault))
}

pub(crate) fn append(fault: &AppendFault) -> Fault {
    let code = match fault {
        AppendFault::ReadOnly { .. } => "journal_read_only",
        AppendFault::Conflict { .. } => "conflict",
        AppendFault::Inventory { .. } => "inventory",
        AppendFault::Malformed { .. } | AppendFault::Refused { .. } => "internal",
        AppendFault::Closed { .. } => "closing",
    };
    Fault::new(code, sentence(&fault.to_string()), fault.hint())
}

/// Asked too late: the engine ends.
pub(crate) fn closing() -> Fault {
    Fault::new(
        "closing",
        "The engine is closing",
        "Start the program again: runs go on from where they were",
    )
}

/// A defect of ours.
pub(crate) fn internal(what: impl std::fmt::Display) -> Fault {
    Fault::new(
        "internal",
        "Something went wrong inside Countersign",
        "Report this as a bug, with the detail",
    )
    .with_detail(what.to_string())
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
