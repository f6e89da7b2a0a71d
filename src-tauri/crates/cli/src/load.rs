//! Big values stand in a run as digests (semantics.md 17). Before something is shown whole, they are fetched here.

use crate::console::{Console, is_gone};
use api::Fault;
use engine::Door;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use workflow::{Card, Datum, Digest};

/// Fetches the bodies of big values, each once.
pub(crate) struct Loader<'a> {
    console: &'a Console,
    door: Door,
    fetched: BTreeMap<Digest, Json>,
}

impl<'a> Loader<'a> {
    pub(crate) fn new(console: &'a Console, door: &Door) -> Loader<'a> {
        Loader {
            console,
            door: door.clone(),
            fetched: BTreeMap::new(),
        }
    }

    /// The value itself.
    pub(crate) async fn value(&mut self, datum: &Datum) -> Result<Json, Fault> {
        match datum {
            Datum::Inline(value) => Ok(value.clone()),
            Datum::Blob { sha256, .. } => {
                if let Some(body) = self.fetched.get(sha256) {
                    return Ok(body.clone());
                }
                let call = api::Blob { sha256: *sha256 };
                let origin = self.console.origin();
                let body = match self.door.call(call.clone(), origin).await {
                    // The owner has ended: what is stored can be read without one.
                    Err(fault) if is_gone(&fault) => {
                        self.door = self.console.open_for_reading().await?;
                        self.door.call(call, origin).await?
                    }
                    answered => answered?,
                };
                self.fetched.insert(*sha256, body.clone());
                Ok(body)
            }
        }
    }

    /// The value itself or, where it is not kept any more, its beginning.
    pub(crate) async fn value_or_excerpt(&mut self, datum: &Datum) -> Json {
        match (self.value(datum).await, datum) {
            (Ok(value), _) => value,
            (Err(_), Datum::Blob { excerpt, .. }) => {
                Json::String(format!("{excerpt}… (the rest is not kept any more)"))
            }
            (Err(_), Datum::Inline(value)) => value.clone(),
        }
    }

    /// The card with every value in it. Without all of them it is not shown: nobody approves what they cannot see (I5).
    pub(crate) async fn card(&mut self, card: &Card) -> Result<Card, Fault> {
        let mut whole = card.clone();
        for call in &mut whole.calls {
            call.call.args = Datum::Inline(self.value(&call.call.args).await?);
            if let Some(item) = &mut call.item {
                *item = Datum::Inline(self.value(item).await?);
            }
        }
        if let Some(result) = &mut whole.result {
            *result = Datum::Inline(self.value(result).await?);
        }
        for shown in &mut whole.shown {
            shown.value = Datum::Inline(self.value(&shown.value).await?);
        }
        for value in whole.editable.values_mut() {
            *value = Datum::Inline(self.value(value).await?);
        }
        Ok(whole)
    }
}
