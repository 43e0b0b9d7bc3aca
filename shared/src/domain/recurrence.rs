//! A rule in place and time: which instants are its occurrences. Dates come from the rule; each has one instant, also where the zone
//! skips or repeats the hour.

use chrono::{
    DateTime, Datelike, Days, LocalResult, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;
use rrule::{Frequency, NWeekday, RRule, Unvalidated};
use serde::{Deserialize, Serialize};

use super::rule::{Day, Rule};

/// A rule with its zone, its time of day and its first date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recurrence {
    /// The rule.
    pub rule: Rule,
    /// The zone in which its dates and its time of day are counted.
    pub zone: Tz,
    /// The time of day.
    pub time: NaiveTime,
    /// Date of the first occurrence; intervals of several weeks or months are counted from it.
    pub first: NaiveDate,
}

impl Recurrence {
    /// A rule whose first occurrence is the first one after that instant.
    pub fn after(rule: Rule, zone: Tz, time: NaiveTime, now: DateTime<Utc>) -> Self {
        let yesterday = now.with_timezone(&zone).date_naive() - Days::new(1);
        let every = Rule::new(1, rule.day()).unwrap_or(rule);
        let is_later = |date: &NaiveDate| instant(zone, date.and_time(time)) > now;
        let first = dates(every, yesterday).find(is_later).unwrap_or(yesterday);
        Self { rule, zone, time, first }
    }

    /// All occurrences, in order, from the first one on.
    pub fn occurrences(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let (zone, time) = (self.zone, self.time);
        dates(self.rule, self.first).map(move |date| instant(zone, date.and_time(time)))
    }

    /// The first occurrence after an instant.
    pub fn next_after(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        self.occurrences().find(|occurrence| *occurrence > at).expect("a rule without an end goes on")
    }

    /// The occurrences after an instant, `count` of them.
    pub fn upcoming(&self, at: DateTime<Utc>, count: usize) -> Vec<DateTime<Utc>> {
        self.occurrences().skip_while(|occurrence| *occurrence <= at).take(count).collect()
    }

    /// The occurrence that a trigger at this instant stands for. Of a local hour that comes twice, both instants stand for the first.
    pub fn occurrence_at(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let same_wall_clock = instant(self.zone, at.with_timezone(&self.zone).naive_local());
        self.occurrences().take_while(|occurrence| *occurrence <= at).find(|found| [at, same_wall_clock].contains(found))
    }
}

/// The rule's dates from a date on, without end.
fn dates(rule: Rule, from: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    // Dates only: the zone comes in when a date gets its instant.
    let from = rrule::Tz::UTC.from_utc_datetime(&from.and_time(NaiveTime::MIN));
    let set = to_rrule(rule).build(from).expect("every rule of these forms is a valid RRULE");
    set.into_iter().map(|at| at.date_naive())
}

/// The RRULE that says the same; of a month that is too short, `BYSETPOS=-1` takes the last day.
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

/// The instant of a local time: the first of two, and as far behind a skipped one as if the clock had not been changed (RFC 5545,
/// section 3.3.5).
fn instant(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
        LocalResult::None => {
            let day_before = zone.offset_from_utc_datetime(&(local - TimeDelta::hours(26))).fix();
            (local - day_before).and_utc()
        }
    }
}

/// The first instant of the calendar month behind the one in which an instant lies in that zone.
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
