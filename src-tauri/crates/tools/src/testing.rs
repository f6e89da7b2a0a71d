//! For the tests of this crate: ports in memory, a context, schemas checked, and a permit won the only way there is,
//! by a run whose gate was approved.

mod approved;

use crate::{
    BoxFuture, Catalogue, Context, HostKeys, HostLimits, Hosts, Inventory, Jobs, LogLine, LogSink,
    Metrics, MetricsQuery, MissedAgent, PortError, Ports, ReadTool, Secret, SecretFault, Secrets,
    Snapshots, TakenSnapshot, Tool,
};
use fleet::{Agent, Job, Series};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;
use workflow::{Digest, Observation, ToolError, ToolOutput};

pub(crate) use approved::Approved;

pub(crate) const NOW_US: i64 = 1_795_339_645_000_000;

/// Everything that tests ask of the engine.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) agents: Vec<Agent>,
    /// Trusted keys by host and port.
    pub(crate) host_keys: BTreeMap<(String, u16), Vec<String>>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) series: Vec<Series>,
    pub(crate) kept: Mutex<Vec<TakenSnapshot>>,
    pub(crate) missed: Mutex<Vec<MissedAgent>>,
    /// Secrets by reference.
    pub(crate) secrets: BTreeMap<String, Result<String, SecretFault>>,
    /// The limits of the ways to hosts, when not the usual ones.
    pub(crate) limits: Option<HostLimits>,
}

impl Inventory for World {
    fn agents(&self) -> BoxFuture<'_, Result<Vec<Agent>, PortError>> {
        Box::pin(async { Ok(self.agents.clone()) })
    }

    fn agent<'a>(&'a self, agent_id: &'a str) -> BoxFuture<'a, Result<Option<Agent>, PortError>> {
        let found = self
            .agents
            .iter()
            .find(|agent| agent.agent_id.eq_ignore_ascii_case(agent_id));
        Box::pin(async move { Ok(found.cloned()) })
    }
}

impl HostKeys for World {
    fn trusted<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, Result<Vec<String>, PortError>> {
        let place = (host.to_owned(), port);
        let keys = self.host_keys.get(&place).cloned().unwrap_or_default();
        Box::pin(async { Ok(keys) })
    }
}

impl Secrets for World {
    fn read<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Secret, SecretFault>> {
        let found = match self.secrets.get(reference) {
            Some(Ok(value)) => Ok(Secret::new(value.clone().into_bytes())),
            Some(Err(fault)) => Err(fault.clone()),
            None => Err(SecretFault::NotFound(reference.to_owned())),
        };
        Box::pin(async { found })
    }
}

impl Jobs for World {
    fn jobs(&self) -> BoxFuture<'_, Result<Vec<Job>, PortError>> {
        Box::pin(async { Ok(self.jobs.clone()) })
    }
}

impl Metrics for World {
    fn query(&self, query: MetricsQuery) -> BoxFuture<'_, Result<Vec<Series>, PortError>> {
        let wanted =
            |series: &&Series| query.metrics.is_empty() || query.metrics.contains(&series.name);
        let found = self.series.iter().filter(wanted).cloned().collect();
        Box::pin(async { Ok(found) })
    }
}

impl Snapshots for World {
    fn keep(&self, taken: TakenSnapshot) -> BoxFuture<'_, Result<String, PortError>> {
        let mut kept = self.kept.lock().unwrap();
        kept.push(taken);
        let id = format!("snapshot-{}", kept.len());
        Box::pin(async { Ok(id) })
    }

    fn miss(&self, missed: MissedAgent) -> BoxFuture<'_, Result<(), PortError>> {
        self.missed.lock().unwrap().push(missed);
        Box::pin(async { Ok(()) })
    }
}

/// A world with a context for calls in it.
pub(crate) struct Stage {
    pub(crate) world: Arc<World>,
    pub(crate) context: Context,
    pub(crate) log: Arc<Mutex<Vec<LogLine>>>,
    /// The tools that are tested.
    pub(crate) catalogue: Catalogue,
    root: PathBuf,
    _folder: Option<tempfile::TempDir>,
}

impl Stage {
    pub(crate) fn new() -> Stage {
        Stage::with(World {
            agents: vec![Agent::this_computer()],
            ..World::default()
        })
    }

    pub(crate) fn with(world: World) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        Stage {
            _folder: Some(folder),
            ..Stage::at(root, world)
        }
    }

    /// A stage in a folder that another process has made.
    pub(crate) fn at(root: PathBuf, world: World) -> Stage {
        let world = Arc::new(world);
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        let context = Context {
            key: Digest::of(b"a call"),
            cancel: CancellationToken::new(),
            log: LogSink::new(move |line| lines.lock().unwrap().push(line)),
            now_us: Arc::new(|| NOW_US),
            ports: Arc::new(Ports {
                inventory: world.clone(),
                jobs: world.clone(),
                metrics: world.clone(),
                snapshots: world.clone(),
                host_keys: world.clone(),
                secrets: world.clone(),
                hosts: Arc::new(world.limits.map_or_else(Hosts::new, Hosts::with)),
            }),
            data_dir: root.join("data"),
        };
        Stage {
            world,
            context,
            log,
            catalogue: Catalogue::builtin(),
            root,
            _folder: None,
        }
    }

    /// A path in this stage's own folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Calls a reading tool; arguments and output must match its schemas.
    pub(crate) async fn read(&self, tool: &str, args: Json) -> Result<Json, ToolError> {
        let catalogue = Catalogue::builtin();
        let Some(Tool::Read(tool)) = catalogue.get(tool) else {
            panic!("{tool} is not a reading tool")
        };
        self.read_with(tool.as_ref(), args).await
    }

    /// As `read`, with a tool that is not of the catalogue.
    pub(crate) async fn read_with(
        &self,
        tool: &dyn ReadTool,
        args: Json,
    ) -> Result<Json, ToolError> {
        matches_schema(&tool.spec().input, &args);
        let output = tool
            .read(&args, &self.context)
            .await?
            .output
            .inline()
            .unwrap()
            .clone();
        matches_schema(&tool.spec().output, &output);
        Ok(output)
    }
}

/// The three tests of every changing tool (after omicron's saga test helpers): it runs twice safely under one key, its
/// inverse puts back what was, and undoing twice changes nothing. `look` tells what the tool changes.
pub(crate) async fn check_change_tool(
    stage: &Stage,
    tool: &str,
    args: Json,
    look: &dyn Fn() -> Json,
) {
    let (approved, output) = check_change(stage, tool, args, look).await;
    assert_eq!(
        approved.observe(stage).await,
        Observation::Done(output),
        "it still happened"
    );
}

/// The same for a tool that remembers nothing: the world tells what happened, and after the undo it tells that nothing
/// did.
pub(crate) async fn check_change(
    stage: &Stage,
    tool: &str,
    args: Json,
    look: &dyn Fn() -> Json,
) -> (Approved, ToolOutput) {
    let catalogue = &stage.catalogue;
    let before = look();
    let approved = Approved::new(stage, catalogue.get(tool).unwrap().clone(), args, "check")
        .await
        .unwrap();
    assert_eq!(look(), before, "a preview changes nothing");
    assert_eq!(
        approved.observe(stage).await,
        Observation::NotDone,
        "nothing happened yet"
    );

    let output = approved.apply(stage).await.unwrap();
    let after = look();
    assert_eq!(
        approved.apply(stage).await.unwrap(),
        output,
        "the same key gives the same answer"
    );
    assert_eq!(look(), after, "the same key changes nothing more");
    assert_eq!(
        approved.observe(stage).await,
        Observation::Done(output.clone())
    );

    let Tool::Change(change) = &approved.tool else {
        unreachable!()
    };
    let inverse = change
        .undo(output.receipt.as_ref().unwrap().inline().unwrap())
        .unwrap();
    assert_eq!(
        change.spec().inverse.as_deref(),
        Some(inverse.tool.as_str())
    );
    for run in ["undo", "undo again"] {
        let tool = catalogue.get(&inverse.tool).unwrap().clone();
        let undo = Approved::new(stage, tool, inverse.args.clone(), run)
            .await
            .unwrap();
        assert_eq!(
            undo.preview.changes.is_empty(),
            look() == before,
            "{run}: the preview tells whether anything changes"
        );
        undo.apply(stage).await.unwrap();
        assert_eq!(look(), before, "{run} puts back what was");
    }
    (approved, output)
}

/// Fails the test when the value does not match.
pub(crate) fn matches_schema(schema: &Json, value: &Json) {
    let faults: Vec<String> = jsonschema::validator_for(schema)
        .unwrap()
        .iter_errors(value)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(faults, Vec::<String>::new(), "{value:#}");
}

/// Every file below a folder: path, permission bits, content.
pub(crate) fn tree(folder: &Path) -> Json {
    use std::os::unix::fs::PermissionsExt;
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let data = path.symlink_metadata().unwrap();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if name == "data" {
                continue;
            }
            if data.is_dir() {
                found.insert(name, json!("folder"));
                open.push(path);
            } else {
                let content =
                    String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned();
                found.insert(
                    name,
                    json!([format!("{:o}", data.permissions().mode() & 0o7777), content]),
                );
            }
        }
    }
    json!(found)
}
