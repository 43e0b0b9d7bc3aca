//! The program is killed while it captures a database: the run goes on after the next start, and no part of a capture is ever
//! taken for a whole one. `HOZON_KILLS=30` sets the number of kills.

use std::collections::BTreeSet;
use std::time::Duration;

use hozon_shared::domain::backup::BackupStatus;
use hozon_shared::domain::id::OrgId;
use hozon_tests::{PostgresServer, World, unzip};
use reqwest::{Client, Method};

use super::program::{ORGANISATION, Program, prepared};
use crate::databases::{connect, with_plain_csv};

const USUAL: usize = 4;
/// A backup that takes longer after the last kill is stuck.
const DEADLINE: Duration = Duration::from_secs(300);

fn kills() -> usize {
    let text = std::env::var("HOZON_KILLS").unwrap_or_default();
    text.split(',').next().and_then(|count| count.parse().ok()).unwrap_or(USUAL)
}

/// The generations that the catalogue shows as the newest capture: one, or none before the first.
async fn shown(world: &World, org: OrgId) -> BTreeSet<String> {
    let modules = world.local.ports.catalogue.captured(org).await.unwrap();
    assert!(modules.is_empty() || modules.len() == 3, "{modules:?}");
    modules.into_iter().map(|module| module.version).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_that_is_killed_at_any_moment_is_whole_or_not_there() {
    let (server, (folder, token)) = tokio::join!(PostgresServer::start(""), prepared(10));
    server
        .sql(
            "create table deal (id int primary key, note text); create table note (id int, body text); create table empty (id int);
             insert into deal select n, repeat(md5(n::text), 20) from generate_series(1, 30000) n;
             insert into note select n, md5(n::text) from generate_series(1, 30000) n",
        )
        .await;
    let mut world = World::start_on(folder, |_| {}).await;
    world.org = world.local.find_organisation(ORGANISATION).unwrap();
    with_plain_csv(&world).await;
    connect(&world, &server).await;
    let mut folder = world.end().await;
    let http = Client::new();
    for _ in 0..kills() {
        let program = Program::start(folder.path()).await;
        program.ask(&http, &token, Method::POST).await;
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..1500))).await;
        program.kill().await;
        let world = World::start_on(folder, |_| {}).await;
        let org = world.local.find_organisation(ORGANISATION).unwrap();
        assert!(shown(&world, org).await.len() <= 1, "one capture, whole");
        folder = world.cut_short().await;
    }
    let last = Program::start(folder.path()).await;
    last.last_backup(&http, &token, DEADLINE).await;
    last.ask(&http, &token, Method::POST).await;
    last.last_backup(&http, &token, DEADLINE).await;
    last.kill().await;
    let world = World::start_on(folder, |_| {}).await;
    let org = world.local.find_organisation(ORGANISATION).unwrap();
    assert_eq!(shown(&world, org).await.len(), 1);
    let backups = world.local.ports.store.backups(org, 1000).await.unwrap();
    let bad: Vec<_> = backups.iter().filter(|backup| backup.status != BackupStatus::Completed).collect();
    assert!(bad.is_empty(), "{bad:?}");
    for backup in &backups {
        let data = backup.files.iter().find(|file| file.name == "Data_001.zip").unwrap();
        let lines = |name| String::from_utf8(unzip(&world.local.archive_path(&data.key), name)).unwrap().lines().count();
        assert_eq!((lines("deal.csv"), lines("note.csv"), lines("empty.csv")), (30_001, 30_001, 1));
    }
    println!("{} kills, {} backups, each whole", kills(), backups.len());
    world.cut_short().await;
}
