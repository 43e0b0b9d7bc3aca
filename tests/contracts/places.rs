//! `Change::Take` and `Change::Free`: an organisation has each place once, and only its holder frees it.

use hozon_shared::domain::change::Place;
use hozon_shared::domain::id::{BackupId, OrderId, ScheduleId, WebhookId};
use hozon_shared::ports::{Change, ErrorKind};

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::kind;

/// Takes and frees a place for one holder and another.
async fn check(place: fn(u64) -> Place) {
    let emulators = Emulators::start().await;
    let store = &emulators.ports.store;
    let commit = async |org, change| kind(store.commit(org, vec![change]).await);
    let conflict = Some(ErrorKind::Conflict);
    assert_eq!(commit(ORG, Change::Free(place(1))).await, conflict, "nobody has it");
    assert_eq!(commit(ORG, Change::Take(place(1))).await, None);
    assert_eq!(commit(ORG, Change::Take(place(2))).await, conflict, "it is taken");
    assert_eq!(commit(ORG, Change::Take(place(1))).await, conflict, "by the same holder too");
    assert_eq!(commit(ORG, Change::Free(place(2))).await, conflict, "somebody else has it");
    assert_eq!(commit(OTHER, Change::Take(place(2))).await, None, "the other organisation's");
    assert_eq!(commit(ORG, Change::Free(place(1))).await, None);
    assert_eq!(commit(ORG, Change::Free(place(1))).await, conflict, "it is free");
    assert_eq!(commit(ORG, Change::Take(place(2))).await, None);
}

#[tokio::test]
async fn that_of_a_backup() {
    check(|id| Place::Backup(BackupId(id))).await;
}

#[tokio::test]
async fn that_of_a_schedule() {
    check(|id| Place::Schedule(ScheduleId(id))).await;
}

#[tokio::test]
async fn that_of_a_checkout() {
    check(|id| Place::Checkout(OrderId(id))).await;
}

#[tokio::test]
async fn that_of_a_webhook() {
    check(|id| Place::Webhook { slot: 4, id: WebhookId(id) }).await;
}

#[tokio::test]
async fn places_of_different_kinds_are_different() {
    let emulators = Emulators::start().await;
    let store = &emulators.ports.store;
    let places = [Place::Backup(BackupId(1)), Place::Schedule(ScheduleId(1)), Place::Checkout(OrderId(1))];
    let webhooks = (0..5).map(|slot| Place::Webhook { slot, id: WebhookId(1) });
    let places: Vec<_> = places.into_iter().chain(webhooks).collect();
    store.commit(ORG, places.iter().copied().map(Change::Take).collect()).await.expect("takes all");
    store.commit(ORG, places.iter().copied().map(Change::Free).collect()).await.expect("frees all");
}
