//! A database that the program beside it captures: the run waits, and ends with what the program has captured, or with its failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hozon::connectors;
use hozon_capture_database::{CaptureError, CapturePorts, capture_awaited, handle, waits_for_program};
use hozon_shared::domain::awaited::AwaitedCapture;
use hozon_shared::domain::backup::{Backup, BackupStatus, Failure};
use hozon_shared::domain::connection::CapturedBy;
use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::ports::{Bucket, Captures, ErrorKind, PortError};
use hozon_tests::{PostgresServer, World, unzip};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::databases::{connection, with_plain_csv};

const CONNECTION: &str = "/backup/connection";
const DEALS: &str = "create table deal (id int primary key, name text); insert into deal values (1, '山田商事'), (2, null);
    create table person (id int primary key); insert into person select generate_series(1, 300)";

/// An organisation whose database the service leaves to the program; its runs look every second.
pub async fn left_to_program(password: &str) -> (PostgresServer, World) {
    let started = World::start_with(|options| {
        options.runs_as = CapturedBy::Service;
        options.capture_time = Some(Duration::from_secs(1));
    });
    let (server, world) = tokio::join!(PostgresServer::start(""), started);
    server.sql(DEALS).await;
    with_plain_csv(&world).await;
    let mut wanted = connection(&server, "postgres", Some(password), json!([]));
    wanted["connection"]["database"]["captured_by"] = "program".into();
    let set = world.administrator().put(CONNECTION, &wanted.to_string()).await;
    assert_eq!(set.status, StatusCode::OK, "saving reaches no database: {set:?}");
    (server, world)
}

pub fn program(world: &World) -> CapturePorts {
    let ports = CapturePorts::new(&world.local.ports, connectors(None), Arc::default());
    CapturePorts { runs_as: CapturedBy::Program, ..ports }
}

/// Begins a backup, and returns once its run waits.
pub async fn waiting(world: &World, program: &CapturePorts) -> BackupId {
    assert_eq!(world.administrator().post("/backup", "").await.status, StatusCode::CREATED);
    let backup = world.local.ports.store.backups(world.org, 1).await.unwrap().remove(0).id;
    while !waits_for_program(program, world.org, backup).await.unwrap() {
        assert!(!world.local.is_idle());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    backup
}

pub async fn ended(world: &World, backup: BackupId) -> Backup {
    world.local.wait_until_idle().await;
    world.local.ports.store.backup(world.org, backup).await.unwrap().unwrap()
}

fn deals(world: &World, backup: &Backup) -> String {
    assert_eq!(backup.status, BackupStatus::Completed, "{:?}", backup.failure);
    let data = backup.files.iter().find(|file| file.name == "Data_001.zip").unwrap();
    String::from_utf8(unzip(&world.local.archive_path(&data.key), "deal.csv")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_for_the_program_and_backs_up_what_that_reads() {
    let (server, world) = left_to_program("secret").await;
    let saved = world.administrator().get(CONNECTION).await.body;
    assert_eq!(saved["connection"]["database"]["captured_by"], "program");
    let program = program(&world);
    let backup = waiting(&world, &program).await;
    let shown = world.administrator().get("/backup/summary").await.body;
    assert_eq!(shown["summary"]["backup"]["progress"]["waits_for_program"], true);
    // Had the service read the database, the backup would lack this row.
    server.sql("insert into deal values (3, 'late')").await;
    capture_awaited(&program, world.org, backup).await.unwrap();
    let read = world.local.ports.progress.captured(world.org, backup).await.unwrap().unwrap();
    assert_eq!((read.modules, read.total_modules, read.rows), (2, 2, 303));
    assert!(!waits_for_program(&program, world.org, backup).await.unwrap());
    let backup = ended(&world, backup).await;
    assert_eq!(deals(&world, &backup), "id,name\r\n1,山田商事\r\n2,\r\n3,late\r\n");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_programs_one_publishes_and_nothing_of_the_other_is_left() {
    let (server, world) = left_to_program("secret").await;
    let (one, other) = (program(&world), program(&world));
    let backup = waiting(&world, &one).await;
    let (first, second) = tokio::join!(capture_awaited(&one, world.org, backup), capture_awaited(&other, world.org, backup));
    // The run may be over before the other one looks for it.
    assert!([first, second].iter().all(|ended| matches!(ended, Ok(()) | Err(CaptureError::NotRunning))));
    let backup = ended(&world, backup).await;
    assert_eq!(deals(&world, &backup), "id,name\r\n1,山田商事\r\n2,\r\n");
    let objects = &world.local.ports.objects;
    let stored = async |folder: &str| objects.list(Bucket::Crm, &format!("org/{}/{folder}/", world.org)).await.unwrap();
    // One snapshot is of the capture, and one of the backup, with the plan of its zips.
    let (captured, snapshots) = (stored("%captured").await, stored("%snapshots").await);
    let current = world.local.ports.catalogue.captured(world.org).await.unwrap();
    assert_eq!((captured.len(), snapshots.len(), current.len()), (2, 3, 2), "{captured:?}, {snapshots:?}");
    assert!(world.local.ports.leases.leases(world.org).await.unwrap().are_free());
    drop(server);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_with_the_failure_of_the_program() {
    let (server, world) = left_to_program("wrong").await;
    let program = program(&world);
    let backup = waiting(&world, &program).await;
    let failed = capture_awaited(&program, world.org, backup).await.unwrap_err();
    assert_eq!(failed.code(), "SOURCE_PASSWORD");
    assert!(!waits_for_program(&program, world.org, backup).await.unwrap(), "no program tries it again");
    let backup = ended(&world, backup).await;
    assert_eq!((backup.status, backup.failure.unwrap().code.as_str()), (BackupStatus::Failed, "SOURCE_PASSWORD"));
    drop(server);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_can_be_cancelled_and_a_program_that_comes_later_captures_nothing() {
    let (server, world) = left_to_program("secret").await;
    let program = program(&world);
    let backup = waiting(&world, &program).await;
    let cancelled = world.administrator().post(&format!("/backup/{backup}/actions/cancel_run"), "").await;
    assert_eq!(cancelled.code(), "SUCCESS");
    assert_eq!(ended(&world, backup).await.status, BackupStatus::Cancelled);
    assert!(!waits_for_program(&program, world.org, backup).await.unwrap());
    assert!(matches!(capture_awaited(&program, world.org, backup).await, Err(CaptureError::NotRunning)));
    assert!(world.local.ports.catalogue.captured(world.org).await.unwrap().is_empty());
    drop(server);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn for_a_state_machine_of_an_earlier_build_which_cannot_wait_the_service_captures() {
    let (server, world) = left_to_program("secret").await;
    let backup = waiting(&world, &program(&world)).await;
    let service = CapturePorts::new(&world.local.ports, connectors(None), Arc::default());
    let call = json!({ "step": "capture", "org": world.org.to_string(), "backup": backup.to_string() });
    assert_eq!(handle(&service, call).await.unwrap()["outcome"], "done");
    let backup = ended(&world, backup).await;
    assert_eq!(deals(&world, &backup), "id,name\r\n1,山田商事\r\n2,\r\n");
    drop(server);
    world.end().await;
}

/// Records that break off right after a session was chosen, as if the process had been killed.
struct BreaksOff {
    records: Arc<dyn Captures>,
    has_broken: AtomicBool,
}

#[async_trait]
impl Captures for BreaksOff {
    async fn await_program(&self, org: OrgId, backup: BackupId, now: DateTime<Utc>) -> Result<AwaitedCapture, PortError> {
        self.records.await_program(org, backup, now).await
    }

    async fn awaited(&self, org: OrgId, backup: BackupId) -> Result<Option<AwaitedCapture>, PortError> {
        self.records.awaited(org, backup).await
    }

    async fn give_up(&self, org: OrgId, backup: BackupId, failure: &Failure, now: DateTime<Utc>) -> Result<(), PortError> {
        self.records.give_up(org, backup, failure, now).await
    }

    async fn choose(&self, org: OrgId, backup: BackupId, session: &str, now: DateTime<Utc>) -> Result<String, PortError> {
        let chosen = self.records.choose(org, backup, session, now).await?;
        if self.has_broken.swap(true, Ordering::Relaxed) {
            return Ok(chosen);
        }
        Err(PortError::new(ErrorKind::Unavailable, "choose a session"))
    }

    async fn chosen(&self, org: OrgId, backup: BackupId) -> Result<Option<String>, PortError> {
        self.records.chosen(org, backup).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_that_breaks_off_is_completed_and_later_rows_are_for_the_next_backup() {
    let (server, world) = left_to_program("secret").await;
    let mut first = program(&world);
    first.captures = Arc::new(BreaksOff { records: first.captures.clone(), has_broken: AtomicBool::new(false) });
    let second = program(&world);
    let backup = waiting(&world, &first).await;
    first.stop.cancel();
    assert!(capture_awaited(&first, world.org, backup).await.is_err());
    assert!(waits_for_program(&second, world.org, backup).await.unwrap(), "a program that was stopped gives nothing up");
    server.sql("insert into deal values (3, 'late')").await;
    capture_awaited(&second, world.org, backup).await.unwrap();
    let backup = ended(&world, backup).await;
    assert_eq!(deals(&world, &backup), "id,name\r\n1,山田商事\r\n2,\r\n");
    world.end().await;
}

#[tokio::test]
async fn who_captures_is_the_service_unless_the_connection_says_otherwise() {
    let world = World::start().await;
    let database = json!({ "host": "db.example.com", "name": "crm", "user": "reader", "password": "secret" });
    let set = async |captured_by: Value| {
        let mut wanted = json!({ "connection": { "kind": "postgres", "database": database } });
        if !captured_by.is_null() {
            wanted["connection"]["database"]["captured_by"] = captured_by;
        }
        world.administrator().put(CONNECTION, &wanted.to_string()).await
    };
    assert_eq!(set(Value::Null).await.body["connection"]["database"]["captured_by"], "service");
    assert_eq!(set("program".into()).await.body["connection"]["database"]["captured_by"], "program");
    let refused = set("both".into()).await;
    assert_eq!((refused.code(), &refused.body["details"]["api_name"]), ("INVALID_DATA", &json!("captured_by")));
    world.end().await;
}
