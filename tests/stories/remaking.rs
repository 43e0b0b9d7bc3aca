//! Zips that are made anew after an erasure: they lack the erased records and nothing else, links work until they would have ended, the chain of
//! statements goes on, and whoever kills the work does not keep it from its end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use hozon::verify::verify;
use hozon_archive::{ArchivePorts, ArchiveSettings, handle};
use hozon_shared::ports::{Bucket, ObjectRef};
use hozon_tests::{ManualClock, World, unzip};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::command::hozon;
use crate::erasing::{ID, MARKER, backed_up, check_chain, confirm, crm, files_with, newest, read, request};
use crate::repeats::batches;

/// Prints each entry of zips as JSON. Bytes that are no UTF-8 are replaced.
const READ_ZIPS: &str = "
import json, sys, zipfile
found = {}
for path in sys.argv[1:]:
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None, path
        found.update({path + '/' + name: file.read(name).decode('utf-8', 'replace') for name in file.namelist()})
print(json.dumps(found))
";

/// A backup with its zips.
type Made = (String, Vec<PathBuf>);

/// A world with a backup without the record, two with it, and one in Zoho's layout with it.
async fn backed_up_in_both_layouts() -> (World, Arc<ManualClock>, Vec<Made>) {
    let (world, clock, mut backups) = backed_up().await;
    world.advance(&clock, TimeDelta::hours(1)).await;
    world.import(crm(true, "fourth").inputs()).await;
    let started = world.administrator().post("/backup", &json!({ "backup": { "layout": "zoho" } }).to_string()).await;
    assert_eq!(started.status, StatusCode::CREATED, "{started:?}");
    world.local.wait_until_idle().await;
    let id = newest(&world).await;
    let zips = stored_zips(&world, &id).await;
    assert_eq!(zips.len(), 2, "{zips:?}");
    backups.push((id, zips));
    (world, clock, backups)
}

async fn stored_zips(world: &World, backup: &str) -> Vec<PathBuf> {
    let keys = world.local.ports.objects.list(Bucket::Archives, &format!("archives/{}/{backup}/", world.org)).await.unwrap();
    keys.iter().map(|key| world.local.archive_path(key)).collect()
}

/// Requests and confirms the erasure of the record, with zips made anew. Returns the erasure as it is then.
async fn erase(world: &World) -> Value {
    // An erasure waits while captured data is swept, which is due after the clock has moved.
    world.local.tick().await;
    let body = json!({ "records": [{ "module": "Leads", "id": ID }], "zips": "remake" });
    let planned = request(world, body).await;
    assert_eq!((&planned["status"], &planned["zips"], &planned["remakes"]), (&json!("PLANNED"), &json!("remake"), &Value::Null));
    assert_eq!(confirm(world, &planned, 1).await.0, StatusCode::OK);
    read(world, planned["id"].as_str().unwrap()).await
}

/// Lets the sweep start what is due, and waits for its end.
async fn sweep(world: &World, clock: &ManualClock) {
    clock.advance(TimeDelta::minutes(3));
    world.local.tick().await;
    world.local.wait_until_idle().await;
}

async fn backup(world: &World, id: &str) -> Value {
    let backups = world.administrator().get("/backup/backups").await.body["backups"].clone();
    backups.as_array().unwrap().iter().find(|backup| backup["id"] == id).unwrap().clone()
}

async fn history(world: &World) -> Vec<Value> {
    let kinds = "zips_remade,zips_not_remade";
    world.administrator().get(&format!("/backup/history?kind={kinds}")).await.body["history"].as_array().unwrap().clone()
}

/// All entries of zips, as Python's `zipfile` reads them, after `unzip -t` has found no fault.
async fn read_zips(zips: &[PathBuf]) -> Value {
    for zip in zips {
        let tested = Command::new("unzip").arg("-tqq").arg(zip).output().await.unwrap();
        assert!(tested.status.success(), "{tested:?}");
    }
    let output = Command::new("python3").args(["-c", READ_ZIPS]).args(zips).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Checks that new zips have everything but the record, and that the statement about them is right.
async fn assert_remade(world: &World, (id, zips): &Made) {
    assert!(zips.iter().all(|zip| zip.exists()), "{zips:?}");
    let left = files_with(world.data_folder(), MARKER);
    assert!(left.is_empty(), "the text is left in {left:?}");
    let entries = read_zips(zips).await;
    let all = entries.to_string();
    assert!(!all.contains(MARKER) && !all.contains(ID), "{all}");
    assert!(all.contains("another") && all.contains("kept kept"), "{all}");
    let shown = backup(world, id).await;
    assert_eq!((&shown["downloadable"], &shown["remake"]["status"]), (&json!(true), &json!("COMPLETED")), "{shown}");
    assert_eq!(shown["files"].as_array().unwrap().len(), 2);
    assert_eq!((&shown["files"][0]["rows"], &shown["files"][1]["attachments"]), (&json!(2), &json!(1)), "{shown}");
    assert_stated(world, (id, zips)).await;
}

/// Checks with the command that the statement is about these zips.
async fn assert_stated(world: &World, (id, zips): (&str, &[PathBuf])) {
    let folder = tempfile::tempdir().unwrap();
    let statement = world.administrator().get(&format!("/backup/backups/{id}/statement")).await.body["statement"].clone();
    let text: Value = serde_json::from_str(statement["text"].as_str().unwrap()).unwrap();
    assert!(text["replaces"].is_u64(), "{text}");
    for zip in zips {
        let size = std::fs::metadata(zip).unwrap().len();
        let stated: Value = serde_json::from_str(statement["zips"].as_str().unwrap()).unwrap();
        let name = zip.file_name().unwrap().to_str().unwrap();
        let of_zip = stated.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
        assert_eq!(of_zip["size"], size, "{name}");
        if of_zip["manifest_sha256"].is_null() {
            // Zoho's layout.
            return;
        }
        verify(zip, &mut |_, _| {}).await.expect("verifies");
        std::fs::copy(zip, folder.path().join(name)).unwrap();
    }
    let key = world.administrator().get("/backup/statements/key").await.body["statement_key"].clone();
    let text = |value: &Value| value.as_str().unwrap().as_bytes().to_vec();
    let files = [
        ("statement.json", text(&statement["text"])),
        ("statement.sig", STANDARD.decode(text(&statement["signature"])).unwrap()),
        ("zips.json", text(&statement["zips"])),
        ("public.pem", text(&key["pem"])),
    ];
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let mut command = Command::new(hozon());
    command.arg("verify").args(zips.iter().map(|zip| folder.path().join(zip.file_name().unwrap())));
    let output = command.arg("--key").arg(folder.path().join("public.pem")).env("LANG", "C.UTF-8").output().await.unwrap();
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && printed.matches("as statement").count() == zips.len(), "{printed}");
}

/// A link to the records of a backup. The store checks presigned links by real time, and these by the clock of the world.
async fn plain_link(world: &World, backup: &str) -> String {
    let urls = world.administrator().get(&format!("/backup/urls?backup_id={backup}")).await;
    urls.body["urls"]["data_links"][0].as_str().unwrap().to_owned()
}

async fn link_of(world: &World, backup: &str, zip: &Path) -> (StatusCode, String) {
    let name = zip.file_name().unwrap().to_str().unwrap();
    let answer = world.administrator().post(&format!("/backup/{backup}/files/{name}/actions/download"), "").await;
    (answer.status, answer.code().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn zips_are_made_anew_without_the_record_and_with_everything_else() {
    let (world, clock, backups) = backed_up_in_both_layouts().await;
    let (before, first_link) = (backup(&world, &backups[1].0).await, plain_link(&world, &backups[1].0).await);
    let untouched = std::fs::read(&backups[0].1[0]).unwrap();
    let erased = erase(&world).await;
    assert_eq!((&erased["status"], &erased["statement"]), (&json!("COMPLETED"), &json!(5)), "{erased}");
    assert_eq!(erased["remakes"], json!({ "running": 3, "completed": 0, "failed": 0 }));

    // Meanwhile nothing of the record is left, and nobody is given other zips.
    let left = files_with(world.data_folder(), MARKER);
    assert!(left.is_empty(), "the text is left in {left:?}");
    for (id, zips) in &backups[1..] {
        assert!(zips.iter().all(|zip| !zip.exists()));
        let shown = backup(&world, id).await;
        assert_eq!((&shown["status"], &shown["downloadable"]), (&json!("COMPLETED"), &json!(false)));
        assert_eq!((&shown["remake"]["status"], &shown["remake"]["erasure"]), (&json!("RUNNING"), &erased["id"]));
        assert_eq!(shown["files"], json!([]));
        let refused = link_of(&world, id, &zips[0]).await;
        assert_eq!((refused.0, refused.1.as_str()), (StatusCode::CONFLICT, "ZIPS_BEING_REMADE"));
        let refused = world.administrator().get(&format!("/backup/urls?backup_id={id}")).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "ZIPS_BEING_REMADE"));
    }
    assert!(world.download(&first_link).await.0.is_client_error());

    sweep(&world, &clock).await;
    let erased = read(&world, erased["id"].as_str().unwrap()).await;
    assert_eq!(erased["remakes"], json!({ "running": 0, "completed": 3, "failed": 0 }), "{erased}");
    for made in &backups[1..] {
        assert_remade(&world, made).await;
    }
    assert_eq!(std::fs::read(&backups[0].1[0]).unwrap(), untouched, "zips without the record stay");
    for (at, state) in [(1, "second"), (2, "third")] {
        let rows = String::from_utf8(unzip(&backups[at].1[0], "Leads.csv")).unwrap();
        assert_eq!(rows.lines().count(), 3, "{rows}");
        assert!(rows.contains(state), "each backup has its own state: {rows}");
        assert_eq!(unzip(&backups[at].1[1], "Leads/1/kept.txt"), "kept ".repeat(300).as_bytes());
    }

    // Links are as they were, new ones and the one from before.
    let after = backup(&world, &backups[1].0).await;
    assert_eq!((&after["expiry_date"], &after["finished_time"]), (&before["expiry_date"], &before["finished_time"]));
    assert_eq!(after["changes"]["totals"], before["changes"]["totals"], "what differed then");
    assert_eq!(link_of(&world, &backups[1].0, &backups[1].1[0]).await.0, StatusCode::OK);
    for link in [plain_link(&world, &backups[1].0).await, first_link] {
        let (status, bytes) = world.download(&link).await;
        assert!(status == StatusCode::OK && bytes == std::fs::read(&backups[1].1[0]).unwrap(), "{link}: {status}");
    }
    let history = history(&world).await;
    assert!(history.iter().all(|one| one["kind"] == "zips_remade" && one["erasure"] == erased["id"]), "{history:?}");
    assert_eq!((history.len(), &history[0]["file_name"]), (3, &json!("Data_001.zip, Attachments_001.zip")));
    let ready = world.administrator().get("/backup/history?kind=backup_ready").await.body["history"].clone();
    assert_eq!(ready.as_array().unwrap().len(), 4, "no other backup was made");
    println!("{}", check_chain(&world).await);
    world.end().await;
}

/// Carries out a task, which is killed several times before, and repeated afterwards. Returns its answer and the number of kills.
async fn killed(world: &World, input: &Value) -> (Value, usize) {
    let (ports, settings) = (ArchivePorts::from(&world.local.ports), ArchiveSettings::default());
    let mut kills = 0;
    for milliseconds in [0, 1, 2, 4, 8, 16] {
        let called = tokio::time::timeout(Duration::from_millis(milliseconds), handle(&ports, &settings, input.clone())).await;
        kills += usize::from(called.is_err());
    }
    for _ in 0..2 {
        handle(&ports, &settings, input.clone()).await.unwrap();
    }
    (handle(&ports, &settings, input.clone()).await.unwrap(), kills)
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_and_repeated_tasks_end_the_same() {
    let (world, _, backups) = backed_up_in_both_layouts().await;
    erase(&world).await;
    let mut kills = 0;
    for made in &backups[1..] {
        let of = json!({ "kind": "remake", "org": world.org, "backup": made.0 });
        let begin = json!({ "task": "begin", "execution": "any", "input": of });
        let begun = killed(&world, &begin).await;
        assert_eq!((&begun.0["outcome"], &begun.0["source"]), (&json!("run"), &json!("none")));
        let task = |name: &str| json!({ "task": name, "org": world.org, "backup": made.0 });
        let (planned, more) = killed(&world, &task("plan")).await;
        kills += begun.1 + more;
        for batch in batches(&world, &planned).await {
            let mut pack = task("pack");
            pack["batch"] = batch;
            kills += killed(&world, &pack).await.1;
        }
        kills += killed(&world, &task("assemble")).await.1;
        kills += killed(&world, &task("finish")).await.1;
        // What comes late changes nothing.
        let late = json!({ "task": "fail", "input": { "kind": "remake", "org": world.org, "backup": made.0, "error": { "Error": "late" } } });
        killed(&world, &late).await;
        assert_eq!(killed(&world, &begin).await.0["outcome"], "nothing");
    }
    println!("{kills} calls were killed");
    assert!(kills > 0);
    for made in &backups[1..] {
        assert_remade(&world, made).await;
    }
    assert_eq!(history(&world).await.len(), 3, "one event for each backup");
    assert_eq!(world.local.ports.statements.statements(world.org, 20).await.unwrap().len(), 4 + 1 + 3, "one statement for each");
    check_chain(&world).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_whose_zips_cannot_be_made_anew_says_so() {
    let (world, clock, backups) = backed_up().await;
    let plan = ObjectRef::crm(format!("org/{}/%snapshots/backup-{}.plan", world.org, backups[1].0));
    assert!(world.local.ports.objects.head(&plan).await.unwrap().is_some());
    world.local.ports.objects.delete(&plan).await.unwrap();
    let erased = erase(&world).await;
    sweep(&world, &clock).await;
    let erased = read(&world, erased["id"].as_str().unwrap()).await;
    assert_eq!(erased["remakes"], json!({ "running": 0, "completed": 1, "failed": 1 }), "{erased}");
    assert_remade(&world, &backups[2]).await;
    let shown = backup(&world, &backups[1].0).await;
    assert_eq!((&shown["status"], &shown["downloadable"]), (&json!("COMPLETED"), &json!(false)));
    assert_eq!((&shown["remake"]["status"], &shown["remake"]["failure"]["code"]), (&json!("FAILED"), &json!("SNAPSHOT_GONE")));
    let refused = link_of(&world, &backups[1].0, &backups[1].1[0]).await;
    assert_eq!((refused.0, refused.1.as_str()), (StatusCode::GONE, "ZIPS_NOT_REMADE"));
    assert!(stored_zips(&world, &backups[1].0).await.is_empty());
    let kinds: Vec<String> = history(&world).await.iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect();
    assert!(kinds.len() == 2 && kinds.contains(&"zips_not_remade".to_owned()), "{kinds:?}");
    check_chain(&world).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_erasure_waits_until_zips_are_made_anew() {
    let (world, clock, backups) = backed_up().await;
    erase(&world).await;
    let other = request(&world, json!({ "records": [{ "module": "Leads", "id": "2" }] })).await;
    assert_eq!(confirm(&world, &other, 1).await.0, StatusCode::OK);
    let id = other["id"].as_str().unwrap();
    assert_eq!(read(&world, id).await["status"], "RUNNING", "zips may be made of what it erases");
    sweep(&world, &clock).await;
    assert!(backups[1].1.iter().all(|zip| zip.exists()));
    sweep(&world, &clock).await;
    assert_eq!(read(&world, id).await["status"], "COMPLETED");
    assert!(backups.iter().all(|(_, zips)| zips.iter().all(|zip| !zip.exists())), "they had the other record");
    assert!(files_with(&world.data_folder().join("s3"), "another").is_empty());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_whose_links_have_ended_stays_without_zips() {
    let (world, clock, backups) = backed_up().await;
    clock.advance(TimeDelta::days(8));
    let erased = erase(&world).await;
    assert_eq!((&erased["status"], &erased["remakes"]), (&json!("COMPLETED"), &Value::Null), "{erased}");
    sweep(&world, &clock).await;
    assert_eq!(backup(&world, &backups[1].0).await["remake"], Value::Null);
    assert!(stored_zips(&world, &backups[1].0).await.is_empty() && history(&world).await.is_empty());
    world.end().await;
}
