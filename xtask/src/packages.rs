//! The Debian packages this project uses, each with the reason a person is given before it is
//! installed. It only names them; `apt` finds and installs them.

/// What somebody is about to do. Which packages of other levels it needs, too: `includes`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Level {
    /// Build and open the window.
    Window,
    /// Open it on a machine without a display, and take pictures.
    Tour,
    /// Make the package for other computers.
    Bundle,
    /// Run every test.
    Test,
}

impl Level {
    /// Does who is about to do this need a package of that level?
    pub(crate) fn includes(self, other: Self) -> bool {
        match self {
            Self::Bundle => matches!(other, Self::Window | Self::Bundle),
            Self::Window | Self::Tour | Self::Test => other <= self,
        }
    }
}

/// One package.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    /// A program that proves the package is not needed, however it was installed (Node from
    /// nodejs.org, a git built by hand).
    pub(crate) program: Option<&'static str>,
    pub(crate) level: Level,
    pub(crate) reason: &'static str,
}

/// Everything that may be installed, in the order it is shown.
pub(crate) const PACKAGES: &[Package] = &[
    window(
        "libwebkit2gtk-4.1-dev",
        "draws the window: the system's webview",
    ),
    window("libayatana-appindicator3-dev", "the icon in the tray"),
    window("librsvg2-dev", "the icons of the window's frame"),
    window("libxdo-dev", "keyboard shortcuts of the window's menus"),
    Package {
        program: Some("pkg-config"),
        ..window("pkg-config", "tells the compiler where the four above are")
    },
    tour(
        "webkit2gtk-driver",
        "WebKitWebDriver",
        "clicks in the real window",
    ),
    tour("xvfb", "Xvfb", "a display in memory"),
    tour(
        "dbus",
        "dbus-run-session",
        "a message bus of its own for each test",
    ),
    Package {
        program: None,
        ..tour(
            "dbus-x11",
            "",
            "lets programs on that display find that bus",
        )
    },
    tour(
        "dunst",
        "dunst",
        "receives the notifications, so that they can be read",
    ),
    tour("imagemagick", "import", "takes the pictures"),
    Package {
        program: None,
        ..tour("fonts-noto-core", "", "letters in the pictures")
    },
    test("xdotool", "xdotool", "real key presses"),
    test(
        "gnome-keyring",
        "gnome-keyring-daemon",
        "a keychain of its own for each test",
    ),
    test(
        "libsecret-tools",
        "secret-tool",
        "looks into that keychain from outside",
    ),
    test(
        "openssh-server",
        "sshd",
        "hosts to connect to, on loopback, started by the tests only",
    ),
    test("git", "git", "repositories to deploy from"),
    test(
        "busybox",
        "busybox",
        "a shell that hosts have: scripts for hosts run in it, too",
    ),
    test("mksh", "mksh", "another one"),
    test("ksh93u+m", "ksh93", "another one"),
    test("zsh", "zsh", "another one"),
    test(
        "desktop-file-utils",
        "desktop-file-validate",
        "checks the menu entry of the package",
    ),
    bundle(
        "nodejs",
        "node",
        "runs wasm-opt, which makes the window's code smaller, and the bundler",
    ),
    bundle("npm", "npm", "fetches wasm-opt and the bundler"),
];

const fn window(name: &'static str, reason: &'static str) -> Package {
    Package {
        name,
        program: None,
        level: Level::Window,
        reason,
    }
}

const fn tour(name: &'static str, program: &'static str, reason: &'static str) -> Package {
    Package {
        name,
        program: Some(program),
        level: Level::Tour,
        reason,
    }
}

const fn bundle(name: &'static str, program: &'static str, reason: &'static str) -> Package {
    Package {
        level: Level::Bundle,
        ..tour(name, program, reason)
    }
}

const fn test(name: &'static str, program: &'static str, reason: &'static str) -> Package {
    Package {
        level: Level::Test,
        ..tour(name, program, reason)
    }
}

/// True when the text names something set-up installs. A test that skips because of it did not
/// meet a limit of the machine but a set-up that did not do its work.
pub(crate) fn names_a_tool(text: &str) -> bool {
    let further = ["wasm-opt", "wasm32-unknown-unknown", "npx"];
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "-._+".contains(c)))
        .map(|word| word.trim_matches('.'))
        .any(|word| {
            further.contains(&word)
                || PACKAGES
                    .iter()
                    .any(|package| package.name == word || package.program == Some(word))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_named_once_with_a_reason() {
        for (index, package) in PACKAGES.iter().enumerate() {
            assert!(package.reason.len() > 10, "{}", package.name);
            let before = PACKAGES.iter().take(index);
            assert!(before.into_iter().all(|other| other.name != package.name));
            assert_ne!(package.program, Some(""), "{}", package.name);
        }
    }

    #[test]
    fn a_display_in_memory_is_not_asked_for_to_make_a_package() {
        let needed = |level: Level, name: &str| {
            let package = PACKAGES.iter().find(|package| package.name == name);
            level.includes(package.unwrap().level)
        };
        for (name, window, tour, bundle) in [
            ("libxdo-dev", true, true, true),
            ("xvfb", false, true, false),
            ("npm", false, false, true),
            ("xdotool", false, false, false),
        ] {
            assert_eq!(needed(Level::Window, name), window, "{name}");
            assert_eq!(needed(Level::Tour, name), tour, "{name}");
            assert_eq!(needed(Level::Bundle, name), bundle, "{name}");
            assert!(needed(Level::Test, name), "{name}");
        }
    }

    #[test]
    fn a_skip_for_a_tool_is_told_from_a_skip_for_the_machine() {
        assert!(names_a_tool("window: dunst is not installed"));
        assert!(names_a_tool("the window needs WebKitWebDriver."));
        assert!(names_a_tool("xvfb: not found"));
        assert!(!names_a_tool("this file system has no quota"));
        assert!(!names_a_tool("needs a second disk"));
    }
}
