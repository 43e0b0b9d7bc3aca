//! The complete contents of an organisation's CRM, for comparisons.

use futures_util::TryStreamExt;
use hozon_shared::domain::crm::{DataCategory, Field};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::rows::RowPiece;
use hozon_shared::ports::Ports;

/// A module with all its rows and attachments.
#[derive(Debug, PartialEq, Eq)]
pub struct ModuleContents {
    pub api_name: String,
    pub label: String,
    pub order: u32,
    pub fields: Vec<Field>,
    pub rows: Vec<Vec<String>>,
    /// Attachments: id, record, file name, media type, bytes.
    pub attachments: Vec<(String, String, String, String, Vec<u8>)>,
}

/// Reads everything that a backup contains. Modules and fields that backups leave out are skipped.
pub async fn contents(ports: &Ports, org: OrgId) -> Vec<ModuleContents> {
    let mut all = Vec::new();
    for module in ports.snapshots.modules(org).await.expect("modules") {
        if module.contents != DataCategory::Crm {
            continue;
        }
        let kept: Vec<usize> = (0..module.fields.len()).filter(|&at| module.fields[at].contents == DataCategory::Crm).collect();
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut pages = ports.snapshots.rows(org, &module, 0..module.rows).await.expect("rows");
        let mut long = vec![String::new(); module.fields.len()];
        while let Some(piece) = pages.try_next().await.expect("rows") {
            match piece {
                RowPiece::Rows(page) => page
                    .for_each(|cells| {
                        rows.push(kept.iter().map(|&at| cells[at].unwrap_or_default().to_owned()).collect());
                        Ok::<(), std::convert::Infallible>(())
                    })
                    .expect("infallible"),
                RowPiece::Cell(part) => {
                    long[part.column].push_str(&part.text);
                    if part.ends_row {
                        rows.push(kept.iter().map(|&at| std::mem::take(&mut long[at])).collect());
                        long.fill(String::new());
                    }
                }
            }
        }
        let mut attachments = Vec::new();
        let mut listed = ports.snapshots.attachments(org, &module, 0..module.attachments).await.expect("attachments");
        while let Some(attachment) = listed.try_next().await.expect("an attachment") {
            let body: Vec<_> =
                ports.snapshots.open(org, &attachment, None).await.expect("opens").try_collect().await.expect("reads");
            attachments.push((attachment.id, attachment.record_id, attachment.name, attachment.content_type, body.concat()));
        }
        let fields = kept.iter().map(|&at| module.fields[at].clone()).collect();
        let (api_name, label, order) = (module.api_name, module.label, module.order);
        all.push(ModuleContents { api_name, label, order, fields, rows, attachments });
    }
    all
}
