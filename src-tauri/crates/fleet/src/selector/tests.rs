//! Which agents selectors mean, where a wrong one is wrong, and that what is written is read back the same.

use super::*;
use crate::{AgentState, Transport};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn agent(name: &str, environment: &str, state: AgentState, labels: &[(&str, &str)]) -> Agent {
    Agent {
        agent_id: name.to_owned(),
        title: name.to_owned(),
        transport: Transport::Local,
        environment: environment.to_owned(),
        labels: labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        state,
        facts: BTreeMap::new(),
    }
}

#[test]
fn a_selector_means_the_agents_that_meet_all_of_it() {
    let agents = [
        agent(
            "web-1",
            "production",
            AgentState::Registered,
            &[("role", "web"), ("zone", "a")],
        ),
        agent(
            "web-2",
            "staging",
            AgentState::Draining,
            &[("role", "web"), ("zone", "")],
        ),
        agent(
            "Db-1",
            "production",
            AgentState::Registered,
            &[("role", "db"), ("example.com/gpu", "yes")],
        ),
        agent("bare", "development", AgentState::Candidate, &[]),
    ];
    for (selector, meant) in [
        ("", "web-1 web-2 Db-1 bare"),
        ("  ", "web-1 web-2 Db-1 bare"),
        ("role=web", "web-1 web-2"),
        ("role == web , zone=a", "web-1"),
        ("role!=web", "Db-1 bare"),
        ("role in (web, db)", "web-1 web-2 Db-1"),
        ("role notin (web,db)", "bare"),
        ("zone", "web-1 web-2"),
        ("!zone", "Db-1 bare"),
        ("zone=", "web-2"),
        ("zone!=", "web-1 Db-1 bare"),
        ("example.com/gpu", "Db-1"),
        ("environment=production,role=web", "web-1"),
        ("environment", "web-1 web-2 Db-1 bare"),
        ("!environment", ""),
        ("name=db-1", "Db-1"),
        ("name in (web-1,bare)", "web-1 bare"),
        ("state=draining", "web-2"),
        ("state notin (candidate,draining)", "web-1 Db-1"),
        (
            "environment=production,role in (web,db),!gpu,tier!=cache,zone",
            "web-1",
        ),
        ("in in (in)", ""),
        ("role=Web", ""),
    ] {
        let parsed = Selector::parse(selector).unwrap();
        let found: Vec<&str> = agents
            .iter()
            .filter(|agent| parsed.matches(agent))
            .map(|agent| agent.agent_id.as_str())
            .collect();
        assert_eq!(found.join(" "), meant, "{selector}");
    }
}

#[test]
fn what_is_no_selector_says_where_and_what_is_expected() {
    let long = format!("a={}", "x".repeat(64));
    let longer = "a,".repeat(3_000);
    for (selector, fault) in [
        (
            "role=web,",
            "column 10 of the selector: expected the name of a label, found the end",
        ),
        (
            ",role",
            "column 1 of the selector: expected the name of a label, found `,role`",
        ),
        (
            "role web",
            "column 6 of the selector: expected =, !=, in, notin, a comma or the end, found `web`",
        ),
        (
            "role in web",
            "column 9 of the selector: expected ( and a list of values, found `web`",
        ),
        (
            "role in (",
            "column 10 of the selector: expected the value of a label, found the end",
        ),
        (
            "role in ()",
            "column 10 of the selector: expected the value of a label, found `)`",
        ),
        (
            "role in (a b)",
            "column 12 of the selector: expected a comma or ), found `b)`",
        ),
        (
            "role in (a,b",
            "column 13 of the selector: expected a comma or ), found the end",
        ),
        (
            "role!web",
            "column 6 of the selector: expected = after !, found `web`",
        ),
        (
            "!",
            "column 2 of the selector: expected the name of a label, found the end",
        ),
        (
            "!role=web",
            "column 6 of the selector: expected a comma or the end, found `=web`",
        ),
        (
            "rôle=web",
            "column 1 of the selector: expected the name of a label, found `rôle=web`",
        ),
        (
            "role=-web",
            "column 6 of the selector: expected the value of a label, found `-web`",
        ),
        (
            "role>1",
            "column 1 of the selector: expected the name of a label, found `role>1`",
        ),
        (
            "role=a=b",
            "column 7 of the selector: expected a comma or the end, found `=b`",
        ),
        (
            "a\u{202e}b",
            "column 1 of the selector: expected the name of a label, found `a<U+202E>b`",
        ),
        (
            &long,
            "column 3 of the selector: expected the value of a label, found `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`",
        ),
        (
            &longer,
            "column 4097 of the selector: expected at most 4096 characters, found 4097",
        ),
    ] {
        assert_eq!(Selector::parse(selector).unwrap_err().to_string(), fault);
    }
}

#[test]
fn it_is_written_one_way() {
    for (read, written) in [
        ("", ""),
        (" a == b , c in ( z,y ) ", "a=b,c in (y,z)"),
        ("!x,y!=,z  notin(q)", "!x,y!=,z notin (q)"),
    ] {
        assert_eq!(Selector::parse(read).unwrap().to_string(), written);
    }
    let json = serde_json::to_string(&Selector::parse("a in (b)").unwrap()).unwrap();
    assert_eq!(json, r#""a in (b)""#);
    assert!(serde_json::from_str::<Selector>(r#""a in""#).is_err());
}

fn requirement() -> impl Strategy<Value = Requirement> {
    let label = "([a-z][a-z0-9]{0,3}/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,6}[A-Za-z0-9])?";
    let value = "([A-Za-z0-9]([-_.A-Za-z0-9]{0,6}[A-Za-z0-9])?)?";
    let values = || proptest::collection::btree_set("[A-Za-z0-9]{1,4}", 1..4);
    let test = prop_oneof![
        value.prop_map(Test::Is),
        value.prop_map(Test::IsNot),
        values().prop_map(Test::In),
        values().prop_map(Test::NotIn),
        Just(Test::Exists),
        Just(Test::Missing),
    ];
    (label, test).prop_map(|(label, test)| Requirement { label, test })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back_the_same(requirements in proptest::collection::vec(requirement(), 0..6)) {
        let selector = Selector { requirements };
        prop_assert_eq!(Selector::parse(&selector.to_string()), Ok(selector));
    }

    #[test]
    fn any_text_is_a_selector_or_a_fault(text in "[a-c=!(), \\PC]{0,40}") {
        if let Ok(selector) = Selector::parse(&text) {
            prop_assert_eq!(Selector::parse(&selector.to_string()), Ok(selector));
        }
    }
}
