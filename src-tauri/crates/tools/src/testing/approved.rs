//! A permit won the only way there is: a run of one gated step, previewed, approved and started.

use super::{NOW_US, Stage, matches_schema};
use crate::{Asked, Tool};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use workflow::{
    Actor, Answer, Body, CardScope, Command, Decision, DecisionKind, Digest, Effect, EffectClass,
    Gate, Gates, Input, Observation, OnFailure, OnTimeout, Permit, Preview, Record, Risk, Run,
    RunId, Step, StepKey, ToolError, ToolOutput, ToolSpec, Workflow,
};

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
    pub(crate) async fn new(
        stage: &Stage,
        tool: Tool,
        args: Json,
        run: &str,
    ) -> Result<Approved, ToolError> {
        let spec = tool.spec().clone();
        matches_schema(&spec.input, &args);
        let Tool::Change(change) = &tool else {
            panic!("{} is not a changing tool", spec.name)
        };
        let preview = change.preview(&args, &stage.context).await?;
        let mut machine = Machine::new(run, &spec, args);
        machine.command(
            Actor::person("ada", "terminal"),
            Command::Start {
                inputs: serde_json::Map::new(),
            },
        );
        machine.previewed(&preview);
        let gate = machine.run.open_gates().next().cloned();
        if let Some(gate) = gate {
            let digest = gate.card_digest.unwrap();
            let decide = Command::Decide {
                gate: gate.id,
                revision: gate.revision,
                digest,
                decision: Decision::Approve,
            };
            machine.command(Actor::person("ada", "terminal"), decide);
        }
        // The engine looks once more before it spends the grant.
        let again = change.preview(&machine.args, &stage.context).await?;
        machine.previewed(&again);
        Ok(Approved {
            run: machine.run,
            step: StepKey::top("change"),
            tool,
            preview,
        })
    }

    pub(crate) fn permit(&self) -> Permit {
        Permit::redeem(&self.run, &self.step, &()).unwrap()
    }

    pub(crate) fn key(&self) -> Digest {
        self.permit().key()
    }

    pub(crate) async fn apply(&self, stage: &Stage) -> Result<ToolOutput, ToolError> {
        let Tool::Change(tool) = &self.tool else {
            unreachable!()
        };
        let output = tool.apply(self.permit(), &stage.context).await?;
        matches_schema(&tool.spec().output, output.output.inline().unwrap());
        assert!(output.receipt.is_some(), "a change gives a receipt");
        Ok(output)
    }

    pub(crate) async fn observe(&self, stage: &Stage) -> Observation {
        let Tool::Change(tool) = &self.tool else {
            unreachable!()
        };
        let permit = self.permit();
        let (call, args) = (permit.call(), permit.args());
        tool.observe(
            Asked {
                key: permit.key(),
                call,
                args,
                stop: false,
            },
            &stage.context,
        )
        .await
    }
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
            gate: Gates {
                before: Some(gate),
                after: None,
            },
            irreversible: None,
            rollback: None,
            body: Body::Uses {
                tool: spec.name.clone(),
                with: args.clone(),
            },
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
            undo_window_ms: None,
            undoes: None,
            stages: vec!["Change".to_owned()],
            steps: vec![step],
            outputs: BTreeMap::new(),
            tools: BTreeMap::from([(spec.name.clone(), spec.clone())]),
        };
        Machine {
            run: Run::new(
                RunId(run.to_owned()),
                Arc::new(definition),
                Digest::of(b"test"),
            ),
            args,
        }
    }

    fn command(&mut self, actor: Actor, command: Command) {
        let input = Input {
            command,
            actor: actor.clone(),
            at_us: NOW_US,
            entropy: 0,
        };
        let verdict = workflow::decide(&self.run, &input, &()).unwrap();
        assert_eq!(verdict.refusal, None);
        for event in verdict.events {
            let record = Record {
                run: self.run.id().clone(),
                seq: self.run.seq() + 1,
                at_us: NOW_US,
                actor: actor.clone(),
                event,
            };
            self.run.apply(&record).unwrap();
        }
    }

    /// Answers the preview that is owed, if one is.
    fn previewed(&mut self, preview: &Preview) {
        let owed = self
            .run
            .outstanding()
            .iter()
            .find(|(_, effect)| matches!(effect, Effect::Preview { .. }));
        let Some(effect) = owed.map(|(id, _)| id.clone()) else {
            return;
        };
        let answer = Answer::Previewed(Ok(preview.clone()));
        self.command(
            Actor::engine(),
            Command::Answered {
                effect,
                answer,
                log: None,
            },
        );
    }
}
