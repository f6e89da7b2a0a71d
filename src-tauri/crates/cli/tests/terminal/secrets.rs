//! `secrets`: in a real keychain, and in the memory of the program that owns the folder. The value never comes back.

use crate::{desk::Desk, keyring::Keyring};

const REFERENCE: &str = "keychain:ssh/web-01";
const VALUE: &str = "hunter2 with spaces";

#[test]
fn a_secret_goes_into_the_keychain_and_never_out() {
    let Some(keyring) = Keyring::start() else {
        return;
    };
    let desk = Desk::with(&keyring);
    let (code, absent) = desk.json(&["secrets", "test", REFERENCE]);
    assert_eq!((code, &absent["present"]), (3, &false.into()), "{absent}");
    let set = desk.pipe(&format!("{VALUE}\n"), &["secrets", "set", REFERENCE]);
    assert_eq!(set.code, 0, "{set:?}");
    assert_eq!(keyring.look_up("ssh/web-01").as_deref(), Some(VALUE));
    let test = desk.run(&["secrets", "test", REFERENCE]);
    assert_eq!(test.code, 0, "{test:?}");
    assert!(test.stdout.contains("in the keychain"), "{test:?}");
    for ended in [&set, &test] {
        assert!(!format!("{ended:?}").contains("hunter2"), "{ended:?}");
    }
    let delete = desk.run(&["secrets", "delete", REFERENCE]);
    assert_eq!(delete.code, 0, "{delete:?}");
    assert_eq!(keyring.look_up("ssh/web-01"), None);
    // No engine was started for any of it.
    assert!(!desk.data().join("countersign.db").exists());
}

#[test]
fn a_session_secret_lives_in_the_program_that_owns_the_folder() {
    let desk = Desk::new();
    let set = ["secrets", "set", REFERENCE, "--session"];
    let alone = desk.pipe(VALUE, &set);
    assert_eq!(alone.code, 3, "{alone:?}");
    assert!(alone.stderr.contains("no memory to keep"), "{alone:?}");

    desk.write("note.txt", "old\n");
    let input = desk.input("path", "note.txt");
    let mut owner = desk.plain_terminal(&["run", "write_note", "-i", &input, "-i", "content=new"]);
    owner.see("later leaves it waiting): ");
    // Typed at a terminal, it is not shown.
    let mut typing = desk.plain_terminal(&set);
    typing.answer("(not shown):", VALUE);
    let seen = typing.see("is in memory");
    assert!(!seen.contains("hunter2"), "{seen}");
    assert_eq!(typing.end(), 0);
    let (code, found) = desk.json(&["secrets", "test", REFERENCE]);
    assert_eq!((code, &found["source"]), (0, &"session".into()), "{found}");
    assert_eq!(desk.run(&["secrets", "delete", REFERENCE]).code, 0);
    let again = desk.run(&["secrets", "delete", REFERENCE]);
    assert_eq!(again.code, 3, "{again:?}");
    owner.interrupt();
    owner.end();
}

#[test]
fn what_cannot_be_a_secret_is_refused() {
    let desk = Desk::new();
    for (text, arguments, code, says) in [
        ("", ["secrets", "set", REFERENCE], 2, "There is no value"),
        ("x", ["secrets", "set", "ssh/web-01"], 3, "keychain:NAME"),
        (
            "x",
            ["secrets", "set", "keychain:journal/1"],
            3,
            "journal's signature",
        ),
        (
            "",
            ["secrets", "delete", "keychain:journal/1"],
            3,
            "journal's signature",
        ),
    ] {
        let ended = desk.pipe(text, &arguments);
        assert_eq!(ended.code, code, "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(says), "{arguments:?}: {ended:?}");
    }
}
