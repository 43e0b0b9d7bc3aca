//! Zips beyond the limits of the original format, built from the records that `assemble` writes, as a sparse file:
//! 70,000 entries, and one of over 4 GiB followed by more entries. Independent readers open it as well.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use hozon::import::inputs::{ZipReading, open_zip};
use hozon_shared::archive::zip::{Method, ZipEntry, central_record, end_records, local_header};

const ENTRIES: u64 = 70_000;
const SPARSE_BYTES: u64 = (4 << 30) + 5_000;

fn stored(name: String, bytes: u64, crc32: u32) -> ZipEntry {
    ZipEntry { name, method: Method::Stored, crc32, compressed: bytes, uncompressed: bytes }
}

fn crc_of_zeros(mut bytes: u64) -> u32 {
    let zeros = vec![0; 1 << 20];
    let mut crc = crc32fast::Hasher::new();
    while bytes > 0 {
        let some = usize::try_from(bytes).unwrap_or(usize::MAX).min(zeros.len());
        crc.update(&zeros[..some]);
        bytes -= some as u64;
    }
    crc.finalize()
}

/// Writes the zip. The bytes of the large entry are a hole in the file.
fn write(path: &Path) {
    let mut file = File::create(path).unwrap();
    let (mut offset, mut directory) = (0, Vec::new());
    for number in 0..ENTRIES {
        let sparse = number == 10;
        let (bytes, crc) = if sparse { (SPARSE_BYTES, crc_of_zeros(SPARSE_BYTES)) } else { (0, 0) };
        let entry = stored(format!("Cases/{number}/保存.bin"), bytes, crc);
        let header = local_header(&entry);
        file.write_all(&header).unwrap();
        directory.extend(central_record(&entry, offset));
        offset += header.len() as u64 + bytes;
        file.seek(SeekFrom::Start(offset)).unwrap();
    }
    file.write_all(&directory).unwrap();
    file.write_all(&end_records(ENTRIES, offset, directory.len() as u64)).unwrap();
}

#[tokio::test]
async fn seventy_thousand_entries_and_one_over_four_gigabytes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/story-archives/sparse");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("Sparse.zip");
    tokio::task::spawn_blocking({
        let path = path.clone();
        move || write(&path)
    })
    .await
    .unwrap();
    let zip = open_zip(&path, ZipReading { names: None, zone: chrono_tz::UTC }).await.unwrap();
    assert_eq!(zip.files.len() as u64, ENTRIES);
    assert_eq!(zip.files.iter().map(|file| file.size).sum::<u64>(), SPARSE_BYTES);
    assert!(zip.files[ENTRIES as usize - 1].read().await.unwrap().is_empty());
}
