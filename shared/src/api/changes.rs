//! The representation of what differs between a backup and the previous one.

use serde::Serialize;
use utoipa::ToSchema;

use super::closed_sets::{ModuleStateName, NotComparedReason, UnusualLossKind};
use crate::domain::comparison::{ChangeSummary, ModuleCounts, NotCompared};
use crate::domain::differences::{Counted, DifferenceTotals, ModuleState};
use crate::domain::unusual_loss::{LossKind, UnusualLoss};

/// What differs between a backup and the previous one.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangesOut {
    /// The previous backup; null if they were not compared.
    since: Option<String>,
    /// Null if they were compared.
    #[schema(value_type = Option<NotComparedReason>)]
    not_compared: Option<NotCompared>,
    totals: ChangeTotalsOut,
    /// The modules that differ most: at most 30, and 10 in history and notifications. The contents of the backup have all of them.
    modules: Vec<ModuleCountsOut>,
    /// Number of modules that differ and are not listed.
    more_modules: u64,
    /// Unusual losses, at most 20.
    unusual_losses: Vec<UnusualLossOut>,
    /// Number of unusual losses that are not listed.
    more_unusual_losses: u64,
}

/// Sums over all modules.
#[derive(Debug, Serialize, ToSchema)]
struct ChangeTotalsOut {
    records: CountedOut,
    attachments: CountedOut,
    new_modules: u64,
    gone_modules: u64,
    /// Number of modules whose changed records are not counted, because their columns differ.
    partly_compared_modules: u64,
}

/// How many there were and are, and how many of them differ.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountedOut {
    before: u64,
    after: u64,
    added: u64,
    changed: u64,
    deleted: u64,
}

#[derive(Debug, Serialize, ToSchema)]
struct ModuleCountsOut {
    api_name: String,
    label: String,
    #[schema(value_type = ModuleStateName)]
    state: ModuleState,
    /// Whether changed records are not counted, because the columns differ.
    partly_compared: bool,
    records: CountedOut,
    attachments: CountedOut,
}

/// A loss of which the administrators are warned.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnusualLossOut {
    #[schema(value_type = UnusualLossKind)]
    kind: LossKind,
    /// The module's API name.
    module: String,
    label: String,
    /// Number of records or attachments that are gone.
    lost: u64,
    /// Number of records or attachments that there were.
    of: u64,
    /// The loss in percent, rounded down.
    percent: u64,
}

impl From<&ChangeSummary> for ChangesOut {
    fn from(summary: &ChangeSummary) -> Self {
        Self {
            since: summary.since.map(|backup| backup.to_string()),
            not_compared: summary.not_compared,
            totals: ChangeTotalsOut::from(&summary.totals),
            modules: summary.modules.iter().map(ModuleCountsOut::from).collect(),
            more_modules: summary.more_modules,
            unusual_losses: summary.unusual.iter().map(UnusualLossOut::from).collect(),
            more_unusual_losses: summary.more_unusual,
        }
    }
}

impl From<&DifferenceTotals> for ChangeTotalsOut {
    fn from(totals: &DifferenceTotals) -> Self {
        Self {
            records: CountedOut::from(&totals.rows),
            attachments: CountedOut::from(&totals.files),
            new_modules: totals.modules_new,
            gone_modules: totals.modules_gone,
            partly_compared_modules: totals.modules_partly,
        }
    }
}

impl From<&Counted> for CountedOut {
    fn from(&Counted { before, after, added, changed, deleted }: &Counted) -> Self {
        Self { before, after, added, changed, deleted }
    }
}

impl From<&ModuleCounts> for ModuleCountsOut {
    fn from(module: &ModuleCounts) -> Self {
        Self {
            api_name: module.api_name.clone(),
            label: module.label.clone(),
            state: module.state,
            partly_compared: module.partly,
            records: CountedOut::from(&module.rows),
            attachments: CountedOut::from(&module.files),
        }
    }
}

impl From<&UnusualLoss> for UnusualLossOut {
    fn from(loss: &UnusualLoss) -> Self {
        let (module, label) = (loss.module.clone(), loss.label.clone());
        Self { kind: loss.kind, module, label, lost: loss.lost, of: loss.of, percent: loss.percent() }
    }
}
