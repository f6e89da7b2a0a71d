//! Our own reading of the ssh config, for computers without an ssh program: the options that this program uses, the
//! first value wins. `Match` other than `Match all` and options it does not know are named, never guessed.

use super::account::{Account, tokens_in};
use super::files::{Entry, What};
use super::settings::Settings;
use super::{Wanted, invalid};
use crate::known_hosts::pattern;
use fleet::visible;
use workflow::ToolError;

/// What is read. Those of which every value counts are marked.
const KEYS: &[(&str, bool)] = &[
    ("hostname", false),
    ("user", false),
    ("port", false),
    ("identityfile", true),
    ("certificatefile", true),
    ("identityagent", false),
    ("identitiesonly", false),
    ("userknownhostsfile", false),
    ("globalknownhostsfile", false),
    ("hostkeyalias", false),
    ("proxyjump", false),
    ("proxycommand", false),
    ("pkcs11provider", false),
    ("securitykeyprovider", false),
    ("preferredauthentications", false),
    ("pubkeyauthentication", false),
    ("passwordauthentication", false),
    ("kbdinteractiveauthentication", false),
    ("permitlocalcommand", false),
    ("localcommand", false),
    ("remotecommand", false),
    ("addressfamily", false),
    ("bindaddress", false),
    ("bindinterface", false),
];

/// What makes no difference to a program that runs commands and forwards nothing; not worth a word.
const WITHOUT_EFFECT: &[&str] = &[
    "addkeystoagent",
    "batchmode",
    "checkhostip",
    "clearallforwardings",
    "compression",
    "connectionattempts",
    "connecttimeout",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "dynamicforward",
    "escapechar",
    "exitonforwardfailure",
    "fingerprinthash",
    "forkafterauthentication",
    "forwardagent",
    "forwardx11",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "gssapiauthentication",
    "gssapidelegatecredentials",
    "hashknownhosts",
    "ignoreunknown",
    "ipqos",
    "localforward",
    "loglevel",
    "numberofpasswordprompts",
    "remoteforward",
    "requesttty",
    "sendenv",
    "serveralivecountmax",
    "serveraliveinterval",
    "sessiontype",
    "setenv",
    "stdinnull",
    "stricthostkeychecking",
    "tag",
    "tcpkeepalive",
    "updatehostkeys",
    "usekeychain",
    "visualhostkey",
    "xauthlocation",
];

/// What the files say of one name.
pub(super) fn settings(
    files: &[Vec<Entry>],
    wanted: &Wanted,
    account: &Account,
) -> Result<Settings, ToolError> {
    let mut settings = Settings::default();
    if let Some(user) = &wanted.user {
        settings.add("user", user.clone());
    }
    if let Some(port) = wanted.port {
        settings.add("port", port.to_string());
    }
    for file in files {
        walk(file, true, &wanted.alias, &mut settings)?;
    }
    let hostname = match settings.one("hostname") {
        Some(hostname) => tokens_in(hostname, &[('h', &wanted.alias)]),
        None => wanted.alias.clone(),
    };
    settings.replace("hostname", hostname);
    if settings.one("user").is_none() {
        settings.add("user", account.name.clone());
    }
    settings.complete();
    Ok(settings)
}

/// The entries of one file. `outer` is whether the line that includes it counts for this host.
fn walk(
    entries: &[Entry],
    outer: bool,
    alias: &str,
    settings: &mut Settings,
) -> Result<(), ToolError> {
    let mut counts = outer;
    for entry in entries {
        match &entry.what {
            What::Host(patterns) => {
                let patterns = patterns.iter().map(String::as_bytes);
                counts = outer && pattern::one_of(patterns, alias.as_bytes());
            }
            What::Match(words) => {
                let is_all = matches!(words.as_slice(), [word] if word.eq_ignore_ascii_case("all"));
                counts = outer && is_all;
                if !is_all {
                    let words = visible(&words.join(" "), 80);
                    settings.unsupported(format!("Match {words} ({})", entry.place));
                }
            }
            What::Include(files) => {
                for file in files {
                    walk(file, counts, alias, settings)?;
                }
            }
            What::Set {
                key,
                arguments,
                rest,
            } if counts => set(entry, key, arguments, rest, settings)?,
            What::Set { .. } => {}
        }
    }
    Ok(())
}

fn set(
    entry: &Entry,
    key: &str,
    arguments: &[String],
    rest: &str,
    settings: &mut Settings,
) -> Result<(), ToolError> {
    let Some((_, adds)) = KEYS.iter().find(|(known, _)| *known == key) else {
        if !WITHOUT_EFFECT.contains(&key) {
            settings.unsupported(format!("{} ({})", visible(key, 40), entry.place));
        }
        return Ok(());
    };
    // ProxyJump and ProxyCommand exclude each other: the one that comes first wins.
    let is_way = |key: &str| matches!(key, "proxyjump" | "proxycommand");
    let has_way = is_way(key)
        && (settings.one("proxyjump").is_some() || settings.one("proxycommand").is_some());
    if has_way || (!adds && settings.one(key).is_some()) {
        return Ok(());
    }
    if key == "port" && !arguments[0].parse::<u16>().is_ok_and(|port| port > 0) {
        return Err(invalid(format!(
            "{}: bad port {}.",
            entry.place,
            visible(&arguments[0], 40)
        )));
    }
    match key {
        "userknownhostsfile" | "globalknownhostsfile" => {
            for file in arguments {
                settings.add(key, file.clone());
            }
        }
        _ if key.ends_with("command") && key != "permitlocalcommand" => {
            settings.add(key, rest.to_owned());
        }
        _ => settings.add(key, arguments[0].clone()),
    }
    Ok(())
}
