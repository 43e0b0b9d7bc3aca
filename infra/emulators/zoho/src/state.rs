//! The handle on the organisation that tests hold.

use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;

use crate::faults::Fault;
use crate::oauth::FULL_SCOPE;
use crate::options::{Options, SampleSize};
use crate::organisation::Organisation;
use crate::rows::Row;
use crate::table::Table;
use crate::tokens::Grant;
use crate::usage::Usage;

/// Lifetime of a self client's code.
const SELF_CLIENT_CODE: Duration = Duration::minutes(10);

/// The server's state. Clones share it.
#[derive(Debug, Clone)]
pub struct State(Arc<Mutex<Organisation>>);

/// An attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentInfo {
    pub id: u64,
    pub module: String,
    pub record: u64,
    pub name: String,
    /// `None` for links.
    pub size: Option<u64>,
    pub is_link: bool,
    pub link_url: Option<String>,
}

impl State {
    /// A believable organisation.
    pub fn sample(size: SampleSize) -> Self {
        Self(Arc::new(Mutex::new(Organisation::new(&size))))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Organisation> {
        self.0.lock().expect("nothing panics while it is held")
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.lock().now()
    }

    /// Moves the clock ahead.
    pub fn advance(&self, by: Duration) {
        self.lock().advance(by);
    }
}

/// Tokens.
impl State {
    pub fn client_id(&self) -> String {
        self.lock().tokens.client_id.clone()
    }

    pub fn client_secret(&self) -> String {
        self.lock().tokens.client_secret.clone()
    }

    /// A code as the developer console gives it to a self client.
    pub fn self_client_code(&self, scope: &str) -> String {
        let mut organisation = self.lock();
        let expires = organisation.now() + SELF_CLIENT_CODE;
        organisation.tokens.add_grant(Grant { scope: scope.to_owned(), redirect_uri: None, challenge: None, expires })
    }

    pub fn new_refresh_token(&self, scope: &str) -> String {
        self.lock().tokens.add_refresh(scope)
    }

    pub fn new_access_token(&self, scope: &str) -> String {
        let mut organisation = self.lock();
        let (now, seconds) = (organisation.now(), organisation.options.token_seconds);
        let refresh = organisation.tokens.add_refresh(scope);
        organisation.tokens.add_access(&refresh, now, seconds).expect("the refresh token was just made")
    }

    /// An access token for everything.
    pub fn full_access_token(&self) -> String {
        self.new_access_token(FULL_SCOPE)
    }

    /// Revokes a refresh token with its access tokens; `false` if it is unknown.
    pub fn revoke(&self, refresh_token: &str) -> bool {
        self.lock().tokens.revoke(refresh_token)
    }

    /// Ends all access tokens.
    pub fn expire_access_tokens(&self) {
        self.lock().tokens.expire();
    }
}

/// Records.
impl State {
    /// Modules with rows of their own, notes included.
    pub fn modules(&self) -> Vec<String> {
        let specs = self.lock().specs();
        let plain = specs.iter().filter(|spec| spec.parent.is_none() && spec.api_name != "Attachments");
        plain.map(|spec| spec.api_name.clone()).collect()
    }

    pub fn count(&self, module: &str) -> u64 {
        self.snapshot(module).map_or(0, |table| table.count())
    }

    /// Ids in ascending order.
    pub fn ids(&self, module: &str) -> Vec<u64> {
        self.snapshot(module).map(|table| table.ids(0).collect()).unwrap_or_default()
    }

    pub fn record(&self, module: &str, id: u64) -> Option<Value> {
        let row = self.lock().table(module)?.get(id)?;
        Some(Value::Object(Row::clone(&row)))
    }

    /// Shows every record in the order of ids, as they are now.
    pub fn each(&self, module: &str, mut show: impl FnMut(&Value)) {
        let Some(table) = self.snapshot(module) else { return };
        for row in table.ids(0).filter_map(|id| table.get(id)) {
            show(&Value::Object(Arc::unwrap_or_clone(row)));
        }
    }

    pub(crate) fn snapshot(&self, module: &str) -> Option<Table> {
        Some(self.lock().table(module)?.into_owned())
    }

    /// Adds a record and returns its id; 0 if there is no such module.
    pub fn insert(&self, module: &str, record: Value) -> u64 {
        self.lock().insert(module, object(record)).unwrap_or(0)
    }

    /// Changes fields of a record, and its time of modification.
    pub fn update(&self, module: &str, id: u64, changes: Value) -> bool {
        self.lock().update(module, id, object(changes))
    }

    /// Moves a record to the recycle bin.
    pub fn delete(&self, module: &str, id: u64) -> bool {
        self.lock().delete(module, id, false)
    }

    /// Deletes a record for ever.
    pub fn purge(&self, module: &str, id: u64) -> bool {
        self.lock().delete(module, id, true)
    }

    /// Adds a text field to a module that no two records may have alike.
    pub fn add_external_id(&self, module: &str, api_name: &str) {
        self.lock().add_external_id(module, api_name);
    }

    /// Adds an empty custom module.
    pub fn add_module(&self, api_name: &str, label: &str) {
        self.lock().add_module(api_name, label);
    }

    pub fn remove_module(&self, module: &str) {
        self.lock().remove_module(module);
    }
}

/// Files.
impl State {
    pub fn attachments(&self) -> Vec<AttachmentInfo> {
        let mut found = Vec::new();
        self.each("Attachments", |row| found.push(attachment(row)));
        found
    }

    /// Attaches a file and returns its id; 0 if there is no such record.
    pub fn attach(&self, module: &str, record: u64, name: &str, bytes: Vec<u8>) -> u64 {
        self.lock().attach((module, record), name, bytes).unwrap_or(0)
    }

    pub fn attach_link(&self, module: &str, record: u64, name: &str, url: &str) -> u64 {
        self.lock().attach_link((module, record), name, url).unwrap_or(0)
    }

    /// Contents of an attachment; `None` for links.
    pub fn attachment_bytes(&self, id: u64) -> Option<Vec<u8>> {
        self.lock().attachment_bytes(id).map(|bytes| bytes.to_vec())
    }

    pub fn delete_attachment(&self, id: u64) -> bool {
        self.lock().delete("Attachments", id, true)
    }

    pub fn photo(&self, module: &str, id: u64) -> Option<Vec<u8>> {
        self.lock().photo(module, id).map(|bytes| bytes.to_vec())
    }

    pub fn set_photo(&self, module: &str, id: u64, bytes: Vec<u8>) -> bool {
        self.lock().set_photo(module, id, Some(bytes))
    }

    /// Ids of the records with a photo.
    pub fn photos(&self, module: &str) -> Vec<u64> {
        let mut found = Vec::new();
        self.each(module, |row| found.extend(row["Record_Image"].as_str().and_then(|_| row["id"].as_str()?.parse::<u64>().ok())));
        found
    }

    /// Files in the fields of a record: id, name, contents.
    pub fn field_files(&self, module: &str, id: u64) -> Vec<(String, String, Vec<u8>)> {
        self.lock().field_files(module, id)
    }
}

/// Limits and faults.
impl State {
    pub fn options(&self) -> Options {
        self.lock().options.clone()
    }

    pub fn set_options(&self, options: Options) {
        self.lock().options = options;
    }

    /// What the backups contain that the organisation makes of itself from now on, and how long each takes.
    pub fn set_backup_zips(&self, zips: Vec<(String, Vec<u8>)>, takes: Duration) {
        let mut organisation = self.lock();
        organisation.backups.zips = zips.into_iter().map(|(name, bytes)| (name, Arc::new(bytes))).collect();
        organisation.backups.takes = takes;
    }

    /// Begins a backup as the organisation's own schedule does.
    pub fn make_backup(&self) {
        self.lock().make_backup();
    }

    /// How many backups may still be asked for, and whether a schedule makes them.
    pub fn limit_backups(&self, left: u32, is_scheduled: bool) {
        let mut organisation = self.lock();
        (organisation.backups.left, organisation.backups.is_scheduled) = (left, is_scheduled);
    }

    pub fn usage(&self) -> Usage {
        self.lock().meter.usage.clone()
    }

    /// Starts counting anew. The credits of the day stay spent.
    pub fn reset_usage(&self) {
        self.lock().meter.usage = Usage::default();
    }

    pub fn inject(&self, fault: Fault) {
        let mut organisation = self.lock();
        match fault {
            Fault::BulkResultsGone => organisation.jobs.forget_all(),
            fault => organisation.faults.add(fault),
        }
    }

    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }
}

fn object(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}

fn attachment(row: &Value) -> AttachmentInfo {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let number = |value: &Value| value.as_str().and_then(|number| number.parse().ok());
    AttachmentInfo {
        id: number(&row["id"]).unwrap_or(0),
        module: text(&row["$se_module"]).unwrap_or_default(),
        record: number(&row["Parent_Id"]["id"]).unwrap_or(0),
        name: text(&row["File_Name"]).unwrap_or_default(),
        size: number(&row["Size"]),
        is_link: row["$link_url"].is_string(),
        link_url: text(&row["$link_url"]),
    }
}
