//! What every verb needs: the screen, the keyboard, Ctrl-C, the data folder, and the ways into the engine.

use crate::{exit::Trouble, interrupt::Interrupt, keyboard::Keyboard, screen::Screen};
use api::Fault;
use engine::{Door, OpenOptions, Origin};
use std::{
    io::{self, IsTerminal as _},
    path::PathBuf,
    time::Duration,
};
use workflow::{Run, RunId};

/// The program's name, as the lock of the data folder and the copyable lines show it.
pub(crate) const PROGRAM: &str = "countersign";

/// How soon a folder is tried again whose owner does not answer, and how often: it may be closing.
const RETRY: Duration = Duration::from_millis(100);
const TRIES: u32 = 15;

/// The surroundings of a verb.
#[derive(Debug)]
pub(crate) struct Console {
    pub(crate) screen: Screen,
    pub(crate) keyboard: Keyboard,
    pub(crate) interrupt: Interrupt,
    /// As it was given with `--data-dir`.
    pub(crate) data_dir: Option<PathBuf>,
}

impl Console {
    /// The engine: of this process, or of the one that owns the data folder.
    pub(crate) async fn open(&self) -> Result<Door, Fault> {
        let mut pause = tokio::time::interval(RETRY);
        for _ in 1..TRIES {
            pause.tick().await;
            match engine::open(self.options()).await {
                // The owner may be closing: then the folder is free in a moment.
                Err(fault) if fault.code == "folder_in_use" => {}
                opened => return opened,
            }
        }
        engine::open(self.options()).await
    }

    /// A call that only looks: it is made again when the program that owned the folder has ended meanwhile.
    pub(crate) async fn look<C: api::Call + Clone>(
        &self,
        door: &mut Door,
        call: C,
    ) -> Result<C::Reply, Fault> {
        match door.call(call.clone(), self.origin()).await {
            Err(fault) if is_gone(&fault) => {
                *door = self.open().await?;
                door.call(call, self.origin()).await
            }
            answered => answered,
        }
    }

    /// A call that changes a run. When the program that owned the folder has ended before it answered, the run says
    /// whether the call was heard; only if not, it is made again.
    pub(crate) async fn change<C: api::Call + Clone>(
        &self,
        door: &mut Door,
        run: &RunId,
        call: C,
        heard: impl Fn(&Run) -> bool,
    ) -> Result<(), Fault> {
        match door.call(call.clone(), self.origin()).await {
            Err(fault) if is_gone(&fault) => {
                *door = self.open().await?;
                let look = api::ShowRun { run: run.0.clone() };
                let now = door.call(look, self.origin()).await?;
                if !heard(&now) {
                    door.call(call, self.origin()).await?;
                }
            }
            answered => drop(answered?),
        }
        Ok(())
    }

    /// Is the journal whole, and how far is it signed? Needs no lock.
    pub(crate) async fn audit(
        &self,
        file: Option<&std::path::Path>,
    ) -> Result<api::AuditReport, Fault> {
        let options = self.options();
        let ours = options.data_dir.join("countersign.db");
        match file {
            // The folder's own journal is not a copy of itself.
            Some(file) if file.canonicalize().ok() != ours.canonicalize().ok() => {
                engine::audit_file(file, options.secrets).await
            }
            Some(_) | None => engine::audit_folder(&options).await,
        }
    }

    /// Writes what a maintainer needs to know. Needs no lock.
    pub(crate) async fn diagnostics(&self) -> Result<api::FileMade, Fault> {
        engine::diagnostics(&self.options()).await
    }

    /// Is the keychain never asked?
    pub(crate) fn without_keychain(&self) -> bool {
        self.options().secrets == engine::SecretSource::SessionOnly
    }

    /// The data folder without its lock, for looking only.
    pub(crate) async fn open_for_reading(&self) -> Result<Door, Fault> {
        engine::open_for_reading(&self.data_dir()).await
    }

    /// The way to the secrets: no engine is started for them.
    pub(crate) async fn open_for_secrets(&self) -> Door {
        engine::open_for_secrets(self.options()).await
    }

    /// The data folder.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.options().data_dir
    }

    fn options(&self) -> OpenOptions {
        let mut options = OpenOptions::new(PROGRAM);
        if let Some(data_dir) = &self.data_dir {
            options.data_dir.clone_from(data_dir);
        }
        options
    }

    /// Does a person sit here? A script that starts a run must not be able to answer its gates (approvals.md, People).
    pub(crate) fn origin(&self) -> Origin {
        if io::stdin().is_terminal() {
            Origin::Terminal
        } else {
            Origin::Script
        }
    }

    /// A command line to copy, for the same data folder.
    pub(crate) fn command(&self, arguments: &str) -> String {
        match &self.data_dir {
            None => format!("{PROGRAM} {arguments}"),
            Some(dir) => format!(
                "{PROGRAM} {arguments} --data-dir {}",
                quoted(&dir.to_string_lossy())
            ),
        }
    }

    /// A person, or nobody who may decide.
    ///
    /// # Errors
    /// A refusal that says what to do instead.
    pub(crate) fn only_with_a_person(&self, what: &str, instead: &str) -> Result<(), Trouble> {
        if self.screen.asks() {
            return Ok(());
        }
        Err(Fault::new(
            "needs_a_person",
            format!("Nobody sits at this door, so it cannot {what}"),
            instead,
        )
        .into())
    }
}

/// Has the engine that we spoke to ended?
pub(crate) fn is_gone(fault: &Fault) -> bool {
    matches!(
        fault.code.as_str(),
        "owner_gone" | "engine_gone" | "closing"
    )
}

/// A word for a POSIX shell.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(quoted("write_note.before"), "write_note.before");
        assert_eq!(quoted("notes[0]"), "'notes[0]'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
