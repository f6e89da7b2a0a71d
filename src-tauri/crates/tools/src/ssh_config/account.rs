//! Who this program runs as, and the short forms of paths in the ssh config that depend on it. OpenSSH takes the home
//! folder from the account and ignores $HOME; so does this.

use std::path::PathBuf;

/// The account of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) home: PathBuf,
    pub(super) uid: u32,
}

impl Account {
    /// From the account file; of an account that is not there (a directory service), from the environment.
    pub(super) fn current() -> Account {
        let uid = rustix::process::getuid().as_raw();
        let text = std::fs::read("/etc/passwd").unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let of_uid = text.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            match fields.as_slice() {
                [name, _, number, _, _, home, ..] if number.parse() == Ok(uid) => {
                    Some(((*name).to_owned(), PathBuf::from(home)))
                }
                _ => None,
            }
        });
        let (name, home) = of_uid.unwrap_or_else(|| {
            (
                std::env::var("USER").unwrap_or_else(|_| uid.to_string()),
                std::env::home_dir().unwrap_or_else(|| PathBuf::from("/")),
            )
        });
        Account { name, home, uid }
    }

    /// A path of the config with `~`, `${NAME}` and the given tokens (`%h` and so on) written out. A token or a variable
    /// that is not known stays as it is.
    pub(super) fn path(&self, text: &str, tokens: &[(char, &str)]) -> PathBuf {
        let text = tokens_in(&variables_in(text), tokens);
        match text.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None if text == "~" => self.home.clone(),
            None => PathBuf::from(text),
        }
    }
}

/// `%x` for the tokens, `%%` for one sign.
pub(super) fn tokens_in(text: &str, tokens: &[(char, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        let Some(letter) = rest.next() else {
            out.push('%');
            break;
        };
        match tokens.iter().find(|(known, _)| *known == letter) {
            Some((_, value)) => out.push_str(value),
            None if letter == '%' => out.push('%'),
            None => {
                out.push('%');
                out.push(letter);
            }
        }
    }
    out
}

fn variables_in(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, after)) => {
                match std::env::var(name) {
                    Ok(value) => out.push_str(&value),
                    Err(_) => out.push_str(&format!("${{{name}}}")),
                }
                rest = after;
            }
            None => {
                out.push_str("${");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
