//! Unchanged work is not done again: a segment is kept under the digest of everything that its bytes follow from, and a later run of the
//! organisation with the same input takes it as it is. The zip is the same, byte for byte, as if it had been made anew.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use crc32fast::Hasher;
use futures_util::StreamExt;
use hozon_shared::archive::csv::CsvOptions;
use hozon_shared::domain::crm::Module;
use hozon_shared::ports::{ErrorKind, ObjectRef};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::work::{PlacedFile, Segment};
use crate::{Run, TaskError};

/// Counts the ways in which the same input gave other bytes: raise it with every change to CSV, compression or headers.
const FORMAT: u32 = 3;
/// Segments are deleted seven days after they were made; a run must be able to rely on one until its end.
const REUSED_FOR: TimeDelta = TimeDelta::days(6);

/// Everything that a segment's bytes follow from.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Input<'a> {
    /// Rows: the module names its version, by which a source always gives the same rows.
    Rows { level: u32, csv: &'a CsvOptions, module: &'a Module, path: &'a str, rows: &'a Range<u64> },
    /// Attachments, with the places where the source keeps them.
    Files { level: u32, whole_file_bytes: u64, module: &'a str, files: &'a [PlacedFile] },
}

/// A segment that was made before.
#[derive(Serialize, Deserialize)]
struct Kept {
    made: DateTime<Utc>,
    segment: Segment,
}

impl Run<'_> {
    /// Where the segment of this input lies, or will.
    pub fn segment_of(&self, input: &Input<'_>) -> Result<ObjectRef, TaskError> {
        let json = serde_json::to_vec(&(FORMAT, input)).map_err(|error| TaskError::damaged("A work item", error))?;
        let digest: String = Sha256::digest(json).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Ok(ObjectRef::archives(format!("{}{digest}.bin", self.segments_prefix())))
    }

    /// Prefix of the organisation's segments.
    pub fn segments_prefix(&self) -> String {
        format!("segments/{}/", self.org)
    }

    /// The segment that lies there, if it is whole and will last. One that is damaged is none, so that it is made anew.
    pub async fn kept_segment(&self, at: &ObjectRef) -> Result<Option<Segment>, TaskError> {
        match self.look_for_segment(at).await {
            Err(error) if error.is_damage() => {
                tracing::warn!(run.id = self.backup.0, segment.key = at.key, cause = error.cause(), "a kept segment is damaged");
                self.forget_segment(at).await?;
                Ok(None)
            }
            found => found,
        }
    }

    async fn look_for_segment(&self, at: &ObjectRef) -> Result<Option<Segment>, TaskError> {
        let Some(kept) = self.read::<Kept>(&note(at)).await? else { return Ok(None) };
        let is_fresh = self.ports.clock.now() - kept.made < REUSED_FOR;
        let head = if is_fresh { self.ports.objects.head(at).await? } else { None };
        Ok(head.filter(|head| head.size == kept.segment.size).map(|_| kept.segment))
    }

    /// Deletes a segment, so that the next run makes it anew.
    pub async fn forget_segment(&self, at: &ObjectRef) -> Result<(), TaskError> {
        self.ports.objects.delete(&note(at)).await?;
        Ok(self.ports.objects.delete(at).await?)
    }

    /// Whether a segment's object is as it was written; one of an older version, without a checksum, counts as such if it has its size.
    pub async fn is_sound(&self, segment: &Segment) -> Result<bool, TaskError> {
        let at = ObjectRef::archives(&segment.key);
        let mut body = match self.ports.objects.get(&at, None).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(false),
            opened => opened?,
        };
        let (mut size, mut crc) = (0, Hasher::new());
        while let Some(chunk) = body.next().await {
            match chunk {
                Err(error) if error.kind == ErrorKind::Corrupt => return Ok(false),
                chunk => {
                    let chunk = chunk?;
                    size += chunk.len() as u64;
                    crc.update(&chunk);
                }
            }
        }
        Ok(size == segment.size && segment.crc32.is_none_or(|crc32| crc32 == crc.finalize()))
    }

    /// Notes that a segment is whole.
    pub async fn keep_segment(&self, at: &ObjectRef, segment: &Segment) -> Result<(), TaskError> {
        let kept = Kept { made: self.ports.clock.now(), segment: segment.clone() };
        self.write(&note(at), &kept).await
    }
}

fn note(segment: &ObjectRef) -> ObjectRef {
    ObjectRef::archives(segment.key.replace(".bin", ".json"))
}
