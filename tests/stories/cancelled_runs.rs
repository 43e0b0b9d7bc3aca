//! An administrator cancels a backup while it is being made: it ends at once, its use is given back, and its run leaves nothing.

use futures_util::future::join;
use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_tests::{Answer, Crm, PostgresServer, World};
use reqwest::StatusCode;
use serde_json::json;

use crate::databases::connect;
use crate::mails::subjects;
use crate::repeats::{batches, requested, task};

async fn cancel(world: &World, backup: &Backup) -> Answer {
    world.administrator().post(&format!("/backup/{}/actions/cancel_run", backup.id), "").await
}

async fn state(world: &World, backup: &Backup) -> Backup {
    world.local.ports.store.backup(world.org, backup.id).await.unwrap().unwrap()
}

async fn left(world: &World) -> i64 {
    world.administrator().get("/backup/summary").await.body["summary"]["allowance"]["left"].as_i64().unwrap()
}

#[tokio::test]
async fn a_cancelled_backup_ends_at_once_and_its_run_deletes_what_it_has_written() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let backup = requested(&world).await;
    task(&world, &backup, "begin", json!({})).await.unwrap();
    let planned = task(&world, &backup, "plan", json!({})).await.unwrap();
    assert_eq!(left(&world).await, 1);
    let answer = cancel(&world, &backup).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::OK, "SUCCESS"), "{answer:?}");
    assert_eq!((state(&world, &backup).await.status, left(&world).await), (BackupStatus::Cancelled, 2));

    for batch in batches(&world, &planned).await {
        let refused = task(&world, &backup, "pack", json!({ "batch": batch })).await.unwrap_err();
        assert_eq!(refused.error_type(), "NOT_RUNNING", "the state machine goes to `fail`");
    }
    for name in ["plan", "assemble"] {
        assert_eq!(task(&world, &backup, name, json!({})).await.unwrap_err().code(), "NOT_RUNNING", "{name}");
    }
    task(&world, &backup, "fail", json!({ "error": { "Error": "NOT_RUNNING" } })).await.unwrap();
    assert_eq!((state(&world, &backup).await.status, left(&world).await), (BackupStatus::Cancelled, 2));
    world.end().await;
}

#[tokio::test]
async fn cancelling_twice_has_one_effect_and_everybody_concerned_is_notified() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let backup = requested(&world).await;
    task(&world, &backup, "begin", json!({})).await.unwrap();
    let administrator = world.administrator();
    for _ in 0..2 {
        assert_eq!(cancel(&world, &backup).await.code(), "SUCCESS");
    }
    let history = administrator.get("/backup/history?kind=backup_cancelled").await.body;
    assert_eq!(history["info"]["count"], 1);
    assert_eq!(history["history"][0]["backup"], json!(backup.id.to_string()));
    let notices = administrator.get("/backup/notifications").await.body;
    assert_eq!(notices["notifications"][0]["kind"], "cancelled");
    let summary = administrator.get("/backup/summary").await.body["summary"].clone();
    assert_eq!((&summary["backup"]["status"], &summary["past_runs"][0]["outcome"]), (&json!("CANCELLED"), &json!("cancelled")));
    assert_eq!(administrator.get("/backup").await.body["backup"]["status"], "CANCELLED");
    task(&world, &backup, "fail", json!({ "error": { "Error": "NOT_RUNNING" } })).await.unwrap();
    let subjects = subjects(&world).await;
    assert_eq!(subjects.iter().filter(|subject| *subject == "A backup was cancelled").count(), 1, "{subjects:?}");
    world.back_up_well().await;
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn only_an_administrator_cancels_and_only_what_is_being_made() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let backup = world.back_up().await;
    let path = format!("/backup/{}/actions/cancel_run", backup.id);
    assert_eq!(world.administrator().post(&path, "").await.code(), "NOT_RUNNING");
    assert_eq!(world.user().post(&path, "").await.status, StatusCode::FORBIDDEN);
    for unknown in ["77", "what"] {
        let answer = world.administrator().post(&format!("/backup/{unknown}/actions/cancel_run"), "").await;
        assert_eq!(answer.code(), "RESOURCE_NOT_FOUND", "{unknown}");
    }
    assert_eq!(state(&world, &backup).await.status, BackupStatus::Completed);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_cancelled_while_it_becomes_ready_is_either() {
    let mut world = World::start().await;
    world.org = world.local.organisation("Unlimited", chrono_tz::UTC, "Standard", "JP").await.unwrap();
    world.import(Crm::small().inputs()).await;
    let backup = requested(&world).await;
    task(&world, &backup, "begin", json!({})).await.unwrap();
    let planned = task(&world, &backup, "plan", json!({})).await.unwrap();
    for batch in batches(&world, &planned).await {
        task(&world, &backup, "pack", json!({ "batch": batch })).await.unwrap();
    }
    task(&world, &backup, "assemble", json!({})).await.unwrap();
    let (cancelled, finished) = join(cancel(&world, &backup), task(&world, &backup, "finish", json!({}))).await;
    let ended = state(&world, &backup).await;
    match (cancelled.code(), finished) {
        ("SUCCESS", Err(_)) => {
            assert_eq!((ended.status, left(&world).await), (BackupStatus::Cancelled, 2));
            task(&world, &backup, "fail", json!({ "error": { "Error": "NOT_RUNNING" } })).await.unwrap();
        }
        ("NOT_RUNNING", Ok(_)) => assert_eq!((ended.status, left(&world).await), (BackupStatus::Completed, 1)),
        both => panic!("{both:?}, {ended:?}"),
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_that_is_cancelled_ends_while_its_database_keeps_it_waiting() {
    let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
    server.sql("create table deal (id int); insert into deal values (1)").await;
    connect(&world, &server).await;
    // Whoever reads the table waits for up to ten seconds, and then tries again.
    let mut client = server.client().await;
    let lock = client.transaction().await.unwrap();
    lock.batch_execute("lock table deal in access exclusive mode").await.unwrap();
    assert_eq!(world.administrator().post("/backup", "").await.status, StatusCode::CREATED);
    let backup = world.local.ports.store.backups(world.org, 1).await.unwrap().remove(0);
    while server.psql("select count(*) from pg_locks where not granted").trim() == "0" {
        tokio::task::yield_now().await;
    }
    assert_eq!(cancel(&world, &backup).await.code(), "SUCCESS");
    lock.rollback().await.unwrap();
    world.local.wait_until_idle().await;
    assert_eq!((state(&world, &backup).await.status, left(&world).await), (BackupStatus::Cancelled, 2));
    assert!(world.local.ports.catalogue.captured(world.org).await.unwrap().is_empty(), "nothing is published");
    world.back_up_well().await;
    world.end().await;
}
