//! The one JSON Schema of an application's settings: of its file, and of `deploy.yaml` in its repository.

use serde_json::{Value as Json, json};

/// The JSON Schema (2020-12). `deploy_to` is the only required key; either file may say it.
pub fn application_schema() -> Json {
    let hook = |when: &str| json!({ "type": "string", "minLength": 1, "maxLength": 16384, "description": format!("POSIX sh, run {when}") });
    let path = json!({
        "type": "string",
        "maxLength": 1024,
        "pattern": r"^(?!/)(?!.*(^|/)\.{1,2}(/|$))[^\x00-\x1f\x7f]*[^/\x00-\x1f\x7f]$",
        "description": "A path below deploy_to, without . and .. in it, such as log or public/uploads",
    });
    let duration = json!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h)$", "description": "A time such as 2s or 5m" });
    let count = |least: u32, most: u32, what: &str| json!({ "type": "integer", "minimum": least, "maximum": most, "description": what });
    let way = |name: &str| json!({ "required": [name] });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Countersign application",
        "type": "object",
        "additionalProperties": false,
        "required": ["deploy_to"],
        "properties": {
            "apiVersion": { "const": "countersign/v1", "description": "countersign/v1" },
            "kind": { "const": "Application", "description": "Application" },
            "title": { "type": "string", "minLength": 1, "maxLength": 200, "description": "Its name for people" },
            "repository": { "type": "string", "minLength": 1, "maxLength": 2048, "description": "https://host/path, ssh://user@host/path, user@host:path, or the whole path of a folder of this computer" },
            "deploy_to": {
                "type": "string",
                "maxLength": 1024,
                "pattern": r"^/(?!.*(^|/)\.{1,2}(/|$))[^\x00-\x1f\x7f]*[^/\x00-\x1f\x7f]$",
                "description": "The whole path of its folder on the hosts, such as /srv/myapp, without . and .. in it",
            },
            "user": { "type": "string", "pattern": "^[a-z_][a-z0-9_-]{0,31}$", "description": "Who owns the files there; the one who logs in when left out" },
            "keep": count(1, 100, "How many good releases stay on a host, 1 to 100"),
            "linked_dirs": { "type": "array", "uniqueItems": true, "maxItems": 100, "items": path, "description": "Folders that all releases share" },
            "linked_files": { "type": "array", "uniqueItems": true, "maxItems": 100, "items": path, "description": "Files that all releases share" },
            "hooks": {
                "type": "object",
                "additionalProperties": false,
                "description": "What runs on the host, in the release's folder",
                "properties": {
                    "pre_build": hook("before the build"),
                    "build": hook("to build the release"),
                    "pre_activate": hook("after the switch, before it is started"),
                    "activate": hook("to start the release"),
                    "health": hook("to ask whether it is well"),
                    "post_deploy": hook("when the release is good"),
                    "on_rollback": hook("after the old release is back"),
                },
            },
            "health": {
                "type": "object",
                "additionalProperties": false,
                "description": "How it is asked whether it is well",
                "properties": {
                    "http": { "type": "string", "pattern": "^https?://[^\\s]+$", "description": "An address that answers 2xx, asked from the host" },
                    "tcp": { "type": "string", "pattern": "^([^\\s:]+|\\[[0-9a-fA-F:.]+\\]):[0-9]{1,5}$", "description": "host:port that takes connections, asked from the host" },
                    "command": { "type": "string", "minLength": 1, "maxLength": 16384, "description": "POSIX sh that ends with 0" },
                    "unit": { "type": "string", "pattern": "^[A-Za-z0-9:_.@-]+$", "description": "A systemd unit that is active" },
                    "tries": count(1, 100, "How often it may fail before the release is not good, 1 to 100"),
                    "every": duration,
                },
                "oneOf": [way("http"), way("tcp"), way("command"), way("unit")],
            },
            "strategy": { "enum": ["all_at_once", "serial", "canary"], "description": "all_at_once, serial or canary" },
            "disk_need": { "type": "string", "pattern": "^[1-9][0-9]{0,5}[KMGT]$", "description": "What a release needs on the host, such as 500M or 2G" },
            "targets": {
                "type": "object",
                "description": "For each environment the hosts, as a selector of labels such as role=web",
                "propertyNames": { "pattern": "^[a-z][a-z0-9_-]{0,62}$" },
                "additionalProperties": { "type": "string", "maxLength": 1000 },
            },
        },
    })
}
