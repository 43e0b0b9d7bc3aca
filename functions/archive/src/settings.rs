//! Settings for dividing a run into pieces. The defaults fit a function with 1,769 MB of memory.

use std::sync::Arc;

use chrono::TimeDelta;
use hozon_shared::domain::archive_options::{ArchiveOptions, MIN_ZIP};
use hozon_shared::domain::plan::Plans;
use hozon_shared::domain::run_length::RunLength;
use hozon_shared::settings::{SettingsError, number, plans, run_length, snapshots_kept};
use hozon_shared::snapshots::retained::RetentionDefaults;
use tokio::sync::Semaphore;

/// Maximum resident memory for packing one item, in MiB.
const ITEM_MIB: u64 = 80;

/// Maximum number of full zips in a backup. A DynamoDB item is limited to 400 KB, and each zip takes about 200 bytes of
/// the backup's item. Two consecutive zips together exceed the limit of one, so there are at most twice as many zips as
/// full ones.
const MAX_FULL_ZIPS: u64 = 900;

/// Sizes and limits of a run.
#[derive(Debug, Clone)]
pub struct ArchiveSettings {
    /// `HOZON_ROWS_PER_FILE`: maximum number of rows per CSV file. Defaults to 1,000,000, which Excel can open.
    pub rows_per_file: u64,
    /// `HOZON_PART_BYTES`: size of upload parts, at least 5 MiB. Defaults to 8 MiB.
    pub part_bytes: usize,
    /// `HOZON_TASK_BYTES`: maximum total size of the items in one invocation of `pack`; a larger item is invoked alone.
    /// Defaults to 256 MiB.
    pub task_bytes: u64,
    /// `HOZON_TASK_ITEMS`: maximum number of items in one invocation of `pack`. Defaults to 100.
    pub task_items: usize,
    /// `HOZON_ITEMS_AT_ONCE`: number of items that this process packs concurrently, across all invocations. Defaults to
    /// the number of cores, limited to one item per 80 MiB of the function's memory.
    pub items_at_once: Arc<Semaphore>,
    /// `HOZON_MAX_ZIP_BYTES`: maximum size of a zip, at least 16 MiB; a larger backup is split into several complete
    /// zips. An entry above the limit gets a zip of its own. Defaults to no limit.
    pub max_zip_bytes: Option<u64>,
    /// Concurrent invocations of `pack` in one run: `HOZON_MAP_CONCURRENCY`, limited to `HOZON_ARCHIVE_CONCURRENCY`,
    /// which is the function's reserved concurrency across all runs (0 if none is reserved), because Lambda would
    /// reject more. Defaults to 40.
    pub map_concurrency: u64,
    /// `HOZON_RUN_DAYS`: how long a run may last, which is the state machine's timeout. Defaults to seven days.
    pub run_length: RunLength,
    /// `HOZON_SNAPSHOT_DAYS`: days for which snapshots are kept. Defaults to 35.
    pub snapshots_kept: TimeDelta,
    /// `HOZON_PLANS_FILE`: the plans, in the format of `infra/plans.toml`, which is the default here.
    pub plans: Plans,
}

impl Default for ArchiveSettings {
    fn default() -> Self {
        Self {
            rows_per_file: 1_000_000,
            part_bytes: 8 << 20,
            task_bytes: 256 << 20,
            task_items: 100,
            items_at_once: Arc::new(Semaphore::new(cores())),
            max_zip_bytes: None,
            map_concurrency: 40,
            run_length: RunLength::default(),
            snapshots_kept: TimeDelta::days(35),
            plans: Plans::default(),
        }
    }
}

impl ArchiveSettings {
    /// Reads the environment variables. Missing values get their default, and values out of range are clamped.
    pub fn from_env() -> Result<Self, SettingsError> {
        let default = Self::default();
        Ok(Self {
            rows_per_file: number("HOZON_ROWS_PER_FILE", default.rows_per_file)?.clamp(1, 1_048_575),
            part_bytes: size("HOZON_PART_BYTES", default.part_bytes)?.max(5 << 20),
            task_bytes: number("HOZON_TASK_BYTES", default.task_bytes)?.max(1),
            task_items: size("HOZON_TASK_ITEMS", default.task_items)?.clamp(1, 500),
            items_at_once: Arc::new(Semaphore::new(at_once()?)),
            max_zip_bytes: Some(number("HOZON_MAX_ZIP_BYTES", 0)?).filter(|most| *most > 0).map(|most| most.max(MIN_ZIP)),
            map_concurrency: map_concurrency(
                number("HOZON_MAP_CONCURRENCY", default.map_concurrency)?,
                number("HOZON_ARCHIVE_CONCURRENCY", 0)?,
            ),
            run_length: run_length()?,
            snapshots_kept: snapshots_kept()?,
            plans: plans()?,
        })
    }

    /// How snapshots are kept of organisations without a rule of their own.
    pub fn retention(&self) -> RetentionDefaults {
        let days = u32::try_from(self.snapshots_kept.num_days()).unwrap_or(u32::MAX);
        RetentionDefaults { days, run: self.run_length }
    }

    /// Returns the maximum zip size for a backup of `planned` bytes under the organisation's options. The smaller limit
    /// applies, but it is raised if it would result in more zips than the backup's document can hold.
    pub fn max_zip_bytes(&self, options: &ArchiveOptions, planned: u64) -> Option<u64> {
        let limit = [self.max_zip_bytes, options.max_zip_bytes].into_iter().flatten().min();
        limit.map(|limit| limit.max(planned.div_ceil(MAX_FULL_ZIPS)))
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Lambda sets `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` in MiB.
fn at_once() -> Result<usize, SettingsError> {
    let by_memory = number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", u64::MAX)? / ITEM_MIB;
    let default = cores().min(usize::try_from(by_memory).unwrap_or(usize::MAX));
    Ok(size("HOZON_ITEMS_AT_ONCE", default)?.clamp(1, Semaphore::MAX_PERMITS))
}

fn map_concurrency(wanted: u64, reserved: u64) -> u64 {
    let most = if reserved == 0 { u64::MAX } else { reserved };
    wanted.clamp(1, most)
}

fn size(name: &'static str, default: usize) -> Result<usize, SettingsError> {
    Ok(usize::try_from(number(name, default as u64)?).unwrap_or(default))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use hozon_shared::domain::allowance::Claim;
    use hozon_shared::domain::backup::{ArchiveFile, ArchiveKind, Backup};
    use hozon_shared::domain::id::{BackupId, OrgId, UserId};
    use hozon_shared::domain::organisation::Person;

    use super::*;

    /// Creates a backup with that many zips, each with the longest names and numbers.
    fn backup(zips: u64) -> Backup {
        let (org, id) = (OrgId(i64::MAX as u64), BackupId(i64::MAX as u64));
        let file = |number: u64| {
            let name = format!("Attachments_{number:03}.zip");
            let key = format!("archives/{org}/{id}/{name}");
            let (size, entries) = (u64::MAX >> 20, 9_999_999);
            ArchiveFile {
                kind: ArchiveKind::Attachments,
                name,
                key,
                size,
                entries,
                counted: Some(entries),
                crc32: Some(u32::MAX),
            }
        };
        let person = Person { id: UserId(u64::MAX), name: "管".repeat(300), zuid: UserId(u64::MAX) };
        let backup = Backup::requested(org, id, person, Claim::Unlimited, DateTime::<Utc>::UNIX_EPOCH);
        Backup { files: (1..=zips).map(file).collect(), ..backup }
    }

    #[test]
    fn a_backup_of_any_size_at_the_least_size_of_a_zip_fits_an_item() {
        let options = ArchiveOptions { max_zip_bytes: Some(MIN_ZIP), ..ArchiveOptions::default() };
        for planned in [40u64 << 30, 40 << 40, u64::MAX >> 2] {
            let most = ArchiveSettings::default().max_zip_bytes(&options, planned).expect("a limit");
            let zips = 2 * planned.div_ceil(most) + 2;
            // JSON has more punctuation around names and values than DynamoDB counts.
            let item = serde_json::to_vec(&backup(zips)).expect("JSON").len();
            assert!(item < 400_000, "{zips} zips, {item} bytes");
        }
        assert!(
            serde_json::to_vec(&backup(40 << 10 >> 4)).expect("JSON").len() > 400_000,
            "unraised, 40 GiB at 16 MiB would not fit"
        );
    }

    #[test]
    fn the_size_of_zips_that_fit_is_left_as_it_was_chosen() {
        let options = ArchiveOptions { max_zip_bytes: Some(MIN_ZIP), ..ArchiveOptions::default() };
        assert_eq!(ArchiveSettings::default().max_zip_bytes(&options, 10 << 30), Some(MIN_ZIP));
        assert_eq!(ArchiveSettings::default().max_zip_bytes(&ArchiveOptions::default(), u64::MAX), None);
    }

    #[test]
    fn a_run_never_asks_for_more_calls_than_are_reserved() {
        assert_eq!(map_concurrency(40, 0), 40);
        assert_eq!(map_concurrency(40, 10), 10);
        assert_eq!(map_concurrency(5, 10), 5);
        assert_eq!(map_concurrency(0, 0), 1, "Step Functions takes 0 as no limit at all");
    }
}
