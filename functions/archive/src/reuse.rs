//! Reuse of unchanged segments. A segment is stored under the digest of everything that determines its bytes, and a
//! later run of the organisation with the same input reuses it. The resulting zip is identical, byte for byte, to one
//! created from scratch.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use crc32fast::Hasher;
use futures_util::StreamExt;
use hozon_shared::archive::SEGMENT_FORMAT;
use hozon_shared::archive::csv::CsvOptions;
use hozon_shared::domain::crm::Module;
use hozon_shared::ports::{ErrorKind, ObjectRef};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::work::{PlacedFile, Segment};

/// How long a segment is reused. Segments are deleted after seven days, and a run must be able to rely on one until its
/// end.
const REUSED_FOR: TimeDelta = TimeDelta::days(6);

/// Everything that determines the bytes of a segment.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SegmentInput<'a> {
    /// Rows. The module contains its version, for which a source always returns the same rows.
    Rows { level: u32, csv: &'a CsvOptions, module: &'a Module, path: &'a str, rows: &'a Range<u64> },
    /// Attachments, with their locations in the source.
    Files { level: u32, whole_file_bytes: u64, module: &'a str, files: &'a [PlacedFile] },
}

/// The stored record of a complete segment.
#[derive(Serialize, Deserialize)]
struct Kept {
    made: DateTime<Utc>,
    segment: Segment,
}

impl Run<'_> {
    /// Returns the location of the segment for an input.
    pub fn segment_of(&self, input: &SegmentInput<'_>) -> Result<ObjectRef, TaskErrorKind> {
        let json = serde_json::to_vec(&(SEGMENT_FORMAT, input))
            .map_err(|error| TaskErrorKind::WorkDamaged { document: "A work item", source: error })?;
        let digest = hex::encode(&Sha256::digest(json)[..16]);
        Ok(ObjectRef::archives(format!("{}{digest}.bin", self.segments_prefix())))
    }

    /// Key prefix of the organisation's segments.
    pub fn segments_prefix(&self) -> String {
        format!("segments/{}/", self.org)
    }

    /// Returns the segment at that location if it is complete and not about to expire. A damaged segment is deleted and
    /// created again.
    pub async fn kept_segment(&self, at: &ObjectRef) -> Result<Option<Segment>, TaskErrorKind> {
        match self.look_for_segment(at).await {
            Err(error) if error.is_damage() => {
                tracing::warn!(run.id = self.backup.0, segment.key = at.key, cause = error.cause(), "deleted a damaged segment");
                self.forget_segment(at).await?;
                Ok(None)
            }
            found => found,
        }
    }

    async fn look_for_segment(&self, at: &ObjectRef) -> Result<Option<Segment>, TaskErrorKind> {
        let Some(kept) = self.read::<Kept>(&note(at)).await? else { return Ok(None) };
        let is_fresh = self.ports.clock.now() - kept.made < REUSED_FOR;
        let head = if is_fresh { self.ports.objects.head(at).await? } else { None };
        Ok(head.filter(|head| head.size == kept.segment.size).map(|_| kept.segment))
    }

    /// Deletes a segment, so that the next run creates it again.
    pub async fn forget_segment(&self, at: &ObjectRef) -> Result<(), TaskErrorKind> {
        self.ports.objects.delete(&note(at)).await?;
        Ok(self.ports.objects.delete(at).await?)
    }

    /// Returns whether a segment's object is intact. A segment of an older version, which has no checksum, is intact if
    /// its size is right.
    pub async fn is_sound(&self, segment: &Segment) -> Result<bool, TaskErrorKind> {
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

    /// Records a segment as complete.
    pub async fn keep_segment(&self, at: &ObjectRef, segment: &Segment) -> Result<(), TaskErrorKind> {
        let kept = Kept { made: self.ports.clock.now(), segment: segment.clone() };
        self.write(&note(at), &kept).await
    }
}

fn note(segment: &ObjectRef) -> ObjectRef {
    ObjectRef::archives(segment.key.replace(".bin", ".json"))
}
