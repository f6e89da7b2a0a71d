//! Another environment and other labels for one agent: a dialog that starts the workflow `label_agents`, whose card
//! shows what would change.

use fleet::Agent;
use leptos::prelude::*;

use super::model;
use crate::{
    kit::{Appearance, Button, Dialog, Field, TextInput, Textarea},
    live::Live,
    parts::Starting,
};

/// The dialog.
#[component]
pub fn EditLabels(
    /// The agent as it is.
    agent: Agent,
    /// Whether it is open.
    open: RwSignal<bool>,
    /// How its workflow is started.
    starting: Starting,
) -> impl IntoView {
    let live = Live::expect();
    let environment = RwSignal::new(agent.environment.clone());
    let text = RwSignal::new(model::labels_text(&agent.labels));
    let error = RwSignal::new(None::<String>);
    let agent = StoredValue::new(agent);
    let save = move |()| {
        let labels = match model::read_labels(&text.get_untracked()) {
            Ok(labels) => labels,
            Err(why) => return error.set(Some(why)),
        };
        let wanted = environment.get_untracked();
        match agent.with_value(|agent| model::relabelling(agent, wanted.trim(), &labels)) {
            Some(inputs) => {
                open.set(false);
                starting.start(live, "label_agents", inputs);
            }
            None => error.set(Some("Nothing is changed yet.".to_owned())),
        }
    };
    view! {
        <Dialog
            open
            title="Labels"
            actions=move || view! {
                <Button appearance=Appearance::Primary on_press=save attr:data-testid="labels-save">"Show the change"</Button>
                <Button on_press=move |()| open.set(false)>"Cancel"</Button>
            }
        >
            <Field label="Environment" hint="development, staging, production, or a word of your own">
                <TextInput value=environment test_id="labels-environment"/>
            </Field>
            <Field label="Labels" hint="name=value, one a line. The change waits for your approval." error>
                <Textarea value=text rows=6 mono=true test_id="labels-text"/>
            </Field>
        </Dialog>
    }
}
