//! The data folder has lost files or contains damaged ones: the program reports it and loses nothing more.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use hozon::{Local, LocalOptions};
use hozon_tests::{Crm, ManualClock, World};
use tempfile::TempDir;

async fn refusal(folder: &Path) -> Option<String> {
    let mut options = LocalOptions::new(folder).unwrap();
    options.port = Some(0);
    Local::start(options).await.err().map(|error| format!("{error:#}"))
}

fn mails(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("mail")).unwrap().count()
}

/// Lists everything below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}

async fn backed_up() -> TempDir {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    world.end().await
}

#[tokio::test]
async fn a_folder_whose_table_is_gone_is_refused_and_starts_again_once_it_is_back() {
    let folder = backed_up().await;
    let table = folder.path().join("dynamodb.sqlite");
    let kept = std::fs::read(&table).unwrap();
    let aside: Vec<_> = ["", "-wal", "-shm"].map(|end| folder.path().join(format!("dynamodb.sqlite{end}"))).into();
    let wal = std::fs::read(&aside[1]).ok();
    for file in &aside {
        drop(std::fs::remove_file(file));
    }
    let refused = refusal(folder.path()).await.expect("it refuses");
    assert!(refused.contains("organisations.json") && refused.contains("from a backup of the data folder"), "{refused}");
    assert!(!table.exists(), "nothing was made anew");
    std::fs::write(&table, "").unwrap();
    assert!(refusal(folder.path()).await.expect("it refuses").contains("missing or empty"));
    std::fs::write(&table, kept).unwrap();
    if let Some(wal) = wal {
        std::fs::write(&aside[1], wal).unwrap();
    }
    let world = World::start_on(folder, |_| {}).await;
    world.back_up_well().await;
    world.end().await;
}

#[tokio::test]
async fn a_damaged_place_in_the_stream_loses_no_mail_and_repeats_none() {
    let mut folder = backed_up().await;
    assert_eq!(mails(folder.path()), 2, "scheduled and ready");
    for (round, damage) in ["", "not a number", "7", "\0\0\0\0"].into_iter().enumerate() {
        std::fs::write(folder.path().join("stream.position"), damage).unwrap();
        let world = World::start_on(folder, |_| {}).await;
        world.local.wait_until_delivered().await.unwrap();
        assert_eq!(mails(world.data_folder()), 2, "{damage:?}");
        assert!(world.data_folder().join(format!("stream.position.damaged-{}", round + 1)).exists(), "{damage:?}");
        folder = world.end().await;
    }
    std::fs::remove_file(folder.path().join("stream.position")).unwrap();
    let world = World::start_on(folder, |_| {}).await;
    world.back_up_well().await;
    world.local.wait_until_delivered().await.unwrap();
    assert_eq!(mails(world.data_folder()), 4, "two more");
    world.end().await;
}

#[tokio::test]
async fn a_damaged_execution_or_schedule_is_set_aside_and_the_others_continue() {
    let folder = backed_up().await;
    for file in ["executions/run-1.json", "scheduler/schedule-1.json"] {
        std::fs::write(folder.path().join(file), "{\"input\":").unwrap();
    }
    let world = World::start_on(folder, |_| {}).await;
    for file in ["executions/run-1.json", "scheduler/schedule-1.json"] {
        assert!(!world.data_folder().join(file).exists() && world.data_folder().join(format!("{file}.damaged-1")).exists());
    }
    world.back_up_well().await;
    let folder = world.end().await;
    assert_eq!(refusal(folder.path()).await, None, "what was set aside is not read again");
}

#[tokio::test]
async fn a_lost_list_of_organisations_is_made_from_the_table() {
    let folder = backed_up().await;
    let list = folder.path().join("organisations.json");
    let kept = std::fs::read(&list).unwrap();
    std::fs::remove_file(&list).unwrap();
    // The world uses the organisation with the same name; with an empty list, it would have created another one.
    let world = World::start_on(folder, |_| {}).await;
    assert_eq!(std::fs::read(&list).unwrap(), kept);
    assert_eq!(world.local.ports.store.backups(world.org, 10).await.unwrap().len(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_deleted_object_leaves_no_file_and_no_folder() {
    let clock = Arc::new(ManualClock::at(Utc::now()));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    world.import(Crm::small().inputs()).await;
    for _ in 0..2 {
        world.back_up_well().await;
        clock.advance(TimeDelta::days(8));
        world.local.tick().await;
    }
    let root = world.data_folder().join("s3");
    assert!(!root.join("archives/archives").exists(), "the zips and their folders are gone");
    let everything = below(&root);
    let sidecars = everything.iter().filter(|path| path.parent() == Some(&root) && path.is_file()).count();
    let objects = everything.iter().filter(|path| path.parent() != Some(&root) && path.is_file()).count();
    println!("{objects} objects, {sidecars} files that know something of them");
    assert!(objects > 0 && sidecars <= 2 * objects, "{everything:?}");
    for path in &everything {
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(!name.starts_with(".tmp") && !name.starts_with(".upload"), "{}", path.display());
        let is_bucket = path.parent() == Some(&root);
        assert!(is_bucket || !path.is_dir() || std::fs::read_dir(path).unwrap().count() > 0, "{} is empty", path.display());
    }
    // A start deletes orphaned files; there must be none left.
    let folder = world.end().await;
    let world = World::start_on(folder, |_| {}).await;
    let left = below(&root).iter().filter(|path| path.parent() == Some(&root) && path.is_file()).count();
    assert_eq!(left, sidecars);
    world.end().await;
}
