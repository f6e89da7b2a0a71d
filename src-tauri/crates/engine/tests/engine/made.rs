//! Files that people ask for: the report of a run, a backup and the way back, diagnostics without a word of anybody's data.

use crate::bench::{Bench, WRITE_NOTE, open};
use api::{ReportForm, SecretText};
use serde_json::json;
use std::{
    fs,
    io::{Cursor, Read as _},
    path::{Path, PathBuf},
};
use workflow::{Decision, RunId};

fn report(run: &RunId, form: ReportForm) -> api::ExportReport {
    api::ExportReport {
        run: run.clone(),
        form,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_written_beside_the_earlier_ones() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    let downloads = bench.dir.path().join("data/downloads");
    let run = bench.start("health_check", json!({})).await;
    bench.ends(&run).await;
    let mut names = Vec::new();
    for form in [ReportForm::Markdown, ReportForm::Markdown, ReportForm::Html] {
        let made = bench.call(report(&run, form)).await.unwrap();
        let path = PathBuf::from(&made.path);
        assert_eq!(path.parent(), Some(downloads.as_path()));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(made.bytes, text.len() as u64);
        assert!(!made.says.is_empty());
        let begins = match form {
            ReportForm::Markdown => "# ",
            ReportForm::Html => "<!doctype html>",
        };
        assert!(text.starts_with(begins), "{text}");
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    let short = run.0.rsplit('-').next().unwrap();
    let [first, second, page] = names.as_slice() else {
        panic!("{names:?}")
    };
    assert!(
        first.starts_with("health_check-20") && first.ends_with(&format!("-{short}.md")),
        "{first}"
    );
    assert_eq!(*second, first.replace(".md", " (2).md"));
    assert_eq!(*page, first.replace(".md", ".html"));

    let (note, _) = bench.note("a.txt", "x").await;
    let waiting = bench.waits(&note).await;
    let code = async |run: &RunId| {
        let fault = bench.call(report(run, ReportForm::Html)).await.unwrap_err();
        assert!(!fault.action.is_empty(), "{fault:?}");
        fault.code
    };
    assert_eq!(code(&note).await, "no_report", "it is not over");
    bench.decide(&waiting, Decision::Approve).await.unwrap();
    bench.ends(&note).await;
    assert_eq!(code(&note).await, "no_report", "it has none");
    assert_eq!(code(&RunId("nothing".to_owned())).await, "unknown_run");
    assert_eq!(fs::read_dir(&downloads).unwrap().count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_a_data_folder_and_comes_back_as_one() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    let (run, _) = bench.note("a.txt", "x").await;
    bench.waits(&run).await;
    let data = bench.dir.path().join("data");
    fs::create_dir(data.join("apps")).unwrap();
    fs::write(data.join("apps/web.app.yaml"), "deploy_to: /srv/web\n").unwrap();
    let made = bench.call(api::BackUp {}).await.unwrap();
    let again = bench.call(api::BackUp {}).await.unwrap();
    assert_ne!(made.path, again.path);
    let backup = PathBuf::from(&made.path);
    assert_eq!(backup.parent(), Some(engine::backups_dir(&data).as_path()));
    let says = made.says.join(" ");
    for words in [
        "one workflow file, one application",
        "is whole",
        "Secrets are not in it",
    ] {
        assert!(says.contains(words), "{words}: {says}");
    }
    // To a place of one's own, and only where nothing is.
    let elsewhere = bench.dir.path().join("elsewhere");
    engine::back_up(&data, Some(&elsewhere)).unwrap();
    assert_eq!(
        engine::back_up(&data, Some(&elsewhere)).unwrap_err().code,
        "folder_unusable"
    );
    let restored = bench.dir.path().join("restored");
    let (made, whole) = engine::restore(&backup, &restored).unwrap();
    assert!(
        whole && made.says.join(" ").contains("is whole"),
        "{made:?}"
    );
    assert_eq!(engine::apps(&restored).apps[0].name, "web");
    for to in [&restored, &data] {
        let fault = engine::restore(&backup, to).unwrap_err();
        assert_eq!(fault.code, "folder_unusable", "{fault:?}");
    }
    let nothing = engine::restore(
        &bench.dir.path().join("nothing"),
        &bench.dir.path().join("to"),
    );
    assert_eq!(nothing.unwrap_err().code, "no_data");
    // It goes on where the run waited.
    let door = open(restored.clone()).await.unwrap();
    let list = door
        .call(api::Workflows {}, engine::Origin::Terminal)
        .await
        .unwrap();
    assert!(list.workflows.iter().any(|one| one.id == "write_note"));
    let shown = api::ShowRun { run: run.0.clone() };
    let shown = door.call(shown, engine::Origin::Terminal).await.unwrap();
    assert_eq!(shown.open_gates().count(), 1);
    door.close().await;
}

/// Every file of a zip, with its name.
fn unpacked(path: &Path) -> Vec<(String, String)> {
    let bytes = fs::read(path).unwrap();
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|number| {
            let mut file = zip.by_index(number).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().into_owned(), text)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_hold_no_word_of_anybodys_data() {
    let broken = "apiVersion: countersign/v1\nkind: Workflow\nid: broken\ncanary-host.example: canary-value\n";
    let described = WRITE_NOTE.replace("Writes a text", "On canary-host.example, writes a text");
    let bench = Bench::new(&[&described, broken]).await;
    let secret = api::SetSecret {
        reference: "keychain:canary-name".to_owned(),
        value: SecretText::new("canary-secret".to_owned()),
        session: true,
    };
    bench.call(secret).await.unwrap();
    bench
        .call(api::MakeToken {
            name: "canary-person".to_owned(),
        })
        .await
        .unwrap();
    let (run, _) = bench.note("canary-host.example.txt", "canary-value").await;
    let waiting = bench.waits(&run).await;
    bench.decide(&waiting, Decision::Approve).await.unwrap();
    bench.ends(&run).await;
    let check = bench.start("health_check", json!({})).await;
    bench.ends(&check).await;

    let by_engine = bench.call(api::Diagnostics {}).await.unwrap();
    let data_dir = bench.dir.path().join("data");
    let options = |data_dir: &Path| engine::OpenOptions {
        data_dir: data_dir.to_owned(),
        program: "test".to_owned(),
        secrets: engine::SecretSource::SessionOnly,
        downloads: Some(bench.dir.path().join("data/downloads")),
    };
    let beside = engine::diagnostics(&options(&data_dir)).await.unwrap();
    // Of a folder that no program of today can open.
    let odd = bench.dir.path().join("canary-folder");
    fs::create_dir(&odd).unwrap();
    fs::write(odd.join("countersign.db"), "canary-value ".repeat(100)).unwrap();
    let of_odd = engine::diagnostics(&options(&odd)).await.unwrap();

    let computer = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let place = bench.dir.path().display().to_string();
    for made in [&by_engine, &beside, &of_odd] {
        let files = unpacked(Path::new(&made.path));
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "README.txt",
                "about.json",
                "engine.json",
                "data.json",
                "counts.json",
                "workflows.json",
                "audit.json"
            ]
        );
        for (name, text) in &files {
            assert!(!text.contains("canary"), "{name}: {text}");
            assert!(!text.contains(&place), "{name}: {text}");
            assert!(
                computer.len() < 3 || !text.contains(&computer),
                "{name}: {text}"
            );
            if name.ends_with(".json") {
                serde_json::from_str::<serde_json::Value>(text).unwrap();
            }
        }
        assert!(!made.says.is_empty() && made.bytes > 500);
    }
    let json = |made: &api::FileMade, name: &str| -> serde_json::Value {
        let files = unpacked(Path::new(&made.path));
        let (_, text) = files.into_iter().find(|(file, _)| file == name).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    assert_eq!(
        json(&by_engine, "counts.json")["runs"],
        json!({ "completed": 2 })
    );
    assert_eq!(
        json(&by_engine, "counts.json"),
        json(&beside, "counts.json")
    );
    assert_eq!(json(&by_engine, "engine.json")["writable"], true);
    assert_eq!(json(&by_engine, "audit.json")["intact"], true);
    assert_eq!(
        json(&by_engine, "data.json")["databases"][0]["schema_version"],
        4
    );
    let workflows = json(&by_engine, "workflows.json");
    assert!(workflows["workflows"].as_array().unwrap().len() > 5);
    assert!(workflows["findings"][0]["code"].is_string(), "{workflows}");
    assert_eq!(
        json(&of_odd, "counts.json"),
        json!({ "fault": "not_a_database" })
    );
}
