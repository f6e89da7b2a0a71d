//! A finding: something that a person should know, with the value, the threshold, its origin and the evidence. Not
//! what to do about it.

use crate::Check;
use serde::{Deserialize, Serialize};

/// How bad it is; in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// It will become a problem.
    Warning,
    /// It is a problem.
    Critical,
}

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Found by which check.
    pub check: Check,
    /// What it is about: a mountpoint, a unit, `memory`.
    pub subject: String,
    /// What is wrong, as one sentence.
    pub what: String,
    /// The metric that shows it.
    pub metric: String,
    /// Its value.
    pub value: f64,
    /// Unit of value and threshold.
    pub unit: String,
    /// The threshold that was passed; `None` where any value above nothing is a finding.
    pub threshold: Option<f64>,
    /// Whose rule it is.
    pub origin: String,
    /// What was seen, safe to show.
    pub evidence: Vec<String>,
}

impl Finding {
    /// The agent was asked and did not answer.
    pub fn unreachable(evidence: String) -> Finding {
        Finding {
            severity: Severity::Critical,
            check: Check::Reachable,
            subject: "agent".to_owned(),
            what: "The agent does not answer.".to_owned(),
            metric: "agent.reachable".to_owned(),
            value: 0.0,
            unit: String::new(),
            threshold: None,
            origin: "the transport".to_owned(),
            evidence: vec![evidence],
        }
    }
}

impl Severity {
    /// The word in outputs and on screens.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}
