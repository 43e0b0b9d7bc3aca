//! Entity tags: of a schedule, which changes with its rule only, and of any answer.

use hozon_shared::domain::schedule::Schedule;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The tag of a schedule's rule.
pub fn of_schedule(schedule: &Schedule) -> String {
    format!("\"{}-{}-{}\"", schedule.id, schedule.revision, schedule.is_active())
}

/// A weak tag of an answer's contents.
pub fn of_contents(contents: &Value) -> String {
    let digest = Sha256::digest(contents.to_string());
    let short: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("W/\"{short}\"")
}

/// Whether a list of tags, as `If-Match` and `If-None-Match` have them, names this one. Weak and strong tags count alike.
pub fn matches(list: &str, tag: &str) -> bool {
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    list.trim() == "*" || list.split(',').any(|listed| plain(listed) == plain(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_tags_is_searched() {
        assert!(matches("\"a\", W/\"b\"", "\"b\""));
        assert!(matches("*", "\"b\""));
        assert!(!matches("\"a\"", "\"b\""));
        assert!(!matches("", "\"b\""));
    }
}
