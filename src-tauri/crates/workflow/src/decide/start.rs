//! Starting a run: inputs against their schema, defaults, nulls.

use super::{Draft, Stop, schema};
use crate::{Datum, Event, Refusal};
use serde_json::{Map, Value as Json};

impl Draft<'_> {
    pub(super) fn start(&mut self, given: &Map<String, Json>) -> Result<(), Stop> {
        let definition = self.run.definition.clone();
        let mut inputs = schema::fill_defaults(&definition.inputs, given.clone());
        let faults = schema::validate_against(&definition.inputs, &Json::Object(inputs.clone()));
        if !faults.is_empty() {
            return Err(Refusal::new(
                "invalid_inputs",
                format!(
                    "The inputs of {} are not right: {}",
                    definition.id,
                    faults.join("; ")
                ),
                "Give the inputs that the workflow's start form names",
            )
            .into());
        }
        if let Some(properties) = definition
            .inputs
            .get("properties")
            .and_then(Json::as_object)
        {
            for name in properties.keys() {
                inputs.entry(name.clone()).or_insert(Json::Null);
            }
        }
        self.emit(Event::RunStarted {
            definition: self.run.definition_digest,
            title: definition.title.clone(),
            inputs: inputs
                .into_iter()
                .map(|(name, value)| (name, Datum::Inline(value)))
                .collect(),
        })
    }
}
