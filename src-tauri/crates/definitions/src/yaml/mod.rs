//! YAML 1.2 text as a tree in which every key and value knows its place. Deliberately less than YAML: no anchors,
//! aliases, merge keys or tags (an alias can make a small file huge), one document a file, keys once and as text.

mod build;
mod scalar;

pub(crate) use build::parse;

use crate::finding::Place;
use serde_json::{Map, Number, Value as Json};
use std::ops::Range;

/// A value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    /// Where a scalar's source stands, in bytes.
    bytes: Range<usize>,
    pub(crate) value: Value,
}

/// A value of JSON's kinds.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key with its place.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) place: Place,
}

impl Node {
    /// A map with nothing in it, for what the file leaves out.
    pub(crate) fn empty_map(place: Place) -> Node {
        Node {
            place,
            bytes: 0..0,
            value: Value::Map(Vec::new()),
        }
    }

    /// The entries of a map; none for anything else.
    pub(crate) fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                &[]
            }
        }
    }

    /// The items of a list; none for anything else.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => &[],
        }
    }

    /// The text of a scalar that is text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Map(_) => {
                None
            }
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|(known, _)| known.text == key)
            .map(|(_, value)| value)
    }

    /// The place of a key; the map's own place when it is not there.
    pub(crate) fn key_place(&self, key: &str) -> Place {
        self.entries()
            .iter()
            .find(|(known, _)| known.text == key)
            .map_or(self.place, |(known, _)| known.place)
    }

    /// The node at a JSON pointer (RFC 6901), as far as the tree reaches.
    pub(crate) fn at(&self, pointer: &str) -> &Node {
        let mut node = self;
        for part in pointer.split('/').skip(1) {
            let part = part.replace("~1", "/").replace("~0", "~");
            let next = match part.parse::<usize>() {
                Ok(number) if matches!(node.value, Value::List(_)) => node.items().get(number),
                Ok(_) | Err(_) => node.get(&part),
            };
            let Some(next) = next else { break };
            node = next;
        }
        node
    }

    /// Is it a list, a map, text …: for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// Without places.
    pub(crate) fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(value) => Json::Number(value.clone()),
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.text.clone(), value.to_json()))
                    .collect::<Map<String, Json>>(),
            ),
        }
    }

    /// As it stands in the source, when that is short.
    pub(crate) fn source<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.bytes.clone()).unwrap_or_default()
    }

    /// Where `part` stands inside this scalar's source; the scalar's own place when it is not there literally.
    pub(crate) fn place_of(&self, part: &str, text: &str) -> Place {
        let Some(offset) = self.source(text).find(part) else {
            return self.place;
        };
        let before = &self.source(text)[..offset];
        match before.rfind('\n') {
            None => Place {
                column: self.place.column + count(before),
                ..self.place
            },
            Some(line_end) => Place {
                line: self.place.line + count_lines(before),
                column: 1 + count(&before[line_end + 1..]),
            },
        }
    }
}

fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

fn count_lines(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX)
}
