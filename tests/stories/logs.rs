//! No secret is logged, whatever the log level.

use std::process::Stdio;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::command::hozon;

/// A program that logs everything, and what it has printed and logged.
struct Program {
    folder: TempDir,
    printed: String,
    log: String,
}

impl Program {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir_all(folder.path().join("crm/attachments/Leads/1")).unwrap();
        std::fs::write(folder.path().join("crm/Leads.csv"), "Id,Name\n1,Secret Customer\n").unwrap();
        std::fs::write(folder.path().join("crm/attachments/Leads/1/a.txt"), "Secret Attachment").unwrap();
        Self { folder, printed: String::new(), log: String::new() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(hozon());
        command.arg("--data").arg(self.folder.path().join("data")).args(["--port", "0"]).args(arguments);
        command.env("RUST_LOG", "trace").kill_on_drop(true);
        command
    }

    async fn run(&mut self, arguments: &[&str]) {
        let done = self.command(arguments).output().await.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        self.log += &String::from_utf8_lossy(&done.stderr);
        self.printed += &String::from_utf8_lossy(&done.stdout);
    }

    /// Serves, and returns the process with its log once the console's address is printed.
    async fn serve(&mut self) -> (Child, JoinHandle<String>) {
        let mut serving = self.command(&["serve"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = serving.stderr.take().unwrap();
        let reading = tokio::spawn(async move {
            let mut text = Vec::new();
            stderr.read_to_end(&mut text).await.unwrap();
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut lines = BufReader::new(serving.stdout.take().unwrap()).lines();
        loop {
            let line = lines.next_line().await.unwrap().expect("it serves");
            self.printed += &format!("{line}\n");
            if line.starts_with("Ctrl-C") {
                return (serving, reading);
            }
        }
    }

    /// URL and token that it has printed.
    fn url_and_token(&self) -> (String, String) {
        let opened = self.printed.split_whitespace().find(|word| word.contains("/#token=")).unwrap();
        let (url, token) = opened.split_once("/#token=").unwrap();
        (url.to_owned(), token.to_owned())
    }

    /// Keys in the data folder.
    fn stored_secrets(&self) -> Vec<String> {
        let stored = std::fs::read(self.folder.path().join("data/secrets.json")).unwrap();
        let stored: Value = serde_json::from_slice(&stored).unwrap();
        let secret = |path: &str| stored.pointer(path).unwrap().as_str().unwrap().to_owned();
        ["/functions/secret", "/signer/secret", "/payments/api_key", "/payments/webhook_secret"].map(secret).into()
    }
}

/// Adds a webhook and tests it, and downloads a zip. Returns the webhook's secret and the token in the link.
async fn use_secrets(url: &str, token: &str) -> [String; 2] {
    let call = async |method: Method, path: &str, body: Value| {
        let request = reqwest::Client::new().request(method, format!("{url}/crm/bulk/v8/backup{path}")).bearer_auth(token);
        request.body(body.to_string()).send().await.unwrap().json::<Value>().await.unwrap()
    };
    let webhook = json!({ "webhook": { "url": "https://example.com/hook?token=hush" } });
    let hook = call(Method::POST, "/webhooks", webhook).await;
    let id = hook["details"]["id"].as_str().unwrap();
    call(Method::POST, &format!("/webhooks/{id}/actions/test"), json!({})).await;
    let urls = call(Method::GET, "/urls", json!(null)).await;
    let backup = &call(Method::GET, "/backups", json!(null)).await["backups"][0]["id"];
    let root = format!("/{}", backup.as_str().unwrap());
    assert_eq!(call(Method::GET, &format!("{root}/search?words=needle%20secret"), json!(null)).await["info"]["count"], 0);
    assert_eq!(
        call(Method::GET, &format!("{root}/modules/Leads/records/taro%40needle"), json!(null)).await["code"],
        "RECORD_NOT_FOUND"
    );
    assert_eq!(
        call(Method::GET, &format!("{root}/modules/Leads/records/1"), json!(null)).await["record"]["name"],
        "Secret Customer"
    );
    let link = urls["urls"]["data_links"][0].as_str().unwrap();
    assert!(reqwest::get(link).await.unwrap().status().is_success());
    let link = link.split('/').find(|part| part.len() > 40).expect("a token in the link");
    [hook["details"]["secret"].as_str().unwrap().to_owned(), link.to_owned()]
}

#[tokio::test]
async fn the_most_detailed_log_contains_no_signature_key_token_or_row() {
    let mut program = Program::new();
    let crm = program.folder.path().join("crm").to_str().unwrap().to_owned();
    program.run(&["import", "--org", "O", "--plan", "Standard", &crm]).await;
    program.run(&["backup", "--org", "O"]).await;
    let (mut serving, reading) = program.serve().await;
    let (url, token) = program.url_and_token();
    let mut secrets = program.stored_secrets();
    secrets.extend(use_secrets(&url, &token).await);
    secrets.push(token);
    secrets.extend(
        ["X-Amz-Signature", "Signature=", "whsec_", "hush", "needle", "Secret Customer", "Secret Attachment"].map(str::to_owned),
    );
    serving.start_kill().unwrap();
    serving.wait().await.unwrap();
    let log = program.log + &reading.await.unwrap();

    assert!(log.contains("TRACE") || log.contains("DEBUG") || log.contains("INFO"), "nothing is logged: {log}");
    for secret in &secrets {
        let line = log.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "{line:?}");
    }
    println!("{} lines of the most detailed log, none with any of {} secrets", log.lines().count(), secrets.len());
}
