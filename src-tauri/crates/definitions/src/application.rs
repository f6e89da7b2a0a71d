//! What is deployed and how: the settings of an application, from its own file (`apps/NAME.app.yaml`), from `deploy.yaml`
//! of its repository, or by default. One schema for both files; every value keeps the place where it was said. Deploys
//! nothing.

mod propose;
mod schema;

pub use propose::{Proposal, propose};
pub use schema::application_schema;

use crate::context::Context;
use crate::finding::{Finding, Place};
use crate::suggest;
use crate::yaml::{Node, Value};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Keys that are said in parts: a file may say one hook, and another file another one.
const IN_PARTS: [&str; 2] = ["hooks", "targets"];
/// What a repository cannot say of itself.
const NOT_OF_A_REPOSITORY: [&str; 2] = ["repository", "title"];

/// What one file says, or several together. By key; a hook is `hooks.build`, a target `targets.production`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Application {
    /// By key.
    pub settings: BTreeMap<String, Setting>,
}

/// One value and where it was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The value, which fits the schema.
    pub value: Json,
    /// The file; none: it is the default.
    pub file: Option<String>,
    /// Line in the file, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Setting {
    /// For people: `deploy.yaml:3`, or `default`.
    pub fn origin(&self) -> String {
        match &self.file {
            Some(file) => format!("{file}:{}", self.line),
            None => "default".to_owned(),
        }
    }

    /// Something that is wrong with this value, which only its user can tell.
    pub fn finding(&self, code: &str, what: String, hint: &str) -> Finding {
        Finding {
            file: self.file.clone().unwrap_or_default(),
            line: self.line,
            column: self.column,
            severity: crate::Severity::Error,
            code: code.to_owned(),
            what,
            hint: hint.to_owned(),
        }
    }
}

impl Application {
    /// These settings, with those of the repository's own file in their place key by key, and the defaults where neither
    /// says anything.
    #[must_use]
    pub fn with_repository(mut self, repository: Application) -> Application {
        self.settings.extend(repository.settings);
        for (key, value) in defaults() {
            self.settings.entry(key.to_owned()).or_insert(Setting {
                value,
                file: None,
                line: 1,
                column: 1,
            });
        }
        self
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.settings.get(key).map(|setting| &setting.value)
    }
}

fn defaults() -> [(&'static str, Json); 5] {
    [
        ("keep", json!(5)),
        ("linked_dirs", json!([])),
        ("linked_files", json!([])),
        ("strategy", json!("all_at_once")),
        ("disk_need", json!("1G")),
    ]
}

/// Is a file of that name the settings of an application, although it does not say its kind?
pub(crate) fn is_name(file: &str) -> bool {
    is_of_repository(file) || file.ends_with(".app.yaml") || file.ends_with(".app.yml")
}

fn is_of_repository(file: &str) -> bool {
    matches!(
        file.rsplit(['/', '\\']).next(),
        Some("deploy.yaml" | "deploy.yml")
    )
}

/// Reads the root of such a file.
pub(crate) fn read(context: &mut Context<'_>, file: &str, root: &Node) -> Application {
    let schema = application_schema();
    if let Ok(validator) = jsonschema::draft202012::options().build(&schema) {
        for error in validator.iter_errors(&root.to_json()) {
            one(context, file, &schema, root, &error);
        }
    }
    let mut application = Application::default();
    let mut put = |key: String, place: Place, value: &Node| {
        let setting = Setting {
            value: value.to_json(),
            file: Some(file.to_owned()),
            line: place.line,
            column: place.column,
        };
        application.settings.insert(key, setting);
    };
    for (key, value) in root.entries() {
        let name = key.text.as_str();
        if is_of_repository(file) && NOT_OF_A_REPOSITORY.contains(&name) {
            context.error(
                key.place,
                "not_here",
                format!("a repository cannot say its own `{name}`"),
                "take it out, or write it into the application's file",
            );
        }
        match (name, &value.value) {
            ("apiVersion" | "kind", _) => {}
            (_, Value::Map(entries)) if IN_PARTS.contains(&name) => {
                for (part, value) in entries {
                    put(format!("{name}.{}", part.text), value.place, value);
                }
            }
            _ => put(name.to_owned(), value.place, value),
        }
    }
    application
}

fn one(
    context: &mut Context<'_>,
    file: &str,
    schema: &Json,
    root: &Node,
    error: &ValidationError<'_>,
) {
    let path = error.instance_path().as_str();
    let found = root.at(path);
    let name = path.trim_start_matches('/').replace('/', ".");
    let named = match name.as_str() {
        "" => "an application".to_owned(),
        name => format!("`{name}`"),
    };
    // The part of the schema that this place is read by.
    let part = path.split('/').skip(1).try_fold(schema, |schema, word| {
        schema
            .get("properties")
            .and_then(|all| all.get(word))
            .or(schema.get("items"))
    });
    let described = part
        .and_then(|part| part.get("description"))
        .and_then(Json::as_str);
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the other kinds have one message"
    )]
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            let known: Vec<&str> = part
                .and_then(|part| part.get("properties"))
                .and_then(Json::as_object)
                .map(|known| known.keys().map(String::as_str).collect())
                .unwrap_or_default();
            for key in unexpected {
                let hint = suggest::hint(key, known.iter().copied());
                context.error(
                    found.key_place(key),
                    "unknown_key",
                    format!("{named} has no key `{key}`"),
                    hint,
                );
            }
        }
        Kind::Required { property } if path.is_empty() => {
            let key = property.as_str().unwrap_or_default();
            let other = match is_of_repository(file) {
                true => "the application's file must say it",
                false => "deploy.yaml of the repository must say it",
            };
            let what = format!("`{key}` is not said here, so {other}");
            context
                .findings
                .warning(root.place, "missing_key", what, format!("write `{key}: …`"));
        }
        Kind::OneOfNotValid { .. } | Kind::OneOfMultipleValid { .. } => context.error(
            found.place,
            "wrong_value",
            format!("{named} needs exactly one way to ask"),
            "write one of http, tcp, command, unit",
        ),
        _ => {
            let message: String = error.to_string().chars().take(200).collect();
            context.error(
                found.place,
                "wrong_value",
                format!("{named} does not fit: {message}"),
                described.unwrap_or_default(),
            );
        }
    }
}
