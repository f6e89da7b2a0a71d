//! file.read: the text of one file of this computer.

use super::place::Place;
use super::{MAX_BYTES, state};
use crate::{BoxFuture, Context, ReadTool, fault::arguments, fault::fault};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use workflow::{EffectClass, ErrorClass, Recovery, ToolError, ToolOutput, ToolSpec};

/// file.read.
pub(crate) struct FileRead {
    spec: ToolSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    path: String,
}

impl FileRead {
    pub(crate) fn new() -> FileRead {
        FileRead {
            spec: ToolSpec {
                name: "file.read".to_owned(),
                version: 1,
                title: "Read a file".to_owned(),
                description: format!(
                    "The text of a regular file of this computer: UTF-8, at most {MAX_BYTES} bytes. A symbolic link in the last place is not followed."
                ),
                effect: EffectClass::Read,
                recovery: Recovery::Pure,
                input: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["path"],
                    "properties": { "path": super::path_schema() },
                }),
                output: json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["path", "content", "sha256", "size_bytes", "mode"],
                    "properties": {
                        "path": { "type": "string" },
                        "content": { "type": "string" },
                        "sha256": super::sha256_schema(),
                        "size_bytes": { "type": "integer" },
                        "mode": { "type": "string", "description": "Permission bits in octal" },
                    },
                }),
                inverse: None,
                timeout_ms: 10_000,
            },
        }
    }
}

impl ReadTool for FileRead {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn read<'a>(
        &'a self,
        args: &'a Json,
        _: &'a Context,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        Box::pin(async move {
            let arguments: Arguments = arguments(&self.spec.name, args)?;
            crate::blocking(move || read(&arguments.path)).await
        })
    }
}

fn read(path: &str) -> Result<ToolOutput, ToolError> {
    let place = Place::resolve(path, false)?;
    let Some(present) = state::read(&place)? else {
        return Err(fault(
            "not_found",
            format!("There is no file {}.", place.shown()),
            "Check the path.",
        )
        .not_started(ErrorClass::NotFound));
    };
    let content = String::from_utf8(present.bytes).map_err(|_| {
        fault(
            "not_text",
            format!("{} is not UTF-8 text.", place.shown()),
            "This tool reads text files only.",
        )
        .not_started(ErrorClass::Invalid)
    })?;
    let output = json!({
        "path": path,
        "content": content,
        "sha256": present.facts.sha256,
        "size_bytes": present.facts.size_bytes,
        "mode": format!("{:04o}", present.facts.mode),
    });
    Ok(ToolOutput::read(output))
}
