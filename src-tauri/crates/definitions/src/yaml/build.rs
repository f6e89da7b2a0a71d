//! Builds the tree from the events of the YAML parser, and refuses what the format leaves out of YAML. Not the parser
//! itself: that is `granit_parser`, which `serde-saphyr` stands on.

use super::{Key, Node, Value, scalar};
use crate::finding::{Findings, Place};
use serde_saphyr::granit_parser::{
    ErrorKind, Event, Marker, Options, Parser, ScalarStyle, ScanError, Span,
};
use std::ops::Range;

/// How deep lists and maps may be nested in one file, of any kind.
const DEPTH: usize = 64;

/// Reads the one document of a text. `None` when there is no tree to go on with; the findings say why.
pub(crate) fn parse(text: &str, findings: &mut Findings) -> Option<Node> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_unresolved_aliases = true;
    options.disallow_directives = true;
    // The scanner runs ahead of the tree and keeps its own account.
    options.flow_nesting_limit = DEPTH;
    options.block_nesting_limit = DEPTH;
    let mut builder = Builder {
        findings,
        open: Vec::new(),
        root: None,
        documents: 0,
    };
    for next in Parser::new_from_str_with_options(text, options) {
        match next {
            Ok((event, span)) => {
                if !builder.event(event, span) {
                    return None;
                }
            }
            Err(error) => {
                builder.broken(&error);
                return None;
            }
        }
    }
    let root = builder.root;
    if root.is_none() && !findings.has_errors() {
        findings.error(
            Place::START,
            "empty_file",
            "the file is empty",
            "begin with `apiVersion: countersign/v1`",
        );
    }
    root
}

/// A list or map whose end has not come yet.
struct Open {
    place: Place,
    bytes: Range<usize>,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<(Key, Node)>,
        key: PendingKey,
    },
}

/// What stands before the next value of a map.
enum PendingKey {
    Missing,
    Read(Key),
    /// A key that was refused: its value is read and dropped.
    Dropped,
}

struct Builder<'f> {
    findings: &'f mut Findings,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
}

impl Builder<'_> {
    /// Takes one event; false when reading cannot go on.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the events are non-exhaustive; the others carry no value"
    )]
    fn event(&mut self, event: Event<'_>, span: Span) -> bool {
        let bytes = span.byte_range().unwrap_or(0..0);
        let here = place(&span.start);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.findings.error(
                        here,
                        "second_document",
                        "a second document begins here",
                        "one document a file: take `---` out or use two files",
                    );
                    return false;
                }
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.findings.error(
                    here,
                    "alias",
                    "aliases (`*name`) are not part of the format",
                    "write the value out",
                );
                self.value(Node {
                    place: here,
                    bytes,
                    value: Value::Null,
                });
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_properties(&span, anchor, tag.is_some());
                return self.scalar(&text, style, here, bytes);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_properties(&span, anchor, tag.is_some());
                return self.begin(here, bytes, Content::List(Vec::new()));
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_properties(&span, anchor, tag.is_some());
                return self.begin(
                    here,
                    bytes,
                    Content::Map {
                        entries: Vec::new(),
                        key: PendingKey::Missing,
                    },
                );
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            _ => {}
        }
        true
    }

    fn refuse_properties(&mut self, span: &Span, anchor: usize, tagged: bool) {
        if anchor != 0 {
            let here = place(&span.start);
            self.findings.error(
                here,
                "anchor",
                "anchors (`&name`) are not part of the format",
                "write the value out where it is used",
            );
        }
        if tagged {
            let here = span
                .tag_start()
                .map_or(place(&span.start), |marker| place(&marker));
            self.findings.error(
                here,
                "tag",
                "tags (`!name`) are not part of the format",
                "take the tag out; quotes make text",
            );
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                content: Content::Map {
                    key: PendingKey::Missing,
                    ..
                },
                ..
            })
        )
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, here: Place, bytes: Range<usize>) -> bool {
        if self.awaits_key() {
            self.key(text, style, here);
            return true;
        }
        let value = match style {
            ScalarStyle::Plain => scalar::core_schema(text).unwrap_or_else(|fault| {
                self.findings.error(
                    here,
                    "bad_number",
                    fault,
                    "write it in quotes when it is text",
                );
                Value::Null
            }),
            ScalarStyle::SingleQuoted
            | ScalarStyle::DoubleQuoted
            | ScalarStyle::Literal
            | ScalarStyle::Folded => Value::Text(text.to_owned()),
        };
        self.value(Node {
            place: here,
            bytes,
            value,
        });
        true
    }

    fn key(&mut self, text: &str, style: ScalarStyle, here: Place) {
        let plain = style == ScalarStyle::Plain;
        let mut next = PendingKey::Dropped;
        if plain && text == "<<" {
            self.findings.error(
                here,
                "merge_key",
                "merge keys (`<<`) are not part of the format",
                "write the keys out",
            );
        } else if plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
            self.findings.error(
                here,
                "empty_key",
                "a key is missing before `:`",
                "write `key: value`",
            );
        } else if let Some(first) = self.first_of(text) {
            self.findings.error(
                here,
                "duplicate_key",
                format!("the key `{text}` stands here a second time"),
                format!("the first is at {first}; keep one"),
            );
        } else {
            next = PendingKey::Read(Key {
                text: text.to_owned(),
                place: here,
            });
        }
        if let Some(Open {
            content: Content::Map { key, .. },
            ..
        }) = self.open.last_mut()
        {
            *key = next;
        }
    }

    fn first_of(&self, text: &str) -> Option<Place> {
        let Some(Open {
            content: Content::Map { entries, .. },
            ..
        }) = self.open.last()
        else {
            return None;
        };
        entries
            .iter()
            .find(|(known, _)| known.text == text)
            .map(|(known, _)| known.place)
    }

    fn begin(&mut self, here: Place, bytes: Range<usize>, content: Content) -> bool {
        if self.awaits_key() {
            self.findings.error(
                here,
                "key_not_text",
                "a key is a list or a map",
                "keys are text: `name: value`; quote braces that are text",
            );
            return false;
        }
        if self.open.len() >= DEPTH {
            self.too_deep(here);
            return false;
        }
        self.open.push(Open {
            place: here,
            bytes,
            content,
        });
        true
    }

    fn end(&mut self) {
        let Some(Open {
            place,
            bytes,
            content,
        }) = self.open.pop()
        else {
            return;
        };
        let value = match content {
            Content::List(items) => Value::List(items),
            Content::Map { entries, .. } => Value::Map(entries),
        };
        self.value(Node {
            place,
            bytes,
            value,
        });
    }

    fn value(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open {
                content: Content::List(items),
                ..
            }) => items.push(node),
            Some(Open {
                content: Content::Map { entries, key },
                ..
            }) => {
                match std::mem::replace(key, PendingKey::Missing) {
                    PendingKey::Read(key) => entries.push((key, node)),
                    // An alias that stands where a key should: reported already.
                    PendingKey::Missing => *key = PendingKey::Dropped,
                    PendingKey::Dropped => {}
                }
            }
        }
    }

    fn broken(&mut self, error: &ScanError) {
        let here = place(error.marker());
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            self.too_deep(here);
            return;
        }
        let hint = "check indentation, colons and quotes here and on the line above";
        self.findings.error(
            here,
            "yaml",
            format!("this is not YAML: {}", error.info()),
            hint,
        );
    }

    fn too_deep(&mut self, here: Place) {
        self.findings.error(
            here,
            "too_deep",
            format!("lists and maps are nested deeper than {DEPTH}"),
            "flatten this part",
        );
    }
}

fn place(marker: &Marker) -> Place {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Place {
        line: number(marker.line()).max(1),
        column: number(marker.col()).saturating_add(1),
    }
}
