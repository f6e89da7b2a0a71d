//! The lists that are asked for and not followed: workflows and agents. What makes them stale is followed.

use leptos::{prelude::*, task::spawn_local};

use super::{Fetched, Live, call};

impl Live {
    /// Asks for the workflows; what is shown stays until the answer is there.
    pub fn fetch_workflows(self) {
        spawn_local(async move {
            self.workflows.set(match call(api::Workflows {}).await {
                Ok(list) => Fetched::Here(list),
                Err(fault) => Fetched::Failed(fault),
            });
        });
    }

    /// Asks for the agents; what is shown stays until the answer is there.
    pub fn fetch_agents(self) {
        spawn_local(async move {
            let selector = String::new();
            self.agents.set(match call(api::Agents { selector }).await {
                Ok(list) => Fetched::Here(list),
                Err(fault) => Fetched::Failed(fault),
            });
        });
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
