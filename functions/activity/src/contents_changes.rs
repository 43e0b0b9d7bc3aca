//! The representation of what differs since the previous backup, in the contents of a backup.

use hozon_shared::api::CountedOut;
use hozon_shared::api::closed_sets::{ModuleStateName, NotComparedReason, PartlyReason};
use hozon_shared::domain::comparison::{Comparison, NotCompared};
use hozon_shared::domain::differences::{DifferenceExamples, ModuleDifferences, ModuleState, PartlyCompared};
use serde::Serialize;
use utoipa::ToSchema;

/// What differs since the previous backup.
#[derive(Serialize, ToSchema)]
pub struct ContentsChanges {
    /// The previous backup; null if they were not compared.
    since: Option<String>,
    /// Null if they were compared.
    #[schema(value_type = Option<NotComparedReason>)]
    not_compared: Option<NotCompared>,
    /// All modules of both backups; those that are gone come last.
    modules: Vec<ModuleChangesOut>,
}

#[derive(Serialize, ToSchema)]
struct ModuleChangesOut {
    api_name: String,
    label: String,
    #[schema(value_type = ModuleStateName)]
    state: ModuleState,
    /// Why changed records are not counted; null if they are.
    partly_compared: Option<PartlyComparedOut>,
    records: CountedOut,
    attachments: CountedOut,
    /// Ids of some records, at most 10 of each kind; none where nothing identifies the records. The values of an id of several fields are joined by U+001F.
    examples: ExamplesOut,
}

#[derive(Serialize, ToSchema)]
struct PartlyComparedOut {
    #[schema(value_type = PartlyReason)]
    reason: &'static str,
    /// API names of columns that only this backup has.
    added: Vec<String>,
    /// API names of columns that only the previous backup has.
    removed: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct ExamplesOut {
    added: Vec<String>,
    changed: Vec<String>,
    deleted: Vec<String>,
}

impl From<Comparison> for ContentsChanges {
    fn from(comparison: Comparison) -> Self {
        match comparison {
            Comparison::Compared(differences) => Self {
                since: Some(differences.since.to_string()),
                not_compared: None,
                modules: differences.modules.into_iter().map(ModuleChangesOut::from).collect(),
            },
            Comparison::NotCompared { reason } => Self { since: None, not_compared: Some(reason), modules: Vec::new() },
        }
    }
}

impl From<ModuleDifferences> for ModuleChangesOut {
    fn from(module: ModuleDifferences) -> Self {
        let DifferenceExamples { added, changed, deleted } = module.examples;
        Self {
            api_name: module.api_name,
            label: module.label,
            state: module.state,
            partly_compared: module.partly.map(PartlyComparedOut::from),
            records: CountedOut::from(&module.rows),
            attachments: CountedOut::from(&module.files),
            examples: ExamplesOut { added, changed, deleted },
        }
    }
}

impl From<PartlyCompared> for PartlyComparedOut {
    fn from(partly: PartlyCompared) -> Self {
        let reason = partly.name();
        match partly {
            PartlyCompared::Columns { added, removed } => Self { reason, added, removed },
            PartlyCompared::Key | PartlyCompared::Format => Self { reason, added: Vec::new(), removed: Vec::new() },
        }
    }
}
