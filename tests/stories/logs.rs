//! No secret is logged, whatever the log level.

use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use crate::command::hozon;

#[tokio::test]
async fn the_finest_log_holds_no_signature_no_key_no_token_and_no_row() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(folder.path().join("crm/attachments/Leads/1")).unwrap();
    std::fs::write(folder.path().join("crm/Leads.csv"), "Id,Name\n1,Secret Customer\n").unwrap();
    std::fs::write(folder.path().join("crm/attachments/Leads/1/a.txt"), "Secret Attachment").unwrap();
    let crm = folder.path().join("crm").to_str().unwrap().to_owned();
    let command = |arguments: &[&str]| {
        let mut command = Command::new(hozon());
        command.args(["--data", data.to_str().unwrap(), "--port", "0"]).args(arguments);
        command.env("RUST_LOG", "trace").kill_on_drop(true);
        command
    };
    let mut log = String::new();
    let mut printed = String::new();
    for arguments in [&["import", "--org", "O", "--plan", "Standard", &crm][..], &["backup", "--org", "O"]] {
        let done = command(arguments).output().await.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        log += &String::from_utf8_lossy(&done.stderr);
        printed += &String::from_utf8_lossy(&done.stdout);
    }
    let mut serving = command(&["serve"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = serving.stderr.take().unwrap();
    let reading = tokio::spawn(async move {
        let mut text = Vec::new();
        stderr.read_to_end(&mut text).await.unwrap();
        String::from_utf8_lossy(&text).into_owned()
    });
    let mut lines = BufReader::new(serving.stdout.take().unwrap()).lines();
    loop {
        let line = lines.next_line().await.unwrap().expect("it serves");
        printed += &format!("{line}\n");
        if line.starts_with("Ctrl-C") {
            break;
        }
    }
    let opened = printed.split_whitespace().find(|word| word.contains("/#token=")).unwrap();
    let (url, token) = opened.split_once("/#token=").unwrap();
    let (url, token) = (url.to_owned(), token.to_owned());
    let call = async |method: reqwest::Method, path: &str, body: Value| {
        let request = reqwest::Client::new().request(method, format!("{url}/crm/bulk/v8/backup{path}")).bearer_auth(&token);
        request.body(body.to_string()).send().await.unwrap().json::<Value>().await.unwrap()
    };
    let hook =
        call(reqwest::Method::POST, "/webhooks", json!({ "webhook": { "url": "https://example.com/hook?token=hush" } })).await;
    let id = hook["details"]["id"].as_str().unwrap();
    call(reqwest::Method::POST, &format!("/webhooks/{id}/actions/test"), json!({})).await;
    let urls = call(reqwest::Method::GET, "/urls", json!(null)).await;
    let link = urls["urls"]["data_links"][0].as_str().unwrap().to_owned();
    assert!(reqwest::get(&link).await.unwrap().status().is_success());
    serving.start_kill().unwrap();
    serving.wait().await.unwrap();
    log += &reading.await.unwrap();

    let kept: Value = serde_json::from_slice(&std::fs::read(data.join("secrets.json")).unwrap()).unwrap();
    let kept = ["/functions/secret", "/signer/secret", "/payments/api_key", "/payments/webhook_secret"]
        .map(|path| kept.pointer(path).unwrap().as_str().unwrap().to_owned());
    let link = link.split('/').find(|part| part.len() > 40).expect("a token in the link").to_owned();
    let mut secrets: Vec<String> =
        ["X-Amz-Signature", "Signature=", "whsec_", "hush", "Secret Customer", "Secret Attachment"].map(str::to_owned).into();
    secrets.extend(kept);
    secrets.extend([link, token, hook["details"]["secret"].as_str().unwrap().to_owned()]);
    assert!(log.contains("TRACE") || log.contains("DEBUG") || log.contains("INFO"), "it tells something: {log}");
    for secret in &secrets {
        let line = log.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "{line:?}");
    }
    println!("{} lines of the finest log, none with any of {} secrets", log.lines().count(), secrets.len());
}
