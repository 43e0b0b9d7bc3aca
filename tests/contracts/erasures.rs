//! Erasures in the table, the keys of their hashes, and versions of objects.

use chrono::TimeDelta;
use hozon_shared::domain::erasure::{Erasure, ErasureKey, ZipChoice};
use hozon_shared::domain::id::{ErasureId, UserId};
use hozon_shared::domain::organisation::Person;
use hozon_shared::ports::{Bucket, Change, Due, ErrorKind, ObjectRef};

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::{kind, now};

fn erasure(id: u64) -> Erasure {
    let requester = Person { id: UserId(1), name: "A".to_owned(), zuid: UserId(1) };
    Erasure::requested((ORG, ErasureId(id)), requester, ZipChoice::Drop, now())
}

#[tokio::test]
async fn erasures_are_listed_newest_first_and_are_due_while_they_are_open() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    for id in [9, 10, 11] {
        ports.store.commit(ORG, vec![Change::Erasure(Box::new(erasure(id)))]).await.expect("is stored");
    }
    let ids = async |before: Option<u64>, limit| -> Vec<u64> {
        let found = ports.erasures.erasures(ORG, before.map(ErasureId), limit).await.expect("erasures");
        found.into_iter().map(|one| one.id.0).collect()
    };
    assert_eq!(ids(None, 2).await, [11, 10]);
    assert_eq!(ids(Some(10), 2).await, [9]);
    assert_eq!(ports.erasures.erasures(OTHER, None, 2).await.expect("none"), []);
    let stored = ports.erasures.erasure(ORG, ErasureId(9)).await.expect("reads").expect("is there");
    assert_eq!(stored, Erasure { version: 1, ..erasure(9) });
    assert_eq!(kind(ports.store.commit(ORG, vec![Change::Erasure(Box::new(erasure(9)))]).await), Some(ErrorKind::Conflict));
    let cancelled = stored.cancel(now()).expect("is cancelled");
    ports.store.commit(ORG, vec![Change::Erasure(Box::new(cancelled))]).await.expect("is stored");
    let due = ports.schedules.due(now() + TimeDelta::hours(1)).await;
    assert!(due.unreadable.is_empty(), "{:?}", due.unreadable);
    for (id, is_due) in [(9, false), (10, true), (11, true)] {
        assert_eq!(due.found.contains(&Due::Erasure(ORG, ErasureId(id))), is_due, "{id}");
    }
}

#[tokio::test]
async fn the_key_of_an_organisation_never_changes() {
    let emulators = Emulators::start().await;
    let keys = &emulators.ports.erasure_keys;
    assert!(keys.key(ORG).await.expect("none").is_none());
    let first = "a".repeat(64);
    for new in [first.clone(), "b".repeat(64)] {
        keys.keep(ORG, &new).await.expect("keeps the first one");
        let kept = keys.key(ORG).await.expect("reads").expect("a key");
        assert_eq!(kept.hash("Leads", "1"), ErasureKey::parse(&first).expect("a key").hash("Leads", "1"));
    }
    assert!(keys.key(OTHER).await.expect("none").is_none());
}

#[tokio::test]
async fn current_objects_stay_where_earlier_versions_are_forgotten() {
    let emulators = Emulators::start().await;
    let (objects, versions) = (&emulators.ports.objects, &emulators.ports.versions);
    let at = |name: &str| ObjectRef::crm(format!("org/forgotten/{name}"));
    for text in ["first", "second"] {
        objects.put(&at("kept"), text.into(), "text/plain").await.expect("puts");
    }
    objects.put(&at("deleted"), "x".into(), "text/plain").await.expect("puts");
    objects.delete(&at("deleted")).await.expect("deletes");
    versions.forget_earlier(Bucket::Crm, "org/forgotten/").await.expect("forgets");
    assert_eq!(versions.forget_earlier(Bucket::Crm, "org/forgotten/").await.expect("again"), 0);
    let kept = objects.head(&at("kept")).await.expect("asks").expect("is there");
    assert_eq!(kept.size, 6);
    assert_eq!(versions.locked_until(Bucket::Crm, "org/forgotten/").await.expect("asks"), None);
}
