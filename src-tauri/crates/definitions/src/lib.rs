//! The YAML language of workflows: text and the catalogue of tools in, the resolved model and findings out; and the
//! folder that definitions live in. Runs nothing and knows no tool by itself: the catalogue comes in as data.

mod application;
mod built_in;
mod context;
mod document;
mod duration;
mod expression;
mod finding;
mod folder;
mod graph;
mod inputs;
mod keys;
mod model;
mod rules;
mod schema;
mod schemas;
mod suggest;
mod testing;
mod watch;
mod yaml;

pub use application::{Application, Proposal, Setting, application_schema, propose};
pub use document::{Document, Reading, read};
pub use finding::{Finding, Severity};
pub use folder::{Definition, Folder, Origin, Source, TestFile};
pub use inputs::inputs_from_text;
pub use schema::schema;
pub use testing::{Answer, Case, Test};
pub use watch::{Watch, WatchFault};

use std::collections::{BTreeMap, BTreeSet};
use workflow::ToolSpec;

/// The tools that files may name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// By name.
    pub tools: BTreeMap<String, ToolSpec>,
    /// Those that a model may call; `None`: any read. Free-form tools (any path, any command) never stand here
    /// (semantics.md 22).
    pub for_models: Option<BTreeSet<String>>,
}

impl Catalogue {
    /// This catalogue with the tools that a model may call.
    #[must_use]
    pub fn with_models<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Catalogue {
        self.for_models = Some(names.into_iter().map(str::to_owned).collect());
        self
    }
}

impl FromIterator<ToolSpec> for Catalogue {
    fn from_iter<T: IntoIterator<Item = ToolSpec>>(tools: T) -> Catalogue {
        Catalogue {
            tools: tools
                .into_iter()
                .map(|tool| (tool.name.clone(), tool))
                .collect(),
            for_models: None,
        }
    }
}
