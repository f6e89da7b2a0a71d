//! The page of one agent: how it is, with the evidence of every finding, how its measures went, how it is reached, and
//! what can be done with it.

use api::{AgentHistory, AgentInfo, MeasureSeries};
use fleet::{Agent, Connection, Finding, Transport, Via};
use leptos::prelude::*;

use super::{crumbs, health_inputs, labels::EditLabels, model, start_for};
use crate::{
    kit::{
        Appearance, Badge, Button, Card, CollectParts, CopyButton, Disclosure, EmptyState, Escaped,
        Fact, Facts, Memo, PageHead, Skeleton, Tone, dynamic, escape::escaped, icons,
    },
    live::{Fetched, Live, ask, local_point},
    parts::{DatumView, FaultBar, Health, Starting, TileFault},
};

/// Measures of so many hours are shown.
const HOURS: u32 = 24;

/// The page.
#[component]
pub fn AgentPage(
    /// The agent's id.
    id: String,
) -> impl IntoView {
    let live = Live::expect();
    live.keep_agents_fresh();
    let id = StoredValue::new(id);
    let info = Memo::new(move |_| {
        live.agents.with(|list| {
            let list = list.here()?;
            id.with_value(|id| {
                let of = list.agents.iter().find(|info| info.agent.agent_id == *id);
                of.cloned()
            })
        })
    });
    let starting = Starting::default();
    let title = Signal::derive(move || {
        info.with(|info| {
            let title = info.as_ref().map(|info| info.agent.title.clone());
            crate::kit::escape::escaped(&title.unwrap_or_else(|| id.get_value()))
        })
    });
    let meta = Signal::derive(move || {
        info.with(|info| {
            let agent = &info.as_ref()?.agent;
            Some(crate::kit::escape::escaped(&format!(
                "{} · {} · {}",
                model::place(agent),
                agent.environment,
                agent.state.word()
            )))
        })
    });
    let here = Memo::new(move |_| live.agents.with(|list| list.here().is_some()));
    let fault = Memo::new(move |_| live.agents.with(|list| list.fault().cloned()));
    view! {
        {crumbs(&id.get_value())}
        <PageHead title meta actions=move || dynamic(move || info.get().map(|info| actions(starting, info)))/>
        <FaultBar fault=starting.fault/>
        {dynamic(move || fault.get().map(|fault| view! { <TileFault fault on_retry=Callback::new(move |()| live.fetch_agents())/> }))}
        {dynamic(move || match (info.get(), here.get()) {
            (Some(info), _) => whole(&info),
            (None, true) => view! {
                <EmptyState icon=icons::SERVER title="There is no such agent">
                    <p>"It may have been removed, or the link names another one."</p>
                    <p><a href="#/agents">"All agents"</a></p>
                </EmptyState>
            }.into_any(),
            (None, false) if fault.with(Option::is_none) => view! { <Skeleton what="the agent" lines=6/> }.into_any(),
            (None, false) => ().into_any(),
        })}
    }
}

fn actions(starting: Starting, info: AgentInfo) -> AnyView {
    let live = Live::expect();
    let busy = starting.busy;
    let agent = info.agent;
    let id = StoredValue::new(agent.agent_id.clone());
    let run =
        move |workflow: &'static str| id.with_value(|id| start_for(starting, live, workflow, id));
    let check = move |()| {
        let inputs = health_inputs(&id.with_value(|id| format!("name={id}")));
        starting.start(live, super::HEALTH_CHECK, inputs);
    };
    let remote = matches!(agent.transport, Transport::Ssh(_));
    let drains = model::can_drain(agent.state);
    let back = agent.state == fleet::AgentState::Draining;
    let edits = RwSignal::new(false);
    view! {
        {agent.state.is_in_use().then(|| view! {
            <Button appearance=Appearance::Primary icon=icons::PULSE busy on_press=check attr:data-testid="agent-check">"Check health"</Button>
        })}
        {remote.then(|| view! {
            <Button icon=icons::EDIT on_press=move |()| edits.set(true) attr:data-testid="agent-labels">"Edit labels…"</Button>
            {drains.then(|| view! { <Button busy on_press=move |()| run("drain_agents") attr:data-testid="agent-drain">"Drain"</Button> })}
            {back.then(|| view! { <Button busy on_press=move |()| run("undrain_agents") attr:data-testid="agent-undrain">"Use again"</Button> })}
            <Button appearance=Appearance::Subtle busy on_press=move |()| run("remove_agents") attr:data-testid="agent-remove">"Remove…"</Button>
            <EditLabels agent open=edits starting/>
        })}
    }
    .into_any()
}

fn whole(info: &AgentInfo) -> AnyView {
    view! {
        <div class="stack agent-page">
            {health(info)}
            <Measures id=info.agent.agent_id.clone()/>
            {reached(&info.agent)}
            {facts(info)}
        </div>
    }
    .into_any()
}

fn health(info: &AgentInfo) -> AnyView {
    let state = Health::of(info);
    let when = info.last.as_ref().map(|last| local_point(last.taken_at_us));
    let findings = info.last.as_ref().map(|last| last.findings.as_slice());
    let body = match findings {
        None => view! {
            <EmptyState icon=icons::PULSE title="Not checked yet">
                <p>"A health check reads load, memory, disks, services and the clock of this host, and changes nothing."</p>
            </EmptyState>
        }
        .into_any(),
        Some([]) => view! { <p>"Nothing is wrong by the usual thresholds."</p> }.into_any(),
        Some(findings) => view! {
            <ul class="findings-list" data-testid="agent-findings">{findings.iter().map(finding).collect_parts()}</ul>
        }
        .into_any(),
    };
    let partial = info.last.as_ref().is_some_and(|last| last.partial);
    view! {
        <Card title="Health" aside=move || view! {
            {when.clone().map(|when| view! { <span class="quiet">"looked at "{when}</span> })}
            <Badge tone=state.tone() icon=state.icon()>{state.word()}</Badge>
        }>
            {partial.then(|| view! { <p class="quiet">"Not every question was answered; the run of the check says which and why."</p> })}
            {body}
        </Card>
    }
    .into_any()
}

/// What is wrong, by what measure against which threshold of whose, and what was seen.
fn finding(finding: &Finding) -> AnyView {
    let (word, tone, icon) = match finding.severity {
        fleet::Severity::Critical => ("critical", Tone::Danger, icons::STATUS_FAILED),
        fleet::Severity::Warning => ("warning", Tone::Warning, icons::WARNING_FILLED),
        fleet::Severity::Info => ("info", Tone::Neutral, icons::INFO_FILLED),
    };
    let evidence = finding.evidence.join("\n");
    view! {
        <li class="finding" data-severity=word>
            <Badge tone icon>{word}</Badge>
            <div>
                <p><Escaped text=finding.what.clone()/></p>
                <p class="quiet"><Escaped text=model::judged_by(finding)/></p>
                {(!evidence.is_empty()).then(|| view! {
                    <Disclosure summary="What was seen">
                        <pre class="detail" tabindex="0"><Escaped text=evidence.clone()/></pre>
                        <CopyButton text=evidence/>
                    </Disclosure>
                })}
            </div>
        </li>
    }
    .into_any()
}

/// How the measures went; asked for again whenever the agents are.
#[component]
fn Measures(id: String) -> impl IntoView {
    let live = Live::expect();
    let history = RwSignal::new(Fetched::<AgentHistory>::Fetching);
    let id = StoredValue::new(id);
    let again = Callback::new(move |()| {
        let agent_id = id.get_value();
        let hours = HOURS;
        ask(api::ShowAgent { agent_id, hours }, history);
    });
    Effect::new(move |_| {
        live.agents.track();
        again.run(());
    });
    view! {
        <Card title="Measures of the last 24 hours">
            {dynamic(move || history.with(|history| match history {
                Fetched::Fetching => view! { <Skeleton what="the measures" lines=3/> }.into_any(),
                Fetched::Failed(fault) => view! { <TileFault fault=fault.clone() on_retry=again/> }.into_any(),
                Fetched::Here(history) => measures(history),
            }))}
        </Card>
    }
}

fn measures(history: &AgentHistory) -> AnyView {
    if history.series.is_empty() {
        return view! { <p class="quiet">"No measures yet: they come with every health check."</p> }
            .into_any();
    }
    let said = history.snapshot.clone();
    view! {
        <table class="table measures">
            <thead><tr><th scope="col">"Measure"</th><th scope="col">"Now"</th><th scope="col">"Lowest"</th><th scope="col">"Highest"</th><th scope="col">"Course"</th></tr></thead>
            <tbody>{history.series.iter().map(measure).collect_parts()}</tbody>
        </table>
        {said.map(|said| view! {
            <Disclosure summary="Everything it said of itself">
                <DatumView datum=workflow::Datum::Inline(said) label="Snapshot"/>
            </Disclosure>
        })}
    }
    .into_any()
}

fn measure(series: &MeasureSeries) -> AnyView {
    let values = || series.points.iter().map(|(_, value)| *value);
    let say = |value: f64| fleet::say(value, &series.unit);
    let now = values().next_back().unwrap_or_default();
    let (low, high) = (
        values().fold(f64::INFINITY, f64::min),
        values().fold(f64::NEG_INFINITY, f64::max),
    );
    let line = course(&series.points, low, high);
    let words = format!("from {} to {}", say(low), say(high));
    view! {
        <tr>
            <th scope="row" title=escaped(&series.name)><Escaped text=model::measure_name(&series.name)/></th>
            <td>{say(now)}</td>
            <td>{say(low)}</td>
            <td>{say(high)}</td>
            <td>
                <svg class="course" viewBox="0 0 120 24" role="img" aria-label=words preserveAspectRatio="none"><polyline points=line/></svg>
            </td>
        </tr>
    }
    .into_any()
}

/// The points of a line 120 wide and 24 high; time runs from the first to the last point.
fn course(points: &[(i64, f64)], low: f64, high: f64) -> String {
    let (Some((first, _)), Some((last, _))) = (points.first(), points.last()) else {
        return String::new();
    };
    #[expect(clippy::cast_precision_loss, reason = "a place on 120 px")]
    let place = |at: i64, value: f64| {
        let width = (last - first).max(1) as f64;
        let x = (at - first) as f64 / width * 118.0 + 1.0;
        let height = high - low;
        let y = if height > 0.0 {
            22.0 - (value - low) / height * 20.0
        } else {
            12.0
        };
        format!("{x:.0},{y:.1}")
    };
    let mut places: Vec<String> = points
        .iter()
        .map(|(at, value)| place(*at, *value))
        .collect();
    // A single measurement is a line as long as the time that is known of: the whole.
    if first == last {
        places.push("119,12.0".to_owned());
    }
    places.join(" ")
}

fn reached(agent: &Agent) -> AnyView {
    let Transport::Ssh(connection) = agent.transport.clone() else {
        return view! {
            <Card title="How it is reached"><p>"It is this computer: its programs are asked directly."</p></Card>
        }
        .into_any();
    };
    let command = model::ssh_command(agent);
    let by = via(&connection);
    view! {
        <Card title="How it is reached" aside=move || command.clone().map(|command| view! { <CopyButton text=command label="Copy ssh command"/> })>
            <Facts>
                <Fact name="Address"><Escaped text=format!("{}:{}", connection.address, connection.port)/></Fact>
                <Fact name="User"><Escaped text=connection.user.clone()/></Fact>
                <Fact name="Credential"><code><Escaped text=connection.credential.to_string()/></code></Fact>
                {connection.ssh_alias.clone().map(|alias| view! { <Fact name="ssh config"><Escaped text=alias/></Fact> })}
                {by}
                {(!connection.jumps.is_empty()).then(|| {
                    let hops: Vec<String> = connection.jumps.iter().map(|hop| format!("{}@{}:{}", hop.user, hop.address, hop.port)).collect();
                    view! { <Fact name="Through"><Escaped text=hops.join(", ")/></Fact> }
                })}
                {connection.host_key.clone().map(|key| view! { <Fact name="Host key"><code>{key.clone()}</code>" "<CopyButton text=key/></Fact> })}
            </Facts>
        </Card>
    }
    .into_any()
}

fn via(connection: &Connection) -> AnyView {
    let words = match &connection.via {
        Via::Ssh => "one kept connection of this program".to_owned(),
        Via::Openssh { reason } => format!("your own ssh program: {reason}"),
    };
    view! { <Fact name="By"><Escaped text=words/></Fact> }.into_any()
}

fn facts(info: &AgentInfo) -> AnyView {
    let agent = info.agent.clone();
    let labels: Vec<AnyView> = model::labels_text(&agent.labels)
        .lines()
        .map(str::to_owned)
        .map(|label| view! { <Badge><Escaped text=label/></Badge>" " }.into_any())
        .collect();
    let since = info.registered_at_us.map(local_point);
    let run = info.run.clone();
    view! {
        <Card title="What is known of it">
            <Facts>
                <Fact name="Name"><Escaped text=agent.agent_id.clone()/></Fact>
                <Fact name="Labels">
                    {if labels.is_empty() { view! { <span class="quiet">"none"</span> }.into_any() } else { labels.into_any() }}
                </Fact>
                {agent.facts.into_iter().map(|(name, value)| view! { <Fact name=crate::kit::escape::escaped(&name)><Escaped text=value/></Fact> }).collect_parts()}
                {since.map(|since| view! { <Fact name="Registered">{since}</Fact> })}
                {run.map(|run| view! { <Fact name="Changed by"><a href=format!("#/run/{run}")>"its last run"</a></Fact> })}
            </Facts>
        </Card>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::course;

    #[test]
    fn a_course_fills_its_box_and_a_single_point_is_a_line() {
        assert_eq!(course(&[], 0.0, 0.0), "");
        assert_eq!(course(&[(5, 3.0)], 3.0, 3.0), "1,12.0 119,12.0");
        let points = [(0, 1.0), (5, 3.0), (10, 2.0)];
        assert_eq!(course(&points, 1.0, 3.0), "1,22.0 60,2.0 119,12.0");
    }
}
