//! The machine's own limit: zlib-rs deflates bytes in memory at the default level, on one core.

use std::io::{Read, Write, sink, stdin};
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::json;

/// Bytes beyond this are ignored; they would not change the result.
const ENOUGH: u64 = 512 << 20;
const CHUNK: usize = 64 << 10;

/// Deflates standard input as one stream, and keeps nothing of it.
pub fn deflate(level: u32) -> Result<()> {
    let mut encoder = DeflateEncoder::new(sink(), Compression::new(level));
    let (mut input, mut chunk) = (stdin().lock(), vec![0; CHUNK]);
    loop {
        match input.read(&mut chunk)? {
            0 => break,
            read => encoder.write_all(&chunk[..read])?,
        }
    }
    encoder.try_finish()?;
    crate::report::tell(&json!({ "bytes": encoder.total_in(), "size": encoder.total_out() }));
    Ok(())
}

/// Deflates each CSV file of the folder as one stream.
pub fn run(from: &Path, level: u32) -> Result<()> {
    let (mut bytes, mut packed, mut seconds) = (0, 0, 0.0);
    let mut paths: Vec<_> = std::fs::read_dir(from)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    paths.sort();
    for path in paths {
        if bytes > ENOUGH {
            break;
        }
        let file = std::fs::read(path)?;
        let mut encoder = DeflateEncoder::new(Vec::with_capacity(file.len() / 2), Compression::new(level));
        let begun = Instant::now();
        for chunk in file.chunks(CHUNK) {
            encoder.write_all(chunk)?;
        }
        packed += encoder.finish()?.len() as u64;
        seconds += begun.elapsed().as_secs_f64();
        bytes += file.len() as u64;
    }
    crate::report::tell(&json!({ "bytes": bytes, "size": packed, "cpu": seconds, "wall": seconds }));
    Ok(())
}
