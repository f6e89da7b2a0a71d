//! `countersign agents import`: the hosts of an ssh config, an Ansible inventory or a table come into the fleet.

use crate::{
    console::Console,
    exit::{Exit, Outcome, TABLE, Trouble},
    line::{Line, Style, table},
    phrases,
    verbs::run,
};
use serde_json::{Map, Value as Json, json};
use std::{collections::BTreeMap, io::Read as _, path::Path};

/// Take the hosts of your ssh config, an Ansible inventory or a table into the fleet
#[derive(Debug, clap::Args)]
#[command(after_help = TABLE, long_about = "\
Take the hosts of your ssh config, an Ansible inventory or a table into the fleet.

Without an option the hosts of ~/.ssh/config are taken. Several sources are one import: a host that stands in two of them \
becomes one agent. There are at most three decisions for any number of hosts: which host keys to trust (keys that your \
known_hosts files know are not asked about), which rows to write, and what to write on the hosts.

Git forges, wildcards, hosts that are only jumped through, and hosts that are agents already are left out; --include takes \
one in by its name all the same. A host that does not answer becomes a candidate, and the others go on. Passwords in an \
inventory are never taken over.

With --dry-run nothing is connected to and nothing is written.

Examples:
  countersign agents import --dry-run
  countersign agents import --ssh-config --ansible inventory.ini
  countersign agents import --csv hosts.csv --environment production --label team=web
  countersign agents import --paste 'deploy@node[1-5].example.org:2222'")]
pub(crate) struct Import {
    /// An ssh config; without a file your own
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "")]
    ssh_config: Option<String>,

    /// An Ansible inventory: INI, YAML, or the JSON of `ansible-inventory --list`
    #[arg(long, value_name = "FILE")]
    ansible: Vec<String>,

    /// A table with a first line of names: name, address, port, user, credential, environment, labels
    #[arg(long, value_name = "FILE")]
    csv: Vec<String>,

    /// A JSON list of objects with the same names
    #[arg(long, value_name = "FILE")]
    json_file: Vec<String>,

    /// Hosts as text: user@host:port, node[1-5]; `-` is standard input
    #[arg(long, value_name = "TEXT")]
    paste: Vec<String>,

    /// Also this host, although it would be left out
    #[arg(long, value_name = "NAME")]
    include: Vec<String>,

    /// Not this host
    #[arg(long, value_name = "NAME")]
    exclude: Vec<String>,

    /// For hosts whose inventory does not say one [default: staging]
    #[arg(long)]
    environment: Option<String>,

    /// A label for all of them
    #[arg(long, value_name = "NAME=VALUE")]
    label: Vec<String>,

    /// Only show what would be taken in
    #[arg(long)]
    dry_run: bool,

    /// Ask nobody: leave the run waiting at its first gate
    #[arg(long)]
    detach: bool,
}

impl Import {
    pub(crate) async fn perform(self, console: &mut Console) -> Outcome {
        let mut args = Map::from_iter([
            ("sources".to_owned(), Json::Array(self.sources()?)),
            ("include".to_owned(), json!(self.include)),
            ("exclude".to_owned(), json!(self.exclude)),
        ]);
        let labels = super::some::labels(&self.label)?;
        let mut door = console.open().await?;
        let outcome = if self.dry_run {
            let call = api::PreviewImport { args };
            match door.call(call, console.origin()).await {
                Ok(preview) => Ok(show(console, &preview)),
                Err(fault) => Err(fault.into()),
            }
        } else {
            if let Some(environment) = &self.environment {
                args.insert("environment".to_owned(), json!(environment));
            }
            args.insert("labels".to_owned(), json!(labels));
            let workflow = ("import_agents", "Import Agents");
            run::start(console, &mut door, workflow, args, self.detach).await
        };
        door.close().await;
        outcome
    }

    fn sources(&self) -> Result<Vec<Json>, Trouble> {
        let mut sources = Vec::new();
        let of = |kind: &str, path: &str| json!({ "kind": kind, "path": super::some::whole(path) });
        match self.ssh_config.as_deref() {
            Some("") => sources.push(json!({ "kind": "ssh_config" })),
            Some(path) => sources.push(of("ssh_config", path)),
            None => {}
        }
        let files = [
            ("ansible", &self.ansible),
            ("csv", &self.csv),
            ("json", &self.json_file),
        ];
        for (kind, paths) in files {
            for path in paths {
                if !Path::new(path).exists() && !path.starts_with('~') {
                    return Err(Trouble::usage(
                        format!("There is no file {path}"),
                        "Name the inventory's file",
                    ));
                }
                sources.push(of(kind, path));
            }
        }
        for text in &self.paste {
            let mut text = text.clone();
            if text == "-" {
                text.clear();
                let read = std::io::stdin().lock().read_to_string(&mut text);
                read.map_err(|error| {
                    Trouble::usage(
                        format!("Standard input cannot be read: {error}"),
                        "Give the hosts as text",
                    )
                })?;
            }
            sources.push(json!({ "kind": "pasted", "text": text }));
        }
        if sources.is_empty() {
            sources.push(json!({ "kind": "ssh_config" }));
        }
        Ok(sources)
    }
}

/// What would be taken in, as a table; what would not, with the reason.
fn show(console: &Console, preview: &Json) -> Exit {
    let screen = &console.screen;
    if screen.json() {
        screen.object(preview);
        return Exit::Done;
    }
    let list = |name: &str| preview[name].as_array().cloned().unwrap_or_default();
    let hosts = list("hosts");
    let picked = |host: &&Json| host["picked"] == json!(true);
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let rows: Vec<Vec<Line>> = hosts
        .iter()
        .filter(picked)
        .map(|host| {
            let address = match (text(&host["address"]), text(&host["ssh_alias"])) {
                (address, _) if !address.is_empty() => address,
                (_, alias) => format!("ssh {alias}"),
            };
            let labels: Vec<String> = host["labels"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| format!("{name}={}", text(value)))
                .collect();
            vec![
                Line::default().bold(text(&host["name"])),
                Line::of(address),
                Line::of(text(&host["user"])),
                Line::of(text(&host["environment"])),
                Line::default().dim(labels.join(",")).cut(40),
                Line::default().dim(text(&host["place"])),
            ]
        })
        .collect();
    let count = rows.len();
    if count > 0 {
        let heads = ["AGENT", "ADDRESS", "USER", "ENVIRONMENT", "LABELS", "FROM"];
        screen.results(&table(&heads, rows));
        screen.result(&Line::default());
    }
    for left in list("left_out") {
        let line = Line::default().dim("left out  ").plain(text(&left["name"]));
        screen.result(&line.dim(format!("  {}", text(&left["why"]))));
    }
    // Many hosts may have the same note: it stands once.
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for host in hosts.iter().filter(picked) {
        for note in host["notes"].as_array().into_iter().flatten() {
            let names = said.entry(text(note)).or_default();
            names.push(text(&host["name"]));
        }
    }
    for (note, names) in said {
        let whose = match names.as_slice() {
            [one] => one.clone(),
            [one, others @ ..] => format!("{one} and {} more", others.len()),
            [] => continue,
        };
        let line = Line::default().and(Style::Warn, "note  ").plain(whose);
        screen.result(&line.dim(format!("  {note}")));
    }
    for note in list("notes") {
        screen.result(
            &Line::default()
                .and(Style::Warn, "note  ")
                .plain(text(&note)),
        );
    }
    let says = format!(
        "{} would be looked at; nothing was connected to.",
        phrases::count(count, "host")
    );
    screen.result(&Line::of(says));
    Exit::Done
}
