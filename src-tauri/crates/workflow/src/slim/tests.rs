//! What is read through here is what `serde_json` reads; the records and runs are compared in `tests/rules`, with every
//! test that makes some.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

use super::{Slim, from_json};
use proptest::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};
use std::{collections::BTreeMap, fmt::Debug, sync::Arc};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Named {
    natural: u64,
    small: i8,
    real: f64,
    #[serde(rename = "type")]
    word: String,
    maybe: Option<String>,
    nested: Option<Option<bool>>,
    #[serde(default)]
    list: Vec<Shape>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left_out: Option<Box<Named>>,
    #[serde(skip)]
    own: u32,
    any: Json,
    keys: BTreeMap<Word, (u8, char)>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    OneWord,
    Other,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Shape {
    Unit,
    New(Arc<Pair>),
    Both(u32, Clear),
    Fields { a: Option<i64>, b: Vec<Unit> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Pair(f32, ());

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Clear {
    only: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
enum Derived {
    Nothing,
    Something { named: Box<Named> },
}

super::tagged! {
    by "kind";

    #[derive(Debug, PartialEq)]
    enum Kind {
        Nothing,
        TwoWords { text: String, maybe: Option<Word> },
    }
}

fn named() -> Json {
    json!({
        "natural": u64::MAX, "small": -128, "real": 0.1, "type": "a \"word\" \u{1f980}", "maybe": null, "nested": true,
        "list": ["unit", { "new": [1.5, null] }, { "both": [1, "x"] }, { "fields": { "a": i64::MIN, "b": [null] } }],
        "left_out": {
            "natural": 0, "small": 127, "real": 1, "type": "", "maybe": "yes", "nested": null, "list": [],
            "any": null, "keys": {}
        },
        "any": { "a": [1, -1, 1.0, 1e300, true, null, "text", {}], "": i64::MIN },
        "keys": { "one_word": [0, "ä"], "other": [255, "b"] }
    })
}

/// Both ways read the same, also from parts that were taken as they are before.
fn same<T: DeserializeOwned + Serialize + PartialEq + Debug>(json: &Json) -> T {
    let text = json.to_string();
    let read: T = from_json(&text).unwrap();
    assert_eq!(read, serde_json::from_str(&text).unwrap());
    let again = from_json::<Slim>(&text).unwrap().read::<T>().unwrap();
    assert_eq!(read, again);
    read
}

#[test]
fn every_shape_is_read_as_by_serde_json() {
    let json = named();
    let read: Named = same(&json);
    assert_eq!(read.natural, u64::MAX);
    assert_eq!(read.list.len(), 4);
    assert_eq!(read.any, json["any"]);
    same::<Json>(&json);
    same::<Derived>(&json!({ "by": "nothing" }));
    same::<Derived>(&json!({ "named": json, "by": "something" }));
    same::<Vec<Option<bool>>>(&json!([true, null, false]));
}

#[test]
fn what_is_missing_is_none_or_the_default_or_a_fault() {
    let mut json = named();
    let fields = json.as_object_mut().unwrap();
    for optional in ["maybe", "nested", "list", "left_out"] {
        fields.remove(optional);
    }
    fields.insert("unknown".to_owned(), json!({ "to": "us" }));
    let read: Named = same(&json);
    assert_eq!((read.maybe, read.nested, read.left_out), (None, None, None));
    for needed in ["natural", "small", "real", "type", "any", "keys"] {
        let mut json = json.clone();
        json.as_object_mut().unwrap().remove(needed);
        assert!(from_json::<Named>(&json.to_string()).is_err(), "{needed}");
    }
}

#[test]
fn what_is_of_another_type_is_refused() {
    for (place, wrong) in [
        ("/natural", json!(-1)),
        ("/natural", json!(1.0)),
        ("/small", json!(128)),
        ("/small", json!(u64::MAX)),
        ("/real", json!("1")),
        ("/type", json!(null)),
        ("/maybe", json!([])),
        ("/list", json!({})),
        ("/list/0", json!("three")),
        ("/list/1", json!({ "new": [1.5, null], "unit": null })),
        ("/list/2/both", json!([1, "x", 2])),
        ("/list/3/fields", json!([])),
        ("/keys", json!({ "third": [0, "a"] })),
        ("/keys/other", json!([0])),
        ("/left_out/natural", json!(true)),
    ] {
        let mut json = named();
        *json.pointer_mut(place).unwrap() = wrong;
        let text = json.to_string();
        assert!(from_json::<Named>(&text).is_err(), "{place}");
        assert!(serde_json::from_str::<Named>(&text).is_err(), "{place}");
    }
    assert!(from_json::<Json>("{").is_err());
}

#[test]
fn a_tagged_enum_is_written_as_ever_and_read_in_any_order() {
    let two = Kind::TwoWords {
        text: "t".to_owned(),
        maybe: Some(Word::Other),
    };
    for (kind, text) in [
        (Kind::Nothing, r#"{"kind":"nothing"}"#),
        (two, r#"{"kind":"two_words","text":"t","maybe":"other"}"#),
    ] {
        assert_eq!(serde_json::to_string(&kind).unwrap(), text);
        assert_eq!(same::<Kind>(&serde_json::from_str(text).unwrap()), kind);
    }
    same::<Kind>(&json!({ "more": 1, "text": "t", "kind": "two_words" }));
    for wrong in [
        json!({ "text": "t" }),
        json!({ "kind": "three_words" }),
        json!({ "kind": 1 }),
        json!({ "kind": "two_words" }),
        json!("nothing"),
    ] {
        assert!(from_json::<Kind>(&wrong.to_string()).is_err(), "{wrong}");
        assert!(serde_json::from_value::<Kind>(wrong).is_err());
    }
}

/// Any JSON value, some levels deep.
fn values() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,8}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::btree_map(".{0,4}", inner, 0..5)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_survives(value in values()) {
        let text = value.to_string();
        let read: Json = from_json(&text).unwrap();
        prop_assert_eq!(read.to_string(), text);
    }
}
