//! Buttons, states, messages and text.

use leptos::prelude::*;

use crate::{
    kit::{
        Announcer, Appearance, Badge, Button, Card, CopyButton, Dialog, Disclosure, EmptyState,
        ErrorState, Escaped, Fact, Facts, Field, IconButton, Intent, Markdown, MessageBar,
        Progress, Skeleton, Spinner, Status, StatusGlyph, Tab, TabList, TabPanel, Textarea, Tone,
        dynamic, icons,
    },
    shell::{RailState, WaitingBanner},
};

const REPORT: &str = "# Health of this computer\n\n**Healthy**, 1 warning. Judged by *built-in thresholds*.\n\n\
| check | value | limit |\n|---|--:|--:|\n| disk `/` | 61 % | 85 % |\n| memory | 91 % | 90 % |\n| load (5 min) | 0.42 | 2.00 |\n\n\
1. Look at memory\n2. Restart `myapp` if it grows:\n\n```sh\nsystemctl restart myapp\n```\n\n\
> A quote with a [link](https://example.org/a) and <b>raw HTML</b>, which stays text.\n\n\
- a list\n  - inside a list\n";

const HOSTILE: &str = "rm -rf /srv/\u{202e}pmt/cod.\u{202c} \u{1b}[2Kecho ok\u{200b}";

/// Buttons, badges, the card that wants a person, the dialog.
#[component]
pub fn ActionParts() -> impl IntoView {
    let open = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    let announcer = expect_context::<Announcer>();
    let rail = expect_context::<RailState>();
    view! {
        <Card
            title="Your approval is needed: Create deployment job"
            accent=Tone::Warning
            before=|| view! { <StatusGlyph status=Status::Waiting quiet=true/> }
            aside=|| view! { <Badge tone=Tone::Warning>"Waiting 00:48"</Badge> }
        >
            <Facts>
                <Fact name="Will do">"Run "<code>"deploy.sh main"</code>" on "<strong>"prod-01"</strong>" over SSH"</Fact>
                <Fact name="Why (rule)">"prod-01 is healthy, 95 % of its last 40 jobs passed"</Fact>
                <Fact name="Risk">
                    <span class="row"><Badge tone=Tone::Danger>"Production"</Badge><Badge>"14 files, 212 lines"</Badge></span>
                </Fact>
            </Facts>
            <div class="row">
                <Button appearance=Appearance::Primary>"Approve and continue"</Button>
                <Button on_press=move |()| open.set(true)>"Reject…"</Button>
                <Button appearance=Appearance::Subtle icon=icons::EDIT>"Edit input"</Button>
            </div>
        </Card>
        <Card title="Buttons">
            <div class="row">
                <Button appearance=Appearance::Primary icon=icons::PLAY>"Start"</Button>
                <Button icon=icons::STOP key_hint="Ctrl ⌫">"Cancel run"</Button>
                <Button appearance=Appearance::Subtle>"More"</Button>
                <Button appearance=Appearance::Danger>"Stop all"</Button>
            </div>
            <div class="row">
                <Button appearance=Appearance::Primary disabled=true>"Arming"</Button>
                <Button disabled=true>"Disabled"</Button>
                <Button appearance=Appearance::Primary busy=true>"Approving"</Button>
                <Button busy=true>"Saving"</Button>
            </div>
            <div class="row">
                <Button small=true>"Small"</Button>
                <CopyButton text="systemctl restart myapp"/>
                <IconButton icon=icons::SETTINGS label="Open settings" on_press=|()| ()/>
                <IconButton icon=icons::DISMISS label="Close" small=true on_press=|()| ()/>
                <Button on_press=move |()| announcer.say("Announced from the gallery")>"Announce"</Button>
                <Button on_press=move |()| rail.run_started()>"A run starts"</Button>
            </div>
        </Card>
        <Dialog
            open
            title="Reject this step?"
            actions=move || view! {
                <Button appearance=Appearance::Danger on_press=move |()| open.set(false)>"Reject"</Button>
                <Button on_press=move |()| open.set(false)>"Keep waiting"</Button>
            }
        >
            <p>"The run stops. Nothing of this step has been executed."</p>
            <Field label="Reason" required=true hint="Everyone who sees the run reads it">
                <Textarea value=reason autofocus=true/>
            </Field>
        </Dialog>
    }
}

/// States, progress, badges, tabs.
#[component]
pub fn StateParts() -> impl IntoView {
    let tab = RwSignal::new("steps");
    let tabs = vec![
        Tab {
            id: "steps",
            label: "Steps",
            icon: None,
        },
        Tab {
            id: "log",
            label: "Log",
            icon: None,
        },
        Tab {
            id: "timeline",
            label: "Timeline",
            icon: Some(icons::HISTORY),
        },
    ];
    view! {
        <Card title="States">
            <div class="stack">{Status::ALL.map(|status| view! { <StatusGlyph status/> })}</div>
            <div class="row">
                <Badge>"neutral"</Badge>
                <Badge tone=Tone::Brand>"brand"</Badge>
                <Badge tone=Tone::Success>"success"</Badge>
                <Badge tone=Tone::Warning>"warning"</Badge>
                <Badge tone=Tone::Danger icon=icons::WARNING>"danger"</Badge>
            </div>
        </Card>
        <Card title="Progress">
            <Spinner label="Asking 3 hosts"/>
            <Progress label="Hosts checked" value=0.4/>
            <Progress label="Waiting for the first answer"/>
            <Skeleton what="the report"/>
        </Card>
        <Card title="Tabs and folds">
            <TabList label="Parts of the run" tabs selected=tab/>
            <TabPanel id="steps" selected=tab>"Four steps."</TabPanel>
            <TabPanel id="log" selected=tab>"Twelve lines."</TabPanel>
            <TabPanel id="timeline" selected=tab>"Two minutes."</TabPanel>
            <Disclosure summary="Evidence" open=true>"Load was below 1 for 24 h."</Disclosure>
            <Disclosure summary="Transcript">"Nothing was asked."</Disclosure>
        </Card>
    }
}

/// Messages, empty and error.
#[component]
pub fn MessageParts() -> impl IntoView {
    let shown = RwSignal::new(true);
    view! {
        <Card title="Messages">
            <MessageBar>"Definitions were read again."</MessageBar>
            <MessageBar intent=Intent::Success title="Healthy.">"6 of 6 checks passed."</MessageBar>
            <MessageBar intent=Intent::Warning title="1 warning." actions=|| view! { <Button small=true>"Show"</Button> }>
                "Memory is above 90 %."
            </MessageBar>
            {dynamic(move || shown.get().then(|| view! {
                <MessageBar intent=Intent::Error title="Not saved." on_dismiss=move |()| shown.set(false)>
                    "The data folder is read-only."
                </MessageBar>
            }))}
            <WaitingBanner title=Signal::stored(Some("1 approval waiting: Deploy application".to_owned())) since="00:48" on_open=|()| ()/>
        </Card>
        <Card title="Empty">
            <EmptyState icon=icons::HISTORY title="No runs yet" action=|| view! { <Button appearance=Appearance::Primary>"Check this computer"</Button> }>
                <p>"Every run of a workflow is kept here and can be searched and replayed."</p>
            </EmptyState>
        </Card>
        <Card title="Error">
            <ErrorState
                what="The runs could not be read"
                why="Another Countersign holds the data folder."
                action=|| view! { <Button icon=icons::ARROW_SYNC>"Try again"</Button> }
                details="store: lock /data/owner.lock held by pid 4187\n  at open, attempt 3"
            />
        </Card>
    }
}

/// Text from outside, and the icons.
#[component]
pub fn TextParts() -> impl IntoView {
    view! {
        <Card title="Markdown"><Markdown text=REPORT/></Card>
        <Card title="Hostile text">
            <pre tabindex="0"><Escaped text=HOSTILE/></pre>
            <Markdown text=HOSTILE/>
        </Card>
        <Card title="Icons">
            <div class="icons">
                {[
                    icons::BRAND, icons::HOME, icons::FLOW, icons::PLAY, icons::STOP, icons::UNDO, icons::HAND, icons::BOT,
                    icons::SERVER, icons::DESKTOP, icons::CLOCK, icons::HISTORY, icons::PULSE, icons::ALERT, icons::EYE,
                    icons::PERSON, icons::SETTINGS, icons::SEARCH, icons::ADD, icons::SKIP,
                ].map(|path| view! { <crate::kit::Icon path/> })}
            </div>
        </Card>
    }
}
