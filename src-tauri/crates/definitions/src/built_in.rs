//! The files that ship with the app. Read like any other file; a file of the folder with the same id shadows one.

/// A file that ships with the app: its name and its text.
pub(crate) const FILES: [(&str, &str); 9] = [
    (
        "health_check.workflow.yaml",
        include_str!("../builtin/health_check.workflow.yaml"),
    ),
    (
        "health_check.test.yaml",
        include_str!("../builtin/health_check.test.yaml"),
    ),
    (
        "register_agent.workflow.yaml",
        include_str!("../builtin/register_agent.workflow.yaml"),
    ),
    (
        "import_agents.workflow.yaml",
        include_str!("../builtin/import_agents.workflow.yaml"),
    ),
    (
        "label_agents.workflow.yaml",
        include_str!("../builtin/label_agents.workflow.yaml"),
    ),
    (
        "drain_agents.workflow.yaml",
        include_str!("../builtin/drain_agents.workflow.yaml"),
    ),
    (
        "undrain_agents.workflow.yaml",
        include_str!("../builtin/undrain_agents.workflow.yaml"),
    ),
    (
        "remove_agents.workflow.yaml",
        include_str!("../builtin/remove_agents.workflow.yaml"),
    ),
    (
        "untrust_host_keys.workflow.yaml",
        include_str!("../builtin/untrust_host_keys.workflow.yaml"),
    ),
];
