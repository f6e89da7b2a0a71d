//! JSON values for a person: exact (strings stay quoted, so that "3" is not 3), nested by indenting, texts of several
//! lines line by line.

use crate::{
    escape,
    line::{Line, Style},
    phrases,
};
use serde_json::Value as Json;

/// Values that fit are shown on one line.
const ONE_LINE: usize = 72;

/// `name: value`, on as many lines as it takes.
pub(crate) fn named(name: &str, value: &Json) -> Vec<Line> {
    let label = || Line::default().and(Style::Dim, name).dim(":");
    let head = label().plain(" ");
    match value {
        Json::String(text) if text.contains('\n') => block(head, text),
        Json::Array(items) if !fits(value) => std::iter::once(label())
            .chain(items.iter().enumerate().flat_map(|(number, item)| {
                named(&format!("[{number}]"), item)
                    .into_iter()
                    .map(|line| line.indented(2))
            }))
            .collect(),
        Json::Object(fields) if !fits(value) => std::iter::once(label())
            .chain(fields.iter().flat_map(|(name, field)| {
                named(name, field).into_iter().map(|line| line.indented(2))
            }))
            .collect(),
        Json::Null
        | Json::Bool(_)
        | Json::Number(_)
        | Json::String(_)
        | Json::Array(_)
        | Json::Object(_) => vec![head.plain(escape::json(value, false))],
    }
}

/// Arguments: each field by its name.
pub(crate) fn fields(args: &Json) -> Vec<Line> {
    match args.as_object() {
        Some(fields) => fields
            .iter()
            .flat_map(|(name, field)| named(name, field))
            .collect(),
        None => named("args", args),
    }
}

/// What a person would call a value in a list: of an object, its name.
pub(crate) fn label(value: &Json, columns: usize) -> String {
    const NAMES: [&str; 7] = [
        "name", "title", "hostname", "host", "agent_id", "id", "path",
    ];
    let name = NAMES
        .iter()
        .find_map(|name| value.get(name).and_then(Json::as_str));
    match name {
        Some(name) => Line::of(name).cut(columns).text(),
        None => short(value, columns),
    }
}

/// One line, cut: for lists.
pub(crate) fn short(value: &Json, columns: usize) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    Line::of(text).cut(columns).text()
}

fn block(head: Line, text: &str) -> Vec<Line> {
    let lines: Vec<&str> = text.split_terminator('\n').collect();
    let end = if text.ends_with('\n') {
        ""
    } else {
        ", no line end at the end"
    };
    let what = format!("text of {}{end}", phrases::count(lines.len(), "line"));
    std::iter::once(head.dim(what))
        .chain(
            lines
                .into_iter()
                .map(|line| Line::default().dim("  │ ").plain(line)),
        )
        .collect()
}

fn fits(value: &Json) -> bool {
    fn many_lines(value: &Json) -> bool {
        match value {
            Json::String(text) => text.contains('\n'),
            Json::Array(items) => items.iter().any(many_lines),
            Json::Object(fields) => fields.values().any(many_lines),
            Json::Null | Json::Bool(_) | Json::Number(_) => false,
        }
    }
    let empty = match value {
        Json::Array(items) => items.is_empty(),
        Json::Object(fields) => fields.is_empty(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => true,
    };
    empty || (!many_lines(value) && value.to_string().len() <= ONE_LINE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_exact_and_readable() {
        let value = json!({
            "path": "a\u{202e}b", "count": "3", "many": ["x".repeat(40), "y".repeat(40)], "none": {},
            "content": "one\n\ttwo\n",
        });
        let text: Vec<String> = named("args", &value).iter().map(Line::text).collect();
        let (x, y) = ("x".repeat(40), "y".repeat(40));
        assert_eq!(
            text,
            [
                "args:".to_owned(),
                "  content: text of 2 lines".to_owned(),
                "    │ one".to_owned(),
                "    │ \\ttwo".to_owned(),
                "  count: \"3\"".to_owned(),
                "  many:".to_owned(),
                format!("    [0]: \"{x}\""),
                format!("    [1]: \"{y}\""),
                "  none: {}".to_owned(),
                "  path: \"a\\u202eb\"".to_owned(),
            ]
        );
    }
}
