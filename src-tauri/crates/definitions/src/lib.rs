//! The YAML language of workflows: text and the catalogue of tools in, the resolved model and findings out; and the
//! folder that definitions live in. Runs nothing and knows no tool by itself: the catalogue comes in as data.

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

pub use document::{Document, Reading, read};
pub use finding::{Finding, Severity};
pub use folder::{Definition, Folder, Origin, TestFile};
pub use inputs::inputs_from_text;
pub use schema::schema;
pub use testing::{Answer, Case, Test};
pub use watch::{Watch, WatchFault};

use std::collections::BTreeMap;
use workflow::ToolSpec;

/// The tools that files may name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// By name.
    pub tools: BTreeMap<String, ToolSpec>,
}

impl FromIterator<ToolSpec> for Catalogue {
    fn from_iter<T: IntoIterator<Item = ToolSpec>>(tools: T) -> Catalogue {
        Catalogue {
            tools: tools
                .into_iter()
                .map(|tool| (tool.name.clone(), tool))
                .collect(),
        }
    }
}
