//! Every key of the window in one table: the keys are matched against it and the sheet (Ctrl+/) lists it. What a key
//! does is done elsewhere: by the frame for the window, by the card for decisions.

use leptos::ev;

/// What a key of the window does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WindowKey {
    /// Opens the command palette.
    Palette,
    /// Goes to the next approval that waits.
    NextApproval,
    /// Goes to the form that starts a workflow.
    NewRun,
    /// Opens the search of what is on the screen.
    Find,
    /// Shows or hides the panel at the right.
    Panel,
    /// Moves the focus to the next part of the window.
    NextRegion,
    /// Moves it to the part before.
    RegionBefore,
    /// Shows all keys.
    Sheet,
}

/// What a key on a card does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CardKey {
    /// The button that approves.
    Approve,
    /// The panel that asks for a reason.
    Reject,
    /// Puts the panel away.
    Close,
}

/// What a key does, by where it is heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Does {
    /// Anywhere in the window.
    Window(WindowKey),
    /// On the card that has the focus.
    Card(CardKey),
}

/// One row of the table.
#[derive(Debug)]
pub struct Shortcut {
    /// What it does.
    pub does: Does,
    /// Its keys as a person reads them.
    pub shown: &'static str,
    /// What it does, in words.
    pub words: &'static str,
    /// `KeyboardEvent.key`, letters small.
    key: &'static str,
    /// `KeyboardEvent.code` of a key that some layouts have no character for; empty for none.
    code: &'static str,
    /// Whether Ctrl must, or must not, be held; `None` for either.
    control: Option<bool>,
    /// The same for Shift.
    shift: Option<bool>,
    /// Works while somebody types.
    typing: bool,
    /// Holding the key down does it again.
    held: bool,
}

const fn with_control(
    does: WindowKey,
    shown: &'static str,
    key: &'static str,
    words: &'static str,
) -> Shortcut {
    Shortcut {
        does: Does::Window(does),
        shown,
        words,
        key,
        code: "",
        control: Some(true),
        shift: Some(false),
        typing: true,
        held: false,
    }
}

/// The table.
pub const SHORTCUTS: [Shortcut; 11] = [
    with_control(WindowKey::Palette, "Ctrl+K", "k", "Search or run a command"),
    Shortcut {
        shift: None,
        ..with_control(
            WindowKey::NextApproval,
            "Ctrl+J",
            "j",
            "Go to the next approval that waits",
        )
    },
    with_control(WindowKey::NewRun, "Ctrl+N", "n", "Start a workflow"),
    with_control(WindowKey::Find, "Ctrl+F", "f", "Find on this screen"),
    Shortcut {
        // Layouts without the key of its own send another character; the place is the same.
        code: "Backslash",
        shift: None,
        ..with_control(
            WindowKey::Panel,
            "Ctrl+\\",
            "\\",
            "Show or hide the workflow panel",
        )
    },
    Shortcut {
        control: None,
        held: true,
        ..with_control(
            WindowKey::NextRegion,
            "F6",
            "f6",
            "Go to the next part of the window",
        )
    },
    Shortcut {
        control: None,
        shift: Some(true),
        held: true,
        ..with_control(
            WindowKey::RegionBefore,
            "Shift+F6",
            "f6",
            "Go to the part before",
        )
    },
    Shortcut {
        // On many layouts the slash itself needs Shift.
        shift: None,
        ..with_control(WindowKey::Sheet, "Ctrl+/", "/", "Show all keys")
    },
    Shortcut {
        does: Does::Card(CardKey::Approve),
        shown: "Ctrl+Enter",
        words: "Approve",
        key: "enter",
        code: "",
        control: Some(true),
        shift: Some(false),
        typing: false,
        held: false,
    },
    Shortcut {
        does: Does::Card(CardKey::Reject),
        shown: "Ctrl+Shift+Backspace",
        words: "Reject, with a reason",
        key: "backspace",
        code: "",
        control: Some(true),
        shift: Some(true),
        typing: false,
        held: false,
    },
    Shortcut {
        does: Does::Card(CardKey::Close),
        shown: "Escape",
        words: "Put the answer away",
        key: "escape",
        code: "",
        control: Some(false),
        shift: Some(false),
        typing: true,
        held: true,
    },
];

/// The keys of something as a person reads them, for hints and tooltips.
pub fn shown(does: Does) -> &'static str {
    SHORTCUTS
        .iter()
        .find(|row| row.does == does)
        .map_or("", |row| row.shown)
}

/// A key press, as far as the table cares.
#[derive(Clone, Copy, Debug)]
pub struct Pressed<'a> {
    /// `KeyboardEvent.key`.
    pub key: &'a str,
    /// `KeyboardEvent.code`.
    pub code: &'a str,
    /// Ctrl is held.
    pub control: bool,
    /// Shift is held.
    pub shift: bool,
    /// Alt is held: with Ctrl it types characters.
    pub alt: bool,
    /// The key is held down.
    pub repeat: bool,
    /// Somebody types.
    pub typing: bool,
}

impl Shortcut {
    fn is(&self, pressed: &Pressed<'_>) -> bool {
        let key = self.key.eq_ignore_ascii_case(pressed.key)
            || (!self.code.is_empty() && self.code == pressed.code);
        key && self.control.is_none_or(|wanted| wanted == pressed.control)
            && self.shift.is_none_or(|wanted| wanted == pressed.shift)
            && !(pressed.alt && self.control == Some(true))
            && (self.typing || !pressed.typing)
            && (self.held || !pressed.repeat)
    }
}

/// What a key press on a card means; nothing for a held key, and no decision while somebody types.
pub fn card_key(pressed: &Pressed<'_>) -> Option<CardKey> {
    SHORTCUTS.iter().find_map(|row| match row.does {
        Does::Card(key) => row.is(pressed).then_some(key),
        Does::Window(_) => None,
    })
}

/// What a key press in the window means. The Command key of a Mac counts as Ctrl.
pub fn window_key(event: &ev::KeyboardEvent) -> Option<WindowKey> {
    let (key, code) = (event.key(), event.code());
    of_window(&Pressed {
        key: &key,
        code: &code,
        control: event.ctrl_key() || event.meta_key(),
        shift: event.shift_key(),
        alt: event.alt_key(),
        repeat: event.repeat(),
        // No key of the window asks: finding out costs a look at the page.
        typing: false,
    })
}

fn of_window(pressed: &Pressed<'_>) -> Option<WindowKey> {
    SHORTCUTS.iter().find_map(|row| match row.does {
        Does::Window(key) => row.is(pressed).then_some(key),
        Does::Card(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(keys: &str) -> Pressed<'_> {
        let (held, key) = keys.rsplit_once('+').unwrap_or(("", keys));
        Pressed {
            key,
            code: "",
            control: held.contains("Ctrl"),
            shift: held.contains("Shift"),
            alt: held.contains("Alt"),
            repeat: false,
            typing: false,
        }
    }

    #[test]
    fn no_two_rows_match_the_same_press_and_each_matches_what_it_shows() {
        for row in &SHORTCUTS {
            let shown = press(row.shown);
            let matching: Vec<_> = SHORTCUTS.iter().filter(|other| other.is(&shown)).collect();
            assert_eq!(matching.len(), 1, "{}: {matching:?}", row.shown);
            assert_eq!(matching[0].does, row.does);
            assert_eq!(super::shown(row.does), row.shown, "one row for each thing");
            let words = SHORTCUTS.iter().filter(|other| other.words == row.words);
            assert_eq!(words.count(), 1, "{}", row.words);
        }
    }

    #[test]
    fn keys_of_the_window() {
        for (keys, wanted) in [
            ("Ctrl+k", Some(WindowKey::Palette)),
            ("Ctrl+Shift+K", None),
            ("Ctrl+Alt+k", None),
            ("k", None),
            ("Ctrl+J", Some(WindowKey::NextApproval)),
            ("Ctrl+Shift+J", Some(WindowKey::NextApproval)),
            ("Ctrl+Shift+/", Some(WindowKey::Sheet)),
            ("F6", Some(WindowKey::NextRegion)),
            ("Shift+F6", Some(WindowKey::RegionBefore)),
            ("Ctrl+\\", Some(WindowKey::Panel)),
            ("Ctrl+Enter", None),
        ] {
            assert_eq!(of_window(&press(keys)), wanted, "{keys}");
        }
        let elsewhere = Pressed {
            code: "Backslash",
            ..press("Ctrl+#")
        };
        assert_eq!(of_window(&elsewhere), Some(WindowKey::Panel));
        let held = |keys| Pressed {
            repeat: true,
            ..press(keys)
        };
        assert_eq!(of_window(&held("Ctrl+j")), None);
        assert_eq!(of_window(&held("F6")), Some(WindowKey::NextRegion));
    }

    #[test]
    fn decision_keys_need_all_their_parts() {
        for (keys, wanted) in [
            ("Ctrl+Enter", Some(CardKey::Approve)),
            ("Enter", None),
            ("Ctrl+Shift+Enter", None),
            ("Ctrl+Shift+Backspace", Some(CardKey::Reject)),
            ("Ctrl+Backspace", None),
            ("Escape", Some(CardKey::Close)),
            ("Shift+Escape", None),
            ("Ctrl+k", None),
        ] {
            assert_eq!(card_key(&press(keys)), wanted, "{keys}");
        }
    }

    #[test]
    fn held_keys_and_typing_never_decide() {
        for keys in ["Ctrl+Enter", "Ctrl+Shift+Backspace"] {
            let pressed = press(keys);
            let (repeat, typing) = (true, true);
            assert_eq!(card_key(&Pressed { repeat, ..pressed }), None, "{keys}");
            assert_eq!(card_key(&Pressed { typing, ..pressed }), None, "{keys}");
        }
        let typing = Pressed {
            typing: true,
            ..press("Escape")
        };
        assert_eq!(card_key(&typing), Some(CardKey::Close));
    }
}
