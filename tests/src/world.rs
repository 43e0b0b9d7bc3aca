//! A running program with one organisation, and callers of its API.

use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use chrono_tz::Asia::Tokyo;
use hozon::import::{ImportError, ImportOptions, import};
use hozon::verify::verify;
use hozon::{Local, LocalOptions};
use hozon_shared::domain::backup::Backup;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::Role;
use hozon_shared::domain::plan::Plans;
use hozon_shared::domain::price::Terms;
use hozon_shared::ports::{Bucket, Change};
use hozon_shared::snapshots::reader::{StoredModule, stored_module};
use hozon_shared::snapshots::stores::stored_object;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

use crate::ManualClock;

/// Name of the organisation.
const ORGANISATION: &str = "桜商事";

/// Folder in which stories leave their zips for independent readers.
const ARCHIVES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/story-archives");

/// A running program with an organisation.
pub struct World {
    pub local: Local,
    pub org: OrgId,
    data: TempDir,
    http: reqwest::Client,
}

/// A caller of the API, with or without a token.
pub struct Caller<'a> {
    world: &'a World,
    authorization: Option<String>,
}

/// An answer of the API.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    /// Null if there is no body, a string if it is not JSON.
    pub body: Value,
    pub etag: Option<String>,
}

impl World {
    /// Starts with the default options.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts with changed options, on a free port and a new folder. Purchases are disabled unless the options enable
    /// them.
    pub async fn start_with(change: impl FnOnce(&mut LocalOptions)) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        Self::start_on(data, change).await
    }

    /// Starts on an existing folder.
    pub async fn start_on(data: TempDir, change: impl FnOnce(&mut LocalOptions)) -> Self {
        let mut options = LocalOptions::new(data.path()).expect("options");
        options.port = Some(0);
        options.terms = Terms::without_purchases(Plans::default());
        change(&mut options);
        let mut local = Local::start(options).await.expect("starts");
        let org = local.organisation(ORGANISATION, Tokyo, "Standard", "JP").await.expect("an organisation");
        Self { local, org, data, http: reqwest::Client::builder().no_proxy().build().expect("a client") }
    }

    /// Imports into the organisation.
    pub async fn import(&self, from: Vec<PathBuf>) -> Vec<Module> {
        self.try_import(ImportOptions { from, ..ImportOptions::default() }).await.expect("imports")
    }

    /// Tries to import into the organisation.
    pub async fn try_import(&self, options: ImportOptions) -> Result<Vec<Module>, ImportError> {
        import(&self.local.ports, self.org, &options, &mut |_| {}).await.map(|imported| imported.modules)
    }

    /// The organisation's administrator.
    pub fn administrator(&self) -> Caller<'_> {
        self.bearer(&self.local.token(self.org, Role::Administrator).expect("a token"))
    }

    /// A plain user of the organisation.
    pub fn user(&self) -> Caller<'_> {
        self.bearer(&self.local.token(self.org, Role::User).expect("a token"))
    }

    /// A caller with a token.
    pub fn bearer(&self, token: &str) -> Caller<'_> {
        Caller { world: self, authorization: Some(format!("Zoho-oauthtoken {token}")) }
    }

    /// A caller with an `Authorization` header.
    pub fn with_header(&self, header: Option<&str>) -> Caller<'_> {
        Caller { world: self, authorization: header.map(str::to_owned) }
    }

    /// Requests a backup and waits for its end.
    pub async fn back_up(&self) -> Backup {
        let answer = self.administrator().post("/backup", "").await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        self.local.wait_until_idle().await;
        let id = answer.body["backup"]["details"]["id"].as_str().expect("an id").parse().expect("an id");
        self.local.ports.store.backup(self.org, id).await.expect("reads").expect("is there")
    }

    /// Advances the clock of this world, and does what is due then. Otherwise the program's own ticker would do it beside what follows.
    pub async fn advance(&self, clock: &ManualClock, by: TimeDelta) {
        clock.advance(by);
        self.local.tick().await;
    }

    /// Makes a backup that must succeed, and verifies its zips and checksums. Returns the zips: data first, then
    /// attachments.
    pub async fn back_up_well(&self) -> Vec<PathBuf> {
        let backup = self.back_up().await;
        assert!(backup.failure.is_none(), "{:?}", backup.failure);
        for file in &backup.files {
            let found = crc32(&self.local.archive_path(&file.key));
            assert_eq!(file.crc32, Some(found), "{}", file.name);
        }
        let zips: Vec<PathBuf> = backup.files.iter().map(|file| self.local.archive_path(&file.key)).collect();
        for zip in &zips {
            verify(zip, &mut |_, _| {}).await.expect("verifies");
        }
        zips
    }

    /// Deletes a deal's attachment from the object store.
    pub async fn lose_an_attachment(&self) {
        let stored = self.stored("Deals").await;
        let file = stored.files.first().expect("an attachment");
        self.local.ports.objects.delete(&stored_object(self.org, file.object())).await.expect("deletes");
    }

    /// Has the rows of backups written anew, in another form of CSV than that of stored blocks.
    pub async fn want_other_csv(&self) {
        let store = &self.local.ports.store;
        let mut organisation = store.organisation(self.org).await.expect("reads").expect("the organisation");
        if std::mem::take(&mut organisation.archive.csv.escape_formulas) {
            store.commit(self.org, vec![Change::Organisation(organisation)]).await.expect("saves");
        }
    }

    /// What the current version of a module consists of.
    pub async fn stored(&self, api_name: &str) -> StoredModule {
        let modules = self.local.ports.catalogue.modules(self.org).await.expect("modules");
        let module = modules.iter().find(|module| module.api_name == api_name).expect("the module");
        stored_module(&*self.local.ports.objects, self.org, module).await.expect("is stored")
    }

    /// Downloads a link without any credentials.
    pub async fn download(&self, link: &str) -> (StatusCode, Vec<u8>) {
        let answer = self.http.get(link).send().await.expect("answers");
        let status = answer.status();
        (status, answer.bytes().await.expect("a body").to_vec())
    }

    /// The data folder.
    pub fn data_folder(&self) -> &Path {
        self.data.path()
    }

    /// Keeps zips for independent readers.
    pub fn keep_for_readers(&self, story: &str, zips: &[PathBuf]) {
        let folder = Path::new(ARCHIVES).join(story);
        std::fs::create_dir_all(&folder).expect("a folder");
        for zip in zips {
            std::fs::copy(zip, folder.join(zip.file_name().expect("a name"))).expect("copies");
        }
    }

    /// Stops the program after checking for leftovers: unfinished runs and uploads, unsent notices, work objects.
    pub async fn end(self) -> TempDir {
        self.local.wait_until_idle().await;
        self.local.wait_until_delivered().await.expect("every notice is sent");
        let newest = self.local.ports.store.backups(self.org, 100).await.expect("reads");
        let running: Vec<_> = newest.iter().filter(|backup| backup.finished.is_none()).map(|backup| backup.id).collect();
        assert!(running.is_empty(), "unfinished: {running:?}");
        let left = self.dangling_uploads();
        assert!(left.is_empty(), "dangling uploads: {left:?}");
        let archives = Bucket::Archives;
        let work = self.local.ports.objects.list(archives, "work/").await.expect("lists");
        assert!(work.is_empty(), "work objects: {work:?}");
        self.local.stop().await.expect("stops");
        self.data
    }

    /// Stops the program in the middle of its work.
    pub async fn cut_short(self) -> TempDir {
        self.local.stop().await.expect("stops");
        self.data
    }

    fn dangling_uploads(&self) -> Vec<String> {
        let root = std::fs::read_dir(self.data.path().join("s3")).expect("a folder");
        let names = root.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with(".upload")).collect()
    }
}

/// CRC-32 of a file.
fn crc32(path: &Path) -> u32 {
    let mut file = std::fs::File::open(path).expect("opens");
    let (mut hasher, mut chunk) = (crc32fast::Hasher::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut chunk).expect("reads") {
            0 => return hasher.finalize(),
            read => hasher.update(&chunk[..read]),
        }
    }
}

impl Caller<'_> {
    /// Sends a GET request to a path below `/crm/bulk/v8`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, &format!("/crm/bulk/v8{path}"), "").await
    }

    /// Sends a POST request.
    pub async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(Method::POST, &format!("/crm/bulk/v8{path}"), body).await
    }

    /// Sends a PUT request.
    pub async fn put(&self, path: &str, body: &str) -> Answer {
        self.send(Method::PUT, &format!("/crm/bulk/v8{path}"), body).await
    }

    /// Sends a request to any path.
    pub async fn send(&self, method: Method, path: &str, body: &str) -> Answer {
        self.send_with(method, path, body, &[]).await
    }

    /// Sends a request with additional headers.
    pub async fn send_with(&self, method: Method, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.world.http.request(method, format!("{}{path}", self.world.local.url)).body(body.to_owned());
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("answers");
        let status = answer.status();
        assert!(answer.headers().contains_key("x-request-id"));
        let etag = answer.headers().get("etag").map(|value| value.to_str().expect("a tag").to_owned());
        let kind = answer.headers().get("content-type").map(|value| value.to_str().expect("a type").to_owned());
        let text = answer.text().await.expect("a body");
        let body = match kind.as_deref() {
            Some("application/json") => serde_json::from_str(&text).expect("JSON"),
            _ if text.is_empty() => Value::Null,
            _ => Value::from(text),
        };
        Answer { status, body, etag }
    }
}

impl Answer {
    /// Returns the error code, from either envelope.
    pub fn code(&self) -> &str {
        let body = if self.body["backup"].is_object() { &self.body["backup"] } else { &self.body };
        body["code"].as_str().unwrap_or_default()
    }
}
