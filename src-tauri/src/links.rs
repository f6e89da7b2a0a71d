//! Where the window shall go: asked for by a notification, the tray, a second start or a link `countersign://run/<id>`.
//! It leads to a card; nothing that comes this way decides anything.

use std::sync::{Mutex, PoisonError};

use workflow::RunId;

/// The longest name of a run that a link may carry.
const LONGEST: usize = 64;

/// A page of the window, not yet taken by it. Only the newest counts.
#[derive(Default)]
pub(crate) struct Links(Mutex<Option<String>>);

impl Links {
    /// Keeps where to go until the page asks.
    pub(crate) fn keep(&self, path: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(path);
    }

    /// Gives it, once.
    pub(crate) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The page of a run.
pub(crate) fn page_of(run: &RunId) -> String {
    format!("/run/{run}")
}

/// What a start was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Where to go.
    pub(crate) page: Option<String>,
    /// Without a window, in the tray: started with the session.
    pub(crate) in_tray: bool,
}

impl Wish {
    /// Reads the arguments after the program's name: `countersign://run/<id>`, `--link <link>`, `--in-tray`. What is not
    /// understood is left out: a program that did not start for an odd argument would help nobody.
    pub(crate) fn read<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut wish = Self::default();
        for argument in arguments {
            let link = argument.strip_prefix("--link=").unwrap_or(argument);
            match (link, page(link)) {
                (_, Some(page)) => wish.page = Some(page),
                ("--in-tray", None) => wish.in_tray = true,
                ("--link", None) => {}
                (_, None) => {
                    tracing::warn!(argument = fleet::visible(argument, 80), "not understood")
                }
            }
        }
        wish
    }
}

/// The page that a link of the scheme `countersign` leads to; `None` where it is none, or any other.
fn page(link: &str) -> Option<String> {
    let run = link.strip_prefix("countersign://run/")?;
    // Some programs end a link of this form with a stroke.
    let run = run.strip_suffix('/').unwrap_or(run);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let known = !run.is_empty() && run.len() <= LONGEST && run.bytes().all(plain);
    known.then(|| page_of(&RunId(run.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_link_to_a_run_is_one() {
        for (link, leads) in [
            ("countersign://run/01JD-a_9", Some("/run/01JD-a_9")),
            ("countersign://run/abc/", Some("/run/abc")),
            ("countersign://run/", None),
            ("countersign://run//", None),
            ("countersign://run/../settings", None),
            ("countersign://run/a%2fb", None),
            ("countersign://run/a?approve=yes", None),
            ("countersign://run/a#b", None),
            ("countersign://run/a b", None),
            ("countersign://run/\u{202e}a", None),
            ("countersign://decide/a", None),
            ("COUNTERSIGN://run/a", None),
            ("https://run/a", None),
            ("/run/a", None),
        ] {
            assert_eq!(page(link).as_deref(), leads, "{link}");
        }
        assert_eq!(page(&format!("countersign://run/{}", "a".repeat(65))), None);
    }

    #[test]
    fn arguments_are_read_and_odd_ones_left_out() {
        let wish = |arguments: &[&str]| Wish::read(arguments.iter().copied());
        let to = |page: &str| Some(page.to_owned());
        assert_eq!(wish(&[]), Wish::default());
        assert_eq!(wish(&["countersign://run/a"]).page, to("/run/a"));
        assert_eq!(wish(&["--link", "countersign://run/a"]).page, to("/run/a"));
        assert_eq!(wish(&["--link=countersign://run/b"]).page, to("/run/b"));
        assert_eq!(
            wish(&["--link=file:///etc/passwd", "\u{1b}"]),
            Wish::default()
        );
        assert!(wish(&["--in-tray"]).in_tray);
    }

    #[test]
    fn a_link_is_taken_once_and_the_newest_counts() {
        let links = Links::default();
        assert_eq!(links.take(), None);
        links.keep("/run/a".to_owned());
        links.keep("/run/b".to_owned());
        assert_eq!(links.take().as_deref(), Some("/run/b"));
        assert_eq!(links.take(), None);
    }
}
