//! Comparison of files that appear twice, because a zip was given twice or every zip contains them.

use tokio::io::AsyncReadExt;

use crate::error::ImportError;
use crate::inputs::InputFile;

const CHUNK: u64 = 64 << 10;

/// Returns whether two files have the same bytes. Files of zips are compared by the CRC-32 in the directory.
pub async fn are_equal(one: &InputFile, other: &InputFile) -> Result<bool, ImportError> {
    if one.size != other.size {
        return Ok(false);
    }
    if let (Some(one), Some(other)) = (one.zip_record(), other.zip_record()) {
        return Ok(one.crc32 == other.crc32);
    }
    let (mut left, mut right) = (one.open().await?, other.open().await?);
    loop {
        let (mut of_left, mut of_right) = (Vec::new(), Vec::new());
        (&mut left).take(CHUNK).read_to_end(&mut of_left).await.map_err(|source| one.unreadable(source))?;
        (&mut right).take(CHUNK).read_to_end(&mut of_right).await.map_err(|source| other.unreadable(source))?;
        if of_left != of_right || of_left.is_empty() {
            return Ok(of_left == of_right);
        }
    }
}
