//! Writes an organisation and a small CRM into the native store, using the functions' settings. This is the part of a
//! platform that embeds a deployed Hozon.
//! `native_crm <organisation> <name> <plan> <bytes of a film> <bytes of notes> [<bytes after which the film breaks off>]`

use std::error::Error;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use hozon_shared::aws::Aws;
use hozon_shared::domain::archive_options::ArchiveOptions;
use hozon_shared::domain::crm::{DataCategory, Field, Module};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::ports::{Change, ObjectBody, Ports};
use hozon_shared::settings::Settings;
use hozon_shared::snapshots::publish::publish;
use hozon_shared::snapshots::writer::{ModuleHead, NativeStores, NativeWriter, NewAttachment, body_of, unreadable};
use sha2::{Digest, Sha256};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().ok_or("native_crm <organisation> <name> <plan> <bytes of a film> <bytes of notes>");
    let (org, name, plan) = (OrgId(argument()?.parse()?), argument()?, argument()?);
    let (film_bytes, notes_bytes): (usize, usize) = (argument()?.parse()?, argument()?.parse()?);
    let broken_off = arguments.next().map(|bytes| bytes.parse()).transpose()?;
    let film = Film { bytes: film_bytes, broken_off };
    let ports = Aws::load(Settings::from_env()?).await.ports();
    let organisation = organisation(org, name, plan);
    ports.store.commit(org, vec![Change::Organisation(organisation)]).await?;
    // A CRM is written repeatedly. Three days later no run reads the first generation any more, and it is deleted.
    let now = Utc::now();
    for (generation, at) in [("1", now), ("2", now), ("3", now + TimeDelta::days(3))] {
        let deals = deals(&ports, org, generation).await?;
        publish(&*ports.catalogue, &*ports.objects, org, &[deals], at).await?;
    }
    let mut modules = vec![leads(&ports, org, now, film).await?];
    if notes_bytes > 0 {
        modules.push(notes(&ports, org, notes_bytes).await?);
    }
    Ok(publish(&*ports.catalogue, &*ports.objects, org, &modules, now).await?)
}

fn organisation(id: OrgId, name: String, plan: String) -> Organisation {
    Organisation {
        id,
        name,
        time_zone: chrono_tz::Asia::Tokyo,
        plan,
        country: Some("JP".to_owned()),
        time_of_day: None,
        recipients: Vec::new(),
        calendar_key: None,
        locale: None,
        archive: ArchiveOptions::default(),
        version: 0,
    }
}

/// A file large enough for a multipart upload.
struct Film {
    bytes: usize,
    /// Number of bytes after which reading fails.
    broken_off: Option<usize>,
}

impl Film {
    fn body(&self) -> ObjectBody {
        let readable = noise(self.broken_off.unwrap_or(self.bytes));
        let end = self.broken_off.map(|_| Err(unreadable("the film broke off")));
        body_of(readable).chain(stream::iter(end)).boxed()
    }
}

async fn leads(ports: &Ports, org: OrgId, now: DateTime<Utc>, film: Film) -> Result<Module, Box<dyn Error>> {
    let mut writer = writer(ports, org, "1", ("Leads", 1), &["Id", "Name", "Phone"]);
    writer.row(&[Some("1"), Some("山田 \"太郎\""), Some("+819012345678")]).await?;
    writer.row(&[Some("2"), Some("=1+1"), Some("-5")]).await?;
    writer.attachment(attachment("11", "1", "offer.txt", now), body_of("hello ".repeat(100))).await?;
    if let Err(error) = writer.attachment(attachment("12", "1", "film.bin", now), film.body()).await {
        writer.abandon().await?;
        return Err(error.into());
    }
    Ok(writer.finish().await?)
}

async fn deals(ports: &Ports, org: OrgId, generation: &str) -> Result<Module, Box<dyn Error>> {
    let mut writer = writer(ports, org, generation, ("Deals", 2), &["Id", "Amount"]);
    writer.row(&[Some("10"), Some("-12.50")]).await?;
    Ok(writer.finish().await?)
}

/// Writes a module that takes several parts to upload.
async fn notes(ports: &Ports, org: OrgId, bytes: usize) -> Result<Module, Box<dyn Error>> {
    let mut writer = writer(ports, org, "1", ("Notes", 3), &["Id", "Text"]);
    for (number, text) in noise(bytes / 2).chunks(16 << 10).enumerate() {
        writer.row(&[Some(&number.to_string()), Some(&hex::encode(text))]).await?;
    }
    Ok(writer.finish().await?)
}

fn writer(ports: &Ports, org: OrgId, generation: &str, (name, order): (&str, u32), fields: &[&str]) -> NativeWriter {
    let field = |name: &&str| Field {
        api_name: (*name).to_owned(),
        label: (*name).to_owned(),
        data_type: "text".to_owned(),
        contents: DataCategory::Crm,
    };
    let head = ModuleHead {
        api_name: name.to_owned(),
        label: name.to_owned(),
        order,
        contents: DataCategory::Crm,
        key: fields.first().map(|name| (*name).to_owned()).into_iter().collect(),
        fields: fields.iter().map(field).collect(),
    };
    let stores = NativeStores { objects: ports.objects.clone(), uploads: ports.uploads.clone() };
    NativeWriter::new(stores, org, head, generation)
}

fn attachment(id: &str, record: &str, name: &str, created: DateTime<Utc>) -> NewAttachment {
    NewAttachment {
        id: id.to_owned(),
        record_id: record.to_owned(),
        record_name: String::new(),
        name: name.to_owned(),
        content_type: "application/octet-stream".to_owned(),
        created,
    }
}

/// Returns deterministic bytes that deflate cannot compress.
fn noise(size: usize) -> Vec<u8> {
    (0..size.div_ceil(32)).flat_map(|block| Sha256::digest(block.to_le_bytes())).take(size).collect()
}
