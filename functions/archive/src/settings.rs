//! How a run is cut into pieces. Each has a default that fits a function of 1,769 MB.

use hozon_shared::domain::allowance::Plans;
use hozon_shared::settings::{SettingsError, number, plans};

/// Sizes and limits of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `HOZON_LEVEL`: deflate level, 1 to 9. 5.
    pub level: u32,
    /// `HOZON_ROWS_PER_FILE`: most rows of one CSV file. 1,000,000, so that each opens in Excel.
    pub rows_per_file: u64,
    /// `HOZON_PART_BYTES`: size of an upload's parts, at least 5 MiB. 8 MiB.
    pub part_bytes: usize,
    /// `HOZON_BATCH_BYTES`: attachments are batched up to this many bytes. 64 MiB.
    pub batch_bytes: u64,
    /// `HOZON_BATCH_FILES`: and up to this many files. 2,000.
    pub batch_files: usize,
    /// `HOZON_WHOLE_FILE_BYTES`: attachments up to this size are held whole in memory; larger ones are streamed, each as an item
    /// of its own. 8 MiB.
    pub whole_file_bytes: u64,
    /// `HOZON_PLANS`: free backups per month by plan. As R2 has them.
    pub plans: Plans,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            level: 5,
            rows_per_file: 1_000_000,
            part_bytes: 8 << 20,
            batch_bytes: 64 << 20,
            batch_files: 2_000,
            whole_file_bytes: 8 << 20,
            plans: Plans::default(),
        }
    }
}

impl Settings {
    /// Reads the environment; what is not set has its default, what is out of bounds is brought to the bound.
    pub fn from_env() -> Result<Self, SettingsError> {
        let default = Self::default();
        Ok(Self {
            level: u32::try_from(number("HOZON_LEVEL", default.level.into())?.clamp(1, 9)).unwrap_or(default.level),
            rows_per_file: number("HOZON_ROWS_PER_FILE", default.rows_per_file)?.clamp(1, 1_048_575),
            part_bytes: size("HOZON_PART_BYTES", default.part_bytes)?.max(5 << 20),
            batch_bytes: number("HOZON_BATCH_BYTES", default.batch_bytes)?.max(1),
            batch_files: size("HOZON_BATCH_FILES", default.batch_files)?.max(1),
            whole_file_bytes: number("HOZON_WHOLE_FILE_BYTES", default.whole_file_bytes)?,
            plans: plans()?,
        })
    }
}

fn size(name: &'static str, default: usize) -> Result<usize, SettingsError> {
    Ok(usize::try_from(number(name, default as u64)?).unwrap_or(default))
}
