//! Binds the bytes of blocks and packs to [`STORED_FORMAT`]: if the same rows give other bytes, they need other names.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};

use super::cells::{CellKind, VECTORS};
use super::csv::{CsvOptions, CsvWriter};
use super::words;
use super::zip::{Method, ZipEntry, local_header};
use super::{LEVEL, LONG_CELL, STORED_FORMAT};

/// The number of the format, and the SHA-256 of bytes in it: CSV of the table, the same deflated, local headers.
const GOLDEN: (u32, [&str; 3]) = (
    6,
    [
        "bf271025a3d016e4b244923521c1e3874220f41af1d1535d57eb9aabff9599ce",
        "7632d38bf9e56eae695da51473d12272def20f803ad6e40f12d5577cb3e0316a",
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

/// The table with these options: each cell in a field of each kind, NULL and the empty text in rows of one cell and of more, long cells.
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
    let long = "=1\r␍\"あ".repeat(LONG_CELL / 10);
    for whole in [
        &long[..long.floor_char_boundary(LONG_CELL)],
        &long[..long.floor_char_boundary(LONG_CELL + 9)],
        &"7".repeat(LONG_CELL + 1),
    ] {
        writer.row([Some("x"), Some(whole)].into_iter());
    }
    writer.written().to_vec()
}

fn all_options() -> impl Iterator<Item = CsvOptions> {
    let both = [true, false];
    both.into_iter().flat_map(move |bom| {
        let of_marks = [(true, true), (true, false), (false, true), (false, false)];
        of_marks.map(|(escape_formulas, protect)| CsvOptions { bom, escape_formulas, protect })
    })
}

/// The table deflated, as blocks are.
fn deflated() -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(&csv(CsvOptions::default())).expect("deflates");
    encoder.flush().expect("deflates");
    encoder.get_ref().clone()
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
fn stored_bytes_change_only_with_the_number_of_their_format() {
    let csv: Vec<u8> = all_options().flat_map(csv).collect();
    let found = [csv, deflated(), headers()].map(|bytes| hex::encode(Sha256::digest(bytes)));
    let (number, golden) = GOLDEN;
    assert_eq!(found, golden, "the same input gives other bytes: raise STORED_FORMAT, then write number and digests into GOLDEN");
    assert_eq!(STORED_FORMAT, number, "STORED_FORMAT was raised: write number and digests into GOLDEN");
}
