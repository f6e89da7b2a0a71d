//! What tauri.conf.json promises, held against the table of calls and the page.

use std::collections::BTreeSet;

use serde_json::Value as Json;

const CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
                   font-src 'self'; connect-src 'self' ipc: http://ipc.localhost; object-src 'none'; base-uri 'none'; \
                   form-action 'none'";

fn configuration() -> Json {
    serde_json::from_str(include_str!("../../../tauri.conf.json")).unwrap()
}

#[test]
fn what_the_window_may_do_is_the_tables_and_the_feed() {
    let capabilities = configuration()["app"]["security"]["capabilities"].clone();
    assert_eq!(capabilities.as_array().unwrap().len(), 1);
    assert_eq!(capabilities[0]["windows"], serde_json::json!(["main"]));
    assert!(
        capabilities[0].get("remote").is_none(),
        "no page from elsewhere may call"
    );
    let granted: Vec<&str> = capabilities[0]["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    let wanted: BTreeSet<String> = api::CALLS
        .iter()
        .chain(api::DESKTOP_CALLS)
        .map(|call| call.name)
        .chain(["follow", "unfollow"])
        .map(|name| format!("allow-{}", name.replace('_', "-")))
        .collect();
    let distinct: BTreeSet<String> = granted.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(distinct, wanted);
    assert_eq!(distinct.len(), granted.len(), "a permission stands twice");
}

#[test]
fn the_policy_of_the_page_is_the_strict_one_in_every_build() {
    let configuration = configuration();
    let security = &configuration["app"]["security"];
    assert_eq!(security["csp"], CSP);
    assert_eq!(security["devCsp"], CSP);
    assert!(include_str!("../../../src-ui/index.html").contains(&format!("content=\"{CSP}\"")));
    assert_eq!(configuration["app"]["withGlobalTauri"], false);
}

#[test]
fn the_window_is_made_by_the_program_and_not_by_the_configuration() {
    // A window of the configuration would open before its navigation is guarded.
    for window in configuration()["app"]["windows"].as_array().unwrap() {
        assert_eq!(window["create"], false, "{window}");
    }
}
