//! Data folders that cannot be used. The window opens all the same and says what is wrong, why, and what to do, with the
//! path of the folder; nothing in it can be started, and axe finds nothing on it.

use std::fs::{self, File};
use std::path::Path;

use engine::OpenOptions;

use crate::axe::Axe;
use crate::page::Window;
use crate::stage::{Disk, Stage};

/// Opens the window and looks at what it says.
fn told(stage: &Stage, code: &str, words: &[&str]) {
    let window = Window::open_anyhow(stage);
    window.see("fault");
    assert_eq!(
        window.attribute("fault", "data-code").as_deref(),
        Some(code)
    );
    let text = window.text("fault");
    for word in words {
        assert!(text.contains(word), "{code}: no “{word}” in: {text}");
    }
    window.keep_picture(code);
    if let Some(axe) = Axe::found() {
        axe.finds_nothing(&window, code);
    }
    window.close();
}

fn data(stage: &Stage) -> String {
    stage.data().display().to_string()
}

#[test]
fn a_folder_whose_owner_does_not_answer_is_in_use() {
    let Some(stage) = Stage::set() else { return };
    let lock = File::create(stage.data().join("engine.lock")).unwrap();
    lock.lock().unwrap();
    told(&stage, "folder_in_use", &[&data(&stage), "in use"]);
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let Some(stage) = Stage::set() else { return };
    in_a_runtime(async {
        own(&stage.data()).await.close().await;
    });
    let file = stage.data().join("countersign.db");
    let mut bytes = fs::read(&file).unwrap();
    // user_version in the header of an SQLite file (https://www.sqlite.org/fileformat.html#user_version_number).
    bytes[60..64].copy_from_slice(&900_u32.to_be_bytes());
    fs::write(&file, &bytes).unwrap();
    told(&stage, "newer_database", &[&data(&stage), "900"]);
    assert_eq!(fs::read(&file).unwrap(), bytes, "the file was changed");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let Some(stage) = Stage::set_on(Disk::ReadOnly) else {
        return;
    };
    told(&stage, "folder_read_only", &[&data(&stage), "not allowed"]);
}

#[test]
fn a_full_disk_is_named() {
    let Some(stage) = Stage::set_on(Disk::Full) else {
        return;
    };
    told(&stage, "disk_full", &[&data(&stage), "no space"]);
}

#[test]
fn a_disk_that_fills_up_stops_runs_until_there_is_space() {
    let (Some(stage), Some(axe)) = (Stage::set_on(Disk::Small), Axe::found()) else {
        return;
    };
    let window = Window::open(&stage);
    // The disk is there for the program alone.
    let ballast = format!("/proc/{}/root{}/ballast", window.pid(), data(&stage));
    let filled = fs::write(&ballast, vec![0; 64 << 20]);
    assert!(filled.is_err(), "the disk is larger than was thought");
    window.click("home-run-health-check");
    window.see("engine-trouble");
    window.keep_picture("engine_trouble");
    axe.finds_nothing(&window, "runs that cannot go on");
    fs::remove_file(&ballast).unwrap();
    window.click("[data-testid=engine-trouble] button");
    window.see_no("engine-trouble");
    window.run_health_check();
    window.close_after(Some("no space is left"));
}

#[test]
fn the_window_works_beside_the_program_that_owns_the_folder() {
    let Some(stage) = Stage::set() else { return };
    in_a_runtime(async {
        let owner = own(&stage.data()).await;
        let window = tokio::task::block_in_place(|| {
            let window = Window::open(&stage);
            window.run_health_check();
            window
        });
        let runs = owner
            .call(api::Runs { limit: 5 }, engine::Origin::Script)
            .await
            .unwrap();
        assert_eq!(runs.len(), 1, "the owner does not know of the run");
        tokio::task::block_in_place(|| window.close());
        owner.close().await;
    });
}

#[test]
fn the_window_takes_over_when_the_program_that_owns_the_folder_ends() {
    let Some(stage) = Stage::set() else { return };
    in_a_runtime(async {
        let owner = own(&stage.data()).await;
        let window = tokio::task::block_in_place(|| Window::open(&stage));
        owner.close().await;
        tokio::task::block_in_place(|| {
            window.see("home-run-health-check");
            window.run_health_check();
            window.close();
        });
    });
}

async fn own(data_dir: &Path) -> engine::Door {
    let data_dir = data_dir.to_owned();
    engine::open(OpenOptions {
        downloads: Some(data_dir.join("downloads")),
        data_dir,
        program: "test".to_owned(),
        secrets: engine::SecretSource::SessionOnly,
    })
    .await
    .unwrap()
}

fn in_a_runtime(work: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(work);
}
