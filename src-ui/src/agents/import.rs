//! The hosts of inventories come into the fleet: what to read, a preview that connects to nothing, ticks, and then the
//! workflow `import_agents` with its at most three cards.

use api::Fault;
use leptos::{prelude::*, task::spawn_local};
use serde_json::{Map, Value as Json, json};

use super::{crumbs, model};
use crate::{
    kit::{
        Appearance, Button, Card, Choice, CollectParts, EmptyState, Escaped, Field, IconButton,
        PageHead, Select, Spinner, TextInput, Textarea, dynamic, icons,
    },
    live::{Live, call},
    parts::{FaultBar, Starting},
};

/// What can be read: the word of the tool, and the words for people.
const KINDS: [(&str, &str); 5] = [
    ("ssh_config", "ssh config"),
    ("ansible", "Ansible inventory (INI, YAML or JSON)"),
    ("csv", "Table (CSV)"),
    ("json", "List (JSON)"),
    ("pasted", "Pasted text"),
];

/// One inventory, as it is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Source {
    number: u32,
    kind: RwSignal<String>,
    path: RwSignal<String>,
    text: RwSignal<String>,
}

impl Source {
    fn new(number: u32, kind: &str) -> Self {
        Self {
            number,
            kind: RwSignal::new(kind.to_owned()),
            path: RwSignal::new(String::new()),
            text: RwSignal::new(String::new()),
        }
    }

    /// As the tool takes it; `None` where nothing was typed that is needed.
    fn read(self) -> Option<Json> {
        let kind = self.kind.get_untracked();
        let path = self.path.get_untracked().trim().to_owned();
        match kind.as_str() {
            "pasted" => {
                let text = self.text.get_untracked();
                (!text.trim().is_empty()).then(|| json!({ "kind": kind, "text": text }))
            }
            "ssh_config" if path.is_empty() => Some(json!({ "kind": kind })),
            _ => (!path.is_empty()).then(|| json!({ "kind": kind, "path": path })),
        }
    }
}

/// What a preview found.
#[derive(Clone)]
struct Preview {
    sources: Vec<Json>,
    hosts: Vec<Json>,
    left_out: Vec<Json>,
    ticked: RwSignal<Vec<bool>>,
}

/// The screen.
#[component]
pub fn ImportAgents() -> impl IntoView {
    let live = Live::expect();
    let starting = Starting::default();
    let sources = RwSignal::new(vec![Source::new(0, "ssh_config")]);
    let environment = RwSignal::new("staging".to_owned());
    let labels = RwSignal::new(String::new());
    let no_labels = RwSignal::new(None::<String>);
    let preview = RwSignal::new(None::<Preview>);
    let (reading, fault) = (RwSignal::new(false), RwSignal::new(None::<Fault>));

    let look = move || {
        let given: Option<Vec<Json>> =
            sources.with_untracked(|sources| sources.iter().map(|source| source.read()).collect());
        let Some(given) = given else {
            fault.set(Some(Fault::new(
                "no_source",
                "An inventory has no file and no text",
                "Give the path of the file, paste the hosts, or take the inventory away.",
            )));
            return;
        };
        reading.set(true);
        fault.set(None);
        spawn_local(async move {
            let mut args = Map::from_iter([("sources".to_owned(), Json::Array(given.clone()))]);
            let of = environment.get_untracked().trim().to_owned();
            if !of.is_empty() {
                args.insert("environment".to_owned(), json!(of));
            }
            let answer = call(api::PreviewImport { args }).await;
            let _ = reading.try_set(false);
            match answer {
                Ok(found) => _ = preview.try_set(Some(previewed(given, &found))),
                Err(why) => _ = fault.try_set(Some(why)),
            }
        });
    };
    let start = move |()| {
        let Some(found) = preview.get_untracked() else {
            return;
        };
        let labels = match model::read_labels(&labels.get_untracked()) {
            Ok(labels) => labels,
            Err(why) => return no_labels.set(Some(why)),
        };
        no_labels.set(None);
        let ticked = found.ticked.get_untracked();
        let (include, exclude) = model::ticks(&found.hosts, &ticked);
        let mut inputs = Map::from_iter([
            ("sources".to_owned(), Json::Array(found.sources)),
            ("include".to_owned(), Json::Array(include)),
            ("exclude".to_owned(), Json::Array(exclude)),
            ("labels".to_owned(), json!(labels)),
        ]);
        let of = environment.get_untracked().trim().to_owned();
        if !of.is_empty() {
            inputs.insert("environment".to_owned(), json!(of));
        }
        starting.start(live, "import_agents", inputs);
    };
    view! {
        {crumbs("Import agents")}
        <PageHead title="Import agents" meta="The hosts of your ssh config, an Ansible inventory or a table. Looking connects to nothing and writes nothing; passwords are never taken over."/>
        <FaultBar fault/>
        <div class="stack">
            <Card title="Where the hosts stand">
                <form class="stack narrow" novalidate on:submit=move |event| { event.prevent_default(); look(); }>
                    {dynamic(move || sources.get().into_iter().map(|source| source_fields(source, sources)).collect_parts())}
                    <div class="row">
                        <Button appearance=Appearance::Subtle small=true icon=icons::ADD on_press=move |()| sources.update(|sources| {
                            let number = sources.iter().map(|source| source.number).max().unwrap_or(0) + 1;
                            sources.push(Source::new(number, "ansible"));
                        })>"Another inventory"</Button>
                    </div>
                    <Field label="Environment" hint="Of hosts whose inventory does not say one">
                        <TextInput value=environment test_id="import-environment"/>
                    </Field>
                    <Field label="Labels for all of them" hint="name=value, with commas between" error=no_labels>
                        <TextInput value=labels mono=true test_id="import-labels"/>
                    </Field>
                    <div class="row">
                        <Button icon=icons::EYE busy=reading submit=true attr:data-testid="import-preview">"Show what would be taken in"</Button>
                        <a class="btn" href="#/agents">"Cancel"</a>
                    </div>
                </form>
            </Card>
            {dynamic(move || reading.get().then(|| view! { <Spinner label="Reading the inventories"/> }))}
            {dynamic(move || preview.get().map(|found| shown(&found)))}
            <FaultBar fault=starting.fault/>
            {dynamic(move || preview.get().map(|found| {
                let count = Signal::derive(move || found.ticked.with(|ticked| ticked.iter().filter(|one| **one).count()));
                view! {
                    <div class="row">
                        <Button
                            appearance=Appearance::Primary
                            icon=icons::PLAY
                            busy=starting.busy
                            disabled=Signal::derive(move || count.get() == 0)
                            on_press=start
                            attr:data-testid="import-start"
                        >
                            {dynamic(move || match count.get() {
                                1 => "Import 1 host".to_owned(),
                                count => format!("Import {count} hosts"),
                            })}
                        </Button>
                        <span class="quiet">"At most three decisions follow, for any number of hosts."</span>
                    </div>
                }
            }))}
        </div>
    }
}

fn source_fields(source: Source, sources: RwSignal<Vec<Source>>) -> AnyView {
    let choices: Vec<Choice> = KINDS
        .iter()
        .map(|(kind, words)| Choice::new(*kind, *words))
        .collect();
    let kind = source.kind;
    let alone = sources.with_untracked(|sources| sources.len() == 1);
    view! {
        <div class="source row">
            <Field label="Inventory"><Select value=kind choices test_id="import-kind"/></Field>
            {dynamic(move || if kind.with(|kind| kind == "pasted") {
                view! {
                    <Field label="Hosts" hint="One a line: user@host:port, node[1-5]">
                        <Textarea value=source.text rows=4 mono=true test_id="import-text"/>
                    </Field>
                }.into_any()
            } else {
                let hint = if kind.with(|kind| kind == "ssh_config") { "Empty: your own" } else { "Begins with / or ~/" };
                view! {
                    <Field label="File" hint><TextInput value=source.path mono=true test_id="import-path"/></Field>
                }.into_any()
            })}
            {(!alone).then(|| view! {
                <IconButton icon=icons::DISMISS label="Take this inventory away" on_press=move |()| sources.update(|sources| sources.retain(|one| one.number != source.number))/>
            })}
        </div>
    }
    .into_any()
}

fn previewed(sources: Vec<Json>, found: &Json) -> Preview {
    let list = |name: &str| found[name].as_array().cloned().unwrap_or_default();
    let hosts = list("hosts");
    let ticked = hosts.iter().map(|host| host["picked"] == json!(true));
    Preview {
        sources,
        left_out: list("left_out"),
        ticked: RwSignal::new(ticked.collect()),
        hosts,
    }
}

/// The hosts with their ticks, and what was left out with the reason.
fn shown(found: &Preview) -> AnyView {
    let ticked = found.ticked;
    let title = format!("{} hosts found", found.hosts.len());
    let left = found.left_out.clone();
    let rows = found.hosts.iter().enumerate();
    let rows: Vec<AnyView> = rows
        .map(|(number, host)| row(number, host, ticked))
        .collect();
    let empty = rows.is_empty();
    view! {
        <Card title>
            {if empty {
                view! {
                    <EmptyState icon=icons::SERVER title="No host can be taken in">
                        <p>"The inventory names none, or all of them are agents already."</p>
                    </EmptyState>
                }.into_any()
            } else {
                view! {
                    <div class="table-scroll" tabindex="0" role="region" aria-label="Hosts found">
                        <table class="table" data-testid="import-hosts">
                            <thead><tr><th scope="col">"Take in"</th><th scope="col">"Agent"</th><th scope="col">"Address"</th><th scope="col">"User"</th><th scope="col">"Environment"</th><th scope="col">"From"</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                }.into_any()
            }}
            {(!left.is_empty()).then(|| view! {
                <h3>"Left out"</h3>
                <ul class="plain-list" data-testid="import-left-out">{left.iter().map(|one| view! {
                    <li><strong><Escaped text=words(&one["name"])/></strong>" "<span class="quiet"><Escaped text=words(&one["why"])/></span></li>
                }).collect_parts()}</ul>
            })}
        </Card>
    }
    .into_any()
}

fn row(number: usize, host: &Json, ticked: RwSignal<Vec<bool>>) -> AnyView {
    let name = words(&host["name"]);
    let address = match (words(&host["address"]), words(&host["ssh_alias"])) {
        (address, _) if !address.is_empty() => address,
        (_, alias) => format!("ssh {alias}"),
    };
    let notes: Vec<String> = host["notes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(words)
        .chain(Some(words(&host["why_not"])))
        .filter(|note| !note.is_empty())
        .collect();
    let is_ticked = move || ticked.with(|ticked| ticked.get(number).copied().unwrap_or(false));
    let label = crate::kit::escape::escaped(&format!("Take in {name}"));
    view! {
        <tr>
            <td>
                <input
                    type="checkbox"
                    class="checkbox"
                    aria-label=label
                    prop:checked=is_ticked
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        ticked.update(|ticked| if let Some(one) = ticked.get_mut(number) { *one = on; });
                    }
                />
            </td>
            <th scope="row">
                <Escaped text=name/>
                {notes.into_iter().map(|note| view! { <p class="quiet"><Escaped text=note/></p> }).collect_parts()}
            </th>
            <td><Escaped text=address/></td>
            <td><Escaped text=words(&host["user"])/></td>
            <td><Escaped text=words(&host["environment"])/></td>
            <td class="quiet"><Escaped text=words(&host["place"])/></td>
        </tr>
    }
    .into_any()
}

fn words(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
