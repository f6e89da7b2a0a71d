//! Label selectors: which agents are meant, in the notation of Kubernetes. Not a filter of a screen, and no search: an
//! agent matches or does not.

use crate::{Agent, is_dns_name, is_label_name, is_label_value};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// The most characters of a selector.
const MAX_CHARS: usize = 4_096;

/// Which agents are meant: those that meet every requirement, so an empty selector means all of them.
///
/// `environment=production,role in (web,db),!gpu,tier!=cache,zone` as in Kubernetes
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/>): `!=` and `notin` also match agents
/// without the label. Besides its labels every agent has `environment`, `name` (its id, without regard to case) and
/// `state`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Requirement {
    label: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Test {
    Is(String),
    IsNot(String),
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    Exists,
    Missing,
}

/// Not a selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column} of the selector: expected {expected}, found {found}")]
pub struct SelectorFault {
    /// Where, in characters from 1.
    pub column: usize,
    /// What should stand there.
    pub expected: String,
    /// What stands there, safe to show.
    pub found: String,
}

impl Selector {
    /// Reads a selector.
    ///
    /// # Errors
    /// Where it is not one, and what should stand there.
    pub fn parse(text: &str) -> Result<Selector, SelectorFault> {
        let mut reader = Reader::new(text);
        if reader.rest.len() > MAX_CHARS {
            return Err(SelectorFault {
                column: MAX_CHARS + 1,
                expected: format!("at most {MAX_CHARS} characters"),
                found: format!("{}", reader.rest.len()),
            });
        }
        let mut requirements = Vec::new();
        reader.space();
        if reader.at_end() {
            return Ok(Selector { requirements });
        }
        loop {
            requirements.push(reader.requirement()?);
            if reader.at_end() {
                return Ok(Selector { requirements });
            }
            reader.take(',', "a comma or the end")?;
        }
    }

    /// Is this agent meant?
    pub fn matches(&self, agent: &Agent) -> bool {
        self.requirements.iter().all(|requirement| {
            let label = requirement.label.as_str();
            let held = match label {
                "environment" => Some(agent.environment.as_str()),
                "name" => Some(agent.agent_id.as_str()),
                "state" => Some(agent.state.word()),
                other => agent.labels.get(other).map(String::as_str),
            };
            requirement.test.holds(held, label == "name")
        })
    }

    /// Does it mean every agent?
    pub fn is_all(&self) -> bool {
        self.requirements.is_empty()
    }
}

impl Test {
    fn holds(&self, held: Option<&str>, ignore_case: bool) -> bool {
        let is = |wanted: &String| {
            held.is_some_and(|held| {
                held == wanted || ignore_case && held.eq_ignore_ascii_case(wanted)
            })
        };
        match self {
            Test::Is(value) => is(value),
            Test::IsNot(value) => !is(value),
            Test::In(values) => values.iter().any(is),
            Test::NotIn(values) => !values.iter().any(is),
            Test::Exists => held.is_some(),
            Test::Missing => held.is_none(),
        }
    }
}

/// Reads from the left; a column is a place in `text` from 1.
struct Reader {
    rest: Vec<char>,
    at: usize,
}

impl Reader {
    fn new(text: &str) -> Reader {
        Reader {
            // One more than is allowed is enough to see that it is too much.
            rest: text.chars().take(MAX_CHARS + 1).collect(),
            at: 0,
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn at_end(&self) -> bool {
        self.peek().is_none()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|c| c.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// The character and the space after it, if it stands here.
    fn skip(&mut self, wanted: char) -> bool {
        let here = self.peek() == Some(wanted);
        if here {
            self.at += 1;
            self.space();
        }
        here
    }

    fn take(&mut self, wanted: char, expected: &str) -> Result<(), SelectorFault> {
        if self.skip(wanted) {
            Ok(())
        } else {
            Err(self.fault(self.at, expected))
        }
    }

    /// What is no space and no sign of the notation, and the space after it; with the place where it begins.
    fn word(&mut self) -> (usize, String) {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|c| !c.is_ascii_whitespace() && !matches!(c, ',' | '(' | ')' | '=' | '!'))
        {
            self.at += 1;
        }
        let word = self.rest[start..self.at].iter().collect();
        self.space();
        (start, word)
    }

    fn requirement(&mut self) -> Result<Requirement, SelectorFault> {
        let not = self.skip('!');
        let (start, label) = self.word();
        if !is_label_name(&label) {
            return Err(self.fault(start, "the name of a label"));
        }
        if not {
            return Ok(Requirement {
                label,
                test: Test::Missing,
            });
        }
        let test = match self.peek() {
            None | Some(',') => Test::Exists,
            Some('=') => {
                self.skip('=');
                self.skip('=');
                Test::Is(self.value(&label)?)
            }
            Some('!') => {
                self.skip('!');
                self.take('=', "= after !")?;
                Test::IsNot(self.value(&label)?)
            }
            Some(_) => {
                let (start, word) = self.word();
                match word.as_str() {
                    "in" => Test::In(self.values(&label)?),
                    "notin" => Test::NotIn(self.values(&label)?),
                    _ => return Err(self.fault(start, "=, !=, in, notin, a comma or the end")),
                }
            }
        };
        Ok(Requirement { label, test })
    }

    fn value(&mut self, label: &str) -> Result<String, SelectorFault> {
        let (start, value) = self.word();
        // An agent's id may be longer than the value of a label.
        if is_label_value(&value) || label == "name" && is_dns_name(&value.to_ascii_lowercase()) {
            Ok(value)
        } else {
            Err(self.fault(start, "the value of a label"))
        }
    }

    fn values(&mut self, label: &str) -> Result<BTreeSet<String>, SelectorFault> {
        self.take('(', "( and a list of values")?;
        let mut values = BTreeSet::new();
        loop {
            let start = self.at;
            let value = self.value(label)?;
            if value.is_empty() {
                return Err(self.fault(start, "the value of a label"));
            }
            values.insert(value);
            if self.skip(')') {
                return Ok(values);
            }
            self.take(',', "a comma or )")?;
        }
    }

    fn fault(&self, at: usize, expected: &str) -> SelectorFault {
        let found: String = self.rest[at..]
            .iter()
            .take_while(|c| !c.is_ascii_whitespace())
            .collect();
        SelectorFault {
            column: at + 1,
            expected: expected.to_owned(),
            found: match found.is_empty() {
                true => "the end".to_owned(),
                false => format!("`{}`", crate::visible(&found, 40)),
            },
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Requirement { label, test }) in self.requirements.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            let list = |values: &BTreeSet<String>| {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                values.join(",")
            };
            match test {
                Test::Is(value) => write!(f, "{label}={value}")?,
                Test::IsNot(value) => write!(f, "{label}!={value}")?,
                Test::In(values) => write!(f, "{label} in ({})", list(values))?,
                Test::NotIn(values) => write!(f, "{label} notin ({})", list(values))?,
                Test::Exists => f.write_str(label)?,
                Test::Missing => write!(f, "!{label}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for Selector {
    type Err = SelectorFault;

    fn from_str(text: &str) -> Result<Selector, SelectorFault> {
        Selector::parse(text)
    }
}

impl TryFrom<String> for Selector {
    type Error = SelectorFault;

    fn try_from(text: String) -> Result<Selector, SelectorFault> {
        Selector::parse(&text)
    }
}

impl From<Selector> for String {
    fn from(selector: Selector) -> String {
        selector.to_string()
    }
}

#[cfg(test)]
mod tests;
