//! A host on loopback that a test takes into the fleet: a real ssh server, and the key that opens it.

use std::path::PathBuf;

use loopback::{Sshd, SshdSetup, key_words, keygen, user};
use serde_json::{Value as Json, json};

use crate::door::call;
use crate::page::Window;
use crate::stage::Stage;

/// The questions of a registration, in the order in which they are asked.
pub(crate) const QUESTIONS: [&str; 3] = [
    "Trust these host keys",
    "Register 1 host",
    "Apply these changes",
];

/// A host that runs.
pub(crate) struct Host {
    pub(crate) server: Sshd,
    key: PathBuf,
}

impl Host {
    /// Starts it with further lines for its configuration; `None`, with the reason printed, where there is no sshd.
    pub(crate) fn start(stage: &Stage, extra: &[String]) -> Option<Self> {
        let key = keygen(&stage.folder().join("key"), &["-t", "ed25519"]);
        let server = Sshd::start(&SshdSetup {
            authorized: vec![key_words(&key.with_extension("pub"))],
            extra: extra.to_vec(),
            ..SshdSetup::default()
        })?;
        Some(Self { server, key })
    }

    /// How it is reached, field by field, as `register_agent` and the form for it call them.
    pub(crate) fn fields(&self) -> [(&'static str, String); 4] {
        [
            ("address", "127.0.0.1".to_owned()),
            ("port", self.server.port.to_string()),
            ("user", user()),
            ("credential", format!("key:{}", self.key.display())),
        ]
    }

    /// Asks through another door to take it into the fleet under this name, with other fields of it
    /// where they are given, and gives the run.
    pub(crate) fn ask_to_join(&self, stage: &Stage, name: &str, more: &Json) -> String {
        let mut host = json!({ "hostname": name });
        for (field, text) in self.fields() {
            host[field] = json!(text);
        }
        host["port"] = json!(self.server.port);
        for (field, value) in more.as_object().into_iter().flatten() {
            host[field] = value.clone();
        }
        let inputs = json!({ "hosts": [host], "labels": { "role": "web" } });
        let started: Json = call(
            stage,
            "start_run",
            json!({ "workflow": "register_agent", "inputs": inputs }),
        );
        started["run"].as_str().unwrap().to_owned()
    }

    /// Takes it into the fleet; the cards are approved by clicks.
    pub(crate) fn join(&self, stage: &Stage, window: &Window<'_>, name: &str) {
        let run = self.ask_to_join(stage, name, &json!({}));
        window.review();
        for question in QUESTIONS {
            window.reads("#main [data-testid=card]", question);
            window.click("#main [data-testid=card-approve]");
        }
        window.has("run-state", "data-run", &run);
        window.run_is("completed");
    }
}

/// Puts a profile into the data folder by which every host of staging is to have this file.
pub(crate) fn with_managed_file(stage: &Stage) -> PathBuf {
    let on_host = stage.folder().join("on-host");
    let profiles = stage.data().join("profiles");
    std::fs::create_dir_all(&profiles).unwrap();
    let profile = format!(
        "apiVersion: countersign/v1\nkind: Profile\nfiles:\n  - path: {}\n    mode: \"0644\"\n    content: managed\n",
        on_host.display()
    );
    std::fs::write(profiles.join("staging.yaml"), profile).unwrap();
    on_host
}
