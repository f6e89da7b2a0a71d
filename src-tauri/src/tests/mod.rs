//! The window's native side without a window: the mock runtime of Tauri, the real configuration, a real engine on an
//! empty folder.

mod commands;
mod configuration;
#[cfg(unix)]
mod desktop;
mod feed;

use std::path::Path;
use std::sync::{Arc, Mutex};

use engine::{Door, OpenOptions};
use serde_json::{Value as Json, json};
use tauri::async_runtime::block_on;
use tauri::ipc::{CallbackFn, InvokeBody, InvokeResponseBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{App, Manager as _, WebviewWindow, WebviewWindowBuilder};
use tempfile::TempDir;

use crate::autostart::Autostart;
use crate::desk::Desk;
use crate::desktop::Desktop;
use crate::folders::Folders;
use crate::way_in::WayIn;

/// An application whose window nobody sees.
struct Stage {
    app: App<MockRuntime>,
    window: WebviewWindow<MockRuntime>,
    /// What came through channels, as JSON, in the order it was sent.
    heard: Arc<Mutex<Vec<String>>>,
    home: TempDir,
}

impl Stage {
    fn with(desk: Desk) -> Self {
        let home = tempfile::tempdir().unwrap();
        Self::at_home(desk, home)
    }

    /// With this home folder: nothing of the person who runs the tests is opened or written.
    fn at_home(desk: Desk, home: TempDir) -> Self {
        let at = |name: &str| home.path().join(name);
        let folders = Folders::opened_by(&at("opener"), &at("data"));
        let autostart = Autostart::within(&at("autostart"), &at("program"));
        let desktop = Desktop::with(&at("data"), folders, autostart);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        let app = crate::with_desk(mock_builder(), desk, desktop)
            .channel_interceptor(move |_, _, _, body| {
                if let InvokeResponseBody::Json(json) = body {
                    ear.lock().unwrap().push(json.clone());
                }
                true
            })
            .build(tauri::generate_context!(test = true))
            .unwrap();
        let window = WebviewWindowBuilder::new(&app, "main", Default::default())
            .build()
            .unwrap();
        Self {
            app,
            window,
            heard,
            home,
        }
    }

    /// With a real engine.
    fn on(data_dir: &Path) -> Self {
        Self::with(Desk::at(WayIn::given(Ok(door(data_dir)))))
    }

    /// What the page gets for a call of the table.
    fn call(&self, name: &str, args: Json) -> Result<Json, Json> {
        invoke(&self.window, name, json!({ "args": args }))
    }

    /// What the page gets for any command.
    fn invoke(&self, name: &str, arguments: Json) -> Result<Json, Json> {
        invoke(&self.window, name, arguments)
    }

    fn desk(&self) -> tauri::State<'_, Desk> {
        self.app.state()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        block_on(self.desk().close());
    }
}

fn invoke(window: &WebviewWindow<MockRuntime>, name: &str, arguments: Json) -> Result<Json, Json> {
    let request = InvokeRequest {
        cmd: name.into(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: "tauri://localhost".parse().unwrap(),
        body: InvokeBody::Json(arguments),
        headers: Default::default(),
        invoke_key: INVOKE_KEY.to_string(),
    };
    get_ipc_response(window, request).map(|body| body.deserialize().unwrap())
}

fn door(data_dir: &Path) -> Door {
    let data_dir = data_dir.to_owned();
    let program = "test".to_owned();
    block_on(engine::open(OpenOptions {
        downloads: Some(data_dir.join("downloads")),
        data_dir,
        program,
        secrets: engine::SecretSource::SessionOnly,
    }))
    .unwrap()
}
