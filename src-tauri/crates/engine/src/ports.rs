//! What tools ask the engine for, answered from the store (semantics.md 18).

use fleet::{Agent, Job, Measure, Series};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};
use store::{Point, Store};
use tools::{
    BoxFuture, HostKeys, Hosts, Inventory, Jobs, Metrics, MetricsQuery, MissedAgent, PortError,
    Ports, Secrets, Snapshots, TakenSnapshot,
};

/// The ports over a store.
pub(crate) fn over(store: &Arc<Store>, secrets: Arc<dyn Secrets>) -> Ports {
    let ports = Arc::new(StoredPorts(Arc::clone(store)));
    Ports {
        inventory: ports.clone(),
        jobs: ports.clone(),
        metrics: ports.clone(),
        snapshots: ports.clone(),
        host_keys: ports,
        secrets,
        hosts: Arc::new(Hosts::new()),
    }
}

struct StoredPorts(Arc<Store>);

fn refused(fault: impl std::fmt::Display) -> PortError {
    PortError(fault.to_string())
}

impl StoredPorts {
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        let store = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&store))
            .await
            .map_err(refused)?
    }
}

impl Inventory for StoredPorts {
    /// This computer is an agent from the first start; others come with registration.
    fn agents(&self) -> BoxFuture<'_, Result<Vec<Agent>, PortError>> {
        Box::pin(self.blocking(|store| {
            let rows = store.read().agents().map_err(refused)?;
            let registered = rows.into_iter().map(|row| row.agent);
            Ok([Agent::this_computer()]
                .into_iter()
                .chain(registered)
                .collect())
        }))
    }

    fn agent<'a>(&'a self, agent_id: &'a str) -> BoxFuture<'a, Result<Option<Agent>, PortError>> {
        if agent_id.eq_ignore_ascii_case(Agent::THIS_COMPUTER) {
            return Box::pin(async { Ok(Some(Agent::this_computer())) });
        }
        let agent_id = agent_id.to_owned();
        Box::pin(self.blocking(move |store| {
            let row = store.read().agent(&agent_id).map_err(refused)?;
            Ok(row.map(|row| row.agent))
        }))
    }
}

impl HostKeys for StoredPorts {
    fn trusted<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, Result<Vec<String>, PortError>> {
        let host = host.to_owned();
        Box::pin(self.blocking(move |store| {
            let rows = store
                .read()
                .host_keys(Some((&host, port)))
                .map_err(refused)?;
            Ok(rows.into_iter().map(|row| row.key).collect())
        }))
    }
}

impl Jobs for StoredPorts {
    /// Jobs are deployments; none can be started yet, so there are none.
    fn jobs(&self) -> BoxFuture<'_, Result<Vec<Job>, PortError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

impl Metrics for StoredPorts {
    fn query(&self, query: MetricsQuery) -> BoxFuture<'_, Result<Vec<Series>, PortError>> {
        Box::pin(self.blocking(move |store| {
            let reader = store.read();
            let names = reader.series_names().map_err(refused)?;
            let mut found = Vec::new();
            for stored in names {
                let (metric, attributes) = split(&stored);
                if !query.metrics.is_empty() && !query.metrics.contains(&metric) {
                    continue;
                }
                let points = reader
                    .series(&stored, query.agent_id.as_deref(), query.from_us)
                    .map_err(refused)?;
                let mut by_agent: BTreeMap<String, Series> = BTreeMap::new();
                for point in points
                    .into_iter()
                    .filter(|point| point.at_us < query.until_us)
                {
                    let series = by_agent
                        .entry(point.agent_id.clone())
                        .or_insert_with(|| Series {
                            name: metric.clone(),
                            agent_id: Some(point.agent_id.clone()),
                            attributes: attributes.clone(),
                            unit: point.unit.clone(),
                            points: Vec::new(),
                        });
                    series.points.push((point.at_us, point.value));
                }
                found.extend(by_agent.into_values());
            }
            Ok(found)
        }))
    }
}

impl Snapshots for StoredPorts {
    /// The same key is the same snapshot: a read that is made again after a crash does not count twice.
    fn keep(&self, taken: TakenSnapshot) -> BoxFuture<'_, Result<String, PortError>> {
        Box::pin(self.blocking(move |store| {
            let key = taken.key.to_string();
            let body =
                json!({ "snapshot": taken.snapshot, "measures": taken.measures }).to_string();
            let id = store
                .save_snapshot(&key, &taken.agent_id, taken.taken_at_us, &body)
                .map_err(refused)?;
            let points: Vec<Point> = taken.measures.iter().map(point).collect();
            store
                .save_points(&taken.agent_id, taken.taken_at_us, &points)
                .map_err(refused)?;
            Ok(id.to_string())
        }))
    }

    fn miss(&self, missed: MissedAgent) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(self.blocking(move |store| {
            let MissedAgent {
                agent_id,
                at_us,
                why,
            } = missed;
            store.save_miss(&agent_id, at_us, &why).map_err(refused)
        }))
    }
}

fn point(measure: &Measure) -> Point {
    Point {
        name: joined(&measure.metric, &measure.attributes),
        unit: measure.unit.clone(),
        value: measure.value,
    }
}

/// A metric with its attributes as one name: `system.filesystem.utilization {"mountpoint":"/"}`.
fn joined(metric: &str, attributes: &BTreeMap<String, String>) -> String {
    if attributes.is_empty() {
        metric.to_owned()
    } else {
        format!("{metric} {}", json!(attributes))
    }
}

fn split(name: &str) -> (String, BTreeMap<String, String>) {
    match name.split_once(' ') {
        Some((metric, attributes)) => (
            metric.to_owned(),
            serde_json::from_str(attributes).unwrap_or_default(),
        ),
        None => (name.to_owned(), BTreeMap::new()),
    }
}
