//! How an agent is, in one word with its colour and icon. The findings behind it are on the agent's page.

use api::AgentInfo;
use fleet::Severity;

use crate::kit::{Tone, icons};

/// How an agent is, from what it said of itself last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Health {
    /// Something is wrong now.
    Critical,
    /// Something will go wrong.
    Warning,
    /// Not all questions were answered.
    Partial,
    /// Nobody has asked yet.
    Unknown,
    /// Nothing is wrong.
    Healthy,
    /// It is not asked.
    OutOfUse,
}

impl Health {
    /// As bad as its worst finding.
    pub fn of(info: &AgentInfo) -> Self {
        if !info.agent.state.is_in_use() {
            return Self::OutOfUse;
        }
        let Some(last) = &info.last else {
            return Self::Unknown;
        };
        match last.findings.iter().map(|finding| finding.severity).max() {
            Some(Severity::Critical) => Self::Critical,
            Some(Severity::Warning) => Self::Warning,
            Some(Severity::Info) | None if last.partial => Self::Partial,
            Some(Severity::Info) | None => Self::Healthy,
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Partial => "partly read",
            Self::Unknown => "not checked yet",
            Self::Healthy => "healthy",
            Self::OutOfUse => "not in use",
        }
    }

    /// Its colour.
    pub fn tone(self) -> Tone {
        match self {
            Self::Critical => Tone::Danger,
            Self::Warning | Self::Partial => Tone::Warning,
            Self::Unknown | Self::OutOfUse => Tone::Neutral,
            Self::Healthy => Tone::Success,
        }
    }

    /// Its icon.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Critical => icons::STATUS_FAILED,
            Self::Warning | Self::Partial => icons::WARNING_FILLED,
            Self::Unknown => icons::STATUS_PENDING,
            Self::Healthy => icons::STATUS_COMPLETED,
            Self::OutOfUse => icons::STATUS_SKIPPED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::LastSnapshot;
    use fleet::{Agent, AgentState, Check, Finding};

    fn info(state: AgentState, findings: Option<(&[Severity], bool)>) -> AgentInfo {
        let mut agent = Agent::this_computer();
        agent.state = state;
        AgentInfo {
            agent,
            registered_at_us: None,
            run: None,
            last: findings.map(|(severities, partial)| LastSnapshot {
                snapshot_id: "1".into(),
                taken_at_us: 0,
                partial,
                findings: severities
                    .iter()
                    .map(|severity| Finding {
                        severity: *severity,
                        check: Check::Disk,
                        subject: "/".into(),
                        what: String::new(),
                        metric: String::new(),
                        value: 0.0,
                        unit: String::new(),
                        threshold: None,
                        origin: String::new(),
                        evidence: Vec::new(),
                    })
                    .collect(),
            }),
        }
    }

    #[test]
    fn an_agent_is_as_bad_as_its_worst_finding() {
        use Severity::{Critical, Info, Warning};
        let registered = AgentState::Registered;
        for (info, health) in [
            (info(registered, None), Health::Unknown),
            (info(registered, Some((&[], false))), Health::Healthy),
            (info(registered, Some((&[Info], true))), Health::Partial),
            (
                info(registered, Some((&[Info, Critical, Warning], true))),
                Health::Critical,
            ),
            (
                info(AgentState::Draining, Some((&[Warning], false))),
                Health::Warning,
            ),
            (
                info(AgentState::Candidate, Some((&[Critical], false))),
                Health::OutOfUse,
            ),
        ] {
            assert_eq!(Health::of(&info), health);
        }
    }
}
