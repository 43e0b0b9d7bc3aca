//! Where the zips of Zoho's backup lie while they are read: in pieces among the work objects of the backup that takes them over, which are
//! deleted when that one ends.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use hozon_files::zip_place::RemoteBytes;
use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{Bucket, ErrorKind, ObjectRef, Objects, SourceError, read_all};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::errors::of_port;

/// Number of bytes of a zip that lie in one object. A download that breaks off loses less than that.
pub(crate) const PIECE: u64 = 16 << 20;

/// That Zoho was asked for a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub at: DateTime<Utc>,
    /// When the links that there were then expire, as Zoho writes it.
    pub before: Option<String>,
}

/// What is known of a zip before it is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Begun {
    pub size: u64,
    pub etag: Option<String>,
}

/// The work objects of one backup.
#[derive(Clone)]
pub(crate) struct Staging {
    objects: Arc<dyn Objects>,
    prefix: String,
}

impl Staging {
    pub(crate) fn new(objects: Arc<dyn Objects>, (org, backup): (OrgId, BackupId)) -> Self {
        Self { objects, prefix: format!("work/{org}/{backup}/capture/zoho-backup") }
    }

    pub(crate) async fn document<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, SourceError> {
        match read_all(&*self.objects, &self.at(&format!("{name}.json"))).await {
            Ok(json) => serde_json::from_slice(&json).map(Some).map_err(unreadable),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(of_port(error)),
        }
    }

    pub(crate) async fn set_document(&self, name: &str, document: &impl Serialize) -> Result<(), SourceError> {
        let json = serde_json::to_vec(document).map_err(unreadable)?;
        self.objects.put(&self.at(&format!("{name}.json")), json.into(), "application/json").await.map_err(of_port)
    }

    /// Number of pieces of a zip that are stored without a gap.
    pub(crate) async fn pieces(&self, zip: &str) -> Result<u64, SourceError> {
        let keys = self.objects.list(Bucket::Archives, &format!("{}/{zip}/", self.prefix)).await.map_err(of_port)?;
        let stored = (0..).zip(&keys).take_while(|(number, key)| **key == self.piece(zip, *number).key).count();
        Ok(stored as u64)
    }

    pub(crate) async fn put_piece(&self, zip: &str, number: u64, bytes: Bytes) -> Result<(), SourceError> {
        self.objects.put(&self.piece(zip, number), bytes, "application/octet-stream").await.map_err(of_port)
    }

    /// The bytes of a whole zip.
    pub(crate) fn zip(&self, name: &str, size: u64) -> Arc<dyn RemoteBytes> {
        Arc::new(StagedZip { staging: self.clone(), name: name.to_owned(), size })
    }

    fn piece(&self, zip: &str, number: u64) -> ObjectRef {
        self.at(&format!("{zip}/{number:05}"))
    }

    fn at(&self, name: &str) -> ObjectRef {
        ObjectRef::archives(format!("{}/{name}", self.prefix))
    }
}

fn unreadable(error: serde_json::Error) -> SourceError {
    SourceError { kind: SourceErrorKind::StateLost, source: Some(Box::new(error)) }
}

/// A zip in pieces.
struct StagedZip {
    staging: Staging,
    name: String,
    size: u64,
}

#[async_trait]
impl RemoteBytes for StagedZip {
    fn size(&self) -> u64 {
        self.size
    }

    async fn read(&self, offset: u64, length: u64) -> io::Result<Bytes> {
        let (number, start) = (offset / PIECE, offset % PIECE);
        let end = (start + length).min(PIECE).min((start + self.size.saturating_sub(offset)).max(start));
        if start == end {
            return Ok(Bytes::new());
        }
        let at = self.staging.piece(&self.name, number);
        let mut body = self.staging.objects.get(&at, Some(start..end)).await.map_err(io::Error::other)?;
        let mut bytes = BytesMut::new();
        while let Some(piece) = body.try_next().await.map_err(io::Error::other)? {
            bytes.extend_from_slice(&piece);
        }
        // A read of nothing would look like the end.
        if bytes.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes.freeze()) }
    }
}
