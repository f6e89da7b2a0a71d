//! `key=value` into typed values, by the JSON Schema of a workflow's inputs. Only the type is looked at here, so that
//! the message can name the input and an example; the engine checks the rest.

use crate::exit::Trouble;
use serde_json::{Map, Value as Json};

/// The inputs of a workflow, as its schema tells them.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a>(pub(crate) &'a Json);

/// One input.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) name: &'a str,
    pub(crate) schema: &'a Json,
}

impl<'a> Inputs<'a> {
    /// All of them.
    pub(crate) fn all(self) -> impl Iterator<Item = Input<'a>> {
        self.0
            .get("properties")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
            .map(|(name, schema)| Input { name, schema })
    }

    /// The input of that name.
    ///
    /// # Errors
    /// There is none; the message lists those that there are.
    pub(crate) fn named(self, name: &'a str) -> Result<Input<'a>, Trouble> {
        if let Some(input) = self.all().find(|input| input.name == name) {
            return Ok(input);
        }
        // A schema that permits others takes them as they are written.
        match self.0.get("additionalProperties") {
            None | Some(Json::Bool(false)) => {
                let known: Vec<&str> = self.all().map(|input| input.name).collect();
                Err(Trouble::usage(
                    format!("There is no input {name}"),
                    if known.is_empty() {
                        "This workflow has no inputs".to_owned()
                    } else {
                        format!("The inputs are: {}", known.join(", "))
                    },
                ))
            }
            Some(schema) => Ok(Input { name, schema }),
        }
    }

    /// Those without which the workflow cannot start, and that were not given.
    pub(crate) fn missing(self, given: &Map<String, Json>) -> Vec<Input<'a>> {
        let required: Vec<&str> = self
            .0
            .get("required")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        self.all()
            .filter(|input| required.contains(&input.name))
            .filter(|input| !given.contains_key(input.name))
            .filter(|input| input.schema.get("default").is_none())
            .collect()
    }
}

impl Input<'_> {
    /// The types it may have; none means any.
    fn types(self) -> Vec<String> {
        match self.schema.get("type") {
            Some(Json::String(one)) => vec![one.clone()],
            Some(Json::Array(many)) => many
                .iter()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect(),
            Some(_) | None => Vec::new(),
        }
    }

    /// The type in words.
    pub(crate) fn takes(self) -> String {
        if let Some(choices) = self.schema.get("enum").and_then(Json::as_array) {
            let choices: Vec<String> = choices.iter().map(written).collect();
            return format!("one of {}", choices.join(", "));
        }
        let words: Vec<&str> = self
            .types()
            .iter()
            .map(|kind| match kind.as_str() {
                "string" => "text",
                "integer" => "a whole number",
                "number" => "a number",
                "boolean" => "true or false",
                "array" => "a list as JSON",
                "object" => "an object as JSON",
                "null" => "null",
                _ => "a value as JSON",
            })
            .collect();
        if words.is_empty() {
            "a value".to_owned()
        } else {
            words.join(" or ")
        }
    }

    /// Something that could be typed.
    pub(crate) fn example(self) -> String {
        let from_schema = self
            .schema
            .get("examples")
            .and_then(|examples| examples.get(0))
            .or_else(|| self.schema.get("default"))
            .or_else(|| self.schema.get("enum").and_then(|choices| choices.get(0)));
        if let Some(value) = from_schema {
            return written(value);
        }
        match self.types().first().map(String::as_str) {
            Some("integer") => "3",
            Some("number") => "0.5",
            Some("boolean") => "true",
            Some("array") => r#"["a", "b"]"#,
            Some("object") => r#"{"a": 1}"#,
            Some("null") => "null",
            Some(_) | None => "text",
        }
        .to_owned()
    }

    /// The value of a text.
    ///
    /// # Errors
    /// The text is not of the input's type; the message names both and an example.
    pub(crate) fn value(self, text: &str) -> Result<Json, Trouble> {
        let types = self.types();
        let value = if types.is_empty() {
            // Whatever it is: JSON where it is JSON, else the text.
            Some(serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_owned())))
        } else {
            // The strictest reading first: "3" is a number where numbers and texts are both permitted.
            let order = [
                "null", "boolean", "integer", "number", "array", "object", "string",
            ];
            order
                .iter()
                .filter(|kind| types.iter().any(|permitted| permitted == *kind))
                .find_map(|kind| read_as(kind, text))
        };
        let choices = self.schema.get("enum").and_then(Json::as_array);
        match value {
            Some(value) if choices.is_none_or(|choices| choices.contains(&value)) => Ok(value),
            Some(_) | None => Err(Trouble::usage(
                format!(
                    "The input {} takes {}, not {}",
                    self.name,
                    self.takes(),
                    if text.is_empty() { "nothing" } else { text }
                ),
                format!(
                    "For example: -i {}",
                    crate::console::quoted(&format!("{}={}", self.name, self.example()))
                ),
            )),
        }
    }
}

/// `key=value` in its two parts.
///
/// # Errors
/// There is no `=`, or nothing before it.
pub(crate) fn pair(text: &str) -> Result<(&str, &str), Trouble> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key, value)),
        Some(_) | None => Err(Trouble::usage(
            format!("{text} is not a key with a value"),
            "Write key=value",
        )),
    }
}

fn read_as(kind: &str, text: &str) -> Option<Json> {
    if kind == "string" {
        return Some(Json::String(text.to_owned()));
    }
    let value: Json = serde_json::from_str(text).ok()?;
    let fits = match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        // 3.0 is an integer in JSON Schema.
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    fits.then_some(value)
}

fn written(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Json {
        json!({
            "type": "object", "additionalProperties": false, "required": ["path", "ref", "count"],
            "properties": {
                "path": { "type": "string", "examples": ["/tmp/note.txt"] },
                "ref": { "type": "string", "default": "main" },
                "count": { "type": "integer" },
                "share": { "type": "number" },
                "force": { "type": "boolean" },
                "hosts": { "type": "array" },
                "limits": { "type": "object" },
                "environment": { "type": "string", "enum": ["staging", "production"] },
                "maybe": { "type": ["string", "null", "integer"] },
                "any": {},
            },
        })
    }

    #[track_caller]
    fn reads(name: &str, text: &str, expected: &Json) {
        let schema = schema();
        let value = Inputs(&schema).named(name).unwrap().value(text).unwrap();
        assert_eq!(value, *expected);
    }

    #[track_caller]
    fn refuses(name: &str, text: &str, title: &str, action: &str) {
        let schema = schema();
        let fault = Inputs(&schema)
            .named(name)
            .and_then(|input| input.value(text))
            .unwrap_err()
            .fault;
        assert_eq!(
            (fault.title.as_str(), fault.action.as_str()),
            (title, action)
        );
    }

    #[test]
    fn the_schema_gives_the_type() {
        reads("path", "3", &json!("3"));
        reads("path", "", &json!(""));
        reads("count", "3", &json!(3));
        reads("share", "0.5", &json!(0.5));
        reads("force", "true", &json!(true));
        reads("hosts", r#"["a"]"#, &json!(["a"]));
        reads("limits", r#"{"disk_pct": 85}"#, &json!({ "disk_pct": 85 }));
        reads("environment", "staging", &json!("staging"));
        reads("maybe", "null", &json!(null));
        reads("maybe", "3", &json!(3));
        reads("maybe", "three", &json!("three"));
        reads("any", "three", &json!("three"));
        reads("any", "[3]", &json!([3]));
    }

    #[test]
    fn what_does_not_fit_is_told_with_an_example() {
        refuses(
            "count",
            "three",
            "The input count takes a whole number, not three",
            "For example: -i count=3",
        );
        refuses(
            "count",
            "1.5",
            "The input count takes a whole number, not 1.5",
            "For example: -i count=3",
        );
        refuses(
            "force",
            "yes",
            "The input force takes true or false, not yes",
            "For example: -i force=true",
        );
        refuses(
            "hosts",
            "a,b",
            "The input hosts takes a list as JSON, not a,b",
            r#"For example: -i 'hosts=["a", "b"]'"#,
        );
        refuses(
            "environment",
            "prod",
            "The input environment takes one of staging, production, not prod",
            "For example: -i environment=staging",
        );
        refuses(
            "where",
            "x",
            "There is no input where",
            "The inputs are: any, count, environment, force, hosts, limits, maybe, path, ref, share",
        );
    }

    #[test]
    fn only_what_has_no_default_is_missing() {
        let schema = schema();
        let given = json!({ "count": 3 });
        let missing = Inputs(&schema).missing(given.as_object().unwrap());
        let names: Vec<&str> = missing.iter().map(|input| input.name).collect();
        assert_eq!(names, ["path"]);
    }
}
