//! Every task of a run may be repeated at any point with the same result, because deliveries repeat.

use hozon_archive::{ArchivePorts, ArchiveSettings, Stage, TaskError, handle};
use hozon_shared::domain::allowance::Demand;
use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_shared::domain::change;
use hozon_shared::domain::id::{BackupId, EventId, UserId};
use hozon_shared::domain::organisation::Person;
use hozon_shared::domain::plan::FreeBackups;
use hozon_tests::{Crm, World};
use serde_json::{Value, json};

/// Claims and stores a backup, as the API does, but starts no run. Every task of its run has something to do.
pub async fn requested(world: &World) -> Backup {
    world.want_other_csv().await;
    let ports = &world.local.ports;
    let now = ports.clock.now();
    let id = BackupId(ports.ids.next(now));
    let demand = Demand { backup: id, free: FreeBackups::PerMonth(2), now, weekly: None, zone: chrono_tz::Asia::Tokyo };
    let (claim, used) = ports.accounts.account(world.org).await.unwrap().claim(&demand).unwrap();
    let person = Person { id: UserId(1), name: "A".to_owned(), zuid: UserId(1) };
    let backup = Backup::requested(world.org, id, person, claim, now);
    ports.store.commit(world.org, change::start(backup.clone(), used, EventId(ports.ids.next(now)))).await.unwrap();
    backup
}

pub async fn task(world: &World, backup: &Backup, name: &str, more: Value) -> Result<Value, TaskError> {
    task_with(&ArchiveSettings::default(), world, backup, name, more).await
}

async fn task_with(
    settings: &ArchiveSettings,
    world: &World,
    backup: &Backup,
    name: &str,
    more: Value,
) -> Result<Value, TaskError> {
    let mut of = json!({ "org": world.org, "backup": backup.id });
    for (name, value) in more.as_object().unwrap() {
        of[name] = value.clone();
    }
    let input = match name {
        "begin" => json!({ "task": name, "execution": backup.execution, "input": of }),
        "fail" => json!({ "task": name, "input": of }),
        _ => {
            of["task"] = json!(name);
            of
        }
    };
    handle(&ArchivePorts::from(&world.local.ports), settings, input).await
}

pub async fn batches(world: &World, planned: &Value) -> Vec<Value> {
    let key = planned["key"].as_str().unwrap();
    serde_json::from_slice(&std::fs::read(world.local.archive_path(key)).unwrap()).unwrap()
}

async fn state(world: &World, backup: &Backup) -> (BackupStatus, usize, Value) {
    let stored = world.local.ports.store.backup(world.org, backup.id).await.unwrap().unwrap();
    let history = world.administrator().get("/backup/history").await;
    let left = world.administrator().get("/backup/summary").await.body["summary"]["allowance"]["left"].clone();
    (stored.status, history.body["history"].as_array().unwrap().len(), left)
}

#[tokio::test]
async fn a_run_whose_every_task_is_delivered_twice_ends_as_one() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let backup = requested(&world).await;
    for _ in 0..2 {
        task(&world, &backup, "begin", json!({})).await.unwrap();
    }
    task(&world, &backup, "plan", json!({})).await.unwrap();
    let planned = task(&world, &backup, "plan", json!({})).await.unwrap();
    for batch in batches(&world, &planned).await {
        for _ in 0..2 {
            task(&world, &backup, "pack", json!({ "batch": batch })).await.unwrap();
        }
    }
    let mut zips = Vec::new();
    for _ in 0..2 {
        task(&world, &backup, "assemble", json!({})).await.unwrap();
        let zip = world.local.archive_path(&format!("archives/{}/{}/Data_001.zip", world.org, backup.id));
        zips.push(std::fs::read(zip).unwrap());
    }
    assert_eq!(zips[0], zips[1]);
    task(&world, &backup, "finish", json!({})).await.unwrap();
    let once = state(&world, &backup).await;
    assert_eq!(once, (BackupStatus::Completed, 2, json!(1)));
    task(&world, &backup, "finish", json!({})).await.unwrap();
    task(&world, &backup, "fail", json!({ "error": { "Error": "late" } })).await.unwrap();
    assert_eq!(state(&world, &backup).await, once, "a late failure changes nothing of what is ready");
    world.end().await;
}

#[tokio::test]
async fn a_run_that_fails_after_any_task_returns_its_claim_once() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let steps = ["begin", "plan", "pack", "assemble"];
    for (number, last) in steps.iter().enumerate() {
        let backup = requested(&world).await;
        let mut planned = Value::Null;
        for step in &steps[..=number] {
            if *step == "pack" {
                for batch in batches(&world, &planned).await {
                    task(&world, &backup, "pack", json!({ "batch": batch })).await.unwrap();
                }
            } else {
                let answer = task(&world, &backup, step, json!({})).await.unwrap();
                planned = if *step == "plan" { answer } else { planned };
            }
        }
        for _ in 0..2 {
            task(&world, &backup, "fail", json!({ "error": { "Error": "States.Timeout" } })).await.unwrap();
        }
        let (status, events, left) = state(&world, &backup).await;
        assert_eq!((status, left), (BackupStatus::Failed, json!(2)), "after {last}");
        assert_eq!(events, 2 * (number + 1), "after {last}");
        let zip = world.local.archive_path(&format!("archives/{}/{}/Data_001.zip", world.org, backup.id));
        assert!(!zip.exists(), "after {last}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_call_that_is_no_task_is_refused() {
    let world = World::start().await;
    let ports = ArchivePorts::from(&world.local.ports);
    for input in
        [json!({}), json!({ "task": "sing", "org": "1", "backup": "2" }), json!({ "task": "plan", "org": 1, "backup": "2" })]
    {
        let refused = handle(&ports, &ArchiveSettings::default(), input).await.unwrap_err();
        assert_eq!((refused.stage, refused.code(), refused.is_retryable()), (Stage::Call, "BAD_TASK", false));
    }
    let unknown = handle(&ports, &ArchiveSettings::default(), json!({ "task": "plan", "org": "1", "backup": "2" })).await;
    let unknown = unknown.unwrap_err();
    assert_eq!((unknown.stage, unknown.code()), (Stage::Plan, "BACKUP_UNKNOWN"));
    world.end().await;
}

#[tokio::test]
async fn batches_are_planned_with_the_heaviest_items_first() {
    const MAX_BYTES: u64 = 10_000;
    let world = World::start().await;
    let mut crm = Crm::default();
    for (number, rows) in (1..).zip([300, 4, 0, 20, 77, 900, 3]) {
        let text = (0..rows).fold("Id,Name\n".to_owned(), |text, id| format!("{text}{id},Somebody with a name {id}\n"));
        crm = crm.file(&format!("Module{number}.csv"), text.as_bytes());
        crm = crm.file(&format!("attachments/Module{number}/1/a.txt"), &vec![b'a'; rows * 5]);
    }
    world.import(crm.inputs()).await;
    let backup = requested(&world).await;
    task(&world, &backup, "begin", json!({})).await.unwrap();
    let settings = ArchiveSettings { task_bytes: MAX_BYTES, ..ArchiveSettings::default() };
    let planned = task_with(&settings, &world, &backup, "plan", json!({})).await.unwrap();
    let batches = batches(&world, &planned).await;
    let weights = |batch: &Value| -> Vec<u64> {
        batch["items"].as_array().unwrap().iter().map(|item| item["weight"]["bytes"].as_u64().unwrap()).collect()
    };
    for batch in &batches {
        let weights = weights(batch);
        assert!(weights.len() == 1 || weights.iter().sum::<u64>() <= MAX_BYTES, "{weights:?}");
    }
    let all: Vec<u64> = batches.iter().flat_map(weights).collect();
    assert!(all.len() == 7 && all.is_sorted_by(|heavy, light| heavy >= light), "{all:?}");
    let mut numbers: Vec<u64> = batches
        .iter()
        .flat_map(|batch| batch["items"].as_array().unwrap())
        .map(|item| item["number"].as_u64().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..7).collect::<Vec<_>>());
    assert!(batches.len() > 2 && batches.len() < 7);
    for batch in batches {
        task(&world, &backup, "pack", json!({ "batch": batch })).await.unwrap();
    }
    let done = world.local.ports.progress.done(world.org, backup.id).await.unwrap();
    assert_eq!((done.items, done.bytes), (7, all.iter().sum()));
    task(&world, &backup, "assemble", json!({})).await.unwrap();
    task(&world, &backup, "finish", json!({})).await.unwrap();
    world.end().await;
}
