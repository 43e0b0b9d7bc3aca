//! Prints random rules with their occurrences over 30 years, one JSON object per line, for comparison by
//! tests/peers/recurrence.py. The argument is the number of rules; the same number always yields the same rules.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc, Weekday};
use chrono_tz::{America, Asia, Australia, Europe, Pacific, Tz};
use hozon_shared::domain::recurrence::Recurrence;
use hozon_shared::domain::rule::{Day, Rule};
use serde_json::json;

const ZONES: [Tz; 8] = [
    Asia::Tokyo,
    America::New_York,
    Europe::London,
    Australia::Lord_Howe,
    Pacific::Apia,
    America::Sao_Paulo,
    Asia::Kathmandu,
    Tz::UTC,
];
const YEARS: i64 = 30;

#[allow(clippy::print_stdout, reason = "the lines are what this is for")]
fn main() {
    let count = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(800);
    let mut random = fastrand::Rng::with_seed(2026);
    for number in 0..count {
        let recurrence = random_recurrence(&mut random, ZONES[number % ZONES.len()]);
        let first = recurrence.occurrences().next().expect("a rule without an end has a first occurrence");
        let until = first + TimeDelta::days(YEARS * 365);
        let occurrences: Vec<i64> = recurrence.occurrences().take_while(|at| *at <= until).map(|at| at.timestamp()).collect();
        let line = json!({
            "rule": recurrence.rule,
            "zone": recurrence.zone.name(),
            "time": recurrence.time.format("%H:%M").to_string(),
            "first": recurrence.first,
            "occurrences": occurrences,
        });
        println!("{line}");
    }
}

fn random_recurrence(random: &mut fastrand::Rng, zone: Tz) -> Recurrence {
    let weekday = Weekday::try_from(random.u8(0..7)).expect("a weekday");
    let day = match random.u8(0..4) {
        0 => Day::OfWeek(weekday),
        // Half of the dates do not exist in every month.
        1 => Day::OfMonth(if random.bool() { random.u8(29..=31) } else { random.u8(1..=28) }),
        2 => Day::Nth(random.u8(1..=4), weekday),
        _ => Day::Last(weekday),
    };
    let rule = Rule::new(random.u16(1..=52).min(random.u16(1..=52)), day).expect("a rule");
    // Half of the times are those of clock changes.
    let minute = if random.bool() { random.u32(0..240) } else { random.u32(0..1440) };
    let time = NaiveTime::MIN + TimeDelta::minutes(minute.into());
    let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(random.i64(20_000_000..22_000_000));
    Recurrence::after(rule, zone, time, now)
}
