//! Who may decide (approvals.md, People; semantics.md 6): the OS user, who sits at a window or terminal, or whoever has
//! a decider's token. No door takes a name as identity; of a token only its hash is kept.

use crate::{Origin, clock, faults};
use api::{Fault, OperatorInfo, OperatorList, TokenMade};
use store::{Reader, Store};
use workflow::{Actor, Digest};

/// The name of the OS user.
pub(crate) fn os_user() -> String {
    #[cfg(unix)]
    {
        let uid = rustix::process::getuid().as_raw();
        let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let name = known.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
        });
        name.unwrap_or_else(|| format!("uid {uid}"))
    }
    #[cfg(not(unix))]
    {
        std::env::var("USERNAME").unwrap_or_else(|_| "operator".to_owned())
    }
}

/// Who does what does not decide: starts, cancels.
pub(crate) fn somebody(origin: Origin) -> Actor {
    Actor::person(&os_user(), origin.word())
}

/// Who decides. A script that started a run cannot answer its gates: it has no person at its door, and so needs a token.
pub(crate) fn decider(store: &Store, origin: Origin, token: Option<&str>) -> Result<Actor, Fault> {
    match (token, origin) {
        (Some(token), _) => {
            let found = store
                .read()
                .operator_by_token_hash(&Digest::of(token.trim().as_bytes()));
            match found.map_err(|fault| faults::read(&fault))? {
                Some(operator) => Ok(Actor::person(&operator.name, "token")),
                None => Err(Fault::new(
                    "unknown_token",
                    "This token is not known, or it was ended",
                    "Make one in the window or at a terminal: countersign operators token NAME",
                )),
            }
        }
        (None, Origin::Window | Origin::Terminal) => Ok(somebody(origin)),
        (None, Origin::Script) => Err(Fault::new(
            "nobody_here",
            "Nobody sits at this door, so nobody can decide here",
            "Decide at a terminal or in the window, or give a decider's token",
        )),
    }
}

/// Tokens are made by a person, not by a script.
fn only_in_person(origin: Origin) -> Result<(), Fault> {
    match origin {
        Origin::Window | Origin::Terminal => Ok(()),
        Origin::Script => Err(Fault::new(
            "nobody_here",
            "A decider's token is made by a person",
            "Make it at a terminal or in the window",
        )),
    }
}

pub(crate) fn list(reader: &Reader) -> Result<OperatorList, Fault> {
    let mut operators = vec![OperatorInfo {
        name: os_user(),
        proof: "os user".to_owned(),
        since_us: None,
        revoked_us: None,
    }];
    let tokens = reader.operators().map_err(|fault| faults::read(&fault))?;
    operators.extend(tokens.into_iter().map(|operator| OperatorInfo {
        name: operator.name,
        proof: "token".to_owned(),
        since_us: Some(operator.created_us),
        revoked_us: operator.revoked_us,
    }));
    Ok(OperatorList { operators })
}

pub(crate) fn make_token(store: &Store, origin: Origin, name: &str) -> Result<TokenMade, Fault> {
    only_in_person(origin)?;
    let known = list(store.read())?;
    let taken = known
        .operators
        .iter()
        .any(|operator| operator.name == name && operator.revoked_us.is_none());
    if name.trim().is_empty() || taken {
        return Err(Fault::new(
            "name_taken",
            if taken {
                format!("There is an operator {name} already")
            } else {
                "A token needs a name".to_owned()
            },
            "Give it another name, or end the old token first",
        ));
    }
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(faults::internal)?;
    let token = format!("cst_{}", hex::encode(bytes));
    let roles = ["decider".to_owned()];
    store
        .add_operator(name, &roles, &Digest::of(token.as_bytes()), clock::now_us())
        .map_err(|fault| faults::write(&fault))?;
    Ok(TokenMade {
        name: name.to_owned(),
        token,
    })
}

pub(crate) fn revoke_token(
    store: &Store,
    origin: Origin,
    name: &str,
) -> Result<OperatorList, Fault> {
    only_in_person(origin)?;
    let operators = store
        .read()
        .operators()
        .map_err(|fault| faults::read(&fault))?;
    let Some(operator) = operators
        .iter()
        .find(|operator| operator.name == name && operator.revoked_us.is_none())
    else {
        return Err(Fault::new(
            "unknown_operator",
            format!("There is no token {name}"),
            "List the operators",
        ));
    };
    store
        .revoke_operator(operator.id, clock::now_us())
        .map_err(|fault| faults::write(&fault))?;
    list(store.read())
}
