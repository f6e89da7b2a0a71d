//! The words of a notification. Titles and questions come from files, hosts and models: they are shown escaped and cut
//! before anything else happens to them.

use fleet::visible;

use crate::waiting::Question;

/// At most so many characters of text of others.
const CHARACTERS: usize = 200;

/// What a notification says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// One line.
    pub(crate) title: String,
    /// More; servers need not show it.
    pub(crate) body: String,
    /// A click on it opens something.
    pub(crate) opens: bool,
    /// It must not make itself heard.
    pub(crate) quiet: bool,
}

/// Text of others on one line: what could deceive is spelled out, and no more than `CHARACTERS` are left of it.
pub(crate) fn shown(text: &str) -> String {
    // Once more: what is spelled out is longer than it was.
    visible(&visible(text, CHARACTERS), CHARACTERS)
}

/// One question.
pub(crate) fn one(question: &Question) -> Note {
    Note {
        title: format!("Decision needed: {}", shown(&question.title)),
        body: shown(&question.words),
        opens: true,
        quiet: false,
    }
}

/// All questions together.
pub(crate) fn all(questions: &[Question], quiet: bool) -> Note {
    let title = match questions.len() {
        1 => "1 decision is waiting".to_owned(),
        count => format!("{count} decisions are waiting"),
    };
    let longest = questions.first().map(|one| shown(&one.title));
    Note {
        title,
        body: longest.map_or_else(String::new, |title| format!("The longest waiting: {title}")),
        opens: true,
        quiet,
    }
}

/// So that a person sees whether one comes.
pub(crate) fn test() -> Note {
    Note {
        title: "Countersign shows notifications here".to_owned(),
        body: "When a run waits for your decision, it looks like this.".to_owned(),
        opens: false,
        quiet: false,
    }
}

/// The window was closed, and the program goes on.
pub(crate) fn in_tray() -> Note {
    Note {
        title: "Countersign keeps running in the tray".to_owned(),
        body: "Runs go on or wait. Open the window or quit from the icon in the tray.".to_owned(),
        opens: true,
        quiet: false,
    }
}

/// For a server that reads the body as markup (Desktop Notifications Specification, "Markup").
pub(crate) fn for_markup(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::What;
    use crate::waiting::tests::gate;
    use workflow::RunId;

    fn question(title: &str, words: &str) -> Question {
        Question {
            run: RunId("r".to_owned()),
            what: What::Gate(gate("g")),
            revision: 1,
            title: title.to_owned(),
            words: words.to_owned(),
            since_us: 0,
        }
    }

    #[test]
    fn text_of_others_is_escaped_and_cut() {
        let note = one(&question(
            "Deploy\u{202e}x\u{200b}",
            "\u{1b}[2J<b>now</b> & go\nAPPROVED",
        ));
        assert_eq!(note.title, "Decision needed: Deploy<U+202E>x<U+200B>");
        assert_eq!(note.body, "<U+001B>[2J<b>now</b> & go<U+000A>APPROVED");
        let long = one(&question("t", &"ä".repeat(5_000)));
        assert_eq!(long.body.chars().count(), CHARACTERS + 1);
        let spelled = one(&question("t", &"\u{e0041}".repeat(5_000)));
        assert_eq!(spelled.body.chars().count(), CHARACTERS + 1);
    }

    #[test]
    fn markup_of_others_is_no_markup() {
        assert_eq!(for_markup("<b>&amp;</b>"), "&lt;b&gt;&amp;amp;&lt;/b&gt;");
    }

    #[test]
    fn a_count_has_its_word() {
        let list = vec![question("a", ""), question("b", "")];
        assert_eq!(all(&list[..1], false).title, "1 decision is waiting");
        assert_eq!(all(&list, true).title, "2 decisions are waiting");
        assert_eq!(all(&list, true).body, "The longest waiting: a");
    }
}
