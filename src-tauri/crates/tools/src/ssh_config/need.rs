//! What the config asks for that only the user's own ssh program can do, said for people. Not a judgement whether that
//! is wise.

use super::Resolved;
use super::settings::Settings;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fleet::visible;
use std::io::Read;
use std::path::Path;

/// How the host is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// As its own settings say.
    Own,
    /// Over a host that is already given: its own ProxyCommand does not count.
    Given,
}

/// How the reason begins that needs nobody at the keyboard.
pub(crate) const PROXY_COMMAND: &str = "ProxyCommand is set";

/// Why only ssh itself can reach it, if so.
pub(super) fn of(
    settings: &Settings,
    resolved: &Resolved,
    alias: &str,
    way: Way,
) -> Option<String> {
    let alias = visible(alias, 80);
    let option = if way == Way::Own && settings.some("proxycommand").is_some() {
        PROXY_COMMAND.to_owned()
    } else if settings.some("pkcs11provider").is_some() {
        "PKCS11Provider is set".to_owned()
    } else if settings
        .some("securitykeyprovider")
        .is_some_and(|provider| provider != "internal" && provider != "$SSH_SK_PROVIDER")
    {
        "SecurityKeyProvider is set".to_owned()
    } else if let Some(method) = first_method(settings) {
        format!(
            "PreferredAuthentications begins with {}",
            visible(method, 40)
        )
    } else if is_interactive_only(settings) {
        "KbdInteractiveAuthentication is the only way to log in".to_owned()
    } else if settings.is_on("permitlocalcommand") && settings.some("localcommand").is_some() {
        "LocalCommand is set".to_owned()
    } else {
        let file = security_key(settings, resolved)?;
        let file = visible(&file.display().to_string(), 200);
        return Some(format!(
            "IdentityFile {file} is a security key, for {alias}"
        ));
    };
    Some(format!("{option} for {alias}"))
}

fn first_method(settings: &Settings) -> Option<&str> {
    let first = settings
        .one("preferredauthentications")?
        .split(',')
        .next()?;
    let needs_ssh =
        first.starts_with("gssapi") || matches!(first, "keyboard-interactive" | "hostbased");
    needs_ssh.then_some(first)
}

fn is_interactive_only(settings: &Settings) -> bool {
    let off = |key| settings.one(key).is_some() && !settings.is_on(key);
    settings.is_on("kbdinteractiveauthentication")
        && off("passwordauthentication")
        && settings
            .one("pubkeyauthentication")
            .is_some_and(|value| value == "no" || value == "false")
}

/// A key file that lies on a security key. One among the usual files, which nobody asked for, counts only when there
/// is no other.
fn security_key<'a>(settings: &Settings, resolved: &'a Resolved) -> Option<&'a Path> {
    let there = resolved.identity_files.iter().filter(|file| file.is_file());
    let (keys, others): (Vec<_>, Vec<_>) = there.partition(|file| is_security_key(file));
    match settings.has_usual_keys() && !others.is_empty() {
        true => None,
        false => keys.first().map(|file| file.as_path()),
    }
}

/// Its public half says so: in the file beside it, or, unencrypted, in the file itself (PROTOCOL.key of OpenSSH).
fn is_security_key(file: &Path) -> bool {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".pub");
    if let Some(text) = beginning(Path::new(&beside)) {
        return text.starts_with("sk-");
    }
    let Some(text) = beginning(file) else {
        return false;
    };
    let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    // Cut to whole groups: the beginning is enough, for the public half comes first.
    let whole = base64.len().min(1024) / 4 * 4;
    let Some(Ok(bytes)) = base64.get(..whole).map(|text| STANDARD.decode(text)) else {
        return false;
    };
    bytes
        .windows(7)
        .any(|part| part == b"sk-ssh-" || part == b"sk-ecds")
}

fn beginning(file: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    if !file.is_file() {
        return None;
    }
    let open = std::fs::File::open(file).ok()?;
    open.take(16 * 1024).read_to_end(&mut bytes).ok()?;
    String::from_utf8(bytes).ok()
}
