//! Drills as answers show them.

use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::closed_sets::DrillStatusName;
use super::{FailureOut, LocalTime, local_time};
use crate::domain::backup::Failure;
use crate::domain::drill::{BackupDrill, DrillStatus, DrillTotals};

/// What is known of the last drill of a backup.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackupDrillOut {
    #[schema(example = "554023000000408001")]
    id: String,
    #[schema(value_type = DrillStatusName)]
    status: DrillStatus,
    requested_time: LocalTime,
    /// When it ended; null while it works.
    ended_time: Option<LocalTime>,
    /// What was restored and compared; null until then.
    totals: Option<DrillTotalsOut>,
    /// Why it says nothing about the backup.
    #[schema(value_type = Option<FailureOut>)]
    failure: Option<Failure>,
}

impl BackupDrillOut {
    /// Represents a drill with times in the given zone.
    pub fn of(drill: &BackupDrill, zone: Tz) -> Self {
        Self {
            id: drill.id.to_string(),
            status: drill.status,
            requested_time: local_time(drill.requested, zone),
            ended_time: drill.ended.map(|at| local_time(at, zone)),
            totals: drill.totals.map(DrillTotalsOut::from),
            failure: drill.failure.clone(),
        }
    }
}

/// Sums of what a drill has restored and compared.
#[derive(Debug, Serialize, ToSchema)]
pub struct DrillTotalsOut {
    /// Number of modules that were restored.
    modules: u64,
    /// Number of them that differ.
    modules_differing: u64,
    /// Number of records in the backup.
    records: u64,
    records_differing: u64,
    /// Number of attached files in the backup.
    files: u64,
    files_differing: u64,
    /// Number of files that the restore target has no place for: they were read from the backup and compared with their hashes.
    files_read: u64,
    /// Number of modules that are no tables, such as views.
    left_out: u64,
    /// Number of foreign keys that the restore target did not take.
    foreign_keys_refused: u64,
}

impl From<DrillTotals> for DrillTotalsOut {
    fn from(totals: DrillTotals) -> Self {
        let DrillTotals { modules, modules_differing, records, records_differing, files, files_differing, .. } = totals;
        let DrillTotals { files_read, left_out, foreign_keys_refused, .. } = totals;
        Self {
            modules,
            modules_differing,
            records,
            records_differing,
            files,
            files_differing,
            files_read,
            left_out,
            foreign_keys_refused,
        }
    }
}
