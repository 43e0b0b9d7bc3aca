//! Repeats the large attachments of an organisation under other ids, so that an archive of many gigabytes can be made
//! from a small store. All entries refer to the same bytes, so the archive is valid.

use std::path::Path;

use anyhow::{Context, Result};
use hozon_shared::domain::snapshot::{FileRun, LargeFile};
use hozon_shared::ports::{Bucket, ObjectRef};
use hozon_shared::snapshots::reader::stored_module;

use crate::stores::connect;
use crate::worker::organisation;

/// Repeats the large attachments of each module.
pub async fn run(stores: &str, data: &Path, org: &str, times: u64) -> Result<()> {
    let ports = connect(stores).await?;
    let org = organisation(data, org)?;
    for module in ports.catalogue.modules(org).await? {
        let mut stored = stored_module(&*ports.objects, org, &module).await?;
        let large = stored.files.iter().filter_map(|run| match run {
            FileRun::Large(large) => Some(large),
            FileRun::Pack(_) => None,
        });
        let repeated: Vec<FileRun> = large.flat_map(|large| (0..times).map(|time| repeat(large, time))).collect();
        if repeated.is_empty() {
            continue;
        }
        stored.module.attachments = repeated.len() as u64;
        stored.module.attachment_bytes = repeated.iter().map(bytes_of).sum();
        stored.files = repeated;
        let keys = ports.objects.list(Bucket::Crm, &format!("org/{org}/{}/", module.api_name)).await?;
        let index = keys.iter().rfind(|key| key.ends_with("index.json")).map(ObjectRef::crm).context("no index")?;
        ports.objects.put(&index, serde_json::to_vec(&stored)?.into(), "application/json").await?;
        ports.catalogue.publish(org, std::slice::from_ref(&stored.module)).await?;
    }
    Ok(())
}

fn repeat(large: &LargeFile, time: u64) -> FileRun {
    let mut large = large.clone();
    let (folder, name) = large.file.entry.name.split_once('/').unwrap_or_default();
    large.file.entry.name = format!("{folder}/{time}-{name}");
    for id in [&mut large.file.attachment.id, &mut large.file.attachment.record_id] {
        *id = format!("{id}-{time}");
    }
    FileRun::Large(Box::new(large))
}

fn bytes_of(run: &FileRun) -> u64 {
    match run {
        FileRun::Large(large) => large.file.entry.uncompressed,
        FileRun::Pack(_) => 0,
    }
}
