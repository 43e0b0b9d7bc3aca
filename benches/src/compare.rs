//! Compares the two newest snapshots of an organisation, as the task `plan` of a run does.

use std::path::Path;

use anyhow::{Context, Result};
use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::ports::{Bucket, ObjectRef, Ports, read_all};
use hozon_shared::snapshots::differences::compare_snapshots;
use hozon_shared::snapshots::document::Snapshot;
use hozon_shared::snapshots::of_backup::module_of;
use serde_json::json;

use crate::stores::connect;
use crate::worker::{measured, organisation};

/// Compares, and prints what differs with the resources that it took.
pub async fn run(stores: &str, data: &Path, name: &str) -> Result<()> {
    let ports = connect(stores).await?;
    let org = organisation(data, name)?;
    let (before, after) = newest_two(&ports, org).await?;
    let mut modules = Vec::new();
    for module in &after.modules {
        modules.push(module_of(&*ports.objects, org, module).await?.module);
    }
    let mut totals = None;
    let compared = async {
        let differences = compare_snapshots((&ports.objects, org), (BackupId(1), &before), &modules).await?;
        totals = Some(differences.totals);
        Ok::<_, anyhow::Error>(())
    };
    let (_, mut told) = measured(compared).await?;
    told["totals"] = json!(totals);
    crate::report::tell(&told);
    Ok(())
}

async fn newest_two(ports: &Ports, org: OrgId) -> Result<(Snapshot, Snapshot)> {
    let keys = ports.objects.list(Bucket::Crm, &format!("org/{org}/%snapshots/")).await?;
    let mut snapshots: Vec<Snapshot> = Vec::new();
    for key in keys.iter().filter(|key| !key.contains("backup-")) {
        snapshots.push(serde_json::from_slice(&read_all(&*ports.objects, &ObjectRef::crm(key.as_str())).await?)?);
    }
    let (after, before) = (snapshots.pop(), snapshots.pop());
    before.zip(after).context("there are no two snapshots")
}
