//! Asking hosts through the tools' public door: the catalogue, and ports in memory. A wrong answer ends the measurement.

use crate::{at_once, until};
use fleet::{Agent, AgentState, Connection, Credential, Job, Series, Transport, Via};
use loopback::Farm;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tools::{
    BoxFuture, Catalogue, Context, HostKeys, Hosts, Inventory, Jobs, LogSink, Metrics,
    MetricsQuery, MissedAgent, NoSecrets, PortError, Ports, ReadTool, Snapshots, TakenSnapshot,
    Tool,
};
use workflow::Digest;

/// The scripts of the tools, for the references.
pub(crate) const PROBE: &str = include_str!("../../src/agent/probe.sh");
pub(crate) const SNAPSHOT: &str = include_str!("../../src/agent/snapshot.sh");

/// A farm and who asks it.
pub(crate) struct Client {
    pub(crate) farm: Farm,
    /// An ssh config with the key and a known_hosts file that has all the hosts.
    pub(crate) config: PathBuf,
    agents: Arc<Agents>,
    catalogue: Catalogue,
    ports: Mutex<Arc<Ports>>,
}

/// The agents; nothing else is known.
struct Agents(Vec<Agent>);

impl Inventory for Agents {
    fn agents(&self) -> BoxFuture<'_, Result<Vec<Agent>, PortError>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn agent<'a>(&'a self, agent_id: &'a str) -> BoxFuture<'a, Result<Option<Agent>, PortError>> {
        let number = agent_id
            .strip_prefix("host-")
            .and_then(|number| number.parse::<usize>().ok());
        Box::pin(async move { Ok(number.and_then(|number| self.0.get(number).cloned())) })
    }
}

impl HostKeys for Agents {
    fn trusted<'a>(
        &'a self,
        _host: &'a str,
        _port: u16,
    ) -> BoxFuture<'a, Result<Vec<String>, PortError>> {
        // The known_hosts file has them, as for `ssh`.
        Box::pin(async { Ok(Vec::new()) })
    }
}

impl Jobs for Agents {
    fn jobs(&self) -> BoxFuture<'_, Result<Vec<Job>, PortError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

impl Metrics for Agents {
    fn query(&self, _query: MetricsQuery) -> BoxFuture<'_, Result<Vec<Series>, PortError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

impl Snapshots for Agents {
    fn keep(&self, _taken: TakenSnapshot) -> BoxFuture<'_, Result<String, PortError>> {
        Box::pin(async { Ok("snapshot".to_owned()) })
    }

    fn miss(&self, _missed: MissedAgent) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async { Ok(()) })
    }
}

impl Client {
    pub(crate) fn new(folder: &Path, key: &Path, farm: Farm) -> Client {
        std::fs::create_dir(folder).unwrap();
        let (config, known) = (folder.join("config"), folder.join("known_hosts"));
        std::fs::write(&known, farm.known_hosts()).unwrap();
        let text = format!(
            "User {}\nIdentityFile {}\nIdentitiesOnly yes\nIdentityAgent none\nUserKnownHostsFile {}\n\
             GlobalKnownHostsFile none\nStrictHostKeyChecking yes\nControlMaster no\nControlPath none\n",
            loopback::user(),
            key.display(),
            known.display()
        );
        std::fs::write(&config, text).unwrap();
        let agent = |(number, (address, port)): (usize, &(String, u16))| Agent {
            agent_id: format!("host-{number}"),
            title: format!("host-{number}"),
            transport: Transport::Ssh(Connection {
                address: address.clone(),
                port: *port,
                user: loopback::user(),
                credential: Credential::SshConfig,
                ssh_alias: None,
                ssh_config: Some(config.display().to_string()),
                host_key_alias: None,
                via: Via::Ssh,
                jumps: Vec::new(),
                host_key: None,
            }),
            environment: "staging".to_owned(),
            labels: BTreeMap::new(),
            state: AgentState::Registered,
            facts: BTreeMap::new(),
        };
        let agents = Arc::new(Agents(farm.hosts.iter().enumerate().map(agent).collect()));
        Client {
            ports: Mutex::new(ports(&agents)),
            catalogue: Catalogue::builtin(),
            agents,
            config,
            farm,
        }
    }

    /// Logs in and looks.
    pub(crate) async fn probe(&self, numbers: Range<usize>) {
        self.all(
            "agent.probe",
            numbers,
            |agent| json!({ "hostname": agent.agent_id, "connection": connection(agent) }),
        )
        .await;
    }

    /// Takes snapshots.
    pub(crate) async fn snapshot(&self, numbers: Range<usize>) {
        self.all(
            "agent.snapshot",
            numbers,
            |agent| json!({ "agent_id": agent.agent_id }),
        )
        .await;
    }

    /// Reads host keys; nobody logs in.
    pub(crate) async fn scan(&self, numbers: Range<usize>) {
        self.all(
            "agent.scan_keys",
            numbers,
            |agent| json!({ "hostname": agent.agent_id, "connection": connection(agent) }),
        )
        .await;
    }

    async fn all(&self, tool: &str, numbers: Range<usize>, args: impl Fn(&Agent) -> Json) {
        let Some(Tool::Read(tool)) = self.catalogue.get(tool).cloned() else {
            panic!("{tool} is not a reading tool");
        };
        let ports = self.ports.lock().unwrap().clone();
        at_once(numbers, |number| {
            let (agent, tool) = (&self.agents.0[number], Arc::clone(&tool));
            ask(
                tool,
                args(agent),
                agent.agent_id.clone(),
                Arc::clone(&ports),
            )
        })
        .await;
    }

    /// Forgets every connection, and waits until the servers have done so too.
    pub(crate) async fn renew(&self) {
        *self.ports.lock().unwrap() = ports(&self.agents);
        self.quiet().await;
    }

    /// Waits until the servers serve nobody.
    pub(crate) async fn quiet(&self) {
        until("the servers end their connections", || {
            self.farm.serving() == 0
        })
        .await;
    }
}

fn ports(agents: &Arc<Agents>) -> Arc<Ports> {
    Arc::new(Ports {
        inventory: agents.clone(),
        jobs: agents.clone(),
        metrics: agents.clone(),
        snapshots: agents.clone(),
        host_keys: agents.clone(),
        secrets: Arc::new(NoSecrets),
        hosts: Arc::new(Hosts::new()),
    })
}

fn connection(agent: &Agent) -> Json {
    let Transport::Ssh(connection) = &agent.transport else {
        panic!("{agent:?} is not reached by ssh");
    };
    serde_json::to_value(connection).unwrap()
}

async fn ask(tool: Arc<dyn ReadTool>, args: Json, name: String, ports: Arc<Ports>) {
    let context = Context {
        key: Digest::of(name.as_bytes()),
        cancel: tokio_util::sync::CancellationToken::new(),
        log: LogSink::none(),
        now_us: Arc::new(|| jiff::Timestamp::now().as_microsecond()),
        ports,
        data_dir: PathBuf::from("nowhere"),
    };
    let output = tool.read(&args, &context).await;
    assert!(output.is_ok(), "{name}: {output:?}");
}
