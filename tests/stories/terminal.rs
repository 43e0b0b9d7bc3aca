//! The first output on the terminal, and the commands that run beside the program.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::command::hozon;

/// Returns the command with the terminal's locale set.
pub fn command(data: &Path, arguments: &[&str], locale: &str) -> Command {
    let mut command = Command::new(hozon());
    command.args(["--data", data.to_str().unwrap(), "--port", "0"]).args(arguments).kill_on_drop(true);
    for (name, value) in [("LC_ALL", locale), ("NO_PROXY", "*")] {
        command.env(name, value);
    }
    command
}

async fn run(data: &Path, arguments: &[&str]) -> (bool, String) {
    let output = command(data, arguments, "C").output().await.unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

/// Starts the program and reads its output up to the line that says how to stop it.
async fn start(data: &Path, arguments: &[&str], locale: &str) -> (Child, String) {
    let mut child = command(data, arguments, locale).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let printed = read_startup_output(&mut child).await;
    (child, printed)
}

/// Reads the output up to the line that says how to stop the program.
pub async fn read_startup_output(child: &mut Child) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut printed = String::new();
    loop {
        let line = lines.next_line().await.unwrap().unwrap_or_else(|| panic!("it ended: {printed}"));
        printed += &format!("{line}\n");
        if line.starts_with("Ctrl-C") {
            return printed;
        }
    }
}

async fn get(url: &str, token: &str) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(url).bearer_auth(token).send().await.unwrap().json().await.unwrap()
}

fn first_address(printed: &str) -> (&str, &str) {
    let line = printed.lines().find(|line| line.contains("/#token=")).unwrap();
    line.split_whitespace().last().unwrap().split_once("/#token=").unwrap()
}

#[tokio::test]
async fn the_demo_says_what_to_open_first_and_shows_three_months_of_several_administrators() {
    let folder = TempDir::new().unwrap();
    let (mut child, printed) = start(folder.path(), &["demo"], "C").await;
    let end: Vec<&str> = printed.lines().skip_while(|line| !line.starts_with("Open this first:")).collect();
    assert_eq!(end.len(), 5, "{printed}");
    assert!(end[1].ends_with("/mail") && end[2].contains("4242 4242 4242 4242") && end[3].contains("links"), "{printed}");
    let (url, token) = first_address(&printed);

    let page = get(&format!("{url}/crm/bulk/v8/backup/history?per_page=200"), token).await;
    let events = page["history"].as_array().unwrap();
    let told = |name: &str| events.iter().filter_map(|event| event[name].as_str()).map(str::to_owned).collect::<BTreeSet<_>>();
    let kinds = told("kind");
    for kind in ["backup_skipped", "backup_failed", "schedule_stopped", "backup_ready", "download_started", "schedule_set"] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
    let text = page.to_string();
    assert!(["佐藤 美咲", "田中 健一", "Admin"].iter().all(|name| text.contains(name)), "{text}");

    let (ok, links) = run(folder.path(), &["links"]).await;
    assert!(ok && links.contains("Data_001.zip") && links.contains("/mail#token="), "{links}");
    let (ok, token) = run(folder.path(), &["token"]).await;
    let allowance = get(&format!("{url}/crm/bulk/v8/backup/allowance"), token.trim()).await;
    assert!(ok && allowance["allowance"].is_object(), "{allowance}");
    let (ok, token) = run(folder.path(), &["token", "--user"]).await;
    assert!(ok && get(&format!("{url}/crm/bulk/v8/backup/allowance"), token.trim()).await["code"] == "NO_PERMISSION");
    child.kill().await.unwrap();
}

#[tokio::test]
async fn serving_an_empty_folder_says_what_to_do_in_the_terminals_language() {
    let folder = TempDir::new().unwrap();
    let (mut child, printed) = start(folder.path(), &["serve"], "C").await;
    assert!(printed.contains("import FILES --org"), "{printed}");
    child.kill().await.unwrap();
    let (mut child, printed) = start(folder.path(), &["serve"], "ja_JP.UTF-8").await;
    assert!(printed.contains("組織がありません"), "{printed}");
    child.kill().await.unwrap();
}

#[tokio::test]
async fn links_and_tokens_say_what_is_missing() {
    let folder = TempDir::new().unwrap();
    let nowhere = folder.path().join("nowhere");
    let (ok, said) = run(&nowhere, &["token"]).await;
    assert!(!ok && said.contains("hozon demo") && !nowhere.exists(), "{said}");
    let crm = folder.path().join("Leads.csv");
    std::fs::write(&crm, "Id\n1\n").unwrap();
    let data = folder.path().join("data");
    for organisation in ["One", "Two"] {
        assert!(run(&data, &["import", "--org", organisation, crm.to_str().unwrap()]).await.0);
    }
    let (ok, said) = run(&data, &["links"]).await;
    assert!(!ok && said.contains("serve"), "{said}");
    let (ok, said) = run(&data, &["token"]).await;
    assert!(!ok && said.contains("One, Two"), "{said}");
    let (ok, said) = run(&data, &["token", "--org", "Two"]).await;
    assert!(ok && said.trim().split('.').count() == 3, "{said}");
}

#[tokio::test]
async fn webhooks_can_be_tried_on_this_machine_where_the_environment_says_so() {
    let folder = TempDir::new().unwrap();
    let crm = folder.path().join("Leads.csv");
    std::fs::write(&crm, "Id\n1\n").unwrap();
    let data = folder.path().join("data");
    assert!(run(&data, &["import", "--org", "One", crm.to_str().unwrap()]).await.0);
    for (setting, is_taken) in [("public", false), ("any", true)] {
        let mut child = command(&data, &["serve"], "C");
        let mut child = child.env("HOZON_WEBHOOK_ADDRESSES", setting).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut printed = String::new();
        while !printed.contains("/#token=") {
            printed = lines.next_line().await.unwrap().unwrap();
        }
        let (url, token) = first_address(&printed);
        let body = serde_json::json!({ "webhook": { "url": "http://127.0.0.1:9/hook" } });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer =
            client.post(format!("{url}/crm/bulk/v8/backup/webhooks")).bearer_auth(token).json(&body).send().await.unwrap();
        assert_eq!(answer.status().is_success(), is_taken, "{setting}: {}", answer.text().await.unwrap());
        child.kill().await.unwrap();
    }
    let mut wrong = command(&data, &["serve"], "C");
    let output = wrong.env("HOZON_WEBHOOK_ADDRESSES", "all").output().await.unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("HOZON_WEBHOOK_ADDRESSES"));
}
