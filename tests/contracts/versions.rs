//! Contract of `Change`: a document with a `version` replaces only the version that its writer has read.

use hozon_shared::domain::allowance::Account;
use hozon_shared::domain::backup::Backup;
use hozon_shared::domain::id::{BackupId, OrderId, ScheduleId};
use hozon_shared::domain::order::Order;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::schedule::Schedule;
use hozon_shared::domain::subscription::Subscription;
use hozon_shared::ports::{Change, ErrorKind};

use crate::emulators::{Emulators, ORG};
use crate::samples::{account, backup, kind, order, organisation, schedule, subscription};

/// Writes versions of a document: over nothing, over the right one, over an older and a newer one.
async fn check(emulators: &Emulators, write: impl Fn(u64) -> Change, stored: impl AsyncFn() -> u64) {
    let commit = async |version| kind(emulators.ports.store.commit(ORG, vec![write(version)]).await);
    let conflict = Some(ErrorKind::Conflict);
    assert_eq!(commit(1).await, conflict, "there is none yet");
    assert_eq!(commit(0).await, None);
    assert_eq!(stored().await, 1);
    assert_eq!(commit(0).await, conflict, "a repeat");
    assert_eq!(commit(1).await, None);
    assert_eq!(stored().await, 2);
    assert_eq!(commit(1).await, conflict, "an older version");
    assert_eq!(commit(3).await, conflict, "a newer version");
    assert_eq!(stored().await, 2);
}

#[tokio::test]
async fn an_organisation() {
    let emulators = Emulators::start().await;
    let write = |version| Change::Organisation(Organisation { version, ..organisation(ORG) });
    check(&emulators, write, async || emulators.ports.store.organisation(ORG).await.unwrap().unwrap().version).await;
}

#[tokio::test]
async fn a_backup() {
    let emulators = Emulators::start().await;
    let write = |version| Change::Backup(Box::new(Backup { version, ..backup(ORG, 7) }));
    check(&emulators, write, async || emulators.ports.store.backup(ORG, BackupId(7)).await.unwrap().unwrap().version).await;
}

#[tokio::test]
async fn a_schedule() {
    let emulators = Emulators::start().await;
    let write = |version| Change::Schedule(Box::new(Schedule { version, ..schedule(ORG, 5) }));
    let stored = async || emulators.ports.schedules.schedule(ORG, ScheduleId(5)).await.unwrap().unwrap().version;
    check(&emulators, write, stored).await;
}

#[tokio::test]
async fn an_account() {
    let emulators = Emulators::start().await;
    let write = |version| Change::Account(Account { version, ..account(ORG) });
    check(&emulators, write, async || emulators.ports.accounts.account(ORG).await.unwrap().version).await;
}

#[tokio::test]
async fn an_order() {
    let emulators = Emulators::start().await;
    let write = |version| Change::Order(Box::new(Order { version, ..order(ORG, 3) }));
    let stored = async || emulators.ports.purchases.order(ORG, OrderId(3)).await.unwrap().unwrap().version;
    check(&emulators, write, stored).await;
}

#[tokio::test]
async fn a_subscription() {
    let emulators = Emulators::start().await;
    let write = |version| Change::Subscription(Box::new(Subscription { version, ..subscription(ORG, 4) }));
    check(&emulators, write, async || emulators.ports.purchases.subscriptions(ORG).await.unwrap()[0].version).await;
}
