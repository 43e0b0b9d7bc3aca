//! Restoring a backup into a PostgreSQL database, and into the native store: the plan says what is done, the database is as in the backup
//! afterwards, what is newer or changed meanwhile is left, and a restore is undone by another one.

mod calls;
mod created;
pub mod damaged;
pub mod files;
mod kills;
mod lost;
mod native;
mod random;
mod target;

use std::collections::BTreeMap;

use hozon_shared::domain::backup::Backup;
use hozon_tests::{PostgresServer, World};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::databases::{connect, connection};
use damaged::{Rows, TABLES, damage, differing, prepare, rows};

pub(crate) async fn get(world: &World, path: &str) -> Value {
    let answer = world.administrator().get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
    answer.body
}

/// Asks for a restore, and waits for its plan.
pub(crate) async fn planned(world: &World, body: Value) -> Value {
    let answer = world.administrator().post("/restores", &body.to_string()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    assert_eq!(answer.body["restore"]["status"], "PLANNING");
    ended(world, &answer.body["restore"]).await
}

/// A connected CRM that was damaged after a backup.
struct Damaged {
    server: PostgresServer,
    world: World,
    backup: Backup,
    /// Its rows before.
    then: Rows,
}

impl Damaged {
    async fn start() -> Self {
        let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
        prepare(&server, 1).await;
        connect(&world, &server).await;
        let backup = world.back_up().await;
        let then = rows(&server);
        damage(&server).await;
        Self { server, world, backup, then }
    }
}

/// Waits until nothing is worked on, and reads a restore again.
pub(crate) async fn ended(world: &World, restore: &Value) -> Value {
    world.local.wait_until_idle().await;
    get(world, &path(restore, "")).await["restore"].clone()
}

pub(crate) fn path(restore: &Value, rest: &str) -> String {
    format!("/restores/{}{rest}", restore["id"].as_str().unwrap())
}

pub(crate) async fn confirmed(world: &World, restore: &Value) -> Value {
    let body = json!({ "deletes": restore["plan"]["delete"] }).to_string();
    let answer = world.administrator().post(&path(restore, "/actions/confirm"), &body).await;
    assert_eq!((answer.status, &answer.body["restore"]["status"]), (StatusCode::OK, &json!("RUNNING")), "{answer:?}");
    ended(world, restore).await
}

/// All pages of a list, each record with its action or outcome.
async fn listed(world: &World, path: &str, word: &str) -> BTreeMap<(String, String), Value> {
    let (mut found, mut token) = (BTreeMap::new(), String::new());
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let page =
            get(world, &format!("{path}{}", if token.is_empty() { String::new() } else { format!("{sign}page_token={token}") }))
                .await;
        for record in page["records"].as_array().unwrap() {
            let module = record["module"].as_str().unwrap_or_default().to_owned();
            let before = found.insert((module, record["id"].as_str().unwrap().to_owned()), record[word].clone());
            assert_eq!(before, None, "{record} is there twice");
        }
        match page["info"]["next_page_token"].as_str() {
            Some(next) => token = next.to_owned(),
            None => return found,
        }
    }
}

/// Compares a plan with what differs.
async fn assert_plan(world: &World, restore: &Value, then: &Rows, now: &Rows, newer: &str) {
    for table in TABLES {
        let expected: BTreeMap<_, _> = differing(then, now, table, newer);
        let found: BTreeMap<String, String> = listed(world, &path(restore, &format!("/plan/{table}?per_page=37")), "action")
            .await
            .into_iter()
            .map(|((_, id), action)| (id, action.as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(found, expected, "{table}");
        let module = restore["plan"]["modules"].as_array().unwrap().iter().find(|module| module["api_name"] == table).unwrap();
        for action in ["create", "change", "delete", "leave", "impossible"] {
            let count = expected.values().filter(|found| *found == action).count();
            assert_eq!(module[action], count, "{table} {action}");
        }
    }
}

/// The rows of the backup and newer ones, but for a contact that was changed meanwhile.
fn restored(then: &Rows, now: &Rows, before: &Rows, changed: &str) -> Rows {
    let mut expected = then.clone();
    for table in TABLES {
        let rows = expected.get_mut(table).unwrap();
        for (id, row) in &now[table] {
            rows.entry(id.clone()).or_insert_with(|| row.clone());
        }
    }
    expected.get_mut("contact").unwrap().insert(changed.to_owned(), before["contact"][changed].clone());
    expected
}

/// The report has each record, and says that the changed one was left.
async fn assert_report(world: &World, restore: &Value, changed: &str, writes: u64) {
    let report = listed(world, &path(restore, "/report"), "outcome").await;
    assert_eq!(report.len() as u64, writes);
    let left: Vec<_> = report.iter().filter(|(_, outcome)| **outcome != "written").collect();
    assert_eq!(left, [(&("contact".to_owned(), changed.to_owned()), &json!("changed_meanwhile"))]);
    let csv = world.administrator().get(&path(restore, "/report.csv")).await;
    let csv = csv.body.as_str().unwrap();
    assert_eq!(csv.lines().count() as u64, writes + 1);
    assert!(csv.contains(&format!("contact,{changed},change,changed_meanwhile")), "{csv}");
}

/// Undoes a restore, whose created records are deleted only if their number is confirmed.
async fn undone(world: &World, restore: &Value) -> Value {
    let undo = world.administrator().post(&path(restore, "/actions/undo"), "").await;
    assert_eq!(undo.status, StatusCode::CREATED, "{undo:?}");
    let undo = ended(world, &undo.body["restore"]).await;
    assert_eq!((&undo["undoes"], &undo["plan"]["delete"]), (&restore["id"], &restore["plan"]["create"]), "{undo}");
    let refused = world.administrator().post(&path(&undo, "/actions/confirm"), r#"{"deletes":0}"#).await;
    let number = json!({ "deletes": restore["plan"]["create"] });
    assert_eq!((refused.code(), &refused.body["details"]), ("CONFIRMATION_REQUIRED", &number));
    confirmed(world, &undo).await
}

/// The history, the list, and the restore that was undone.
async fn assert_lists(world: &World, restore: &Value, undo: &Value) {
    assert_eq!(get(world, &path(restore, "")).await["restore"]["is_undone"], true);
    let twice = world.administrator().post(&path(restore, "/actions/undo"), "").await;
    assert_eq!(twice.code(), "NOT_ALLOWED");
    let history = get(world, "/backup/history").await;
    let of = |kind: &str| history["history"].as_array().unwrap().iter().filter(|event| event["kind"] == kind).count();
    assert_eq!(["restore_planned", "restore_confirmed", "restore_completed"].map(of), [2, 2, 2]);
    let restores = get(world, "/restores?per_page=1").await;
    assert_eq!((&restores["restores"][0]["id"], &restores["info"]["more_records"]), (&undo["id"], &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_as_in_its_backup_again_and_undone_it_is_as_before() {
    let Damaged { server, world, backup, then } = Damaged::start().await;
    let now = rows(&server);
    let body = json!({ "backup": backup.id.to_string(), "policy": { "change": true, "delete": false } });
    let restore = planned(&world, body).await;
    assert_eq!((&restore["status"], &restore["plan"]["is_hindered"]), (&json!("PLANNED"), &json!(false)), "{restore}");
    assert_plan(&world, &restore, &then, &now, "leave").await;
    assert!(restore["plan"]["create"].as_u64().unwrap() > 20 && restore["plan"]["change"].as_u64().unwrap() > 20, "{restore}");

    // Somebody changes a record that is to be changed back.
    let changed = differing(&then, &now, "contact", "leave").into_iter().find(|(_, action)| action == "change").unwrap().0;
    server.sql(&format!("update contact set name = 'meanwhile' where id = {changed}")).await;
    let before = rows(&server);
    let restore = confirmed(&world, &restore).await;
    assert_eq!(restore["status"], "COMPLETED", "{restore}");
    let writes = restore["plan"]["create"].as_u64().unwrap() + restore["plan"]["change"].as_u64().unwrap();
    let expected = json!({ "written": writes - 1, "already_there": 0, "changed_meanwhile": 1, "refused": 0 });
    assert_eq!(restore["outcome"], expected, "{}", get(&world, &path(&restore, "/report")).await);
    assert_eq!(restore["progress"], json!({ "done": writes, "total": writes }));
    assert_eq!(rows(&server), restored(&then, &now, &before, &changed));
    assert_report(&world, &restore, &changed, writes).await;
    // Sequences give no value that a row has.
    server.sql("insert into note (deal_id, body) select min(id), 'new' from deal; delete from note where body = 'new'").await;
    let undo = undone(&world, &restore).await;
    assert_eq!((&undo["status"], &undo["outcome"]["written"]), (&json!("COMPLETED"), &json!(writes - 1)), "{undo}");
    assert_eq!(rows(&server), before);
    assert_lists(&world, &restore, &undo).await;
    println!("{writes} records that differ: {} restored, 1 left, and undone", writes - 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_records_are_deleted_only_if_their_number_is_confirmed() {
    let Damaged { server, world, backup, then } = Damaged::start().await;
    let backup = backup.id.to_string();
    let now = rows(&server);
    let restore = planned(&world, json!({ "backup": backup, "policy": { "change": true, "delete": true } })).await;
    assert_plan(&world, &restore, &then, &now, "delete").await;
    let wrong = world.administrator().post(&path(&restore, "/actions/confirm"), r#"{"deletes":1}"#).await;
    assert_eq!((wrong.status, wrong.code()), (StatusCode::BAD_REQUEST, "CONFIRMATION_REQUIRED"), "{wrong:?}");
    assert_eq!(rows(&server), now, "nothing is written before");
    let restore = confirmed(&world, &restore).await;
    assert_eq!((&restore["status"], &restore["outcome"]["refused"]), (&json!("COMPLETED"), &json!(0)), "{restore}");
    assert_eq!(rows(&server), then);
    let nothing = planned(&world, json!({ "backup": backup, "policy": { "change": true, "delete": true } })).await;
    let refused = world.administrator().post(&path(&nothing, "/actions/confirm"), r#"{"deletes":0}"#).await;
    assert_eq!(refused.code(), "NOT_ALLOWED", "there is nothing to write");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn single_records_and_modules_are_restored_alone() {
    let Damaged { server, world, backup, then } = Damaged::start().await;
    let backup = backup.id.to_string();
    let now = rows(&server);
    let ids = |table: &str, action: &str| -> Vec<String> {
        differing(&then, &now, table, "leave").into_iter().filter(|(_, found)| found == action).map(|(id, _)| id).collect()
    };
    let note = &ids("note", "change")[0];
    let body = json!({ "backup": backup, "records": [{ "module": "note", "id": note }], "policy": { "change": true } });
    let restore = confirmed(&world, &planned(&world, body).await).await;
    assert_eq!(restore["outcome"]["written"], 1, "{restore}");
    let mut expected = now.clone();
    expected.get_mut("note").unwrap().insert(note.clone(), then["note"][note].clone());
    assert_eq!(rows(&server), expected);
    // Deals refer to companies that are still gone.
    let restore = planned(&world, json!({ "backup": backup, "modules": ["deal"] })).await;
    let created = ids("deal", "create").len();
    assert_eq!((&restore["plan"]["create"], &restore["plan"]["change"]), (&json!(created), &json!(0)));
    let restore = confirmed(&world, &restore).await;
    assert_eq!(restore["outcome"]["refused"], created, "{restore}");
    let refused = get(&world, &path(&restore, "/report?module=deal")).await;
    assert_eq!((&refused["records"][0]["outcome"], &refused["records"][0]["reason"]), (&json!("refused"), &json!("reference")));
    assert_eq!(rows(&server), expected);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_search_finds_in_the_backup_is_restored_alone() {
    let Damaged { server, world, backup, then } = Damaged::start().await;
    let backup = backup.id.to_string();
    let mut expected = rows(&server);
    // In the backup, companies 9 and 90 to 99 have such names, and 10 and 100 such main contacts. Of them, 9 was garbled.
    let search = json!({ "module": "company", "words": "ｃｏｍｐａｎｙ 9" });
    let policy = json!({ "change": true, "delete": true });
    let restore = planned(&world, json!({ "backup": backup, "search": search, "policy": policy })).await;
    let selection =
        json!({ "module": "company", "words": null, "match": "prefix", "records": 13, "blocks_searched": 1, "blocks": 1 });
    assert_eq!(restore["selection"], json!({ "records": null, "modules": null, "search": selection }), "{restore}");
    assert_eq!((&restore["plan"]["change"], &restore["plan"]["delete"]), (&json!(1), &json!(0)), "{restore}");
    let restore = confirmed(&world, &restore).await;
    assert_eq!(restore["outcome"]["written"], 1, "{restore}");
    expected.get_mut("company").unwrap().insert("9".to_owned(), then["company"]["9"].clone());
    assert_eq!(rows(&server), expected);
    let undo = world.administrator().post(&path(&restore, "/actions/undo"), "").await;
    let undo = confirmed(&world, &ended(&world, &undo.body["restore"]).await).await;
    assert_eq!(undo["outcome"]["written"], 1, "{undo}");
    let nothing = planned(&world, json!({ "backup": backup, "search": { "words": "nobody", "match": "exact" } })).await;
    assert_eq!((&nothing["plan"]["modules"], &nothing["selection"]["search"]["records"]), (&json!([]), &json!(0)), "{nothing}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restores_are_for_administrators_and_for_connections_that_may_write() {
    let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
    prepare(&server, 1).await;
    server.sql("create role reader login password 'secret'; grant select on all tables in schema public to reader").await;
    let body = connection(&server, "reader", Some("secret"), json!([])).to_string();
    assert_eq!(world.administrator().put("/backup/connection", &body).await.status, StatusCode::OK);
    let backup = world.back_up().await.id.to_string();
    server.sql("delete from note where id <= 10").await;
    let body = json!({ "backup": backup }).to_string();
    assert_eq!(world.user().post("/restores", &body).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.user().get("/restores").await.status, StatusCode::FORBIDDEN);
    let restore = planned(&world, json!({ "backup": backup })).await;
    assert_eq!((&restore["plan"]["create"], &restore["plan"]["is_hindered"]), (&json!(10), &json!(true)), "{restore}");
    let denied = restore["plan"]["hindrances"].as_array().unwrap().iter();
    assert!(denied.clone().any(|hindrance| hindrance["module"] == "note" && hindrance["kind"] == "no_permission"), "{restore}");
    let refused = world.administrator().post(&path(&restore, "/actions/confirm"), r#"{"deletes":0}"#).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "NOT_ALLOWED"), "{refused:?}");
    // Another connection is not the one for which the plan was made.
    connect(&world, &server).await;
    let refused = world.administrator().post(&path(&restore, "/actions/confirm"), r#"{"deletes":0}"#).await;
    assert_eq!(refused.code(), "NOT_ALLOWED");
    for (body, code) in [
        (json!({ "backup": "1" }), "BACKUP_NOT_FOUND"),
        (json!({ "backup": backup, "modules": ["Quotes"] }), "MODULE_NOT_FOUND"),
        (json!({ "backup": backup, "modules": [] }), "INVALID_DATA"),
        (json!({ "backup": backup, "records": [], "modules": ["note"] }), "INVALID_DATA"),
        (json!({ "backup": backup, "records": [] }), "INVALID_DATA"),
        (json!({ "backup": backup, "search": { "words": " " } }), "INVALID_DATA"),
        (json!({ "backup": backup, "search": { "words": "a", "match": "some" } }), "INVALID_DATA"),
        (json!({ "backup": backup, "search": { "words": "a" }, "modules": ["note"] }), "INVALID_DATA"),
        (json!({ "backup": backup, "search": { "words": "a", "module": "Quotes" } }), "MODULE_NOT_FOUND"),
        (json!({ "backup": backup, "policy": { "drop": true } }), "REQUEST_BODY_NOT_READABLE"),
    ] {
        let answer = world.administrator().post("/restores", &body.to_string()).await;
        assert_eq!(answer.code(), code, "{body}: {answer:?}");
    }
    let cancelled = world.administrator().post(&path(&restore, "/actions/cancel"), "").await;
    assert_eq!((cancelled.status, &cancelled.body["restore"]["status"]), (StatusCode::OK, &json!("CANCELLED")));
    let refused = world.administrator().post(&path(&restore, "/actions/undo"), "").await;
    assert_eq!(refused.code(), "NOT_ALLOWED", "it has written nothing");
    world.end().await;
}
