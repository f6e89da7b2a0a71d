//! Cards, and the list of named facts that stands in many of them.

use leptos::prelude::*;

use super::{Tone, dynamic, unique_id};

/// A bordered surface; with a title it is a region of the page that assistive technology lists.
#[component]
pub fn Card(
    /// Its heading (level 2).
    #[prop(optional, into)]
    title: MaybeProp<String>,
    /// A coloured edge at the start, for the one card that wants a person.
    #[prop(optional)]
    accent: Option<Tone>,
    /// What stands at the end of the heading's line: badges, small buttons.
    #[prop(optional, into)]
    aside: ViewFn,
    /// What stands before the heading: a glyph.
    #[prop(optional, into)]
    before: ViewFn,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let heading = unique_id("card");
    let labelled_by = heading.clone();
    let class = match accent {
        Some(tone) => format!("card card-accent tone-{}", tone.name()),
        None => "card".to_owned(),
    };
    view! {
        <section class=class aria-labelledby=move || title.get().map(|_| labelled_by.clone())>
            {dynamic(move || {
                let (id, before, aside) = (heading.clone(), before.clone(), aside.clone());
                title.get().map(|title| view! {
                    <div class="card-head">
                        {before.run()}
                        <h2 id=id>{title}</h2>
                        <div class="card-aside">{aside.run()}</div>
                    </div>
                })
            })}
            {children()}
        </section>
    }
}

/// Named facts in two columns.
#[component]
pub fn Facts(
    /// [`Fact`]s.
    children: Children,
) -> impl IntoView {
    view! { <dl class="facts">{children()}</dl> }
}

/// One named fact.
#[component]
pub fn Fact(
    /// Its name.
    #[prop(into)]
    name: Signal<String>,
    /// Its value.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="fact">
            <dt>{dynamic(move || name.get())}</dt>
            <dd>{children()}</dd>
        </div>
    }
}
