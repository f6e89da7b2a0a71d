//! The catalogue: every tool by its name, and which of them a model or a rule may invoke by name (semantics.md 22).

use crate::agent::{
    AgentApplyChange, AgentHealth, AgentList, AgentPlanConfig, AgentPlanRegister, AgentProbe,
    AgentReadInventory, AgentRevertChange, AgentScanKeys, AgentSnapshot, AgentValidate, drain,
    register, trust_key, undrain, unregister, untrust_key, update_labels,
};
use crate::file::{FileRead, FileRestore, FileWrite};
use crate::git::Git;
use crate::health::HealthJudge;
use crate::job::{JobCancel, JobList, JobLog, JobStart, JobStatus};
use crate::metrics::MetricsQueryTool;
use crate::report::ReportRender;
use crate::repository::{
    RepositoryChangelog, RepositoryCreateTag, RepositoryDeleteTag, RepositoryListRefs,
    RepositoryResolveRef,
};
use crate::value::CoreValue;
use crate::{ChangeTool, ReadTool, Tool};
use std::{collections::BTreeMap, sync::Arc};
use workflow::ToolSpec;

/// The tools by name.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    tools: BTreeMap<String, Tool>,
}

impl Catalogue {
    /// What a model or a rule may invoke by name. Free-form tools (any path, any command, any address) never stand here.
    pub const FOR_MODELS: [&'static str; 7] = [
        "agent.list",
        "agent.plan_config",
        "agent.snapshot",
        "agent.health",
        "job.list",
        "metrics.query",
        "health.judge",
    ];

    /// A catalogue without tools.
    pub fn empty() -> Catalogue {
        Catalogue::default()
    }

    /// Every tool that ships with the program.
    pub fn builtin() -> Catalogue {
        let git = Git::of_user();
        let reads: [Arc<dyn ReadTool>; 20] = [
            Arc::new(AgentReadInventory::new()),
            Arc::new(AgentValidate::new()),
            Arc::new(AgentScanKeys::new()),
            Arc::new(AgentProbe::new()),
            Arc::new(AgentPlanRegister::new()),
            Arc::new(AgentList::new()),
            Arc::new(AgentSnapshot::new()),
            Arc::new(AgentHealth::new()),
            Arc::new(AgentPlanConfig::new()),
            Arc::new(JobList::new()),
            Arc::new(JobStatus::new()),
            Arc::new(JobLog::new()),
            Arc::new(MetricsQueryTool::new()),
            Arc::new(HealthJudge::new()),
            Arc::new(ReportRender::new()),
            Arc::new(CoreValue::new()),
            Arc::new(FileRead::new()),
            Arc::new(RepositoryListRefs::new(git.clone())),
            Arc::new(RepositoryResolveRef::new(git.clone())),
            Arc::new(RepositoryChangelog::new(git.clone())),
        ];
        let changes: [Arc<dyn ChangeTool>; 15] = [
            Arc::new(trust_key()),
            Arc::new(untrust_key()),
            Arc::new(register()),
            Arc::new(unregister()),
            Arc::new(update_labels()),
            Arc::new(drain()),
            Arc::new(undrain()),
            Arc::new(AgentApplyChange::new()),
            Arc::new(AgentRevertChange::new()),
            Arc::new(FileWrite::new()),
            Arc::new(FileRestore::new()),
            Arc::new(RepositoryCreateTag::new(git.clone())),
            Arc::new(RepositoryDeleteTag::new(git)),
            Arc::new(JobStart::new()),
            Arc::new(JobCancel::new()),
        ];
        let tools = reads
            .into_iter()
            .map(Tool::Read)
            .chain(changes.into_iter().map(Tool::Change));
        tools.fold(Catalogue::empty(), Catalogue::with)
    }

    /// This catalogue and one more tool; a tool of the same name is replaced.
    #[must_use]
    pub fn with(mut self, tool: Tool) -> Catalogue {
        self.tools.insert(tool.spec().name.clone(), tool);
        self
    }

    /// The tool of that name.
    pub fn get(&self, name: &str) -> Option<&Tool> {
        self.tools.get(name)
    }

    /// The records of all tools, in the order of their names.
    pub fn specs(&self) -> impl Iterator<Item = &ToolSpec> {
        self.tools.values().map(Tool::spec)
    }
}

#[cfg(test)]
mod tests;
