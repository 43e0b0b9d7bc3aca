//! The directory of a zip from any writer. `rawzip` parses the records, including zip64 fields with only the
//! overflowing values, zips behind other bytes, and more than 65,535 entries without zip64. Everything that this
//! program cannot read is rejected here, with a text that helps the user.

use std::fs::File;
use std::path::Path;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use rawzip::extra_fields::ExtraFieldId;
use rawzip::time::ZipDateTimeKind;
use rawzip::{CompressionMethod, CreatorSystem, ReaderAt, ZipArchive, ZipFileHeaderRecord, ZipLocator};

use super::zip_names::RawName;
use super::zip_place::{BlockingReader, ZipPlace};

/// Size of the largest directory record, plus some read-ahead.
const BUFFER: usize = 256 << 10;
/// Info-ZIP Unicode path field, APPNOTE 4.6.9.
const UNICODE_PATH: u16 = 0x7075;
/// Size of a local header without name and extra field.
const LOCAL_HEADER: u64 = 30;
const END_RECORD: usize = 22;

/// Reasons why a zip cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ZipFault {
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// There is no directory at the end.
    #[error("it is not a zip, or its end is missing: was the download complete?")]
    NoEnd,
    /// A directory record is invalid.
    #[error("its directory is damaged: {0}")]
    Damaged(String),
    /// It is a part of a split zip.
    #[error("it is one part of a split zip; join the parts first (zip -s 0 parts.zip --out whole.zip)")]
    Split,
    /// An entry is encrypted.
    #[error("{entry} is encrypted; unzip it with its password, and import the folder")]
    Encrypted { entry: String },
    /// A compression method is not supported.
    #[error("{entry} is compressed with {method}; unzip it, and import the folder")]
    Method {
        entry: String,
        /// Name of the method.
        method: String,
    },
    /// Two entries share bytes.
    #[error("entries overlap, as in a zip bomb")]
    Overlap,
}

/// An entry.
#[derive(Debug, Clone)]
pub struct ZipRecord {
    pub name: RawName,
    /// Whether it is deflated rather than stored.
    pub deflated: bool,
    /// CRC-32 of the uncompressed bytes.
    pub crc32: u32,
    /// Size in the zip.
    pub compressed: u64,
    /// Size when unpacked.
    pub uncompressed: u64,
    /// Position of the local header in the file.
    pub offset: u64,
    /// When the file was last modified, if the zip says so.
    pub modified: Option<DateTime<Utc>>,
    /// Whether it is a symbolic link.
    pub is_link: bool,
}

/// Reads all records in directory order. Times without a time zone are interpreted in `zone`.
pub fn read(path: &Path, zone: Tz) -> Result<Vec<ZipRecord>, ZipFault> {
    let mut buffer = vec![0; BUFFER];
    let archive = ZipArchive::from_file(File::open(path)?, &mut buffer).map_err(not_located)?;
    records_of(&archive, &mut buffer, zone)
}

/// Reads all records of a zip, wherever it lies. Must be called on a thread that may block, of a Tokio runtime.
pub fn read_place(place: &ZipPlace, zone: Tz) -> Result<Vec<ZipRecord>, ZipFault> {
    let bytes = match place {
        ZipPlace::Disk(path) => return read(path, zone),
        ZipPlace::Remote(bytes) => bytes,
    };
    let (reader, size, mut buffer) = (BlockingReader::new(bytes.clone()), bytes.size(), vec![0; BUFFER]);
    let located = ZipLocator::new().locate_in_reader(reader, &mut buffer, size);
    let archive = located.map_err(|(_, error)| not_located(error))?;
    records_of(&archive, &mut buffer, zone)
}

fn records_of<R: ReaderAt>(archive: &ZipArchive<R>, buffer: &mut [u8], zone: Tz) -> Result<Vec<ZipRecord>, ZipFault> {
    refuse_split(archive)?;
    let mut records = Vec::new();
    let mut entries = archive.entries(buffer);
    while let Some(entry) = entries.next_entry().map_err(damaged)? {
        records.push(record(&entry, zone)?);
    }
    let (said, found) = (archive.entries_hint(), records.len() as u64);
    // Writers without zip64 support count modulo 65,536.
    if said != found && said != found % 65_536 {
        return Err(ZipFault::Damaged(format!("it has {found} entries where its end says {said}")));
    }
    refuse_overlaps(&records)?;
    Ok(records)
}

fn record(entry: &ZipFileHeaderRecord<'_>, zone: Tz) -> Result<ZipRecord, ZipFault> {
    let bytes = entry.file_path().as_bytes().to_vec();
    let shown = || String::from_utf8_lossy(&bytes).into_owned();
    if entry.flags().is_encrypted() {
        return Err(ZipFault::Encrypted { entry: shown() });
    }
    let method = entry.compression_method();
    let deflated = method == CompressionMethod::DEFLATE;
    if !deflated && method != CompressionMethod::STORE {
        return Err(ZipFault::Method { entry: shown(), method: method_name(method.as_u16()) });
    }
    let creator = entry.version_made_by().creator_system();
    let from_dos = matches!(creator, CreatorSystem::FAT | CreatorSystem::NTFS | CreatorSystem::VFAT);
    let unicode = entry.extra_fields().find(|(id, _)| *id == ExtraFieldId::new(UNICODE_PATH));
    let unicode = unicode.and_then(|(_, field)| unicode_path(field, &bytes));
    Ok(ZipRecord {
        deflated,
        crc32: entry.crc32(),
        compressed: entry.compressed_size_hint(),
        uncompressed: entry.uncompressed_size_hint(),
        offset: entry.local_header_offset(),
        modified: modified(&entry.last_modified(), zone),
        is_link: entry.mode().is_symlink(),
        name: RawName { is_utf8: entry.flags().is_utf8(), unicode, from_dos, bytes },
    })
}

/// Returns the field's name if it matches the header's name. A tool that renames entries without knowing the field
/// leaves an outdated one.
fn unicode_path(field: &[u8], name: &[u8]) -> Option<String> {
    let (version, rest) = field.split_first()?;
    let (crc32, unicode) = rest.split_at_checked(4)?;
    let is_of_name = *version == 1 && crc32 == crc32fast::hash(name).to_le_bytes();
    is_of_name.then(|| String::from_utf8(unicode.to_vec()).ok()).flatten()
}

fn modified(at: &ZipDateTimeKind, zone: Tz) -> Option<DateTime<Utc>> {
    let day = NaiveDate::from_ymd_opt(at.year().into(), at.month().into(), at.day().into())?;
    let time = day.and_hms_opt(at.hour().into(), at.minute().into(), at.second().into())?;
    match at {
        ZipDateTimeKind::Utc(_) => Some(time.and_utc()),
        // The first day of DOS time means that the writer knew no time.
        ZipDateTimeKind::Local(_) if at.year() <= 1980 => None,
        ZipDateTimeKind::Local(_) => zone.from_local_datetime(&time).earliest().map(|time| time.to_utc()),
    }
}

/// All disk numbers in the end record must be zero, or the value that refers to zip64.
fn refuse_split<R: ReaderAt>(archive: &ZipArchive<R>) -> Result<(), ZipFault> {
    let mut end = [0; END_RECORD];
    archive.get_ref().read_at(&mut end, archive.eocd_offset())?;
    let disk = |at: usize| u16::from_le_bytes([end[at], end[at + 1]]);
    if [4, 6].into_iter().map(disk).any(|disk| disk != 0 && disk != u16::MAX) { Err(ZipFault::Split) } else { Ok(()) }
}

fn refuse_overlaps(records: &[ZipRecord]) -> Result<(), ZipFault> {
    let end = |record: &ZipRecord| {
        record.offset.saturating_add(LOCAL_HEADER + record.name.bytes.len() as u64).saturating_add(record.compressed)
    };
    let mut ranges: Vec<(u64, u64)> = records.iter().map(|record| (record.offset, end(record))).collect();
    ranges.sort_unstable();
    if ranges.windows(2).any(|pair| pair[0].1 > pair[1].0) { Err(ZipFault::Overlap) } else { Ok(()) }
}

/// Names of compression methods, APPNOTE 4.4.5.
fn method_name(method: u16) -> String {
    let name = match method {
        1..=6 => "a legacy method",
        9 => "Deflate64, which Windows Explorer uses for files over 2 GB",
        12 => "bzip2",
        14 => "LZMA",
        93 | 20 => "Zstandard",
        95 => "XZ",
        98 => "PPMd",
        99 => "AES encryption",
        _ => return format!("method {method}"),
    };
    name.to_owned()
}

fn not_located(error: rawzip::Error) -> ZipFault {
    match error.into_kind() {
        rawzip::ErrorKind::IO(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => ZipFault::Io(error),
        rawzip::ErrorKind::MissingEndOfCentralDirectory | rawzip::ErrorKind::IO(_) | rawzip::ErrorKind::Eof => ZipFault::NoEnd,
        other => ZipFault::Damaged(other.to_string()),
    }
}

fn damaged(error: rawzip::Error) -> ZipFault {
    match error.into_kind() {
        rawzip::ErrorKind::IO(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => ZipFault::Io(error),
        other => ZipFault::Damaged(other.to_string()),
    }
}
