//! The root: what everything shares, the rows of the navigation, which screen a path leads to, and what stands above
//! every screen.

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use workflow::RunId;

use crate::{
    agents,
    approvals::Approvals,
    commands::commands,
    guide::Guide,
    home::{Home, LastVisit},
    kit::{
        Announcer, Button, Intent, LiveRegions, Memo, MessageBar, PageHead, ToastStack, Toasts,
        dynamic, icons,
    },
    live::{Live, Waiting, banner_words, call, words},
    parts::{FaultBar, press},
    run::RunPage,
    runs::Runs,
    settings::Settings,
    shell::{AppearanceState, NavItem, RailState, Route, Shell, WaitingBanner},
    workflow_rail::WorkflowRail,
    workflows,
};

/// Replaces the skeleton of `index.html` by the app.
pub(crate) fn mount() {
    let root = document()
        .get_element_by_id("app")
        .and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok());
    match root {
        Some(root) => {
            root.set_inner_html("");
            mount_to(root, App).forget();
        }
        // A page of a test without the skeleton.
        None => mount_to_body(App),
    }
}

pub(crate) fn nav(waiting: Memo<Vec<Waiting>>) -> Vec<NavItem> {
    let item = |path, label, icons| NavItem {
        path,
        also: None,
        label,
        icons,
        count: None,
    };
    vec![
        item("/", "Home", (icons::HOME, icons::HOME_FILLED)),
        NavItem {
            count: Some(Signal::derive(move || waiting.with(Vec::len))),
            ..item("/approvals", "Approvals", (icons::HAND, icons::HAND_FILLED))
        },
        NavItem {
            also: Some("/run"),
            ..item("/runs", "Runs", (icons::HISTORY, icons::HISTORY))
        },
        item("/workflows", "Workflows", (icons::FLOW, icons::FLOW)),
        item("/agents", "Agents", (icons::SERVER, icons::SERVER)),
        item("/guide", "User guide", (icons::DOCUMENT, icons::DOCUMENT)),
        item("/settings", "Settings", (icons::SETTINGS, icons::SETTINGS)),
    ]
}

/// The window.
#[component]
pub fn App() -> impl IntoView {
    let announcer = Announcer::provide();
    let route = Route::provide();
    let toasts = Toasts::provide(announcer);
    let appearance = AppearanceState::provide();
    let rail = RailState::provide();
    let live = Live::provide();
    LastVisit::provide();
    let waiting = Memo::new(move |_| {
        live.board
            .with(|board| board.here().map(|board| board.waiting()))
            .unwrap_or_default()
    });
    announce(announcer, waiting);
    desktop_leads(live);
    let next_approval = next_approval(live, waiting);
    let commands = commands(live, rail, appearance, waiting, next_approval);
    let page_of = Signal::derive(move || route.path().strip_prefix("/run/").map(str::to_owned));
    let started = Callback::new(move |()| rail.run_started());
    view! {
        <Shell
            nav=nav(waiting)
            banner=move || view! { <AboveScreens waiting/> }
            rail=move || view! { <WorkflowRail on_page_of=page_of on_started=started/> }
            commands
            on_next_approval=next_approval
        >
            {dynamic(move || screen(&route.path(), started))}
        </Shell>
        <LiveRegions announcer/>
        <ToastStack toasts/>
    }
}

fn screen(path: &str, started: Callback<()>) -> AnyView {
    if let Some(run) = path.strip_prefix("/run/") {
        return view! { <RunPage run=RunId(run.to_owned())/> }.into_any();
    }
    if let Some(rest) = path.strip_prefix("/agents") {
        return agents::screen(rest);
    }
    if let Some(rest) = path.strip_prefix("/workflows") {
        return workflows::screen(rest);
    }
    match path {
        "/" => view! { <Home on_started=started/> }.into_any(),
        "/approvals" => view! { <Approvals/> }.into_any(),
        "/runs" => view! { <Runs/> }.into_any(),
        "/guide" => view! { <Guide/> }.into_any(),
        "/settings" => view! { <Settings/> }.into_any(),
        #[cfg(any(debug_assertions, feature = "gallery"))]
        "/gallery" => view! { <crate::gallery::Gallery/> }.into_any(),
        _ => view! {
            <PageHead title="There is no such screen" meta="The link may be from a newer version of Countersign."/>
            <a href="#/">"Go to Home"</a>
        }
        .into_any(),
    }
}

/// The engine's trouble and the waiting banner.
#[component]
fn AboveScreens(waiting: Memo<Vec<Waiting>>) -> impl IntoView {
    let live = Live::expect();
    let title = Signal::derive(move || waiting.with(|waiting| banner_words(waiting)));
    let since =
        Signal::derive(move || waiting.with(|waiting| waiting.first().map(|first| first.since_us)));
    let counts = Memo::new(move |_| waiting.with(|waiting| !waiting.is_empty()));
    // The clock ticks only while the banner is there.
    let words = Memo::new(move |_| {
        counts.get().then(|| live.clock.ticking()).and_then(|now| {
            let since = since.get()?;
            Some(words::counting(now.get() - since))
        })
    });
    let open = move |()| {
        if let Some(first) = waiting.with_untracked(|waiting| waiting.first().cloned()) {
            show_card(live, &first);
        }
    };
    view! {
        <EngineTrouble/>
        <WaitingBanner title since=Signal::derive(move || words.get()) on_open=open/>
    }
}

#[component]
fn EngineTrouble() -> impl IntoView {
    let live = Live::expect();
    let trouble = Memo::new(move |_| {
        live.engine.with(|engine| {
            let engine = engine.as_ref().filter(|engine| !engine.writable)?;
            Some(
                engine
                    .trouble
                    .clone()
                    .unwrap_or_else(|| "The journal cannot be written.".to_owned()),
            )
        })
    });
    let (fault, busy) = (RwSignal::new(None), RwSignal::new(false));
    let retry = Callback::new(move |()| {
        press(live.retry_writes(), busy, fault, |()| {});
    });
    dynamic(move || {
        trouble.get().map(|trouble| view! {
            <div class="engine-trouble" data-testid="engine-trouble">
                <MessageBar
                    intent=Intent::Error
                    title="Runs cannot go on."
                    actions=move || view! { <Button small=true icon=icons::ARROW_SYNC busy on_press=retry>"Try again"</Button> }
                >
                    {crate::kit::escape::escaped(&trouble)}
                </MessageBar>
                <FaultBar fault/>
            </div>
        })
    })
}

/// Leads to the card of a question, which takes the focus.
pub(crate) fn show_card(live: Live, waiting: &Waiting) {
    live.wanted.set(Some(waiting.run.clone()));
    Route::go(&format!("/run/{}", waiting.run));
}

/// Goes where a notification, the tray or a link leads, and says that the page is painted.
fn desktop_leads(live: Live) {
    let take = move || {
        spawn_local(async move {
            // Outside the desktop program nothing leads anywhere.
            if let Ok(Some(path)) = call(api::TakeLink {}).await {
                live.wanted
                    .set(path.strip_prefix("/run/").map(|run| RunId(run.to_owned())));
                Route::go(&path);
            }
        });
    };
    take();
    let leads = window_event_listener_untyped("countersign-link", move |_| take());
    on_cleanup(move || leads.remove());
    // The second frame begins when the first one has been painted.
    request_animation_frame(|| {
        request_animation_frame(|| {
            spawn_local(async {
                let _ = call(api::Painted {}).await;
            });
        });
    });
}

/// Leads to the next question; again: to the one after it.
fn next_approval(live: Live, waiting: Memo<Vec<Waiting>>) -> Callback<()> {
    let last = StoredValue::new(None::<String>);
    Callback::new(move |()| {
        waiting.with_untracked(|waiting| {
            if let Some(next) = next_after(waiting, last.get_value().as_deref()) {
                last.set_value(Some(next.name()));
                show_card(live, next);
            }
        });
    })
}

fn next_after<'a>(waiting: &'a [Waiting], last: Option<&str>) -> Option<&'a Waiting> {
    let after = waiting
        .iter()
        .position(|one| Some(one.name().as_str()) == last);
    let index = after.map_or(0, |index| (index + 1) % waiting.len());
    waiting.get(index)
}

/// Says aloud that a person is waited for, once for each question.
fn announce(announcer: Announcer, waiting: Memo<Vec<Waiting>>) {
    Effect::new(move |before: Option<Vec<String>>| {
        waiting.with(|waiting| {
            let names: Vec<String> = waiting.iter().map(Waiting::name).collect();
            let known = before.unwrap_or_default();
            let new = waiting.iter().find(|one| !known.contains(&one.name()));
            if let Some(new) = new {
                let question = crate::kit::escape::escaped(&new.question);
                announcer.say_now(&format!("Your approval is needed: {question}"));
            }
            names
        })
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_goes_round() {
        let one = |run: &str| Waiting {
            run: RunId(run.into()),
            workflow: String::new(),
            question: String::new(),
            what: "x.before#1".into(),
            since_us: 0,
            expires_at_us: None,
        };
        let waiting = [one("a"), one("b")];
        let next = |last: Option<&str>| next_after(&waiting, last).map(|next| next.run.0.as_str());
        assert_eq!(next(None), Some("a"));
        assert_eq!(next(Some("a x.before#1")), Some("b"));
        assert_eq!(next(Some("b x.before#1")), Some("a"));
        assert_eq!(next(Some("gone")), Some("a"));
        assert_eq!(next_after(&[], None), None);
    }
}
