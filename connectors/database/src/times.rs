//! Times as databases write them.

use chrono::{DateTime, NaiveDateTime, Utc};

/// Reads a time with or without a zone; one without a zone is taken for UTC. `None` for what is no time.
pub fn time_of(text: &str) -> Option<DateTime<Utc>> {
    let with_zone = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z").map(|time| time.to_utc());
    let without = || NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").map(|time| time.and_utc());
    with_zone.or_else(|_| without()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_zone() {
        for (text, wanted) in [
            ("2026-11-24 01:02:03.5+09", Some("2026-11-23T16:02:03.500Z")),
            ("2026-11-24 01:02:03+00", Some("2026-11-24T01:02:03Z")),
            ("2026-11-24 01:02:03", Some("2026-11-24T01:02:03Z")),
            ("0000-00-00 00:00:00", None),
            ("infinity", None),
            ("", None),
        ] {
            assert_eq!(time_of(text), wanted.map(|wanted| wanted.parse().expect("a time")), "{text}");
        }
    }
}
