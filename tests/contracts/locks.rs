//! Contract of `Change::Acquire` and `Change::Release`: an organisation has each lock once, and only its holder can
//! release it.

use hozon_shared::domain::change::Lock;
use hozon_shared::domain::id::{BackupId, OrderId, ScheduleId, WebhookId};
use hozon_shared::ports::{Change, ErrorKind};

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::kind;

/// Acquires and releases a lock for two holders.
async fn check(lock: fn(u64) -> Lock) {
    let emulators = Emulators::start().await;
    let store = &emulators.ports.store;
    let commit = async |org, change| kind(store.commit(org, vec![change]).await);
    let conflict = Some(ErrorKind::Conflict);
    assert_eq!(commit(ORG, Change::Release(lock(1))).await, conflict, "nobody has it");
    assert_eq!(commit(ORG, Change::Acquire(lock(1))).await, None);
    assert_eq!(commit(ORG, Change::Acquire(lock(2))).await, conflict, "it is taken");
    assert_eq!(commit(ORG, Change::Acquire(lock(1))).await, conflict, "by the same holder too");
    assert_eq!(commit(ORG, Change::Release(lock(2))).await, conflict, "somebody else has it");
    assert_eq!(commit(OTHER, Change::Acquire(lock(2))).await, None, "the other organisation's");
    assert_eq!(commit(ORG, Change::Release(lock(1))).await, None);
    assert_eq!(commit(ORG, Change::Release(lock(1))).await, conflict, "it is free");
    assert_eq!(commit(ORG, Change::Acquire(lock(2))).await, None);
}

#[tokio::test]
async fn the_lock_of_a_backup_has_one_holder() {
    check(|id| Lock::Backup(BackupId(id))).await;
}

#[tokio::test]
async fn the_lock_of_a_schedule_has_one_holder() {
    check(|id| Lock::Schedule(ScheduleId(id))).await;
}

#[tokio::test]
async fn the_lock_of_a_checkout_has_one_holder() {
    check(|id| Lock::Checkout(OrderId(id))).await;
}

#[tokio::test]
async fn the_lock_of_a_webhook_has_one_holder() {
    check(|id| Lock::Webhook { slot: 4, id: WebhookId(id) }).await;
}

#[tokio::test]
async fn locks_of_different_kinds_are_independent() {
    let emulators = Emulators::start().await;
    let store = &emulators.ports.store;
    let locks = [Lock::Backup(BackupId(1)), Lock::Schedule(ScheduleId(1)), Lock::Checkout(OrderId(1))];
    let webhooks = (0..5).map(|slot| Lock::Webhook { slot, id: WebhookId(1) });
    let locks: Vec<_> = locks.into_iter().chain(webhooks).collect();
    store.commit(ORG, locks.iter().copied().map(Change::Acquire).collect()).await.expect("takes all");
    store.commit(ORG, locks.iter().copied().map(Change::Release).collect()).await.expect("frees all");
}
