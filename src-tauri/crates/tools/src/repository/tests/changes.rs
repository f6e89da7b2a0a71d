//! What lies between two commits.

use super::{Desk, Sample};
use crate::git::testing::Bare;
use serde_json::{Value as Json, json};
use workflow::ToolError;

async fn changelog(desk: &Desk, bare: &Bare, from: &str, to: &str) -> Result<Json, ToolError> {
    desk.read(
        "changelog",
        json!({ "repository": bare.url(), "from": from, "to": to }),
    )
    .await
}

fn subjects(list: &Json) -> Vec<&str> {
    let rows = list.as_array().unwrap();
    rows.iter()
        .map(|row| row["subject"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn commits_and_files_are_listed_from_the_older_to_the_newer() {
    let (desk, sample) = (Desk::new(), Sample::new());
    let output = changelog(&desk, &sample.bare, "v1", "main").await.unwrap();
    assert_eq!(
        (&output["from"], &output["to"]),
        (&json!(sample.first), &json!(sample.second))
    );
    assert_eq!(
        (&output["relation"], &output["history_complete"]),
        (&json!("forward"), &json!(true))
    );
    assert_eq!(
        output["commits"],
        json!([{ "commit": sample.second, "author": "Ada", "at_us": 1_700_000_000_000_000_i64, "subject": "Second" }])
    );
    let file = |path: &str, status: &str, added: u64, removed: u64| json!({ "path": path, "status": status, "lines_added": added, "lines_removed": removed });
    assert_eq!(
        output["files"],
        json!([
            file("a.txt", "modified", 1, 0),
            file("b.txt", "added", 1, 0),
            file("deploy.yaml", "deleted", 0, 1),
        ])
    );
    assert_eq!(
        (
            &output["lines_added"],
            &output["lines_removed"],
            &output["lost_total"]
        ),
        (&json!(2), &json!(1), &json!(0))
    );
}

#[tokio::test]
async fn what_does_not_come_after_says_so() {
    let (desk, sample) = (Desk::new(), Sample::new());
    let side = sample
        .bare
        .commit_files(&[&sample.first], "Side", &[("s", "s")]);
    let alone = sample.bare.commit_files(&[], "Alone", &[("s", "s")]);
    sample.bare.point("refs/heads/side", &side);
    sample.bare.point("refs/heads/alone", &alone);
    for (from, to, relation, says, commits, lost) in [
        ("main", "main", "same", "same commit", vec![], vec![]),
        (
            "main",
            "v1",
            "backward",
            "goes back by 1 commit",
            vec![],
            vec!["Second"],
        ),
        (
            "main",
            "side",
            "diverged",
            "1 commit of the first would be lost",
            vec!["Side"],
            vec!["Second"],
        ),
        (
            "v1",
            "alone",
            "unrelated",
            "no commit in common",
            vec!["Alone"],
            vec!["First"],
        ),
    ] {
        let output = changelog(&desk, &sample.bare, from, to).await.unwrap();
        assert_eq!(output["relation"], json!(relation));
        assert!(
            output["says"].as_str().unwrap().contains(says),
            "{}",
            output["says"]
        );
        assert_eq!(
            (subjects(&output["commits"]), subjects(&output["lost"])),
            (commits, lost),
            "{relation}"
        );
    }
}

#[tokio::test]
async fn what_people_wrote_stays_data() {
    let (desk, bare) = (Desk::new(), Bare::new());
    let first = bare.commit_files(&[], "First", &[]);
    let names = [
        "-rf",
        "a\nb",
        "tab\there",
        "\u{202e}txt",
        "\"quoted\"",
        "<b>",
    ];
    let files: Vec<(&str, &str)> = names.iter().map(|name| (*name, "x\n")).collect();
    let message = "\u{1b}[2Jgone \u{202e}x\n\nbody";
    let mut second = bare.commit_files(&[&first], message, &files);
    let binary = bare.tree(&[
        ("100644", "bin", "\0\0"),
        ("120000", "link", "/etc"),
        ("160000", "sub", &first),
    ]);
    bare.point("refs/heads/main", &second);
    let output = changelog(&desk, &bare, &first, "main").await.unwrap();
    assert_eq!(subjects(&output["commits"]), ["\u{1b}[2Jgone \u{202e}x"]);
    let mut found: Vec<&str> = output["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["path"].as_str().unwrap())
        .collect();
    let mut expected = names.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    second = bare.commit(&binary, &[&first], "Binary");
    bare.point("refs/heads/main", &second);
    let output = changelog(&desk, &bare, &first, "main").await.unwrap();
    assert_eq!(
        output["files"][0],
        json!({ "path": "bin", "status": "added", "lines_added": null, "lines_removed": null })
    );
    assert_eq!(output["files_total"], json!(3));
}

#[tokio::test]
async fn long_lists_are_cut_with_their_whole_number() {
    let (desk, bare) = (Desk::new(), Bare::new());
    let first = bare.commit_files(&[], "First", &[]);
    let mut last = first.clone();
    for number in 0..7 {
        let names: Vec<String> = (0..=number).map(|file| format!("f{file}")).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x\n")).collect();
        last = bare.commit_files(&[&last], &format!("Commit {number}"), &files);
    }
    bare.point("refs/heads/main", &last);
    let args = json!({ "repository": bare.url(), "from": first, "limit": 3 });
    let output = desk.read("changelog", args).await.unwrap();
    assert_eq!(
        subjects(&output["commits"]),
        ["Commit 6", "Commit 5", "Commit 4"]
    );
    assert_eq!(
        (
            &output["commits_total"],
            &output["files_total"],
            output["files"].as_array().unwrap().len()
        ),
        (&json!(7), &json!(7), 3)
    );
    assert_eq!(output["lines_added"], json!(7));
}

#[tokio::test]
async fn a_history_that_is_cut_off_is_not_taken_for_another_one() {
    let (desk, bare) = (Desk::new(), Bare::new());
    let files = [("a", "a")];
    let root = bare.commit_files(&[], "Root", &files);
    let left = bare.commit_files(&[&root], "Left", &files);
    let right = bare.commit_files(&[&root], "Right", &files);
    bare.point("refs/heads/left", &left);
    bare.point("refs/heads/right", &right);
    let shallow = Bare::new();
    let from = format!("file://{}", bare.url());
    shallow.git(&[
        "fetch",
        "--quiet",
        "--depth=1",
        &from,
        "+refs/heads/*:refs/heads/*",
    ]);
    for (bare, relation, is_whole) in [(&bare, "diverged", true), (&shallow, "unknown", false)] {
        let output = changelog(&desk, bare, "left", "right").await.unwrap();
        assert_eq!(
            (&output["relation"], &output["history_complete"]),
            (&json!(relation), &json!(is_whole))
        );
    }
}
