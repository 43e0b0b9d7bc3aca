//! The program is stopped while it drills: the drill goes on after the next start, and ends as without that. `HOZON_KILLS=30` sets the number of
//! kills.

use std::time::Duration;

use hozon_shared::domain::id::DrillId;
use hozon_tests::{PostgresServer, World};
use serde_json::json;

use super::{data, for_drills, read, request};
use crate::databases::connect;
use crate::program::{ORGANISATION, Program, prepared};
use crate::restoring::damaged::prepare;

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

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; `tests/run --all` runs it"]
async fn a_drill_that_is_killed_ends_as_if_nothing_had_happened() {
    let (crm, target, (mut folder, _)) = tokio::join!(PostgresServer::start(""), PostgresServer::start(""), prepared(10));
    prepare(&crm, 40).await;
    let world = opened(folder).await;
    connect(&world, &crm).await;
    for_drills(&world, &target).await;
    let backup = world.back_up().await;
    let id = request(&world, &backup).await.body["drill"]["id"].clone();
    folder = world.cut_short().await;
    let mut still_working = 0;
    for _ in 0..kills() {
        let program = Program::start(folder.path()).await;
        tokio::time::sleep(Duration::from_millis(fastrand::u64(50..1200))).await;
        program.kill().await;
        let world = opened(folder).await;
        let drill = world.local.ports.drills.drill(world.org, id.as_str().unwrap().parse::<DrillId>().unwrap()).await.unwrap();
        still_working += usize::from(drill.unwrap().is_active());
        folder = world.cut_short().await;
    }
    let world = opened(folder).await;
    world.local.wait_until_idle().await;
    let drill = read(&world, &id).await;
    assert_eq!((&drill["status"], &drill["failure"]), (&json!("SAME"), &json!(null)), "{drill}");
    assert_eq!(drill["totals"]["records"], 40_000);
    assert_eq!(data(&target), data(&crm));
    println!("{} kills, after {still_working} of which the drill was not over", kills());
    world.end().await;
}
