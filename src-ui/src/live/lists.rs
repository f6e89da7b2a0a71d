//! The lists that are asked for and not followed: workflows and agents. What makes them stale is followed.

use api::Call;
use leptos::{prelude::*, task::spawn_local};

use super::{Fetched, Live, call};
use crate::kit::Memo;

/// Makes a call whose answer stands in a signal; what stands there stays until then.
pub fn ask<C: Call + 'static>(of: C, into: RwSignal<Fetched<C::Reply>>)
where
    C::Reply: Send + Sync,
{
    spawn_local(async move {
        let answer = match call(of).await {
            Ok(answer) => Fetched::Here(answer),
            Err(fault) => Fetched::Failed(fault),
        };
        // Whoever asked may be gone.
        let _ = into.try_set(answer);
    });
}

impl Live {
    /// Asks for the workflows; what is shown stays until the answer is there.
    pub fn fetch_workflows(self) {
        ask(api::Workflows {}, self.workflows);
    }

    /// Asks for the agents; what is shown stays until the answer is there.
    pub fn fetch_agents(self) {
        let selector = String::new();
        ask(api::Agents { selector }, self.agents);
    }

    /// Asks for the agents now, and again whenever a run has come to its end: only runs change them.
    pub fn keep_agents_fresh(self) {
        let ended = Memo::new(move |_| {
            self.board.with(|board| {
                let rows = board.here().map(|board| board.rows.as_slice());
                rows.unwrap_or_default()
                    .iter()
                    .filter_map(|row| row.ended_at_us)
                    .max()
            })
        });
        Effect::new(move |_| {
            // Read, not only followed: a memo that nobody has read follows nothing itself.
            ended.get();
            self.fetch_agents();
        });
    }
}
