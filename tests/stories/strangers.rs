//! Strangers get nothing from the program: a page of another origin, a page under another name for this machine (DNS
//! rebinding), and another user of this machine, on every port and path of the program. `cargo test --workspace --test
//! stories strangers -- --nocapture` prints the answers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use hozon_tests::{Crm, World};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::command::hozon;
use crate::terminal::read_startup_output;

/// Public paths, whose answers are the same for everybody and contain no personal data.
const PUBLIC: [&str; 8] =
    ["/", "/console/main.js", "/openapi.json", "/oidc/jwks.json", "/mail", "/mail/page.js", "/mail/page.css", "/style.css"];

/// Every path that a part of the program answers, or answered in earlier versions.
fn paths(data: &Path) -> Vec<String> {
    let zip = files(&data.join("s3/archives/archives")).pop().unwrap();
    let zip = zip.strip_prefix(data.join("s3")).unwrap().to_str().unwrap().to_owned();
    let rows = files(&data.join("s3/crm")).pop().unwrap();
    let rows = rows.strip_prefix(data.join("s3")).unwrap().to_str().unwrap().to_owned();
    let mail = files(&data.join("mail")).pop().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    let mut paths: Vec<String> = PUBLIC.map(str::to_owned).into();
    paths.extend([format!("/mail/{mail}"), format!("/mail/messages/{mail}"), format!("/{zip}"), format!("/{rows}")]);
    let known = [
        "/mail/messages",
        "/crm/bulk/v8/backup",
        "/crm/bulk/v8/backup/summary",
        "/crm/bulk/v8/backup/urls",
        "/crm/bulk/v8/backup/settings",
        "/crm/bulk/v8/backup/webhooks",
        "/crm/bulk/v8/backup/history",
        "/crm/bulk/v8/backup/orders",
        "/webhooks/payments",
        "/d/guessed/Data_001.zip",
        "/secrets",
        "/secrets/",
        "/dynamodb",
        "/dynamodb/",
        "/schedules/hozon",
        "/v2/email/outbound-emails",
        "/v1/customers",
        "/v1/checkout/sessions",
        "/v1/events",
        "/pay/cs_test_1",
        "/receipts/ch_1",
        "/archives",
        "/archives?list-type=2",
        "/crm?list-type=2",
        "/archives/../crm",
        "/%2e%2e/secrets.json",
        "/archives/archives/%2e%2e/%2e%2e/crm",
    ];
    paths.extend(known.map(str::to_owned));
    paths
}

/// Requests of a stranger: the method, and the headers that a page can send without a preflight, or a program with its
/// own tools.
const ASKED: [(&str, &str, &str); 8] = [
    ("GET", "", ""),
    ("OPTIONS", "", ""),
    ("POST", "text/plain", ""),
    ("POST", "application/json", ""),
    ("POST", "application/x-amz-json-1.0", "DynamoDB_20120810.Scan"),
    ("POST", "application/x-amz-json-1.1", "secretsmanager.GetSecretValue"),
    ("PUT", "text/plain", ""),
    ("DELETE", "", ""),
];

const BODY: &str = r#"{"TableName":"hozon","SecretId":"signer","GroupName":"hozon","Content":{"Raw":{"Data":"TWVzc2FnZS1JRDogPGFAYj4NCg0KaGk="}}}"#;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stranger {
    OtherOrigin,
    RebindingHost,
    OtherUser,
}

struct Program {
    child: Child,
    data: PathBuf,
    folder: TempDir,
}

impl Program {
    /// Serves a data folder with a backup and mails.
    async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let (crm, data) = (folder.path().join("crm"), folder.path().join("data"));
        std::fs::create_dir_all(crm.join("attachments/Leads/1")).unwrap();
        std::fs::write(crm.join("Leads.csv"), "Id,Name\n1,Secret Customer\n").unwrap();
        std::fs::write(crm.join("attachments/Leads/1/offer.txt"), "Secret Customer").unwrap();
        let command = |arguments: &[&str]| {
            let mut command = Command::new(hozon());
            command.args(["--data", data.to_str().unwrap(), "--port", "0"]).args(arguments).kill_on_drop(true);
            command
        };
        for arguments in [&["import", "--org", "O", "--plan", "Standard", crm.to_str().unwrap()][..], &["backup", "--org", "O"]] {
            let done = command(arguments).output().await.unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut child = command(&["serve"]).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        read_startup_output(&mut child).await;
        while files(&data.join("mail")).is_empty() {
            tokio::task::yield_now().await;
        }
        Self { child, data, folder }
    }

    /// Returns what the program has logged.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Returns every port on which the process listens, as reported by the system.
    fn ports(&self) -> BTreeSet<u16> {
        let process = format!("/proc/{}", self.child.id().unwrap());
        let open = std::fs::read_dir(format!("{process}/fd")).unwrap();
        let open: BTreeSet<String> =
            open.filter_map(|file| Some(std::fs::read_link(file.ok()?.path()).ok()?.to_str()?.to_owned())).collect();
        let mut ports = BTreeSet::new();
        for table in ["tcp", "tcp6"] {
            let text = std::fs::read_to_string(format!("{process}/net/{table}")).unwrap();
            for line in text.lines().skip(1) {
                let columns: Vec<&str> = line.split_whitespace().collect();
                let is_listening = columns[3] == "0A" && open.contains(&format!("socket:[{}]", columns[9]));
                if is_listening {
                    let (address, port) = columns[1].split_once(':').unwrap();
                    assert_eq!(address, "0100007F", "it listens on this machine only");
                    ports.insert(u16::from_str_radix(port, 16).unwrap());
                }
            }
        }
        ports
    }
}

/// Lists every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Values that no stranger may see.
fn secrets(data: &Path) -> Vec<String> {
    let kept: Value = serde_json::from_slice(&std::fs::read(data.join("secrets.json")).unwrap()).unwrap();
    let mut secrets = vec!["Secret Customer".to_owned(), "X-Amz-Signature".to_owned()];
    for path in ["/functions/secret", "/signer/secret", "/payments/api_key", "/payments/webhook_secret"] {
        secrets.push(kept.pointer(path).unwrap().as_str().unwrap().to_owned());
    }
    secrets
}

async fn ask(
    http: &Client,
    port: u16,
    path: &str,
    (method, kind, target): (&str, &str, &str),
    who: Stranger,
) -> (StatusCode, HeaderMap, String) {
    let method: Method = method.parse().unwrap();
    let mut request = http.request(method.clone(), format!("http://127.0.0.1:{port}{path}"));
    match who {
        Stranger::OtherOrigin => request = request.header("origin", "http://evil.example"),
        Stranger::RebindingHost => request = request.header("host", format!("evil.example:{port}")),
        Stranger::OtherUser => {}
    }
    if method == Method::OPTIONS {
        request =
            request.header("access-control-request-method", "PUT").header("access-control-request-headers", "authorization");
    }
    if !kind.is_empty() {
        request = request.header("content-type", kind).body(BODY);
    }
    if !target.is_empty() {
        let forged =
            "AWS4-HMAC-SHA256 Credential=HOZONFUNCTIONS/20260101/us-east-1/x/aws4_request, SignedHeaders=host, Signature=0";
        request = request.header("x-amz-target", target).header("authorization", forged).header("x-amz-date", "20260101T000000Z");
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.headers().clone(), answer.text().await.unwrap())
}

#[tokio::test]
async fn a_foreign_page_a_rebinding_host_and_another_user_get_nothing() {
    let program = Program::start().await;
    let (ports, paths, secrets) = (program.ports(), paths(&program.data), secrets(&program.data));
    assert_eq!(ports.len(), 3, "the gateway, S3 and the payment provider; the table and all other services have no port");
    let before = files(&program.data.join("mail")).len();
    let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    for who in [Stranger::OtherOrigin, Stranger::RebindingHost, Stranger::OtherUser] {
        for (number, port) in ports.iter().enumerate() {
            for path in &paths {
                let mut answered = Vec::new();
                for asked in ASKED {
                    let (status, headers, body) = ask(&http, *port, path, asked, who).await;
                    let what = format!("{who:?} at port {number}: {asked:?} {path}: {status} {body:.200}");
                    assert!(!headers.contains_key("access-control-allow-origin"), "{what}");
                    assert!(secrets.iter().all(|secret| !body.contains(secret)), "{what}");
                    let is_public = who == Stranger::OtherUser && asked.0 == "GET" && PUBLIC.contains(&path.as_str());
                    let is_refused = status.is_client_error() || status == StatusCode::NOT_IMPLEMENTED;
                    assert!(is_refused || (is_public && status == StatusCode::OK), "{what}");
                    assert!(who == Stranger::OtherUser || status == StatusCode::FORBIDDEN, "{what}");
                    answered.push(status.as_u16().to_string());
                }
                println!("{who:?} port {number} {path}: {}", answered.join(" "));
            }
        }
    }
    assert_eq!(files(&program.data.join("mail")).len(), before, "no mail was planted");
    assert!(files(&program.data.join("scheduler")).is_empty(), "no schedule was planted");
    assert_eq!(program.log(), "", "a refused request is no error of the program");
}

#[cfg(unix)]
#[tokio::test]
async fn the_data_folder_and_every_file_in_it_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let program = Program::start().await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&program.data), 0o700);
    let files = files(&program.data);
    assert!(files.len() > 10 && files.iter().any(|file| file.ends_with("dynamodb.sqlite-wal")), "{files:?}");
    for file in &files {
        assert_eq!(mode(file), 0o600, "{}", file.display());
        assert_eq!(mode(file.parent().unwrap()), 0o700, "{}", file.display());
    }
    println!("{} files with mode 0600", files.len());
}

#[tokio::test]
async fn an_administrator_is_shown_mails_of_their_own_organisation_only() {
    let mut world = World::start().await;
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    let other = world.local.organisation("Other", chrono_tz::Asia::Tokyo, "Standard", "JP").await.unwrap();
    let token = world.local.token(other, hozon_shared::domain::organisation::Role::Administrator).unwrap();
    let weekly = r#"{"backup":{"rrule":"RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"}}"#;
    assert_eq!(world.bearer(&token).post("/backup", weekly).await.status, StatusCode::CREATED);
    world.local.wait_until_delivered().await.unwrap();
    let (own, others) = (world.administrator(), world.bearer(&token));
    let mut names = Vec::new();
    for (caller, subjects) in
        [(&own, &["Your backup is ready", "Your backup is being made"][..]), (&others, &["Backup scheduled: every Monday"])]
    {
        let list = caller.send(Method::GET, "/mail/messages", "").await.body["messages"].clone();
        let shown: Vec<_> = list.as_array().unwrap().iter().map(|mail| mail["subject"].as_str().unwrap()).collect();
        assert_eq!(shown, subjects);
        names.push(format!("/mail/messages/{}", list[0]["name"].as_str().unwrap()));
    }
    assert_eq!(own.send(Method::GET, &names[0], "").await.status, StatusCode::OK);
    assert_eq!(own.send(Method::GET, &names[1], "").await.code(), "RESOURCE_NOT_FOUND");
    assert_eq!(others.send(Method::GET, &names[0], "").await.code(), "RESOURCE_NOT_FOUND");
    drop((own, others));
    world.end().await;
}

#[tokio::test]
async fn mail_is_read_with_an_administrators_token_and_never_framed() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    world.local.wait_until_delivered().await.unwrap();
    let page = reqwest::get(format!("{}/mail", world.local.url)).await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("script-src 'self'"), "{policy}");
    let none = HeaderValue::from_static("no-store");
    for (caller, status) in [(world.with_header(None), StatusCode::UNAUTHORIZED), (world.user(), StatusCode::FORBIDDEN)] {
        assert_eq!(caller.send(Method::GET, "/mail/messages", "").await.status, status);
    }
    let list = world.administrator().send(Method::GET, "/mail/messages", "").await;
    let messages = list.body["messages"].as_array().unwrap().clone();
    assert_eq!((messages.len(), messages[0]["subject"].as_str()), (2, Some("Your backup is ready")), "the newest is first");
    let path = format!("/mail/messages/{}", messages[0]["name"].as_str().unwrap());
    let shown = world.administrator().send(Method::GET, &path, "").await.body["message"].clone();
    assert!(shown["html"].as_str().unwrap().starts_with("<!doctype html>") && shown["to"] == "admin@hozon.invalid", "{shown}");
    assert_eq!(world.with_header(None).send(Method::GET, &path, "").await.status, StatusCode::UNAUTHORIZED);
    let outside = world.administrator().send(Method::GET, "/mail/messages/..%2Fsecrets.json", "").await;
    assert_eq!((outside.status, outside.code()), (StatusCode::BAD_REQUEST, "RESOURCE_NOT_FOUND"));
    let token = world.local.token(world.org, hozon_shared::domain::organisation::Role::Administrator).unwrap();
    let summary = Client::new().get(format!("{}/crm/bulk/v8/backup/settings", world.local.url)).bearer_auth(&token);
    assert_eq!(summary.send().await.unwrap().headers().get("cache-control"), Some(&none), "JSON is not kept");
    world.end().await;
}
