//! `countersign apps`: the applications, what is said of each and where, and what is wrong with their files. Needs no
//! engine.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE},
    line::{Line, Style, table},
};
use api::{AppInfo, AppList, Fault};
use serde_json::{Value as Json, json};

/// List the applications that can be deployed, or one of them with its settings
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
List the applications that can be deployed, or one of them with its settings.

An application is a file NAME.app.yaml in the folder `apps` of the data folder. What deploy.yaml of its repository says \
counts before it, key by key. With a name each value is shown with the place where it was said. Ends with 3 when a file \
that was asked for has errors.

Examples:
  countersign apps
  countersign apps web
  countersign app init ../web --write   make the file of one")]
pub(crate) struct Apps {
    /// One application, with its settings
    application: Option<String>,
}

impl Apps {
    pub(crate) fn perform(self, console: &Console) -> Outcome {
        let list = engine::apps(&console.data_dir());
        let screen = &console.screen;
        let Some(name) = self.application else {
            if screen.json() {
                screen.object(&json!(list));
                return Ok(Exit::Done);
            }
            if list.apps.is_empty() {
                screen.result(&Line::of("There are no applications yet"));
            } else {
                let rows = list.apps.iter().map(row).collect();
                screen.results(&table(
                    &["NAME", "REPOSITORY", "DEPLOY TO", "TARGETS"],
                    rows,
                ));
            }
            screen.result(&Line::default());
            screen.result(&Line::default().dim(format!("Their files go into {}", list.folder)));
            for app in &list.apps {
                screen.results(&findings(app));
            }
            return Ok(Exit::Done);
        };
        let Some(app) = list.apps.iter().find(|app| app.name == name) else {
            return Err(unknown(&name, &list).into());
        };
        if screen.json() {
            screen.object(&json!(app));
        } else {
            let rows = app.settings.iter().map(|setting| {
                vec![
                    Line::default().bold(&setting.key),
                    Line::of(text(&setting.value)),
                    Line::default().dim(&setting.origin),
                ]
            });
            if !app.settings.is_empty() {
                screen.results(&table(&["KEY", "VALUE", "SAID IN"], rows.collect()));
            }
            screen.results(&findings(app));
        }
        Ok(if app.ok { Exit::Done } else { Exit::Refused })
    }
}

fn unknown(name: &str, list: &AppList) -> Fault {
    let known: Vec<&str> = list.apps.iter().map(|app| app.name.as_str()).collect();
    let hint = match known.is_empty() {
        true => format!("There is none yet; their files go into {}", list.folder),
        false => format!("There are: {}", known.join(", ")),
    };
    Fault::new(
        "unknown_application",
        format!("There is no application {name}"),
        hint,
    )
}

fn row(app: &AppInfo) -> Vec<Line> {
    let said = |key: &str| app.settings.iter().find(|setting| setting.key == key);
    let cell = |key: &str| {
        said(key).map_or(Line::default().dim("not said"), |setting| {
            Line::of(text(&setting.value))
        })
    };
    let targets: Vec<&str> = app
        .settings
        .iter()
        .filter_map(|setting| setting.key.strip_prefix("targets."))
        .collect();
    let name = match app.ok {
        true => Line::default().bold(&app.name),
        false => Line::default().and(Style::Bad, format!("✗ {}", app.name)),
    };
    vec![
        name,
        cell("repository"),
        cell("deploy_to"),
        Line::of(targets.join(", ")),
    ]
}

/// A value on one line.
fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.replace('\n', " ⏎ "),
        other @ (Json::Null
        | Json::Bool(_)
        | Json::Number(_)
        | Json::Array(_)
        | Json::Object(_)) => other.to_string(),
    }
}

pub(super) fn findings(app: &AppInfo) -> Vec<Line> {
    let style = |severity: &str| {
        if severity == "error" {
            Style::Bad
        } else {
            Style::Warn
        }
    };
    app.findings
        .iter()
        .map(|finding| Line::default().and(style(&finding.severity), finding.to_string()))
        .collect()
}
