//! What the console shows: backups with contents and checksums, previews of rules, settings that take effect, and its
//! own files.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hozon_shared::archive::contents::contents_at;
use hozon_tests::{Caller, Crm, ManualClock, World, unzip};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const SETTINGS: &str = "/crm/bulk/v8/backup/settings";

async fn on_a_tuesday() -> World {
    let clock = Arc::new(ManualClock::at("2026-11-24T00:00:00Z".parse::<DateTime<Utc>>().unwrap()));
    World::start_with(|options| options.clock = clock).await
}

async fn save(administrator: &Caller<'_>, settings: Value) -> Value {
    let body = json!({ "settings": settings }).to_string();
    let saved = administrator.send_with(Method::PUT, SETTINGS, &body, &[("if-match", "*")]).await;
    assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
    saved.body["settings"].clone()
}

#[tokio::test]
async fn backups_are_listed_with_what_they_hold() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let administrator = world.administrator();
    let none = administrator.get("/backup/backups").await.body;
    assert_eq!((&none["backups"], &none["info"]["more_records"]), (&json!([]), &json!(false)));
    world.back_up_well().await;
    let zips = world.back_up_well().await;

    let page = administrator.get("/backup/backups?page=1&per_page=1").await.body;
    assert_eq!(page["info"], json!({ "per_page": 1, "count": 1, "page": 1, "more_records": true }));
    let newest = &page["backups"][0];
    assert_eq!((&newest["status"], &newest["downloadable"]), (&json!("COMPLETED"), &json!(true)));
    assert_eq!((&newest["files"][0]["rows"], &newest["files"][1]["attachments"]), (&json!(3), &json!(3)));
    assert_eq!(newest["files"][0]["size"], zips[0].metadata().unwrap().len());
    let checksum = format!("{:08x}", crc32fast::hash(&std::fs::read(&zips[1]).unwrap()));
    assert_eq!(newest["files"][1]["checksum"], json!({ "algorithm": "CRC-32", "value": checksum }));
    assert_eq!(administrator.get("/backup/backups?page=2&per_page=1").await.body["info"]["more_records"], false);
    assert_eq!(administrator.get("/backup/backups?page=0").await.code(), "INVALID_DATA");

    let path = format!("/backup/backups/{}/contents", newest["id"].as_str().unwrap());
    let contents = administrator.get(&path).await.body["contents"].clone();
    assert_eq!(contents["source"]["kind"], "native");
    let deals = &contents["modules"].as_array().unwrap().iter().find(|module| module["api_name"] == "Deals").unwrap();
    assert_eq!((&deals["rows"], &deals["attachments"], &deals["fields"]), (&json!(1), &json!(1), &json!(2)));
    let sha = hex::encode(Sha256::digest(unzip(&zips[0], "Deals.csv")));
    assert_eq!((&deals["files"][0]["path"], &deals["files"][0]["sha256"]), (&json!("Deals.csv"), &json!(sha)));

    let id = newest["id"].as_str().unwrap().parse().unwrap();
    world.local.ports.objects.delete(&contents_at(world.org, id)).await.unwrap();
    assert_eq!(administrator.get(&path).await.status, StatusCode::NO_CONTENT, "a backup of an older version");
    assert_eq!(administrator.get("/backup/backups/7/contents").await.code(), "RESOURCE_NOT_FOUND");
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn a_failed_backup_holds_nothing() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    world.lose_an_attachment().await;
    let failed = world.back_up().await;
    let administrator = world.administrator();
    let listed = administrator.get("/backup/backups").await.body["backups"][0].clone();
    assert_eq!((&listed["downloadable"], &listed["failure"]["code"]), (&json!(false), &json!("ATTACHMENT_MISSING")));
    let contents = administrator.get(&format!("/backup/backups/{}/contents", failed.id)).await;
    assert_eq!(contents.status, StatusCode::NO_CONTENT);
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn the_runs_of_a_rule_are_previewed_before_it_is_set() {
    let world = on_a_tuesday().await;
    let administrator = world.administrator();
    let preview =
        administrator.get("/backup/preview?rrule=RRULE:FREQ%3DWEEKLY;INTERVAL%3D2;BYDAY%3DTU").await.body["preview"].clone();
    assert_eq!(preview["sentence"], json!({ "en": "every other Tuesday", "ja": "隔週の火曜日" }));
    assert_eq!(preview["next_runs"][0], "2026-12-01T04:00:00+09:00");
    assert_eq!(preview["next_runs"].as_array().unwrap().len(), 5);
    assert_eq!(preview["months"][0], json!({ "month": "2026-12", "runs": 3, "skipped": 1 }), "the 1st, the 15th and the 29th");
    let set = administrator.post("/backup", r#"{"backup":{"rrule":"RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"}}"#).await;
    assert_eq!(set.status, StatusCode::CREATED);
    let summary = administrator.get("/backup/summary").await.body["summary"].clone();
    assert_eq!(summary["schedule"]["next_runs"], preview["next_runs"], "the console and the engine agree");
    let calendar = summary["schedule"]["calendar"].as_array().unwrap();
    assert_eq!((calendar.len(), calendar.last().unwrap()), (5, &json!("2027-01-26T04:00:00+09:00")), "until January is over");
    let refused = administrator.get("/backup/preview?rrule=FREQ%3DDAILY").await;
    assert_eq!((refused.code(), &refused.body["details"]["param_name"]), ("INVALID_DATA", &json!("rrule")));
    assert_eq!(administrator.get("/backup/preview").await.code(), "INVALID_DATA");
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn the_summary_counts_unread_notifications_and_has_the_backup_before_the_running_one() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let administrator = world.administrator();
    assert_eq!(administrator.get("/backup/summary").await.body["summary"]["estimated_seconds"], Value::Null);
    world.back_up_well().await;
    let summary = administrator.get("/backup/summary").await.body["summary"].clone();
    let made = world.local.ports.store.backups(world.org, 1).await.unwrap().remove(0);
    let took = (made.finished.unwrap() - made.started.unwrap()).num_milliseconds().unsigned_abs();
    assert_eq!(summary["estimated_seconds"], took.div_ceil(1000).max(1), "as long as the last one took");
    assert_eq!((&summary["notifications"]["unread"], &summary["last"]), (&json!(2), &Value::Null));
    assert_eq!((&summary["organisation"], &summary["user"]["id"]), (&json!("桜商事"), &json!("1")));
    assert_eq!(summary["backup"]["files"].as_array().map(Vec::len), Some(2));

    let path = "/crm/bulk/v8/backup/notifications";
    let news = administrator.get("/backup/notifications").await;
    assert_eq!(summary["notifications"]["newest"], news.body["notifications"][0]["id"]);
    let tag = news.etag.unwrap();
    let again = administrator.send_with(Method::GET, path, "", &[("if-none-match", &tag)]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let until = json!({ "notifications": { "read_until": summary["notifications"]["newest"] } }).to_string();
    assert_eq!(administrator.put("/backup/notifications/actions/mark_read", &until).await.status, StatusCode::OK);
    let again = administrator.send_with(Method::GET, path, "", &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, &again.body["info"]["unread"]), (StatusCode::OK, &json!(0)));
    drop(administrator);
    world.end().await;
}

fn leads(zips: &[std::path::PathBuf]) -> Vec<String> {
    String::from_utf8(unzip(&zips[0], "Leads.csv")).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn cells_that_only_look_like_numbers_are_not_marked_if_protection_is_off() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let administrator = world.administrator();
    save(&administrator, json!({ "csv": { "protect_values": false } })).await;
    let rows = leads(&world.back_up_well().await);
    assert_eq!(rows[1..], ["1,\"山田 \"\"太郎\"\"\",+819012345678", "2,'=1+1,-5"]);
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn csv_options_apply_to_the_next_backup() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let usual = world.back_up_well().await;
    let named = "1,\"山田 \"\"太郎\"\"\",";
    assert_eq!(leads(&usual), ["\u{FEFF}Id,Name,Phone".to_owned(), format!("{named}'+819012345678"), "2,'=1+1,-5".to_owned()]);
    let administrator = world.administrator();
    let saved =
        save(&administrator, json!({ "csv": { "byte_order_mark": false, "escape_formulas": false }, "locale": "ja" })).await;
    assert_eq!((&saved["csv"]["byte_order_mark"], &saved["locale"]), (&json!(false), &json!("ja")));
    let plain = world.back_up_well().await;
    let leads = String::from_utf8(unzip(&plain[0], "Leads.csv")).unwrap();
    assert_eq!(leads.lines().collect::<Vec<_>>(), ["Id,Name,Phone", "1,\"山田 \"\"太郎\"\"\",+819012345678", "2,=1+1,-5"]);
    assert!(unzip(&plain[1], "attachments.csv").starts_with(b"module,"));
    let manifest: Value = serde_json::from_slice(&unzip(&plain[0], "manifest.json")).unwrap();
    assert_eq!((&manifest["csv"]["byte_order_mark"], &manifest["csv"]["escaped"]), (&json!(false), &json!(false)));
    assert_eq!(manifest["csv"].get("undo"), None, "nothing is to be undone");
    assert_eq!(save(&administrator, json!({ "csv": {}, "locale": null })).await["csv"]["byte_order_mark"], false);
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn an_organisation_chooses_its_largest_zip() {
    let world = World::start().await;
    let noise = |seed| {
        let mut noise = vec![0; 6 << 20];
        fastrand::Rng::with_seed(seed).fill(&mut noise);
        noise
    };
    let crm = Crm::default().file("Leads.csv", b"Id,Name\n1,One\n");
    let crm = (0..4).fold(crm, |crm, number| crm.file(&format!("attachments/Leads/1/{number}.jpg"), &noise(number)));
    world.import(crm.inputs()).await;
    let administrator = world.administrator();
    assert_eq!(world.back_up_well().await.len(), 2);
    save(&administrator, json!({ "max_part_bytes": 16 << 20 })).await;
    let zips = world.back_up_well().await;
    assert!(zips.len() >= 3 && zips.iter().all(|zip| zip.metadata().unwrap().len() <= 16 << 20), "{zips:?}");
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn the_source_lists_what_is_backed_up() {
    let world = World::start().await;
    let from = Crm::small().file("Emails.csv", b"Id\n1\n");
    let marks = vec!["Emails=mail".parse().unwrap()];
    world.try_import(hozon::import::ImportOptions { from: from.inputs(), marks, ..Default::default() }).await.unwrap();
    let source = world.administrator().get("/backup/source").await.body["source"].clone();
    assert_eq!((&source["rows"], &source["attachments"], &source["kind"]), (&json!(3), &json!(3), &json!("native")));
    let emails = source["modules"].as_array().unwrap().iter().find(|module| module["api_name"] == "Emails").unwrap();
    assert_eq!(emails["left_out"], "mail");
    world.end().await;
}

#[tokio::test]
async fn the_console_is_served_with_its_policy() {
    let world = World::start().await;
    let http = reqwest::Client::new();
    let page = http.get(&world.local.url).send().await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    assert!(page.text().await.unwrap().contains("/console/main.js"));
    let script = format!("{}/console/main.js", world.local.url);
    let packed = http.get(&script).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(
        (&packed.headers()["content-encoding"], &packed.headers()["content-type"]),
        (&"gzip".parse().unwrap(), &"text/javascript; charset=utf-8".parse().unwrap())
    );
    assert_eq!(http.get(format!("{}/console/nothing.js", world.local.url)).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    world.end().await;
}

#[tokio::test]
async fn a_change_answers_with_the_summary_only_if_the_request_prefers_it() {
    let world = on_a_tuesday().await;
    world.import(Crm::small().inputs()).await;
    let administrator = world.administrator();
    let backup = "/crm/bulk/v8/backup";
    let monday = r#"{"backup":{"rrule":"RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"}}"#;
    let wanted = ("prefer", "return=representation");
    let set = administrator.send_with(Method::POST, backup, monday, &[wanted, ("idempotency-key", "a")]).await;
    assert_eq!(set.status, StatusCode::CREATED, "{set:?}");
    let read = administrator.get("/backup/summary").await.body["summary"].clone();
    assert_eq!(set.body["summary"]["schedule"], read["schedule"], "as reading it again would have said");
    assert_eq!(set.body["backup"]["details"]["id"], read["schedule"]["id"], "beside the answer that Zoho's SDKs know");
    let repeated = administrator.send_with(Method::POST, backup, monday, &[wanted, ("idempotency-key", "a")]).await;
    assert_eq!(repeated.body["backup"], set.body["backup"]);
    assert_eq!(repeated.body["summary"]["schedule"], read["schedule"], "a repeat has the summary of now");

    let settings = json!({ "settings": { "time_of_day": "05:30" } }).to_string();
    let saved = administrator.send_with(Method::PUT, SETTINGS, &settings, &[wanted, ("if-match", "*")]).await;
    assert_eq!(saved.body["summary"]["schedule"]["time_of_day"], "05:30");
    let stop = format!("{backup}/{}/actions/cancel", read["schedule"]["id"].as_str().unwrap());
    let stopped = administrator.send_with(Method::PUT, &stop, "", &[]).await;
    assert_eq!((&stopped.body["summary"], stopped.code()), (&Value::Null, "SUCCESS"), "not asked for");
    let refused = administrator.send_with(Method::PUT, &stop, "", &[wanted]).await;
    assert_eq!((&refused.body["summary"], refused.code()), (&Value::Null, "ALREADY_CANCELLED"));
    let stranger = world.user().send_with(Method::POST, backup, "", &[wanted]).await;
    assert_eq!((&stranger.body["summary"], stranger.code()), (&Value::Null, "NO_PERMISSION"));
    drop(administrator);
    world.end().await;
}
