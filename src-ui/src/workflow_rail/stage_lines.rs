//! The four stage lines with their glyphs, and the steps of the open one below it. A stage that a person opened stays
//! open; else the one that wants a look is.

use std::sync::Arc;

use leptos::prelude::*;
use workflow::{Run, StageLine, StepStatus};

use crate::{
    kit::{CollectParts, Escaped, Icon, Memo, Status, StatusGlyph, dynamic, icons, unique_id},
    parts::{
        stages::{self, StepLine},
        status_of,
    },
};

/// The lines.
#[component]
pub fn StageLines(
    /// The run.
    #[prop(into)]
    run: Signal<Option<Arc<Run>>>,
    /// Whether the lines can be opened.
    #[prop(into)]
    steps: Signal<bool>,
) -> impl IntoView {
    let lines = Memo::new(move |_| {
        run.with(|run| run.as_ref().map(|run| run.stages()).unwrap_or_default())
    });
    let by_hand = RwSignal::new(None::<Option<usize>>);
    let open = Memo::new(move |_| {
        let own = lines.with(|lines| {
            let statuses: Vec<StepStatus> = lines.iter().map(|line| line.status).collect();
            stages::open_stage(&statuses)
        });
        by_hand.get().unwrap_or(own).filter(|_| steps.get())
    });
    let count = Memo::new(move |_| lines.with(Vec::len));
    view! {
        <ol class="stages" aria-label="Stages">
            {dynamic(move || (0..count.get()).map(|index| view! {
                <Stage run lines index open by_hand steps/>
            }).collect_parts())}
        </ol>
    }
}

#[component]
fn Stage(
    run: Signal<Option<Arc<Run>>>,
    lines: Memo<Vec<StageLine>>,
    index: usize,
    open: Memo<Option<usize>>,
    by_hand: RwSignal<Option<Option<usize>>>,
    steps: Signal<bool>,
) -> impl IntoView {
    let line = Memo::new(move |_| lines.with(|lines| lines.get(index).cloned()));
    let status = Signal::derive(move || {
        line.with(|line| {
            line.as_ref()
                .map_or(Status::Pending, |line| status_of(line.status))
        })
    });
    let title = Signal::derive(move || {
        line.with(|line| {
            line.as_ref()
                .map(|line| line.title.clone())
                .unwrap_or_default()
        })
    });
    let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
    let inner = Memo::new(move |_| {
        let shown = open.get() == Some(index);
        run.with(|run| {
            run.as_ref()
                .filter(|_| shown)
                .map(|run| stages::lines(run, number))
        })
        .unwrap_or_default()
    });
    let is_open = Memo::new(move |_| open.get() == Some(index));
    let panel = unique_id("stage");
    let controls = panel.clone();
    let toggle = move |_| {
        let next = if open.get_untracked() == Some(index) {
            None
        } else {
            Some(index)
        };
        by_hand.set(Some(next));
    };
    view! {
        <li
            class="stage-line"
            data-testid=format!("stage-{number}")
            data-status=move || status.get().word()
            aria-current=move || (status.get() == Status::InProgress).then_some("step")
        >
            {dynamic(move || if steps.get() {
                let controls = controls.clone();
                view! {
                    <button type="button" class="stage-head" aria-expanded=move || if is_open.get() { "true" } else { "false" } aria-controls=controls on:click=toggle>
                        <StatusGlyph status quiet=true/>
                        <span class="stage-title"><Escaped text=title/></span>
                        <Icon path=icons::CHEVRON_DOWN size=16/>
                    </button>
                }.into_any()
            } else {
                view! {
                    <div class="stage-head">
                        <StatusGlyph status quiet=true/>
                        <span class="stage-title"><Escaped text=title/></span>
                    </div>
                }.into_any()
            })}
            <div id=panel hidden=move || !is_open.get()>
                <ul class="steps">
                    {dynamic(move || inner.get().into_iter().map(step).collect_parts())}
                </ul>
            </div>
        </li>
    }
}

fn step(line: StepLine) -> AnyView {
    let failing = line.failing.join(", ");
    let nested = line.depth > 0;
    view! {
        <li class="step-line" class:step-nested=nested data-step=line.key.to_string() data-status=line.status.word()>
            <StatusGlyph status=status_of(line.status) quiet=true/>
            <div>
                <p><Escaped text=line.title/></p>
                {line.note.map(|note| view! { <p class="quiet"><Escaped text=note/></p> })}
                {(!failing.is_empty()).then(|| view! { <p class="step-failing">"Failed: "<Escaped text=failing/></p> })}
            </div>
        </li>
    }
    .into_any()
}
