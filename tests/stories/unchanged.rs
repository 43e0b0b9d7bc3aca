//! Data that has not changed since the last backup is not read and compressed again, and the zips show no difference.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use hozon_shared::domain::backup::BackupStatus;
use hozon_shared::ports::{Bucket, ObjectRef};
use hozon_tests::{CountingIds, Crm, ManualClock, World, unzip};

async fn world() -> (World, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()));
    let world = World::start_with(|options| {
        options.clock = clock.clone();
        options.ids = Arc::new(CountingIds::default());
    })
    .await;
    world.import(Crm::small().inputs()).await;
    (world, clock)
}

async fn delete_all(world: &World, bucket: Bucket, prefix: &str) -> usize {
    let keys = world.local.ports.objects.list(bucket, prefix).await.unwrap();
    for key in &keys {
        world.local.ports.objects.delete(&ObjectRef { bucket, key: key.clone() }).await.unwrap();
    }
    keys.len()
}

fn bytes(zips: &[PathBuf]) -> Vec<Vec<u8>> {
    zips.iter().map(|zip| std::fs::read(zip).unwrap()).collect()
}

/// Deletes the rows; plans always read the attachment lists.
async fn delete_rows(world: &World) -> usize {
    let keys = world.local.ports.objects.list(Bucket::Crm, "").await.unwrap();
    let rows: Vec<_> = keys.into_iter().filter(|key| key.contains("/rows/") || key.contains("/files/")).collect();
    for key in &rows {
        world.local.ports.objects.delete(&ObjectRef::crm(key)).await.unwrap();
    }
    rows.len()
}

#[tokio::test]
async fn a_second_backup_reads_nothing_that_has_not_changed() {
    let (world, clock) = world().await;
    world.back_up_well().await;
    assert!(delete_rows(&world).await > 0);
    clock.advance(TimeDelta::days(1));
    world.back_up_well().await;
    world.end().await;
}

#[tokio::test]
async fn reused_work_gives_the_same_bytes_as_work_done_anew() {
    let mut second = Vec::new();
    for is_reused in [true, false] {
        let (world, clock) = world().await;
        world.back_up_well().await;
        clock.advance(TimeDelta::days(1));
        if !is_reused {
            assert!(delete_all(&world, Bucket::Archives, "segments/").await > 0);
        }
        second.push(bytes(&world.back_up_well().await));
        world.end().await;
    }
    assert_eq!(second[0], second[1]);
}

#[tokio::test]
async fn a_changed_module_is_packed_again() {
    let (world, _) = world().await;
    world.back_up_well().await;
    let leads = tempfile::tempdir().unwrap();
    std::fs::write(leads.path().join("Leads.csv"), "Id,Name\n1,changed\n").unwrap();
    world.import(vec![leads.path().to_owned()]).await;
    let zips = world.back_up_well().await;
    assert_eq!(String::from_utf8(unzip(&zips[0], "Leads.csv")).unwrap(), "\u{feff}Id,Name\r\n1,changed\r\n");
    world.end().await;
}

#[tokio::test]
async fn a_missing_segment_is_packed_again() {
    let (world, _) = world().await;
    world.back_up_well().await;
    for key in world.local.ports.objects.list(Bucket::Archives, "segments/").await.unwrap() {
        if key.ends_with(".bin") {
            world.local.ports.objects.delete(&ObjectRef::archives(key)).await.unwrap();
        }
    }
    world.back_up_well().await;
    world.end().await;
}

#[tokio::test]
async fn a_segment_that_will_soon_be_deleted_is_not_relied_on() {
    let (world, clock) = world().await;
    world.back_up_well().await;
    delete_rows(&world).await;
    clock.advance(TimeDelta::days(6));
    let backup = world.back_up().await;
    assert_eq!(backup.status, BackupStatus::Failed, "it was to be made anew, and the source has lost its rows");
    world.end().await;
}

/// Returns the files of kept segments, or of their records.
async fn kept(world: &World, end: &str) -> Vec<PathBuf> {
    let keys = world.local.ports.objects.list(Bucket::Archives, "segments/").await.unwrap();
    let kept: Vec<_> = keys.iter().filter(|key| key.ends_with(end)).map(|key| world.local.archive_path(key)).collect();
    assert!(!kept.is_empty());
    kept
}

#[tokio::test]
async fn an_empty_segment_or_one_with_a_damaged_note_is_packed_again() {
    let (mut world, clock) = world().await;
    // An organisation on an unlimited plan.
    world.org = world.local.organisation("Own", chrono_tz::Asia::Tokyo, "Own", "JP").await.unwrap();
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    for end in [".bin", ".json"] {
        for bad in [&b""[..], b"{\"made\":\"", b"\0\0\0\0"] {
            for file in kept(&world, end).await {
                std::fs::write(file, bad).unwrap();
            }
            clock.advance(TimeDelta::hours(1));
            world.back_up_well().await;
        }
    }
    world.end().await;
}

#[tokio::test]
async fn an_altered_segment_fails_the_backup_and_the_next_run_packs_it_again() {
    let (world, clock) = world().await;
    world.back_up_well().await;
    for file in kept(&world, ".bin").await {
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&file, bytes).unwrap();
    }
    clock.advance(TimeDelta::hours(1));
    let failure = world.back_up().await.failure.unwrap();
    assert_eq!(failure.code, "WORK_DAMAGED");
    assert!(failure.message.contains("Leads.csv") || failure.message.contains(".csv"), "{}", failure.message);
    clock.advance(TimeDelta::hours(1));
    // The attachments zip comes after the data zip.
    if world.back_up().await.failure.is_some() {
        clock.advance(TimeDelta::hours(1));
        world.back_up_well().await;
    }
    world.end().await;
}
