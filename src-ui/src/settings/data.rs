//! The data folder: where it is, a copy of it, whether the journal is whole, and what a maintainer needs to help.

use api::{Audit, AuditReport, AuditState, BackUp, Diagnostics, FileMade, Folder, OpenFolder};
use leptos::prelude::*;

use crate::{
    kit::{
        Button, Card, CopyButton, Disclosure, Escaped, Fact, Facts, Intent, MessageBar, dynamic,
        icons,
    },
    live::{Live, call, words},
    parts::{FaultBar, press},
};

/// The card.
#[component]
pub fn Data() -> impl IntoView {
    let live = Live::expect();
    let engine = live.engine;
    let (busy, fault) = (RwSignal::new(false), RwSignal::new(None));
    let made = RwSignal::new(None::<(&'static str, FileMade)>);
    let audit = RwSignal::new(None::<AuditReport>);
    let open = move |folder: Folder| press(call(OpenFolder { folder }), busy, fault, |()| {});
    let back_up = move |()| {
        press(call(BackUp {}), busy, fault, move |file| {
            let _ = made.try_set(Some(("The copy is made.", file)));
        });
    };
    let diagnose = move |()| {
        press(call(Diagnostics {}), busy, fault, move |file| {
            let _ = made.try_set(Some(("The file for a maintainer is written.", file)));
        });
    };
    let check = move |()| {
        press(call(Audit {}), busy, fault, move |report| {
            let _ = audit.try_set(Some(report));
        });
    };
    view! {
        <Card title="Data">
            <div class="stack">
                {dynamic(move || engine.get().map(|engine| view! {
                    <Facts>
                        <Fact name="Folder"><code><Escaped text=engine.data_dir.clone()/></code>" "<CopyButton text=engine.data_dir/></Fact>
                        <Fact name="Version">{engine.version}</Fact>
                    </Facts>
                }))}
                <div class="row">
                    <Button icon=icons::DOCUMENT on_press=move |()| open(Folder::Data)>"Open the folder"</Button>
                    <Button icon=icons::COPY busy on_press=back_up attr:data-testid="back-up">"Back up now"</Button>
                    <Button busy on_press=check attr:data-testid="audit">"Check the journal"</Button>
                    <Button busy on_press=diagnose attr:data-testid="diagnostics">"Write diagnostics"</Button>
                </div>
                <FaultBar fault/>
                {dynamic(move || made.get().map(|(title, file)| written(title, file)))}
                {dynamic(move || audit.get().map(audited))}
                <Disclosure summary="Putting a backup in place">
                    <p>"A backup never overwrites a folder. Close Countersign, then in a terminal:"</p>
                    <pre class="detail" tabindex="0">"countersign restore BACKUP --to NEW-FOLDER\nCOUNTERSIGN_DATA_DIR=NEW-FOLDER countersign-desktop"</pre>
                </Disclosure>
            </div>
        </Card>
    }
}

fn written(title: &'static str, file: FileMade) -> AnyView {
    let says: Vec<AnyView> = file
        .says
        .into_iter()
        .map(|line| view! { <li><Escaped text=line/></li> }.into_any())
        .collect();
    view! {
        <MessageBar intent=Intent::Success title>
            <code data-testid="file-made"><Escaped text=file.path.clone()/></code>" "{words::size(file.bytes)}" "<CopyButton text=file.path/>
            <ul class="plain-list">{says}</ul>
        </MessageBar>
    }
    .into_any()
}

fn audited(report: AuditReport) -> AnyView {
    let (intent, title) = match report.state {
        AuditState::Signed => (Intent::Success, "The journal is whole and signed."),
        AuditState::Unsigned => (
            Intent::Warning,
            "The journal is whole, but not signed where it should be.",
        ),
        AuditState::Broken => (Intent::Error, "The journal is not whole."),
    };
    let notes: Vec<AnyView> = report
        .why
        .into_iter()
        .chain(report.notes)
        .map(|line| view! { <li><Escaped text=line/></li> }.into_any())
        .collect();
    view! {
        <div data-testid="audit-report">
            <MessageBar intent title>
                {format!("{} records. ", report.records)}<Escaped text=report.says/>
                <ul class="plain-list">{notes}</ul>
                {report.fingerprint.map(|key| view! { <p class="quiet">"Signing key "<code>{key.clone()}</code>" "<CopyButton text=key/></p> })}
            </MessageBar>
        </div>
    }
    .into_any()
}
