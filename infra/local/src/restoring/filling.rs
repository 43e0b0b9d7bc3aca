//! Filling tables that are empty with the rows of modules that nothing identifies. No plan can say of such rows which are there already.

use anyhow::{Result, anyhow};
use futures_util::{StreamExt, TryStreamExt};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::restore::{ModulePlan, PlanCounts, RestorePlan};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::writing::FillOutcome;
use hozon_shared::ports::{Ports, SourceError, Writer};
use hozon_shared::snapshots::document::SnapshotModule;
use hozon_shared::snapshots::of_backup::module_of;
use hozon_shared::snapshots::reader::rows;

use super::wanted::WantedBackup;

/// Whether a plan says of a module that nothing identifies that its table is empty.
fn is_fillable(plan: &ModulePlan, modules: &[Module]) -> bool {
    let PlanCounts { leave, impossible, .. } = plan.counts;
    let module = modules.iter().find(|module| module.api_name == plan.api_name && module.key.is_empty());
    plan.counts.writes() + leave == 0 && impossible > 0 && module.is_some_and(|module| module.rows == impossible)
}

/// API names of the modules of a plan whose tables can be filled.
pub fn fillable(plan: &RestorePlan, modules: &[Module]) -> Vec<String> {
    let found = plan.modules.iter().filter(|known| is_fillable(known, modules));
    found.map(|known| known.api_name.clone()).collect()
}

/// The plan as it is if those tables are filled.
pub fn with_filled(mut plan: RestorePlan, filled: &[String]) -> RestorePlan {
    for module in plan.modules.iter_mut().filter(|module| filled.contains(&module.api_name)) {
        module.counts = PlanCounts { create: module.counts.impossible, ..PlanCounts::default() };
    }
    plan.hindrances.retain(|hindrance| !filled.contains(&hindrance.module));
    plan
}

/// Writes all rows of a module into its table, if that has none.
pub async fn fill(ports: &Ports, wanted: &WantedBackup, module: &Module, writer: &dyn Writer) -> Result<FillOutcome> {
    let stored = module_of(&*ports.objects, wanted.org, &SnapshotModule::from(module.clone())).await?;
    let unread = |error| SourceError { kind: SourceErrorKind::Interrupted, source: Some(Box::new(error)) };
    let rows = rows(ports.objects.clone(), wanted.org, &stored.module, stored.blocks).map_err(unread).boxed();
    writer.fill(module, rows).await.map_err(|error| anyhow!("{}: {} ({})", module.api_name, error.kind, error.kind.code()))
}
