//! Expressions: MiniJinja with strict undefined values and a fuel limit (workflow-format.md, semantics.md 16).
//! An expression alone in a scalar keeps its type; inside text it becomes text. No shell text anywhere.

use minijinja::{Environment, UndefinedBehavior, Value, value::ValueKind};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// Steps of the evaluator that one expression may take.
const FUEL: u64 = 200_000;

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} in `{expression}`")]
pub struct ExprFault {
    /// The expression's text.
    pub expression: String,
    /// What is wrong.
    pub message: String,
}

/// One `${{ … }}` of a scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprUse {
    /// Where its text begins in the scalar, in bytes.
    pub offset: usize,
    /// Its text, without the braces and outer blanks.
    pub source: String,
    /// The dotted names it uses (`steps.probe.output.ok`), or why it does not parse.
    pub names: Result<BTreeSet<String>, String>,
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(64);
    environment.remove_function_globals();
    environment.add_filter("flatten", flatten);
    environment
}

/// `flatten`, as in Ansible, one level deep: a list of lists as one list. What is no list stands for itself; null is
/// left out, so that the results of items without one do not matter.
fn flatten(list: Value) -> Result<Value, minijinja::Error> {
    let mut flat = Vec::new();
    for item in list.try_iter()? {
        let kind = item.kind();
        if matches!(kind, ValueKind::Seq | ValueKind::Iterable) {
            flat.extend(item.try_iter()?);
        } else if !matches!(kind, ValueKind::None | ValueKind::Undefined) {
            flat.push(item);
        }
    }
    Ok(Value::from(flat))
}

/// MiniJinja's globals (`range`, `dict`, `debug`, `namespace`) are not part of the format.
trait NoGlobals {
    fn remove_function_globals(&mut self);
}

impl NoGlobals for Environment<'_> {
    fn remove_function_globals(&mut self) {
        for name in [
            "range",
            "dict",
            "debug",
            "namespace",
            "lipsum",
            "cycler",
            "joiner",
        ] {
            self.remove_global(name);
        }
    }
}

fn sentence(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

/// The names that a bare expression uses, or why it does not parse.
pub fn names(expression: &str) -> Result<BTreeSet<String>, String> {
    let environment = environment();
    let compiled = environment
        .compile_expression(expression)
        .map_err(|error| sentence(&error))?;
    Ok(compiled.undeclared_variables(true).into_iter().collect())
}

enum Part<'a> {
    Text(&'a str),
    Expression { offset: usize, source: &'a str },
}

/// Cuts a scalar into text and expressions. The first `}}` that makes a whole expression ends it,
/// so that maps and strings with braces may stand inside.
fn parts(scalar: &str) -> Result<Vec<Part<'_>>, (usize, String)> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(open) = scalar[at..].find("${{") {
        let begin = at + open;
        if begin > at {
            parts.push(Part::Text(&scalar[at..begin]));
        }
        let body = begin + 3;
        let mut search = body;
        let mut fault = "`${{` without `}}`".to_owned();
        let end = loop {
            let Some(close) = scalar[search..].find("}}") else {
                return Err((begin, fault));
            };
            let end = search + close;
            match names(scalar[body..end].trim()) {
                Ok(_) => break end,
                Err(message) => {
                    if search == body {
                        fault = message;
                    }
                    search = end + 1;
                }
            }
        };
        let source = scalar[body..end].trim();
        let lead = scalar[body..end].len() - scalar[body..end].trim_start().len();
        parts.push(Part::Expression {
            offset: body + lead,
            source,
        });
        at = end + 2;
    }
    if at < scalar.len() {
        parts.push(Part::Text(&scalar[at..]));
    }
    Ok(parts)
}

/// The expressions of a scalar, for the loader.
pub fn template_expressions(scalar: &str) -> Vec<ExprUse> {
    match parts(scalar) {
        Err((offset, message)) => {
            vec![ExprUse {
                offset,
                source: scalar[offset..].to_owned(),
                names: Err(message),
            }]
        }
        Ok(parts) => parts
            .into_iter()
            .filter_map(|part| match part {
                Part::Text(_) => None,
                Part::Expression { offset, source } => Some(ExprUse {
                    offset,
                    source: source.to_owned(),
                    names: names(source),
                }),
            })
            .collect(),
    }
}

/// The dotted names that a template uses anywhere inside.
pub(super) fn template_names(template: &Json, into: &mut BTreeSet<String>) {
    match template {
        Json::String(text) => {
            for found in template_expressions(text) {
                into.extend(found.names.unwrap_or_default());
            }
        }
        Json::Array(items) => items.iter().for_each(|item| template_names(item, into)),
        Json::Object(fields) => fields
            .values()
            .for_each(|field| template_names(field, into)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// The value of a bare expression. An undefined result is a fault.
pub(super) fn evaluate(expression: &str, names: &Json) -> Result<Json, ExprFault> {
    let fault = |message: String| ExprFault {
        expression: expression.to_owned(),
        message,
    };
    let environment = environment();
    let compiled = environment
        .compile_expression(expression)
        .map_err(|error| fault(sentence(&error)))?;
    let value = compiled
        .eval(Value::from(minijinja::value::Serde(names)))
        .map_err(|error| fault(sentence(&error)))?;
    if value.is_undefined() {
        return Err(fault("the value is undefined".to_owned()));
    }
    serde_json::to_value(&value).map_err(|error| fault(format!("not a JSON value: {error}")))
}

/// Is a bare condition true? Only a value that MiniJinja calls true is.
pub(super) fn holds(expression: &str, names: &Json) -> Result<bool, ExprFault> {
    let value = evaluate(expression, names)?;
    Ok(Value::from(minijinja::value::Serde(&value)).is_true())
}

/// A template with its expressions replaced by their values.
pub(super) fn resolve(template: &Json, names: &Json) -> Result<Json, ExprFault> {
    match template {
        Json::String(text) => resolve_scalar(text, names),
        Json::Array(items) => items.iter().map(|item| resolve(item, names)).collect(),
        Json::Object(fields) => Ok(Json::Object(
            fields
                .iter()
                .map(|(name, field)| Ok((name.clone(), resolve(field, names)?)))
                .collect::<Result<Map<String, Json>, ExprFault>>()?,
        )),
        Json::Null | Json::Bool(_) | Json::Number(_) => Ok(template.clone()),
    }
}

fn resolve_scalar(scalar: &str, names: &Json) -> Result<Json, ExprFault> {
    let parts = parts(scalar).map_err(|(_, message)| ExprFault {
        expression: scalar.to_owned(),
        message,
    })?;
    if let [Part::Expression { source, .. }] = parts.as_slice() {
        return evaluate(source, names);
    }
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Expression { source, .. } => text.push_str(&as_text(&evaluate(source, names)?)),
        }
    }
    Ok(Json::String(text))
}

/// A value inside text: strings as they are, null as nothing, the rest as JSON.
pub(super) fn as_text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => value.to_string(),
    }
}
