//! YAML and JSON as one tree with places. Scalars stay as they are written: Ansible's variables are words here, never
//! numbers. `!vault` is kept as such and its content dropped.

use crate::inventory::Source;
use serde_json::Value as Json;
use serde_saphyr::granit_parser::{
    ErrorKind, Event, Marker, Options, Parser, ScalarStyle, Span, Tag,
};
use std::collections::BTreeMap;
use workflow::ToolError;

/// How deep lists and maps may be nested.
const DEPTH: usize = 64;

/// The most values of a text, aliases written out.
const MAX_NODES: usize = 1_000_000;

const HINT: &str = "Check indentation, colons and quotes here and on the line above.";

/// A value and where it stands; in a map that is where its key stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: Option<(usize, usize)>,
    pub(super) value: Value,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Text(String),
    Vaulted,
    List(Vec<Node>),
    /// A key that stands twice is there twice, the one that counts last.
    Map(Vec<(String, Node)>),
}

/// The tree of a JSON text, without places.
pub(super) fn json(source: &Source) -> Result<Node, ToolError> {
    let json: Json = serde_json::from_str(&source.text).map_err(|error| {
        let said = error.to_string();
        let what = said
            .rsplit_once(" at line ")
            .map_or(said.as_str(), |(what, _)| what);
        let what = format!("this is not JSON: {what}");
        source.bad_at(error.line(), error.column(), what, super::LIST_HINT)
    })?;
    Ok(from_json(json))
}

fn from_json(json: Json) -> Node {
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Text(truth.to_string()),
        Json::Number(number) => Value::Text(number.to_string()),
        Json::String(text) => Value::Text(text),
        Json::Array(items) => Value::List(items.into_iter().map(from_json).collect()),
        Json::Object(mut object) => match object.len() {
            // How `ansible-inventory` and its scripts write `!vault` and `!unsafe`.
            1 if object.contains_key("__ansible_vault") => Value::Vaulted,
            1 if object.contains_key("__ansible_unsafe") => match object.remove("__ansible_unsafe")
            {
                Some(Json::String(text)) => Value::Text(text),
                _ => Value::Null,
            },
            _ => Value::Map(
                object
                    .into_iter()
                    .map(|(key, value)| (key, from_json(value)))
                    .collect(),
            ),
        },
    };
    Node { at: None, value }
}

/// The tree of a YAML text.
pub(super) fn yaml(source: &Source) -> Result<Node, ToolError> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = DEPTH;
    options.block_nesting_limit = DEPTH;
    let mut builder = Builder {
        source,
        open: Vec::new(),
        root: None,
        documents: 0,
        nodes: 0,
        anchors: BTreeMap::new(),
    };
    for next in Parser::new_from_str_with_options(&source.text, options) {
        match next {
            Ok((event, span)) => builder.event(event, span)?,
            Err(error) => {
                let (line, column) = place(error.marker());
                let is_deep = matches!(error.kind(), ErrorKind::RecursionLimitExceeded);
                let what = match is_deep {
                    true => format!("lists and maps are nested deeper than {DEPTH}"),
                    false => format!("this is not YAML: {}", error.info()),
                };
                return Err(source.bad_at(line, column, what, HINT));
            }
        }
    }
    builder
        .root
        .ok_or_else(|| source.bad_whole("it is empty", super::LIST_HINT))
}

struct Builder<'s> {
    source: &'s Source,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    nodes: usize,
    /// Values with an anchor, and how many values are in them.
    anchors: BTreeMap<usize, (Node, usize)>,
}

/// A list or map whose end has not come yet.
struct Open {
    at: (usize, usize),
    anchor: usize,
    /// How many values there were when it began.
    before: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<(String, Node)>,
        /// From `<<`: they go before the others, and the others count.
        merged: Vec<(String, Node)>,
        key: Option<(String, (usize, usize))>,
    },
}

impl Builder<'_> {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the events are non-exhaustive; the others carry no value"
    )]
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), ToolError> {
        let at = place(&span.start);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(self.bad(at, "a second document begins here"));
                }
                Ok(())
            }
            Event::Alias(id) => {
                let Some((node, size)) = self.anchors.get(&id).cloned() else {
                    return Err(self.bad(at, "this alias stands inside what it names"));
                };
                if self.open.len() + depth(&node) > DEPTH {
                    return Err(self.too_deep(at));
                }
                self.count(size, at)?;
                self.value(node, at)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_null = style == ScalarStyle::Plain
                    && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let is_vault = tag.as_ref().is_some_and(|tag: &std::borrow::Cow<'_, Tag>| {
                    tag.suffix().starts_with("vault")
                });
                let value = match (is_vault, is_null) {
                    (true, _) => Value::Vaulted,
                    (false, true) => Value::Null,
                    (false, false) => Value::Text(text.into_owned()),
                };
                self.count(1, at)?;
                let node = Node {
                    at: Some(at),
                    value,
                };
                self.anchor(anchor, &node, 1, at)?;
                self.value(node, at)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(at, anchor, Content::List(Vec::new())),
            Event::MappingStart(_, anchor, _) => {
                let content = Content::Map {
                    entries: Vec::new(),
                    merged: Vec::new(),
                    key: None,
                };
                self.begin(at, anchor, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            _ => Ok(()),
        }
    }

    fn begin(
        &mut self,
        at: (usize, usize),
        anchor: usize,
        content: Content,
    ) -> Result<(), ToolError> {
        if let Some(Open {
            content: Content::Map { key: None, .. },
            ..
        }) = self.open.last()
        {
            return Err(self.bad(at, "a key is a list or a map"));
        }
        if self.open.len() >= DEPTH {
            return Err(self.too_deep(at));
        }
        self.count(1, at)?;
        self.open.push(Open {
            at,
            anchor,
            before: self.nodes,
            content,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), ToolError> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match open.content {
            Content::List(items) => Value::List(items),
            Content::Map {
                entries,
                mut merged,
                ..
            } => {
                merged.extend(entries);
                Value::Map(merged)
            }
        };
        let node = Node {
            at: Some(open.at),
            value,
        };
        self.anchor(open.anchor, &node, self.nodes - open.before + 1, open.at)?;
        self.value(node, open.at)
    }

    /// Remembers what an anchor names. The copy counts, so that anchors in anchors cannot fill the memory.
    fn anchor(
        &mut self,
        anchor: usize,
        node: &Node,
        size: usize,
        at: (usize, usize),
    ) -> Result<(), ToolError> {
        if anchor != 0 {
            self.count(size, at)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        Ok(())
    }

    fn count(&mut self, more: usize, at: (usize, usize)) -> Result<(), ToolError> {
        self.nodes = self.nodes.saturating_add(more);
        match self.nodes > MAX_NODES {
            true => Err(self.bad(at, "it holds too many values")),
            false => Ok(()),
        }
    }

    /// A value that is whole, into the list or map it stands in.
    fn value(&mut self, node: Node, at: (usize, usize)) -> Result<(), ToolError> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open {
                content: Content::List(items),
                ..
            }) => items.push(node),
            Some(Open {
                content:
                    Content::Map {
                        entries,
                        merged,
                        key,
                    },
                ..
            }) => match key.take() {
                None => match node.value {
                    Value::Text(text) => *key = Some((text, at)),
                    Value::Null | Value::Vaulted | Value::List(_) | Value::Map(_) => {
                        return Err(self.bad(at, "a key is not a word"));
                    }
                },
                Some((name, _)) if name == "<<" => match node.value {
                    Value::Map(inner) => merged.extend(inner),
                    Value::List(items) => {
                        // Of several the first counts, so it goes last.
                        for item in items.into_iter().rev() {
                            if let Value::Map(inner) = item.value {
                                merged.extend(inner);
                            }
                        }
                    }
                    Value::Null | Value::Vaulted | Value::Text(_) => {}
                },
                Some((name, at)) => entries.push((
                    name,
                    Node {
                        at: Some(at),
                        value: node.value,
                    },
                )),
            },
        }
        Ok(())
    }

    fn too_deep(&self, at: (usize, usize)) -> ToolError {
        self.bad(
            at,
            &format!("lists and maps are nested deeper than {DEPTH}"),
        )
    }

    fn bad(&self, at: (usize, usize), what: &str) -> ToolError {
        self.source.bad_at(at.0, at.1, what, HINT)
    }
}

/// How deep lists and maps are nested in it. Never deeper than [`DEPTH`], since an alias counts where it stands.
fn depth(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Text(_) | Value::Vaulted => 0,
        Value::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Map(entries) => {
            1 + entries
                .iter()
                .map(|(_, node)| depth(node))
                .max()
                .unwrap_or(0)
        }
    }
}

fn place(marker: &Marker) -> (usize, usize) {
    (marker.line().max(1), marker.col().saturating_add(1))
}
