//! Binds the bytes of segments to [`SEGMENT_FORMAT`]: if the same rows give other bytes, segments that an earlier version has made must not be
//! reused.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};

use super::SEGMENT_FORMAT;
use super::cells::{CellKind, VECTORS};
use super::csv::{CsvOptions, CsvWriter};
use super::words;
use super::zip::{Method, ZipEntry, local_header};
use crate::domain::rows::{CellPart, LONG_ROW};

/// The number of the format, and the SHA-256 of bytes in it: CSV of the table, the same deflated, local headers.
const GOLDEN: (u32, [&str; 3]) = (
    4,
    [
        "de5eb249233f67b3758acf2e506fcca48e538e0be3b0cdfcd88dfa8e67e097cc",
        "36bc949ae68d17254815cab7508e65caa9c0d816c3493a646060be997498af96",
        "8ba17be5556a0bd02882ec1bea4d39132dd83ffc4716b2037b8fcdf4aa49e3b8",
    ],
);

const KINDS: [CellKind; 4] = [CellKind::Text, CellKind::Number, CellKind::Date, CellKind::Boolean];

/// Cells of each rule of `docs/csv.md`, on both sides of its limits.
const CELLS: &[&str] = &[
    // Plain texts, and what makes quotes necessary.
    "",
    "Sakura",
    "見積書 3",
    "a;b",
    "a\tb",
    "a,b",
    "a\"b",
    "a\nb",
    "a\r\nb",
    "x\u{FEFF}",
    "ID",
    // Apostrophes, blanks before formulas, the formulas' first characters.
    "'",
    "'90s",
    "''=1+1",
    "=1+1",
    "+81-3-1234-5678",
    "-1-1",
    "@SUM(A1)",
    "\t=1",
    "\rx",
    "＝1",
    "＋1",
    "－1",
    "＠A",
    " =1",
    "\"=1",
    ",=1",
    ";=1",
    "-",
    "--1",
    "a=b",
    "\u{1D}+1",
    // Numbers.
    "0",
    "-0",
    "7",
    "-5",
    "+5",
    "007",
    "0.5",
    "0.50",
    "1.5",
    "12.5",
    "13.32",
    "11.2026",
    "11.2101",
    "1200.5",
    "1200.50",
    "1.234",
    "0.512",
    "0.00001",
    "12345678901",
    "123456789012",
    "-1234567.89",
    "4876876000000000001",
    "+819012345678",
    "1,234",
    "1,23",
    "-1,234.50",
    "-1,23",
    "1e5",
    "12E4",
    "5e-3",
    "7%",
    "-7%",
    "1234567890%",
    "12345678901%",
    "(5)",
    "(5",
    "$5",
    "5 €",
    "１２",
    "٣",
    "1 1/2",
    "１e５",
    // Days and times.
    "1-2",
    "1/2",
    "2026-11-26",
    "1900-12-31",
    "1901-01-01",
    "2026-11-26 04:00",
    "2026-11-26 04:00:05",
    "2026-11-26T04:00:05+09:00",
    "2026-11-26T04:00:05.123Z",
    "26.11.2026",
    "11/26/2026 4:30 PM",
    "12:30",
    "3 p",
    "Mar 5",
    "5. März 2026",
    "5 de mayo de 2026",
    "2026年11月26日",
    "令和8年11月26日",
    "R8.11.26",
    "R8",
    "午後3時",
    "20261126T040005Z",
    // Truth values, errors, codes that are none of them.
    "TRUE",
    "true",
    "ＴＲＵＥ",
    "Falsch",
    "#N/A",
    "#SPILL!",
    "03-1234-5678",
    "123-4567",
    "12-34",
    "ABC-123",
    "5x",
    "2nd",
];

/// What further cells are put together of.
const SIGNS: &[&str] = &[
    "=", "+", "-", "@", "\t", "\r", "\n", "\r\n", "＝", "'", "\"", ",", ";", " ", "\0", "0", "1", "1.5", "e", "%", "/", ":", ".",
    "(", ")", "年", "Mar", "true", "１", "￥", "あ", "\u{FEFF}", "␀", "␍", "␛", "x",
];

/// Every cell of the table; long ones are apart.
fn cells() -> Vec<String> {
    let listed = CELLS.iter().copied().chain(VECTORS.iter().flat_map(|(written, cell)| [*written, *cell])).map(str::to_owned);
    let pairs = SIGNS.iter().flat_map(|first| SIGNS.iter().map(move |second| format!("{first}{second}")));
    let triples = pairs.clone().zip(SIGNS.iter().cycle()).map(|(pair, third)| format!("{pair}{third}"));
    let with_words = words::all().flat_map(|word| [format!("5 {word}"), word.to_uppercase(), word]);
    listed.chain(pairs).chain(triples).chain(with_words).collect()
}

/// The table with these options: each cell in a field of each kind, NULL and the empty text in rows of one cell and of more, long cells whole and in parts.
fn csv(options: CsvOptions) -> Vec<u8> {
    let mut writer = CsvWriter::new(options, KINDS.to_vec());
    writer.begin(&["ID", "Amount", "=Day", "Is \"open\""]);
    for cell in cells() {
        writer.row(std::iter::repeat_n(Some(cell.as_str()), KINDS.len()));
    }
    for cell in [None, Some(""), Some("'")] {
        writer.row([cell].into_iter());
        writer.row([cell, cell].into_iter());
    }
    let long = "=1\r␍\"あ".repeat(LONG_ROW / 10);
    for whole in
        [&long[..long.floor_char_boundary(LONG_ROW)], &long[..long.floor_char_boundary(LONG_ROW + 9)], &"7".repeat(LONG_ROW + 1)]
    {
        writer.row([Some("x"), Some(whole)].into_iter());
    }
    write_in_parts(&mut writer, &long);
    writer.written().to_vec()
}

fn write_in_parts(writer: &mut CsvWriter, cell: &str) {
    let (head, rest) = cell.split_at(cell.floor_char_boundary(LONG_ROW / 2));
    let part = |column, text: &str, starts, ends| CellPart {
        column,
        cell_bytes: text.len() as u64,
        text: text.to_owned(),
        starts,
        ends,
        is_null: false,
        ends_row: false,
    };
    for (column, part) in [(0, part(0, "0037", true, true)), (1, part(1, head, true, false)), (1, part(1, rest, false, true))] {
        writer.part(&part, column);
    }
    writer.end_row();
}

fn all_options() -> impl Iterator<Item = CsvOptions> {
    let both = [true, false];
    both.into_iter().flat_map(move |bom| {
        let of_marks = [(true, true), (true, false), (false, true), (false, false)];
        of_marks.map(|(escape_formulas, protect)| CsvOptions { bom, escape_formulas, protect })
    })
}

/// The table deflated at each level that `HOZON_LEVEL` may have.
fn deflated() -> Vec<u8> {
    let mut all = Vec::new();
    for level in 1..=9 {
        let mut encoder = DeflateEncoder::new(all, Compression::new(level));
        encoder.write_all(&csv(CsvOptions::default())).expect("deflates");
        all = encoder.finish().expect("deflates");
    }
    all
}

fn headers() -> Vec<u8> {
    let mut all = Vec::new();
    for method in [Method::Deflated, Method::Stored] {
        for size in [0, 5, u64::from(u32::MAX) - 1, u64::from(u32::MAX), 1 << 40] {
            let name = "Leads/4876876000000000001/見積書.pdf".to_owned();
            all.extend(local_header(&ZipEntry { name, method, crc32: 0xCAFE_F00D, compressed: size / 2, uncompressed: size }));
        }
    }
    all
}

#[test]
fn bytes_of_segments_change_only_with_the_number_of_their_format() {
    let csv: Vec<u8> = all_options().flat_map(csv).collect();
    let found = [csv, deflated(), headers()].map(|bytes| hex::encode(Sha256::digest(bytes)));
    let (number, golden) = GOLDEN;
    assert_eq!(
        found, golden,
        "the same input gives other bytes: raise SEGMENT_FORMAT, then write number and digests into GOLDEN"
    );
    assert_eq!(SEGMENT_FORMAT, number, "SEGMENT_FORMAT was raised: write number and digests into GOLDEN");
}
