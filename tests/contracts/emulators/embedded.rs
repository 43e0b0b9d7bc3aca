//! The emulators of the local program, started with the program on a temporary folder. Its clock stands still long
//! before the times in the checks, so that nothing they write becomes due.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hozon::{Local, LocalOptions};
use hozon_shared::aws::Aws;
use hozon_shared::settings::{AccessKey, Settings};
use hozon_tests::ManualClock;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::PaymentKeys;

pub struct Embedded {
    local: Local,
    data: TempDir,
}

impl Embedded {
    pub async fn start() -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let mut options = LocalOptions::new(data.path()).expect("options");
        options.port = Some(0);
        options.clock = Arc::new(ManualClock::at("2020-01-01T00:00:00Z".parse().expect("a time")));
        Self { local: Local::start(options).await.expect("starts"), data }
    }

    pub fn settings(&self) -> Settings {
        self.local.settings.clone()
    }

    pub fn aws(&self) -> Aws {
        self.local.aws.clone()
    }

    /// Returns the table's items from its file.
    pub fn items(&self) -> Vec<Value> {
        let request = serde_json::from_value(json!({ "TableName": self.local.settings.table })).expect("a request");
        let answer = self.local.database.scan(request).expect("scans");
        serde_json::to_value(answer).expect("JSON")["Items"].as_array().expect("items").clone()
    }

    pub fn plant(&self, item: &Value) {
        let request = json!({ "TableName": self.local.settings.table, "Item": item });
        self.local.database.put_item(serde_json::from_value(request).expect("a request")).expect("puts");
    }

    pub fn schedules(&self) -> Vec<Value> {
        self.files("scheduler", "json").iter().map(|path| json(path)).collect()
    }

    pub fn mails(&self) -> Vec<Vec<u8>> {
        self.files("mail", "eml").iter().map(|path| std::fs::read(path).expect("reads")).collect()
    }

    pub fn executions(&self) -> Vec<(String, Value)> {
        let named = |path: &PathBuf| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, json(path)["input"].clone())
        };
        self.files("executions", "json").iter().map(named).collect()
    }

    pub fn open_uploads(&self) -> usize {
        let entries = std::fs::read_dir(self.data.path().join("s3")).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with(".upload")).count()
    }

    pub fn payment_keys(&self) -> PaymentKeys {
        let keys = self.secrets()["payments"].clone();
        let text = |name: &str| keys[name].as_str().expect("a key").to_owned();
        PaymentKeys { api_key: text("api_key"), webhook_secret: text("webhook_secret") }
    }

    pub fn signer_id(&self) -> String {
        self.signer_key().id
    }

    pub fn signer_key(&self) -> AccessKey {
        serde_json::from_value(self.secrets()["signer"].clone()).expect("a key")
    }

    fn secrets(&self) -> Value {
        json(&self.data.path().join("secrets.json"))
    }

    fn files(&self, folder: &str, extension: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.data.path().join(folder)).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("reads")).expect("JSON")
}
