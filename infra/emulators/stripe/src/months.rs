//! The billing periods of a subscription.

use chrono::{DateTime, Months};

/// Returns the first time after `from` that is a whole number of months after `anchor`. A month without that date uses
/// its last day.
pub fn months_after(anchor: i64, from: i64) -> i64 {
    let Some(start) = DateTime::from_timestamp(anchor, 0) else { return from };
    let ends = (1..).map_while(|months| start.checked_add_months(Months::new(months)));
    ends.map(|end| end.timestamp()).find(|end| *end > from).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;

    #[test]
    fn periods_end_on_the_anchors_day_or_the_months_last() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time").timestamp();
        let anchor = at("2027-01-31T10:00:00Z");
        let mut end = anchor;
        for wanted in ["2027-02-28T10:00:00Z", "2027-03-31T10:00:00Z", "2027-04-30T10:00:00Z", "2027-05-31T10:00:00Z"] {
            end = months_after(anchor, end);
            assert_eq!(end, at(wanted));
        }
        assert_eq!(months_after(anchor, at("2028-02-15T00:00:00Z")), at("2028-02-29T10:00:00Z"));
    }
}
