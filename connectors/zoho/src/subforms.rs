//! Subforms. Only a single record shows the rows of its subforms; a list of records does not. The rows are records of a module of their
//! own as well, so that they are read like one, and put into the records that they belong to (Zoho CRM API v8, "Subform API").

use hozon_shared::ports::SourceError;
use serde_json::{Map, Value};

use crate::catalog::{PARENT, Table};
use crate::client::Client;
use crate::columns::{Cells, ColumnKind, Record};
use crate::names::Names;
use crate::records::{self, records_of};
use crate::spill::{Spill, Spilled};
use crate::walk::Walk;

/// The rows of all subforms of a module.
pub(crate) struct Subforms(Vec<(Table, Spilled)>);

impl Subforms {
    /// Reads them all.
    pub(crate) async fn read(client: &Client, table: &Table, names: &Names) -> Result<Self, SourceError> {
        let mut all = Vec::new();
        for subform in &table.subforms {
            let fields: Vec<_> = subform.fields().into_iter().map(|field| field.api_name).collect();
            let parent = fields.iter().position(|name| name == PARENT);
            let mut spill = Spill::new()?;
            let mut walk = Walk::new(subform, names, None);
            while let Some(rows) = walk.next(client).await? {
                for (id, cells) in rows {
                    let key = parent.and_then(|at| cells[at].as_deref()?.parse().ok()).unwrap_or_default();
                    spill.push(key, id, &cells)?;
                }
            }
            all.push((subform.clone(), spill.finish()?));
        }
        Ok(Self(all))
    }

    /// Sets the cells of a record's subforms.
    pub(crate) fn fill(&self, table: &Table, id: u64, cells: &mut Cells) -> Result<(), SourceError> {
        for (at, module) in places(table) {
            let Some((subform, rows)) = self.0.iter().find(|(subform, _)| subform.api_name == module) else { continue };
            cells[at] = written(subform, rows.of(id)?);
        }
        Ok(())
    }
}

/// Sets the cells of the subforms that a whole record shows.
pub(crate) fn fill(table: &Table, record: &mut Record, cells: &mut Cells) -> Result<(), SourceError> {
    for (at, module) in places(table) {
        let Some(subform) = table.subforms.iter().find(|subform| subform.api_name == module) else { continue };
        let Some(field) = name_of(table, module) else { continue };
        let rows = records_of(record.remove(field).unwrap_or_default())?;
        cells[at] = written(subform, rows.iter().map(|(_, row)| records::cells(subform, row)).collect());
    }
    Ok(())
}

fn name_of<'a>(table: &'a Table, module: &str) -> Option<&'a str> {
    let column = table.columns.iter().find(|column| column.kind == ColumnKind::Subform(module.to_owned()))?;
    Some(&column.api_name)
}

/// Positions of cells of subforms, each with the module of its rows.
fn places(table: &Table) -> impl Iterator<Item = (usize, &str)> {
    table.placed().filter_map(|(at, column)| match &column.kind {
        ColumnKind::Subform(module) => Some((at, module.as_str())),
        _ => None,
    })
}

/// Rows as an array of objects: the cells that are not NULL, by their fields' names, without the record's own id.
fn written(subform: &Table, rows: Vec<Cells>) -> Option<String> {
    let names: Vec<_> = subform.fields().into_iter().map(|field| field.api_name).collect();
    let row = |cells: Cells| {
        let cells = names.iter().cloned().zip(cells).filter(|(name, _)| name != PARENT);
        Value::Object(cells.filter_map(|(name, cell)| Some((name, Value::String(cell?)))).collect::<Map<_, _>>())
    };
    if rows.is_empty() { None } else { Some(Value::Array(rows.into_iter().map(row).collect()).to_string()) }
}
