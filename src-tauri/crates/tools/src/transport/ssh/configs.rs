//! Remembers what the ssh config says about each name for as long as its files are the same. Asking costs a process, so
//! names that the same sections of the config speak of share one answer: a hundred addresses that stand nowhere in it
//! are asked for once.

mod sections;

use super::target::Target;
use crate::ssh_config::{self, Resolved};
use sections::Sections;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Mutex as Turn, OnceCell};
use workflow::ToolError;

/// More than this many answers are forgotten together; they are asked for again.
const MOST_ANSWERS: usize = 10_000;

/// Whose answer it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Asked {
    /// One name's own.
    Name(String),
    /// That of every name to which exactly these sections apply.
    Sections(Vec<bool>),
}

/// One config: its files as they were read, and the answers until they change.
#[derive(Debug, Default)]
struct Known {
    sections: Arc<Sections>,
    answers: HashMap<Asked, Arc<OnceCell<Arc<Resolved>>>>,
}

#[derive(Debug, Default)]
pub(super) struct Configs {
    known: Mutex<HashMap<Option<String>, Known>>,
    reading: Turn<()>,
}

impl Configs {
    /// What the config says about the target. The host's name, port and user are the target's own.
    pub(super) async fn of(&self, target: &Target) -> Result<Arc<Resolved>, ToolError> {
        let name = target.config_name();
        let file = target.config_file().map(str::to_owned);
        let sections = self.sections(&file).await?;
        let asked = match sections.that_apply(name) {
            Some(which) => Asked::Sections(which),
            None => Asked::Name(name.to_owned()),
        };
        let answer = {
            let mut known = self.lock();
            let known = known.entry(file.clone()).or_default();
            if known.answers.len() >= MOST_ANSWERS {
                known.answers.clear();
            }
            Arc::clone(known.answers.entry(asked).or_default())
        };
        let resolved = answer
            .get_or_try_init(|| async {
                let resolved = ssh_config::resolve(name, file.as_deref().map(Path::new)).await?;
                Ok::<_, ToolError>(Arc::new(resolved))
            })
            .await?;
        Ok(Arc::clone(resolved))
    }

    /// The sections of a config; when its files have changed, as they are now, and no answer stays.
    async fn sections(&self, file: &Option<String>) -> Result<Arc<Sections>, ToolError> {
        let _turn = self.reading.lock().await;
        let before = self
            .lock()
            .get(file)
            .map(|known| Arc::clone(&known.sections));
        let roots: Vec<PathBuf> = match file {
            Some(file) => vec![PathBuf::from(file)],
            None => sections::usual(),
        };
        let now = crate::blocking(move || {
            Ok(match before {
                Some(before) if before.still_so() => before,
                Some(_) | None => Arc::new(Sections::read(&roots)),
            })
        })
        .await?;
        let mut known = self.lock();
        let known = known.entry(file.clone()).or_default();
        if !Arc::ptr_eq(&known.sections, &now) {
            *known = Known {
                sections: Arc::clone(&now),
                answers: HashMap::new(),
            };
        }
        Ok(now)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<String>, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
