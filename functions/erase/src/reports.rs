//! Reports of restores name the records that were written. The rows of erased records are left out.

use hozon_shared::ports::{Bucket, PortError};
use hozon_shared::restored::leave_out_of_reports;
use hozon_shared::snapshots::erase::WantedRecords;

use crate::job::Job;

/// Leaves the records out of all reports.
pub async fn leave_out(job: &Job<'_>, records: &WantedRecords) -> Result<(), PortError> {
    let prefix = leave_out_of_reports(&*job.ports.objects, job.org, |module, id| records.has(module, id)).await?;
    job.ports.versions.forget_earlier(Bucket::Crm, &prefix).await.map(drop)
}
