//! Tests of what a card says.
#![expect(
    clippy::expect_used,
    reason = "a test whose fixture is wrong has failed"
)]

use super::*;
use serde_json::json;
use workflow::{CardScope, Change, EffectClass};

fn call(step: StepKey, left_out: Option<&str>) -> CardCall {
    CardCall {
        item: Some(Datum::Inline(json!({"path": format!("/tmp/{step}")}))),
        step,
        call: Call {
            tool: "file.write".into(),
            tool_version: 1,
            args: Datum::Inline(json!({"path": "/tmp/a"})),
            targets: Vec::new(),
            facts: BTreeMap::new(),
            effect: EffectClass::Write,
            undo: None,
        },
        digest: Digest::of(b"call"),
        changes: Vec::new(),
        blast_radius: String::new(),
        undo: None,
        left_out: left_out.map(str::to_owned),
    }
}

fn asked(calls: Vec<CardCall>) -> Asked {
    Asked {
        run: RunId("r1".into()),
        workflow: "Write".into(),
        gate: GateId {
            step: StepKey::top("write"),
            kind: GateKind::Before,
        },
        revision: 1,
        digest: Digest::of(b"card"),
        opened_at_us: 0,
        step: "Write the files".into(),
        holds: true,
        card: Card {
            title: "Write?".into(),
            calls,
            result: None,
            provenance: Provenance::Tool,
            shown: Vec::new(),
            decisions: vec![
                DecisionKind::Approve,
                DecisionKind::Drop,
                DecisionKind::Edit,
            ],
            editable: BTreeMap::from([
                ("path".to_owned(), Datum::Inline(json!("/tmp/a"))),
                ("mode".to_owned(), Datum::Inline(json!(420))),
            ]),
            tries: 1,
            reopened: None,
            changed: Vec::new(),
            definition: Digest::of(b"definition"),
            expires_at_us: None,
            grant_ttl_ms: None,
            scope: CardScope::AllItems,
            rollback: None,
        },
        fields: Vec::new(),
        changed: false,
        usual_then: Then::Stop,
    }
}

fn list() -> Asked {
    let key = StepKey::top("write");
    asked(vec![
        call(key.item(0), None),
        call(key.item(1), Some("no such folder")),
        call(key.item(2), None),
    ])
}

#[test]
fn the_button_says_how_many_would_run() {
    let asked = list();
    assert!(asked.droppable());
    assert_eq!(asked.runnable(), 2);
    assert_eq!(asked.approve_words(0), "Approve and continue");
    assert_eq!(asked.approve_words(1), "Approve 1 of 2");
    assert_eq!(asked.approve_words(2), "Leave all out and continue");
    let item = StepKey::top("write").item(2);
    assert_eq!(asked.approval(Vec::new()), Decision::Approve);
    assert_eq!(
        asked.approval(vec![item.clone()]),
        Decision::Drop { items: vec![item] }
    );
}

#[test]
fn one_call_alone_cannot_be_left_out() {
    assert!(!super::tests::asked(vec![call(StepKey::top("write"), None)]).droppable());
}

#[test]
fn an_edit_holds_only_what_differs() {
    let asked = list();
    let same = json!({"path": "/tmp/a", "mode": 420});
    let same = same.as_object().expect("an object").clone();
    assert_eq!(asked.edit(same.clone()), None);
    let mut other = same;
    other.insert("path".into(), json!("/tmp/b"));
    let Some(Decision::Edit { values }) = asked.edit(other) else {
        panic!("an edit")
    };
    assert_eq!(Json::Object(values), json!({"path": "/tmp/b"}));
}

#[test]
fn what_an_approval_covers_and_what_silence_does() {
    let mut asked = list();
    assert_eq!(asked.covers(), None);
    assert_eq!(asked.silence(), "It stays open; nothing runs");
    asked.card.tries = 3;
    asked.card.grant_ttl_ms = Some(900_000);
    asked.card.expires_at_us = Some(1);
    asked.holds = false;
    assert_eq!(
        asked.covers().as_deref(),
        Some("up to 3 tries, good for 15 min after you approve")
    );
    assert_eq!(asked.silence(), "It rejects itself; nothing runs");
}

#[test]
fn a_call_is_told_in_one_line() {
    let change = |subject: &str| Change {
        verb: "modify".into(),
        subject: subject.into(),
        diff: String::new(),
    };
    let mut one = call(StepKey::top("write"), None);
    assert_eq!(summary(&one), "nothing would change");
    one.changes = vec![change("/etc/a")];
    assert_eq!(summary(&one), "modify /etc/a");
    one.changes.push(change("/etc/b"));
    assert_eq!(summary(&one), "modify /etc/a and 1 more");
    assert_eq!(call_name(&one), "/tmp/write");
}

#[test]
fn diffs_are_read_by_line() {
    let kinds: Vec<DiffLine> = diff_lines("--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n same")
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    use DiffLine::{Added, Place, Removed, Same};
    assert_eq!(kinds, [Place, Place, Place, Removed, Added, Same]);
}

#[test]
fn a_rejection_keeps_its_reason() {
    let Decision::Reject { reason, then } = rejection(" not today \n", Then::Rollback) else {
        panic!("a rejection")
    };
    assert_eq!((reason.as_str(), then), ("not today", Then::Rollback));
}
