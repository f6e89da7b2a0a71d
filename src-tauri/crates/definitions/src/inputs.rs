//! Inputs as text, from a command line: `key=value` takes its type from the schema of the inputs (semantics.md 16).
//! Whether the values fit the schema is checked where the run starts.

use crate::finding::Findings;
use crate::suggest;
use crate::yaml;
use serde_json::{Map, Value as Json};

/// The values of `key=value` texts by the schema of a workflow's inputs. Lists and objects are written as JSON or YAML:
/// `tags=[a, b]`, `limits={disk_pct: 90}`.
///
/// # Errors
/// One sentence for each text that has no value.
pub fn inputs_from_text<S: AsRef<str>>(
    schema: &Json,
    pairs: &[S],
) -> Result<Map<String, Json>, Vec<String>> {
    let mut inputs = Map::new();
    let mut faults = Vec::new();
    for pair in pairs {
        match one(schema, pair.as_ref()) {
            Ok((name, _)) if inputs.contains_key(&name) => {
                faults.push(format!("`{name}` is given twice: keep one"))
            }
            Ok((name, value)) => {
                inputs.insert(name, value);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() {
        Ok(inputs)
    } else {
        Err(faults)
    }
}

fn one(schema: &Json, pair: &str) -> Result<(String, Json), String> {
    let Some((name, text)) = pair.split_once('=') else {
        return Err(format!("`{pair}` is not an input: write it as name=value"));
    };
    let properties = schema.get("properties").and_then(Json::as_object);
    let Some(property) = properties.and_then(|properties| properties.get(name)) else {
        let known: Vec<&str> = properties
            .into_iter()
            .flat_map(|properties| properties.keys())
            .map(String::as_str)
            .collect();
        return Err(format!(
            "there is no input `{name}`: {}",
            suggest::hint(name, known)
        ));
    };
    let property = resolved(schema, property);
    Ok((name.to_owned(), value(name, &types(property), text)?))
}

/// The schema behind a local reference.
fn resolved<'s>(schema: &'s Json, property: &'s Json) -> &'s Json {
    let target = property
        .get("$ref")
        .and_then(Json::as_str)
        .and_then(|target| target.strip_prefix('#'));
    target
        .and_then(|pointer| schema.pointer(pointer))
        .unwrap_or(property)
}

/// The types that a property may have; of `enum` and `const` those of the permitted values; none: any.
fn types(property: &Json) -> Vec<&str> {
    match property.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(many)) => many.iter().filter_map(Json::as_str).collect(),
        Some(_) | None => {
            let permitted = property
                .get("enum")
                .and_then(Json::as_array)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let mut types: Vec<&str> = permitted
                .iter()
                .chain(property.get("const"))
                .map(type_of)
                .collect();
            types.sort_unstable();
            types.dedup();
            types
        }
    }
}

fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

fn value(name: &str, types: &[&str], text: &str) -> Result<Json, String> {
    // Where text is permitted, text is meant: a branch called `1.0` stays one.
    if types.contains(&"string") {
        return Ok(Json::String(text.to_owned()));
    }
    let parsed = parse(text);
    if types.is_empty() {
        return parsed.map_err(|fault| format!("`{name}` has no value: {fault}"));
    }
    if let Ok(value) = &parsed
        && types.iter().any(|wanted| fits(value, wanted))
    {
        return parsed;
    }
    let wanted: Vec<&str> = types.iter().map(|wanted| example(wanted)).collect();
    Err(format!(
        "`{name}` must be {}; `{text}` is not",
        wanted.join(" or ")
    ))
}

fn fits(value: &Json, wanted: &str) -> bool {
    match wanted {
        "integer" => {
            value.as_i64().is_some()
                || value.as_u64().is_some()
                || value.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        wanted => type_of(value) == wanted,
    }
}

fn example(wanted: &str) -> &str {
    match wanted {
        "integer" => "a whole number, as 8",
        "number" => "a number, as 0.5",
        "boolean" => "true or false",
        "array" => "a list, as [a, b]",
        "object" => "an object, as {a: 1}",
        "null" => "null",
        other => other,
    }
}

/// A value as YAML, of which JSON is a part.
fn parse(text: &str) -> Result<Json, String> {
    let mut findings = Findings::new("input");
    let node = yaml::parse(text, &mut findings);
    match findings.ordered().into_iter().next() {
        Some(finding) => Err(finding.what),
        None => Ok(node.map(|node| node.to_json()).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(pairs: &[&str], expected: &str) {
        let schema = json!({ "type": "object", "properties": {
            "ref": { "type": "string" },
            "count": { "type": "integer" },
            "share": { "type": "number" },
            "dry": { "type": "boolean" },
            "tags": { "type": "array", "items": { "type": "string" } },
            "limits": { "type": "object" },
            "agent": { "type": ["string", "null"] },
            "port": { "type": ["integer", "null"] },
            "size": { "enum": [1, 2, 3] },
            "host": { "$ref": "#/$defs/host" },
            "free": {},
        }, "$defs": { "host": { "type": "object" } } });
        let given = match inputs_from_text(&schema, pairs) {
            Ok(inputs) => Json::Object(inputs).to_string(),
            Err(faults) => faults.join("\n"),
        };
        assert_eq!(given, expected, "{pairs:?}");
    }

    #[test]
    fn text_takes_its_type_from_the_schema() {
        check(&["ref=1.0"], r#"{"ref":"1.0"}"#);
        check(&["ref=a=b"], r#"{"ref":"a=b"}"#);
        check(&["ref="], r#"{"ref":""}"#);
        check(
            &["count=8", "share=0.5", "dry=true"],
            r#"{"count":8,"dry":true,"share":0.5}"#,
        );
        check(&["tags=[a, b]"], r#"{"tags":["a","b"]}"#);
        check(&["tags=[\"a\"]"], r#"{"tags":["a"]}"#);
        check(&["limits={disk_pct: 90}"], r#"{"limits":{"disk_pct":90}}"#);
        check(&["limits=disk_pct: 90"], r#"{"limits":{"disk_pct":90}}"#);
        check(&["agent=null"], r#"{"agent":"null"}"#);
        check(&["port=null"], r#"{"port":null}"#);
        check(&["size=2"], r#"{"size":2}"#);
        check(&["host={a: 1}"], r#"{"host":{"a":1}}"#);
        check(&["free=true"], r#"{"free":true}"#);
    }

    #[test]
    fn all_faults_come_at_once() {
        check(
            &["count=many", "dry=yes"],
            "`count` must be a whole number, as 8; `many` is not\n`dry` must be true or false; `yes` is not",
        );
        check(
            &["cuont=1"],
            "there is no input `cuont`: did you mean `count`?",
        );
        check(&["ref"], "`ref` is not an input: write it as name=value");
        check(&["ref=a", "ref=b"], "`ref` is given twice: keep one");
        check(
            &["tags=a,b"],
            "`tags` must be a list, as [a, b]; `a,b` is not",
        );
        check(
            &["tags=[a"],
            "`tags` must be a list, as [a, b]; `[a` is not",
        );
        check(
            &["port=x"],
            "`port` must be a whole number, as 8 or null; `x` is not",
        );
        check(
            &["limits=&a {b: *a}"],
            "`limits` must be an object, as {a: 1}; `&a {b: *a}` is not",
        );
    }
}
