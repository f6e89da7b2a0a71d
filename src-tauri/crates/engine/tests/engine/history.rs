//! Looking back through every door: the engine's own, the socket of another process, and reading without the lock.

use crate::bench::{Bench, WRITE_NOTE, open, reject};
use api::{Call, DecisionRow, HistoryPage, SearchRuns};
use engine::{Door, Origin};
use serde_json::json;
use workflow::{Decision, RunState};

/// The answer of a call, the same at each of the three doors.
async fn asked<C: Call + Clone + std::fmt::Debug>(
    bench: &Bench,
    call: C,
) -> Result<C::Reply, String>
where
    C::Reply: PartialEq + std::fmt::Debug,
{
    let data = bench.dir.path().join("data");
    let remote = open(data.clone()).await.unwrap();
    assert!(remote.is_remote());
    let reading = engine::open_for_reading(&data).await.unwrap();
    let of = async |door: &Door| {
        let answer = door.call(call.clone(), Origin::Script).await;
        answer.map_err(|fault| {
            assert!(
                !fault.title.is_empty() && !fault.action.is_empty(),
                "{fault:?}"
            );
            fault.code
        })
    };
    let answer = of(&bench.door).await;
    assert_eq!(of(&remote).await, answer, "over the socket: {call:?}");
    assert_eq!(of(&reading).await, answer, "without the lock: {call:?}");
    answer
}

fn everything() -> SearchRuns {
    SearchRuns {
        text: String::new(),
        states: vec![],
        workflow: None,
        since_us: None,
        before: None,
        limit: 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_found_and_decisions_are_listed() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    let (written, _) = bench.note("a.txt", "hello\n").await;
    let waiting = bench.waits(&written).await;
    bench.decide(&waiting, Decision::Approve).await.unwrap();
    bench.ends(&written).await;
    let (refused, _) = bench.note("b.txt", "hello\n").await;
    let waiting = bench.waits(&refused).await;
    bench
        .decide(&waiting, reject("100% \"not\" today"))
        .await
        .unwrap();
    bench.ends(&refused).await;

    let found = async |search: SearchRuns| -> HistoryPage { asked(&bench, search).await.unwrap() };
    let all = found(everything()).await;
    assert_eq!((all.rows.len(), all.total, all.more), (2, 2, false));
    assert_eq!(all.rows[0].summary.run, refused, "the newest first");
    for (text, states, total) in [
        ("WRITE note", vec![], 2),
        ("100% \"NOT\"", vec![], 1),
        ("note", vec![RunState::Completed], 1),
        ("NEAR(\"", vec![], 0),
    ] {
        let search = SearchRuns {
            text: text.to_owned(),
            states,
            ..everything()
        };
        assert_eq!(found(search).await.total, total, "{text}");
    }
    let first = found(SearchRuns {
        limit: 1,
        ..everything()
    })
    .await;
    let second = found(SearchRuns {
        limit: 1,
        before: Some(first.rows[0].summary.run.clone()),
        ..everything()
    })
    .await;
    assert_eq!((first.more, second.more), (true, false));
    assert_eq!([first.rows, second.rows].concat(), all.rows);

    let page = asked(
        &bench,
        api::Decisions {
            before: None,
            limit: 0,
        },
    )
    .await
    .unwrap();
    let told = |row: &DecisionRow| (row.run.clone(), row.answer.clone(), row.words.clone());
    assert_eq!(
        page.rows.iter().map(told).collect::<Vec<_>>(),
        [
            (
                refused,
                "reject".to_owned(),
                Some("100% \"not\" today".to_owned())
            ),
            (written, "approve".to_owned(), None),
        ]
    );
    let row = &page.rows[0];
    assert_eq!(
        (
            row.workflow.as_str(),
            row.gate.to_string(),
            row.revision,
            row.by.origin.as_str()
        ),
        ("Write a note", "write.before".to_owned(), 1, "terminal")
    );
    assert!(
        row.question.starts_with("Write ") && row.question.ends_with("b.txt?"),
        "{row:?}"
    );
    assert!(row.opened_at_us > 0 && row.opened_at_us <= row.at_us);
    let one = asked(
        &bench,
        api::Decisions {
            before: None,
            limit: 1,
        },
    )
    .await
    .unwrap();
    let rest = asked(
        &bench,
        api::Decisions {
            before: Some(one.rows[0].seq),
            limit: 1,
        },
    )
    .await
    .unwrap();
    assert_eq!((one.more, rest.more), (true, false));
    assert_eq!([one.rows, rest.rows].concat(), page.rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_has_its_last_snapshot_and_its_measures() {
    let bench = Bench::new(&[]).await;
    let this = |hours| api::ShowAgent {
        agent_id: "this-computer".to_owned(),
        hours,
    };
    let before = asked(&bench, this(24)).await.unwrap();
    assert_eq!(
        (before.snapshot, before.taken_at_us, before.series),
        (None, None, vec![])
    );
    let run = bench.start("health_check", json!({})).await;
    bench.ends(&run).await;
    let after = bench.call(this(24)).await.unwrap();
    assert!(after.snapshot.is_some() && after.taken_at_us.is_some());
    assert!(!after.series.is_empty());
    for series in &after.series {
        assert!(
            !series.name.is_empty() && series.points.len() == 1,
            "{series:?}"
        );
    }
    assert_eq!(asked(&bench, this(0)).await.unwrap().series, []);
    asked(&bench, this(u32::MAX)).await.unwrap();
    let nobody = api::ShowAgent {
        agent_id: "web-01".to_owned(),
        hours: 24,
    };
    assert_eq!(asked(&bench, nobody).await.unwrap_err(), "unknown_agent");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_of_a_workflow_is_found_by_names_that_the_folder_knows() {
    let bench = Bench::new(&[
        WRITE_NOTE,
        "apiVersion: countersign/v1\nkind: Workflow\nid: [",
        "\u{feff}",
    ])
    .await;
    let folder = bench.dir.path().join("data/workflows");
    std::fs::write(
        bench.dir.path().join("data/outside.workflow.yaml"),
        "secret",
    )
    .unwrap();
    std::fs::write(folder.join(".hidden.yaml"), "secret").unwrap();
    std::fs::write(folder.join("notes.txt"), "secret").unwrap();
    let whole = folder.join("1.workflow.yaml").display().to_string();
    for (name, origin, begins, wrong) in [
        ("write_note", "0.workflow.yaml", "\napiVersion", false),
        ("0.workflow.yaml", "0.workflow.yaml", "\napiVersion", false),
        ("1.workflow.yaml", "1.workflow.yaml", "apiVersion", true),
        (whole.as_str(), "1.workflow.yaml", "apiVersion", true),
        ("2.workflow.yaml", "2.workflow.yaml", "\u{feff}", true),
        ("health_check", "built-in", "", false),
        ("health_check.workflow.yaml", "built-in", "", false),
    ] {
        let call = api::WorkflowSource {
            name: name.to_owned(),
        };
        let source = asked(&bench, call).await.unwrap();
        assert!(source.origin.ends_with(origin), "{name}: {}", source.origin);
        assert!(source.text.starts_with(begins), "{name}: {}", source.text);
        assert_eq!(
            !source.findings.is_empty(),
            wrong,
            "{name}: {:?}",
            source.findings
        );
    }
    let outside = folder
        .join("../outside.workflow.yaml")
        .display()
        .to_string();
    for name in [
        "",
        ".",
        "..",
        "nothing",
        "../outside.workflow.yaml",
        "outside.workflow.yaml",
        "/etc/passwd",
        ".hidden.yaml",
        "notes.txt",
        "0.workflow.yaml/",
        "./0.workflow.yaml",
        "0.workflow.yaml\0",
        &outside,
    ] {
        let call = api::WorkflowSource {
            name: name.to_owned(),
        };
        assert_eq!(
            asked(&bench, call).await.unwrap_err(),
            "unknown_workflow",
            "{name}"
        );
    }
    // What stands in the file now, also where an older version of it can still be started.
    std::fs::write(folder.join("0.workflow.yaml"), "id: [").unwrap();
    let call = api::WorkflowSource {
        name: "write_note".to_owned(),
    };
    let source = bench.call(call).await.unwrap();
    assert_eq!(source.text, "id: [");
    assert!(!source.findings.is_empty());
}
