//! Carrying out one owed effect and coming back with its answer. A tool's panic is that call's error, never the
//! engine's. Nothing here decides whether an effect is owed.

use crate::{
    faults,
    logs::CallLog,
    mailbox::{Mailbox, Message},
    values::StoredValues,
};
use api::Fault;
use serde_json::Value as Json;
use std::{path::PathBuf, sync::Arc, time::Duration};
use store::Store;
use tokio::{runtime::Handle, task::JoinHandle, time};
use tokio_util::sync::CancellationToken;
use tools::{Asked, Catalogue, Context, Ports, Tool};
use workflow::{
    Answer, Call, Datum, Digest, Effect, EffectId, ErrorClass, Observation, Outcome, Permit, Poll,
    Run, StepKey, ToolError, ToolOutput, load, poll_holds, validate_against,
};

/// What performers share.
pub(crate) struct World {
    pub(crate) store: Arc<Store>,
    pub(crate) values: Arc<StoredValues>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) ports: Arc<Ports>,
    pub(crate) data_dir: PathBuf,
    pub(crate) mailbox: Mailbox,
    pub(crate) runtime: Handle,
}

/// An effect under way.
pub(crate) struct Performing {
    pub(crate) cancel: CancellationToken,
    pub(crate) task: JoinHandle<()>,
    /// It may change something: when closing, it is waited for.
    pub(crate) changes: bool,
    /// It has come back, and its answer waits for its turn.
    pub(crate) answered: bool,
}

enum Work {
    Preview {
        call: Call,
    },
    Inverse {
        tool: String,
        tool_version: u32,
        receipt: Datum,
    },
    Read {
        step: StepKey,
        call: Call,
        timeout_ms: u64,
        poll: Option<Poll>,
    },
    Change {
        permit: Permit,
        timeout_ms: u64,
    },
    Observe {
        call: Call,
        stop: bool,
    },
}

impl World {
    /// Starts an owed effect. `after`: the task of the same call, which must have ended before anybody asks whether it
    /// happened. `None` when there is nothing to do by itself (a person is asked).
    pub(crate) fn start(
        self: &Arc<World>,
        run: &Run,
        id: &EffectId,
        effect: &Effect,
        after: Option<JoinHandle<()>>,
    ) -> Option<Performing> {
        let cancel = CancellationToken::new();
        let (work, key) = match effect {
            Effect::Alert { .. } => return None,
            Effect::Preview { call, .. } => (
                Ok(Work::Preview { call: call.clone() }),
                Digest::of(id.0.as_bytes()),
            ),
            Effect::Inverse {
                tool,
                tool_version,
                receipt,
                ..
            } => (
                Ok(Work::Inverse {
                    tool: tool.clone(),
                    tool_version: *tool_version,
                    receipt: receipt.clone(),
                }),
                Digest::of(id.0.as_bytes()),
            ),
            Effect::Read {
                step,
                call,
                key,
                timeout_ms,
                poll,
            } => {
                let (step, call, poll) = (step.clone(), call.clone(), poll.clone());
                (
                    Ok(Work::Read {
                        step,
                        call,
                        timeout_ms: *timeout_ms,
                        poll,
                    }),
                    *key,
                )
            }
            Effect::Observe {
                call, key, stop, ..
            } => (
                Ok(Work::Observe {
                    call: call.clone(),
                    stop: *stop,
                }),
                *key,
            ),
            Effect::Change {
                step,
                key,
                timeout_ms,
            } => {
                let permit = Permit::redeem(run, step, self.values.as_ref());
                (
                    permit.map(|permit| Work::Change {
                        permit,
                        timeout_ms: *timeout_ms,
                    }),
                    *key,
                )
            }
        };
        let changes = matches!(effect, Effect::Change { .. });
        let world = Arc::clone(self);
        // A poll's condition may name other steps; only it needs the run.
        let snapshot =
            matches!(effect, Effect::Read { poll: Some(_), .. }).then(|| Arc::new(run.clone()));
        let (run, id, token) = (run.id().clone(), id.clone(), cancel.clone());
        let task = self.runtime.spawn(async move {
            if let Some(after) = after {
                // How the call ended is what the tool is asked now.
                let _ = after.await;
            }
            let log = CallLog::open(
                &world.runtime,
                Arc::clone(&world.store),
                world.mailbox.clone(),
                run.clone(),
                key,
            );
            let context = world.context(key, token, log.sink.clone());
            let inner = Arc::clone(&world);
            let doing = world.runtime.spawn(async move {
                match work {
                    Ok(work) => inner.work(work, snapshot, &context).await,
                    Err(fault) => Answer::Finished(Err(internal(
                        format!("No permit: {fault}"),
                        Outcome::NotStarted,
                    ))),
                }
            });
            let answer = match doing.await {
                Ok(answer) => answer,
                Err(error) => {
                    let outcome = if changes {
                        Outcome::Unknown
                    } else {
                        Outcome::NotDone
                    };
                    tracing::error!(%error, effect = %id, "a tool panicked");
                    Answer::Finished(Err(internal(
                        "The tool stopped with a defect".to_owned(),
                        outcome,
                    )))
                }
            };
            let log = log.range().await;
            world.mailbox.send(Message::Performed {
                run,
                effect: id,
                answer: Box::new(answer),
                log,
            });
        });
        Some(Performing {
            cancel,
            task,
            changes,
            answered: false,
        })
    }

    /// A read outside any run, for a door that shows what a run would begin with. Only reads: nothing else has no card.
    pub(crate) async fn read_now(&self, tool: &str, args: &Json) -> Result<Json, Fault> {
        let Some(Tool::Read(tool)) = self.catalogue.get(tool) else {
            return Err(faults::internal("this is not a read"));
        };
        let wrong = validate_against(&tool.spec().input, args);
        if !wrong.is_empty() {
            return Err(Fault::new(
                "bad_arguments",
                format!("This cannot be read: {}", wrong.join("; ")),
                "Check what was given",
            ));
        }
        let key = Digest::of(args.to_string().as_bytes());
        let context = self.context(key, CancellationToken::new(), tools::LogSink::none());
        let limit = Duration::from_millis(tool.spec().timeout_ms);
        let read = time::timeout(limit, tool.read(args, &context)).await;
        let output = read
            .map_err(|_| Fault::new("timeout", "Reading took too long", "Try it again"))?
            .map_err(|error| Fault::new(&error.code, error.message, error.hint))?;
        load(&output.output, self.values.as_ref()).map_err(faults::internal)
    }

    fn context(&self, key: Digest, cancel: CancellationToken, log: tools::LogSink) -> Context {
        Context {
            key,
            cancel,
            log,
            now_us: Arc::new(crate::now_us),
            ports: Arc::clone(&self.ports),
            data_dir: self.data_dir.clone(),
        }
    }

    async fn work(&self, work: Work, run: Option<Arc<Run>>, context: &Context) -> Answer {
        match work {
            Work::Preview { call } => Answer::Previewed(self.preview(&call, context).await),
            Work::Inverse {
                tool,
                tool_version,
                receipt,
            } => Answer::Inverted(self.invert(&tool, tool_version, &receipt, context).await),
            Work::Read {
                step,
                call,
                timeout_ms,
                poll,
            } => {
                let limit = Duration::from_millis(timeout_ms);
                let reading = async {
                    match (poll, run) {
                        (Some(poll), Some(run)) => {
                            self.poll(&run, &step, &call, &poll, context).await
                        }
                        (Some(_) | None, _) => self.read(&call, context).await,
                    }
                };
                Answer::Finished(
                    time::timeout(limit, reading)
                        .await
                        .unwrap_or_else(|_| Err(too_slow(&call, limit, Outcome::NotDone))),
                )
            }
            Work::Change { permit, timeout_ms } => {
                let limit = Duration::from_millis(timeout_ms);
                let call = permit.call().clone();
                let changing = self.change(permit, context);
                Answer::Finished(time::timeout(limit, changing).await.unwrap_or_else(|_| {
                    context.cancel.cancel();
                    Err(too_slow(&call, limit, Outcome::Unknown))
                }))
            }
            Work::Observe { call, stop } => {
                Answer::Observed(self.observe(&call, stop, context).await)
            }
        }
    }

    /// The tool, when it still is what was planned with (semantics.md 21).
    fn tool(&self, call: &Call) -> Result<(Tool, Json), ToolError> {
        let tool = self.tool_of(&call.tool, call.tool_version)?;
        Ok((tool, self.stored(&call.args)?))
    }

    pub(crate) fn tool_of(&self, name: &str, version: u32) -> Result<Tool, ToolError> {
        let Some(tool) = self.catalogue.get(name) else {
            return Err(internal(
                format!("There is no tool {name}"),
                Outcome::NotStarted,
            ));
        };
        if tool.spec().version != version {
            return Err(ToolError {
                code: "tool_changed".to_owned(),
                message: format!("{name} is another version than the one this was planned with"),
                hint: "Start the workflow again, so that it is planned with the present version"
                    .to_owned(),
                class: ErrorClass::Invalid,
                outcome: Outcome::NotStarted,
            });
        }
        Ok(tool.clone())
    }

    pub(crate) fn stored(&self, datum: &Datum) -> Result<Json, ToolError> {
        load(datum, self.values.as_ref()).map_err(|digest| {
            internal(
                format!("The value {digest} is not stored any more"),
                Outcome::NotStarted,
            )
        })
    }

    async fn preview(
        &self,
        call: &Call,
        context: &Context,
    ) -> Result<workflow::Preview, ToolError> {
        match self.tool(call)? {
            (Tool::Change(tool), args) => tool.preview(&args, context).await,
            (Tool::Read(_), _) => Err(internal(
                format!("{} has no preview", call.tool),
                Outcome::NotStarted,
            )),
        }
    }

    async fn read(&self, call: &Call, context: &Context) -> Result<ToolOutput, ToolError> {
        match self.tool(call)? {
            (Tool::Read(tool), args) => tool.read(&args, context).await,
            // A tool that changes something is only ever reached with a permit.
            (Tool::Change(_), _) => Err(internal(
                format!("{} is no read", call.tool),
                Outcome::NotStarted,
            )),
        }
    }

    /// Reads until the condition holds, for as long as the file asks (semantics.md 15: one effect, one record).
    async fn poll(
        &self,
        run: &Run,
        step: &StepKey,
        call: &Call,
        poll: &Poll,
        context: &Context,
    ) -> Result<ToolOutput, ToolError> {
        let mut ticks = time::interval(Duration::from_millis(poll.every_ms.max(10)));
        ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        let mut held_since = None;
        loop {
            ticks.tick().await;
            context.still_owed(Outcome::NotDone)?;
            let output = self.read(call, context).await?;
            let value = load(&output.output, self.values.as_ref()).map_err(|digest| {
                internal(
                    format!("The value {digest} is not stored"),
                    Outcome::NotDone,
                )
            })?;
            let holds = match poll_holds(run, step, &value, self.values.as_ref()) {
                Ok(Ok(holds)) => holds,
                Ok(Err(fault)) => return Err(condition(fault.to_string())),
                Err(stop) => return Err(condition(format!("{stop:?}"))),
            };
            if !holds {
                held_since = None;
                continue;
            }
            let since = *held_since.get_or_insert_with(time::Instant::now);
            if since.elapsed() >= Duration::from_millis(poll.for_ms) {
                return Ok(output);
            }
        }
    }

    async fn change(&self, permit: Permit, context: &Context) -> Result<ToolOutput, ToolError> {
        match self.tool(permit.call())? {
            (Tool::Change(tool), _) => tool.apply(permit, context).await,
            (Tool::Read(_), _) => Err(internal(
                format!("{} changes nothing", permit.call().tool),
                Outcome::NotStarted,
            )),
        }
    }

    async fn observe(&self, call: &Call, stop: bool, context: &Context) -> Observation {
        match self.tool(call) {
            Ok((Tool::Change(tool), args)) => {
                let asked = Asked {
                    key: context.key,
                    call,
                    args: &args,
                    stop,
                };
                tool.observe(asked, context).await
            }
            Ok((Tool::Read(_), _)) => Observation::NotDone,
            Err(error) => Observation::Unknown { why: error.message },
        }
    }
}

pub(crate) fn internal(message: String, outcome: Outcome) -> ToolError {
    ToolError {
        code: "internal".to_owned(),
        message,
        hint: "Report this as a bug, with the run's export".to_owned(),
        class: ErrorClass::Internal,
        outcome,
    }
}

fn condition(message: String) -> ToolError {
    ToolError {
        code: "expression".to_owned(),
        message: format!("`until` has no value: {message}"),
        hint: "Check the expression in the workflow file".to_owned(),
        class: ErrorClass::Invalid,
        outcome: Outcome::NotDone,
    }
}

fn too_slow(call: &Call, limit: Duration, outcome: Outcome) -> ToolError {
    ToolError {
        code: "timeout".to_owned(),
        message: format!("{} did not end within {} s", call.tool, limit.as_secs_f64()),
        hint: "Give the step a longer `timeout`, or look at what holds it up".to_owned(),
        class: ErrorClass::Timeout,
        outcome,
    }
}
