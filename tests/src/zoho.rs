//! A program that is connected to the test server of Zoho CRM, and a comparison of its backups with what that server says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Utc;
use hozon::{FastClock, LocalOptions, ZohoOptions};
use hozon_connector_zoho::OauthClient;
use hozon_emulator_zoho::{BACKUP_SCOPE, FULL_SCOPE, State, ZohoServer};
use hozon_shared::connecting::ConnectingPorts;
use hozon_shared::domain::backup::Backup;
use hozon_shared::domain::connection::SourceSettings;
use hozon_shared::domain::consent::SCOPES;
use hozon_shared::domain::id::UserId;
use hozon_shared::domain::organisation::Person;
use hozon_shared::domain::selection::Selection;
use hozon_shared::domain::zoho::{BackupChoice, DataCenter, ZohoSettings};
use hozon_shared::ports::SourceSecret;
use serde_json::Value;

use crate::{World, unzip};

/// A record of a CSV file by the names of its columns. A NULL cell is not there.
type CsvRecord = BTreeMap<String, String>;

/// A Zoho, and a program whose organisation is connected to it.
pub struct ZohoWorld {
    pub zoho: ZohoServer,
    pub world: World,
    pub refresh_token: String,
}

impl ZohoWorld {
    /// Starts both.
    pub async fn start(state: State) -> Self {
        Self::start_with(state, |_| {}).await
    }

    /// Starts both, with changed options of the program.
    pub async fn start_with(state: State, change: impl FnOnce(&mut LocalOptions)) -> Self {
        Self::connected(state, (None, FULL_SCOPE), change).await
    }

    /// Starts both, with a consent that covers reading only.
    pub async fn reading(state: State) -> Self {
        let scope = SCOPES.join(",");
        Self::connected(state, (None, &scope), |_| {}).await
    }

    /// Starts both, to take over the backups that Zoho makes of itself. Waits hardly last.
    pub async fn taking_over(state: State, choice: BackupChoice) -> Self {
        Self::connected(state, (Some(choice), BACKUP_SCOPE), hurry).await
    }

    async fn connected(
        state: State,
        (choice, scope): (Option<BackupChoice>, &str),
        change: impl FnOnce(&mut LocalOptions),
    ) -> Self {
        let zoho = ZohoServer::start(state).await.expect("a server");
        let client = OauthClient::new(zoho.state().client_id(), zoho.state().client_secret());
        let url = Some(zoho.base_url().to_owned());
        let world = World::start_with(|options| {
            options.zoho = ZohoOptions { client: Some(client), url };
            change(options);
        });
        let world = world.await;
        let refresh_token = zoho.state().new_refresh_token(scope);
        let secret = SourceSecret { refresh_token: Some(refresh_token.clone()), ..SourceSecret::default() };
        let source = SourceSettings::of_zoho(ZohoSettings::of(DataCenter::Us), choice);
        let by = Person { id: UserId(1), name: "Hanako".to_owned(), zuid: UserId(1) };
        let connecting = ConnectingPorts::from(&world.local.ports);
        connecting.connect(world.org, (source, &secret), Selection::default(), &by, None).await.expect("connects");
        Self { zoho, world, refresh_token }
    }

    pub fn state(&self) -> &State {
        self.zoho.state()
    }

    /// The zips of a backup.
    pub fn zips(&self, backup: &Backup) -> Vec<PathBuf> {
        backup.files.iter().map(|file| self.world.local.archive_path(&file.key)).collect()
    }

    /// Ends both.
    pub async fn end(self) {
        self.world.end().await;
    }
}

/// Compares a backup with the state of the server: every record with every field, and every file. Cells must be plain. Returns the number
/// of records and of files.
pub fn compare(state: &State, zips: &[PathBuf]) -> (u64, u64) {
    let mut records = 0;
    for module in state.modules() {
        let mut found = csv_records(&zips[0], &module);
        state.each(&module, |record| {
            let id = record["id"].as_str().expect("an id");
            let row = found.remove(id).unwrap_or_else(|| panic!("{module} {id} is not in the backup"));
            compare_record(&module, record, &row);
            records += 1;
        });
        assert!(found.is_empty(), "{module}: the backup has records that Zoho does not have: {:?}", found.keys());
    }
    (records, compare_files(state, zips.get(1)))
}

fn csv_records(zip: &Path, module: &str) -> BTreeMap<String, CsvRecord> {
    let bytes = unzip(zip, &format!("{module}.csv"));
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let names: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let record = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.expect("a record");
        let cells = names.iter().cloned().zip(record.iter().map(str::to_owned)).filter(|(_, cell)| !cell.is_empty());
        let cells: CsvRecord = cells.collect();
        (cells["id"].clone(), cells)
    };
    reader.records().map(record).collect()
}

fn compare_record(module: &str, record: &Value, row: &CsvRecord) {
    for (name, value) in record.as_object().expect("an object").iter().filter(|(name, _)| !name.starts_with('$')) {
        let cell = row.get(name).map(String::as_str);
        let is_same = match value {
            Value::Null => cell.is_none(),
            Value::String(text) => cell.unwrap_or_default() == text,
            Value::Bool(value) => cell == Some(value.to_string().as_str()),
            Value::Number(number) => cell.and_then(|cell| cell.parse::<f64>().ok()) == number.as_f64(),
            Value::Object(lookup) => {
                let id = row.get(&format!("{name}.id")).map(String::as_str);
                id == lookup["id"].as_str() && cell == lookup.get("name").and_then(Value::as_str)
            }
            Value::Array(list) => same_list(list, cell),
        };
        assert!(is_same, "{module} {} {name}: Zoho has {value}, the backup {cell:?}", record["id"]);
    }
}

/// Tags, picks, files in fields, and rows of subforms.
fn same_list(list: &[Value], cell: Option<&str>) -> bool {
    let found: Vec<Value> = cell.map(|cell| serde_json::from_str(cell).expect("JSON")).unwrap_or_default();
    let is_same = |(value, found): (&Value, &Value)| match (value, found) {
        (Value::Object(tag), Value::String(name)) => tag["name"] == name.as_str(),
        (Value::Object(row), Value::Object(found)) => row["id"] == found["id"],
        _ => value == found,
    };
    list.len() == found.len() && list.iter().zip(&found).all(is_same)
}

/// Compares the attachments, photos and files in fields.
fn compare_files(state: &State, zip: Option<&PathBuf>) -> u64 {
    let index = zip.map(|zip| unzip(zip, "attachments.csv")).unwrap_or_default();
    let mut reader = csv::Reader::from_reader(index.as_slice());
    let rows: Vec<CsvRecord> = reader.deserialize().map(|row| row.expect("a row")).collect();
    let mut found: BTreeMap<(String, String, String), String> = BTreeMap::new();
    for row in rows {
        let key = (row["module"].clone(), row["record_id"].clone(), row["attachment_id"].clone());
        assert!(found.insert(key, row["path"].clone()).is_none(), "an attachment is there twice: {row:?}");
    }
    let mut take = |module: &str, record: u64, id: String| {
        // The rest of a photo's id is its version.
        let is_wanted = |key: &&(String, String, String)| {
            key.0 == module
                && key.1 == record.to_string()
                && (key.2 == id || (id.starts_with("photo-") && key.2.starts_with(&id)))
        };
        let path = found.keys().find(is_wanted).cloned().and_then(|key| found.remove(&key));
        let others = || found.keys().filter(|key| key.1 == record.to_string()).cloned().collect::<Vec<_>>();
        let path = path.unwrap_or_else(|| panic!("file {id} of {module} {record} is not in the backup, only {:?}", others()));
        unzip(zip.expect("a zip of attachments"), &path.replace('[', "[[]"))
    };
    let mut files = 0;
    for attachment in state.attachments() {
        let bytes = take(&attachment.module, attachment.record, attachment.id.to_string());
        match state.attachment_bytes(attachment.id) {
            Some(expected) => assert!(bytes == expected, "attachment {} differs", attachment.id),
            None => assert!(String::from_utf8_lossy(&bytes).contains("URL=http"), "a link is kept as a shortcut"),
        }
        files += 1;
    }
    for module in state.modules() {
        for record in state.photos(&module) {
            assert_eq!(Some(take(&module, record, format!("photo-{record}"))), state.photo(&module, record));
            files += 1;
        }
        for record in state.ids(&module) {
            for (id, _, expected) in state.field_files(&module, record) {
                assert!(take(&module, record, format!("field-{record}-{id}")) == expected, "file {id} in a field differs");
                files += 1;
            }
        }
    }
    assert!(found.is_empty(), "the backup has files that Zoho does not have: {:?}", found.keys().collect::<BTreeSet<_>>());
    files
}

/// Lets two minutes of waiting pass in a little more than a second.
pub fn hurry(options: &mut LocalOptions) {
    options.speed = 100.0;
    options.clock = Arc::new(FastClock::starting(Utc::now(), options.speed));
}
