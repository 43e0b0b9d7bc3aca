//! What can be written of a module, as its fields say (Zoho CRM API v8, "Fields Metadata").

use std::collections::HashMap;

use hozon_shared::domain::crm::Module;
use hozon_shared::ports::SourceError;
use serde_json::Value;

use crate::call::Call;
use crate::catalog::{PARENT, Table, columns};
use crate::client::Client;
use crate::columns::{Column, ColumnKind};
use crate::values::{take, text};

/// Fields that Zoho sets itself, even where their descriptions do not say so.
const OWN: [&str; 8] =
    ["id", "Created_By", "Modified_By", "Created_Time", "Modified_Time", "Last_Activity_Time", "Full_Name", "Record_Image"];
/// Types whose values follow from others, or that have calls of their own.
const COMPUTED: [&str; 6] = ["autonumber", "formula", "rollup_summary", "profileimage", "fileupload", "imageupload"];

/// How the API writes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonType {
    Text,
    Number,
    Boolean,
}

/// What may be done with a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct FieldRights {
    pub may_create: bool,
    pub may_update: bool,
    pub is_required: bool,
    pub json: JsonType,
}

/// A module as it is written.
#[derive(Debug, Clone)]
pub(super) struct WrittenTable {
    pub table: Table,
    /// For each column of the table.
    pub rights: Vec<FieldRights>,
    /// Modules of the rows of subforms, by their API names.
    pub subforms: HashMap<String, WrittenTable>,
}

impl WrittenTable {
    /// Reads how a module is written. `None` if Zoho does not have it any more.
    pub(super) async fn read(client: &Client, module: &str) -> Result<Option<Self>, SourceError> {
        let Some(mut written) = Self::read_one(client, module).await? else { return Ok(None) };
        for column in written.table.columns.clone() {
            let ColumnKind::Subform(rows) = &column.kind else { continue };
            let Some(mut subform) = Self::read_one(client, rows).await? else { continue };
            subform.leave_parent();
            written.table.subforms.push(subform.table.clone());
            written.subforms.insert(rows.clone(), subform);
        }
        Ok(Some(written))
    }

    /// Rows of a subform are written with their record, so that the field that leads to it is not.
    fn leave_parent(&mut self) {
        for (column, rights) in self.table.columns.iter_mut().zip(&mut self.rights) {
            if column.api_name == PARENT {
                column.kind = ColumnKind::Parent;
                (rights.may_create, rights.may_update, rights.is_required) = (false, false, false);
            }
        }
    }

    async fn read_one(client: &Client, module: &str) -> Result<Option<Self>, SourceError> {
        let call = Call::get(module, "settings/fields", &[("module", module)]);
        let fields = match client.try_call(call).await {
            Ok(answer) => take(answer.body, "fields"),
            Err(failed) => {
                failed.filter(|error| error.is_unknown()).map_err(|failed| failed.about(module))?;
                return Ok(None);
            }
        };
        let columns = columns(&fields);
        let described = |column: &Column| {
            let list = fields.as_array().into_iter().flatten();
            rights(column, list.into_iter().find(|field| text(field, "api_name") == column.api_name))
        };
        let rights = columns.iter().map(described).collect();
        let table = Table { api_name: module.to_owned(), columns, count: 0, subforms: Vec::new() };
        Ok(Some(Self { table, rights, subforms: HashMap::new() }))
    }

    /// Columns with what may be done with them.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&Column, &FieldRights)> {
        self.table.columns.iter().zip(&self.rights)
    }

    /// Where the cells of a module's fields belong.
    pub(super) fn places(&self, module: &Module) -> Vec<Option<CellPlace>> {
        module.fields.iter().map(|field| self.place(&field.api_name)).collect()
    }

    fn place(&self, name: &str) -> Option<CellPlace> {
        self.table.columns.iter().enumerate().find_map(|(column, known)| {
            let part = match name.strip_prefix(known.api_name.as_str())? {
                "" if known.width() > 1 => CellPart::Name,
                "" => CellPart::Value,
                ".id" if known.width() > 1 => CellPart::Id,
                ".module" if known.width() > 2 => CellPart::Module,
                _ => return None,
            };
            Some(CellPlace { column, part })
        })
    }

    /// The table with only those columns.
    pub(super) fn only(&self, columns: &[usize]) -> Table {
        let chosen: Vec<Column> = columns.iter().filter_map(|at| self.table.columns.get(*at)).cloned().collect();
        let has_subforms = chosen.iter().any(|column| matches!(column.kind, ColumnKind::Subform(_)));
        let subforms = if has_subforms { self.table.subforms.clone() } else { Vec::new() };
        Table { columns: chosen, subforms, ..self.table.clone() }
    }
}

/// Where a cell belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CellPlace {
    /// Position of the column.
    pub column: usize,
    pub part: CellPart,
}

/// Which part of a column's value a cell has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellPart {
    Value,
    /// Name of what a lookup leads to, which is that record's own.
    Name,
    Id,
    Module,
}

fn rights(column: &Column, field: Option<&Value>) -> FieldRights {
    let field = field.cloned().unwrap_or_default();
    let says = |name: &str| field.pointer(name).and_then(Value::as_bool);
    let is_read_only = says("/read_only") == Some(true) || says("/field_read_only") == Some(true);
    // JSON of an unknown form cannot be written back for sure.
    let is_writable = !matches!(column.kind, ColumnKind::Json | ColumnKind::Files | ColumnKind::Photo | ColumnKind::Parent)
        && !OWN.contains(&column.api_name.as_str())
        && !COMPUTED.contains(&column.data_type.as_str())
        && !is_read_only;
    let json = match (column.data_type.as_str(), text(&field, "json_type")) {
        ("boolean", _) | (_, "boolean") => JsonType::Boolean,
        (_, "integer" | "double") => JsonType::Number,
        _ if column.kind == ColumnKind::Number => JsonType::Number,
        _ => JsonType::Text,
    };
    FieldRights {
        may_create: is_writable && says("/operation_type/api_create") != Some(false),
        may_update: is_writable && says("/operation_type/api_update") != Some(false),
        is_required: is_writable && says("/system_mandatory") == Some(true),
        json,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn may(field: Value) -> (bool, bool) {
        let column = Column {
            api_name: text(&field, "api_name").to_owned(),
            label: String::new(),
            data_type: text(&field, "data_type").to_owned(),
            kind: ColumnKind::of(&field),
        };
        let found = rights(&column, Some(&field));
        (found.may_create, found.may_update)
    }

    #[test]
    fn what_zoho_sets_itself_is_not_written() {
        assert_eq!(may(json!({"api_name": "Company", "data_type": "text"})), (true, true));
        assert_eq!(may(json!({"api_name": "Modified_Time", "data_type": "datetime"})), (false, false));
        assert_eq!(may(json!({"api_name": "No", "data_type": "autonumber"})), (false, false));
        assert_eq!(may(json!({"api_name": "Sum", "data_type": "formula"})), (false, false));
        assert_eq!(may(json!({"api_name": "X", "data_type": "text", "read_only": true})), (false, false));
        let once = json!({"api_name": "X", "data_type": "text", "operation_type": {"api_create": true, "api_update": false}});
        assert_eq!(may(once), (true, false));
        assert_eq!(may(json!({"api_name": "Map", "data_type": "x", "json_type": "jsonobject"})), (false, false));
    }
}
