//! A program that the owner of the folder has started cannot decide, whoever it says it is (semantics.md 20). Here the
//! owner is this test, and the programs are its children.

use crate::desk::{Desk, Ended, Waiting};
use std::process::Command;

/// The folder's owner in this process.
struct Owner {
    runtime: tokio::runtime::Runtime,
    door: engine::Door,
}

impl Owner {
    fn of(desk: &Desk) -> Owner {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut options = engine::OpenOptions::new("test");
        options.data_dir = desk.data();
        options.secrets = engine::SecretSource::SessionOnly;
        let door = runtime.block_on(engine::open(options)).unwrap();
        assert!(!door.is_remote());
        Owner { runtime, door }
    }

    fn end(self) {
        self.runtime.block_on(self.door.close());
    }
}

#[track_caller]
fn refused(ended: &Ended) {
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("A program that Countersign has started cannot decide")
            && ended
                .stderr
                .contains("a terminal that you have opened yourself"),
        "{ended:?}"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_owner_started_cannot_decide() {
    let desk = Desk::new();
    let token = desk.token();
    desk.write("note.txt", "old text\n");
    let inputs = [&desk.input("path", "note.txt"), "content=new text"];
    let waiting: Waiting = desk.start_waiting("write_note", &inputs);
    let owner = Owner::of(&desk);
    // It may look and ask for everything else.
    assert_eq!(desk.run(&["show", &waiting.run]).code, 0);
    let approve = waiting.decide(&["--approve"]);
    refused(&desk.run_with(&token, &approve));
    // Nor can a program that it has started.
    let child = desk.command(&approve);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "\"$@\"; exit $?", "sh"])
        .arg(child.get_program())
        .args(child.get_args())
        .env("COUNTERSIGN_TOKEN", &token)
        .env("COUNTERSIGN_KEYCHAIN", "session")
        .env_remove("COUNTERSIGN_DATA_DIR");
    refused(&crate::desk::wait(
        shell
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap(),
    ));
    // Nor make a token to decide with, at a terminal of its own.
    let mut terminal = desk.plain_terminal(&["operators", "token", "mine"]);
    terminal.see("cannot decide");
    assert_ne!(terminal.end(), 0);
    assert_eq!(
        desk.show(&waiting.run)["waiting"][0]["gate"],
        waiting.gate.as_str()
    );
    owner.end();
    // The same words from a process that owns the folder itself: only the descent was wrong.
    let decided = desk.run_with(&token, &approve);
    assert_eq!(decided.code, 75, "{decided:?}");
}
