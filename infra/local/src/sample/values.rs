//! Cells of generated records. They depend on the record's number and the day of generation: later records were created
//! later, no record was modified before its creation, and closed deals are in the past.

use std::fmt::Write;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use fastrand::Rng;
use hozon_shared::domain::rows::Cell;

use super::modules::{ACCOUNTS, CONTACTS, Kind, SampleModule};
use super::names::{ABROAD, BRANCHES, CALLS, COMPANY, FAMILY, GIVEN, NOTES, OWNERS, PRODUCTS, TASKS, TRADE};

/// Number range for the people of one module.
const MODULE_NUMBERS: u64 = 100_000_000;
/// Number of days over which the records were created.
const DAYS: i64 = 730;

/// Generates the cells of one record after the other.
pub struct Values<'a> {
    module: &'a SampleModule,
    /// Total number of records.
    count: u64,
    now: DateTime<Utc>,
    cells: Vec<String>,
}

/// Values from which a record's cells are derived.
struct SampleRecord {
    module: u64,
    number: u64,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
    now: DateTime<Utc>,
    is_closed: bool,
    random: Rng,
}

impl<'a> Values<'a> {
    /// Creates a generator for `count` records.
    pub fn new(module: &'a SampleModule, count: u64, now: DateTime<Utc>) -> Self {
        Self { module, count, now, cells: vec![String::new(); module.columns.len()] }
    }

    /// Generates the cells of a record.
    pub fn next_record(&mut self, number: u64) {
        let mut random = Rng::with_seed(self.module.number << 40 | number);
        let created = created(number, self.count, self.now);
        let since = (self.now - created).num_minutes().max(1);
        let modified = created + TimeDelta::minutes(random.i64(0..since));
        // Older deals are closed, and older tasks are done.
        let is_closed = since > 90 * 24 * 60 || random.u32(..4) == 0;
        let mut record = SampleRecord { module: self.module.number, number, created, modified, now: self.now, is_closed, random };
        for (cell, column) in self.cells.iter_mut().zip(self.module.columns) {
            cell.clear();
            // Writing to a String cannot fail.
            let _ = record.fill(cell, column.kind);
        }
    }

    /// Returns the current record's cells; what was not filled in is NULL.
    pub fn cells(&self) -> Vec<Cell<'_>> {
        self.cells.iter().map(|cell| (!cell.is_empty()).then_some(cell.as_str())).collect()
    }
}

/// Returns a record id with as many digits as Zoho's.
pub fn id(module: u64, record: u64) -> String {
    format!("{}", 4_876_876_000_000_000_000 + module * 1_000_000_000 + record)
}

/// Returns when a record was created: in order, during Tokyo's working hours.
pub fn created(number: u64, count: u64, now: DateTime<Utc>) -> DateTime<Utc> {
    const WORKING_MINUTES: i64 = 9 * 60;
    let passed = i64::try_from(number.saturating_mul(DAYS as u64 * 1_000) / count.max(1)).unwrap_or(0);
    let (day, part) = (passed / 1_000, passed % 1_000);
    let midnight = (now - TimeDelta::days(DAYS + 1)).date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
    midnight + TimeDelta::days(day) + TimeDelta::minutes(part * WORKING_MINUTES / 1_000)
}

/// Returns a person's name, and the beginning of their mail address.
pub fn person(number: u64) -> (String, String) {
    let mut random = Rng::with_seed(number);
    let number = number % MODULE_NUMBERS;
    if random.u32(..12) == 0 {
        let (name, address) = ABROAD[random.usize(..ABROAD.len())];
        return (name.to_owned(), format!("{address}{}", number / 40));
    }
    let ((family, roman_family), (given, roman_given)) =
        (FAMILY[random.usize(..FAMILY.len())], GIVEN[random.usize(..GIVEN.len())]);
    (format!("{family} {given}"), format!("{roman_given}.{roman_family}{number}"))
}

/// Returns an account's name and its mail domain.
pub fn company(number: u64) -> (String, String) {
    let (begin, domain) = COMPANY[index(number, COMPANY.len())];
    let (end, _) = trade(number);
    let branch = match number / (COMPANY.len() * TRADE.len()) as u64 {
        0 => String::new(),
        more => format!(" {}第{more}営業所", BRANCHES[index(more, BRANCHES.len())]),
    };
    let name = if number.is_multiple_of(3) { format!("株式会社{begin}{end}") } else { format!("{begin}{end}株式会社") };
    (name + &branch, format!("{domain}{}.example.jp", number / COMPANY.len() as u64 + 1))
}

fn trade(number: u64) -> (&'static str, &'static str) {
    TRADE[index(number / COMPANY.len() as u64, TRADE.len())]
}

fn index(number: u64, length: usize) -> usize {
    usize::try_from(number % length as u64).unwrap_or(0)
}

/// Returns the display name of a record with attachments.
pub fn record_name(module: &SampleModule, number: u64) -> String {
    let is_deal = module.columns.iter().any(|column| matches!(column.kind, Kind::DealName));
    if is_deal { deal_name(number) } else { person(module.number * MODULE_NUMBERS + number).0 }
}

fn deal_name(number: u64) -> String {
    format!("{} {}", company(number * 7 % 1_000).0, PRODUCTS[index(number, PRODUCTS.len())].0)
}

impl SampleRecord {
    fn fill(&mut self, cell: &mut String, kind: Kind) -> std::fmt::Result {
        // The company to which a contact or deal belongs.
        let company_number = self.number * 7 % 1_000;
        match kind {
            Kind::Id => cell.push_str(&id(self.module, self.number)),
            Kind::Account => cell.push_str(&id(ACCOUNTS, company_number)),
            Kind::Contact => cell.push_str(&id(CONTACTS, self.number % 2_500)),
            Kind::Person => cell.push_str(&person(self.person()).0),
            Kind::Owner => cell.push_str(OWNERS[index(self.number, OWNERS.len())]),
            Kind::OwnCompany => cell.push_str(&company(self.number).0),
            Kind::Company => cell.push_str(&company(company_number).0),
            Kind::Industry => cell.push_str(trade(self.number).1),
            Kind::Mail => write!(cell, "{}@{}", person(self.person()).1, company(company_number).1)?,
            Kind::Mobile => {
                write!(cell, "+81{}{:04}{:04}", self.one_of(&[70, 80, 90]), self.random.u32(..10_000), self.random.u32(..10_000))?
            }
            Kind::Telephone => {
                let area = self.one_of(&["03", "06", "052", "011", "092"]);
                let digits = 10 - area.len() - 4;
                write!(cell, "{area}-{:0digits$}-{:04}", self.random.u32(..10u32.pow(digits as u32)), self.random.u32(..10_000))?;
            }
            Kind::Postcode => write!(cell, "{:03}-{:04}", self.random.u32(1..1_000), self.random.u32(..10_000))?,
            Kind::Yen(from, to) => write!(cell, "{}", self.random.u64(from / 1_000..to / 1_000) * 1_000)?,
            Kind::Created => cell.push_str(&time(self.created)),
            Kind::Modified => cell.push_str(&time(self.modified)),
            Kind::Closing => write!(cell, "{}", self.closing().format("%Y-%m-%d"))?,
            Kind::Due => write!(cell, "{}", (self.created + TimeDelta::days(self.random.i64(1..30))).format("%Y-%m-%d"))?,
            Kind::Stage => cell.push_str(self.stage()),
            Kind::Flag => cell.push_str(if self.random.u32(..8) == 0 { "true" } else { "false" }),
            Kind::Choice(choices) => cell.push_str(self.one_of(choices)),
            Kind::Minutes => write!(cell, "{}", self.random.u32(1..45))?,
            Kind::Code => write!(cell, "{:07}", self.number * 37 + 100)?,
            Kind::Product => write!(cell, "{} {}", self.product().0, self.one_of(&["S", "M", "L", "Pro", "Lite"]))?,
            Kind::Price => write!(cell, "{}", self.product().1 + self.number / PRODUCTS.len() as u64 * 100)?,
            Kind::DealName => cell.push_str(&deal_name(self.number)),
            Kind::TaskStatus => {
                cell.push_str(if self.is_closed { "完了" } else { self.one_of(&["未着手", "進行中", "保留"]) })
            }
            Kind::Task => cell.push_str(self.one_of(&TASKS)),
            Kind::Call => cell.push_str(self.one_of(&CALLS)),
            Kind::Note => {
                if self.random.u32(..3) > 0 {
                    cell.push_str(self.one_of(&NOTES));
                }
            }
        }
        Ok(())
    }

    /// Number of the person, the same for name and mail address.
    fn person(&self) -> u64 {
        self.module * MODULE_NUMBERS + self.number
    }

    fn product(&self) -> (&'static str, u64) {
        PRODUCTS[index(self.number, PRODUCTS.len())]
    }

    fn closing(&mut self) -> DateTime<Utc> {
        if self.is_closed {
            let since = (self.now - self.created).num_days().max(1);
            return self.created + TimeDelta::days(self.random.i64(0..since));
        }
        self.now + TimeDelta::days(self.random.i64(3..120))
    }

    fn stage(&mut self) -> &'static str {
        if self.is_closed {
            self.one_of(&["受注", "受注", "失注"])
        } else {
            self.one_of(&["初回訪問", "提案", "見積提示", "交渉"])
        }
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.random.usize(..choices.len())]
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::super::modules::ALL;
    use super::*;

    fn column(module: &SampleModule, values: &Values<'_>, name: &str) -> Option<String> {
        module
            .columns
            .iter()
            .position(|column| column.field().api_name == name)
            .map(|at| values.cells()[at].unwrap_or_default().to_owned())
    }

    #[test]
    fn dates_are_in_order_and_amounts_are_whole_yen() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).expect("a time");
        for module in &ALL {
            let mut values = Values::new(module, module.records, now);
            let mut before = String::new();
            for number in 0..module.records {
                values.next_record(number);
                let cell = |name| column(module, &values, name);
                if let Some(created) = cell("Created_Time") {
                    assert!(created >= before && created <= time(now), "{created}");
                    assert!(cell("Modified_Time").is_none_or(|modified| modified >= created && modified <= time(now)));
                    before = created;
                }
                assert!(cell("Amount").is_none_or(|amount| amount.bytes().all(|byte| byte.is_ascii_digit())));
                if let (Some(stage), Some(closing)) = (cell("Stage"), cell("Closing_Date")) {
                    let is_past = closing <= now.format("%Y-%m-%d").to_string();
                    assert_eq!(is_past, matches!(stage.as_str(), "受注" | "失注"), "{stage} {closing}");
                }
            }
        }
    }

    #[test]
    fn companies_of_the_smallest_sample_have_names_of_their_own() {
        let names: std::collections::HashSet<String> = (0..1_000).map(|number| company(number).0).collect();
        assert_eq!(names.len(), 1_000);
    }
}
