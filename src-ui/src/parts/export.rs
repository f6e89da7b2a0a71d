//! A report out of the window, as a file in the folder for downloads.

use api::{Fault, FileMade, ReportForm};
use leptos::prelude::*;
use workflow::RunId;

use super::{FaultBar, press};
use crate::{
    kit::{Button, CopyButton, Escaped, Intent, MessageBar, dynamic, icons},
    live::call,
};

/// The buttons, and where the file is.
#[component]
pub fn ExportReport(
    /// Whose report.
    run: RunId,
) -> impl IntoView {
    let (busy, fault) = (RwSignal::new(false), RwSignal::new(None::<Fault>));
    let made = RwSignal::new(None::<FileMade>);
    let run = StoredValue::new(run);
    let save = Callback::new(move |form: ReportForm| {
        let run = run.get_value();
        let export = call(api::ExportReport { run, form });
        press(export, busy, fault, move |file| {
            let _ = made.try_set(Some(file));
        });
    });
    view! {
        <div class="row export">
            <Button small=true icon=icons::DOCUMENT busy on_press=move |()| save.run(ReportForm::Html) attr:data-testid="export-html">"Save as HTML"</Button>
            <Button small=true busy on_press=move |()| save.run(ReportForm::Markdown) attr:data-testid="export-markdown">"Save as Markdown"</Button>
        </div>
        <FaultBar fault/>
        {dynamic(move || made.get().map(|file| view! {
            <MessageBar intent=Intent::Success title="The report is saved." on_dismiss=Callback::new(move |()| made.set(None))>
                <code data-testid="file-made"><Escaped text=file.path.clone()/></code>" "<CopyButton text=file.path/>
            </MessageBar>
        }))}
    }
}
