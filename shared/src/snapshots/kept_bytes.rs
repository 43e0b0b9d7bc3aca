//! What the kept snapshots of an organisation take: bytes of blocks, packs and large files, each counted once however many snapshots
//! share it. A sweep computes it, and keeps it as a document that the API shows.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::reader::StoredModule;
use crate::archive::contents::PREFIX;
use crate::domain::id::{BackupId, OrgId};
use crate::domain::snapshot::FileRun;
use crate::ports::{ObjectRef, Objects, PortError, find_json, put_json};

/// What is kept of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBytes {
    /// When it was computed.
    pub at: DateTime<Utc>,
    /// Size of everything in bytes.
    pub bytes: u64,
    /// Number of objects.
    pub objects: u64,
    /// The backups whose snapshots are kept, oldest first.
    pub backups: Vec<BackupBytes>,
}

/// What the snapshot of a backup takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupBytes {
    pub backup: BackupId,
    /// Size of what nothing else refers to: what would be free without it.
    pub alone_bytes: u64,
}

fn kept_bytes_at(org: OrgId) -> ObjectRef {
    ObjectRef::archives(format!("{PREFIX}{org}/kept.json"))
}

impl KeptBytes {
    /// Keeps the document, which replaces the one before.
    pub async fn record(&self, objects: &dyn Objects, org: OrgId) -> Result<(), PortError> {
        put_json(objects, &kept_bytes_at(org), self, "encode what is kept of snapshots").await
    }

    /// Reads the document; `None` before the first sweep.
    pub async fn read(objects: &dyn Objects, org: OrgId) -> Result<Option<Self>, PortError> {
        find_json(objects, &kept_bytes_at(org), "read what is kept of snapshots").await
    }
}

/// Who refers to a version.
#[derive(Debug, Clone, Default)]
pub struct Referrers {
    /// Positions of the backups.
    pub backups: Vec<usize>,
    /// Whether something other than the snapshot of a backup does.
    pub others: bool,
}

impl Referrers {
    /// The only one that refers to it, if that is a backup.
    fn alone(&self) -> Option<usize> {
        match (self.backups.as_slice(), self.others) {
            ([one], false) => Some(*one),
            _ => None,
        }
    }
}

/// Counts objects while versions are read.
#[derive(Default)]
pub struct Counter {
    objects: HashMap<String, Counted>,
}

/// An object that was counted.
struct Counted {
    bytes: u64,
    /// The only backup that refers to it.
    alone: Option<usize>,
}

impl Counter {
    /// Counts what a version consists of.
    pub fn add(&mut self, stored: &StoredModule, referrers: &Referrers) {
        let blocks = stored.blocks.iter().map(|block| (block.object.as_str(), block.bytes + block.index_bytes));
        let files = stored.files.iter().map(|run| (run.object(), file_bytes(run)));
        for (object, bytes) in blocks.chain(files) {
            let alone = referrers.alone();
            let counted = self.objects.entry(object.to_owned()).or_insert(Counted { bytes, alone });
            if counted.alone != alone {
                counted.alone = None;
            }
        }
    }

    /// Returns the sums, for backups in the order of their positions.
    pub fn finish(self, backups: &[BackupId], at: DateTime<Utc>) -> KeptBytes {
        let mut alone = vec![0; backups.len()];
        for counted in self.objects.values() {
            if let Some(backup) = counted.alone {
                alone[backup] += counted.bytes;
            }
        }
        let backups =
            backups.iter().zip(alone).map(|(backup, alone_bytes)| BackupBytes { backup: *backup, alone_bytes }).collect();
        let bytes = self.objects.values().map(|counted| counted.bytes).sum();
        KeptBytes { at, bytes, objects: self.objects.len() as u64, backups }
    }
}

fn file_bytes(run: &FileRun) -> u64 {
    match run {
        FileRun::Pack(pack) => pack.bytes + pack.list_bytes,
        FileRun::Large(large) => large.file.entry.compressed,
    }
}
