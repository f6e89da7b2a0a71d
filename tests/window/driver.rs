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
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) word: String,
    pub(crate) sentence: String,
}

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
        let session = session.unwrap_or_else(|why| panic!("no session: {why:?}\n{}", said(stage)));
        self.session = session["sessionId"].as_str().unwrap().to_owned();
        self
    }

    /// The driver's process id; the window's program is its child.
    pub(crate) fn pid(&self) -> u32 {
        self.program.pid()
    }

    /// The first element that a CSS selector finds.
    pub(crate) fn find(&self, css: &str) -> Option<Element> {
        let wanted = json!({ "using": "css selector", "value": css });
        match self.post("/element", &wanted) {
            Ok(found) => Some(Element(found[ELEMENT].as_str().unwrap().to_owned())),
            Err(refused) if refused.word == "no such element" => None,
            Err(refused) => panic!("{css}: {refused:?}"),
        }
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

    /// Runs the body of a function in the page.
    pub(crate) fn script(&self, body: &str, arguments: &Json) -> Json {
        let wanted = json!({ "script": body, "args": arguments });
        self.post("/execute/sync", &wanted)
            .unwrap_or_else(|why| panic!("{body}: {why:?}"))
    }

    /// Runs the body of a function in the page; its last argument is called with the result.
    pub(crate) fn script_with_callback(&self, body: &str, arguments: &Json) -> Json {
        let wanted = json!({ "script": body, "args": arguments });
        self.post("/execute/async", &wanted)
            .unwrap_or_else(|why| panic!("{body}: {why:?}"))
    }

    /// A picture of the page, as PNG.
    pub(crate) fn picture(&self) -> Vec<u8> {
        use base64::Engine as _;
        let path = format!("/session/{}/screenshot", self.session);
        let text = self.request("GET", &path, &Json::Null).unwrap();
        base64::prelude::BASE64_STANDARD
            .decode(text.as_str().unwrap())
            .unwrap()
    }

    /// Closes the window as a person does, by ending the session.
    pub(crate) fn end(self) {
        let _ = self.request("DELETE", &format!("/session/{}", self.session), &Json::Null);
    }

    fn post(&self, path: &str, body: &Json) -> Result<Json, Refused> {
        self.request("POST", &format!("/session/{}{path}", self.session), body)
    }

    fn request(&self, method: &str, path: &str, body: &Json) -> Result<Json, Refused> {
        let answer = http(self.port, method, path, body).map_err(|why| Refused {
            word: "no answer".to_owned(),
            sentence: why.to_string(),
        })?;
        let value = answer["value"].clone();
        match value.get("error").and_then(Json::as_str) {
            // A script may give an object with a field of that name; the driver's own has a message beside it.
            Some(word) if value.get("message").is_some() => Err(Refused {
                word: word.to_owned(),
                sentence: value["message"].as_str().unwrap_or_default().to_owned(),
            }),
            Some(_) | None => Ok(value),
        }
    }
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
