//! Tests of forms made from schemas.

use super::*;
use serde_json::json;

fn schema() -> Json {
    json!({
        "type": "object",
        "required": ["repository", "ref"],
        "properties": {
            "agent": {"type": ["string", "null"], "title": "Agent"},
            "count": {"type": "integer", "minimum": 1, "maximum": 9},
            "environment": {"type": "string", "enum": ["staging", "production"], "default": "staging"},
            "force": {"type": "boolean", "default": true},
            "limits": {"type": "object", "default": {"disk_pct": 85}, "description": "When to warn."},
            "ratio": {"type": "number"},
            "ref": {"type": "string", "default": "main"},
            "repository": {"type": "string", "title": "Repository", "examples": ["myapp/frontend"], "minLength": 3},
        },
    })
}

fn one(name: &str) -> FieldSpec {
    let mut fields = fields(&schema());
    fields.retain(|field| field.name == name);
    fields.remove(0)
}

fn check(name: &str, draft: &str, wanted: Result<Option<Json>, &str>) {
    assert_eq!(
        one(name).read(draft),
        wanted.map_err(str::to_owned),
        "{name}: {draft:?}"
    );
}

#[test]
fn required_fields_come_first_and_rare_ones_are_folded() {
    let fields = fields(&schema());
    let names = |folded| {
        let of = fields.iter().filter(|field| field.folded == folded);
        of.map(|field| field.name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(
        names(false),
        ["repository", "count", "environment", "force", "ratio"]
    );
    assert_eq!(names(true), ["agent", "limits", "ref"]);
    assert!(!one("ref").required, "its default is enough");
    assert!(super::fields(&json!({"type": "object"})).is_empty());
}

#[test]
fn without_required_fields_text_is_in_sight() {
    let schema = json!({"properties": {"window": {"type": "string", "default": "24h"}, "limits": {"type": "object"}}});
    let folded: Vec<_> = fields(&schema)
        .into_iter()
        .map(|field| field.folded)
        .collect();
    assert_eq!(folded, [true, false]);
}

#[test]
fn words_come_from_the_schema_or_the_name() {
    assert_eq!(one("repository").label(), "Repository");
    assert_eq!(one("environment").label(), "Environment");
    assert_eq!(
        one("repository").placeholder.as_deref(),
        Some("myapp/frontend")
    );
    assert_eq!(
        one("limits").hint().as_deref(),
        Some("When to warn. A JSON object.")
    );
    assert_eq!(words_of("health_url"), "Health url");
}

#[test]
fn defaults_are_drafts() {
    assert_eq!(one("environment").draft(Some(&json!("staging"))), "staging");
    assert_eq!(
        one("limits").draft(Some(&json!({"a": 1}))),
        "{\n  \"a\": 1\n}"
    );
    assert_eq!(one("count").draft(Some(&json!(3))), "3");
    assert_eq!(one("agent").draft(None), "");
}

#[test]
fn drafts_become_typed_values() {
    check("repository", "a/b", Ok(Some(json!("a/b"))));
    check("repository", " ", Err("Repository is needed"));
    check("repository", "ab", Err("At least 3 characters"));
    check("agent", "", Ok(None));
    check("count", "3", Ok(Some(json!(3))));
    check("count", "3.5", Err("A whole number is needed"));
    check("count", "0", Err("At least 1"));
    check("count", "10", Err("At most 9"));
    check("ratio", "2", Ok(Some(json!(2))));
    check("ratio", "2.5", Ok(Some(json!(2.5))));
    check("ratio", "-.5", Ok(Some(json!(-0.5))));
    check("ratio", "1e3", Ok(Some(json!(1000.0))));
    for wrong in ["x", "1e999", "null", "1 2"] {
        check("ratio", wrong, Err("A number is needed"));
    }
    check("environment", "production", Ok(Some(json!("production"))));
    check("environment", "moon", Err("Choose one of the list"));
    check("force", "true", Ok(Some(json!(true))));
    check("force", "false", Ok(Some(json!(false))));
    check("limits", "{\"a\": [1]}", Ok(Some(json!({"a": [1]}))));
    check("limits", "[]", Err("A JSON object is needed: { … }"));
    check(
        "limits",
        "{\"a\": }",
        Err("This is not JSON: line 1, column 7: expected value"),
    );
}

#[test]
fn the_engine_blames_fields_by_their_path() {
    let sentence = "The inputs of x are not right: at /window: \"1\" is no duration; at /limits/disk_pct: not a number";
    assert_eq!(
        blame(sentence, "window").as_deref(),
        Some("\"1\" is no duration")
    );
    assert_eq!(blame(sentence, "limits").as_deref(), Some("not a number"));
    assert_eq!(blame(sentence, "limit"), None);
    assert_eq!(blame("something else", "window"), None);
}

#[test]
fn what_lies_about_its_text_is_edited_as_an_escape() {
    let value = json!({"a": "x\u{202e}y\u{e0041}", "b": "Zürich 🙂"});
    let draft = json_draft(&value);
    assert!(
        draft.contains("x\\u202ey\\udb40\\udc41") && draft.contains("Zürich 🙂"),
        "{draft}"
    );
    assert_eq!(serde_json::from_str::<Json>(&draft).ok(), Some(value));
}
