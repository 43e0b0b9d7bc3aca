//! What is stored already is not stored again, and what no snapshot needs is deleted.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use hozon_shared::ports::{Bucket, ObjectRef};
use hozon_shared::snapshots::session::{Origin, Session, SessionPorts};
use hozon_tests::{CountingIds, Crm, ManualClock, World, unzip};

/// An organisation without data on an unlimited plan, with ids that are counted. Time moves by the tests only.
pub async fn empty_world() -> (World, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()));
    let mut world = World::start_with(|options| {
        options.clock = clock.clone();
        options.ids = Arc::new(CountingIds::default());
    })
    .await;
    world.org = world.local.organisation("Own", chrono_tz::Asia::Tokyo, "Own", "JP").await.unwrap();
    (world, clock)
}

async fn world() -> (World, Arc<ManualClock>) {
    let (world, clock) = empty_world().await;
    world.import(Crm::small().inputs()).await;
    (world, clock)
}

/// Keys of the organisation's objects with this part.
async fn keys(world: &World, part: &str) -> BTreeSet<String> {
    let keys = world.local.ports.objects.list(Bucket::Crm, &format!("org/{}/", world.org)).await.unwrap();
    keys.into_iter().filter(|key| key.contains(part)).collect()
}

async fn import_leads(world: &World, csv: &str) {
    let leads = tempfile::tempdir().unwrap();
    std::fs::write(leads.path().join("Leads.csv"), csv).unwrap();
    world.import(vec![leads.path().to_owned()]).await;
}

#[tokio::test]
async fn the_same_records_again_are_the_same_version_and_store_nothing() {
    let (world, clock) = world().await;
    let modules = world.local.ports.catalogue.modules(world.org).await.unwrap();
    let (stored, versions) = (keys(&world, "/%stored/").await, keys(&world, "/index.json").await);
    assert!(!stored.is_empty() && versions.len() == modules.len());
    world.advance(&clock, TimeDelta::days(1)).await;
    world.import(Crm::small().inputs()).await;
    assert_eq!(world.local.ports.catalogue.modules(world.org).await.unwrap(), modules);
    assert_eq!((keys(&world, "/%stored/").await, keys(&world, "/index.json").await), (stored, versions));
    world.back_up_well().await;
    world.end().await;
}

#[tokio::test]
async fn equal_snapshots_give_equal_zips() {
    let mut zips = Vec::new();
    for times in [1, 2] {
        let (world, clock) = world().await;
        for _ in 1..times {
            world.import(Crm::small().inputs()).await;
        }
        world.advance(&clock, TimeDelta::days(1)).await;
        let made = world.back_up_well().await;
        let entries = ["Leads.csv", "Deals.csv", "fields/Leads.json"].map(|entry| unzip(&made[0], entry));
        zips.push((entries, unzip(&made[1], "attachments.csv"), unzip(&made[1], "Leads/1/offer.txt")));
        world.end().await;
    }
    assert!(zips[0] == zips[1]);
}

#[tokio::test]
async fn a_changed_module_is_stored_and_the_others_stay_as_they_are() {
    let (world, _) = world().await;
    let before = keys(&world, "/%stored/").await;
    import_leads(&world, "Id,Name\n1,changed\n").await;
    let after = keys(&world, "/%stored/").await;
    assert_eq!((before.difference(&after).count(), after.difference(&before).count()), (0, 1));
    let zips = world.back_up_well().await;
    assert_eq!(String::from_utf8(unzip(&zips[0], "Leads.csv")).unwrap(), "\u{feff}Id,Name\r\n1,changed\r\n");
    world.end().await;
}

#[tokio::test]
async fn a_damaged_object_fails_the_backup_by_name_and_the_next_import_stores_it_again() {
    let (world, clock) = world().await;
    for key in keys(&world, "/%stored/").await {
        let file = world.local.object_path(Bucket::Crm, &key);
        let mut bytes = std::fs::read(&file).unwrap();
        let third = bytes.len() / 3;
        bytes[third] ^= 1;
        std::fs::write(file, bytes).unwrap();
    }
    // A backup finds one of them, and the next import heals it.
    let mut found = BTreeSet::new();
    while let Some(failure) = world.back_up().await.failure {
        assert_eq!(failure.code, "DATA_DAMAGED", "{failure:?}");
        let subject = failure.subject.unwrap();
        assert!(found.insert(subject.file.clone()), "{subject:?} was not healed");
        world.advance(&clock, TimeDelta::hours(1)).await;
        world.import(Crm::small().inputs()).await;
    }
    assert!(found.len() > 2 && found.contains(&Some("Leads.csv".to_owned())), "{found:?}");
    world.end().await;
}

#[tokio::test]
async fn old_snapshots_are_deleted_with_what_only_they_need() {
    let (world, clock) = world().await;
    import_leads(&world, "Id,Name\n1,changed\n").await;
    let both = keys(&world, "/%stored/").await;
    clock.advance(TimeDelta::days(34));
    world.local.tick().await;
    assert_eq!(keys(&world, "/%stored/").await, both, "both are kept for 35 days");
    clock.advance(TimeDelta::days(2));
    world.local.tick().await;
    let left = keys(&world, "/%stored/").await;
    assert_eq!((left.is_subset(&both), both.len() - left.len()), (true, 2), "rows and attachments of the first leads are gone");
    world.back_up_well().await;
    world.end().await;
}

#[tokio::test]
async fn nothing_is_deleted_while_a_snapshot_is_being_written() {
    let (world, clock) = world().await;
    import_leads(&world, "Id,Name\n1,changed\n").await;
    clock.advance(TimeDelta::days(40));
    let (ports, now) = (&world.local.ports, world.local.ports.clock.now());
    let writing = Session::begin(SessionPorts::from(ports), (world.org, Origin::Native), ports.ids.next(now), now).await.unwrap();
    let stored = keys(&world, "/%stored/").await;
    world.local.tick().await;
    assert_eq!(keys(&world, "/%stored/").await, stored, "it may refer to any of them");
    writing.abandon().await.unwrap();
    clock.advance(TimeDelta::hours(2));
    world.local.tick().await;
    assert!(keys(&world, "/%stored/").await.len() < stored.len());
    world.end().await;
}

#[tokio::test]
async fn records_that_an_older_version_has_stored_are_refused_with_what_to_do() {
    let (world, clock) = world().await;
    let index = keys(&world, "/Leads/").await.into_iter().find(|key| key.ends_with("index.json")).unwrap();
    let old = r#"{"encoding":3,"rows":[{"count":1,"bytes":30}],"attachments":[]}"#;
    world.local.ports.objects.put(&ObjectRef::crm(index), old.into(), "application/json").await.unwrap();
    let failure = world.back_up().await.failure.unwrap();
    assert_eq!(failure.code, "DATA_OUTDATED");
    assert!(failure.message.contains("Publish or import them again"), "{}", failure.message);
    world.advance(&clock, TimeDelta::hours(1)).await;
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    world.end().await;
}
