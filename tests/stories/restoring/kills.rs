//! The program is killed while it restores: the restore goes on after the next start, and ends as without a kill. `HOZON_KILLS=30` sets the
//! number of kills.

use std::path::Path;
use std::time::Duration;

use hozon_tests::{PostgresServer, World};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::damaged::{Rows, damage, prepare, rows};
use super::files::{Crm, Files, assert_same, connect as connect_with_files, profiles};
use super::{get, path, planned};
use crate::databases::connect;
use crate::program::{ORGANISATION, Program, prepared};

const USUAL: usize = 4;
/// Tens of files that are restored. Debug builds write about fifty files in a second.
const TENS_OF_FILES: i32 = 200;

fn kills() -> usize {
    let text = std::env::var("HOZON_KILLS").unwrap_or_default();
    text.split(',').next().and_then(|count| count.parse().ok()).unwrap_or(USUAL)
}

/// Starts on a folder, with further profiles if there are some.
async fn opened(folder: TempDir, profiles: Option<&Path>) -> World {
    let known = profiles.map(|profiles| hozon_shared::settings::profiles_with(profiles).unwrap());
    let mut world = World::start_on(folder, |options| {
        if let Some(known) = known {
            options.profiles = known.into();
        }
    })
    .await;
    world.org = world.local.find_organisation(ORGANISATION).unwrap();
    world
}

/// Kills the program some times while it works on a restore, and returns the world after its end, with how much was done at each kill.
async fn killed(mut folder: TempDir, token: &str, profiles: Option<&Path>, restore: &Value) -> (World, Vec<u64>) {
    let arguments = profiles.map(|profiles| format!("--profiles {}", profiles.display())).unwrap_or_default();
    let (mut done, http) = (Vec::new(), reqwest::Client::new());
    for _ in 0..kills() {
        let program = Program::start_under("true", folder.path(), &arguments).await;
        program.ask(&http, token, Method::GET).await;
        tokio::time::sleep(Duration::from_millis(fastrand::u64(..4000))).await;
        program.kill().await;
        let world = opened(folder, profiles).await;
        done.extend(get(&world, &path(restore, "")).await["restore"]["progress"]["done"].as_u64());
        folder = world.cut_short().await;
    }
    let world = opened(folder, profiles).await;
    world.local.wait_until_idle().await;
    (world, done)
}

async fn confirm(world: &World, restore: &Value) {
    let body = json!({ "deletes": restore["plan"]["delete"] }).to_string();
    let answer = world.administrator().post(&path(restore, "/actions/confirm"), &body).await;
    assert_eq!(answer.body["restore"]["status"], "RUNNING", "{answer:?}");
}

/// Plans to undo a restore.
async fn undo_of(world: &World, restore: &Value) -> Value {
    let undo = world.administrator().post(&path(restore, "/actions/undo"), "").await.body["restore"].clone();
    world.local.wait_until_idle().await;
    get(world, &path(&undo, "")).await["restore"].clone()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; `tests/run --all` runs it"]
async fn a_restore_that_is_killed_ends_as_if_nothing_had_happened() {
    let (server, (folder, token)) = tokio::join!(PostgresServer::start(""), prepared(10));
    prepare(&server, 40).await;
    let world = opened(folder, None).await;
    connect(&world, &server).await;
    let backup = world.back_up().await;
    let then: Rows = rows(&server);
    damage(&server).await;
    let damaged = rows(&server);
    let policy = json!({ "change": true, "delete": true });
    let restore = planned(&world, json!({ "backup": backup.id.to_string(), "policy": policy })).await;
    confirm(&world, &restore).await;
    let (world, done) = killed(world.cut_short().await, &token, None, &restore).await;
    let restore = get(&world, &path(&restore, "")).await["restore"].clone();
    assert_eq!((&restore["status"], &restore["failure"]), (&json!("COMPLETED"), &json!(null)), "{restore}");
    assert_eq!(rows(&server), then);
    let written = restore["progress"]["total"].clone();
    let expected = json!({ "written": written, "already_there": 0, "changed_meanwhile": 0, "refused": 0 });
    assert_eq!(restore["outcome"], expected, "what a killed call has written is written by the restore");

    let undo = undo_of(&world, &restore).await;
    confirm(&world, &undo).await;
    let (world, undone_at) = killed(world.cut_short().await, &token, None, &undo).await;
    let undo = get(&world, &path(&undo, "")).await["restore"].clone();
    assert_eq!((&undo["status"], &undo["outcome"]["written"]), (&json!("COMPLETED"), &written), "{undo}");
    assert_eq!(rows(&server), damaged);
    println!("{} kills at {done:?} and {undone_at:?} of {written} records, restored and undone", 2 * kills());
    world.end().await;
}

/// The files of before, but for those that had no bytes and whose row stays: they keep what the restore has written.
fn undone(before: &Files, then: &Files) -> Files {
    before.iter().map(|(id, bytes)| (*id, bytes.clone().or_else(|| then[id].clone()))).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; `tests/run --all` runs it"]
async fn a_restore_of_files_that_is_killed_ends_as_if_nothing_had_happened() {
    let (crm, (folder, token), profiles) = (Crm::start().await, prepared(10).await, profiles());
    crm.add_further(TENS_OF_FILES).await;
    connect_with_files(&folder, &crm, profiles.path(), ORGANISATION).await;
    let profiles = Some(profiles.path());
    let world = opened(folder, profiles).await;
    let backup = world.back_up().await;
    let (then, rows) = (crm.files().await, crm.rows());
    crm.damage_further().await;
    let damaged = crm.files().await;
    let body = json!({ "backup": backup.id.to_string(), "policy": { "change": true, "delete": false } });
    let restore = planned(&world, body).await;
    let count = |action: &str| restore["plan"]["files"][action].as_u64().unwrap();
    let files = count("create") + count("change");
    let differing = then.iter().filter(|(id, bytes)| damaged.get(*id) != Some(*bytes)).count();
    assert_eq!(files, differing as u64, "{restore}");
    confirm(&world, &restore).await;
    let (world, done) = killed(world.cut_short().await, &token, profiles, &restore).await;
    let restore = get(&world, &path(&restore, "")).await["restore"].clone();
    assert_eq!((&restore["status"], &restore["failure"]), (&json!("COMPLETED"), &json!(null)), "{restore}");
    assert_same(&crm.files().await, &then);
    assert!(crm.rows() == rows, "rows differ");
    assert_eq!((crm.strangers(), &*crm.lost_objects()), (Vec::<String>::new(), "0"), "nothing unfinished stays");
    let expected = json!({ "written": files, "already_there": 0, "changed_meanwhile": 0, "refused": 0 });
    assert_eq!(restore["file_outcome"], expected, "what a killed call has written is written by the restore");

    let undo = undo_of(&world, &restore).await;
    confirm(&world, &undo).await;
    let (world, undone_at) = killed(world.cut_short().await, &token, profiles, &undo).await;
    let undo = get(&world, &path(&undo, "")).await["restore"].clone();
    assert_eq!((&undo["status"], &undo["file_outcome"]["written"]), (&json!("COMPLETED"), &json!(count("change"))), "{undo}");
    assert_same(&crm.files().await, &undone(&damaged, &then));
    assert_eq!((crm.strangers(), &*crm.lost_objects()), (Vec::<String>::new(), "0"), "nothing unfinished stays");
    assert!(done.iter().any(|done| (1..files).contains(done)), "no kill came between two files: {done:?} of {files}");
    println!("{} kills at {done:?} and {undone_at:?} of {files} files, restored and undone", 2 * kills());
    world.end().await;
}
