//! semantics.md 8: a preview that fails without effect is asked for once more.

use crate::bench::*;
use serde_json::json;
use workflow::{ErrorClass::*, Outcome::*};

/// A preview changes nothing: what the network broke is asked for once more, and the card waits for it.
#[test]
fn s08_a_preview_is_tried_again() {
    let broken = || Reply::Preview(Err(error(Network, NotDone)));
    let write = || call("write", "write").before(gate()).retry(2);
    check(Case {
        world: vec![("write", vec![broken(), broken()])],
        acts: vec![
            Work,
            Pass(5000),
            Work,
            Pass(5000),
            Work,
            Approve("write.before"),
            Work,
        ],
        journal: vec![
            "call_planned write",
            "preview_failed write",
            "retry_scheduled write",
            "call_planned write",
            "preview_failed write",
            "retry_scheduled write",
            "call_planned write",
            "call_previewed write",
            "gate_opened write.before",
            "call_started write",
        ],
        steps: "write completed",
        ..case(vec![write()])
    });
    check(Case {
        world: vec![("write", vec![broken(), broken(), broken()])],
        acts: vec![Work, Pass(5000), Work, Pass(5000), Work],
        run: "failed",
        steps: "write failed",
        never: vec!["gate_opened write.before"],
        ..case(vec![write()])
    });
    check(Case {
        world: vec![("write", vec![Reply::Preview(Err(error(Invalid, NotDone)))])],
        run: "failed",
        never: vec!["retry_scheduled write"],
        ..case(vec![write()])
    });
}

#[test]
fn s08_one_card_waits_for_the_item_whose_preview_is_tried_again() {
    let broken = Reply::Preview(Err(error(Network, NotDone)));
    let list = call("write", "write")
        .foreach(json!(["a", "b", "c"]))
        .before(gate())
        .retry(1)
        .go_on();
    let bench = check(Case {
        world: vec![("write[1]", vec![broken])],
        acts: vec![Work, Pass(5000), Work, Approve("write.before"), Work],
        journal: vec![
            "retry_scheduled write[1]",
            "call_previewed write[1]",
            "gate_opened write.before",
            "step_completed write[1]",
        ],
        steps: "write completed, write[1] completed",
        ..case(vec![list])
    });
    assert_eq!(bench.card("write.before").calls.len(), 3);
    let opened = bench
        .words()
        .iter()
        .filter(|word| *word == "gate_opened write.before")
        .count();
    assert_eq!(opened, 1);
}

/// After an approval too: the calls are compared only when each is previewed again.
#[test]
fn s08_a_preview_in_a_recheck_is_tried_again() {
    let broken = Reply::Preview(Err(error(Network, NotDone)));
    check(Case {
        world: vec![("write", vec![preview(json!(1)), broken, preview(json!(1))])],
        acts: vec![Work, Approve("write.before"), Work, Pass(5000), Work],
        journal: vec![
            "gate_decided write.before",
            "preview_failed write",
            "retry_scheduled write",
            "call_previewed write",
            "grant_confirmed write.before",
            "call_started write",
        ],
        steps: "write completed",
        ..case(vec![
            call("look", "read"),
            call("write", "write")
                .before(gate().recheck(&["look"]))
                .retry(1),
        ])
    });
}
