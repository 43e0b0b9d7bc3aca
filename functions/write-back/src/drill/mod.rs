//! The task `drill`: restores a backup into an empty database, reads it again, and compares. Each call works until its time is nearly over,
//! and may be repeated at any point with the same result.

mod compare;
mod drill_task;
mod drilled_backup;
mod end;
mod files;
mod fill;
mod rebuild;
mod record_table;
mod run;
mod steps;
mod tables;
mod target;

pub(crate) use drill_task::DrillTask;
pub(crate) use end::{fail_silent, record};
pub(crate) use run::drill;
