//! The structure of a zip, byte by byte. Headers, directory and end must be exactly those that Hozon writes for these
//! entries, without bytes before, between or after them. Readers differ in which of these bytes they use, so a zip that
//! is correct to the last byte is correct for the strictest reader.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use hozon_shared::archive::zip::{Method, ZipEntry, central_record, end_records, local_header};

use crate::import::zip_directory::{ZipFault, ZipRecord, read};

/// Ends and names of fields: APPNOTE 4.3.7.
const LOCAL_FIELDS: [(usize, &str); 13] = [
    (4, "signature"),
    (6, "version needed"),
    (8, "flags"),
    (10, "method"),
    (12, "time"),
    (14, "date"),
    (18, "CRC"),
    (22, "compressed size"),
    (26, "size"),
    (28, "length of the name"),
    (30, "length of the extra field"),
    (31, "name"),
    (usize::MAX, "name or extra field"),
];
/// APPNOTE 4.3.12.
const CENTRAL_FIELDS: [(usize, &str); 17] = [
    (4, "signature"),
    (6, "version made by"),
    (8, "version needed"),
    (10, "flags"),
    (12, "method"),
    (14, "time"),
    (16, "date"),
    (20, "CRC"),
    (24, "compressed size"),
    (28, "size"),
    (30, "length of the name"),
    (32, "length of the extra field"),
    (34, "length of the comment"),
    (36, "disk number"),
    (42, "attributes with the type of the file"),
    (46, "offset"),
    (usize::MAX, "name or extra field"),
];

/// How the structure differs.
#[derive(Debug, thiserror::Error)]
pub enum FrameFault {
    /// The directory cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] ZipFault),
    /// A header or record has an unexpected field.
    #[error("has a different {field} in its {record} than Hozon writes; other programs may lose the file or reject the zip")]
    Field {
        /// `local header` or `directory record`.
        record: &'static str,
        field: &'static str,
    },
    /// There are bytes that belong to no entry, or to two.
    #[error("starts at byte {found}, but the previous entry ends at {expected}: there is a gap or an overlap")]
    Place {
        /// Actual position.
        found: u64,
        /// Expected position.
        expected: u64,
    },
    /// The end records differ.
    #[error(
        "has a different end than Hozon writes: sizes, counts or disk numbers of its directory are wrong, or bytes follow its end"
    )]
    End,
}

/// Verifies the structure of a zip. The name of the differing entry is empty if the zip as a whole differs.
pub fn check(zip: &Path) -> Result<(), (String, FrameFault)> {
    let whole = |fault: FrameFault| (String::new(), fault);
    let records = read(zip, chrono_tz::UTC).map_err(|fault| whole(fault.into()))?;
    let mut file = BufReader::new(File::open(zip).map_err(|error| whole(ZipFault::from(error).into()))?);
    let mut frame = Frame { file: &mut file, at: 0 };
    let mut entries = Vec::with_capacity(records.len());
    for record in &records {
        let (entry, name) = (entry(record), String::from_utf8_lossy(&record.name.bytes).into_owned());
        frame.entry(&entry, record).map_err(|fault| (name, fault))?;
        entries.push((entry, record.offset));
    }
    let directory = frame.at;
    for (entry, offset) in &entries {
        let expected = central_record(entry, *offset);
        frame.expect(&expected, "directory record", &CENTRAL_FIELDS).map_err(|fault| (entry.name.clone(), fault))?;
    }
    frame.end(&end_records(entries.len() as u64, directory, frame.at - directory)).map_err(whole)
}

fn entry(record: &ZipRecord) -> ZipEntry {
    let method = if record.deflated { Method::Deflated } else { Method::Stored };
    let name = String::from_utf8_lossy(&record.name.bytes).into_owned();
    let ZipRecord { crc32, compressed, uncompressed, .. } = *record;
    ZipEntry { name, method, crc32, compressed, uncompressed }
}

/// Reads the zip from beginning to end.
struct Frame<'a> {
    file: &'a mut BufReader<File>,
    at: u64,
}

impl Frame<'_> {
    fn entry(&mut self, entry: &ZipEntry, record: &ZipRecord) -> Result<(), FrameFault> {
        if record.offset != self.at {
            return Err(FrameFault::Place { found: record.offset, expected: self.at });
        }
        self.expect(&local_header(entry), "local header", &LOCAL_FIELDS)?;
        let over = i64::try_from(record.compressed).map_err(|_| FrameFault::End)?;
        self.file.seek_relative(over).map_err(ZipFault::from)?;
        self.at += record.compressed;
        Ok(())
    }

    fn expect(&mut self, expected: &[u8], record: &'static str, fields: &[(usize, &'static str)]) -> Result<(), FrameFault> {
        let mut found = vec![0; expected.len()];
        let read = self.file.read_exact(&mut found);
        self.at += expected.len() as u64;
        let differs = expected.iter().zip(&found).position(|(expected, found)| expected != found);
        let at = match (read, differs) {
            (Ok(()), None) => return Ok(()),
            (Ok(()), Some(at)) => at,
            (Err(_), _) => usize::MAX - 1,
        };
        let field = fields.iter().find(|(end, _)| at < *end).map_or("length", |(_, field)| field);
        Err(FrameFault::Field { record, field })
    }

    fn end(&mut self, expected: &[u8]) -> Result<(), FrameFault> {
        self.file.seek(SeekFrom::Start(self.at)).map_err(ZipFault::from)?;
        let mut found = Vec::new();
        let limit = expected.len() as u64 + 1;
        self.file.take(limit).read_to_end(&mut found).map_err(ZipFault::from)?;
        if found == expected { Ok(()) } else { Err(FrameFault::End) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for (name, content) in entries {
            let size = content.len() as u64;
            let entry = ZipEntry {
                name: (*name).to_owned(),
                method: Method::Stored,
                crc32: crc32fast::hash(content),
                compressed: size,
                uncompressed: size,
            };
            directory.extend(central_record(&entry, bytes.len() as u64));
            bytes.extend(local_header(&entry));
            bytes.extend_from_slice(content);
        }
        let end = end_records(entries.len() as u64, bytes.len() as u64, directory.len() as u64);
        [bytes, directory, end].concat()
    }

    fn checked(bytes: &[u8]) -> Result<(), (String, FrameFault)> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.zip");
        std::fs::write(&path, bytes).expect("writes");
        check(&path)
    }

    #[test]
    fn a_zip_as_hozon_writes_it_is_right_whatever_its_names() {
        checked(&zip(&[("Leads.csv", b"Id"), ("Leads/1/\u{FFFD}quote.pdf", b"x"), ("見積.txt", b"")])).expect("is right");
        checked(&zip(&[])).expect("is right");
    }

    #[test]
    fn every_changed_byte_of_the_frame_is_noticed() {
        let content = b"content";
        let good = zip(&[("a.csv", content), ("b.csv", b"x")]);
        let data =
            local_header(&ZipEntry { name: "a.csv".into(), method: Method::Stored, crc32: 0, compressed: 7, uncompressed: 7 })
                .len();
        let is_content = |at: usize| (data..data + content.len()).contains(&at) || good[at] == b'x';
        for at in (0..good.len()).filter(|at| !is_content(*at)) {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                assert!(checked(&bad).is_err(), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn gaps_and_bytes_before_or_behind_are_noticed() {
        let good = zip(&[("a.csv", b"x")]);
        for bad in [[b"MZ", good.as_slice()].concat(), [good.as_slice(), b"\0"].concat()] {
            assert!(checked(&bad).is_err());
        }
        assert!(matches!(checked(&good[..good.len() - 1]), Err((_, FrameFault::Unreadable(_) | FrameFault::End))));
    }
}
