//! Zip records: local headers, the central directory and its end, as defined by APPNOTE 6.3. Sizes and CRC are in the
//! local header, never in a data descriptor; zip64 fields appear only where a value does not fit. Times are fixed, so
//! that equal input gives equal bytes.

pub use crate::domain::zip_entry::{Method, ZipEntry};

const LOCAL: u32 = 0x0403_4B50;
const CENTRAL: u32 = 0x0201_4B50;
const END: u32 = 0x0605_4B50;
const END_64: u32 = 0x0606_4B50;
const LOCATOR_64: u32 = 0x0706_4B50;
/// General purpose bit 11: names are UTF-8.
const UTF8: u16 = 1 << 11;
/// 1980-01-01, the earliest date in the zip format.
const DATE: u16 = (1 << 5) | 1;
const MIDNIGHT: u16 = 0;
/// Made by Unix; the attributes describe a regular file that its owner may write and everyone may read.
const MADE_BY: u16 = (3 << 8) | 45;
const REGULAR_FILE: u32 = 0o100_644 << 16;
const PLAIN_VERSION: u16 = 20;
const ZIP64_VERSION: u16 = 45;
const ZIP64_EXTRA: u16 = 1;
const FULL_32: u64 = 0xFFFF_FFFF;
const FULL_16: u64 = 0xFFFF;

fn method_number(method: Method) -> u16 {
    match method {
        Method::Stored => 0,
        Method::Deflated => 8,
    }
}

/// APPNOTE 4.5.3 requires both sizes in a local header's zip64 field, or neither.
fn has_large_size(entry: &ZipEntry) -> bool {
    entry.compressed >= FULL_32 || entry.uncompressed >= FULL_32
}

/// Returns the local header, including name and extra field. The entry's bytes follow it.
pub fn local_header(entry: &ZipEntry) -> Vec<u8> {
    let large = has_large_size(entry);
    let mut extra = Record::default();
    if large {
        extra.u16(ZIP64_EXTRA).u16(16).u64(entry.uncompressed).u64(entry.compressed);
    }
    let mut header = Record::default();
    header.u32(LOCAL).u16(if large { ZIP64_VERSION } else { PLAIN_VERSION });
    header.common(entry, large).u16(cut_16(entry.name.len() as u64)).u16(extra.0.len() as u16);
    header.bytes(entry.name.as_bytes()).bytes(&extra.0);
    header.0
}

/// Returns the entry's record in the central directory; `offset` is the position of its local header. Where only the
/// offset does not fit, the zip64 field contains both sizes as well: APPNOTE allows it, Go's writer does the same, and
/// not every reader accepts an offset alone.
pub fn central_record(entry: &ZipEntry, offset: u64) -> Vec<u8> {
    let far = offset >= FULL_32;
    let large = has_large_size(entry) || far;
    let mut fields = Record::default();
    if large {
        fields.u64(entry.uncompressed).u64(entry.compressed);
    }
    if far {
        fields.u64(offset);
    }
    let mut extra = Record::default();
    if large {
        extra.u16(ZIP64_EXTRA).u16(fields.0.len() as u16).bytes(&fields.0);
    }
    let version = if large { ZIP64_VERSION } else { PLAIN_VERSION };
    let mut record = Record::default();
    record.u32(CENTRAL).u16(MADE_BY).u16(version).common(entry, large);
    record.u16(cut_16(entry.name.len() as u64)).u16(extra.0.len() as u16);
    // No comment, first disk, no internal attributes.
    record.u16(0).u16(0).u16(0).u32(REGULAR_FILE).u32(cut_32(offset));
    record.bytes(entry.name.as_bytes()).bytes(&extra.0);
    record.0
}

/// Returns the records after the central directory. The zip64 records appear only where a count, size or offset needs
/// them.
pub fn end_records(count: u64, directory_offset: u64, directory_size: u64) -> Vec<u8> {
    let mut end = Record::default();
    if count >= FULL_16 || directory_offset >= FULL_32 || directory_size >= FULL_32 {
        // The record's size field counts the bytes after itself.
        end.u32(END_64).u64(44).u16(MADE_BY).u16(ZIP64_VERSION).u32(0).u32(0);
        end.u64(count).u64(count).u64(directory_size).u64(directory_offset);
        end.u32(LOCATOR_64).u32(0).u64(directory_offset.saturating_add(directory_size)).u32(1);
    }
    end.u32(END).u16(0).u16(0).u16(cut_16(count)).u16(cut_16(count));
    end.u32(cut_32(directory_size)).u32(cut_32(directory_offset)).u16(0);
    end.0
}

fn cut_32(value: u64) -> u32 {
    value.min(FULL_32) as u32
}

fn cut_16(value: u64) -> u16 {
    value.min(FULL_16) as u16
}

/// A little-endian record under construction.
#[derive(Default)]
struct Record(Vec<u8>);

impl Record {
    fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Writes the fields from the flags to the sizes, which both headers share.
    fn common(&mut self, entry: &ZipEntry, large: bool) -> &mut Self {
        let size = |value| if large { FULL_32 as u32 } else { cut_32(value) };
        self.u16(UTF8).u16(method_number(entry.method)).u16(MIDNIGHT).u16(DATE);
        self.u32(entry.crc32).u32(size(entry.compressed)).u32(size(entry.uncompressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(compressed: u64, uncompressed: u64) -> ZipEntry {
        ZipEntry { name: "顧客.csv".into(), method: Method::Deflated, crc32: 0xDEAD_BEEF, compressed, uncompressed }
    }

    #[test]
    fn a_local_header_carries_its_sizes_and_no_descriptor_bit() {
        let header = local_header(&entry(5, 9));
        assert_eq!(header[6..8], UTF8.to_le_bytes());
        assert_eq!(header[18..26], [5, 0, 0, 0, 9, 0, 0, 0]);
        assert_eq!(header.len(), 30 + "顧客.csv".len());
    }

    #[test]
    fn zip64_fields_appear_exactly_from_the_limit() {
        assert_eq!(local_header(&entry(5, FULL_32 - 1)).len(), 30 + "顧客.csv".len());
        let large = local_header(&entry(5, FULL_32));
        assert_eq!(large.len(), 30 + "顧客.csv".len() + 20);
        assert_eq!(large[18..26], [0xFF; 8]);
        assert_eq!(central_record(&entry(5, 9), FULL_32 - 1).len(), 46 + "顧客.csv".len());
        assert_eq!(central_record(&entry(5, 9), FULL_32).len(), 46 + "顧客.csv".len() + 28);
        assert_eq!(central_record(&entry(5, FULL_32), FULL_32).len(), 46 + "顧客.csv".len() + 28);
    }

    #[test]
    fn the_end_needs_zip64_from_65535_entries() {
        assert_eq!(end_records(65_534, 10, 10).len(), 22);
        assert_eq!(end_records(65_535, 10, 10).len(), 22 + 56 + 20);
        assert_eq!(end_records(1, FULL_32, 10).len(), 22 + 56 + 20);
    }
}
