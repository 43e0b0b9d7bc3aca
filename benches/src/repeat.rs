//! Repeats the attachment list of an organisation under other ids, so that an archive of many gigabytes can be made
//! from a small store. All entries refer to the same bytes, so the archive is valid.

use std::path::Path;

use anyhow::{Context, Result};
use hozon_shared::ports::{Bucket, ObjectRef, read_all};
use serde_json::{Value, json};

use crate::stores::connect;
use crate::worker::organisation;

/// Size of a block of the list, the same as in the native store's writer.
const BLOCK: usize = 1 << 20;

/// Repeats the attachment list of each module.
pub async fn run(stores: &str, data: &Path, org: &str, times: u64) -> Result<()> {
    let ports = connect(stores).await?;
    let org = organisation(data, org)?;
    for mut module in ports.catalogue.modules(org).await? {
        if module.attachments == 0 {
            continue;
        }
        let prefix = format!("org/{org}/{}/", module.api_name);
        let keys = ports.objects.list(Bucket::Crm, &prefix).await?;
        let find = |end: &str| keys.iter().rfind(|key| key.ends_with(end)).map(ObjectRef::crm).context("no such object");
        let (list_at, index_at) = (find("attachments/00000000")?, find("index.json")?);
        let list = String::from_utf8(read_all(&*ports.objects, &list_at).await?.to_vec())?;
        let blocks = list_at.key.trim_end_matches("00000000").to_owned();
        let (mut block, mut count, mut listed) = (String::new(), 0, Vec::new());
        for time in 0..times {
            for line in list.lines() {
                let mut attachment: Value = serde_json::from_str(line)?;
                let id = format!("{}-{time}", attachment["id"].as_str().unwrap_or_default());
                (attachment["record_id"], attachment["id"]) = (id.clone().into(), id.into());
                block.push_str(&format!("{attachment}\n"));
                count += 1;
            }
            if block.len() >= BLOCK || time + 1 == times {
                let at = ObjectRef::crm(format!("{blocks}{:08}", listed.len()));
                listed.push(json!({ "count": std::mem::take(&mut count), "bytes": block.len() }));
                ports.objects.put(&at, std::mem::take(&mut block).into(), "application/jsonl").await?;
            }
        }
        module.attachments *= times;
        module.attachment_bytes *= times;
        let mut index: Value = serde_json::from_slice(&read_all(&*ports.objects, &index_at).await?)?;
        index["attachments"] = listed.into();
        ports.objects.put(&index_at, serde_json::to_vec(&index)?.into(), "application/json").await?;
        ports.catalogue.publish(org, std::slice::from_ref(&module)).await?;
    }
    Ok(())
}
