//! The steps under a stage line, as data: what a person reads of each step. Derived from the fold, nothing is kept.

use serde_json::Value as Json;
use workflow::{
    Datum, Phase, Run, SkipReason, Step, StepKey, StepRun, StepState, StepStatus, WaitFor,
};

/// One step under a stage.
#[derive(Clone, PartialEq, Debug)]
pub struct StepLine {
    /// The step.
    pub key: StepKey,
    /// Its name for people.
    pub title: String,
    /// Where it stands.
    pub status: StepStatus,
    /// How deep it is nested in groups.
    pub depth: usize,
    /// What more there is to say: `3 of 5`, why it was skipped, what it waits for.
    pub note: Option<String>,
    /// Items of a list that failed, by name.
    pub failing: Vec<String>,
}

/// The steps of a stage, from 1, in the order of the file. Steps inside a list stand under their list.
pub fn lines(run: &Run, stage: u32) -> Vec<StepLine> {
    let definition = run.definition();
    let of_stage = definition
        .all_steps()
        .into_iter()
        .filter(|step| step.stage == stage && definition.list_depth(&step.id) == 0);
    of_stage.map(|step| line(run, step)).collect()
}

fn line(run: &Run, step: &Step) -> StepLine {
    let key = StepKey::top(&step.id);
    let depth = run
        .definition()
        .path(&step.id)
        .map_or(0, |path| path.len() - 1);
    let items = step
        .foreach
        .is_some()
        .then(|| Items::of(run, &key))
        .flatten();
    let own = note(run, &key);
    let counted = items.as_ref().map(Items::words);
    StepLine {
        title: title(step),
        status: run.step_status(&key),
        depth,
        note: match (counted, own) {
            (Some(counted), Some(own)) => Some(format!("{counted} · {own}")),
            (counted, own) => counted.or(own),
        },
        failing: items.map(|items| items.failing).unwrap_or_default(),
        key,
    }
}

/// The name of a step for people; its id where the file gives none.
pub fn title(step: &Step) -> String {
    if step.title.is_empty() {
        step.id.clone()
    } else {
        step.title.clone()
    }
}

/// What more there is to say about a step.
pub fn note(run: &Run, key: &StepKey) -> Option<String> {
    let step = run.step(key)?;
    match &step.state {
        StepState::Skipped { why } => Some(skip_words(why)),
        StepState::Failed { reason } => Some(reason.message.clone()),
        StepState::Active(Phase::Observing { .. }) => {
            Some("Finding out whether it happened".to_owned())
        }
        StepState::Active(_) => match run.waits_for(key)? {
            WaitFor::Person(_) => Some("Waits for you".to_owned()),
            WaitFor::InDoubt => Some("Nobody knows whether it happened".to_owned()),
            WaitFor::Timer => Some(format!(
                "Waits before try {}",
                step.tries.len().saturating_add(1)
            )),
        },
        StepState::Completed { .. } if run.is_undone(key) => Some("Undone".to_owned()),
        StepState::Again | StepState::Completed { .. } => None,
    }
}

/// Why a step did not run, in a few words.
pub fn skip_words(why: &SkipReason) -> String {
    match why {
        SkipReason::When { condition } => format!("Not needed: {condition} is false"),
        SkipReason::Empty => "There was nothing to do".to_owned(),
        SkipReason::Skipped => "Skipped by a person".to_owned(),
        SkipReason::Dropped => "Left out by a person".to_owned(),
        SkipReason::Rejected { reason } if reason.is_empty() => "Rejected".to_owned(),
        SkipReason::Rejected { reason } => format!("Rejected: {reason}"),
        SkipReason::Expired => "Nobody answered in time".to_owned(),
        SkipReason::Stopped { why } => why.sentence(),
        SkipReason::AlreadyBack => "There was nothing to undo".to_owned(),
        SkipReason::NotPossible { why } => format!("Cannot be undone: {why}"),
        SkipReason::Left { reason } => format!("Left as it is: {reason}"),
    }
}

/// The items of a list, counted.
struct Items {
    done: usize,
    total: usize,
    failing: Vec<String>,
}

impl Items {
    fn of(run: &Run, list: &StepKey) -> Option<Self> {
        let known: Vec<(&StepKey, &StepRun)> = run
            .steps()
            .iter()
            .filter(|(key, _)| key.id == list.id && key.list().as_ref() == Some(list))
            .map(|(key, step)| (key, step.as_ref()))
            .collect();
        let items = match run.step(list)?.phase() {
            Some(Phase::List { items, .. }) => items.as_slice(),
            Some(_) | None => &[],
        };
        let total = known.len().max(items.len());
        (total > 0).then(|| Self {
            done: known.iter().filter(|(_, step)| step.is_done()).count(),
            total,
            failing: known
                .iter()
                .filter(|(_, step)| matches!(step.state, StepState::Failed { .. }))
                .map(|(key, _)| name_of_item(key, items))
                .collect(),
        })
    }

    fn words(&self) -> String {
        format!("{} of {}", self.done, self.total)
    }
}

fn name_of_item(key: &StepKey, items: &[Datum]) -> String {
    let number = key.items.last().copied().unwrap_or_default();
    usize::try_from(number)
        .ok()
        .and_then(|number| items.get(number))
        .and_then(Datum::inline)
        .and_then(item_name)
        .unwrap_or_else(|| format!("item {}", number + 1))
}

/// What an item is called: itself, or the field that names it.
pub fn item_name(item: &Json) -> Option<String> {
    match item {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Object(fields) => ["name", "title", "hostname", "agent_id", "path", "id"]
            .iter()
            .find_map(|name| fields.get(*name)?.as_str().map(str::to_owned)),
        Json::Null | Json::Bool(_) | Json::Array(_) => None,
    }
}

/// The stage that is open by itself: the first that failed, waits or is under way.
pub fn open_stage(statuses: &[StepStatus]) -> Option<usize> {
    let of = |wanted: StepStatus| statuses.iter().position(|status| *status == wanted);
    of(StepStatus::Waiting)
        .or_else(|| of(StepStatus::InProgress))
        .or_else(|| of(StepStatus::Failed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn items_are_called_by_what_names_them() {
        assert_eq!(item_name(&json!("web-03")).as_deref(), Some("web-03"));
        assert_eq!(
            item_name(&json!({"agent_id": "a1", "name": "web"})).as_deref(),
            Some("web")
        );
        assert_eq!(item_name(&json!({"size": 3})), None);
        let key = StepKey::top("copy").item(2);
        assert_eq!(name_of_item(&key, &[]), "item 3");
    }

    #[test]
    fn the_stage_that_wants_a_look_is_open() {
        use StepStatus::{Completed, Failed, InProgress, Pending, Waiting};
        assert_eq!(
            open_stage(&[Completed, InProgress, Waiting, Pending]),
            Some(2)
        );
        assert_eq!(open_stage(&[Completed, InProgress, Failed]), Some(1));
        assert_eq!(open_stage(&[Completed, Failed, Pending]), Some(1));
        assert_eq!(open_stage(&[Completed, Completed]), None);
    }
}
