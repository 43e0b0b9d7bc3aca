//! Databases that change, refuse or stop while they are backed up: one consistent state, or an error that says what to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hozon_shared::domain::backup::Backup;
use hozon_shared::domain::connection::ConnectionRole;
use hozon_tests::{PostgresServer, World, unzip};
use reqwest::StatusCode;
use serde_json::json;

use crate::databases::{connect, connection, with_plain_csv};

/// Backups that are made while writers change the database; more by `HOZON_BACKUPS`.
const BACKUPS: usize = 6;
const ACCOUNTS: i64 = 4000;

/// The code of the failure of a backup, and its message.
async fn failure(world: &World) -> (String, String) {
    let Backup { failure, .. } = world.back_up().await;
    let failure = failure.expect("the backup fails");
    (failure.code, failure.message)
}

/// Moves money between accounts in transactions, rewrites and empties other tables, until told to stop. Returns the number
/// of transactions.
async fn write(server: Arc<PostgresServer>, writer: i64, stop: Arc<AtomicBool>) -> u64 {
    let client = server.client().await;
    let mut done = 0;
    while !stop.load(Ordering::Relaxed) {
        done += 1;
        let (from, to) = (fastrand::i64(1..=ACCOUNTS), fastrand::i64(1..=ACCOUNTS));
        let sql = match (writer, done % 50) {
            (0, 10) => "begin; truncate ledger; insert into ledger select 1, 'opened'; commit".to_owned(),
            (0, 30) => "alter table ledger alter note type varchar(100); alter table ledger alter note type text".to_owned(),
            _ => format!(
                "begin; update account set amount = amount - 7 where id = {from}; update account set amount = amount + 7 where id = {to};
                 insert into ledger values ({done}, 'moved'); commit"
            ),
        };
        if client.batch_execute(&sql).await.is_err() {
            // Two writers that wait for each other: the server has ended one.
            client.batch_execute("rollback").await.unwrap();
        }
    }
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn money_moved_while_a_backup_reads_is_neither_lost_nor_doubled() {
    let (server, mut world) = tokio::join!(PostgresServer::start(""), World::start());
    world.org = world.local.organisation("Unlimited", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let server = Arc::new(server);
    server
        .sql(&format!(
            "create table account (id int primary key, amount bigint, filler text);
             insert into account select n, 1000, repeat('x', 200) from generate_series(1, {ACCOUNTS}) n;
             create table ledger (id int, note text)"
        ))
        .await;
    with_plain_csv(&world).await;
    connect(&world, &server).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..3).map(|writer| tokio::spawn(write(server.clone(), writer, stop.clone()))).collect();
    let backups = std::env::var("HOZON_BACKUPS").map_or(BACKUPS, |count| count.parse().expect("HOZON_BACKUPS is a number"));
    let mut states = std::collections::HashSet::new();
    for _ in 0..backups {
        let zips = world.back_up_well().await;
        let csv = String::from_utf8(unzip(&zips[0], "account.csv")).unwrap();
        let amounts: Vec<i64> = csv.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse().unwrap()).collect();
        assert_eq!((amounts.len() as i64, amounts.iter().sum::<i64>()), (ACCOUNTS, ACCOUNTS * 1000));
        states.insert(amounts);
    }
    stop.store(true, Ordering::Relaxed);
    let mut written = 0;
    for writer in writers {
        written += writer.await.unwrap();
    }
    println!(
        "{backups} backups, {} different states, {written} transactions meanwhile, every sum {}",
        states.len(),
        ACCOUNTS * 1000
    );
    assert!(states.len() > 1, "the writers have changed the database between backups");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_source_fails_the_backup_with_its_own_code_and_the_connection() {
    let (mut server, world) = tokio::join!(PostgresServer::start(""), World::start_with(|options| options.speed = 100.0));
    let address = format!("127.0.0.1:{}/crm", server.port());
    server.sql("create table deal (id int); create role reader login password 'only'").await;
    let set = async |body: serde_json::Value| {
        let set = world.administrator().put("/backup/connection", &body.to_string()).await;
        assert_eq!(set.status, StatusCode::OK, "{set:?}");
    };
    set(connection(&server, "reader", Some("only"), json!([]))).await;
    let (code, message) = failure(&world).await;
    assert_eq!(code, "SOURCE_NO_PERMISSION");
    assert!(message.contains(&address) && message.contains("deal"), "{message}");

    server.sql("grant select on deal to reader; alter role reader password 'changed'").await;
    let (code, message) = failure(&world).await;
    assert_eq!(code, "SOURCE_PASSWORD");
    assert!(message.contains(&address) && !message.contains("only"), "{message}");

    set(connection(&server, "reader", Some("changed"), json!([{ "module": "deal" }]))).await;
    assert_eq!(failure(&world).await.0, "SOURCE_EMPTY");

    let mut other = connection(&server, "postgres", Some("secret"), json!([]));
    other["connection"]["database"]["name"] = "none".into();
    set(other).await;
    assert_eq!(failure(&world).await.0, "SOURCE_UNKNOWN_DATABASE");

    connect(&world, &server).await;
    world.local.ports.credentials.remove((world.org, ConnectionRole::Source)).await.unwrap();
    assert_eq!(failure(&world).await.0, "SOURCE_SECRET_GONE");

    connect(&world, &server).await;
    world.back_up_well().await;
    let allowance = world.administrator().get("/backup/allowance").await.body;
    server.crash();
    assert_eq!(failure(&world).await.0, "SOURCE_UNREACHABLE");
    // Each failure has given its use back.
    assert_eq!(world.administrator().get("/backup/allowance").await.body, allowance);
    world.end().await;
}
