//! A backup says what differs since the previous one, and warns of unusual losses.

use std::path::PathBuf;

use hozon_shared::domain::addresses::Addresses;
use hozon_tests::{Crm, PostgresServer, World, csv, unzip};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::databases::connect;
use crate::mails::{mails, subjects};
use crate::webhooks::Receiver;

/// Leads with these ids; each attachment is of the lead whose id it has.
fn leads(ids: impl IntoIterator<Item = u32>, phone_of: impl Fn(u32) -> String, files: &[u32]) -> Crm {
    let rows: Vec<[String; 3]> = ids.into_iter().map(|id| [id.to_string(), format!("Lead {id}"), phone_of(id)]).collect();
    let mut cells: Vec<Vec<&str>> = vec![vec!["Id", "Name", "Phone"]];
    cells.extend(rows.iter().map(|row| row.iter().map(String::as_str).collect()));
    let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
    let crm = Crm::default().file("Leads.csv", &csv(&cells));
    files.iter().fold(crm, |crm, id| crm.file(&format!("attachments/Leads/{id}/offer.txt"), format!("offer {id}").as_bytes()))
}

fn same_phone(_: u32) -> String {
    "1".to_owned()
}

fn counted(before: u64, after: u64, added: u64, changed: u64, deleted: u64) -> Value {
    json!({ "before": before, "after": after, "added": added, "changed": changed, "deleted": deleted })
}

async fn world() -> World {
    let mut world = World::start_with(|options| options.webhooks = Addresses::Any).await;
    // An organisation on an unlimited plan.
    world.org = world.local.organisation("Unlimited", chrono_tz::Asia::Tokyo, "Own", "JP").await.unwrap();
    world
}

async fn newest(world: &World) -> Value {
    world.administrator().get("/backup/backups?per_page=1").await.body["backups"][0].clone()
}

async fn contents(world: &World, backup: &Value) -> Value {
    let path = format!("/backup/backups/{}/contents", backup["id"].as_str().unwrap());
    world.administrator().get(&path).await.body["contents"].clone()
}

async fn save(world: &World, rule: Value) -> hozon_tests::Answer {
    let body = json!({ "settings": { "unusual_loss": rule } }).to_string();
    world.administrator().send_with(Method::PUT, "/crm/bulk/v8/backup/settings", &body, &[("if-match", "*")]).await
}

fn manifest(zips: &[PathBuf]) -> Value {
    serde_json::from_slice(&unzip(&zips[0], "manifest.json")).unwrap()
}

#[tokio::test]
async fn a_backup_says_what_differs_since_the_one_before() {
    let world = world().await;
    world.import(leads(1..=40, same_phone, &[1, 2, 3]).inputs()).await;
    let first = world.back_up_well().await;
    let backup = newest(&world).await;
    assert_eq!((&backup["changes"]["since"], &backup["changes"]["not_compared"]), (&Value::Null, &json!("first")));
    assert_eq!(manifest(&first)["changes"], json!({ "outcome": "not_compared", "reason": "first" }));
    let changed = |id| if id == 7 { "2".to_owned() } else { "1".to_owned() };
    world.import(leads((1..=42).filter(|id| *id != 9), changed, &[1, 2, 3, 41]).inputs()).await;
    let zips = world.back_up_well().await;
    let (since, backup) = (backup["id"].clone(), newest(&world).await);
    let (records, attachments) = (counted(40, 41, 2, 1, 1), counted(3, 4, 1, 0, 0));
    let changes = &backup["changes"];
    assert_eq!((&changes["since"], &changes["not_compared"], &changes["unusual_losses"]), (&since, &Value::Null, &json!([])));
    assert_eq!((&changes["totals"]["records"], &changes["totals"]["attachments"]), (&records, &attachments));
    assert_eq!((&changes["modules"][0]["api_name"], &changes["modules"][0]["records"]), (&json!("Leads"), &records));
    let module = contents(&world, &backup).await["changes"]["modules"][0].clone();
    assert_eq!(module["examples"], json!({ "added": ["41", "42"], "changed": ["7"], "deleted": ["9"] }));
    assert_eq!((&module["state"], &module["records"], &module["attachments"]), (&json!("changed"), &records, &attachments));
    let written = &manifest(&zips)["changes"];
    assert_eq!((&written["outcome"], &written["modules"][0]["rows"]["added"]), (&json!("compared"), &json!(2)));
    let history = world.administrator().get("/backup/history?kind=backup_ready").await.body;
    assert_eq!(history["history"][0]["changes"]["totals"], changes["totals"]);
    let mail = mails(&world).await.pop().unwrap();
    let text = mail.body_text(0).unwrap().replace("\r\n", "\n");
    assert!(text.contains("records: 2 added, 1 changed, 1 deleted; attachments: 1 added, 0 changed, 0 deleted."), "{text}");
    assert_eq!(mail.subject(), Some("Your backup is ready"));
    world.end().await;
}

#[tokio::test]
async fn nothing_differs_between_two_backups_of_the_same_records() {
    let world = world().await;
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    world.back_up_well().await;
    let changes = &newest(&world).await["changes"];
    assert_eq!((&changes["totals"]["records"], &changes["modules"]), (&counted(3, 3, 0, 0, 0), &json!([])));
    let mail = mails(&world).await.pop().unwrap();
    assert!(mail.body_text(0).unwrap().contains("Nothing has changed since the previous backup."));
    world.end().await;
}

#[tokio::test]
async fn an_unusual_loss_is_a_warning_everywhere() {
    let (world, receiver) = (world().await, Receiver::default());
    let hook = json!({ "webhook": { "url": receiver.start().await } }).to_string();
    assert_eq!(world.administrator().post("/backup/webhooks", &hook).await.status, StatusCode::CREATED);
    world.import(leads(1..=50, same_phone, &[1, 2, 3]).inputs()).await;
    world.back_up_well().await;
    world.import(leads(1..=44, same_phone, &[1]).inputs()).await;
    world.back_up_well().await;
    let backup = newest(&world).await;
    let loss = |kind, lost, of, percent| json!({ "kind": kind, "module": "Leads", "label": "Leads", "lost": lost, "of": of, "percent": percent });
    let losses = json!([loss("records", 6, 50, 12), loss("attachments", 2, 3, 66)]);
    assert_eq!(backup["changes"]["unusual_losses"], losses);
    assert_eq!(world.administrator().get("/backup/summary").await.body["summary"]["backup"]["changes"], backup["changes"]);
    let history = world.administrator().get("/backup/history?kind=unusual_loss").await.body;
    assert_eq!((history["history"].as_array().unwrap().len(), &history["history"][0]["backup"]), (1, &backup["id"]));
    let notices = world.administrator().get("/backup/notifications").await.body;
    let kinds: Vec<_> =
        notices["notifications"].as_array().unwrap().iter().map(|notice| notice["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds[..2], ["unusual_loss", "ready"]);
    let mail = mails(&world).await.pop().unwrap();
    assert_eq!(mail.subject(), Some("Warning: your backup has unusually many deletions"));
    let text = mail.body_text(0).unwrap().replace("\r\n", "\n");
    let first = text.lines().filter(|line| !line.is_empty()).nth(1).unwrap();
    assert!(
        first.starts_with("Warning: far more than usual was deleted") && first.contains("Leads: 6 of 50 records (12%)"),
        "{text}"
    );
    let messages: Vec<_> = receiver.messages();
    let types: Vec<_> = messages.iter().map(|message| message["type"].as_str().unwrap()).collect();
    let count = |kind| types.iter().filter(|found| **found == kind).count();
    assert_eq!((types.len(), count("backup.ready"), count("backup.unusual_loss")), (5, 2, 1), "{types:?}");
    let warning = messages.iter().find(|message| message["type"] == "backup.unusual_loss").unwrap();
    assert_eq!((&warning["data"]["backup"]["id"], &warning["data"]["changes"]["unusual_losses"]), (&backup["id"], &losses));
    world.end().await;
}

#[tokio::test]
async fn the_rule_of_the_organisation_decides_what_is_unusual() {
    let world = world().await;
    for (rule, path) in [
        (json!({ "percent": 101 }), "$.settings.unusual_loss.percent"),
        (json!({ "percent": 5_000_000 }), "$.settings.unusual_loss.percent"),
    ] {
        let refused = save(&world, rule).await;
        assert_eq!(
            (refused.status, refused.code(), &refused.body["details"]["json_path"]),
            (StatusCode::BAD_REQUEST, "INVALID_DATA", &json!(path))
        );
    }
    let saved = save(&world, json!({ "percent": 20, "attachments": false })).await;
    assert_eq!(
        saved.body["settings"]["unusual_loss"],
        json!({ "percent": 20, "modules": true, "attachments": false }),
        "{saved:?}"
    );
    world.import(leads(1..=50, same_phone, &[1, 2, 3]).inputs()).await;
    world.back_up_well().await;
    world.import(leads(1..=44, same_phone, &[1]).inputs()).await;
    world.back_up_well().await;
    assert_eq!(newest(&world).await["changes"]["unusual_losses"], json!([]));
    assert_eq!(subjects(&world).await.pop().as_deref(), Some("Your backup is ready"));
    save(&world, json!({ "percent": 0 })).await;
    world.import(leads(1..=43, same_phone, &[1]).inputs()).await;
    world.back_up_well().await;
    assert_eq!(newest(&world).await["changes"]["unusual_losses"][0]["lost"], 1);
    world.end().await;
}

#[tokio::test]
async fn a_backup_whose_predecessor_is_forgotten_says_so() {
    let world = world().await;
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    let first = newest(&world).await["id"].as_str().unwrap().to_owned();
    let key = format!("org/{}/%snapshots/backup-{first}.json", world.org);
    let (objects, at) = (&world.local.ports.objects, hozon_shared::ports::ObjectRef::crm(key));
    assert!(objects.head(&at).await.unwrap().is_some());
    objects.delete(&at).await.unwrap();
    world.back_up_well().await;
    assert_eq!(newest(&world).await["changes"]["not_compared"], "snapshot_gone");
    let mail = mails(&world).await.pop().unwrap();
    assert!(mail.body_text(0).unwrap().contains("It could not be compared with the previous backup."));
    world.back_up_well().await;
    assert_eq!(newest(&world).await["changes"]["not_compared"], Value::Null, "the next one is compared again");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_a_database_are_gone_new_or_have_other_columns() {
    let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
    let rows = "insert into deal select n, 'new' from generate_series(1, 100) n; insert into note select n from generate_series(1, 30) n";
    let log = "create table log (line text); insert into log values ('a'), ('a'), ('b')";
    server
        .sql(&format!(
            "create table deal (id int primary key, stage text); create table note (id int primary key); {rows}; {log}"
        ))
        .await;
    connect(&world, &server).await;
    world.back_up_well().await;
    let change = "alter table deal add column sum int; delete from deal where id <= 3; drop table note; create table task (id int primary key)";
    server.sql(&format!("{change}; delete from log where line = 'b'; insert into log values ('a'), ('c')")).await;
    world.back_up_well().await;
    let backup = newest(&world).await;
    let contents = contents(&world, &backup).await;
    let module = |name: &str| {
        let modules = contents["changes"]["modules"].as_array().unwrap().iter();
        modules.clone().find(|module| module["api_name"] == name).unwrap_or_else(|| panic!("{name}")).clone()
    };
    let deal = module("deal");
    assert_eq!(deal["partly_compared"], json!({ "reason": "columns", "added": ["sum"], "removed": [] }));
    assert_eq!((&deal["records"], &deal["examples"]["deleted"]), (&counted(100, 97, 0, 0, 3), &json!(["1", "2", "3"])));
    assert_eq!((&module("note")["state"], &module("note")["records"]), (&json!("gone"), &counted(30, 0, 0, 0, 30)));
    assert_eq!(module("task")["state"], "new");
    assert_eq!((&module("log")["records"], &module("log")["examples"]["added"]), (&counted(3, 4, 2, 0, 1), &json!([])));
    let losses = backup["changes"]["unusual_losses"].as_array().unwrap();
    let kinds: Vec<_> = losses.iter().map(|loss| (loss["kind"].as_str().unwrap(), loss["module"].as_str().unwrap())).collect();
    assert_eq!(kinds, [("records", "log"), ("module", "note")]);
    world.end().await;
}
