//! Contract of `Store`: reads return what was written, newest first, and a transaction is applied completely or not at
//! all.

use futures_util::future::join_all;
use hozon_shared::domain::backup::Backup;
use hozon_shared::domain::id::{BackupId, EventId};
use hozon_shared::ports::{Change, ErrorKind, EventQuery};

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::{backup, event, failure, kind, organisation};

#[tokio::test]
async fn an_organisation_is_read_as_it_was_written() {
    let emulators = Emulators::start().await;
    let store = &emulators.ports.store;
    assert_eq!(store.organisation(ORG).await.unwrap(), None);
    store.commit(ORG, vec![Change::Organisation(organisation(ORG))]).await.unwrap();
    let stored = store.organisation(ORG).await.unwrap().unwrap();
    assert_eq!(stored, hozon_shared::domain::organisation::Organisation { version: 1, ..organisation(ORG) });
    assert_eq!(store.organisation(OTHER).await.unwrap(), None);
}

#[tokio::test]
async fn a_backup_belongs_to_one_organisation() {
    let emulators = Emulators::start().await;
    let store = &emulators.ports.store;
    store.commit(ORG, vec![Change::Backup(Box::new(backup(ORG, 7)))]).await.unwrap();
    let stored = store.backup(ORG, BackupId(7)).await.unwrap();
    assert_eq!(stored, Some(Backup { version: 1, ..backup(ORG, 7) }));
    assert_eq!(store.backup(ORG, BackupId(8)).await.unwrap(), None);
    assert_eq!(store.backup(OTHER, BackupId(7)).await.unwrap(), None);
    assert!(store.backups(OTHER, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_newest_backups_come_first() {
    let emulators = Emulators::start().await;
    let store = &emulators.ports.store;
    for id in [9, 100, 10, 7] {
        store.commit(ORG, vec![Change::Backup(Box::new(backup(ORG, id)))]).await.unwrap();
    }
    let ids = async |limit| {
        let found = store.backups(ORG, limit).await.unwrap();
        found.iter().map(|backup| backup.id.0).collect::<Vec<_>>()
    };
    assert_eq!(ids(10).await, [100, 10, 9, 7]);
    assert_eq!(ids(2).await, [100, 10]);
}

#[tokio::test]
async fn a_list_longer_than_a_page_of_the_service_is_whole() {
    let emulators = Emulators::start().await;
    let store = &emulators.ports.store;
    // A page of DynamoDB ends at 1 MiB.
    let message = "x".repeat(100_000);
    for id in 1..=25 {
        let failed = Backup { failure: Some(failure(&message)), ..backup(ORG, id) };
        store.commit(ORG, vec![Change::Backup(Box::new(failed))]).await.unwrap();
    }
    let found = store.backups(ORG, 100).await.unwrap();
    assert_eq!(found.iter().map(|backup| backup.id.0).collect::<Vec<_>>(), (1..=25).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn events_are_paged_from_the_newest_to_the_oldest() {
    let emulators = Emulators::start().await;
    let store = &emulators.ports.store;
    for id in [9, 10, 8, 11, 100] {
        store.commit(ORG, vec![Change::Event(event(id))]).await.unwrap();
    }
    let page = async |before: Option<u64>, limit| {
        let page = store.events(ORG, EventQuery { before: before.map(EventId), limit }).await.unwrap();
        (page.events.iter().map(|event| event.id.0).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(page(None, 2).await, (vec![100, 11], true));
    assert_eq!(page(Some(11), 2).await, (vec![10, 9], true));
    assert_eq!(page(Some(9), 2).await, (vec![8], false));
    assert_eq!(page(None, 5).await, (vec![100, 11, 10, 9, 8], false), "as many as there are are all");
    assert_eq!(page(Some(8), 2).await, (vec![], false));
    assert_eq!(page(Some(50), 1).await, (vec![11], true), "an event that is not there is a place too");
    let read = store.events(ORG, EventQuery { before: None, limit: 1 }).await.unwrap();
    assert_eq!(read.events, [event(100)]);
    assert!(store.events(OTHER, EventQuery { before: None, limit: 5 }).await.unwrap().events.is_empty());
}

#[tokio::test]
async fn a_transaction_is_whole_or_nothing() {
    let emulators = Emulators::start().await;
    let store = &emulators.ports.store;
    store.commit(ORG, vec![Change::Event(event(2))]).await.unwrap();
    // The failing condition comes first, in the middle, and last.
    for broken in 0..3 {
        let mut changes = vec![Change::Organisation(organisation(ORG)), Change::Backup(Box::new(backup(ORG, 7)))];
        changes.insert(broken, Change::Event(event(2)));
        assert_eq!(kind(store.commit(ORG, changes).await), Some(ErrorKind::Conflict));
        assert_eq!(store.organisation(ORG).await.unwrap(), None);
        assert_eq!(store.backup(ORG, BackupId(7)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_transaction_has_at_most_a_hundred_changes() {
    let emulators = Emulators::start().await;
    let store = &emulators.ports.store;
    let events = |ids: std::ops::RangeInclusive<u64>| ids.map(|id| Change::Event(event(id))).collect::<Vec<_>>();
    store.commit(ORG, events(1..=100)).await.unwrap();
    assert_eq!(kind(store.commit(ORG, events(201..=301)).await), Some(ErrorKind::Refused));
    let page = store.events(ORG, EventQuery { before: None, limit: 500 }).await.unwrap();
    assert_eq!(page.events.len(), 100);
}

#[tokio::test]
async fn of_concurrent_changes_one_succeeds() {
    let emulators = Emulators::start().await;
    let store = &emulators.ports.store;
    store.commit(ORG, vec![Change::Organisation(organisation(ORG))]).await.unwrap();
    let change = |number: u64| {
        let mut changed = organisation(ORG);
        (changed.version, changed.plan) = (1, format!("plan {number}"));
        vec![Change::Event(event(number)), Change::Organisation(changed)]
    };
    let results = join_all((0..8).map(|number| store.commit(ORG, change(number)))).await;
    let made: Vec<_> = results.iter().zip(0..).filter(|(result, _)| result.is_ok()).map(|(_, number)| number).collect();
    assert_eq!(made.len(), 1, "{made:?}");
    for error in results.into_iter().filter_map(Result::err) {
        assert!(matches!(error.kind, ErrorKind::Conflict | ErrorKind::Unavailable), "{error:?}");
    }
    let stored = store.organisation(ORG).await.unwrap().unwrap();
    assert_eq!((stored.version, stored.plan), (2, format!("plan {}", made[0])));
    let page = store.events(ORG, EventQuery { before: None, limit: 10 }).await.unwrap();
    assert_eq!(page.events.iter().map(|event| event.id.0).collect::<Vec<_>>(), made);
}
