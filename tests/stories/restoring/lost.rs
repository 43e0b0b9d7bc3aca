//! A restore whose start was lost, or whose execution has ended without a word, is found by the sweep.

use chrono::TimeDelta;
use hozon_shared::domain::backup::Backup;
use hozon_shared::domain::connection::ConnectionRole;
use hozon_shared::domain::id::{EventId, RestoreId, UserId};
use hozon_shared::domain::organisation::Person;
use hozon_shared::domain::restore::{
    Restore, RestorePolicy, RestoreRequest, RestoreSelection, RestoreStatus, confirm_restore, request_restore,
};
use hozon_shared::domain::run_length::RunLength;
use hozon_tests::{PostgresServer, World};
use serde_json::json;

use super::Damaged;
use super::damaged::{prepare, rows};
use crate::databases::connect;

fn person() -> Person {
    Person { id: UserId(1), zuid: UserId(2), name: "A".to_owned() }
}

/// A restore that was asked for an hour ago. Its process ended before it could start the work.
async fn ask_without_starting(world: &World, backup: &Backup, id: u64) -> Restore {
    let ports = &world.local.ports;
    let connection = ports.connections.connection(world.org).await.unwrap().unwrap().id;
    let (org, id, requester, taken) = (world.org, RestoreId(id), person(), ports.clock.now());
    let (selection, policy) = (RestoreSelection::Everything {}, RestorePolicy { change: true, delete: true });
    let (backup, target) = (backup.id, ConnectionRole::Source);
    let request =
        RestoreRequest { org, id, requester, backup, taken, target, connection, undoes: None, selection, policy, create: false };
    let restore = Restore::requested(request, taken - TimeDelta::hours(1), RunLength::days(1));
    ports.store.commit(org, request_restore(restore.clone())).await.unwrap();
    restore
}

/// Sweeps, waits until nothing is worked on, and reads the restore again.
async fn swept(world: &World, id: RestoreId) -> Restore {
    world.local.deliver(json!({ "sweep": {} })).await.unwrap();
    world.local.wait_until_idle().await;
    world.local.ports.restores.restore(world.org, id).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_and_a_run_whose_start_was_lost_are_started_by_the_sweep() {
    let Damaged { server, world, backup, then } = Damaged::start().await;
    let id = ask_without_starting(&world, &backup, 7).await.id;
    let planned = swept(&world, id).await;
    assert_eq!((planned.status, planned.failure.clone()), (RestoreStatus::Planned, None));
    let (deletes, ports) = (planned.plan.as_ref().unwrap().counts().delete, &world.local.ports);
    let times = (ports.clock.now() - TimeDelta::hours(1), RunLength::days(1));
    let confirmed = confirm_restore(planned, deletes, &person(), times, EventId(8)).unwrap();
    ports.store.commit(world.org, confirmed).await.unwrap();
    let restored = swept(&world, id).await;
    assert_eq!((restored.status, restored.failure), (RestoreStatus::Completed, None));
    assert_eq!(rows(&server), then);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_whose_execution_has_ended_without_a_word_is_ended_by_the_sweep() {
    let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
    prepare(&server, 1).await;
    connect(&world, &server).await;
    let backup = world.back_up().await;
    let input = json!({ "kind": "restore", "org": world.org, "id": "99", "step": "plan" });
    world.local.ports.workflow.start(&format!("restore-{}-7-plan", world.org), input).await.unwrap();
    world.local.wait_until_idle().await;
    let id = ask_without_starting(&world, &backup, 7).await.id;
    let ended = swept(&world, id).await;
    assert_eq!((ended.status, &*ended.failure.unwrap().code), (RestoreStatus::Failed, "RESTORE_SILENT"));
    world.end().await;
}
