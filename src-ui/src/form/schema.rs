//! From a JSON Schema of an object to fields, and from what was typed to values. Only what a person meets in a form:
//! anything the schema says beyond that is left to the engine, which validates all of it.

use serde_json::Value as Json;

use crate::kit::escape;

/// One input.
#[derive(Clone, PartialEq, Debug)]
pub struct FieldSpec {
    /// Its name in the schema.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it must be given.
    pub required: bool,
    /// Optional, and better out of sight until it is looked for.
    pub folded: bool,
    /// What it is without an answer.
    pub default: Option<Json>,
    /// An example.
    pub placeholder: Option<String>,
    /// How it is answered.
    pub kind: Kind,
}

/// How an input is answered.
#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    /// A line of text; the lengths in characters.
    Text {
        /// At least so many.
        min: u64,
        /// At most so many.
        max: Option<u64>,
    },
    /// One of a list.
    Choice(Vec<Json>),
    /// A whole number.
    Integer {
        /// Smallest.
        min: Option<f64>,
        /// Largest.
        max: Option<f64>,
    },
    /// Any number.
    Number {
        /// Smallest.
        min: Option<f64>,
        /// Largest.
        max: Option<f64>,
    },
    /// Yes or no.
    Boolean,
    /// A list, an object, or whatever has no control of its own: JSON.
    Json {
        /// `array` or `object`, where the schema says so.
        shape: Option<&'static str>,
    },
}

/// The fields of an object schema, required ones first, in the schema's order otherwise.
pub fn fields(schema: &Json) -> Vec<FieldSpec> {
    let Some(properties) = schema.get("properties").and_then(Json::as_object) else {
        return Vec::new();
    };
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Json::as_array)
        .map(|names| names.iter().filter_map(Json::as_str).collect())
        .unwrap_or_default();
    let (mut fields, optional): (Vec<FieldSpec>, Vec<FieldSpec>) = properties
        .iter()
        .map(|(name, property)| field(name, property, required.contains(&name.as_str())))
        .partition(|field| field.required);
    fields.extend(optional);
    // With required ones in sight, optional free text is for those who look for it; JSON always is.
    let any_required = fields.iter().any(|field| field.required);
    for field in &mut fields {
        field.folded = !field.required
            && match field.kind {
                Kind::Json { .. } => true,
                Kind::Text { .. } => any_required,
                Kind::Choice(_) | Kind::Integer { .. } | Kind::Number { .. } | Kind::Boolean => {
                    false
                }
            };
    }
    fields
}

fn field(name: &str, property: &Json, required: bool) -> FieldSpec {
    let text = |key: &str| {
        let found = property.get(key).and_then(Json::as_str);
        found.map(str::to_owned).filter(|text| !text.is_empty())
    };
    let default = property
        .get("default")
        .filter(|default| !default.is_null())
        .cloned();
    let example = property
        .get("examples")
        .and_then(Json::as_array)
        .and_then(|examples| examples.first());
    FieldSpec {
        name: name.to_owned(),
        title: text("title"),
        description: text("description"),
        // What has a default is never missing: the engine fills it in before it validates.
        required: required && default.is_none(),
        folded: false,
        default,
        placeholder: example.map(text_of),
        kind: kind(property),
    }
}

fn kind(property: &Json) -> Kind {
    if let Some(values) = property.get("enum").and_then(Json::as_array) {
        return Kind::Choice(
            values
                .iter()
                .filter(|value| !value.is_null())
                .cloned()
                .collect(),
        );
    }
    let number = |key: &str| property.get(key).and_then(Json::as_f64);
    let (min, max) = (number("minimum"), number("maximum"));
    match type_of(property) {
        Some("string") => Kind::Text {
            min: property
                .get("minLength")
                .and_then(Json::as_u64)
                .unwrap_or(0),
            max: property.get("maxLength").and_then(Json::as_u64),
        },
        Some("integer") => Kind::Integer { min, max },
        Some("number") => Kind::Number { min, max },
        Some("boolean") => Kind::Boolean,
        Some("array") => Kind::Json {
            shape: Some("array"),
        },
        Some("object") => Kind::Json {
            shape: Some("object"),
        },
        Some(_) | None => Kind::Json { shape: None },
    }
}

/// The one type that is not null; a choice of several has no control of its own.
fn type_of(property: &Json) -> Option<&str> {
    match property.get("type")? {
        Json::String(one) => Some(one),
        Json::Array(many) => {
            let mut named = many
                .iter()
                .filter_map(Json::as_str)
                .filter(|name| *name != "null");
            let first = named.next();
            first.filter(|_| named.next().is_none())
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => None,
    }
}

impl FieldSpec {
    /// What the field is called.
    pub fn label(&self) -> String {
        self.title.clone().unwrap_or_else(|| words_of(&self.name))
    }

    /// What stands below the control.
    pub fn hint(&self) -> Option<String> {
        let shape = match self.kind {
            Kind::Json {
                shape: Some("array"),
            } => Some("A JSON list."),
            Kind::Json {
                shape: Some("object"),
            } => Some("A JSON object."),
            Kind::Json { .. } => Some("JSON."),
            Kind::Text { .. }
            | Kind::Choice(_)
            | Kind::Integer { .. }
            | Kind::Number { .. }
            | Kind::Boolean => None,
        };
        match (self.description.as_deref(), shape) {
            (Some(words), Some(shape)) => Some(format!("{words} {shape}")),
            (Some(words), None) => Some(words.to_owned()),
            (None, shape) => shape.map(str::to_owned),
        }
    }

    /// What stands in the control for a value.
    pub fn draft(&self, value: Option<&Json>) -> String {
        match (value, &self.kind) {
            (None | Some(Json::Null), _) => String::new(),
            (Some(value), Kind::Json { .. }) => json_draft(value),
            (Some(value), _) => text_of(value),
        }
    }

    /// What was typed as a value; nothing for an empty field that may be empty.
    ///
    /// # Errors
    /// What is wrong and how to put it right.
    pub fn read(&self, draft: &str) -> Result<Option<Json>, String> {
        let trimmed = draft.trim();
        if trimmed.is_empty() {
            return if self.required {
                Err(format!("{} is needed", self.label()))
            } else {
                Ok(None)
            };
        }
        match &self.kind {
            Kind::Text { min, max } => {
                let length = draft.chars().count() as u64;
                match max {
                    Some(max) if length > *max => Err(format!("At most {max} characters")),
                    Some(_) | None if length < *min => Err(format!("At least {min} characters")),
                    Some(_) | None => Ok(Some(Json::String(draft.to_owned()))),
                }
            }
            Kind::Choice(values) => match values.iter().find(|value| text_of(value) == draft) {
                Some(value) => Ok(Some(value.clone())),
                None => Err("Choose one of the list".to_owned()),
            },
            Kind::Integer { min, max } => {
                let number: i64 = trimmed
                    .parse()
                    .map_err(|_| "A whole number is needed".to_owned())?;
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "compared with the bounds of a schema"
                )]
                within(number as f64, *min, *max)?;
                Ok(Some(number.into()))
            }
            Kind::Number { min, max } => {
                let number = number(trimmed).ok_or("A number is needed")?;
                within(number.as_f64().unwrap_or_default(), *min, *max)?;
                Ok(Some(Json::Number(number)))
            }
            Kind::Boolean => Ok(Some(Json::Bool(trimmed == "true"))),
            Kind::Json { shape } => {
                let value: Json = serde_json::from_str(trimmed).map_err(|why| not_json(&why))?;
                match shape {
                    Some("array") if !value.is_array() => {
                        Err("A JSON list is needed: [ … ]".to_owned())
                    }
                    Some("object") if !value.is_object() => {
                        Err("A JSON object is needed: { … }".to_owned())
                    }
                    Some(_) | None => Ok(Some(value)),
                }
            }
        }
    }
}

/// A value as JSON to edit. Characters that lie about the text around them are written as escapes: the same value, and
/// what is edited looks like what it is.
pub fn json_draft(value: &Json) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut draft = String::with_capacity(text.len());
    for char in text.chars() {
        if escape::is_hostile(char) {
            let mut units = [0; 2];
            for unit in char.encode_utf16(&mut units) {
                draft.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            draft.push(char);
        }
    }
    draft
}

/// What is wrong with a text that should be JSON, and where.
pub fn not_json(why: &serde_json::Error) -> String {
    let words = why.to_string();
    let what = words.split(" at line ").next().unwrap_or(&words);
    format!(
        "This is not JSON: line {}, column {}: {what}",
        why.line(),
        why.column()
    )
}

/// A number as JSON knows it, so that a whole one stays one. Inputs also take `.5`. Not read by the standard library:
/// its tables for powers of ten are larger than this whole file.
fn number(typed: &str) -> Option<serde_json::Number> {
    let (sign, digits) = match typed.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", typed),
    };
    let zero = if digits.starts_with('.') { "0" } else { "" };
    workflow::from_json(&format!("{sign}{zero}{digits}")).ok()
}

fn within(number: f64, min: Option<f64>, max: Option<f64>) -> Result<(), String> {
    match (min, max) {
        (Some(min), _) if number < min => Err(format!("At least {min}")),
        (_, Some(max)) if number > max => Err(format!("At most {max}")),
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

/// A value as it stands in a control: text as it is, anything else as JSON.
pub fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
            value.to_string()
        }
    }
}

/// What the engine says about one input, out of its sentence about all: `…: at /name: what; at /other: what`.
pub fn blame(sentence: &str, name: &str) -> Option<String> {
    sentence.split("at /").skip(1).find_map(|part| {
        let (path, what) = part.split_once(": ")?;
        let own = path == name
            || path
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('/'));
        own.then(|| what.trim_end().trim_end_matches(';').to_owned())
    })
}

fn words_of(name: &str) -> String {
    let words = name.replace(['_', '-'], " ");
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => words,
    }
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
