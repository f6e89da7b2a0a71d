//! Fields and controls, at rest, filled, wrong and off.

use leptos::prelude::*;

use crate::kit::{
    Appearance, Button, Card, Checkbox, Choice, Field, NumberInput, Select, Switch, TextInput,
    Textarea,
};

/// The form parts.
#[component]
pub fn FormParts() -> impl IntoView {
    let path = RwSignal::new("/srv/my app".to_owned());
    let path_error = Signal::derive(move || {
        path.read()
            .contains(' ')
            .then(|| "A path on a host cannot contain spaces. Remove the space.".to_owned())
    });
    let environments = || {
        ["development", "staging", "production"]
            .map(Choice::plain)
            .to_vec()
    };
    view! {
        <Card title="Fields">
            <Field label="Repository" required=true hint="The address git clones from">
                <TextInput value=RwSignal::new(String::new()) placeholder="ssh://git@host/team/app.git"/>
            </Field>
            <Field label="Target path" required=true error=path_error hint="On every host, absolute">
                <TextInput value=path mono=true/>
            </Field>
            <Field label="Timeout">
                <NumberInput value=RwSignal::new("90".to_owned()) min=1.0 max=600.0 step=1.0 unit="s"/>
            </Field>
            <Field label="Environment" required=true>
                <Select value=RwSignal::new(String::new()) choices=environments() placeholder="Choose one"/>
            </Field>
            <Field label="Release" hint="Only releases that are still on the host">
                <Select value=RwSignal::new("staging".to_owned()) choices=environments() disabled=true/>
            </Field>
            <Field label="Reason">
                <Textarea value=RwSignal::new("Disk is nearly full on web-03.\nWait for the cleanup.".to_owned())/>
            </Field>
            <div class="row"><Button appearance=Appearance::Primary submit=true>"Start workflow"</Button></div>
        </Card>
        <Card title="Choices">
            <Checkbox checked=RwSignal::new(true) label="Follow the log"/>
            <Checkbox checked=RwSignal::new(false) label="Include stopped services" hint="They count as findings, not as failures"/>
            <Checkbox checked=RwSignal::new(true) label="Cannot be changed now" disabled=true/>
            <Switch checked=RwSignal::new(true) label="Notify me when an approval waits"/>
            <Switch checked=RwSignal::new(false) label="Start with the computer" hint="Runs that wait are then resumed at login"/>
            <Switch checked=RwSignal::new(false) label="Cannot be changed now" disabled=true/>
        </Card>
    }
}
