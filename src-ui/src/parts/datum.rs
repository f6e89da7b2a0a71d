//! A value of a record, shown: small ones whole, big ones as their beginning until somebody asks for the rest
//! (semantics.md 17). Always as text, with hostile characters marked.

use std::sync::Arc;

use leptos::prelude::*;
use serde_json::Value as Json;
use workflow::Datum;

use super::TileFault;
use crate::{
    kit::{Button, Escaped, Spinner},
    live::{Fetched, Live, words},
};

/// A value as text: strings as they are, anything else as indented JSON.
pub fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
            serde_json::to_string_pretty(value).unwrap_or_default()
        }
    }
}

/// A value in one line, exactly: a string that could be read as something else keeps its quotes.
pub fn exact(value: &Json) -> String {
    match value {
        Json::String(text) => {
            let plain = !text.is_empty()
                && text.trim() == text
                && serde_json::from_str::<Json>(text).is_err();
            if plain {
                text.clone()
            } else {
                value.to_string()
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
            value.to_string()
        }
    }
}

/// The whole value: at once, or as soon as its body is fetched.
pub fn whole(live: Live, datum: &Datum) -> Signal<Fetched<Arc<Json>>> {
    match datum {
        Datum::Inline(value) => Signal::stored(Fetched::Here(Arc::new(value.clone()))),
        Datum::Blob { sha256, .. } => RwSignal::from(live.blob(*sha256)).into(),
    }
}

/// A value.
#[component]
pub fn DatumView(
    /// The value.
    datum: Datum,
    /// What it is, for assistive technology.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let live = Live::expect();
    match datum {
        Datum::Inline(value) => block(text_of(&value), label),
        Datum::Blob {
            sha256,
            size_bytes,
            excerpt,
        } => {
            let asked = RwSignal::new(false);
            let load = Callback::new(move |()| asked.set(true));
            view! {
                {move || {
                    if asked.get() {
                        let value = RwSignal::from(live.blob(sha256));
                        let label = label.clone();
                        (move || match value.get() {
                            Fetched::Fetching => view! { <Spinner label="Loading the whole value"/> }.into_any(),
                            Fetched::Here(value) => block(text_of(&value), label.clone()),
                            Fetched::Failed(fault) => view! {
                                <TileFault fault on_retry=Callback::new(move |()| _ = live.blob(sha256))/>
                            }.into_any(),
                        }).into_any()
                    } else {
                        view! {
                            {block(format!("{excerpt}…"), label.clone())}
                            <div class="row blob-more">
                                <Button small=true on_press=load>"Load all"</Button>
                                <span class="quiet">{format!("{} in all, sha256 {}", words::size(size_bytes), sha256.short())}</span>
                            </div>
                        }.into_any()
                    }
                }}
            }
            .into_any()
        }
    }
}

fn block(text: String, label: String) -> AnyView {
    view! { <pre class="value" tabindex="0" role="group" aria-label=label><Escaped text/></pre> }
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_that_could_be_something_else_keeps_its_quotes() {
        assert_eq!(exact(&json!("/etc/motd")), "/etc/motd");
        assert_eq!(exact(&json!("5")), "\"5\"");
        assert_eq!(exact(&json!(5)), "5");
        assert_eq!(exact(&json!("true")), "\"true\"");
        assert_eq!(exact(&json!("")), "\"\"");
        assert_eq!(exact(&json!(" x")), "\" x\"");
        assert_eq!(exact(&json!({"a": [1]})), "{\"a\":[1]}");
    }

    #[test]
    fn values_are_indented_and_texts_left_alone() {
        assert_eq!(text_of(&json!("a\nb")), "a\nb");
        assert_eq!(text_of(&json!({"a": 1})), "{\n  \"a\": 1\n}");
    }
}
