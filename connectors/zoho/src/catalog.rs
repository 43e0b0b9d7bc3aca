//! What an organisation has: modules with their fields, and its other descriptions.

use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_shared::domain::crm::{DataCategory, Field};
use hozon_shared::domain::source::{Gap, GapKind, SourceErrorKind, SourceModule};
use hozon_shared::ports::SourceError;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Account;
use crate::call::Call;
use crate::client::{Client, Failed};
use crate::columns::{Column, ColumnKind};
use crate::errors::{ApiError, Unexpected};
use crate::values::{take, text};

/// Number of modules that are described at a time.
const AT_A_TIME: usize = 4;
/// Modules that hold mail (R14 of the design: mail is not backed up).
const MAIL: [&str; 5] = ["Emails", "SalesInbox", "Email_Analytics", "Email_Template_Analytics", "Email_Sentiment"];
/// Modules of documents.
const DOCUMENTS: [&str; 1] = ["Documents"];
/// Modules that integrations fill.
const INTEGRATIONS: [&str; 5] = ["Visits", "Social", "Google_AdWords", "Google_Ads", "Facebook_Ads"];
/// The module of all attached files, which are read with the records that they belong to.
const ATTACHMENTS: &str = "Attachments";

/// The field of a subform's rows that leads to their record.
pub(crate) const PARENT: &str = "Parent_Id";

/// A module as it is read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Table {
    pub api_name: String,
    pub columns: Vec<Column>,
    /// Number of records when the state began.
    pub count: u64,
    /// Modules whose rows are the subforms of this one's records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subforms: Vec<Table>,
}

impl Table {
    pub(crate) fn fields(&self) -> Vec<Field> {
        self.columns.iter().flat_map(Column::fields).collect()
    }

    /// Columns, each with the position of its first cell.
    pub(crate) fn placed(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().scan(0, |at, column| {
            *at += column.width();
            Some((*at - column.width(), column))
        })
    }

    /// Columns with files of the records themselves.
    pub(crate) fn file_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| matches!(column.kind, ColumnKind::Files | ColumnKind::Photo))
    }

    fn shown(&self, label: String) -> SourceModule {
        SourceModule {
            api_name: self.api_name.clone(),
            label,
            contents: DataCategory::Crm,
            fields: self.fields(),
            key: vec!["id".to_owned()],
            structure: None,
            estimated_rows: Some(self.count),
            bytes: None,
        }
    }
}

/// All that was found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Catalog {
    pub tables: Vec<Table>,
    pub modules: Vec<SourceModule>,
    pub gaps: Vec<Gap>,
    pub metadata: Vec<(String, Value)>,
}

/// What was found of one module.
struct Found {
    label: String,
    table: Result<Table, GapKind>,
    fields: Value,
    layouts: Value,
}

impl Catalog {
    /// Describes all modules that the API gives, and lists those that it does not.
    pub(crate) async fn read(client: &Client, account: &Account) -> Result<Self, SourceError> {
        let all = list(client, "settings/modules", "modules", &[]).await?;
        let mut catalog = Self::default();
        let mut described = Vec::new();
        for module in &all {
            match sort(module) {
                Sorted::Rows => described.push(module),
                Sorted::LeftOut(contents) => catalog.modules.push(left_out(module, contents)),
                Sorted::Gap => catalog.gaps.push(Gap::of(text(module, "api_name"), GapKind::NotInApi)),
                Sorted::Elsewhere => {}
            }
        }
        let subforms: Vec<&Value> = all.iter().filter(|module| is_subform(module)).collect();
        let describing: Vec<_> = described.into_iter().map(|module| describe(client, module, &subforms)).collect();
        let found: Vec<Found> = stream::iter(describing).buffered(AT_A_TIME).try_collect().await?;
        catalog.add(&all, found);
        catalog.metadata.push(("org".to_owned(), account.described.clone()));
        catalog.metadata.extend(organisation(client).await?);
        Ok(catalog)
    }

    fn add(&mut self, all: &[Value], found: Vec<Found>) {
        let (mut fields, mut layouts) = (serde_json::Map::new(), serde_json::Map::new());
        let mut modules = Vec::new();
        for Found { label, table, fields: of_module, layouts: of_layouts } in found {
            match table {
                Ok(table) => {
                    fields.insert(table.api_name.clone(), of_module);
                    layouts.insert(table.api_name.clone(), of_layouts);
                    modules.push(table.shown(label));
                    self.tables.push(table);
                }
                Err(kind) => self.gaps.push(Gap::of(&label, kind)),
            }
        }
        // What is left out comes last.
        modules.append(&mut self.modules);
        self.modules = modules;
        let documents = [("modules", json!(all)), ("fields", Value::Object(fields)), ("layouts", Value::Object(layouts))];
        self.metadata = documents.map(|(name, document)| (name.to_owned(), document)).to_vec();
    }
}

/// What becomes of a module.
enum Sorted {
    Rows,
    LeftOut(DataCategory),
    Gap,
    /// It is contained in other modules, or is gone.
    Elsewhere,
}

fn sort(module: &Value) -> Sorted {
    let name = text(module, "api_name");
    let is_deleted = text(module, "status") == "deleted" || module.get("deleted").and_then(Value::as_bool) == Some(true);
    match name {
        _ if is_deleted || name == ATTACHMENTS || is_subform(module) => Sorted::Elsewhere,
        _ if MAIL.contains(&name) => Sorted::LeftOut(DataCategory::Mail),
        _ if DOCUMENTS.contains(&name) => Sorted::LeftOut(DataCategory::Document),
        _ if INTEGRATIONS.contains(&name) => Sorted::LeftOut(DataCategory::Integration),
        _ if module.get("api_supported").and_then(Value::as_bool) == Some(false) => Sorted::Gap,
        _ => Sorted::Rows,
    }
}

fn is_subform(module: &Value) -> bool {
    text(module, "generated_type") == "subform"
}

fn left_out(module: &Value, contents: DataCategory) -> SourceModule {
    let table = Table { api_name: text(module, "api_name").to_owned(), columns: vec![id()], count: 0, subforms: Vec::new() };
    SourceModule { contents, estimated_rows: None, ..table.shown(label(module)) }
}

/// Describes a module: its records' number, its fields and its layouts. What the user may not read is a gap.
async fn describe(client: &Client, module: &Value, subforms: &[&Value]) -> Result<Found, SourceError> {
    let name = text(module, "api_name");
    let gap = |kind| Found { label: name.to_owned(), table: Err(kind), fields: Value::Null, layouts: Value::Null };
    let count = match count(client, name).await {
        Ok(count) => count,
        Err(failed) => return Ok(gap(kind_of_gap(failed, name)?)),
    };
    let fields = match client.try_call(Call::get(name, "settings/fields", &[("module", name)])).await {
        Ok(answer) => take(answer.body, "fields"),
        Err(failed) => return Ok(gap(kind_of_gap(failed, name)?)),
    };
    let mut table = Table { api_name: name.to_owned(), columns: columns(&fields), count, subforms: Vec::new() };
    for column in table.columns.clone() {
        let ColumnKind::Subform(module) = &column.kind else { continue };
        if let Some(rows) = subforms.iter().find(|rows| text(rows, "api_name") == module) {
            table.subforms.push(subform(client, text(rows, "api_name")).await?);
        }
    }
    let layouts = client.try_call(Call::get(name, "settings/layouts", &[("module", name)])).await;
    let layouts = layouts.map(|answer| take(answer.body, "layouts")).or_else(|failed| optional(failed, name))?;
    Ok(Found { label: label(module), table: Ok(table), fields, layouts })
}

async fn subform(client: &Client, name: &str) -> Result<Table, SourceError> {
    let fields = client.call(Call::get(name, "settings/fields", &[("module", name)])).await?;
    let count = count(client, name).await.map_err(|failed| failed.about(name))?;
    let mut columns = columns(&take(fields.body, "fields"));
    columns.iter_mut().filter(|column| column.api_name == PARENT).for_each(|column| column.kind = ColumnKind::Parent);
    Ok(Table { api_name: name.to_owned(), columns, count, subforms: Vec::new() })
}

/// Number of records of a module.
pub(crate) async fn count(client: &Client, module: &str) -> Result<u64, Failed> {
    let answer = client.try_call(Call::get(module, &format!("{module}/actions/count"), &[])).await?;
    if answer.body.is_null() {
        return Ok(0);
    }
    let count = answer.body.get("count").and_then(|count| count.as_u64().or_else(|| count.as_str()?.parse().ok()));
    count.ok_or_else(|| Failed::Otherwise(Unexpected("a count").into()))
}

/// A module that may not be read, or that the API does not give, is left out. Everything else is a failure.
fn kind_of_gap(failed: Failed, module: &str) -> Result<GapKind, SourceError> {
    let is_understood = |error: &ApiError| error.is_forbidden() || error.is_unknown() || error.code == "OAUTH_SCOPE_MISMATCH";
    let error = failed.filter(is_understood).map_err(|failed| failed.about(module))?;
    Ok(if error.is_unknown() { GapKind::NotInApi } else { GapKind::NoPermission })
}

/// A description without which a backup is complete.
fn optional(failed: Failed, about: &str) -> Result<Value, SourceError> {
    kind_of_gap(failed, about).map(|_| Value::Null)
}

/// The columns of a module: first the id, then the others in the order of their own ids, which never changes.
pub(crate) fn columns(fields: &Value) -> Vec<Column> {
    let list = fields.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut fields: Vec<&Value> = list.iter().filter(|field| is_readable(field)).collect();
    fields.sort_by_key(|field| text(field, "id").parse::<u64>().unwrap_or(u64::MAX));
    let column = |field: &&Value| Column {
        api_name: text(field, "api_name").to_owned(),
        label: Some(text(field, "field_label")).filter(|label| !label.is_empty()).unwrap_or(text(field, "api_name")).to_owned(),
        data_type: text(field, "data_type").to_owned(),
        kind: ColumnKind::of(field),
    };
    std::iter::once(id()).chain(fields.iter().map(column)).collect()
}

fn is_readable(field: &Value) -> bool {
    let name = text(field, "api_name");
    !name.is_empty() && name != "id" && field.get("visible").and_then(Value::as_bool) != Some(false)
}

fn id() -> Column {
    let text = |text: &str| text.to_owned();
    Column { api_name: text("id"), label: text("Record Id"), data_type: text("bigint"), kind: ColumnKind::Text }
}

/// Descriptions of the organisation beyond its modules.
async fn organisation(client: &Client) -> Result<Vec<(String, Value)>, SourceError> {
    const DOCUMENTS: [(&str, &str, &str); 4] = [
        ("roles", "settings/roles", "roles"),
        ("profiles", "settings/profiles", "profiles"),
        ("currencies", "org/currencies", "currencies"),
        ("global_picklists", "settings/global_picklists", "global_picklists"),
    ];
    let mut found = vec![("users".to_owned(), Value::Array(list(client, "users", "users", &[("type", "AllUsers")]).await?))];
    for (name, path, key) in DOCUMENTS {
        let answer = client.try_call(Call::get(name, path, &[])).await;
        let document = answer.map(|answer| take(answer.body, key)).or_else(|failed| optional(failed, name))?;
        if !document.is_null() {
            found.push((name.to_owned(), document));
        }
    }
    Ok(found)
}

/// Reads all pages of a list.
pub(crate) async fn list(client: &Client, path: &str, key: &str, query: &[(&str, &str)]) -> Result<Vec<Value>, SourceError> {
    let (mut all, mut page) = (Vec::new(), 1);
    loop {
        let number = page.to_string();
        let mut query = query.to_vec();
        if page > 1 {
            query.push(("page", &number));
        }
        let answer = client.try_call(Call::get(key, path, &query)).await.map_err(|failed| of_all(failed, key))?;
        let has_more = answer.body.pointer("/info/more_records").and_then(Value::as_bool) == Some(true);
        if let Value::Array(mut found) = take(answer.body, key) {
            all.append(&mut found);
        }
        if !has_more {
            return Ok(all);
        }
        page += 1;
    }
}

/// Nothing can be backed up without the list of modules.
fn of_all(failed: Failed, key: &str) -> SourceError {
    match failed.filter(ApiError::is_forbidden) {
        Ok(error) => SourceError { kind: SourceErrorKind::Scope(key.to_owned()), source: Some(Box::new(error)) },
        Err(failed) => failed.about(key),
    }
}

fn label(module: &Value) -> String {
    let names = [text(module, "plural_label"), text(module, "api_name")];
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
}
