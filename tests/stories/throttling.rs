//! A run whose tasks Lambda throttles, because the concurrency limit of the account or the function is reached.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hozon_archive::{ArchivePorts, ArchiveSettings, handle};
use hozon_emulator_aws::states::asl::{Interpreter, ServiceIntegrations, StateError, load};
use hozon_shared::domain::backup::BackupStatus;
use hozon_shared::ports::{ObjectRef, Ports, read_all};
use hozon_tests::{Crm, World};
use serde_json::{Value, json};

use crate::repeats::requested;

const MACHINE: &str = include_str!("../../infra/archive.asl.json");
/// Number of rejected calls per task, above the number of retries for any other error.
const REFUSED: usize = 6;
/// Shortens waits of tens of seconds to milliseconds.
const SPEED: f64 = 10_000.0;

/// The archive function behind an exhausted concurrency limit.
struct Throttled {
    ports: Ports,
    calls: Mutex<BTreeMap<String, usize>>,
}

#[async_trait]
impl ServiceIntegrations for Throttled {
    async fn invoke(&self, _: &str, payload: Value) -> Result<Value, StateError> {
        let task = payload["task"].as_str().unwrap().to_owned();
        let calls = *self.calls.lock().unwrap().entry(task).and_modify(|calls| *calls += 1).or_insert(1);
        if calls <= REFUSED {
            return Err(StateError { error: "Lambda.TooManyRequestsException".to_owned(), cause: "Rate Exceeded.".to_owned() });
        }
        Ok(handle(&ArchivePorts::from(&self.ports), &ArchiveSettings::default(), payload).await.unwrap())
    }

    async fn items(&self, _: &str, key: &str) -> Result<Vec<Value>, StateError> {
        Ok(serde_json::from_slice(&read_all(&*self.ports.objects, &ObjectRef::archives(key)).await.unwrap()).unwrap())
    }
}

#[tokio::test]
async fn a_run_whose_every_task_is_throttled_ends_well() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let backup = requested(&world).await;
    let throttled = Arc::new(Throttled { ports: world.local.ports.clone(), calls: Mutex::default() });
    let values = [
        ("ArchiveFunctionArn", "archive"),
        ("CaptureDatabaseFunctionArn", "capture"),
        ("CaptureWebFunctionArn", "capture"),
        ("WriteBackFunctionArn", "write-back"),
        ("EraseFunctionArn", "erase"),
        ("ArchivesBucket", "archives"),
        ("RunSeconds", "604800"),
    ];
    let machine = load(MACHINE, &values).unwrap();
    let run = Interpreter::new(throttled.clone(), 4, SPEED, world.local.ports.clock.clone());
    let input = json!({ "org": world.org, "backup": backup.id });
    run.execute(&machine, &backup.execution, input).await.unwrap();
    let stored = world.local.ports.store.backup(world.org, backup.id).await.unwrap().unwrap();
    assert_eq!((stored.status, stored.failure), (BackupStatus::Completed, None));
    let calls = throttled.calls.lock().unwrap().clone();
    let tasks: Vec<_> = calls.keys().map(String::as_str).collect();
    assert_eq!(tasks, ["assemble", "begin", "finish", "pack", "plan"], "none of them failed");
    assert!(calls.values().all(|calls| *calls > REFUSED), "{calls:?}");
    world.end().await;
}
