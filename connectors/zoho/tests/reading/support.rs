//! A connector to the test server, and comparisons of what it reads with the server's own state.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use hozon_connector_zoho::{OauthClient, Zoho, ZohoAccess};
use hozon_emulator_zoho::{FULL_SCOPE, SampleSize, State, ZohoServer};
use hozon_shared::domain::crm::DataCategory;
use hozon_shared::domain::id::{ConnectionId, OrgId};
use hozon_shared::domain::source::SourceModule;
use hozon_shared::domain::zoho::{DataCenter, ZohoSettings};
use hozon_shared::ports::{
    AccessToken, AccessTokens, Clock, Connector, HeldState, PortError, Protection, ResumePoint, SourceCredits, SourceError,
    SourceSecret,
};
use serde_json::{Value, json};

/// Rows by id.
pub type Rows = BTreeMap<u64, Vec<Option<String>>>;

/// What the workers of a connection share, in memory.
#[derive(Default)]
pub struct Shared {
    token: Mutex<Option<AccessToken>>,
    spent: Mutex<Vec<(DateTime<Utc>, u64)>>,
    pub renewed: Mutex<u32>,
    pub reports: Mutex<u32>,
}

#[async_trait]
impl AccessTokens for Shared {
    async fn newest(&self, _: OrgId, _: ConnectionId) -> Result<Option<AccessToken>, PortError> {
        Ok(self.token.lock().unwrap().clone())
    }

    async fn renew(&self, _: OrgId, _: ConnectionId, token: &AccessToken) -> Result<(), PortError> {
        *self.token.lock().unwrap() = Some(token.clone());
        *self.renewed.lock().unwrap() += 1;
        Ok(())
    }
}

#[async_trait]
impl SourceCredits for Shared {
    async fn spend(&self, _: OrgId, _: ConnectionId, credits: u64, now: DateTime<Utc>) -> Result<u64, PortError> {
        let mut spent = self.spent.lock().unwrap();
        spent.push((now, credits));
        spent.retain(|(at, _)| now - *at < TimeDelta::hours(24));
        *self.reports.lock().unwrap() += 1;
        Ok(spent.iter().map(|(_, credits)| credits).sum())
    }
}

/// The clock of the test server.
struct ServersClock(State);

impl Clock for ServersClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }
}

/// An organisation at the test server, and a connection to it.
pub struct World {
    pub server: ZohoServer,
    pub state: State,
    pub shared: Arc<Shared>,
    pub refresh_token: String,
    pub settings: ZohoSettings,
}

impl World {
    pub async fn small() -> Self {
        Self::of(SampleSize::small()).await
    }

    pub async fn of(size: SampleSize) -> Self {
        let state = State::sample(size);
        let server = ZohoServer::start(state.clone()).await.expect("a server");
        let (shared, refresh_token) = (Arc::default(), state.new_refresh_token(FULL_SCOPE));
        Self { server, state, shared, refresh_token, settings: ZohoSettings::of(DataCenter::Jp) }
    }

    /// A connector. Each has a client of its own.
    pub fn zoho(&self) -> Zoho {
        let client = OauthClient::new(self.state.client_id(), self.state.client_secret());
        let access = ZohoAccess {
            objects: None,
            instead: Some(self.server.base_url().to_owned()),
            client: Some(client),
            clock: Arc::new(ServersClock(self.state.clone())),
            tokens: self.shared.clone(),
            credits: self.shared.clone(),
        };
        let secret = SourceSecret { refresh_token: Some(self.refresh_token.clone()), ..SourceSecret::default() };
        Zoho { settings: self.settings.clone(), secret, connection: (OrgId(1), ConnectionId(2)), access }
    }

    pub async fn hold(&self) -> Box<dyn HeldState> {
        self.zoho().hold(Protection::Notice).await.expect("a state")
    }
}

/// Modules with rows.
pub fn crm(state: &dyn HeldState) -> Vec<SourceModule> {
    state.modules().iter().filter(|module| module.contents == DataCategory::Crm).cloned().collect()
}

pub fn module(state: &dyn HeldState, name: &str) -> SourceModule {
    state.modules().iter().find(|module| module.api_name == name).expect(name).clone()
}

/// Reads at most `pages` pages of a module. Rows must come in the order of their ids.
pub async fn read(
    state: &dyn HeldState,
    module: &SourceModule,
    from: Option<&ResumePoint>,
    pages: usize,
) -> Result<(Rows, Option<ResumePoint>), SourceError> {
    let (mut rows, mut behind) = (Rows::new(), None);
    let mut reading = state.read(module, from).await?.rows;
    for _ in 0..pages {
        let Some(page) = reading.try_next().await? else { return Ok((rows, None)) };
        add(&mut rows, &page.rows);
        behind = page.behind;
    }
    Ok((rows, behind))
}

pub async fn read_all(state: &dyn HeldState, module: &SourceModule) -> Result<Rows, SourceError> {
    read(state, module, None, usize::MAX).await.map(|(rows, _)| rows)
}

pub fn add(rows: &mut Rows, page: &hozon_shared::domain::rows::RowPage) {
    page.for_each(|cells| {
        let id: u64 = cells[0].and_then(|id| id.parse().ok()).expect("an id");
        assert!(rows.last_key_value().is_none_or(|(last, _)| *last < id), "rows are not in order");
        rows.insert(id, cells.iter().map(|cell| cell.map(str::to_owned)).collect());
        Ok::<(), ()>(())
    })
    .expect("rows");
}

/// Brings rows up to date with the changes since a time. Returns whether files have come or gone.
pub async fn catch_up(
    state: &dyn HeldState,
    module: &SourceModule,
    since: DateTime<Utc>,
    (rows, files): (&mut Rows, &Files),
) -> bool {
    let files: Vec<_> = files.keys().cloned().collect();
    let mut changes = state.changes(module, since, &files).await.expect("changes").expect("a state that changes");
    let mut changed = Rows::new();
    while let Some(page) = changes.rows.try_next().await.expect("a page") {
        add(&mut changed, &page.rows);
    }
    rows.extend(changed);
    for id in changes.deleted {
        rows.remove(&id.parse().expect("an id"));
    }
    changes.has_new_files
}

/// Compares rows with the server's own records, cell by cell.
pub fn assert_rows(server: &State, module: &SourceModule, rows: &Rows) {
    let mut expected = 0;
    server.each(&module.api_name, |record| {
        let id: u64 = record["id"].as_str().expect("an id").parse().expect("a number");
        let row = rows.get(&id).unwrap_or_else(|| panic!("{} lacks {id}", module.api_name));
        for (field, cell) in module.fields.iter().zip(row) {
            let name = format!("{}.{} of {id}", module.api_name, field.api_name);
            if field.data_type == "subform" {
                assert_subform(&record[&field.api_name], cell.as_deref(), &name);
            } else {
                assert_eq!(*cell, cell_of(record, &field.api_name), "{name}");
            }
        }
        let shown = record.as_object().expect("an object").keys().filter(|name| !name.starts_with('$'));
        for name in shown {
            assert!(module.fields.iter().any(|field| field.api_name == *name), "{} lacks {name}", module.api_name);
        }
        expected += 1;
    });
    assert_eq!(rows.len(), expected, "{}", module.api_name);
}

/// A cell by the rules of docs/operations/zoho.md.
fn cell_of(record: &Value, field: &str) -> Option<String> {
    if let Some(name) = field.strip_suffix(".id") {
        return record[name]["id"].as_str().map(str::to_owned);
    }
    if let Some(name) = field.strip_suffix(".module") {
        return record[name]["module"]["api_name"].as_str().map(str::to_owned);
    }
    match &record[field] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_f64() && number.as_f64().is_some_and(|number| number.fract() == 0.0) => {
            Some(format!("{:.0}", number.as_f64().expect("a number")))
        }
        Value::Array(list) if list.is_empty() => None,
        Value::Array(list) if field == "Tag" => {
            Some(json!(list.iter().map(|tag| tag["name"].clone()).collect::<Vec<_>>()).to_string())
        }
        Value::Object(object) => object.get("name").and_then(Value::as_str).map(str::to_owned),
        other => Some(other.to_string()),
    }
}

fn assert_subform(rows: &Value, cell: Option<&str>, name: &str) {
    let mut rows: Vec<Value> = rows.as_array().cloned().unwrap_or_default();
    rows.sort_by_key(|row| row["id"].as_str().map(str::to_owned));
    let cells: Vec<Value> = cell.map(|cell| serde_json::from_str(cell).expect("JSON")).unwrap_or_default();
    assert_eq!(cells.len(), rows.len(), "{name}");
    for (row, cells) in rows.iter().zip(&cells) {
        let cells = cells.as_object().expect("an object");
        for (field, cell) in cells {
            assert_eq!(cell.as_str().map(str::to_owned), cell_of(row, field), "{name}: {field}");
        }
        let shown = row.as_object().expect("an object").iter();
        for (field, value) in shown.filter(|(field, value)| !value.is_null() && *field != "Parent_Id" && !field.starts_with('$'))
        {
            assert!(cells.contains_key(field) || value == &json!([]), "{name} lacks {field}");
        }
    }
}

/// Files of a module by id: record, name, bytes. `None` for bytes that are gone.
pub type Files = BTreeMap<String, (u64, String, Option<Vec<u8>>)>;

pub async fn files(state: &dyn HeldState, module: &SourceModule) -> Result<Files, SourceError> {
    let Some(reading) = state.attachments(module).await? else { return Ok(Files::new()) };
    let (mut found, mut files, mut last) = (Files::new(), reading.files, 0);
    while let Some(file) = files.try_next().await? {
        let record: u64 = file.record_id.parse().expect("an id");
        assert!(record >= last, "files are not in the order of records");
        last = record;
        let bytes = match file.bytes {
            Some(bytes) => read_bytes(&bytes).await,
            None => Ok(None),
        }?;
        if let (Some(size), Some(bytes)) = (file.size, &bytes) {
            assert_eq!(size, bytes.len() as u64, "{}", file.name);
        }
        // The rest of a photo's id is its version.
        let id = if file.id.starts_with("photo-") { format!("photo-{record}") } else { file.id };
        assert!(found.insert(id, (record, file.name, bytes)).is_none(), "an id comes twice");
    }
    Ok(found)
}

async fn read_bytes(bytes: &hozon_shared::ports::FileBytes) -> Result<Option<Vec<u8>>, SourceError> {
    let mut all = Vec::new();
    let mut pieces = bytes.read();
    loop {
        match pieces.try_next().await {
            Ok(Some(piece)) => all.extend_from_slice(&piece),
            Ok(None) => return Ok(Some(all)),
            Err(error) if error.kind == hozon_shared::domain::source::SourceErrorKind::FileGone => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}

/// The files that the server itself has of a module.
pub fn files_of(server: &State, module: &str) -> Files {
    let mut files = Files::new();
    for file in server.attachments().into_iter().filter(|file| file.module == module) {
        let (name, bytes) = match &file.link_url {
            Some(url) => (format!("{}.url", file.name), Some(format!("[InternetShortcut]\r\nURL={url}\r\n").into_bytes())),
            None => (file.name.clone(), server.attachment_bytes(file.id)),
        };
        files.insert(file.id.to_string(), (file.record, name, bytes));
    }
    for record in server.photos(module) {
        files.insert(format!("photo-{record}"), (record, "photo.png".to_owned(), server.photo(module, record)));
    }
    for record in server.ids(module) {
        for (id, name, bytes) in server.field_files(module, record) {
            files.insert(format!("field-{record}-{id}"), (record, name, Some(bytes)));
        }
    }
    files
}
