//! The W3C WebDriver protocol, as much of it as the tests use, over plain HTTP to a driver on loopback. Written here and
//! not taken from a crate: fantoccini would bring an HTTP stack and an async runtime into every test build, for nine
//! kinds of request that are each one small JSON text.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::process::{Started, until};
use crate::stage::Stage;

/// The key under which WebDriver hides an element's id.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A driver with one session: one program with one window.
pub(crate) struct Driver {
    program: Started,
    port: u16,
    session: String,
}

/// An element of the page, as long as it stays there.
#[derive(Clone, Debug)]
pub(crate) struct Element(String);

/// What the driver refuses: a word of the protocol, and a sentence.
type Refused = String;

impl Driver {
    /// A driver that waits for a session.
    pub(crate) fn listening(stage: &Stage) -> Self {
        let port = free_port();
        let mut command = stage.command("WebKitWebDriver");
        command
            .args(["--host=127.0.0.1", &format!("--port={port}")])
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdout(Stdio::null());
        let mut program = Started::new(&mut command, &stage.log());
        until("WebKitWebDriver listens", 20, || {
            assert!(program.runs(), "WebKitWebDriver has ended");
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()
        });
        Self {
            program,
            port,
            session: String::new(),
        }
    }

    /// Starts a program under the driver's control and waits until its window answers.
    pub(crate) fn open(mut self, stage: &Stage, program: &Path) -> Self {
        // No browserName: WebKitWebDriver would look for a browser of that name.
        let options = json!({ "binary": program, "args": [] });
        let always =
            json!({ "webkitgtk:browserOptions": options, "timeouts": { "script": 30_000 } });
        let wanted = json!({ "capabilities": { "alwaysMatch": always } });
        let session = self.request("POST", "/session", &wanted);
        let session = session.unwrap_or_else(|why| panic!("no session: {why}\n{}", said(stage)));
        self.session = session["sessionId"].as_str().unwrap().to_owned();
        self
    }

    /// The driver's process id; the window's program is its child.
    pub(crate) fn pid(&self) -> u32 {
        self.program.pid()
    }

    /// The first element of a CSS selector that a person can see.
    pub(crate) fn find(&self, css: &str) -> Option<Element> {
        self.first(css, "(e) => e.checkVisibility()")
    }

    /// The first element of a CSS selector; options of a closed list cannot be seen.
    pub(crate) fn find_hidden(&self, css: &str) -> Option<Element> {
        self.first(css, "() => true")
    }

    fn first(&self, css: &str, such: &str) -> Option<Element> {
        let script =
            format!("return [...document.querySelectorAll(arguments[0])].find({such}) ?? null");
        // Refused where the page replaces the element at this very moment: then it is not there.
        let wanted = json!({ "script": script, "args": [css] });
        let found = self.post("/execute/sync", &wanted).ok()?;
        Some(Element(found.get(ELEMENT)?.as_str()?.to_owned()))
    }

    /// Runs the body of a function in the page, whose first argument is an element.
    pub(crate) fn ask(&self, element: &Element, body: &str, more: &Json) -> Result<Json, Refused> {
        let mut arguments = vec![json!({ ELEMENT: element.0 })];
        arguments.extend(more.as_array().into_iter().flatten().cloned());
        self.post(
            "/execute/sync",
            &json!({ "script": body, "args": arguments }),
        )
    }

    /// A click as of a mouse: refused where the element is covered or out of sight.
    pub(crate) fn click(&self, element: &Element) -> Result<(), Refused> {
        self.post(&format!("/element/{}/click", element.0), &json!({}))
            .map(drop)
    }

    /// Types into an element, in place of what stood there.
    pub(crate) fn write(&self, element: &Element, text: &str) -> Result<(), Refused> {
        self.post(&format!("/element/{}/clear", element.0), &json!({}))?;
        self.post(
            &format!("/element/{}/value", element.0),
            &json!({ "text": text }),
        )
        .map(drop)
    }

    /// Presses keys on the keyboard, whatever has the focus: all of them are held, in this order, before the first is let
    /// go. A key is its name, or the one character that it types.
    pub(crate) fn keys(&self, keys: &[&str]) -> Result<(), Refused> {
        let down = keys.iter().map(|key| stroke("keyDown", key));
        let up = keys.iter().rev().map(|key| stroke("keyUp", key));
        self.strokes(down.chain(up).collect())
    }

    /// Types on the keyboard, character by character, whatever has the focus.
    pub(crate) fn type_text(&self, text: &str) -> Result<(), Refused> {
        let keys = text.chars().map(String::from);
        let strokes = keys.flat_map(|key| [stroke("keyDown", &key), stroke("keyUp", &key)]);
        self.strokes(strokes.collect())
    }

    fn strokes(&self, strokes: Vec<Json>) -> Result<(), Refused> {
        let board = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.post("/actions", &json!({ "actions": [board] }))
            .map(drop)
    }

    /// Runs the body of a function in the page.
    pub(crate) fn script(&self, body: &str, arguments: &Json) -> Json {
        let wanted = json!({ "script": body, "args": arguments });
        self.post("/execute/sync", &wanted)
            .unwrap_or_else(|why| panic!("{body}: {why}"))
    }

    /// Runs the body of a function in the page; its last argument is called with the result.
    pub(crate) fn script_with_callback(&self, body: &str, arguments: &Json) -> Json {
        let wanted = json!({ "script": body, "args": arguments });
        self.post("/execute/async", &wanted)
            .unwrap_or_else(|why| panic!("{body}: {why}"))
    }

    /// A picture of the page, as PNG, once what has changed is drawn: a webview draws later than it changes.
    pub(crate) fn picture(&self) -> Option<Vec<u8>> {
        use base64::Engine as _;
        let settled = "const [done] = arguments; requestAnimationFrame(() => \
                       requestAnimationFrame(() => setTimeout(done, 400)))";
        self.script_with_callback(settled, &json!([]));
        let path = format!("/session/{}/screenshot", self.session);
        let text = self.request("GET", &path, &Json::Null).ok()?;
        base64::prelude::BASE64_STANDARD.decode(text.as_str()?).ok()
    }

    /// Closes the window as a person does, by ending the session.
    pub(crate) fn end(&self) {
        let _ = self.request("DELETE", &format!("/session/{}", self.session), &Json::Null);
    }

    fn post(&self, path: &str, body: &Json) -> Result<Json, Refused> {
        self.request("POST", &format!("/session/{}{path}", self.session), body)
    }

    fn request(&self, method: &str, path: &str, body: &Json) -> Result<Json, Refused> {
        let answer =
            http(self.port, method, path, body).map_err(|why| format!("no answer: {why}"))?;
        let value = answer["value"].clone();
        // A script may give an object with a field of that name; the driver's own has a message beside it.
        match (value.get("error"), value.get("message")) {
            (Some(word), Some(sentence)) => Err(format!("{word}: {sentence}")),
            (Some(_) | None, _) => Ok(value),
        }
    }
}

/// One movement of a key.
fn stroke(kind: &str, key: &str) -> Json {
    let value = match key {
        "Backspace" => "\u{e003}",
        "Tab" => "\u{e004}",
        // The one of the letters; E007 is that of the number pad.
        "Enter" => "\u{e006}",
        "Shift" => "\u{e008}",
        "Control" => "\u{e009}",
        "Escape" => "\u{e00c}",
        "ArrowDown" => "\u{e015}",
        character => character,
    };
    assert_eq!(value.chars().count(), 1, "`{key}` is no key");
    json!({ "type": kind, "value": value })
}

/// The last of what the window and its driver said, for a failed test.
pub(crate) fn said(stage: &Stage) -> String {
    let log = std::fs::read(stage.log()).unwrap_or_default();
    let text = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

/// One request, one connection.
fn http(port: u16, method: &str, path: &str, body: &Json) -> std::io::Result<Json> {
    let body = if method == "POST" {
        body.to_string()
    } else {
        String::new()
    };
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let wrong = || std::io::Error::other("this is no answer of a driver");
    let at = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .ok_or_else(wrong)?;
    serde_json::from_slice(&answer[at + 4..]).map_err(|_| wrong())
}

/// A port that was free a moment ago; the driver takes no zero.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
