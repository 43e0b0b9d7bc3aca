//! Deterministic numbers, names and file contents. Everything follows from a number, so that nothing needs to be kept.

use std::io::Write;

/// Mixes a number thoroughly (SplitMix64).
pub fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Hashes a text (FNV-1a).
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Selects one of several.
pub fn pick<'a>(of: &[&'a str], number: u64) -> &'a str {
    usize::try_from(number % of.len().max(1) as u64).ok().and_then(|at| of.get(at)).copied().unwrap_or_default()
}

pub const FAMILY: &[&str] =
    &["山田", "佐藤", "O'Brien", "Müller", "鈴木", "Smith", "髙橋", "D’Souza", "田中", "Nguyễn", "伊藤", "Lee"];
pub const GIVEN: &[&str] = &["太郎", "Anna", "花子", "José", "健", "Mary Jane", "さくら", "Łukasz", "翔太", "Zoë"];
pub const COMPANIES: &[&str] = &[
    "保存商事株式会社",
    "Acme, Inc.",
    "株式会社みどり",
    "\"Quoted\" Ltd",
    "Nordwind GmbH",
    "㈱サンプル",
    "Smith & Sons",
    "合同会社あおぞら",
];
pub const CITIES: &[&str] = &["東京都", "London", "大阪市", "São Paulo", "札幌市", "Zürich", "福岡市"];
pub const SUBJECTS: &[&str] = &[
    "見積もりの送付",
    "Call back",
    "Kick-off, phase 1",
    "=SUM(A1:A2)",
    "定例会議",
    "+81 へ電話",
    "Follow up \"urgent\"",
    "@mention",
];
pub const LINES: &[&str] = &[
    "お世話になっております。",
    "Please see the attached file.",
    "一行目\n二行目",
    "He said: \"yes\", then left.",
    "Tab\tand; semicolon",
    " leading and trailing ",
    "絵文字 🎉 と半角ｶﾅ",
    "line one\r\nline two",
    "0123",
    "<b>bold</b> & more",
];

/// Bytes of a file: the same for the same id and size, and hard to compress.
pub fn content(id: u64, size: u64) -> Vec<u8> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let words = (0..size.div_ceil(8) as u64).flat_map(|at| mix(mix(id) ^ at).to_le_bytes());
    words.take(size).collect()
}

/// A small valid PNG whose colours follow from the id.
pub fn picture(id: u64) -> Vec<u8> {
    let side = 16_u32;
    let mut lines = Vec::new();
    for row in 0..u64::from(side) {
        lines.push(0);
        lines.extend((0..u64::from(side)).flat_map(|column| mix(id ^ (row << 32) ^ column).to_le_bytes()[..3].to_vec()));
    }
    let mut header = [side.to_be_bytes(), side.to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header), (b"IDAT", zlib(&lines)), (b"IEND", Vec::new())] {
        let tagged = [kind.as_slice(), &data].concat();
        png.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
        png.extend(&tagged);
        png.extend(crc32fast::hash(&tagged).to_be_bytes());
    }
    png
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).and_then(|()| packed.finish()).expect("memory takes everything")
}
