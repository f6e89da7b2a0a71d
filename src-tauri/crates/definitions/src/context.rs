//! What every part of the reader has in hand, and the small typed reads with their findings: a map with known keys,
//! text, a choice of words, a number, a duration, a list.

use crate::Catalogue;
use crate::duration;
use crate::finding::{Findings, Place};
use crate::keys::{Keys, Later};
use crate::suggest;
use crate::yaml::{Node, Value};
use std::ops::RangeInclusive;

/// One file under the reader.
pub(crate) struct Context<'a> {
    pub(crate) text: &'a str,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) findings: Findings,
}

impl Context<'_> {
    pub(crate) fn error(
        &mut self,
        place: Place,
        code: &str,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.findings.error(place, code, what, hint);
    }

    /// Is it a map? Reports unknown keys, and keys of later versions.
    pub(crate) fn map(&mut self, node: &Node, what: &str, keys: &Keys) -> bool {
        let Value::Map(entries) = &node.value else {
            self.wrong_kind(
                node,
                what,
                "a map",
                &suggest::one_of(keys.known.iter().copied()),
            );
            return false;
        };
        for (key, _) in entries {
            let word = key.text.as_str();
            if keys.known.contains(&word) {
                continue;
            }
            if let Some(later) = keys.later.iter().find(|later| later.word == word) {
                self.not_yet(key.place, later);
                continue;
            }
            let known = keys.known.iter().copied();
            let mut hint = suggest::one_of(known.clone());
            if let Some(near) = suggest::nearest(word, known) {
                hint = format!("did you mean `{near}`? {hint}");
            }
            self.error(
                key.place,
                "unknown_key",
                format!("{what} has no key `{word}`"),
                hint,
            );
        }
        true
    }

    pub(crate) fn not_yet(&mut self, place: Place, later: &Later) {
        self.error(
            place,
            "not_yet",
            format!("not available yet: `{}`", later.word),
            later.hint,
        );
    }

    pub(crate) fn wrong_kind(&mut self, node: &Node, what: &str, wanted: &str, hint: &str) {
        let message = format!("{what} must be {wanted}; this is {}", node.kind());
        self.error(node.place, "wrong_kind", message, hint);
    }

    /// A value that must be there: reports its absence at the map.
    pub(crate) fn required<'n>(
        &mut self,
        node: &'n Node,
        key: &str,
        what: &str,
        hint: &str,
    ) -> Option<&'n Node> {
        let found = node.get(key);
        // Where the node is no map at all, that was reported already.
        if found.is_none() && matches!(node.value, Value::Map(_)) {
            self.error(
                node.place,
                "missing_key",
                format!("{what} needs `{key}`"),
                hint,
            );
        }
        found
    }

    /// Plain text for people. It holds no expressions: nothing would evaluate them.
    pub(crate) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        let Some(text) = node.text() else {
            let hint = match &node.value {
                Value::Number(_) | Value::Bool(_) => {
                    format!("write \"{}\", in quotes", node.source(self.text))
                }
                Value::Null | Value::Text(_) | Value::List(_) | Value::Map(_) => String::new(),
            };
            self.wrong_kind(node, what, "text", &hint);
            return None;
        };
        if text.contains("${{") {
            let place = node.place_of("${{", self.text);
            self.error(
                place,
                "no_expression_here",
                format!("{what} is plain text, not a template"),
                "take the `${{ }}` out",
            );
            return None;
        }
        if text.trim().is_empty() {
            self.error(
                node.place,
                "empty",
                format!("{what} is empty"),
                "write a few words",
            );
            return None;
        }
        Some(text.to_owned())
    }

    /// `[a-z][a-z0-9_]*`, at most 64 characters.
    pub(crate) fn identifier(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.text(node, what)?;
        if is_identifier(&text) {
            return Some(text);
        }
        let mut hint =
            "write lowercase letters, digits and _, beginning with a letter, at most 64".to_owned();
        let close: String = text
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        if is_identifier(&close) {
            hint = format!("write `{close}`: lowercase letters, digits and _");
        }
        self.error(
            node.place,
            "bad_id",
            format!("{what} `{text}` is not snake_case"),
            hint,
        );
        None
    }

    /// One word of a table.
    pub(crate) fn choice<T: Clone>(
        &mut self,
        node: &Node,
        what: &str,
        table: &[(&str, T)],
    ) -> Option<T> {
        let word = node
            .text()
            .unwrap_or_else(|| node.source(self.text))
            .to_owned();
        if let Some((_, value)) = table.iter().find(|(known, _)| *known == word) {
            return Some(value.clone());
        }
        let known = table.iter().map(|(known, _)| *known);
        let given = if word.is_empty() {
            node.kind().to_owned()
        } else {
            format!("`{word}`")
        };
        let mut hint = suggest::one_of(known.clone());
        if let Some(near) = suggest::nearest(&word, known) {
            hint = format!("did you mean `{near}`? {hint}");
        }
        self.error(
            node.place,
            "unknown_word",
            format!("{what} cannot be {given}"),
            hint,
        );
        None
    }

    /// A whole number in a range.
    pub(crate) fn whole(
        &mut self,
        node: &Node,
        what: &str,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        let number = match &node.value {
            Value::Number(number) => number.as_u64(),
            Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => None,
        };
        if let Some(number) = number.filter(|number| range.contains(number)) {
            return Some(number);
        }
        let message = format!(
            "{what} must be a whole number from {} to {}",
            range.start(),
            range.end()
        );
        self.error(node.place, "wrong_kind", message, "");
        None
    }

    /// Like [`Context::whole`], for ranges that fit.
    pub(crate) fn small(
        &mut self,
        node: &Node,
        what: &str,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let wide = u64::from(*range.start())..=u64::from(*range.end());
        self.whole(node, what, wide)
            .and_then(|number| u32::try_from(number).ok())
    }

    /// true or false.
    pub(crate) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        if let Value::Bool(value) = &node.value {
            return Some(*value);
        }
        self.wrong_kind(
            node,
            what,
            "true or false",
            "YAML 1.2 knows only these two words",
        );
        None
    }

    /// A duration in milliseconds.
    pub(crate) fn duration(&mut self, node: &Node, what: &str) -> Option<u64> {
        let source = node.text().unwrap_or_else(|| node.source(self.text));
        match duration::milliseconds(source) {
            Ok(value) => Some(value),
            Err(fault) => {
                let message = format!("{what} is not a duration: {fault}");
                self.error(
                    node.place,
                    "bad_duration",
                    message,
                    "write 250ms, 30s, 5m, 2h or 1d",
                );
                None
            }
        }
    }

    /// A duration that is not zero.
    pub(crate) fn some_time(&mut self, node: &Node, what: &str) -> Option<u64> {
        let value = self.duration(node, what)?;
        if value == 0 {
            self.error(
                node.place,
                "bad_duration",
                format!("{what} is zero"),
                "write 250ms, 30s, 5m, 2h or 1d",
            );
            return None;
        }
        Some(value)
    }

    /// The items of a list.
    pub(crate) fn list<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        hint: &str,
    ) -> Option<&'n [Node]> {
        if let Value::List(items) = &node.value {
            return Some(items);
        }
        self.wrong_kind(node, what, "a list", hint);
        None
    }

    /// A list of different words, each read by `read`.
    pub(crate) fn words<T: PartialEq>(
        &mut self,
        node: &Node,
        what: &str,
        mut read: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut words = Vec::new();
        for item in self.list(node, what, "write [a, b]")? {
            let Some(word) = read(self, item) else {
                continue;
            };
            if words.contains(&word) {
                let given = item.source(self.text).to_owned();
                self.error(
                    item.place,
                    "twice",
                    format!("{what} names `{given}` twice"),
                    "keep one",
                );
                continue;
            }
            words.push(word);
        }
        Some(words)
    }
}

/// `[a-z][a-z0-9_]*`, at most 64 characters.
pub(crate) fn is_identifier(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
