//! The calls that write a file for a person: a report, a backup, diagnostics.

use super::{Answered, Office};
use crate::{
    Origin, backup,
    diagnostics::{self, Known},
    report,
};
use api::Fault;
use std::sync::Arc;

impl Answered for api::ExportReport {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        let to = office.downloads.clone();
        office
            .reading(move |reader| report::export(reader, &self.run, self.form, &to))
            .await
    }
}

impl Answered for api::BackUp {
    async fn answer(self, office: &Office, _: Origin) -> Result<Self::Reply, Fault> {
        office
            .reading(|reader| Ok(backup::of_reader(reader, None)?.0))
            .await
    }
}

impl Answered for api::Diagnostics {
    async fn answer(self, office: &Office, origin: Origin) -> Result<Self::Reply, Fault> {
        let audit = api::Audit {}.answer(office, origin).await;
        let definitions = Arc::clone(&office.definitions);
        let (engine, data_dir) = (office.state(), office.data_dir.clone());
        let to = office.downloads.clone();
        office
            .reading(move |reader| {
                let known = Known {
                    data_dir: &data_dir,
                    engine: Some(engine),
                    workflows: definitions.list(),
                    reader: Ok(reader),
                    audit,
                };
                diagnostics::write(&known, &to)
            })
            .await
    }
}
