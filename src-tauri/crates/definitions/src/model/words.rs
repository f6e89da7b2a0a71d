//! The words that stand for values in files, in one table each: for reading and for the schema of editors.

use workflow::{
    CardScope, DecisionKind, EffectClass, ErrorClass, ExitStatus, Fail, FallbackWhen, OnFailure,
    OnItemError, OnTimeout, Risk, Then, Trust,
};

pub(crate) const EFFECTS: [(&str, EffectClass); 5] = [
    ("read", EffectClass::Read),
    ("credential", EffectClass::Credential),
    ("write", EffectClass::Write),
    ("destructive", EffectClass::Destructive),
    ("external", EffectClass::External),
];

pub(crate) const RISKS: [(&str, Risk); 3] = [
    ("low", Risk::Low),
    ("medium", Risk::Medium),
    ("high", Risk::High),
];

pub(crate) const ERROR_CLASSES: [(&str, ErrorClass); 8] = [
    ("network", ErrorClass::Network),
    ("timeout", ErrorClass::Timeout),
    ("auth", ErrorClass::Auth),
    ("invalid", ErrorClass::Invalid),
    ("not_found", ErrorClass::NotFound),
    ("precondition", ErrorClass::Precondition),
    ("io", ErrorClass::Io),
    ("internal", ErrorClass::Internal),
];

pub(crate) const ON_ITEM_ERROR: [(&str, OnItemError); 2] = [
    ("stop", OnItemError::Stop),
    ("continue", OnItemError::Continue),
];

pub(crate) const EXIT_STATUS: [(&str, ExitStatus); 2] = [
    ("completed", ExitStatus::Completed),
    ("failed", ExitStatus::Failed),
];

pub(crate) const FAILS: [(&str, Fail); 2] = [("fast", Fail::Fast), ("all", Fail::All)];

pub(crate) const TRUSTS: [(&str, Trust); 2] =
    [("trusted", Trust::Trusted), ("untrusted", Trust::Untrusted)];

pub(crate) const FALLBACK_WHEN: [(&str, FallbackWhen); 4] = [
    ("no_provider", FallbackWhen::NoProvider),
    ("provider_error", FallbackWhen::ProviderError),
    ("invalid_output", FallbackWhen::InvalidOutput),
    ("over_budget", FallbackWhen::OverBudget),
];

pub(crate) const DECISIONS: [(&str, DecisionKind); 6] = [
    ("approve", DecisionKind::Approve),
    ("edit", DecisionKind::Edit),
    ("skip", DecisionKind::Skip),
    ("drop", DecisionKind::Drop),
    ("redo", DecisionKind::Redo),
    ("reject", DecisionKind::Reject),
];

/// What may be answered where something has failed: the engine asks there, no file.
pub(crate) const ANSWERS_AT_A_FAILURE: [(&str, DecisionKind); 4] = [
    ("retry", DecisionKind::Retry),
    ("rollback", DecisionKind::Rollback),
    ("skip", DecisionKind::Skip),
    ("stop", DecisionKind::Stop),
];

pub(crate) const THENS: [(&str, Then); 3] = [
    ("stop", Then::Stop),
    ("rollback", Then::Rollback),
    ("retry", Then::Retry),
];

pub(crate) const ON_FAILURE: [(&str, OnFailure); 3] = [
    ("stop", OnFailure::Stop),
    ("ask", OnFailure::Ask),
    ("rollback", OnFailure::Rollback),
];

pub(crate) const SCOPES: [(&str, CardScope); 2] = [
    ("all_items", CardScope::AllItems),
    ("each", CardScope::Each),
];

pub(crate) const ON_TIMEOUT: [(&str, OnTimeout); 2] =
    [("hold", OnTimeout::Hold), ("reject", OnTimeout::Reject)];
