//! Times at which a schedule fires, following EventBridge Scheduler: by the local time of its zone. A local time that
//! the zone skips does not fire, and one that it repeats fires once.

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, LocalResult, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// A cron expression with its time zone.
#[derive(Debug, Clone)]
pub struct Expression {
    cron: Cron,
    zone: Tz,
}

impl Expression {
    /// Parses `cron(minutes hours day-of-month month day-of-week year)`, the only supported form.
    pub fn parse(text: &str, zone: Tz) -> Result<Self> {
        let fields =
            text.strip_prefix("cron(").and_then(|rest| rest.strip_suffix(')')).context("only cron(...) is known here")?;
        let parts: Vec<&str> = fields.split_whitespace().collect();
        ensure!(parts.len() == 6, "a cron expression has six fields");
        ensure!((parts[2] == "?") != (parts[4] == "?"), "exactly one of day-of-month and day-of-week must be ?");
        // Sunday is 1, as in Quartz; the last field is the year.
        let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Required).alternative_weekdays(true);
        let cron = parser.build().parse(&format!("0 {fields}")).with_context(|| format!("{text} is no cron expression"))?;
        Ok(Self { cron, zone })
    }

    /// Returns the times after `from`, up to and including `until`.
    pub fn between(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        // Local time is treated as UTC; a day on either side covers every offset.
        let wall = |at: DateTime<Utc>| at.with_timezone(&self.zone).naive_local().and_utc();
        let last = wall(until) + TimeDelta::days(1);
        let walls = self.cron.iter_after(wall(from) - TimeDelta::days(1)).take_while(move |wall| *wall <= last);
        let zone = self.zone;
        walls.filter_map(move |wall| fired(zone, wall)).filter(move |at| from < *at && *at <= until)
    }
}

fn fired(zone: Tz, wall: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&wall.naive_utc()) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
        LocalResult::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveTime, Weekday};
    use chrono_tz::{America, Asia, Australia, Europe, Pacific};
    use hozon_shared::domain::recurrence::Recurrence;
    use hozon_shared::domain::rule::{Day, Rule};
    use hozon_shared::domain::trigger::cron;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn fires(text: &str, zone: Tz, from: &str, until: &str) -> Vec<String> {
        let expression = Expression::parse(text, zone).expect("an expression");
        expression.between(at(from), at(until)).map(|at| at.with_timezone(&zone).format("%a %F %R").to_string()).collect()
    }

    #[test]
    fn fires_by_the_wall_clock_of_its_zone() {
        let tokyo = fires("cron(30 4 ? * 2 *)", Asia::Tokyo, "2026-11-22T19:30:00Z", "2026-12-06T19:30:00Z");
        assert_eq!(tokyo, ["Mon 2026-11-30 04:30", "Mon 2026-12-07 04:30"]);
        let last = fires("cron(0 4 L * ? *)", Asia::Tokyo, "2028-02-01T00:00:00Z", "2028-04-01T00:00:00Z");
        assert_eq!(last, ["Tue 2028-02-29 04:00", "Fri 2028-03-31 04:00"]);
        let nth = fires("cron(0 4 ? 1,7 6#2 *)", Asia::Tokyo, "2027-01-01T00:00:00Z", "2027-12-31T00:00:00Z");
        assert_eq!(nth, ["Fri 2027-01-08 04:00", "Fri 2027-07-09 04:00"]);
        let last_friday = fires("cron(0 4 ? 1 6L *)", Asia::Tokyo, "2027-01-01T00:00:00Z", "2027-12-31T00:00:00Z");
        assert_eq!(last_friday, ["Fri 2027-01-29 04:00"]);
    }

    #[test]
    fn a_skipped_hour_does_not_fire_and_a_repeated_one_does_once() {
        let spring = fires("cron(30 2 ? * 1 *)", America::New_York, "2027-03-08T00:00:00Z", "2027-03-22T00:00:00Z");
        assert_eq!(spring, ["Sun 2027-03-21 02:30"]);
        let autumn = fires("cron(30 1 ? * 1 *)", America::New_York, "2027-11-01T00:00:00Z", "2027-11-14T00:00:00Z");
        assert_eq!(autumn, ["Sun 2027-11-07 01:30"]);
    }

    #[test]
    fn what_scheduler_would_refuse_is_refused() {
        for text in ["rate(1 day)", "cron(0 4 * * *)", "cron(0 4 ? * ? *)", "cron(0 4 * * * *)", "cron(61 4 ? * 2 *)"] {
            assert!(Expression::parse(text, Tz::UTC).is_err(), "{text}");
        }
    }

    proptest! {
        /// Trigger and gate together match the rule over six years, except at local times that the zone skips.
        #[test]
        fn trigger_and_gate_together_are_the_rule(
            interval in 1u16..=52, kind in 0u8..4, number in 1u8..=31, weekday in 0u8..7, zone in 0usize..8,
            minute in 0u32..1440, day in 0i64..7_000,
        ) {
            let weekday = Weekday::try_from(weekday).expect("a weekday");
            let days = [Day::OfWeek(weekday), Day::OfMonth(number), Day::Nth(number % 4 + 1, weekday), Day::Last(weekday)];
            let zones = [
                Asia::Tokyo, America::New_York, Europe::London, Australia::Lord_Howe,
                Pacific::Apia, America::Sao_Paulo, Asia::Kathmandu, Tz::UTC,
            ];
            let rule = Rule::new(interval, days[usize::from(kind)]).expect("a rule");
            let time = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).expect("a time");
            let now = at("2006-01-01T00:00:00Z") + TimeDelta::days(day);
            let recurrence = Recurrence::after(rule, zones[zone], time, now);
            let until = now + TimeDelta::days(6 * 366);

            let expression = Expression::parse(&cron(&recurrence), recurrence.zone).expect("an expression");
            let passed: Vec<_> = expression.between(now, until).filter_map(|at| recurrence.occurrence_at(at)).collect();
            let is_skipped = |at: &DateTime<Utc>| at.with_timezone(&recurrence.zone).time() != time;
            let ruled = recurrence.occurrences().take_while(|at| *at <= until).filter(|at| !is_skipped(at));
            // The occurrence of a skipped day keeps its time of day, so only the sweep detects it.
            let apia = at("2011-12-30T10:00:00Z")..at("2011-12-31T10:00:00Z");
            let ruled: Vec<_> = ruled.filter(|at| recurrence.zone != Pacific::Apia || !apia.contains(at)).collect();
            let passed: Vec<_> = passed.into_iter().filter(|at| recurrence.zone != Pacific::Apia || !apia.contains(at)).collect();
            prop_assert_eq!(passed, ruled);
        }
    }
}
