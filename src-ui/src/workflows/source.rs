//! The text of a workflow file with numbered lines, and what is wrong with it at the line where it is wrong.

use api::{Finding, SourceText};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    browser,
    kit::{
        CollectParts, CopyButton, Escaped, Icon, PageHead, Skeleton, dynamic, escape::escaped,
        icons,
    },
    live::{Fetched, Live, call},
    parts::TileFault,
};

/// The page that a finding leads to. It shows the file anew whenever the definitions have changed.
#[component]
pub fn SourcePage(
    /// The file, as findings name it.
    name: String,
    /// The line that is looked for, from 1.
    line: Option<u32>,
) -> impl IntoView {
    let live = Live::expect();
    let text = RwSignal::new(Fetched::<SourceText>::Fetching);
    let name = StoredValue::new(name);
    let ask = Callback::new(move |()| {
        spawn_local(async move {
            let name = name.get_value();
            let answer = match call(api::WorkflowSource { name }).await {
                Ok(source) => Fetched::Here(source),
                Err(fault) => Fetched::Failed(fault),
            };
            let _ = text.try_set(answer);
            if let Some(line) = line {
                // The lines must be in the page first.
                set_timeout(
                    move || _ = browser::focus_id(&line_id(line)),
                    std::time::Duration::ZERO,
                );
            }
        });
    });
    Effect::new(move |_| {
        live.workflows.track();
        ask.run(());
    });
    let title = name.with_value(|name| escaped(file_name(name)));
    view! {
        <nav class="crumbs" aria-label="Where you are"><a href="#/workflows">"Workflows"</a>" / "<span>{title.clone()}</span></nav>
        <PageHead title meta="Change it in an editor: it is read again as soon as it is saved."/>
        <p class="row"><code><Escaped text=name.get_value()/></code><CopyButton text=name.get_value() label="Copy path"/></p>
        {dynamic(move || text.with(|text| match text {
            Fetched::Fetching => view! { <Skeleton what="the file" lines=8/> }.into_any(),
            Fetched::Failed(fault) => view! { <TileFault fault=fault.clone() on_retry=ask/> }.into_any(),
            Fetched::Here(source) => lines(source, line),
        }))}
    }
}

/// The file's own name: `deploy.workflow.yaml` of `/home/ann/ops/deploy.workflow.yaml`.
fn file_name(path: &str) -> &str {
    let own = path.rsplit(['/', '\\']).find(|part| !part.is_empty());
    own.unwrap_or(path)
}

fn line_id(line: u32) -> String {
    format!("line-{line}")
}

/// The lines; the one that is looked for can take the focus.
pub(super) fn lines(source: &SourceText, wanted: Option<u32>) -> AnyView {
    let numbered = source.text.lines().zip(1_u32..);
    let rows: Vec<AnyView> = numbered
        .map(|(text, number)| {
            let here: Vec<&Finding> = source
                .findings
                .iter()
                .filter(|one| one.line == number)
                .collect();
            row(number, text, &here, wanted == Some(number))
        })
        .collect();
    view! {
        <div class="row"><CopyButton text=source.text.clone() label="Copy all"/></div>
        <div class="source-lines" tabindex="0" role="region" aria-label="Text of the file" data-testid="source-lines">{rows}</div>
    }
    .into_any()
}

fn row(number: u32, text: &str, findings: &[&Finding], wanted: bool) -> AnyView {
    view! {
        <div
            class="source-line"
            class:source-wanted=wanted
            class:source-wrong=!findings.is_empty()
            id=wanted.then(|| line_id(number))
            tabindex=wanted.then_some("-1")
        >
            <span class="source-number" aria-hidden="true">{number}</span>
            <code><Escaped text=text.to_owned()/></code>
        </div>
        {findings.iter().map(|finding| {
            let words = if finding.hint.is_empty() {
                finding.what.clone()
            } else {
                format!("{} ({})", finding.what, finding.hint)
            };
            view! {
                <p class="source-finding">
                    <Icon path=if finding.severity == "error" { icons::ERROR_FILLED } else { icons::WARNING_FILLED } size=16/>
                    <span>{format!("column {}: ", finding.column)}<Escaped text=words/></span>
                </p>
            }
        }).collect_parts()}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_page_is_named_after_its_file() {
        for (path, name) in [
            ("/home/ann/ops/deploy.workflow.yaml", "deploy.workflow.yaml"),
            (r"C:\ops\deploy.workflow.yaml", "deploy.workflow.yaml"),
            ("deploy.workflow.yaml", "deploy.workflow.yaml"),
            ("/", "/"),
        ] {
            assert_eq!(file_name(path), name);
        }
    }
}
