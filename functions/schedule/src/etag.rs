//! The entity tag of a schedule, which changes only with its rule.

pub use hozon_shared::api::tag_matches as matches;
use hozon_shared::domain::schedule::Schedule;

pub fn of_schedule(schedule: &Schedule) -> String {
    format!("\"{}-{}-{}\"", schedule.id, schedule.revision, schedule.is_active())
}
