//! Writes CSV files and attachments into the store, as a platform's writer does.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use futures_util::StreamExt;
use futures_util::stream;
use hozon_shared::domain::crm::{DataCategory, Field};
use hozon_shared::domain::id::OrgId;
use hozon_shared::ports::{ObjectBody, Ports};
use hozon_shared::snapshots::input::{ModuleHead, NewAttachment, unreadable};
use hozon_shared::snapshots::session::{Origin, Session, SessionPorts};
use hozon_shared::snapshots::writer::ModuleWriter;
use tokio::io::AsyncReadExt;

/// Files are read in pieces of this size.
const CHUNK: usize = 1 << 20;

/// Stores a folder of `<Module>.csv` and `attachments/<Module>/<record>/<file>`, each attachment `times` times.
pub async fn store(ports: &Ports, org: OrgId, input: &Path, times: u64) -> Result<()> {
    let now = ports.clock.now();
    let session = Session::begin(SessionPorts::from(ports), (org, Origin::Native), ports.ids.next(now), now).await?;
    let mut modules = Vec::new();
    for csv in entries(input)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "csv")) {
        let mut rows = csv::Reader::from_path(&csv)?;
        let name = name_of(csv.with_extension(""))?;
        let mut writer = session.module(head(&name, rows.headers()?));
        let mut row = csv::StringRecord::new();
        while rows.read_record(&mut row)? {
            writer.row(&row.iter().map(Some).collect::<Vec<_>>()).await?;
        }
        attach(&mut writer, &input.join("attachments").join(name), times).await?;
        modules.push(writer.finish().await?);
    }
    Ok(session.publish(&modules, now).await?)
}

fn head(name: &str, header: &csv::StringRecord) -> ModuleHead {
    let field = |name: &str| Field {
        api_name: name.to_owned(),
        label: name.to_owned(),
        data_type: "text".to_owned(),
        contents: DataCategory::Crm,
    };
    ModuleHead {
        api_name: name.to_owned(),
        label: name.to_owned(),
        order: 1,
        contents: DataCategory::Crm,
        fields: header.iter().map(field).collect(),
        key: header.iter().take(1).map(str::to_owned).collect(),
        structure: None,
    }
}

async fn attach(writer: &mut ModuleWriter, folder: &Path, times: u64) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for record in entries(folder)? {
        for file in entries(&record)? {
            for time in 0..times {
                writer.attachment(attachment(&record, &file, time)?, body(file.clone()).await?).await?;
            }
        }
    }
    Ok(())
}

fn attachment(record: &Path, file: &Path, time: u64) -> Result<NewAttachment> {
    let (record_id, name) = (format!("{}-{time}", name_of(record.to_owned())?), name_of(file.to_owned())?);
    Ok(NewAttachment {
        id: format!("{record_id}/{name}"),
        record_id,
        record_name: String::new(),
        content_type: mime_guess::from_path(file).first_or_octet_stream().to_string(),
        name,
        created: None,
    })
}

async fn body(path: PathBuf) -> Result<ObjectBody> {
    let file = tokio::fs::File::open(path).await?;
    let chunks = stream::try_unfold(file, async |mut file| {
        let mut chunk = Vec::with_capacity(CHUNK);
        (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await.map_err(unreadable)?;
        Ok((!chunk.is_empty()).then(|| (chunk.into(), file)))
    });
    Ok(chunks.boxed())
}

/// Paths in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn name_of(path: PathBuf) -> Result<String> {
    Ok(path.file_name().and_then(|name| name.to_str()).context("a file without a name")?.to_owned())
}
