//! A recurrence rule in a time zone, and the instants of its occurrences. The rule yields dates; each date has exactly
//! one instant, even where the zone skips or repeats the local time.

use chrono::{
    DateTime, Datelike, Days, LocalResult, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;
use rrule::{Frequency, NWeekday, RRule, Unvalidated};
use serde::{Deserialize, Serialize};

use super::rule::{Day, Rule};

/// A rule with its time zone, time of day and first date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recurrence {
    pub rule: Rule,
    /// Zone in which dates and the time of day are interpreted.
    pub zone: Tz,
    pub time: NaiveTime,
    /// Date of the first occurrence. Intervals of several weeks or months are counted from it.
    pub first: NaiveDate,
}

impl Recurrence {
    /// Creates a recurrence whose first occurrence is the first match after `now`.
    pub fn after(rule: Rule, zone: Tz, time: NaiveTime, now: DateTime<Utc>) -> Self {
        let yesterday = now.with_timezone(&zone).date_naive() - Days::new(1);
        let every = Rule::new(1, rule.day()).unwrap_or(rule);
        let is_later = |date: &NaiveDate| instant(zone, date.and_time(time)) > now;
        let first = dates(every, yesterday).find(is_later).unwrap_or(yesterday);
        Self { rule, zone, time, first }
    }

    /// Iterates over all occurrences in order of time.
    pub fn occurrences(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let (zone, time) = (self.zone, self.time);
        dates(self.rule, self.first).map(move |date| instant(zone, date.and_time(time)))
    }

    /// Returns the first occurrence after an instant.
    pub fn next_after(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        self.occurrences().find(|occurrence| *occurrence > at).expect("a rule without an end goes on")
    }

    /// Returns the next `count` occurrences after an instant.
    pub fn upcoming(&self, at: DateTime<Utc>, count: usize) -> Vec<DateTime<Utc>> {
        self.occurrences().skip_while(|occurrence| *occurrence <= at).take(count).collect()
    }

    /// Returns the occurrence for which a trigger fired at `at`. When a local hour is repeated, both instants belong to
    /// the first occurrence.
    pub fn occurrence_at(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let same_wall_clock = instant(self.zone, at.with_timezone(&self.zone).naive_local());
        self.occurrences().take_while(|occurrence| *occurrence <= at).find(|found| [at, same_wall_clock].contains(found))
    }
}

/// Iterates without end over the rule's dates, beginning at `from`.
fn dates(rule: Rule, from: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    // Only the dates matter here; `instant` applies the time zone.
    let from = rrule::Tz::UTC.from_utc_datetime(&from.and_time(NaiveTime::MIN));
    let set = to_rrule(rule).build(from).expect("every rule of these forms is a valid RRULE");
    set.into_iter().map(|at| at.date_naive())
}

/// Converts a rule into an equivalent RRULE. `BYSETPOS=-1` selects the last day of a month that is too short.
fn to_rrule(rule: Rule) -> RRule<Unvalidated> {
    let every = |frequency| RRule::new(frequency).interval(rule.interval());
    match rule.day() {
        Day::OfWeek(day) => every(Frequency::Weekly).by_weekday(vec![NWeekday::Every(day)]),
        Day::Nth(nth, day) => every(Frequency::Monthly).by_weekday(vec![NWeekday::Nth(i16::from(nth), day)]),
        Day::Last(day) => every(Frequency::Monthly).by_weekday(vec![NWeekday::Nth(-1, day)]),
        Day::OfMonth(date) => {
            let dates = (date.min(28)..=date).filter_map(|date| i8::try_from(date).ok()).collect();
            every(Frequency::Monthly).by_month_day(dates).by_set_pos(vec![-1])
        }
    }
}

/// Converts a local time into an instant: the first of two if the time is repeated, and shifted by the length of the
/// gap if it is skipped (RFC 5545 section 3.3.5).
fn instant(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
        LocalResult::None => {
            let day_before = zone.offset_from_utc_datetime(&(local - TimeDelta::hours(26))).fix();
            (local - day_before).and_utc()
        }
    }
}

/// Returns the first instant of the next calendar month in the given zone.
pub fn next_month(at: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let today = at.with_timezone(&zone).date_naive();
    let first = today.with_day(1).unwrap_or(today) + Months::new(1);
    instant(zone, first.and_time(NaiveTime::MIN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America, Asia, Australia, Europe, Pacific};
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn time(hour: u32, minute: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, minute, 0).expect("a time")
    }

    fn upcoming(rule: &str, zone: Tz, time: NaiveTime, now: &str, count: usize) -> Vec<String> {
        let recurrence = Recurrence::after(rule.parse().expect("a rule"), zone, time, at(now));
        let found = recurrence.upcoming(at(now), count);
        found.iter().map(|at| at.with_timezone(&zone).format("%a %F %T %:z").to_string()).collect()
    }

    #[test]
    fn the_first_run_is_the_next_such_day() {
        let found = upcoming("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", Asia::Tokyo, time(4, 0), "2026-11-24T00:00:00Z", 2);
        assert_eq!(found, ["Tue 2026-12-01 04:00:00 +09:00", "Tue 2026-12-15 04:00:00 +09:00"]);
        let found = upcoming("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", Asia::Tokyo, time(4, 0), "2026-11-23T18:59:59Z", 2);
        assert_eq!(found, ["Tue 2026-11-24 04:00:00 +09:00", "Tue 2026-12-08 04:00:00 +09:00"]);
    }

    #[test]
    fn a_month_without_the_date_uses_its_last_day() {
        let found = upcoming("FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=30", Europe::London, time(4, 0), "2028-01-30T12:00:00Z", 3);
        assert_eq!(found, ["Tue 2028-02-29 04:00:00 +00:00", "Thu 2028-03-30 04:00:00 +01:00", "Sun 2028-04-30 04:00:00 +01:00"]);
        let found = upcoming("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", Asia::Tokyo, time(4, 0), "2027-02-10T00:00:00Z", 2);
        assert_eq!(found, ["Sun 2027-02-28 04:00:00 +09:00", "Tue 2028-02-29 04:00:00 +09:00"]);
    }

    #[test]
    fn a_month_begins_in_the_organisations_zone() {
        let next = |now, zone: Tz| next_month(at(now), zone).with_timezone(&zone).format("%F %T").to_string();
        assert_eq!(next("2026-12-31T15:00:00Z", Asia::Tokyo), "2027-02-01 00:00:00");
        assert_eq!(next("2026-12-31T14:59:59Z", Asia::Tokyo), "2027-01-01 00:00:00");
        assert_eq!(next("2027-01-31T12:00:00Z", America::New_York), "2027-02-01 00:00:00");
    }

    #[test]
    fn a_skipped_hour_is_run_once_and_a_repeated_one_too() {
        let found = upcoming("FREQ=WEEKLY;INTERVAL=1;BYDAY=SU", America::New_York, time(2, 30), "2027-03-08T00:00:00Z", 2);
        assert_eq!(found, ["Sun 2027-03-14 03:30:00 -04:00", "Sun 2027-03-21 02:30:00 -04:00"]);
        let found = upcoming("FREQ=WEEKLY;INTERVAL=1;BYDAY=SU", America::New_York, time(1, 30), "2027-11-01T00:00:00Z", 2);
        assert_eq!(found, ["Sun 2027-11-07 01:30:00 -04:00", "Sun 2027-11-14 01:30:00 -05:00"]);
        let found = upcoming("FREQ=WEEKLY;INTERVAL=1;BYDAY=SU", Australia::Lord_Howe, time(2, 15), "2027-10-01T00:00:00Z", 1);
        assert_eq!(found, ["Sun 2027-10-03 02:45:00 +11:00"]);
    }

    #[test]
    fn a_skipped_day_is_run_once() {
        let found = upcoming("FREQ=WEEKLY;INTERVAL=1;BYDAY=FR", Pacific::Apia, time(4, 0), "2011-12-24T00:00:00Z", 2);
        assert_eq!(found, ["Sat 2011-12-31 04:00:00 +14:00", "Fri 2012-01-06 04:00:00 +14:00"]);
    }

    #[test]
    fn both_instants_of_a_repeated_hour_stand_for_one_occurrence() {
        let rule = "FREQ=WEEKLY;INTERVAL=1;BYDAY=SU".parse().expect("a rule");
        let recurrence = Recurrence::after(rule, America::New_York, time(1, 30), at("2027-11-01T00:00:00Z"));
        let first = at("2027-11-07T05:30:00Z");
        assert_eq!(recurrence.occurrence_at(first), Some(first));
        assert_eq!(recurrence.occurrence_at(at("2027-11-07T06:30:00Z")), Some(first));
        assert_eq!(recurrence.occurrence_at(at("2027-11-07T07:30:00Z")), None);
        assert_eq!(recurrence.occurrence_at(at("2027-10-31T05:30:00Z")), None, "before the first");
    }

    proptest! {
        #[test]
        fn occurrences_are_in_order_and_stand_for_themselves(
            interval in 1u16..=52, kind in 0u8..4, number in 1u8..=31, zone in 0usize..6, minute in 0u32..1440, day in 0i64..10_000,
        ) {
            use chrono::Weekday::{Fri, Mon};
            let days = [Day::OfWeek(Mon), Day::OfMonth(number), Day::Nth(number % 4 + 1, Fri), Day::Last(Mon)];
            let rule = Rule::new(interval, days[usize::from(kind)]).expect("a rule");
            let zones =
                [Asia::Tokyo, America::New_York, Europe::London, Australia::Lord_Howe, Pacific::Apia, America::Sao_Paulo];
            let now = at("2005-01-01T00:00:00Z") + TimeDelta::days(day);
            let recurrence = Recurrence::after(rule, zones[zone], time(minute / 60, minute % 60), now);
            let found = recurrence.upcoming(now, 6);
            prop_assert_eq!(found.len(), 6);
            prop_assert_eq!(recurrence.next_after(now), found[0]);
            for pair in found.windows(2) {
                prop_assert!(pair[0] < pair[1]);
                prop_assert_eq!(recurrence.next_after(pair[0]), pair[1]);
            }
            for occurrence in found {
                prop_assert_eq!(recurrence.occurrence_at(occurrence), Some(occurrence));
                prop_assert_eq!(recurrence.occurrence_at(occurrence + TimeDelta::minutes(1)), None);
            }
        }
    }
}
