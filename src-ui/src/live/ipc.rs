//! The way to the engine: Tauri's `invoke` and its channels, called without its JavaScript package. Values cross as JSON
//! text. Thin on purpose: what can be tested without a browser is in `ordered` and `fold`.

use std::{cell::RefCell, rc::Rc};

use api::{Call, Fault, Topic};
use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use leptos::prelude::window;
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use workflow::from_json;

use super::ordered::{Message, Messages};

/// Makes one call of the table.
///
/// # Errors
/// The engine's fault, or one with the code `ipc` where the engine was not reached.
pub async fn call<C: Call>(call: C) -> Result<C::Reply, Fault> {
    let args = object(&[("args", to_js(&call)?)]);
    of_js(&invoke(C::NAME, &args).await?)
}

/// A channel from the engine: its messages arrive in the order they were sent, whatever the webview does to them.
pub(super) struct Channel {
    id: JsValue,
    _callback: Closure<dyn FnMut(JsValue)>,
}

impl Channel {
    /// Opens one; `on_message` gets every message once.
    pub(super) fn open(mut on_message: impl FnMut(Message) + 'static) -> Result<Self, Fault> {
        let messages = Rc::new(RefCell::new(Messages::default()));
        let callback = Closure::<dyn FnMut(JsValue)>::new(move |raw: JsValue| {
            let Some(text) = JSON::stringify(&raw).ok().and_then(|text| text.as_string()) else {
                return;
            };
            // The borrow ends before the messages are handed on.
            let ready = messages.borrow_mut().accept(&text);
            ready.into_iter().for_each(&mut on_message);
        });
        let internals = internals()?;
        let transform = function(&internals, "transformCallback")?;
        let id = transform
            .call2(&internals, callback.as_ref(), &JsValue::FALSE)
            .map_err(|why| unreachable_engine(&why))?;
        Ok(Self {
            id,
            _callback: callback,
        })
    }

    /// How the channel is named in the arguments of a command (tauri 2, `ipc/channel.rs`).
    fn argument(&self) -> JsValue {
        let id = self.id.as_f64().unwrap_or_default();
        JsValue::from_str(&format!("__CHANNEL__:{id:.0}"))
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        if let Ok(internals) = internals()
            && let Ok(forget) = function(&internals, "unregisterCallback")
        {
            // A late message finds nobody, and that is what is wanted.
            let _ = forget.call1(&internals, &self.id);
        }
    }
}

/// Follows a topic through a channel; gives the name of the subscription.
pub(super) async fn follow(topic: &Topic, channel: &Channel) -> Result<String, Fault> {
    let args = object(&[("topic", to_js(topic)?), ("channel", channel.argument())]);
    of_js(&invoke("follow", &args).await?)
}

/// Ends a subscription. Nobody waits for the answer: the engine also ends it when the window goes.
pub(super) async fn unfollow(id: &str) {
    let _ = invoke("unfollow", &object(&[("id", JsValue::from_str(id))])).await;
}

async fn invoke(name: &str, args: &Object) -> Result<JsValue, Fault> {
    let internals = internals()?;
    let invoke = function(&internals, "invoke")?;
    let promise: Promise = invoke
        .apply(&internals, &Array::of2(&JsValue::from_str(name), args))
        .map_err(|why| unreachable_engine(&why))?
        .unchecked_into();
    JsFuture::from(promise).await.map_err(|why| {
        let text = JSON::stringify(&why).ok().and_then(|text| text.as_string());
        text.and_then(|text| from_json(&text).ok())
            .unwrap_or_else(|| unreachable_engine(&why))
    })
}

fn internals() -> Result<JsValue, Fault> {
    let found = Reflect::get(&window(), &JsValue::from_str("__TAURI_INTERNALS__"));
    found.ok().filter(JsValue::is_object).ok_or_else(|| {
        Fault::new(
            "ipc",
            "This page is not inside the Countersign window",
            "Open the Countersign app: only there the engine can be reached",
        )
    })
}

fn function(internals: &JsValue, name: &str) -> Result<Function, Fault> {
    Reflect::get(internals, &JsValue::from_str(name))
        .and_then(|found| found.dyn_into().map_err(|_| JsValue::from_str(name)))
        .map_err(|why| unreachable_engine(&why))
}

fn unreachable_engine(why: &JsValue) -> Fault {
    let detail = why.as_string().unwrap_or_else(|| {
        let message = Reflect::get(why, &JsValue::from_str("message"));
        message
            .ok()
            .and_then(|message| message.as_string())
            .unwrap_or_else(|| format!("{why:?}"))
    });
    Fault::new(
        "ipc",
        "The window could not reach the engine",
        "Close Countersign and open it again: nothing of a run is lost",
    )
    .with_detail(detail)
}

fn object(fields: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        // Setting a property of a plain object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object
}

fn to_js(value: &impl Serialize) -> Result<JsValue, Fault> {
    let text = serde_json::to_string(value).map_err(|why| misunderstood(&why.to_string()))?;
    JSON::parse(&text).map_err(|why| unreachable_engine(&why))
}

fn of_js<T: DeserializeOwned>(value: &JsValue) -> Result<T, Fault> {
    let text = JSON::stringify(value)
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_else(|| "null".to_owned());
    from_json(&text).map_err(|why| misunderstood(&why.to_string()))
}

fn misunderstood(detail: &str) -> Fault {
    Fault::new(
        "ipc",
        "The window and the engine do not understand each other",
        "Install Countersign again: its parts are of different versions",
    )
    .with_detail(detail)
}
