//! The profile that is built in: the folder of this program on a host and a file that says which agent the host is. Used
//! where the data folder has no profile for the agent's environment.

use fleet::Agent;

/// The profile that makes an agent recognisable on its host. No time and no secret in it: planned twice it is the same.
pub(super) fn built_in(agent: &Agent) -> String {
    // A JSON string is a YAML string (YAML 1.2, 7.3.1); here it stands in a block, where it is only text.
    let quoted = |text: &str| escaped(&serde_json::Value::from(text).to_string());
    let mut lines = vec![
        "# Written by Countersign when this host was registered. Nothing is installed here."
            .to_owned(),
        format!("agent_id: {}", quoted(&agent.agent_id)),
        format!("environment: {}", quoted(&agent.environment)),
    ];
    lines.push(match agent.labels.is_empty() {
        true => "labels: {}".to_owned(),
        false => "labels:".to_owned(),
    });
    let labels = agent.labels.iter();
    lines.extend(labels.map(|(name, value)| format!("  {}: {}", quoted(name), quoted(value))));
    lines.push("registered_by: countersign".to_owned());
    let block: String = lines.iter().map(|line| format!("      {line}\n")).collect();
    format!(
        "apiVersion: countersign/v1\nkind: Profile\ndirectories:\n  - path: ~/.countersign\n    mode: \"0700\"\nfiles:\n  - path: ~/.countersign/agent.yaml\n    mode: \"0600\"\n    content: |\n{block}"
    )
}

/// A text in which nothing is a placeholder.
fn escaped(text: &str) -> String {
    text.replace("${{", "$${{")
}
