//! Cron expressions for the triggers of schedules. An expression matches the rule exactly where cron can express it,
//! and otherwise a superset that the first task of the run narrows down. It never misses an occurrence, except at a
//! local time that the zone skips; the sweep starts that run.
//!
//! The six fields follow EventBridge Scheduler: minutes, hours, day of month, month, day of week (1 is Sunday), year.
//! One of the two day fields is `?`.

use chrono::{Datelike, Timelike};

use super::recurrence::Recurrence;
use super::rule::Day;

/// Returns the cron expression of a recurrence at its time of day. The trigger carries the time zone separately.
pub fn cron(recurrence: &Recurrence) -> String {
    let (minute, hour) = (recurrence.time.minute(), recurrence.time.hour());
    let months = months(recurrence);
    match recurrence.rule.day() {
        Day::OfWeek(day) => format!("cron({minute} {hour} ? * {} *)", number(day)),
        Day::Nth(nth, day) => format!("cron({minute} {hour} ? {months} {}#{nth} *)", number(day)),
        Day::Last(day) => format!("cron({minute} {hour} ? {months} {}L *)", number(day)),
        Day::OfMonth(31) => format!("cron({minute} {hour} L {months} ? *)"),
        Day::OfMonth(date @ 29..) => format!("cron({minute} {hour} 28-{date} {months} ? *)"),
        Day::OfMonth(date) => format!("cron({minute} {hour} {date} {months} ? *)"),
    }
}

/// Returns the months that match the interval in every year.
fn months(recurrence: &Recurrence) -> String {
    let step = greatest_common_divisor(u32::from(recurrence.rule.interval()), 12);
    if step == 1 {
        return "*".to_owned();
    }
    let first = recurrence.first.month0() % step;
    let months: Vec<_> = (first..12).step_by(step as usize).map(|month0| (month0 + 1).to_string()).collect();
    months.join(",")
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

fn number(day: chrono::Weekday) -> u32 {
    day.number_from_sunday()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_says_the_rule_or_more() {
        for (rule, expression) in [
            ("FREQ=WEEKLY;INTERVAL=1;BYDAY=MO", "cron(30 4 ? * 2 *)"),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "cron(30 4 ? * 1 *)"),
            ("FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=15", "cron(30 4 15 * ? *)"),
            ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15", "cron(30 4 15 3,6,9,12 ? *)"),
            ("FREQ=MONTHLY;INTERVAL=8;BYMONTHDAY=15", "cron(30 4 15 4,8,12 ? *)"),
            ("FREQ=MONTHLY;INTERVAL=24;BYMONTHDAY=15", "cron(30 4 15 12 ? *)"),
            ("FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=30", "cron(30 4 28-30 * ? *)"),
            ("FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=31", "cron(30 4 L * ? *)"),
            ("FREQ=MONTHLY;INTERVAL=1;BYDAY=2FR", "cron(30 4 ? * 6#2 *)"),
            ("FREQ=MONTHLY;INTERVAL=1;BYDAY=-1SA", "cron(30 4 ? * 7L *)"),
        ] {
            let now = "2026-11-24T00:00:00Z".parse().expect("a time");
            let time = chrono::NaiveTime::from_hms_opt(4, 30, 0).expect("a time");
            let mut recurrence = Recurrence::after(rule.parse().expect("a rule"), chrono_tz::Asia::Tokyo, time, now);
            recurrence.first = recurrence.first.with_month(12).unwrap_or(recurrence.first);
            assert_eq!(cron(&recurrence), expression, "{rule}");
        }
    }
}
