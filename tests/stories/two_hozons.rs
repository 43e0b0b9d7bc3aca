//! Two Hozons: one is Zoho, because its Backup API is Zoho's; the other takes its backups over.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use hozon::ZohoOptions;
use hozon_connector_zoho::OauthClient;
use hozon_shared::connecting::ConnectingPorts;
use hozon_shared::domain::connection::SourceSettings;
use hozon_shared::domain::id::UserId;
use hozon_shared::domain::organisation::{Person, Role};
use hozon_shared::domain::selection::Selection;
use hozon_shared::domain::zoho::{BackupChoice, DataCenter, ZohoSettings};
use hozon_shared::ports::SourceSecret;
use hozon_tests::{Crm, World, captured_contents, contents, hurry, require_equal};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What stands in front of the Hozon that is Zoho: gives its token as Zoho's accounts server does, and breaks downloads off.
struct Front {
    url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    url: String,
    behind: String,
    token: String,
    http: reqwest::Client,
    /// Files whose download was broken off; each is once.
    broken_off: Mutex<BTreeSet<String>>,
    /// First bytes that downloads have asked for.
    offsets: Mutex<Vec<u64>>,
}

impl Front {
    async fn start(behind: &str, token: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let (broken_off, offsets) = (Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { url: url.clone(), behind: behind.to_owned(), token, http, broken_off, offsets });
        let router = Router::new().fallback(pass).with_state(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, task }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(State(front): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path_and_query().unwrap().to_string();
    if path == "/oauth/v2/token" {
        let answer = json!({ "access_token": front.token, "token_type": "Bearer", "expires_in": 3600, "api_domain": front.url });
        return axum::Json(answer).into_response();
    }
    let (parts, body) = request.into_parts();
    let mut passed = front.http.request(parts.method, format!("{}{path}", front.behind));
    for name in ["authorization", "range", "if-range", "content-type"] {
        if let Some(value) = parts.headers.get(name) {
            passed = passed.header(name, value);
        }
    }
    let answer = passed.body(to_bytes(body, usize::MAX).await.unwrap()).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut bytes = answer.bytes().await.unwrap();
    let mut response = if path.starts_with("/d/") {
        let range = parts.headers.get("range").and_then(|range| range.to_str().ok()?.strip_prefix("bytes=")?.strip_suffix('-'));
        front.offsets.lock().unwrap().push(range.map_or(0, |first| first.parse().unwrap()));
        let is_first = front.broken_off.lock().unwrap().insert(path);
        if is_first { broken(bytes) } else { Body::from(bytes).into_response() }
    } else {
        if path.ends_with("/backup/urls") {
            bytes = String::from_utf8(bytes.to_vec()).unwrap().replace(&front.behind, &front.url).into();
        }
        let length = bytes.len();
        let mut response = Body::from(bytes).into_response();
        response.headers_mut().insert("content-length", length.into());
        response
    };
    *response.status_mut() = status;
    for (name, value) in &headers {
        if name != "transfer-encoding" && !response.headers().contains_key(name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// Sends most of a body, then ends the connection.
fn broken(bytes: bytes::Bytes) -> Response {
    let most = bytes.slice(..bytes.len() / 8 * 7);
    let pieces = stream::iter([Ok(most), Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))]);
    // What is sent has to be on its way before the connection ends.
    let pieces = pieces.then(async |piece| {
        tokio::time::sleep(std::time::Duration::from_millis(if piece.is_err() { 50 } else { 0 })).await;
        piece
    });
    Body::from_stream(pieces).into_response()
}

/// A Hozon with a sample CRM, and with a file that makes its zip longer than the pieces in which zips are fetched.
async fn as_zoho(layout: &str) -> World {
    let world = World::start().await;
    hozon::sample::generate(&world.local.ports, world.org, hozon::sample::Size::Small, &mut |_| {}).await.unwrap();
    let mut film = vec![0; 24 << 20];
    fastrand::Rng::with_seed(7).fill(&mut film);
    let films = Crm::default().file("Films.csv", b"Id,Name\r\n1,Long\r\n").file("attachments/Films/1/film.mp4", &film);
    world.import(films.inputs()).await;
    let read = world.administrator().get("/backup/settings").await;
    let body = json!({ "settings": { "layout": layout } }).to_string();
    let headers = [("if-match", read.etag.as_deref().unwrap())];
    let saved = world.administrator().send_with(reqwest::Method::PUT, "/crm/bulk/v8/backup/settings", &body, &headers).await;
    assert_eq!(saved.body["settings"]["layout"], layout);
    world
}

/// A Hozon that takes over the backups of what is behind a front.
async fn pulling(front: &Front) -> World {
    let client = OauthClient::new("1000.HOZON", "secret");
    let world = World::start_with(|options| {
        options.zoho = ZohoOptions { client: Some(client), url: Some(front.url.clone()) };
        hurry(options);
    });
    let world = world.await;
    let secret = SourceSecret { refresh_token: Some("1000.refresh".to_owned()), ..SourceSecret::default() };
    let source = SourceSettings::of_zoho(ZohoSettings::of(DataCenter::Us), Some(BackupChoice::Newest));
    let by = Person { id: UserId(1), name: "Hanako".to_owned(), zuid: UserId(1) };
    let connecting = ConnectingPorts::from(&world.local.ports);
    connecting.connect(world.org, (source, &secret), Selection::default(), &by, None).await.unwrap();
    world
}

/// Takes a backup over, with downloads that each break off once. Returns both, and the first bytes that downloads have asked for.
async fn take_over(layout: &str) -> (World, World, Vec<u64>) {
    let zoho = as_zoho(layout).await;
    let front = Front::start(&zoho.local.url, zoho.local.token(zoho.org, Role::Administrator).unwrap()).await;
    let hozon = pulling(&front).await;
    let zips = hozon.back_up_well().await;
    assert_eq!(zips.len(), 2);
    assert_eq!(front.shared.broken_off.lock().unwrap().len(), 2, "both downloads broke off");
    let offsets = front.shared.offsets.lock().unwrap().clone();
    (zoho, hozon, offsets)
}

fn require_resumed(offsets: &[u64]) {
    let resumed = offsets.iter().filter(|offset| **offset > 0).count();
    assert!(offsets.len() >= 4 && resumed >= 2, "downloads began at {offsets:?}");
    assert!(offsets.iter().any(|offset| *offset > 16 << 20), "none went on behind a piece: {offsets:?}");
    println!("downloads began at {offsets:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_hozon_takes_over_what_another_backs_up_like_zoho() {
    let (zoho, hozon, offsets) = take_over("zoho").await;
    require_resumed(&offsets);
    let original = contents(&zoho.local.ports, zoho.org).await;
    let copied = captured_contents(&hozon.local.ports, hozon.org).await;
    assert_eq!(copied.last().unwrap().api_name, "Zoho_Backup");
    require_equal(&copied[..copied.len() - 1], &original);
    let rows: usize = original.iter().map(|module| module.rows.len()).sum();
    let files: usize = original.iter().map(|module| module.attachments.len()).sum();
    println!("{} modules, {rows} rows and {files} files are equal", original.len());
    assert!(rows > 500 && files > 10, "{rows} rows, {files} files");
    // It asked for one backup, and the other has made it.
    let made: Value = zoho.administrator().get("/backup").await.body;
    assert_eq!(made["backup"]["status"], "COMPLETED");
    hozon.end().await;
    zoho.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_hozon_takes_over_what_another_backs_up_in_its_own_layout() {
    let (zoho, hozon, offsets) = take_over("hozon").await;
    require_resumed(&offsets);
    let original = contents(&zoho.local.ports, zoho.org).await;
    require_equal(&captured_contents(&hozon.local.ports, hozon.org).await, &original);
    hozon.end().await;
    zoho.end().await;
}
