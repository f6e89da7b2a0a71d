//! A form made from a JSON Schema: for starting a workflow and for editing the inputs of a gate. What the schema asks for
//! and what the drafts mean is in `schema`, without a browser; the engine validates again and has the last word.

pub mod schema;
pub mod start;

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde_json::{Map, Value as Json};

use crate::kit::{
    Checkbox, Choice, CollectParts, Disclosure, Field, NumberInput, Select, TextInput, Textarea,
    escape::escaped,
};
use schema::{FieldSpec, Kind};
pub use start::{StartForm, marks};

/// What was typed into each field, and what is wrong with it.
#[derive(Clone, Copy)]
pub struct Drafts {
    fields: StoredValue<Vec<Draft>>,
}

#[derive(Clone)]
struct Draft {
    spec: FieldSpec,
    text: RwSignal<String>,
    ticked: RwSignal<bool>,
    error: RwSignal<Option<String>>,
}

impl Drafts {
    /// Drafts that hold these values, or the defaults.
    pub fn new(specs: Vec<FieldSpec>, values: &BTreeMap<String, Json>) -> Self {
        let fields = specs
            .into_iter()
            .map(|spec| {
                let value = values.get(&spec.name).or(spec.default.as_ref());
                Draft {
                    text: RwSignal::new(spec.draft(value)),
                    ticked: RwSignal::new(value.and_then(Json::as_bool).unwrap_or(false)),
                    error: RwSignal::new(None),
                    spec,
                }
            })
            .collect();
        Self {
            fields: StoredValue::new(fields),
        }
    }

    /// The values, or nothing when a field is wrong; what is wrong is shown at the field.
    pub fn read(self) -> Option<Map<String, Json>> {
        self.fields.with_value(|fields| {
            let mut values = Map::new();
            let mut right = true;
            for field in fields {
                let text = match field.spec.kind {
                    Kind::Boolean => field.ticked.get_untracked().to_string(),
                    Kind::Text { .. }
                    | Kind::Choice(_)
                    | Kind::Integer { .. }
                    | Kind::Number { .. }
                    | Kind::Json { .. } => field.text.get_untracked(),
                };
                match field.spec.read(&text) {
                    Ok(value) => {
                        field.error.set(None);
                        if let Some(value) = value {
                            values.insert(field.spec.name.clone(), value);
                        }
                    }
                    Err(error) => {
                        right = false;
                        field.error.set(Some(error));
                    }
                }
            }
            right.then_some(values)
        })
    }

    /// Shows what the engine says at the fields that it names.
    pub fn blame(self, sentence: &str) {
        self.fields.with_value(|fields| {
            for field in fields {
                if let Some(error) = schema::blame(sentence, &field.spec.name) {
                    field.error.set(Some(error));
                }
            }
        });
    }

    fn of(self, folded: bool) -> Vec<Draft> {
        self.fields.with_value(|fields| {
            fields
                .iter()
                .filter(|field| field.spec.folded == folded)
                .cloned()
                .collect()
        })
    }
}

/// The fields of a form, without its buttons. Optional ones that few people change are folded.
#[component]
pub fn SchemaFields(
    /// The drafts.
    drafts: Drafts,
    /// Whether a single field may stay unfolded although it is optional.
    #[prop(optional)]
    unfolded: bool,
) -> impl IntoView {
    let (mut shown, mut folded) = (drafts.of(false), drafts.of(true));
    if unfolded {
        shown.append(&mut folded);
    }
    let more = folded.len();
    view! {
        <div class="form-fields">
            {shown.into_iter().map(field).collect_parts()}
            {(more > 0).then(|| view! {
                <Disclosure summary=format!("More inputs ({more})")>
                    <div class="form-fields">{folded.into_iter().map(field).collect_parts()}</div>
                </Disclosure>
            })}
        </div>
    }
}

fn field(draft: Draft) -> AnyView {
    let spec = &draft.spec;
    let (label, hint, error) = (spec.label(), spec.hint(), draft.error);
    // A tick has its words beside it; the frame of a field would say them twice.
    if spec.kind == Kind::Boolean {
        let test_id = format!("input-{}", spec.name);
        return view! { <Checkbox checked=draft.ticked label hint test_id/> }.into_any();
    }
    let required = spec.required;
    // The control finds its label in the context of the field, so it is made inside.
    view! { <Field label hint error=error required>{control(draft)}</Field> }.into_any()
}

fn control(draft: Draft) -> AnyView {
    let Draft { spec, text, .. } = draft;
    let test_id = format!("input-{}", spec.name);
    let placeholder = spec.placeholder.as_deref().map(escaped);
    match spec.kind {
        Kind::Boolean => ().into_any(),
        Kind::Text { .. } => view! { <TextInput value=text placeholder test_id/> }.into_any(),
        Kind::Choice(values) => {
            let of = values
                .iter()
                .map(|value| Choice::plain(schema::text_of(value)));
            let choices: Vec<Choice> = of.collect();
            let none = spec.default.is_none().then(|| "Choose…".to_owned());
            view! { <Select value=text choices placeholder=none test_id/> }.into_any()
        }
        Kind::Integer { min, max } => {
            view! { <NumberInput value=text min max step=1.0 test_id/> }.into_any()
        }
        Kind::Number { min, max } => view! { <NumberInput value=text min max test_id/> }.into_any(),
        Kind::Json { .. } => {
            view! { <Textarea value=text mono=true rows=4 placeholder test_id/> }.into_any()
        }
    }
}
