//! What people and programs read, as snapshots beside this file: manifests, the API's envelopes, the history's events, the command's output.
//! `INSTA_UPDATE=always cargo test --workspace --test stories snapshots` writes them anew; the difference is to be read.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use hozon_tests::{Answer, CountingIds, Crm, ManualClock, World, unzip};
use reqwest::Method;
use serde_json::Value;

use super::command::hozon;
use super::terminal::read_startup_output;

/// What differs from one run to the next, and what stands for it.
const DIFFERENT: [(&str, &str); 6] = [
    (r"\b\d{16,20}\b", "[id]"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
    (r"#token=[\w.-]+", "#token=[token]"),
    (r"X-Amz-Signature=[0-9a-f]+", "X-Amz-Signature=[signature]"),
    (r#"/d/[^/\s"]+/"#, "/d/[link]/"),
    (r#""version": "[^"]+""#, r#""version": "[version]""#),
];
/// And in what the command prints, which goes by the real clock.
const DIFFERENT_IN_OUTPUT: [(&str, &str); 3] = [
    (r"in [\d.]+ s \([^)]+\)", "in [time] ([rate])"),
    (r"\d{4}-\d\d-\d\dT[\d:]+[+-]\d\d:\d\d", "[time]"),
    (r"[\d.]+ [KM]?i?B\b", "[size]"),
];

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ filters => DIFFERENT.to_vec(), omit_expression => true }, { insta::assert_snapshot!(name, text) });
}

fn json(name: &str, value: &Value) {
    snapshot(name, &serde_json::to_string_pretty(value).unwrap());
}

fn answer(name: &str, answer: &Answer) {
    snapshot(name, &format!("{}\n{}", answer.status, serde_json::to_string_pretty(&answer.body).unwrap()));
}

/// A Hozon whose clock and ids are the same every time.
async fn fixed() -> World {
    let clock = Arc::new(ManualClock::at("2026-11-24T01:00:00Z".parse::<DateTime<Utc>>().unwrap()));
    let world = World::start_with(|options| {
        options.clock = clock;
        options.ids = Arc::new(CountingIds::default());
    })
    .await;
    world.import(Crm::small().inputs()).await;
    world
}

fn manifest(zip: &Path) -> Value {
    serde_json::from_slice(&unzip(zip, "manifest.json")).unwrap()
}

#[tokio::test]
async fn manifests() {
    let world = fixed().await;
    let zips = world.back_up_well().await;
    json("manifest_of_data", &manifest(&zips[0]));
    json("manifest_of_attachments", &manifest(&zips[1]));
    world.end().await;
}

#[tokio::test]
async fn answers_about_schedules_and_backups() {
    let world = fixed().await;
    let administrator = world.administrator();
    answer("nothing_yet", &administrator.get("/backup").await);
    answer(
        "schedule_set",
        &administrator.post("/backup", r#"{"backup":{"rrule":"FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=31"}}"#).await,
    );
    answer("schedule", &administrator.get("/backup").await);
    answer("preview", &administrator.get("/backup/preview?rrule=FREQ%3DWEEKLY%3BINTERVAL%3D2%3BBYDAY%3DMO").await);
    world.back_up_well().await;
    answer("backup_ready", &administrator.get("/backup").await);
    answer("summary", &administrator.get("/backup/summary").await);
    answer("links", &administrator.get("/backup/urls").await);
    let backups = administrator.get("/backup/backups").await;
    answer("backups", &backups);
    let id = backups.body["backups"][0]["id"].as_str().unwrap().to_owned();
    answer("contents", &administrator.get(&format!("/backup/backups/{id}/contents")).await);
    answer("settings", &administrator.get("/backup/settings").await);
    answer("allowance", &administrator.get("/backup/allowance").await);
    world.end().await;
}

#[tokio::test]
async fn refusals() {
    let world = fixed().await;
    let administrator = world.administrator();
    answer("refused_without_a_token", &world.with_header(None).get("/backup").await);
    answer("refused_to_a_user", &world.user().get("/backup").await);
    answer("refused_rule", &administrator.post("/backup", r#"{"backup":{"rrule":"FREQ=HOURLY"}}"#).await);
    answer("refused_body", &administrator.post("/backup", "{").await);
    answer(
        "refused_without_if_match",
        &administrator.put("/backup/7", r#"{"backup":{"rrule":"FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"}}"#).await,
    );
    answer("refused_parameter", &administrator.get("/backup/backups?page=0").await);
    answer("refused_path", &administrator.send(Method::GET, "/crm/bulk/v8/nothing", "").await);
    world.end().await;
}

#[tokio::test]
async fn events_of_the_history() {
    let world = fixed().await;
    let administrator = world.administrator();
    let rule = |rule: &str| format!(r#"{{"backup":{{"rrule":"{rule}"}}}}"#);
    let set = administrator.post("/backup", &rule("FREQ=WEEKLY;INTERVAL=1;BYDAY=MO")).await;
    let path = format!("/crm/bulk/v8/backup/{}", set.body["backup"]["details"]["id"].as_str().unwrap());
    let any = [("if-match", "*")];
    let changed = administrator.send_with(Method::PUT, &path, &rule("FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=1"), &any).await;
    assert_eq!(changed.code(), "SUCCESS", "{changed:?}");
    world.lose_an_attachment().await;
    assert!(world.back_up().await.failure.is_some());
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    let stopped = administrator.send_with(Method::PUT, &format!("{path}/actions/cancel"), "", &any).await;
    assert_eq!(stopped.code(), "SUCCESS", "{stopped:?}");
    answer("history", &administrator.get("/backup/history").await);
    world.local.wait_until_delivered().await.unwrap();
    answer("notifications", &administrator.get("/backup/notifications").await);
    world.end().await;
}

/// What a command printed, with the place of its data left out.
fn printed(name: &str, data: &Path, text: &str) {
    let filters: Vec<_> = DIFFERENT.into_iter().chain(DIFFERENT_IN_OUTPUT).collect();
    let text = text.replace(data.to_str().unwrap(), "[data]");
    insta::with_settings!({ filters => filters, omit_expression => true }, { insta::assert_snapshot!(name, text) });
}

fn command(data: &Path, language: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(hozon());
    command.args(["--data", data.to_str().unwrap(), "--port", "0"]).args(arguments).env("LC_ALL", language);
    command
}

async fn run(data: &Path, arguments: &[&str]) -> String {
    let ran = tokio::process::Command::from(command(data, "C", arguments)).output().await.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// What `serve` prints until it can be stopped.
async fn start_lines(data: &Path, language: &str) -> String {
    let mut serve = tokio::process::Command::from(command(data, language, &["serve"]));
    let mut serve = serve.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    read_startup_output(&mut serve).await
}

#[tokio::test]
async fn output_of_the_command() {
    let (crm, folder) = (Crm::small(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let imported = run(data, &["import", "--org", "Sakura", "--plan", "Own", crm.path().to_str().unwrap()]).await;
    printed("output_of_import", data, &imported);
    let backed_up = run(data, &["backup", "--org", "Sakura"]).await;
    printed("output_of_backup", data, &backed_up);
    let zips: Vec<&str> = backed_up.lines().filter_map(|line| line.trim().split_once("  (")).map(|(zip, _)| zip).collect();
    printed("output_of_verify", data, &run(data, &[&["verify"], zips.as_slice()].concat()).await);
    printed("start_lines", data, &start_lines(data, "C").await);
    printed("start_lines_in_japanese", data, &start_lines(data, "ja_JP.UTF-8").await);
}
