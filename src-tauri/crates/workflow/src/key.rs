//! The names of things inside a run: the run, a step instance, a gate. Plain values with one spelling each,
//! the same in the journal, on the command line and in the window.

use crate::GateKind;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{fmt, str::FromStr, sync::Arc};

/// The name of a run, made by the engine: unique in a data folder, sortable by start.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub String);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the ids of inverses begin with.
const INVERSE: &str = "rollback:";

/// A step instance: the step's id and, inside `foreach`, the item numbers from the outermost list inwards.
/// Written `probe`, `probe[3]`, `probe[3.0]`. The list itself has one number less than its items.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepKey {
    /// The id of the step in the definition.
    pub id: Arc<str>,
    /// The item numbers of the enclosing lists, and of its own list for an item; from 0.
    pub items: Vec<u32>,
}

impl StepKey {
    /// A step outside any list.
    pub fn top(id: &str) -> StepKey {
        StepKey {
            id: id.into(),
            items: Vec::new(),
        }
    }

    /// A step of that id at the same place in the lists as this one.
    pub fn beside(&self, id: &str) -> StepKey {
        StepKey {
            id: id.into(),
            items: self.items.clone(),
        }
    }

    /// The item `number` of this list.
    pub fn item(&self, number: u32) -> StepKey {
        let mut items = self.items.clone();
        items.push(number);
        StepKey {
            id: self.id.clone(),
            items,
        }
    }

    /// The step instance that undoes what this one changed in that attempt. No step of a file has such an id.
    pub fn inverse(&self, attempt: u32) -> StepKey {
        let again = match attempt {
            0 | 1 => String::new(),
            more => format!(":{more}"),
        };
        StepKey {
            id: format!("{INVERSE}{}{again}", self.id).into(),
            items: self.items.clone(),
        }
    }

    /// Does it undo what another has changed?
    pub fn is_inverse(&self) -> bool {
        self.id.starts_with(INVERSE)
    }

    /// The list that this item belongs to; `None` outside lists.
    pub fn list(&self) -> Option<StepKey> {
        let (_, items) = self.items.split_last()?;
        Some(StepKey {
            id: self.id.clone(),
            items: items.to_vec(),
        })
    }
}

impl fmt::Display for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        if !self.items.is_empty() {
            let numbers: Vec<String> = self.items.iter().map(u32::to_string).collect();
            write!(f, "[{}]", numbers.join("."))?;
        }
        Ok(())
    }
}

impl FromStr for StepKey {
    type Err = String;
    fn from_str(text: &str) -> Result<StepKey, String> {
        let bad = || format!("{text:?} does not name a step (write step or step[0] or step[0.1])");
        let (id, items) = match text.split_once('[') {
            None => (text, Vec::new()),
            Some((id, rest)) => {
                let numbers = rest.strip_suffix(']').ok_or_else(bad)?;
                (
                    id,
                    numbers
                        .split('.')
                        .map(str::parse)
                        .collect::<Result<_, _>>()
                        .map_err(|_| bad())?,
                )
            }
        };
        if id.is_empty() {
            return Err(bad());
        }
        Ok(StepKey {
            id: id.into(),
            items,
        })
    }
}

/// A gate of a run: the step instance it belongs to and whether it stands before it, after it, or at its failure.
/// Written `write_file.before`, `apply[2].after`, `check.failure`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GateId {
    /// The step (for `scope: all_items`, the list).
    pub step: StepKey,
    /// Before the action, after the result, or at the failure.
    pub kind: GateKind,
}

impl fmt::Display for GateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.step, self.kind.word())
    }
}

impl FromStr for GateId {
    type Err = String;
    fn from_str(text: &str) -> Result<GateId, String> {
        let (step, kind) = text
            .rsplit_once('.')
            .ok_or("a gate is written step.before, step.after or step.failure")?;
        let kind = match kind {
            "before" => GateKind::Before,
            "after" => GateKind::After,
            "failure" => GateKind::Failure,
            other => {
                return Err(format!(
                    "a gate is written step.before, step.after or step.failure, not .{other}"
                ));
            }
        };
        Ok(GateId {
            step: step.parse()?,
            kind,
        })
    }
}

macro_rules! as_text {
    ($name:ty) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(D::Error::custom)
            }
        }
    };
}
as_text!(StepKey);
as_text!(GateId);
