//! The program is killed while it restores: the restore goes on after the next start, and ends as without a kill. `HOZON_KILLS=30` sets the
//! number of kills.

use std::time::Duration;

use hozon_tests::{PostgresServer, World};
use serde_json::json;

use super::damaged::{Rows, damage, prepare, rows};
use super::{get, path, planned};
use crate::databases::connect;
use crate::program::{ORGANISATION, Program, prepared};

const USUAL: usize = 4;

fn kills() -> usize {
    let text = std::env::var("HOZON_KILLS").unwrap_or_default();
    text.split(',').next().and_then(|count| count.parse().ok()).unwrap_or(USUAL)
}

async fn opened(folder: tempfile::TempDir) -> World {
    let mut world = World::start_on(folder, |_| {}).await;
    world.org = world.local.find_organisation(ORGANISATION).unwrap();
    world
}

/// Kills the program some times while it works, and returns the world after its end.
async fn killed(mut folder: tempfile::TempDir) -> World {
    for _ in 0..kills() {
        let program = Program::start(folder.path()).await;
        tokio::time::sleep(Duration::from_millis(fastrand::u64(300..2500))).await;
        program.kill().await;
        let world = opened(folder).await;
        folder = world.cut_short().await;
    }
    let world = opened(folder).await;
    world.local.wait_until_idle().await;
    world
}

async fn confirm(world: &World, restore: &serde_json::Value) {
    let body = json!({ "deletes": restore["plan"]["delete"] }).to_string();
    let answer = world.administrator().post(&path(restore, "/actions/confirm"), &body).await;
    assert_eq!(answer.body["restore"]["status"], "RUNNING", "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; `tests/run --all` runs it"]
async fn a_restore_that_is_killed_ends_as_if_nothing_had_happened() {
    let (server, (folder, _)) = tokio::join!(PostgresServer::start(""), prepared(10));
    prepare(&server, 40).await;
    let world = opened(folder).await;
    connect(&world, &server).await;
    let backup = world.back_up().await;
    let then: Rows = rows(&server);
    damage(&server).await;
    let damaged = rows(&server);
    let policy = json!({ "change": true, "delete": true });
    let restore = planned(&world, json!({ "backup": backup.id.to_string(), "policy": policy })).await;
    confirm(&world, &restore).await;
    let world = killed(world.cut_short().await).await;
    let restore = get(&world, &path(&restore, "")).await["restore"].clone();
    assert_eq!((&restore["status"], &restore["failure"]), (&json!("COMPLETED"), &json!(null)), "{restore}");
    assert_eq!(rows(&server), then);
    let written = restore["progress"]["total"].clone();
    let expected = json!({ "written": written, "already_there": 0, "changed_meanwhile": 0, "refused": 0 });
    assert_eq!(restore["outcome"], expected, "what a killed call has written is written by the restore");

    let undo = world.administrator().post(&path(&restore, "/actions/undo"), "").await.body["restore"].clone();
    world.local.wait_until_idle().await;
    let undo = get(&world, &path(&undo, "")).await["restore"].clone();
    confirm(&world, &undo).await;
    let world = killed(world.cut_short().await).await;
    let undo = get(&world, &path(&undo, "")).await["restore"].clone();
    assert_eq!((&undo["status"], &undo["outcome"]["written"]), (&json!("COMPLETED"), &written), "{undo}");
    assert_eq!(rows(&server), damaged);
    println!("{} kills, {written} records restored and undone", 2 * kills());
    world.end().await;
}
