//! Erasing records: afterwards no byte of them is left in any bucket or in the table, everything else is as it was, and the chain of
//! statements holds. It waits for holds and for backups, and whoever kills it does not keep it from its end.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use flate2::read::DeflateDecoder;
use hozon::verify::verify;
use hozon_erase::{ErasePorts, handle};
use hozon_shared::erasing::erased;
use hozon_shared::ports::Change;
use hozon_tests::{Crm, ManualClock, World, csv};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::command::hozon;
use crate::repeats::{requested, task};
use crate::unchanged::empty_world;

/// A text that only the record to erase and its attachment have.
pub const MARKER: &str = "Qzvxwmarker";
/// The id of that record.
pub const ID: &str = "4242424242";
/// Name of its attachment. The history keeps who has downloaded it, so that only the buckets lose it.
const FILE: &str = "Xjqkoffer.txt";
/// Signature of a local header of a zip entry (APPNOTE.TXT, 4.3.7).
const LOCAL_HEADER: &[u8] = b"PK\x03\x04";

/// The CRM with the record, or without it. `state` is in another record.
pub fn crm(has_record: bool, state: &str) -> Crm {
    let marked = format!("{MARKER} 田中");
    let mut rows: Vec<[&str; 2]> = vec![["Id", "Name"], ["1", state], ["2", "another"]];
    let crm = if has_record {
        rows.push([ID, &marked]);
        let text = format!("an offer for {MARKER}\n").repeat(200);
        Crm::default().file(&format!("attachments/Leads/{ID}/{FILE}"), text.as_bytes())
    } else {
        Crm::default()
    };
    let rows: Vec<&[&str]> = rows.iter().map(|row| row.as_slice()).collect();
    crm.file("Leads.csv", &csv(&rows)).file("attachments/Leads/1/kept.txt", "kept ".repeat(300).as_bytes())
}

/// A world with a backup without the record and two with it. Returns the ids of the backups and their zips.
pub async fn backed_up() -> (World, Arc<ManualClock>, Vec<(String, Vec<PathBuf>)>) {
    let (world, clock) = empty_world().await;
    let mut backups = Vec::new();
    for (has_record, state) in [(false, "first"), (true, "second"), (true, "third")] {
        world.advance(&clock, TimeDelta::hours(1)).await;
        world.import(crm(has_record, state).inputs()).await;
        let zips = world.back_up_well().await;
        backups.push((newest(&world).await, zips));
    }
    (world, clock, backups)
}

pub async fn newest(world: &World) -> String {
    world.administrator().get("/backup/backups").await.body["backups"][0]["id"].as_str().unwrap().to_owned()
}

/// Files below a folder in which a text occurs: as it is, in what a file inflates to, or in what a zip entry within it inflates to.
pub fn files_with(folder: &Path, text: &str) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
            continue;
        }
        match std::fs::read(&path) {
            Ok(bytes) if has(&bytes, text) => drop(found.insert(path)),
            Ok(_) => {}
            // The program, which goes on, has replaced it.
            Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{}", path.display()),
        }
    }
    found
}

fn has(bytes: &[u8], text: &str) -> bool {
    let is_in = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    if is_in(bytes) || is_in(&inflated(bytes)) {
        return true;
    }
    let headers = bytes.windows(4).enumerate().filter(|(_, window)| *window == LOCAL_HEADER).map(|(at, _)| at);
    headers.into_iter().any(|at| {
        let number =
            |from: usize| bytes.get(at + from..at + from + 2).map_or(0, |two| usize::from(two[0]) | usize::from(two[1]) << 8);
        let start = at + 30 + number(26) + number(28);
        bytes.get(start..).is_some_and(|body| is_in(&inflated(body)))
    })
}

/// What bytes inflate to, as far as they do.
fn inflated(bytes: &[u8]) -> Vec<u8> {
    let (mut decoder, mut found, mut chunk) = (DeflateDecoder::new(bytes), Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = decoder.read(&mut chunk) {
        found.extend_from_slice(&chunk[..read]);
    }
    found
}

pub async fn request(world: &World, body: Value) -> Value {
    let answer = world.administrator().post("/erasures", &body.to_string()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    assert_eq!(answer.body["erasure"]["status"], "PREPARING");
    world.local.wait_until_idle().await;
    read(world, answer.body["erasure"]["id"].as_str().unwrap()).await
}

pub async fn read(world: &World, id: &str) -> Value {
    let answer = world.administrator().get(&format!("/erasures/{id}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body["erasure"].clone()
}

pub async fn confirm(world: &World, erasure: &Value, records: u64) -> (StatusCode, String) {
    let id = erasure["id"].as_str().unwrap();
    let body = json!({ "records": records }).to_string();
    let answer = world.administrator().post(&format!("/erasures/{id}/actions/confirm"), &body).await;
    world.local.wait_until_idle().await;
    (answer.status, answer.code().to_owned())
}

pub fn named() -> Value {
    json!({ "records": [{ "module": "Leads", "id": ID }], "zips": "drop" })
}

/// What the history says of erasures, newest first.
pub async fn history(world: &World) -> Vec<String> {
    let kinds = "erasure_requested,erasure_confirmed,erasure_pending,erasure_completed,erasure_failed,erasure_cancelled";
    let history = world.administrator().get(&format!("/backup/history?kind={kinds}")).await.body;
    assert!(!history.to_string().contains(ID), "the history names no erased record");
    history["history"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
}

/// Checks the chain of statements with the command, as a stranger does. Returns what it printed.
pub async fn check_chain(world: &World) -> String {
    let folder = tempfile::tempdir().unwrap();
    let key = world.administrator().get("/backup/statements/key").await.body;
    let chain = world.administrator().get("/backup/statements?per_page=100").await.body;
    std::fs::write(folder.path().join("public.pem"), key["statement_key"]["pem"].as_str().unwrap()).unwrap();
    std::fs::write(folder.path().join("statements.json"), chain.to_string()).unwrap();
    let mut command = Command::new(hozon());
    command
        .arg("verify")
        .arg("--chain")
        .arg(folder.path().join("statements.json"))
        .arg("--key")
        .arg(folder.path().join("public.pem"));
    let output = command.env("LANG", "C.UTF-8").output().await.unwrap();
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && !printed.contains("Warning"), "{printed}");
    assert!(chain["statements"].as_array().unwrap().iter().all(|one| one["is_linked"] == true));
    printed
}

/// Checks that nothing of the record is left, and that everything else is there.
async fn assert_erased(world: &World, backups: &[(String, Vec<PathBuf>)]) {
    let left = files_with(world.data_folder(), MARKER);
    assert!(left.is_empty(), "the text is left in {left:?}");
    let left = files_with(&world.data_folder().join("s3"), FILE);
    assert!(left.is_empty(), "the name of the file is left in {left:?}");
    for (at, (backup, zips)) in backups.iter().enumerate() {
        let records = world.administrator().get(&format!("/backup/{backup}/modules/Leads/records")).await.body;
        let ids: Vec<&str> = records["records"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["1", "2"]);
        let files = world.administrator().get(&format!("/backup/{backup}/modules/Leads/records/1/attachments")).await.body;
        assert_eq!(files["attachments"][0]["file_name"], "kept.txt");
        for zip in zips {
            assert_eq!(zip.exists(), at == 0, "zips without the record stay: {}", zip.display());
            if at == 0 {
                verify(zip, &mut |_, _| {}).await.expect("verifies");
            }
        }
    }
    let ports = &world.local.ports;
    let known = erased(&*ports.objects, &*ports.erasure_keys, world.org).await.unwrap();
    assert!(known.is_erased("Leads", ID) && !known.is_erased("Leads", "1"), "restores know it");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_an_erased_record_is_left() {
    let (world, clock, backups) = backed_up().await;
    let link = format!("/backup/{}/modules/Leads/records/{ID}/attachments", backups[1].0);
    let attachment = world.administrator().get(&link).await.body["attachments"][0]["id"].as_str().unwrap().to_owned();
    let taken_out = world.administrator().post(&format!("{link}/{attachment}/actions/link"), "").await;
    assert_eq!(taken_out.status, StatusCode::OK, "a single file lies in a bucket too");

    let search = json!({ "search": { "words": MARKER, "match": "exact" } });
    let planned = request(&world, search).await;
    assert_eq!((&planned["status"], &planned["records"], &planned["snapshots"]), (&json!("PLANNED"), &json!(1), &json!(2)));
    assert_eq!(planned["modules"], json!([{ "api_name": "Leads", "label": "Leads", "records": 1 }]));
    assert_eq!(planned["examples"], json!([{ "module": "Leads", "id": ID }]));
    assert_eq!((&planned["zips"], &planned["zips_concerned"]), (&json!("drop"), &json!(4)));
    let before = files_with(world.data_folder(), MARKER);
    println!("before: the text is in {} files", before.len());
    assert!(before.len() >= 7, "blocks, a pack, zips, a single file, and what was asked for: {before:?}");

    assert_eq!(confirm(&world, &planned, 2).await, (StatusCode::BAD_REQUEST, "INVALID_DATA".to_owned()));
    for _ in 0..2 {
        assert_eq!(confirm(&world, &planned, 1).await.0, StatusCode::OK);
    }
    let completed = read(&world, planned["id"].as_str().unwrap()).await;
    assert_eq!((&completed["status"], &completed["statement"]), (&json!("COMPLETED"), &json!(4)), "{completed}");
    assert!(!completed.to_string().contains(ID));
    assert_eq!(history(&world).await, ["erasure_completed", "erasure_confirmed", "erasure_requested"]);
    world.local.wait_until_delivered().await.unwrap();
    assert_erased(&world, &backups).await;

    // The next backup names the erasure, and the chain holds.
    world.advance(&clock, TimeDelta::hours(1)).await;
    world.import(crm(false, "fourth").inputs()).await;
    world.back_up_well().await;
    let statement = world.administrator().get(&format!("/backup/backups/{}/statement", newest(&world).await)).await.body;
    let text: Value = serde_json::from_str(statement["statement"]["text"].as_str().unwrap()).unwrap();
    assert_eq!((&text["number"], &text["erasures"]), (&json!(5), &json!([4])));
    let about = world.administrator().get(&format!("/erasures/{}/statement", planned["id"].as_str().unwrap())).await.body;
    let (text, list) = (about["statement"]["text"].as_str().unwrap(), about["statement"]["records"].as_str().unwrap());
    assert!(!text.contains(ID) && !list.contains(ID) && list.contains("\"module\":\"Leads\""), "{list}");
    assert!(text.contains(&hozon_shared::domain::statement::sha256(list.as_bytes())), "{text}");
    println!("{}", check_chain(&world).await);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_call_and_a_killed_one_end_the_same() {
    let (world, clock, backups) = backed_up().await;
    let planned = request(&world, named()).await;
    let ports = ErasePorts::from(&world.local.ports);
    let id = planned["id"].as_str().unwrap().to_owned();
    // Confirmed without an execution, so that the calls below are the only ones.
    let (store, erasures) = (&world.local.ports.store, &world.local.ports.erasures);
    let stored = erasures.erasure(world.org, id.parse().unwrap()).await.unwrap().unwrap();
    store
        .commit(world.org, vec![Change::Erasure(Box::new(stored.confirm(world.local.ports.clock.now()).unwrap()))])
        .await
        .unwrap();
    let call = json!({ "org": world.org, "id": id, "step": "2" });
    let mut kills = 0;
    for milliseconds in [0, 1, 2, 4, 6, 9, 13, 18, 25, 35, 50] {
        let called = tokio::time::timeout(Duration::from_millis(milliseconds), handle(&ports, call.clone())).await;
        kills += usize::from(called.is_err());
        // What a killed call holds ends by itself.
        clock.advance(TimeDelta::minutes(6));
    }
    println!("{kills} calls were killed");
    assert!(kills > 0);
    for _ in 0..3 {
        let outcome = handle(&ports, call.clone()).await.unwrap();
        assert_eq!(outcome["outcome"], "done");
        clock.advance(TimeDelta::minutes(6));
    }
    assert_eq!(read(&world, &id).await["status"], "COMPLETED");
    assert_erased(&world, &backups).await;
    assert_eq!(world.local.ports.statements.statements(world.org, 10).await.unwrap().len(), 4, "one statement");
    assert_eq!(history(&world).await, ["erasure_completed", "erasure_requested"]);
    check_chain(&world).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_makes_it_pending_until_it_is_lifted() {
    let (world, clock, backups) = backed_up().await;
    let hold = format!("/crm/bulk/v8/backup/backups/{}/hold", backups[1].0);
    assert_eq!(world.administrator().send(Method::PUT, &hold, "").await.status, StatusCode::OK);
    let planned = request(&world, named()).await;
    let before = files_with(world.data_folder(), MARKER);
    assert_eq!(confirm(&world, &planned, 1).await.0, StatusCode::OK);
    let id = planned["id"].as_str().unwrap();
    let pending = read(&world, id).await;
    assert_eq!(
        (&pending["status"], &pending["pending_for"], &pending["pending_until"]),
        (&json!("PENDING"), &json!("hold"), &Value::Null)
    );
    for _ in 0..2 {
        clock.advance(TimeDelta::days(1));
        world.local.tick().await;
        world.local.wait_until_idle().await;
    }
    assert_eq!(read(&world, id).await["status"], "PENDING");
    let after = files_with(world.data_folder(), MARKER);
    assert!(
        before.iter().filter(|path| path.to_string_lossy().contains("%stored")).all(|path| after.contains(path)),
        "nothing is erased"
    );
    assert_eq!(history(&world).await, ["erasure_pending", "erasure_confirmed", "erasure_requested"], "said once");
    assert_eq!(world.administrator().send(Method::DELETE, &hold, "").await.status, StatusCode::OK);
    world.local.wait_until_idle().await;
    assert_eq!(read(&world, id).await["status"], "COMPLETED");
    assert_erased(&world, &backups).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_a_backup_that_is_being_made() {
    let (world, clock, backups) = backed_up().await;
    let planned = request(&world, named()).await;
    clock.advance(TimeDelta::minutes(1));
    let running = requested(&world).await;
    assert_eq!(confirm(&world, &planned, 1).await.0, StatusCode::OK);
    let id = planned["id"].as_str().unwrap();
    assert_eq!(read(&world, id).await["status"], "RUNNING");
    assert!(!files_with(world.data_folder(), MARKER).is_empty());
    task(&world, &running, "fail", json!({ "error": { "Error": "States.Timeout" } })).await.unwrap();
    clock.advance(TimeDelta::minutes(3));
    world.local.tick().await;
    world.local.wait_until_idle().await;
    assert_eq!(read(&world, id).await["status"], "COMPLETED");
    assert_erased(&world, &backups).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_erased_is_refused() {
    let (world, _, _) = backed_up().await;
    let administrator = world.administrator();
    assert_eq!(world.user().post("/erasures", &named().to_string()).await.status, StatusCode::FORBIDDEN);
    let kept = json!({ "records": [{ "module": "Leads", "id": ID }], "zips": "keep" });
    assert_eq!(administrator.post("/erasures", &kept.to_string()).await.code(), "INVALID_DATA");
    assert_eq!(administrator.get("/erasures/7").await.code(), "RESOURCE_NOT_FOUND");
    // Nothing is kept of it.
    let nothing = request(&world, json!({ "records": [{ "module": "Leads", "id": "99" }] })).await;
    assert_eq!((&nothing["status"], &nothing["records"], &nothing["zips_concerned"]), (&json!("PLANNED"), &json!(0), &json!(0)));
    assert_eq!(confirm(&world, &nothing, 0).await.1, "NOT_ALLOWED");
    // One that was cancelled names nothing any more, and cannot be confirmed.
    let planned = request(&world, named()).await;
    let id = planned["id"].as_str().unwrap();
    for _ in 0..2 {
        let cancelled = administrator.post(&format!("/erasures/{id}/actions/cancel"), "").await;
        assert_eq!(cancelled.body["erasure"]["status"], "CANCELLED", "{cancelled:?}");
    }
    assert_eq!(confirm(&world, &planned, 1).await.1, "NOT_ALLOWED");
    let page = administrator.get("/erasures?per_page=1").await.body;
    assert_eq!((&page["erasures"][0]["id"], &page["info"]["more_records"]), (&json!(id), &json!(true)));
    let next = page["info"]["next_page_token"].as_str().unwrap();
    let page = administrator.get(&format!("/erasures?per_page=1&page_token={next}")).await.body;
    assert_eq!((&page["erasures"][0]["id"], &page["info"]["more_records"]), (&nothing["id"], &json!(false)));
    assert_eq!(administrator.get("/erasures?page_token=x").await.status, StatusCode::BAD_REQUEST);
    world.end().await;
}
