//! Who may decide: the person at this computer, and tokens for doors where nobody sits.

use api::{MakeToken, OperatorInfo, OperatorList, Operators, RevokeToken, TokenMade};
use leptos::prelude::*;

use crate::{
    kit::{
        Appearance, Button, Card, CopyButton, Escaped, Field, Intent, MessageBar, Skeleton,
        TextInput, dynamic,
    },
    live::{Fetched, ask, call, local_point},
    parts::{FaultBar, TileFault, press},
};

/// The card.
#[component]
pub fn People() -> impl IntoView {
    let list = RwSignal::new(Fetched::<OperatorList>::Fetching);
    ask(Operators {}, list);
    let name = RwSignal::new(String::new());
    let no_name = RwSignal::new(None::<String>);
    let made = RwSignal::new(None::<TokenMade>);
    let (busy, fault) = (RwSignal::new(false), RwSignal::new(None));
    let make = move || {
        let name_now = name.get_untracked().trim().to_owned();
        no_name.set(
            name_now
                .is_empty()
                .then(|| "Say for what or whom it is.".to_owned()),
        );
        if name_now.is_empty() {
            return;
        }
        press(
            call(MakeToken { name: name_now }),
            busy,
            fault,
            move |token| {
                let _ = made.try_set(Some(token));
                let _ = name.try_set(String::new());
                ask(Operators {}, list);
            },
        );
    };
    let again = Callback::new(move |()| ask(Operators {}, list));
    let revoke = Callback::new(move |name: String| {
        press(call(RevokeToken { name }), busy, fault, move |now| {
            let _ = list.try_set(Fetched::Here(now));
        });
    });
    view! {
        <Card title="Who may decide">
            <div class="stack">
                <p class="quiet">"You, at this computer. A script or another program decides only with a token, and a token decides everything you could."</p>
                {dynamic(move || list.with(|list| match list {
                    Fetched::Fetching => view! { <Skeleton what="who may decide" lines=2/> }.into_any(),
                    Fetched::Failed(fault) => view! { <TileFault fault=fault.clone() on_retry=again/> }.into_any(),
                    Fetched::Here(list) => table(list, revoke),
                }))}
                <FaultBar fault/>
                {dynamic(move || made.get().map(|token| view! {
                    <MessageBar intent=Intent::Success title="Copy the token now: it is not shown again." on_dismiss=Callback::new(move |()| made.set(None))>
                        <code data-testid="token">{token.token.clone()}</code>" "<CopyButton text=token.token/>
                    </MessageBar>
                }))}
                <form class="secret-row" novalidate on:submit=move |event| { event.prevent_default(); make(); }>
                    <Field label="A new token for" error=no_name><TextInput value=name placeholder="nightly job" test_id="token-name"/></Field>
                    <Button busy submit=true attr:data-testid="token-make">"Make a token"</Button>
                </form>
            </div>
        </Card>
    }
}

fn table(list: &OperatorList, revoke: Callback<String>) -> AnyView {
    let rows: Vec<AnyView> = list
        .operators
        .iter()
        .cloned()
        .map(|one| row(one, revoke))
        .collect();
    view! {
        <table class="table">
            <thead><tr><th scope="col">"Name"</th><th scope="col">"Proof"</th><th scope="col">"Since"</th><th scope="col"><span class="sr-only">"Actions"</span></th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(one: OperatorInfo, revoke: Callback<String>) -> AnyView {
    let since = one.since_us.map(local_point);
    let action = match one.revoked_us {
        Some(at) => view! { <span class="quiet">"ended "{local_point(at)}</span> }.into_any(),
        None if one.proof == "token" => {
            let name = one.name.clone();
            view! { <Button appearance=Appearance::Subtle small=true on_press=move |()| revoke.run(name.clone())>"End it"</Button> }.into_any()
        }
        None => ().into_any(),
    };
    view! {
        <tr>
            <th scope="row"><Escaped text=one.name/></th>
            <td>{one.proof}</td>
            <td>{since}</td>
            <td>{action}</td>
        </tr>
    }
    .into_any()
}
