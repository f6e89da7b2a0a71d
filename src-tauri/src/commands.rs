//! The commands of the window: one for each call of the two tables, and two for the feed. They forward; what a call takes
//! and gives, and what may go wrong, is said in `api` and done in `engine`. The page sends what a call takes as one value
//! named `args`, so that its names stay as the table has them.

use api::{Batch, Fault, Topic};
use serde_json::Value as Json;
use tauri::async_runtime::spawn;
use tauri::ipc::{Channel, Invoke, JavaScriptChannelId};
use tauri::{Runtime, State, Webview};

use crate::desk::Desk;
use crate::desktop::{self, Desktop};
use crate::follow::pass_on;

macro_rules! command {
    ($name:ident, $call:ident) => {
        #[tauri::command]
        async fn $name(desk: State<'_, Desk>, args: Json) -> Result<Json, Fault> {
            desk.call(<api::$call as api::Call>::NAME, args).await
        }
    };
}

api::for_each_call!(command);

macro_rules! desktop_command {
    ($name:ident, $call:ident) => {
        #[tauri::command]
        async fn $name(desktop: State<'_, Desktop>, args: Json) -> Result<Json, Fault> {
            desktop::answer::<api::$call>(&desktop, args).await
        }
    };
}

api::for_each_desktop_call!(desktop_command);

/// Follows a topic; the notices come through the channel until `unfollow`, a gap, or the end of the page.
#[tauri::command]
async fn follow<R: Runtime>(
    webview: Webview<R>,
    desk: State<'_, Desk>,
    topic: Json,
    channel: String,
) -> Result<String, Fault> {
    let topic: Topic = serde_json::from_value(topic).map_err(|why| wrong_arguments(&why))?;
    let id: JavaScriptChannelId = channel.parse().map_err(|why| wrong_arguments(&why))?;
    let notices = desk.follow(topic).await?;
    // Made only now: a channel says that it has ended when it is dropped, and that must not overtake a fault.
    let channel: Channel<Batch> = id.channel_on(webview);
    let task = spawn(pass_on(notices, move |batch| channel.send(batch).is_ok()));
    Ok(desk.keep(task))
}

/// Ends what `follow` began.
#[tauri::command]
fn unfollow(desk: State<'_, Desk>, id: String) {
    desk.end(&id);
}

/// All commands. `tests::commands` holds this list against the table of calls and the permissions.
pub(crate) fn handler<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        workflows,
        start_run,
        runs,
        search_runs,
        decisions,
        agents,
        agent_history,
        host_keys,
        preview_import,
        show_run,
        decide,
        resolve_doubt,
        cancel_run,
        undo_run,
        blob,
        log,
        workflow_source,
        export_report,
        back_up,
        diagnostics,
        validate,
        schema,
        audit,
        state,
        retry_writes,
        operators,
        make_token,
        revoke_token,
        set_secret,
        delete_secret,
        test_secret,
        desktop_state,
        set_desktop,
        test_notification,
        open_folder,
        painted,
        take_link,
        follow,
        unfollow,
    ]
}

/// The page and this program do not understand each other.
pub(crate) fn wrong_arguments(why: &dyn std::fmt::Display) -> Fault {
    Fault::new(
        "bad_arguments",
        "The window asked for something the engine does not understand",
        "Close Countersign and open it again; if this stays, install it again.",
    )
    .with_detail(why.to_string())
}
