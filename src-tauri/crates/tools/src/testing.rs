//! For the tests of this crate: ports in memory, a context, schemas checked, and a permit won the only way there is,
//! by a run whose gate was approved.

use crate::{
    Asked, BoxFuture, Catalogue, Context, Inventory, Jobs, LogLine, LogSink, Metrics, MetricsQuery, PortError, Ports,
    Snapshots, TakenSnapshot, Tool,
};
use fleet::{Agent, Job, Series};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;
use workflow::{
    Actor, Answer, Body, Call, CardScope, Command, DecisionKind, Decision, Digest, Effect, EffectClass, Gate, Gates,
    Input, Observation, OnFailure, OnTimeout, Permit, Preview, Record, Risk, Run, RunId, Step, StepKey, ToolError,
    ToolOutput, ToolSpec, Workflow,
};

pub(crate) const NOW_US: i64 = 1_795_339_645_000_000;

/// Everything that tests ask of the engine.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) agents: Vec<Agent>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) series: Vec<Series>,
    pub(crate) kept: Mutex<Vec<TakenSnapshot>>,
}

impl Inventory for World {
    fn agents(&self) -> BoxFuture<'_, Result<Vec<Agent>, PortError>> {
        Box::pin(async { Ok(self.agents.clone()) })
    }
}

impl Jobs for World {
    fn jobs(&self) -> BoxFuture<'_, Result<Vec<Job>, PortError>> {
        Box::pin(async { Ok(self.jobs.clone()) })
    }
}

impl Metrics for World {
    fn query(&self, query: MetricsQuery) -> BoxFuture<'_, Result<Vec<Series>, PortError>> {
        let wanted = |series: &&Series| query.metrics.is_empty() || query.metrics.contains(&series.name);
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
}

/// A world with a context for calls in it.
pub(crate) struct Stage {
    pub(crate) world: Arc<World>,
    pub(crate) context: Context,
    pub(crate) log: Arc<Mutex<Vec<LogLine>>>,
    pub(crate) folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) fn new() -> Stage {
        Stage::with(World { agents: vec![Agent::this_computer()], ..World::default() })
    }

    pub(crate) fn with(world: World) -> Stage {
        let world = Arc::new(world);
        let folder = tempfile::tempdir().unwrap();
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
            }),
            data_dir: folder.path().join("data"),
        };
        Stage { world, context, log, folder }
    }

    /// A path in this stage's own folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// Calls a reading tool; arguments and output must match its schemas.
    pub(crate) async fn read(&self, tool: &str, args: Json) -> Result<Json, ToolError> {
        let catalogue = Catalogue::builtin();
        let Some(Tool::Read(tool)) = catalogue.get(tool) else { panic!("{tool} is not a reading tool") };
        matches_schema(&tool.spec().input, &args);
        let output = tool.read(&args, &self.context).await?.output.inline().unwrap().clone();
        matches_schema(&tool.spec().output, &output);
        Ok(output)
    }
}

/// One approved call of a changing tool, with the run that holds the approval: any number of permits for one key, as
/// after a crash.
pub(crate) struct Approved {
    pub(crate) run: Run,
    pub(crate) step: StepKey,
    pub(crate) tool: Tool,
    pub(crate) preview: Preview,
}

impl Approved {
    /// Previews the call, starts a run of that name, and approves the card.
    pub(crate) async fn new(stage: &Stage, tool: Tool, args: Json, run: &str) -> Result<Approved, ToolError> {
        let spec = tool.spec().clone();
        matches_schema(&spec.input, &args);
        let Tool::Change(change) = &tool else { panic!("{} is not a changing tool", spec.name) };
        let preview = change.preview(&args, &stage.context).await?;
        let mut machine = Machine::new(run, &spec, args);
        machine.command(Actor::person("ada", "terminal"), Command::Start { inputs: serde_json::Map::new() });
        machine.answer(|effect| match effect {
            Effect::Preview { .. } => Some(Answer::Previewed(Ok(preview.clone()))),
            _ => None,
        });
        let gate = machine.run.open_gates().next().cloned();
        if let Some(gate) = gate {
            let digest = gate.card_digest.unwrap();
            let decide = Command::Decide { gate: gate.id, revision: gate.revision, digest, decision: Decision::Approve };
            machine.command(Actor::person("ada", "terminal"), decide);
        }
        // The engine looks once more before it spends the grant.
        let again = change.preview(&machine.args, &stage.context).await?;
        machine.answer(|effect| match effect {
            Effect::Preview { .. } => Some(Answer::Previewed(Ok(again.clone()))),
            _ => None,
        });
        Ok(Approved { run: machine.run, step: StepKey::top("change"), tool, preview })
    }

    pub(crate) fn permit(&self) -> Permit {
        Permit::redeem(&self.run, &self.step, &()).unwrap()
    }

    pub(crate) fn key(&self) -> Digest {
        self.permit().key()
    }

    pub(crate) async fn apply(&self, stage: &Stage) -> Result<ToolOutput, ToolError> {
        let Tool::Change(tool) = &self.tool else { unreachable!() };
        let output = tool.apply(self.permit(), &stage.context).await?;
        matches_schema(&tool.spec().output, output.output.inline().unwrap());
        assert!(output.receipt.is_some(), "a change gives a receipt");
        Ok(output)
    }

    pub(crate) async fn observe(&self, stage: &Stage) -> Observation {
        let Tool::Change(tool) = &self.tool else { unreachable!() };
        let permit = self.permit();
        let (call, args): (&Call, &Json) = (permit.call(), permit.args());
        tool.observe(Asked { key: permit.key(), call, args, stop: false }, &stage.context).await
    }
}

/// The three tests of every changing tool (after omicron's saga test helpers): it runs twice safely under one key, its
/// inverse puts back what was, and undoing twice changes nothing. `look` tells what the tool changes.
pub(crate) async fn check_change_tool(stage: &Stage, tool: &str, args: Json, look: &dyn Fn() -> Json) {
    let catalogue = Catalogue::builtin();
    let before = look();
    let approved = Approved::new(stage, catalogue.get(tool).unwrap().clone(), args, "check").await.unwrap();
    assert_eq!(look(), before, "a preview changes nothing");
    assert_eq!(approved.observe(stage).await, Observation::NotDone, "nothing happened yet");

    let output = approved.apply(stage).await.unwrap();
    let after = look();
    assert_eq!(approved.apply(stage).await.unwrap(), output, "the same key gives the same answer");
    assert_eq!(look(), after, "the same key changes nothing more");
    assert_eq!(approved.observe(stage).await, Observation::Done(output.clone()));

    let Tool::Change(change) = &approved.tool else { unreachable!() };
    let inverse = change.undo(output.receipt.as_ref().unwrap().inline().unwrap()).unwrap();
    assert_eq!(change.spec().inverse.as_deref(), Some(inverse.tool.as_str()));
    for run in ["undo", "undo again"] {
        let tool = catalogue.get(&inverse.tool).unwrap().clone();
        let undo = Approved::new(stage, tool, inverse.args.clone(), run).await.unwrap();
        assert_eq!(undo.preview.changes.is_empty(), look() == before, "{run}: the preview tells whether anything changes");
        undo.apply(stage).await.unwrap();
        assert_eq!(look(), before, "{run} puts back what was");
    }
    assert_eq!(approved.observe(stage).await, Observation::Done(output), "it still happened");
}

/// Fails the test when the value does not match.
pub(crate) fn matches_schema(schema: &Json, value: &Json) {
    let faults: Vec<String> = jsonschema::validator_for(schema).unwrap().iter_errors(value).map(|e| e.to_string()).collect();
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
                let content = String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned();
                found.insert(name, json!([format!("{:o}", data.permissions().mode() & 0o7777), content]));
            }
        }
    }
    json!(found)
}

/// A run of one gated step, folded from its own records.
struct Machine {
    run: Run,
    args: Json,
}

impl Machine {
    fn new(run: &str, spec: &ToolSpec, args: Json) -> Machine {
        let gate = Gate {
            title: json!("May it?"),
            show: Vec::new(),
            decisions: vec![DecisionKind::Approve],
            editable: Vec::new(),
            recheck: Vec::new(),
            grant_ttl_ms: None,
            scope: CardScope::AllItems,
            skip_when: None,
            wait_ms: None,
            remind_ms: None,
            on_timeout: OnTimeout::Hold,
            redo_step: None,
            redo_max: 0,
        };
        let step = Step {
            id: "change".to_owned(),
            title: "Change".to_owned(),
            stage: 1,
            needs: Vec::new(),
            when: None,
            foreach: None,
            timeout_ms: None,
            retry: None,
            poll: None,
            asserts: Vec::new(),
            exit_when: None,
            gate: Gates { before: Some(gate), after: None },
            irreversible: None,
            body: Body::Uses { tool: spec.name.clone(), with: args.clone() },
        };
        let definition = Workflow {
            id: "test".to_owned(),
            title: "Test".to_owned(),
            version: "1.0.0".to_owned(),
            description: String::new(),
            risk: Risk::Low,
            labels: BTreeMap::new(),
            effects: Some(vec![EffectClass::Write]),
            inputs: json!({ "type": "object" }),
            on_failure: OnFailure::Stop,
            stages: vec!["Change".to_owned()],
            steps: vec![step],
            outputs: BTreeMap::new(),
            tools: BTreeMap::from([(spec.name.clone(), spec.clone())]),
        };
        Machine { run: Run::new(RunId(run.to_owned()), Arc::new(definition), Digest::of(b"test")), args }
    }

    fn command(&mut self, actor: Actor, command: Command) {
        let input = Input { command, actor: actor.clone(), at_us: NOW_US, entropy: 0 };
        let verdict = workflow::decide(&self.run, &input, &()).unwrap();
        assert_eq!(verdict.refusal, None);
        for event in verdict.events {
            let record =
                Record { run: self.run.id().clone(), seq: self.run.seq() + 1, at_us: NOW_US, actor: actor.clone(), event };
            self.run.apply(&record).unwrap();
        }
    }

    /// Answers what is owed, as far as the function knows an answer.
    fn answer(&mut self, with: impl Fn(&Effect) -> Option<Answer>) {
        let owed: Vec<_> = self.run.outstanding().iter().map(|(id, effect)| (id.clone(), effect.clone())).collect();
        for (effect, owed) in owed {
            if let Some(answer) = with(&owed) {
                self.command(Actor::engine(), Command::Answered { effect, answer, log: None });
            }
        }
    }
}
