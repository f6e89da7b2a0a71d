//! Who may decide: a person at a door or a decider's token; never a script that merely started the run.

use crate::bench::{Bench, WRITE_NOTE, open_card};
use engine::Origin;
use workflow::{Decision, RunState};

#[tokio::test(flavor = "multi_thread")]
async fn a_script_decides_only_with_a_token_that_was_not_ended() {
    let bench = Bench::new(&[WRITE_NOTE]).await;
    let (run, _) = bench.note("a.txt", "x").await;
    let (gate, revision, digest) = open_card(&bench.waits(&run).await);
    let decide = |token: Option<String>| {
        let (run, gate) = (run.clone(), gate.clone());
        api::Decide {
            run,
            gate,
            revision,
            digest,
            decision: Decision::Approve,
            token,
        }
    };
    let by_script = async |token: Option<&str>| {
        bench
            .door
            .call(decide(token.map(str::to_owned)), Origin::Script)
            .await
            .map(drop)
            .map_err(|fault| fault.code)
    };
    assert_eq!(by_script(None).await, Err("nobody_here".to_owned()));
    assert_eq!(
        by_script(Some("cst_guessed")).await,
        Err("unknown_token".to_owned())
    );
    let token = |name: &str| api::MakeToken {
        name: name.to_owned(),
    };
    assert_eq!(
        bench
            .door
            .call(token("robot"), Origin::Script)
            .await
            .unwrap_err()
            .code,
        "nobody_here"
    );
    let ended = bench.call(token("old")).await.unwrap();
    bench
        .call(api::RevokeToken { name: "old".into() })
        .await
        .unwrap();
    assert_eq!(
        by_script(Some(&ended.token)).await,
        Err("unknown_token".to_owned())
    );
    let made = bench.call(token("night shift")).await.unwrap();
    assert_eq!(by_script(Some(&made.token)).await, Ok(()));
    let run = bench.ends(&run).await;
    assert_eq!(run.state(), RunState::Completed);
    let answer = run
        .gates()
        .values()
        .next()
        .unwrap()
        .answers
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        (answer.by.name.as_str(), answer.by.origin.as_str()),
        ("night shift", "token")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_kept_only_as_its_hash() {
    let bench = Bench::new(&[]).await;
    let made = bench
        .call(api::MakeToken { name: "a".into() })
        .await
        .unwrap();
    bench.door.clone().close().await;
    for entry in std::fs::read_dir(bench.data())
        .unwrap()
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_file())
    {
        let bytes = std::fs::read(entry.path()).unwrap();
        let found = bytes
            .windows(made.token.len())
            .any(|window| window == made.token.as_bytes());
        assert!(!found, "the token stands in {}", entry.path().display());
    }
}
