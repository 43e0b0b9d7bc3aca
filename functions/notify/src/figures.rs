//! Formats times and sizes in the style of each language.

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use hozon_shared::domain::locale::Locale;

/// Formats a size: `12.3 MB`, in powers of 1,000 as file managers do.
pub fn size(bytes: u64) -> String {
    let mut rest = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if rest < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{rest:.1} {unit}") };
        }
        rest /= 1000.0;
    }
    format!("{rest:.1} TB")
}

/// Formats a time: `Monday, 30 November 2026, 04:00 (Asia/Tokyo)`.
pub fn written(at: DateTime<Utc>, zone: Tz, locale: Locale) -> String {
    let local = at.with_timezone(&zone);
    match locale {
        Locale::En => format!("{} ({zone})", local.format("%A, %-d %B %Y, %H:%M")),
        Locale::Ja => {
            let day = ["日", "月", "火", "水", "木", "金", "土"][local.weekday().num_days_from_sunday() as usize];
            format!("{}({day}) {} ({zone})", local.format("%Y年%-m月%-d日"), local.format("%H:%M"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_written_as_readers_expect() {
        let at = "2026-11-29T19:00:00Z".parse().expect("a time");
        assert_eq!(written(at, Tz::Asia__Tokyo, Locale::En), "Monday, 30 November 2026, 04:00 (Asia/Tokyo)");
        assert_eq!(written(at, Tz::Asia__Tokyo, Locale::Ja), "2026年11月30日(月) 04:00 (Asia/Tokyo)");
        assert_eq!([999, 1000, 12_345_678, 5_000_000_000_000].map(size), ["999 B", "1.0 kB", "12.3 MB", "5.0 TB"]);
    }
}
