//! How questions at gates ended: the newest first, a page at a time.

use api::{DecisionRow, Fault};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    kit::{Badge, Button, CollectParts, EmptyState, Escaped, Memo, Skeleton, Tone, dynamic, icons},
    live::{Live, call, local_point, words},
    parts::TileFault,
};

/// So many are asked for at once.
const PAGE: u32 = 50;

/// The list.
#[component]
pub fn Decided() -> impl IntoView {
    let live = Live::expect();
    let rows = RwSignal::new(None::<Vec<DecisionRow>>);
    let (more, busy) = (RwSignal::new(false), RwSignal::new(false));
    let fault = RwSignal::new(None::<Fault>);
    let ask = Callback::new(move |before: Option<u64>| {
        busy.set(true);
        fault.set(None);
        spawn_local(async move {
            let answer = call(api::Decisions {
                before,
                limit: PAGE,
            })
            .await;
            let _ = busy.try_set(false);
            match answer {
                Ok(page) => {
                    let _ = more.try_set(page.more);
                    rows.try_update(|rows| match (rows, before) {
                        (Some(rows), Some(_)) => rows.extend(page.rows),
                        (rows, _) => *rows = Some(page.rows),
                    });
                }
                Err(why) => _ = fault.try_set(Some(why)),
            }
        });
    });
    // A decision takes its question from the board: then there is a new one here.
    let waits = Memo::new(move |_| {
        live.board.with(|board| {
            let of = board.here().map(|board| board.waiting());
            of.unwrap_or_default()
                .iter()
                .map(|one| one.name())
                .collect::<Vec<_>>()
        })
    });
    Effect::new(move |_| {
        waits.get();
        ask.run(None);
    });
    view! {
        {dynamic(move || fault.get().map(|fault| view! { <TileFault fault on_retry=Callback::new(move |()| ask.run(None))/> }))}
        {dynamic(move || rows.with(|rows| match rows {
            None if fault.with(Option::is_none) => view! { <Skeleton what="the decisions" lines=5/> }.into_any(),
            None => ().into_any(),
            Some(rows) if rows.is_empty() => view! {
                <EmptyState icon=icons::HISTORY title="Nothing was decided yet">
                    <p>"Every answer at a gate is kept here with who gave it and when; the journal proves it."</p>
                </EmptyState>
            }.into_any(),
            Some(rows) => view! {
                <div class="table-scroll" tabindex="0" role="region" aria-label="Decisions">
                    <table class="table" data-testid="decisions">
                        <thead><tr><th scope="col">"Answer"</th><th scope="col">"Question"</th><th scope="col">"By"</th><th scope="col">"When"</th><th scope="col">"Had waited"</th></tr></thead>
                        <tbody>{rows.iter().map(row).collect_parts()}</tbody>
                    </table>
                </div>
            }.into_any(),
        }))}
        {dynamic(move || more.get().then(|| view! {
            <div class="row more">
                <Button busy on_press=move |()| ask.run(rows.with_untracked(|rows| rows.as_ref()?.last().map(|row| row.seq)))>"Show more"</Button>
            </div>
        }))}
    }
}

fn row(row: &DecisionRow) -> AnyView {
    let row = row.clone();
    let (tone, icon, words_of) = answer(&row.answer);
    let words_of = words_of.to_owned();
    let by = format!("{} ({})", row.by.name, row.by.origin);
    view! {
        <tr>
            <td><Badge tone icon>{words_of}</Badge></td>
            <td>
                <a href=format!("#/run/{}", row.run)><Escaped text=row.question.clone()/></a>
                <p class="quiet"><Escaped text=row.workflow.clone()/></p>
                {row.words.clone().map(|words| view! { <p class="quiet">"“"<Escaped text=words/>"”"</p> })}
            </td>
            <td><Escaped text=by/></td>
            <td>{local_point(row.at_us)}</td>
            <td>{words::took(row.at_us - row.opened_at_us)}</td>
        </tr>
    }
    .into_any()
}

/// How an answer is shown; a word from a newer version is shown as it is.
fn answer(word: &str) -> (Tone, &'static str, &str) {
    match word {
        "approve" => (Tone::Success, icons::CHECKMARK, "approved"),
        "drop" => (Tone::Success, icons::CHECKMARK, "approved in part"),
        "edit" => (Tone::Brand, icons::EDIT, "edited"),
        "skip" => (Tone::Neutral, icons::SKIP, "skipped"),
        "redo" => (Tone::Brand, icons::ARROW_SYNC, "redo asked for"),
        "reject" => (Tone::Danger, icons::DISMISS, "rejected"),
        "expired" => (Tone::Warning, icons::CLOCK, "expired"),
        other => (Tone::Neutral, icons::INFO_FILLED, other),
    }
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn every_answer_has_words_of_its_own() {
        let words = [
            "approve", "drop", "edit", "skip", "redo", "reject", "expired", "new",
        ];
        for (index, word) in words.iter().enumerate() {
            let said = answer(word).2;
            assert!(!words[..index].iter().any(|other| answer(other).2 == said));
        }
    }
}
