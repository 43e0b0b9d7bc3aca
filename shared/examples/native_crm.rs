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
use hozon_shared::ports::{Change, ErrorKind, ObjectBody, PortError, Ports};
use hozon_shared::settings::Settings;
use hozon_shared::snapshots::input::{ModuleHead, NewAttachment, body_of, unreadable};
use hozon_shared::snapshots::session::{Origin, Session, SessionPorts};
use hozon_shared::snapshots::writer::ModuleWriter;
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
    let is_new = match ports.store.commit(org, vec![Change::Organisation(organisation)]).await {
        Err(error) if error.kind == ErrorKind::Conflict => false,
        outcome => outcome.map(|()| true)?,
    };
    // A CRM is written repeatedly, at times that follow one another. A second call begins behind those of the first.
    let now = Utc::now() + TimeDelta::days(if is_new { 0 } else { 4 });
    for days in [0, 1, 2] {
        let session = begin(&ports, org, now + TimeDelta::days(days)).await?;
        let deals = deals(&session, days).await?;
        let leads = leads(&session, now, Film { bytes: 0, broken_off: None }).await?;
        session.publish(&[deals, leads], now + TimeDelta::days(days)).await?;
    }
    let session = begin(&ports, org, now + TimeDelta::days(3)).await?;
    let modules = match modules(&session, now, film, notes_bytes).await {
        Ok(modules) => modules,
        Err(error) => {
            session.abandon().await?;
            return Err(error);
        }
    };
    Ok(session.publish(&modules, now).await?)
}

async fn begin(ports: &Ports, org: OrgId, at: DateTime<Utc>) -> Result<Session, PortError> {
    Session::begin(SessionPorts::from(ports), (org, Origin::Native), ports.ids.next(at), at).await
}

async fn modules(session: &Session, now: DateTime<Utc>, film: Film, notes_bytes: usize) -> Result<Vec<Module>, Box<dyn Error>> {
    let mut modules = vec![leads(session, now, film).await?];
    if notes_bytes > 0 {
        modules.push(notes(session, notes_bytes).await?);
    }
    Ok(modules)
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
        loss_rule: Default::default(),
        drills: Default::default(),
        retention: None,
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

async fn leads(session: &Session, now: DateTime<Utc>, film: Film) -> Result<Module, Box<dyn Error>> {
    let mut writer = writer(session, ("Leads", 1), &["Id", "Name", "Phone"]);
    writer.row(&[Some("1"), Some("山田 \"太郎\""), Some("+819012345678")]).await?;
    writer.row(&[Some("2"), Some("=1+1"), Some("-5")]).await?;
    writer.attachment(attachment("11", "1", "offer.txt", now), body_of("hello ".repeat(100))).await?;
    writer.attachment(attachment("12", "1", "film.bin", now), film.body()).await?;
    Ok(writer.finish().await?)
}

async fn deals(session: &Session, days: i64) -> Result<Module, Box<dyn Error>> {
    let mut writer = writer(session, ("Deals", 2), &["Id", "Amount"]);
    writer.row(&[Some("10"), Some(&format!("-12.5{days}"))]).await?;
    Ok(writer.finish().await?)
}

/// Writes a module that takes several parts to upload.
async fn notes(session: &Session, bytes: usize) -> Result<Module, Box<dyn Error>> {
    let mut writer = writer(session, ("Notes", 3), &["Id", "Text"]);
    for (number, text) in noise(bytes / 2).chunks(16 << 10).enumerate() {
        writer.row(&[Some(&number.to_string()), Some(&hex::encode(text))]).await?;
    }
    Ok(writer.finish().await?)
}

fn writer(session: &Session, (name, order): (&str, u32), fields: &[&str]) -> ModuleWriter {
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
        structure: None,
        key: fields.first().map(|name| (*name).to_owned()).into_iter().collect(),
        fields: fields.iter().map(field).collect(),
    };
    session.module(head)
}

fn attachment(id: &str, record: &str, name: &str, created: DateTime<Utc>) -> NewAttachment {
    NewAttachment {
        id: id.to_owned(),
        record_id: record.to_owned(),
        record_name: String::new(),
        name: name.to_owned(),
        content_type: "application/octet-stream".to_owned(),
        created: Some(created),
    }
}

/// Returns deterministic bytes that deflate cannot compress.
fn noise(size: usize) -> Vec<u8> {
    (0..size.div_ceil(32)).flat_map(|block| Sha256::digest(block.to_le_bytes())).take(size).collect()
}
