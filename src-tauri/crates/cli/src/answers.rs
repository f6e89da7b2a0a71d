//! What a person types or writes as options, as a decision on a card. Translates only: whether it is offered, fits the
//! schema and comes in time is the core's to say.

use crate::{
    exit::Trouble,
    inputs::{self, Inputs},
};
use serde_json::{Map, Value as Json};
use workflow::{Card, GateId, GateKind, OnFailure, Run, StepKey, Then};

/// What follows a reject where nobody says: what the file asks for after a failure, as far as it says.
pub(crate) fn usual_then(run: &Run) -> Then {
    match run.definition().on_failure {
        OnFailure::Rollback => Then::Rollback,
        OnFailure::Stop | OnFailure::Ask => Then::Stop,
    }
}

/// The values of an edit: inputs before a call; after it the whole result, or fields of it.
///
/// # Errors
/// A key that does not exist, or a value of another type.
pub(crate) fn edit(
    run: &Run,
    gate: &GateId,
    card: Option<&Card>,
    pairs: &[String],
) -> Result<Map<String, Json>, Trouble> {
    let mut values = Map::new();
    for text in pairs {
        let (key, text) = inputs::pair(text)?;
        match gate.kind {
            GateKind::Before => {
                let value = Inputs(&run.definition().inputs).named(key)?.value(text)?;
                values.insert(key.to_owned(), value);
            }
            GateKind::After if key == "output" => {
                values.insert(key.to_owned(), json_or_text(text));
            }
            GateKind::After | GateKind::Failure => {
                let result = values
                    .remove("output")
                    .or_else(|| card?.result.as_ref()?.inline().cloned());
                values.insert("output".to_owned(), with_field(result, key, text)?);
            }
        }
    }
    Ok(values)
}

/// The result with another value for one of its fields, of the type that the field has now.
fn with_field(result: Option<Json>, key: &str, text: &str) -> Result<Json, Trouble> {
    let Some(Json::Object(mut fields)) = result else {
        return Err(Trouble::usage(
            format!("The result has no field {key}"),
            "Give the whole result: output=JSON",
        ));
    };
    let Some(present) = fields.get_mut(key) else {
        let known: Vec<&str> = fields.keys().map(String::as_str).collect();
        return Err(Trouble::usage(
            format!("The result has no field {key}"),
            format!(
                "Its fields are: {}; or give the whole result: output=JSON",
                known.join(", ")
            ),
        ));
    };
    *present = match present {
        Json::String(_) => Json::String(text.to_owned()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
            json_or_text(text)
        }
    };
    Ok(Json::Object(fields))
}

fn json_or_text(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_owned()))
}

/// Items of a card's list: by their names on the card, or by their numbers.
///
/// # Errors
/// A word that names no item.
pub(crate) fn items(gate: &GateId, words: &[String]) -> Result<Vec<StepKey>, Trouble> {
    words
        .iter()
        .map(|word| match word.parse::<u32>() {
            Ok(number) => Ok(gate.step.item(number)),
            Err(_) => word.parse().map_err(|what: String| {
                Trouble::usage(what, "Name items as the card does, or by their numbers")
            }),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_of_a_result_keeps_its_type() {
        let result = json!({ "content": "old", "size": 3 });
        let edited = with_field(Some(result.clone()), "content", "4").unwrap();
        assert_eq!(edited, json!({ "content": "4", "size": 3 }));
        let edited = with_field(Some(result.clone()), "size", "4").unwrap();
        assert_eq!(edited, json!({ "content": "old", "size": 4 }));
        assert!(with_field(Some(result), "colour", "red").is_err());
        assert!(with_field(Some(json!("text")), "content", "x").is_err());
    }

    #[test]
    fn items_have_names_and_numbers() {
        let gate: GateId = "notes.before".parse().unwrap();
        let words = ["1".to_owned(), "notes[2]".to_owned()];
        let named = items(&gate, &words).unwrap();
        let named: Vec<String> = named.iter().map(StepKey::to_string).collect();
        assert_eq!(named, ["notes[1]", "notes[2]"]);
        assert!(items(&gate, &["notes[".to_owned()]).is_err());
    }
}
