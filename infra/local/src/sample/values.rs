//! Cells of made-up records. A record's cells follow from its number alone.

use std::fmt::Write;

use chrono::SecondsFormat;
use fastrand::Rng;

use super::day;
use super::modules::{Kind, SampleModule};

const FAMILY: [&str; 12] =
    ["佐藤", "鈴木", "高橋", "田中", "Smith", "García", "Müller", "Nguyễn", "O'Brien", "渡辺", "Kowalska", "Øystein"];
const GIVEN: [&str; 12] = ["花子", "太郎", "美咲", "健", "Anna", "José", "Jürgen", "Linh", "Siobhán", "陽菜", "Zofia", "Kai"];
const COMPANY: [&str; 10] = [
    "桜商事",
    "Northwind",
    "Contoso",
    "富士精工",
    "Alpha, Beta & Co.",
    "大和物流",
    "Äpfel GmbH",
    "みらい\"食品\"",
    "Globex",
    "青葉電機",
];
const SUFFIX: [&str; 5] = ["株式会社", "Ltd.", "Inc.", "合同会社", "S.A."];
const PHRASE: [&str; 12] = [
    "Asked for a quotation",
    "来週の火曜日に訪問予定",
    "Prefers e-mail",
    "=SUM(A1:A9) was in the sheet they sent",
    "見積書を送付済み",
    "- waiting for an answer",
    "Budget is decided in March",
    "展示会で名刺交換 🤝",
    "@support was told",
    "Said \"call me later\"",
    "契約更新の確認",
    "Delivery to the second warehouse, gate B",
];

/// The cells of one record after the other.
pub struct Values<'a> {
    module: &'a SampleModule,
    cells: Vec<String>,
}

impl<'a> Values<'a> {
    /// Begins before the first record.
    pub fn new(module: &'a SampleModule) -> Self {
        Self { module, cells: vec![String::new(); module.columns.len()] }
    }

    /// Makes the cells of a record, by its number.
    pub fn next_record(&mut self, record: u64) {
        let mut random = Rng::with_seed(self.module.number << 40 | record);
        for (cell, column) in self.cells.iter_mut().zip(self.module.columns) {
            cell.clear();
            // Writing to a String cannot fail.
            let _ = fill(cell, column.kind, self.module.number, record, &mut random);
        }
    }

    /// The present record's cells.
    pub fn cells(&self) -> Vec<&str> {
        self.cells.iter().map(String::as_str).collect()
    }
}

/// A record's id, as long as Zoho's are.
pub fn id(module: u64, record: u64) -> String {
    format!("{}", 4_876_876_000_000_000_000 + module * 1_000_000_000 + record)
}

fn fill(cell: &mut String, kind: Kind, module: u64, record: u64, random: &mut Rng) -> std::fmt::Result {
    match kind {
        Kind::Id => cell.push_str(&id(module, record)),
        Kind::Link(to) => cell.push_str(&id(to, random.u64(0..1_000))),
        Kind::Person => write!(cell, "{} {}", pick(&FAMILY, random), pick(&GIVEN, random))?,
        Kind::Company => write!(cell, "{} {} {}", pick(&COMPANY, random), pick(&SUFFIX, random), random.u32(1..900))?,
        Kind::Mail => write!(cell, "user{}.{}@example.com", record, random.u32(..))?,
        Kind::Phone => write!(cell, "+81{}{:04}{:04}", random.u32(70..100), random.u32(..10_000), random.u32(..10_000))?,
        Kind::Money => write!(cell, "{}.{:02}", random.i64(-20_000..2_000_000), random.u32(..100))?,
        Kind::Date => write!(cell, "{}", day(random.u64(..900_000)).format("%Y-%m-%d"))?,
        Kind::Time => cell.push_str(&day(random.u64(..900_000)).to_rfc3339_opts(SecondsFormat::Secs, true)),
        Kind::Choice(choices) => cell.push_str(pick(choices, random)),
        Kind::Text => text(cell, random),
    }
    Ok(())
}

fn text(cell: &mut String, random: &mut Rng) {
    for sentence in 0..random.u32(0..4) {
        if sentence > 0 {
            cell.push_str(if random.u32(..10) == 0 { "\r\n" } else { ". " });
        }
        cell.push_str(pick(&PHRASE, random));
    }
}

fn pick<'a>(choices: &[&'a str], random: &mut Rng) -> &'a str {
    choices[random.usize(..choices.len())]
}
