//! The calls that look back: runs, decisions, measures, texts of workflows. What they find is found in `history` and
//! `workflows`.

use super::{Answered, Office};
use crate::{Origin, faults, history};
use api::Fault;
use std::sync::Arc;

impl Answered for api::SearchRuns {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        office
            .reading(move |reader| history::search(reader, self))
            .await
    }
}

impl Answered for api::Decisions {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        office
            .reading(move |reader| history::decisions(reader, self.before, self.limit))
            .await
    }
}

impl Answered for api::ShowAgent {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        office
            .reading(move |reader| history::agent(reader, &self.agent_id, self.hours))
            .await
    }
}

impl Answered for api::WorkflowSource {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        let definitions = Arc::clone(&office.definitions);
        tokio::task::spawn_blocking(move || definitions.source(&self.name))
            .await
            .map_err(faults::internal)?
    }
}
