//! Recurrence rules of schedules: their text form, their kind, and a sentence that describes them.

use std::fmt;
use std::str::FromStr;

use chrono::Weekday;
use serde::{Deserialize, Serialize};

use super::locale::Locale;

/// A recurrence rule in one of the forms of Zoho's Backup API: `FREQ`, a mandatory `INTERVAL` from 1 to 52, and either
/// one `BYDAY` or one `BYMONTHDAY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    interval: u16,
    day: Day,
}

/// The day on which a rule falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// Weekly, on a weekday.
    OfWeek(Weekday),
    /// Monthly, on a date, or on the last day of a shorter month.
    OfMonth(u8),
    /// Monthly, on the first to fourth occurrence of a weekday.
    Nth(u8, Weekday),
    /// Monthly, on the last occurrence of a weekday.
    Last(Weekday),
}

/// Repeat type of a schedule, as in the history of Zoho's Backup API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepeatType {
    /// An on-demand backup, which does not repeat.
    Immediate,
    /// Every week, or every n weeks other than two.
    Weekly,
    /// Every other week.
    Biweekly,
    /// Every month, or every n months.
    Monthly,
}

/// Reasons why a text is not a valid rule. The message names the part at fault and what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// The text is not a list of `NAME=VALUE`.
    #[error("Write the rule as NAME=VALUE parts with semicolons, for example RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO.")]
    Form,
    /// A part is unknown or repeated.
    #[error("Use only FREQ, INTERVAL, BYDAY and BYMONTHDAY, each at most once.")]
    Part,
    /// `FREQ` is missing or unsupported.
    #[error("Set FREQ to WEEKLY or MONTHLY.")]
    Frequency,
    /// `INTERVAL` is missing or out of range.
    #[error("Set INTERVAL to a whole number from 1 to 52; it is mandatory.")]
    Interval,
    /// The weekday of a weekly rule is missing or invalid.
    #[error("A weekly rule needs BYDAY with one weekday: SU, MO, TU, WE, TH, FR or SA.")]
    WeekDay,
    /// The day of a monthly rule is missing or invalid.
    #[error(
        "A monthly rule needs either BYMONTHDAY with a date from 1 to 31, or BYDAY with a weekday and its number from 1 to 4, or -1 for \
         the last: 1MO, -1FR."
    )]
    MonthDay,
}

const WEEKDAYS: [(&str, Weekday, &str, &str); 7] = [
    ("SU", Weekday::Sun, "Sunday", "日曜日"),
    ("MO", Weekday::Mon, "Monday", "月曜日"),
    ("TU", Weekday::Tue, "Tuesday", "火曜日"),
    ("WE", Weekday::Wed, "Wednesday", "水曜日"),
    ("TH", Weekday::Thu, "Thursday", "木曜日"),
    ("FR", Weekday::Fri, "Friday", "金曜日"),
    ("SA", Weekday::Sat, "Saturday", "土曜日"),
];

impl Rule {
    /// Creates a rule that repeats every `interval` weeks or months, 1 to 52, on the given day.
    pub fn new(interval: u16, day: Day) -> Result<Self, InvalidRule> {
        let is_day = match day {
            Day::OfWeek(_) | Day::Last(_) => true,
            Day::OfMonth(date) => (1..=31).contains(&date),
            Day::Nth(nth, _) => (1..=4).contains(&nth),
        };
        match (is_day, (1..=52).contains(&interval)) {
            (true, true) => Ok(Self { interval, day }),
            (false, _) => Err(InvalidRule::MonthDay),
            (_, false) => Err(InvalidRule::Interval),
        }
    }

    /// Number of weeks or months between occurrences.
    pub fn interval(self) -> u16 {
        self.interval
    }

    pub fn day(self) -> Day {
        self.day
    }

    pub fn repeat_type(self) -> RepeatType {
        match (self.day, self.interval) {
            (Day::OfWeek(_), 2) => RepeatType::Biweekly,
            (Day::OfWeek(_), _) => RepeatType::Weekly,
            _ => RepeatType::Monthly,
        }
    }

    /// Describes the rule, for example as "every other Monday" or 「隔週の月曜日」.
    pub fn sentence(self, locale: Locale) -> String {
        match locale {
            Locale::En => self.english(),
            Locale::Ja => self.japanese(),
        }
    }

    fn english(self) -> String {
        let months = match self.interval {
            1 => "every month".to_owned(),
            2 => "every other month".to_owned(),
            n => format!("every {n} months"),
        };
        match self.day {
            Day::OfWeek(day) => match self.interval {
                1 => format!("every {}", names(day).2),
                2 => format!("every other {}", names(day).2),
                n => format!("every {n} weeks on {}", names(day).2),
            },
            Day::OfMonth(date @ 29..) => format!("on the {} of {months}, or its last day", ordinal(date)),
            Day::OfMonth(date) => format!("on the {} of {months}", ordinal(date)),
            Day::Nth(nth, day) => {
                let nth = ["first", "second", "third", "fourth"][usize::from(nth) - 1];
                format!("on the {nth} {} of {months}", names(day).2)
            }
            Day::Last(day) => format!("on the last {} of {months}", names(day).2),
        }
    }

    fn japanese(self) -> String {
        let months = match self.interval {
            1 => "毎月".to_owned(),
            2 => "隔月の".to_owned(),
            n => format!("{n}か月ごとの"),
        };
        match self.day {
            Day::OfWeek(day) => match self.interval {
                1 => format!("毎週{}", names(day).3),
                2 => format!("隔週の{}", names(day).3),
                n => format!("{n}週間ごとの{}", names(day).3),
            },
            Day::OfMonth(date @ 29..) => format!("{months}{date}日（ない月は末日）"),
            Day::OfMonth(date) => format!("{months}{date}日"),
            Day::Nth(nth, day) => format!("{months}第{nth}{}", names(day).3),
            Day::Last(day) => format!("{months}最終{}", names(day).3),
        }
    }
}

fn names(day: Weekday) -> &'static (&'static str, Weekday, &'static str, &'static str) {
    &WEEKDAYS[day.num_days_from_sunday() as usize]
}

fn ordinal(date: u8) -> String {
    let ending = match (date % 10, date / 10) {
        (1, tens) if tens != 1 => "st",
        (2, tens) if tens != 1 => "nd",
        (3, tens) if tens != 1 => "rd",
        _ => "th",
    };
    format!("{date}{ending}")
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let interval = self.interval;
        match self.day {
            Day::OfWeek(day) => write!(f, "RRULE:FREQ=WEEKLY;INTERVAL={interval};BYDAY={}", names(day).0),
            Day::OfMonth(date) => write!(f, "RRULE:FREQ=MONTHLY;INTERVAL={interval};BYMONTHDAY={date}"),
            Day::Nth(nth, day) => write!(f, "RRULE:FREQ=MONTHLY;INTERVAL={interval};BYDAY={nth}{}", names(day).0),
            Day::Last(day) => write!(f, "RRULE:FREQ=MONTHLY;INTERVAL={interval};BYDAY=-1{}", names(day).0),
        }
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

impl TryFrom<String> for Rule {
    type Error = InvalidRule;

    fn try_from(text: String) -> Result<Self, InvalidRule> {
        text.parse()
    }
}

impl FromStr for Rule {
    type Err = InvalidRule;

    /// Parses a rule with or without the `RRULE:` prefix. Names and values are case-insensitive (RFC 5545 section 2).
    fn from_str(text: &str) -> Result<Self, InvalidRule> {
        let text = text.to_ascii_uppercase();
        let mut parts = Parts::default();
        for part in text.strip_prefix("RRULE:").unwrap_or(&text).split(';') {
            let (name, value) = part.split_once('=').ok_or(InvalidRule::Form)?;
            parts.take(name, value)?;
        }
        let interval = parts.interval.and_then(|text| whole(text, 2)).ok_or(InvalidRule::Interval)?;
        let day = match (parts.freq.ok_or(InvalidRule::Frequency)?, parts.day, parts.month_day) {
            ("WEEKLY", Some(day), None) => Day::OfWeek(weekday(day).ok_or(InvalidRule::WeekDay)?),
            ("WEEKLY", ..) => return Err(InvalidRule::WeekDay),
            ("MONTHLY", None, Some(date)) => {
                let date = whole(date, 2).and_then(|date| u8::try_from(date).ok());
                Day::OfMonth(date.ok_or(InvalidRule::MonthDay)?)
            }
            ("MONTHLY", Some(day), None) => numbered_weekday(day).ok_or(InvalidRule::MonthDay)?,
            ("MONTHLY", ..) => return Err(InvalidRule::MonthDay),
            _ => return Err(InvalidRule::Frequency),
        };
        Self::new(interval, day)
    }
}

#[derive(Default)]
struct Parts<'a> {
    freq: Option<&'a str>,
    interval: Option<&'a str>,
    day: Option<&'a str>,
    month_day: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn take(&mut self, name: &str, value: &'a str) -> Result<(), InvalidRule> {
        let place = match name {
            "FREQ" => &mut self.freq,
            "INTERVAL" => &mut self.interval,
            "BYDAY" => &mut self.day,
            "BYMONTHDAY" => &mut self.month_day,
            _ => return Err(InvalidRule::Part),
        };
        place.replace(value).map_or(Ok(()), |_| Err(InvalidRule::Part))
    }
}

/// Parses a whole number without a sign, of at most `digits` digits.
fn whole(text: &str, digits: usize) -> Option<u16> {
    let is_whole = (1..=digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| text.parse().ok()).flatten()
}

fn weekday(text: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(name, ..)| *name == text).map(|(_, day, ..)| *day)
}

fn numbered_weekday(text: &str) -> Option<Day> {
    let at = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let day = weekday(&text[at..])?;
    match text[..at].strip_prefix('+').unwrap_or(&text[..at]) {
        "-1" => Some(Day::Last(day)),
        nth @ ("1" | "2" | "3" | "4") => Some(Day::Nth(nth.parse().ok()?, day)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn every_form_is_read_and_written_alike() {
        for text in [
            "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
            "RRULE:FREQ=WEEKLY;INTERVAL=52;BYDAY=SU",
            "RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=31",
            "RRULE:FREQ=MONTHLY;INTERVAL=3;BYDAY=1TH",
            "RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=-1FR",
        ] {
            assert_eq!(rule(text).to_string(), text);
        }
        assert_eq!(rule("freq=monthly;byday=+2mo;interval=1").to_string(), "RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=2MO");
    }

    #[test]
    fn an_invalid_rule_names_the_part_at_fault() {
        for (text, fault) in [
            ("", InvalidRule::Form),
            ("every Monday", InvalidRule::Form),
            ("RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO;", InvalidRule::Form),
            ("RRULE:FREQ=DAILY;INTERVAL=1;BYDAY=MO", InvalidRule::Frequency),
            ("RRULE:INTERVAL=1;BYDAY=MO", InvalidRule::Frequency),
            ("RRULE:FREQ=WEEKLY;BYDAY=MO", InvalidRule::Interval),
            ("RRULE:FREQ=WEEKLY;INTERVAL=0;BYDAY=MO", InvalidRule::Interval),
            ("RRULE:FREQ=WEEKLY;INTERVAL=53;BYDAY=MO", InvalidRule::Interval),
            ("RRULE:FREQ=WEEKLY;INTERVAL=+1;BYDAY=MO", InvalidRule::Interval),
            ("RRULE:FREQ=WEEKLY;INTERVAL=1", InvalidRule::WeekDay),
            ("RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU", InvalidRule::WeekDay),
            ("RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=1MO", InvalidRule::WeekDay),
            ("RRULE:FREQ=WEEKLY;INTERVAL=1;BYMONTHDAY=3", InvalidRule::WeekDay),
            ("RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=32", InvalidRule::MonthDay),
            ("RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=0", InvalidRule::MonthDay),
            ("RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=MO", InvalidRule::MonthDay),
            ("RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=5MO", InvalidRule::MonthDay),
            ("RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=1MO;BYMONTHDAY=3", InvalidRule::MonthDay),
            ("RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO;COUNT=3", InvalidRule::Part),
            ("RRULE:FREQ=WEEKLY;INTERVAL=1;INTERVAL=1;BYDAY=MO", InvalidRule::Part),
            ("RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=１MO", InvalidRule::MonthDay),
        ] {
            assert_eq!(text.parse::<Rule>(), Err(fault), "{text}");
        }
    }

    #[test]
    fn a_sentence_says_the_rule_in_both_languages() {
        for (text, english, japanese, repeat) in [
            ("FREQ=WEEKLY;INTERVAL=1;BYDAY=MO", "every Monday", "毎週月曜日", RepeatType::Weekly),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "every other Monday", "隔週の月曜日", RepeatType::Biweekly),
            ("FREQ=WEEKLY;INTERVAL=3;BYDAY=SU", "every 3 weeks on Sunday", "3週間ごとの日曜日", RepeatType::Weekly),
            ("FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=22", "on the 22nd of every month", "毎月22日", RepeatType::Monthly),
            (
                "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=31",
                "on the 31st of every other month, or its last day",
                "隔月の31日（ない月は末日）",
                RepeatType::Monthly,
            ),
            ("FREQ=MONTHLY;INTERVAL=1;BYDAY=1MO", "on the first Monday of every month", "毎月第1月曜日", RepeatType::Monthly),
            (
                "FREQ=MONTHLY;INTERVAL=6;BYDAY=-1FR",
                "on the last Friday of every 6 months",
                "6か月ごとの最終金曜日",
                RepeatType::Monthly,
            ),
        ] {
            let rule = rule(text);
            assert_eq!((rule.sentence(Locale::En).as_str(), rule.sentence(Locale::Ja).as_str()), (english, japanese));
            assert_eq!(rule.repeat_type(), repeat);
        }
        assert_eq!([1, 2, 3, 4, 11, 12, 13, 21].map(ordinal), ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st"]);
    }
}
