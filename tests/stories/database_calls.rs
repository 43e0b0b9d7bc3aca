//! A database that takes longer to read than one call may last: several calls read it, and the backup still shows one instant.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_shared::domain::progress::CaptureProgress;
use hozon_shared::ports::{Bucket, ObjectRef, read_all};
use hozon_shared::snapshots::reader::stored_module;
use hozon_tests::{PostgresServer, World, unzip};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::databases::{connect, with_plain_csv};

/// Short calls: a block of rows takes about as long to write.
const CALL: Duration = Duration::from_secs(1);
/// Lets one of these stories run at a time: each keeps all cores busy, and its calls have only a second.
static ALONE: Mutex<()> = Mutex::const_new(());
const ACCOUNTS: i64 = 500;
/// Text that hardly compresses, so that a table has many blocks. One table is read in the order of its key, one as it lies in its file;
/// one is small, and read last.
const LARGE: &str = "
create table deal (id int primary key, body text);
insert into deal select n, (select string_agg(md5(n::text || m::text), '') from generate_series(1, 24) m) from generate_series(1, 30000) n;
create table moved (id int primary key, body text);
insert into moved select (n::int8 * 7919) % 65537, (select string_agg(md5(n::text || m::text), '') from generate_series(1, 24) m)
    from generate_series(1, 24000) n;
create table account (id int primary key, amount bigint);
insert into account select n, 1000 from generate_series(1, 500) n;
create table journal (id int);
insert into journal values (1);
analyze";

/// An organisation without a limit of backups, connected to a large database.
async fn large() -> (Arc<PostgresServer>, World) {
    let (server, mut world) = tokio::join!(PostgresServer::start(""), World::start());
    world.org = world.local.organisation("Unlimited", chrono_tz::UTC, "Own", "JP").await.unwrap();
    server.sql(LARGE).await;
    with_plain_csv(&world).await;
    connect(&world, &server).await;
    (Arc::new(server), world)
}

/// The same data folder, with calls that may last a second.
async fn with_short_calls(world: World) -> World {
    let org = world.org;
    let mut world = World::start_on(world.end().await, |options| options.capture_time = Some(CALL)).await;
    world.org = org;
    world
}

/// What the documents of a run say about its calls.
#[derive(Debug, Default)]
struct Seen {
    /// The last turn of a holder in any attempt.
    turns: u64,
    /// Number of attempts.
    attempts: usize,
    /// Whether a module was read by several calls.
    has_parts: bool,
}

impl Seen {
    async fn look(&mut self, world: &World) {
        let objects = &world.local.ports.objects;
        let keys = objects.list(Bucket::Archives, &format!("work/{}/", world.org)).await.unwrap();
        let of_calls: Vec<_> = keys.iter().filter_map(|key| Some((key, key.split_once("/capture/")?.1))).collect();
        let attempts: std::collections::BTreeSet<_> = of_calls.iter().filter_map(|(_, rest)| rest.split('/').next()).collect();
        self.attempts = self.attempts.max(attempts.len());
        for (key, rest) in &of_calls {
            let turn = rest.split_once("turn-").and_then(|(_, turn)| turn.strip_suffix(".json")?.parse().ok());
            self.turns = self.turns.max(turn.unwrap_or(0));
            if !rest.contains("/module-") {
                continue;
            }
            // It may be gone, or written anew, meanwhile.
            let Ok(json) = read_all(&**objects, &ObjectRef::archives((*key).clone())).await else { return };
            let document: Value = serde_json::from_slice(&json).unwrap();
            self.has_parts |= document["part"]["from"].is_string();
        }
    }
}

/// Backs up while `meanwhile` is called again and again with what was seen.
async fn back_up(world: &World, mut meanwhile: impl AsyncFnMut(&Seen)) -> (Backup, Seen) {
    let mut seen = Seen::default();
    let backup = {
        let mut backing_up = std::pin::pin!(world.back_up());
        loop {
            tokio::select! {
                backup = &mut backing_up => break backup,
                () = tokio::time::sleep(Duration::from_millis(20)) => {
                    seen.look(world).await;
                    meanwhile(&seen).await;
                }
            }
        }
    };
    assert_eq!(backup.status, BackupStatus::Completed, "{:?}", backup.failure);
    (backup, seen)
}

async fn entry(world: &World, backup: &Backup, name: &str) -> String {
    let data = backup.files.iter().find(|file| file.name == "Data_001.zip").unwrap();
    String::from_utf8(unzip(&world.local.archive_path(&data.key), name)).unwrap()
}

/// Every reader has told of its whole share, whatever the number of its calls.
async fn assert_read_whole(world: &World, backup: &Backup) {
    let read = world.local.ports.progress.captured(world.org, backup.id).await.unwrap().unwrap();
    let all = CaptureProgress { modules: 4, total_modules: 4, rows: 54_501, expected_rows: 54_501 };
    assert_eq!(read, all);
}

/// A version that equals the one before is the one before: blocks, digests and all.
#[tokio::test(flavor = "multi_thread")]
async fn many_calls_store_what_one_call_would_store() {
    let _alone = ALONE.lock().await;
    let (server, world) = large().await;
    let (backup, _) = back_up(&world, async |_| {}).await;
    let in_one = world.local.ports.catalogue.captured(world.org).await.unwrap();
    assert_read_whole(&world, &backup).await;
    let deal = in_one.iter().find(|module| module.api_name == "deal").unwrap();
    let blocks = stored_module(&*world.local.ports.objects, world.org, deal).await.unwrap().blocks.len();
    let world = with_short_calls(world).await;
    let mut told = 0;
    let (backup, seen) = back_up(&world, async |_| {
        let summary = world.administrator().get("/backup/summary").await.body["summary"].clone();
        told = told.max(summary["backup"]["progress"]["capture"]["rows"].as_u64().unwrap_or(0));
    })
    .await;
    assert_read_whole(&world, &backup).await;
    assert!(told > 0, "nobody was told that rows were read");
    let in_many = world.local.ports.catalogue.captured(world.org).await.unwrap();
    assert_eq!(in_many, in_one);
    assert!(seen.has_parts && seen.turns >= 4, "{seen:?}");
    println!("{blocks} blocks of the largest table; the snapshot was handed over {} times", seen.turns - 1);
    drop(server);
    world.end().await;
}

async fn move_money(server: Arc<PostgresServer>, stop: Arc<AtomicBool>) -> u64 {
    let (client, mut moved) = (server.client().await, 0);
    while !stop.load(Ordering::Relaxed) {
        let (from, to) = (fastrand::i64(1..=ACCOUNTS), fastrand::i64(1..=ACCOUNTS));
        let sql = format!(
            "begin; update account set amount = amount - 7 where id = {from}; update account set amount = amount + 7 where id = {to};
             update moved set body = upper(body) where id = {from}; delete from deal where id = {to}; commit"
        );
        client.batch_execute(&sql).await.unwrap();
        moved += 1;
    }
    moved
}

/// Emptied after the state began and before it was read, a table would look empty in that state.
#[tokio::test(flavor = "multi_thread")]
async fn the_state_outlives_its_holders_while_others_write_and_begins_anew_after_a_truncation() {
    let _alone = ALONE.lock().await;
    let (server, world) = large().await;
    let world = with_short_calls(world).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(move_money(server.clone(), stop.clone()));
    let mut is_emptied = false;
    let (backup, seen) = back_up(&world, async |seen: &Seen| {
        if seen.turns >= 2 && !is_emptied {
            is_emptied = true;
            server.sql("truncate journal; insert into journal values (2)").await;
        }
    })
    .await;
    stop.store(true, Ordering::Relaxed);
    let moved = writer.await.unwrap();
    let accounts = entry(&world, &backup, "account.csv").await;
    let sum: i64 = accounts.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse::<i64>().unwrap()).sum();
    assert_eq!(sum, ACCOUNTS * 1000, "no transfer is seen by half");
    assert_eq!(entry(&world, &backup, "journal.csv").await, "id\r\n2\r\n");
    assert!(seen.attempts >= 2 && seen.turns >= 4 && moved > 100, "{seen:?}, {moved} transactions");
    println!("{} attempts, {} hand-overs, {moved} transactions meanwhile, the sum {sum}", seen.attempts, seen.turns - 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_ends_between_calls_begins_the_capture_anew() {
    let _alone = ALONE.lock().await;
    let (server, world) = large().await;
    let world = with_short_calls(world).await;
    let (org, mut seen) = (world.org, Seen::default());
    world.administrator().post("/backup", "").await;
    while !seen.has_parts {
        assert!(!world.local.is_idle(), "{seen:?}");
        seen.look(&world).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut world = World::start_on(world.cut_short().await, |options| options.capture_time = Some(CALL)).await;
    world.org = org;
    world.local.wait_until_idle().await;
    let backups = world.local.ports.store.backups(org, 10).await.unwrap();
    assert_eq!(backups.iter().map(|backup| backup.status).collect::<Vec<_>>(), [BackupStatus::Completed]);
    drop(server);
    world.end().await;
}
