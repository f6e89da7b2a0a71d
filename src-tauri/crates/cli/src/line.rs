//! A line for the terminal: pieces of text, each with a style. Whatever is put into one is escaped, so that no text of
//! others reaches the terminal as it is.

use crate::escape;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Bold,
    Dim,
    Good,
    Bad,
    Warn,
    /// A character that was spelled out.
    Spelled,
}

impl Style {
    /// Select Graphic Rendition (ECMA-48); empty for plain text.
    fn code(self) -> &'static str {
        match self {
            Style::Plain => "",
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Good => "32",
            Style::Bad => "31",
            Style::Warn => "33",
            Style::Spelled => "7",
        }
    }
}

/// One line, without its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line(Vec<(Style, String)>);

impl Line {
    /// A line of plain text; `Line::default()` is an empty one.
    pub(crate) fn of(text: impl AsRef<str>) -> Line {
        Line::default().plain(text)
    }

    /// The same line with a piece at its end.
    #[must_use]
    pub(crate) fn and(mut self, style: Style, text: impl AsRef<str>) -> Line {
        for (spelled, piece) in escape::pieces(text.as_ref()) {
            let style = if spelled { Style::Spelled } else { style };
            self.0.push((style, piece));
        }
        self
    }

    #[must_use]
    pub(crate) fn plain(self, text: impl AsRef<str>) -> Line {
        self.and(Style::Plain, text)
    }

    #[must_use]
    pub(crate) fn bold(self, text: impl AsRef<str>) -> Line {
        self.and(Style::Bold, text)
    }

    #[must_use]
    pub(crate) fn dim(self, text: impl AsRef<str>) -> Line {
        self.and(Style::Dim, text)
    }

    /// The same line moved to the right.
    #[must_use]
    pub(crate) fn indented(mut self, columns: usize) -> Line {
        self.0.insert(0, (Style::Plain, " ".repeat(columns)));
        self
    }

    /// Both lines in one.
    #[must_use]
    pub(crate) fn joined(mut self, other: Line) -> Line {
        self.0.extend(other.0);
        self
    }

    /// Its text alone.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|(_, piece)| piece.as_str()).collect()
    }

    /// Its text with the terminal's codes for the styles.
    pub(crate) fn painted(&self) -> String {
        let mut text = String::new();
        for (style, piece) in &self.0 {
            match style.code() {
                "" => text.push_str(piece),
                code => text.push_str(&format!("\u{1b}[{code}m{piece}\u{1b}[0m")),
            }
        }
        text
    }

    /// How many columns it takes.
    pub(crate) fn width(&self) -> usize {
        self.0.iter().map(|(_, piece)| piece.width()).sum()
    }

    /// The same line, cut with an ellipsis where it is wider.
    #[must_use]
    pub(crate) fn cut(self, columns: usize) -> Line {
        if self.width() <= columns {
            return self;
        }
        let mut left = columns.saturating_sub(1);
        let mut cut = Line::default();
        for (style, piece) in self.0 {
            let mut kept = String::new();
            for character in piece.chars() {
                let width = character.width().unwrap_or(0);
                if width > left {
                    kept.push('…');
                    cut.0.push((style, kept));
                    return cut;
                }
                left -= width;
                kept.push(character);
            }
            cut.0.push((style, kept));
        }
        cut
    }
}

/// A table with columns as wide as their widest cell.
pub(crate) fn table(heads: &[&str], rows: Vec<Vec<Line>>) -> Vec<Line> {
    let mut widths: Vec<usize> = heads.iter().map(|head| head.width()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    let heads = heads.iter().map(|head| Line::default().dim(head)).collect();
    std::iter::once(heads)
        .chain(rows)
        .map(|row: Vec<Line>| {
            let last = row.len().saturating_sub(1);
            let mut line = Line::default();
            for (number, (cell, width)) in row.into_iter().zip(&widths).enumerate() {
                let gap = if number == last {
                    0
                } else {
                    width - cell.width() + 2
                };
                line = line.joined(cell).plain(" ".repeat(gap));
            }
            line
        })
        .collect()
}

/// Lines of prose from a text of several; tabs become spaces.
pub(crate) fn prose(text: &str) -> Vec<Line> {
    text.lines()
        .map(|line| Line::of(line.replace('\t', "    ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_at_its_width_and_not_inside_a_wide_character() {
        assert_eq!(Line::of("abcdef").cut(6).text(), "abcdef");
        assert_eq!(Line::of("abc").bold("def").cut(5).text(), "abcd…");
        assert_eq!(Line::of("漢字漢字").cut(6).text(), "漢字…");
    }

    #[test]
    fn styles_stand_around_escaped_text() {
        let line = Line::default().and(Style::Bad, "a\u{1b}[0m");
        assert_eq!(
            line.painted(),
            "\u{1b}[31ma\u{1b}[0m\u{1b}[7m\\u{1b}\u{1b}[0m\u{1b}[31m[0m\u{1b}[0m"
        );
    }

    #[test]
    fn columns_of_a_table_stand_below_each_other() {
        let rows = vec![
            vec![Line::of("漢字"), Line::of("x")],
            vec![Line::of("a"), Line::of("y")],
        ];
        let text: Vec<String> = table(&["one", "two"], rows)
            .iter()
            .map(Line::text)
            .collect();
        assert_eq!(text, ["one   two", "漢字  x", "a     y"]);
    }
}
