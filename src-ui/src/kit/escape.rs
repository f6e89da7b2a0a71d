//! Characters that lie about the text around them, made visible: bidirectional controls, invisible characters, terminal
//! escapes. What a person approves must look like what runs (Boucher and Anderson, "Trojan Source", 2021; Unicode TR36).
//! It is for showing only; nothing is ever changed on its way to a host, the clipboard or the journal.

use leptos::prelude::*;

/// A stretch of text as it is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    /// Shown as it is.
    Plain(&'a str),
    /// Shown as its code point, marked.
    Hostile(char),
}

/// Splits text into what is shown as it is and what is shown as a mark. Tabs, line feeds and CR LF are text.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut plain_from = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let line_end = char == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n');
        if line_end || !is_hostile(char) {
            continue;
        }
        if plain_from < at {
            pieces.push(Piece::Plain(&text[plain_from..at]));
        }
        pieces.push(Piece::Hostile(char));
        plain_from = at + char.len_utf8();
    }
    if plain_from < text.len() {
        pieces.push(Piece::Plain(&text[plain_from..]));
    }
    pieces
}

/// The mark of a hostile character: `\u{202E}`.
pub fn mark(char: char) -> String {
    format!("\\u{{{:04X}}}", u32::from(char))
}

/// The whole text with marks, where only a string will do (a tooltip, a window title).
pub fn escaped(text: &str) -> String {
    pieces(text)
        .into_iter()
        .fold(String::with_capacity(text.len()), |mut out, piece| {
            match piece {
                Piece::Plain(plain) => out.push_str(plain),
                Piece::Hostile(char) => out.push_str(&mark(char)),
            }
            out
        })
}

/// Whether a character can hide, reorder or rewrite what a person sees. No letter of any script is one, and neither is
/// a plain emoji; the joiner inside composed emoji is, because it is invisible everywhere else.
pub fn is_hostile(char: char) -> bool {
    match char {
        '\t' | '\n' => false,
        // C0, DEL and C1: terminal escapes, carriage return, backspace.
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        // Bidirectional marks, embeddings, overrides and isolates.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => {
            true
        }
        // Zero-width, joiners, invisible operators, soft hyphen, byte order mark, fillers that look like nothing.
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' => true,
        '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2065}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}' => true,
        // Line and paragraph separators, variation selectors that change no emoji, interlinear annotations.
        '\u{2028}' | '\u{2029}' | '\u{fe00}'..='\u{fe0d}' | '\u{fff0}'..='\u{fffb}' => true,
        // Musical controls, tag characters and the supplementary variation selectors: hidden payloads.
        '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

/// Text from outside, with hostile characters as visible marks.
#[component]
pub fn Escaped(
    /// The text as it came.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    move || text.with(|text| escaped_view(text))
}

/// The view of [`Escaped`] for a text that does not change.
pub fn escaped_view(text: &str) -> AnyView {
    let mut found = pieces(text);
    // Almost every text is one plain piece: one node then.
    if let [Piece::Plain(plain)] = found[..] {
        return plain.to_owned().into_any();
    }
    found
        .drain(..)
        .map(|piece| match piece {
            Piece::Plain(plain) => plain.to_owned().into_any(),
            Piece::Hostile(char) => {
                view! { <span class="hostile" title="A hidden or misleading character">{mark(char)}</span> }.into_any()
            }
        })
        .collect_view()
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str) {
        assert_eq!(escaped(text), shown);
        let joined: String = pieces(text)
            .into_iter()
            .map(|piece| match piece {
                Piece::Plain(plain) => plain.to_owned(),
                Piece::Hostile(char) => char.to_string(),
            })
            .collect();
        assert_eq!(joined, text, "nothing is lost");
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in [
            "",
            "systemctl restart myapp",
            "a\tb\nc\r\nd",
            "Zürich, 東京, مرحبا, שלום, 🙂, e\u{301}",
        ] {
            check(text, text);
        }
        assert_eq!(pieces("plain"), [Piece::Plain("plain")]);
    }

    #[test]
    fn bidirectional_controls_are_marked() {
        check("rm \u{202e}gpj.exe", "rm \\u{202E}gpj.exe");
        check(
            "\u{2066}x\u{2069}\u{200f}\u{61c}",
            "\\u{2066}x\\u{2069}\\u{200F}\\u{061C}",
        );
    }

    #[test]
    fn terminal_escapes_are_marked() {
        check("\u{1b}[31mred\u{1b}[0m", "\\u{001B}[31mred\\u{001B}[0m");
        check("safe\rrm -rf", "safe\\u{000D}rm -rf");
        check(
            "\0\u{7f}\u{9b}\u{8}",
            "\\u{0000}\\u{007F}\\u{009B}\\u{0008}",
        );
    }

    #[test]
    fn invisible_characters_are_marked() {
        check("ad\u{200b}min", "ad\\u{200B}min");
        check(
            "\u{feff}x\u{ad}\u{2060}\u{3164}",
            "\\u{FEFF}x\\u{00AD}\\u{2060}\\u{3164}",
        );
        check("\u{e0041}\u{e0100}", "\\u{E0041}\\u{E0100}");
        check("a\u{2028}b", "a\\u{2028}b");
    }

    #[test]
    fn a_carriage_return_at_the_end_is_not_a_line_end() {
        check("x\r", "x\\u{000D}");
    }
}
