//! Data that resembles a CRM: records in Japanese and English with ids, dates, amounts, addresses and notes, and
//! attachments from 1 KiB to 200 MiB, five sixths of them in compressed formats (photographs, scans, office documents,
//! recordings). Every run generates the same data.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Result;
use fastrand::Rng;

const MODULES: [&str; 5] = ["Leads", "Contacts", "Accounts", "Deals", "Tasks"];
const HEADER: &str = "Id,Owner,Name,Company,Email,Phone,Status,Amount,Created_Time,Modified_Time,City,Street,Description\r\n";
const FIRST_ID: u64 = 5_725_767_000_000_100_000;
const LARGEST: u64 = 200 << 20;

const NAMES: [&str; 16] = [
    "佐藤 花子",
    "鈴木 太郎",
    "高橋 美咲",
    "田中 健",
    "渡辺 陽菜",
    "伊藤 翔",
    "Anna Smith",
    "José García",
    "Jürgen Müller",
    "Linh Nguyễn",
    "Siobhán O'Brien",
    "Zofia Kowalska",
    "Kai Øystein",
    "山本 さくら",
    "中村 大輔",
    "小林 葵",
];
const COMPANIES: [&str; 12] = [
    "桜商事株式会社",
    "富士精工株式会社",
    "Northwind Traders",
    "Contoso Ltd.",
    "大和物流",
    "Äpfel GmbH",
    "みらい食品",
    "Globex Inc.",
    "青葉電機",
    "Alpha Beta & Co.",
    "北海水産合同会社",
    "Initech",
];
const CITIES: [&str; 10] = [
    "東京都千代田区",
    "大阪市北区",
    "札幌市中央区",
    "福岡市博多区",
    "Berlin",
    "London",
    "横浜市西区",
    "New York",
    "名古屋市中村区",
    "São Paulo",
];
const STATES: [&str; 6] = ["Open", "Contacted", "商談中", "受注", "失注", "Waiting"];
const WORDS: [&str; 64] = [
    "the",
    "customer",
    "asked",
    "for",
    "a",
    "quotation",
    "by",
    "Friday",
    "and",
    "prefers",
    "e-mail",
    "to",
    "calls",
    "delivery",
    "second",
    "warehouse",
    "gate",
    "budget",
    "is",
    "decided",
    "in",
    "March",
    "contract",
    "renewal",
    "discount",
    "of",
    "percent",
    "was",
    "offered",
    "next",
    "meeting",
    "with",
    "purchasing",
    "来週の",
    "火曜日に",
    "訪問",
    "予定",
    "見積書を",
    "送付済み",
    "展示会で",
    "名刺交換",
    "契約更新の",
    "確認",
    "担当者が",
    "不在のため",
    "再度",
    "電話する",
    "納期は",
    "三週間",
    "価格に",
    "ついて",
    "社内で",
    "検討中",
    "デモを",
    "希望",
    "している",
    "サポートへ",
    "引き継ぎ",
    "請求書の",
    "宛先を",
    "変更",
    "済み",
    "次回は",
    "来月",
];

/// Writes the CSV files, with at least one record each, and the attachments below `attachments/`.
pub fn run(to: &Path, csv_bytes: u64, file_bytes: u64) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for (number, module) in (0..).zip(MODULES) {
        csv(&to.join(format!("{module}.csv")), number, csv_bytes / MODULES.len() as u64)?;
    }
    if file_bytes > 0 {
        files(to, file_bytes)?;
    }
    Ok(())
}

fn csv(path: &Path, module: u64, bytes: u64) -> Result<()> {
    let mut random = Rng::with_seed(module);
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(HEADER.as_bytes())?;
    let (mut written, mut row, mut id) = (HEADER.len() as u64, String::new(), FIRST_ID + module * 1_000_000_000_000);
    while written <= bytes.max(HEADER.len() as u64) {
        row.clear();
        id += random.u64(1..40);
        record(&mut row, id, &mut random)?;
        file.write_all(row.as_bytes())?;
        written += row.len() as u64;
    }
    Ok(file.flush()?)
}

fn record(row: &mut String, id: u64, random: &mut Rng) -> std::fmt::Result {
    let pick = |list: &[&'static str], random: &mut Rng| list[random.usize(..list.len())];
    let owner = FIRST_ID / 10 + random.u64(0..40);
    let (name, company) = (pick(&NAMES, random), pick(&COMPANIES, random));
    write!(
        row,
        "{id},{owner},{name},{company},user{}@example{}.co.jp,+81-{}-{:04}-{:04},",
        random.u32(..),
        random.u8(..20),
        random.u8(1..99),
        random.u16(..9999),
        random.u16(..9999)
    )?;
    write!(row, "{},{}.{:02},", pick(&STATES, random), random.u32(1_000..9_000_000), random.u8(..100))?;
    for _ in 0..2 {
        let (month, day, hour, minute, second) =
            (random.u8(1..13), random.u8(1..29), random.u8(..24), random.u8(..60), random.u8(..60));
        write!(row, "{}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+09:00,", random.u16(2019..2027))?;
    }
    write!(row, "{},{}-{}-{},\"", pick(&CITIES, random), random.u8(1..9), random.u8(1..30), random.u8(1..30))?;
    for _ in 0..random.usize(3..40) {
        write!(row, "{} ", pick(&WORDS, random))?;
    }
    row.push_str("\"\r\n");
    Ok(())
}

fn files(to: &Path, bytes: u64) -> Result<()> {
    let mut random = Rng::with_seed(7);
    let (mut written, mut number) = (0, 0u64);
    let mut next = Some(LARGEST.min(bytes / 5));
    while written < bytes {
        // Like real files, sizes are spread evenly over orders of magnitude; the first is the largest.
        let size = next.take().unwrap_or_else(|| (1024.0 * 2f64.powf(random.f64() * 14.5)) as u64);
        let module = MODULES[random.usize(..2)];
        let folder = to.join("attachments").join(module).join((FIRST_ID + number / 2).to_string());
        std::fs::create_dir_all(&folder)?;
        let is_packed = size > 50 << 20 || random.u8(..6) > 0;
        let name = if is_packed {
            ["scan.jpg", "offer.zip", "call.mp4"][random.usize(..3)]
        } else {
            ["議事録.txt", "export.json"][random.usize(..2)]
        };
        body(&folder.join(format!("{number} {name}")), size, is_packed, &mut random)?;
        written += size;
        number += 1;
    }
    Ok(())
}

fn body(path: &Path, size: u64, is_packed: bool, random: &mut Rng) -> Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut left = usize::try_from(size)?;
    let mut chunk = Vec::with_capacity(80 << 10);
    while left > 0 {
        chunk.clear();
        if is_packed {
            chunk.resize(64 << 10, 0);
            random.fill(&mut chunk);
        } else {
            while chunk.len() < 64 << 10 {
                chunk.extend_from_slice(WORDS[random.usize(..WORDS.len())].as_bytes());
                chunk.push(b' ');
            }
        }
        let some = chunk.len().min(left);
        file.write_all(&chunk[..some])?;
        left -= some;
    }
    Ok(file.flush()?)
}
