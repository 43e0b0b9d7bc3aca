//! The entity tag of a schedule, which changes with its rule only.

pub use hozon_shared::api::tag_matches as matches;
use hozon_shared::domain::schedule::Schedule;

/// The tag of a schedule's rule.
pub fn of_schedule(schedule: &Schedule) -> String {
    format!("\"{}-{}-{}\"", schedule.id, schedule.revision, schedule.is_active())
}
