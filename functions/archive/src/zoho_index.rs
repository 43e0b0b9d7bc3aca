//! The index of attachments in Zoho's layout: `Data/Attachments_001.csv`, `_002.csv`, ... with a row for every attachment of a
//! record. It is written row by row.

use futures_util::TryStreamExt;
use hozon_shared::archive::zoho_layout::{ATTACHMENTS, DATA, FilePlace, INDEX_COLUMNS, ROWS_PER_FILE, csv_name, place_of};
use hozon_shared::domain::archive_options::CsvOptions;
use hozon_shared::domain::crm::Attachment;

use crate::run::Run;
use crate::streamed_entry::StreamedTable;
use crate::task_error::TaskErrorKind;
use crate::units::{UnitContent, file_units};
use crate::work::RunPlan;
use crate::zip_writer::ZipWriter;

/// How times are written, in the time zone of the organisation.
const TIME: &str = "%Y-%m-%d %H:%M:%S";

/// Adds the index to a zip.
pub async fn write<'a>(run: &'a Run<'a>, plan: &'a RunPlan, zip: &mut ZipWriter<'a>) -> Result<(), TaskErrorKind> {
    let mut number = 1;
    let mut table = table(run, number);
    let written = rows(run, plan, zip, &mut table, &mut number).await;
    if let Err(error) = &written {
        table.text.abort(error).await;
    }
    written
}

async fn rows<'a>(
    run: &'a Run<'a>,
    plan: &'a RunPlan,
    zip: &mut ZipWriter<'a>,
    current: &mut StreamedTable<'a>,
    number: &mut usize,
) -> Result<(), TaskErrorKind> {
    let mut files = file_units(run, plan);
    while let Some(unit) = files.try_next().await? {
        let UnitContent::File(file) = &unit.content else { continue };
        let attachment = &file.file.attachment;
        let FilePlace::Indexed { id, .. } = place_of(&unit.module, attachment) else { continue };
        if current.rows == ROWS_PER_FILE {
            zip.add_table(&path(*number), current).await?;
            *number += 1;
            *current = table(run, *number);
        }
        current.add(&row(plan, &unit.module, id, attachment)).await?;
    }
    zip.add_table(&path(*number), current).await
}

fn table<'a>(run: &'a Run<'a>, number: usize) -> StreamedTable<'a> {
    let at = run.work(&format!("zips/{}", csv_name(ATTACHMENTS, number)));
    StreamedTable::new(run, at, CsvOptions::BARE, (&INDEX_COLUMNS, Vec::new()))
}

fn path(number: usize) -> String {
    format!("{DATA}/{}", csv_name(ATTACHMENTS, number))
}

fn row(plan: &RunPlan, module: &str, id: String, attachment: &Attachment) -> [String; 6] {
    let zone = plan.organisation.time_zone;
    let created = attachment.created.map(|created| created.with_timezone(&zone).format(TIME).to_string());
    let (name, size, parent) = (attachment.name.clone(), attachment.size.to_string(), attachment.record_id.clone());
    [id, name, size, parent, module.to_owned(), created.unwrap_or_default()]
}
