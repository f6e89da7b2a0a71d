//! What a press of a button sets going: at most one at a time, busy while it is under way, its fault in a bar. Forms and
//! cards that show a fault at a field, or are gone with the answer, have their own way.

use std::future::Future;

use api::Fault;
use leptos::{prelude::*, task::spawn_local};

/// Does it, unless something is under way already; `done` is given what came of it.
pub fn press<T: 'static>(
    work: impl Future<Output = Result<T, Fault>> + 'static,
    busy: RwSignal<bool>,
    fault: RwSignal<Option<Fault>>,
    done: impl FnOnce(T) + 'static,
) {
    if busy.get_untracked() {
        return;
    }
    busy.set(true);
    fault.set(None);
    spawn_local(async move {
        let answer = work.await;
        // The screen may be gone by now.
        let _ = busy.try_set(false);
        match answer {
            Ok(answer) => done(answer),
            Err(why) => _ = fault.try_set(Some(why)),
        }
    });
}
