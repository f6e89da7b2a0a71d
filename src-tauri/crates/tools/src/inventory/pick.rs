//! Which rows start ticked: what the caller wants in or out, what is registered already, and the environment of rows
//! that name none.

use super::{Found, LeftOut, Reading};
use fleet::{Agent, AgentState, Selector, SelectorFault, Transport};
use std::collections::BTreeMap;

/// The rows with what is known of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Picked {
    /// Every row, and whether an agent of its name is there already.
    pub(crate) rows: Vec<(Found, bool)>,
    /// What does not start ticked, and what is no host at all.
    pub(crate) left_out: Vec<LeftOut>,
    /// What a person should know about the whole.
    pub(crate) notes: Vec<String>,
}

/// A word that names a row, or a selector over rows.
enum Wanted {
    Name(String),
    Chosen(Selector),
}

/// Ticks and unticks.
///
/// # Errors
/// When a word of `include` or `exclude` is neither the name of a row nor a selector: the word and what is wrong.
pub(crate) fn pick(
    reading: Reading,
    agents: &[Agent],
    environment: Option<&str>,
    include: &[String],
    exclude: &[String],
) -> Result<Picked, (String, SelectorFault)> {
    let Reading {
        mut hosts,
        left_out,
        mut notes,
    } = reading;
    for row in &mut hosts {
        if row.environment.is_none() {
            row.environment = environment.map(str::to_owned);
        }
    }
    for word in include {
        let count = each(&mut hosts, word, |row| {
            row.picked = true;
            if let Some(why) = row.why_not.take() {
                row.note(format!("ticked although {why}"));
            }
        })?;
        if count == 0 {
            notes.push(format!("include: no host is {}", super::quoted(word)));
        }
    }
    for word in exclude {
        let count = each(&mut hosts, word, |row| {
            row.picked = false;
            row.why_not = Some(format!("excluded by {}", super::quoted(word)));
        })?;
        if count == 0 {
            notes.push(format!("exclude: no host is {}", super::quoted(word)));
        }
    }
    let known: BTreeMap<String, &Agent> = agents
        .iter()
        .map(|agent| (agent.agent_id.to_ascii_lowercase(), agent))
        .collect();
    let by_address: BTreeMap<(String, u16), &Agent> = agents
        .iter()
        .filter_map(|agent| Some((place_of(agent)?, agent)))
        .collect();
    let mut picked = Picked {
        left_out,
        notes,
        ..Picked::default()
    };
    for mut row in hosts {
        let agent = known.get(&row.name).copied();
        if let Some(agent) = agent {
            match agent.state {
                AgentState::Candidate => {
                    row.note(
                        "it is a candidate: it could not be reached when it was to be registered",
                    );
                }
                AgentState::Registered => leave(&mut row, "it is registered already".to_owned()),
                AgentState::Draining | AgentState::Quarantined | AgentState::Retired => {
                    leave(
                        &mut row,
                        format!("it is known already, and {}", agent.state.word()),
                    );
                }
            }
        } else {
            let target = row.address.as_ref().unwrap_or(&row.source_name);
            let place = (target.to_ascii_lowercase(), row.port.unwrap_or(22));
            if let Some(agent) = by_address.get(&place) {
                let name = &agent.agent_id;
                row.note(format!("the agent {name} has the same address and port"));
            }
        }
        if !row.picked {
            picked.left_out.push(LeftOut {
                name: row.name.clone(),
                why: row.why_not.clone().unwrap_or_default(),
            });
        }
        picked.rows.push((row, agent.is_some()));
    }
    Ok(picked)
}

fn leave(row: &mut Found, why: String) {
    row.picked = false;
    row.why_not = Some(why);
}

fn place_of(agent: &Agent) -> Option<(String, u16)> {
    let Transport::Ssh(connection) = &agent.transport else {
        return None;
    };
    Some((connection.address.to_ascii_lowercase(), connection.port))
}

/// Does something to every row that a word means; how many there are.
fn each(
    rows: &mut [Found],
    word: &str,
    mut change: impl FnMut(&mut Found),
) -> Result<usize, (String, SelectorFault)> {
    let is_name = |row: &Found| row.name.eq_ignore_ascii_case(word) || row.source_name == word;
    let wanted = match rows.iter().any(is_name) {
        true => Wanted::Name(word.to_owned()),
        false => Wanted::Chosen(Selector::parse(word).map_err(|fault| (word.to_owned(), fault))?),
    };
    let mut count = 0;
    for row in rows {
        let meant = match &wanted {
            Wanted::Name(word) => row.name.eq_ignore_ascii_case(word) || row.source_name == *word,
            Wanted::Chosen(selector) => selector.matches(&as_agent(row)),
        };
        if meant {
            count += 1;
            change(row);
        }
    }
    Ok(count)
}

/// The row as the agent it would be, for selectors.
fn as_agent(row: &Found) -> Agent {
    Agent {
        agent_id: row.name.clone(),
        title: row.name.clone(),
        transport: Transport::Local,
        environment: row.environment.clone().unwrap_or_default(),
        labels: row.labels.clone(),
        state: AgentState::Candidate,
        facts: BTreeMap::new(),
    }
}
