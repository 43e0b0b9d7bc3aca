//! Contract of `Accounts` and `Purchases`: purchases and the allowance that remains.

use hozon_shared::domain::allowance::Account;
use hozon_shared::domain::change::Lock;
use hozon_shared::domain::id::OrderId;
use hozon_shared::domain::order::Order;
use hozon_shared::domain::subscription::{Subscription, SubscriptionStatus};
use hozon_shared::ports::Change;

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::{account, entry, now, order, subscription};

#[tokio::test]
async fn an_account_is_new_until_one_is_stored() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    assert_eq!(ports.accounts.account(ORG).await.unwrap(), Account::new(ORG));
    ports.store.commit(ORG, vec![Change::Account(account(ORG))]).await.unwrap();
    assert_eq!(ports.accounts.account(ORG).await.unwrap(), Account { version: 1, ..account(ORG) });
    assert_eq!(ports.accounts.account(OTHER).await.unwrap(), Account::new(OTHER));
}

#[tokio::test]
async fn the_ledger_is_read_from_the_newest_entry_on() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    for written in [entry(10, 0), entry(9, 0), entry(9, 10), entry(9, 2)] {
        ports.store.commit(ORG, vec![Change::Entry(written)]).await.unwrap();
    }
    let expected = [entry(10, 0), entry(9, 10), entry(9, 2), entry(9, 0)];
    assert_eq!(ports.accounts.ledger(ORG, None).await.unwrap(), expected);
    assert_eq!(ports.accounts.ledger(ORG, Some(2)).await.unwrap(), expected[..2]);
    assert!(ports.accounts.ledger(OTHER, None).await.unwrap().is_empty());
}

#[tokio::test]
async fn orders_are_read_from_the_newest_on() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    for id in [9, 10, 8] {
        ports.store.commit(ORG, vec![Change::Order(Box::new(order(ORG, id)))]).await.unwrap();
    }
    let stored = |id| Order { version: 1, ..order(ORG, id) };
    assert_eq!(ports.purchases.orders(ORG, 10).await.unwrap(), [stored(10), stored(9), stored(8)]);
    assert_eq!(ports.purchases.orders(ORG, 1).await.unwrap(), [stored(10)]);
    assert_eq!(ports.purchases.order(ORG, OrderId(9)).await.unwrap(), Some(stored(9)));
    assert_eq!(ports.purchases.order(ORG, OrderId(7)).await.unwrap(), None);
    assert_eq!(ports.purchases.order(OTHER, OrderId(9)).await.unwrap(), None);
    assert!(ports.purchases.orders(OTHER, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_open_order_holds_the_checkout_lock() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    assert_eq!(ports.purchases.open_order(ORG).await.unwrap(), None);
    ports.store.commit(ORG, vec![Change::Acquire(Lock::Checkout(OrderId(9)))]).await.unwrap();
    assert_eq!(ports.purchases.open_order(ORG).await.unwrap(), Some(OrderId(9)));
    assert_eq!(ports.purchases.open_order(OTHER).await.unwrap(), None);
    ports.store.commit(ORG, vec![Change::Release(Lock::Checkout(OrderId(9)))]).await.unwrap();
    assert_eq!(ports.purchases.open_order(ORG).await.unwrap(), None);
}

#[tokio::test]
async fn subscriptions_are_read_from_the_newest_on_ended_ones_too() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let ended = Subscription { status: SubscriptionStatus::Ended, ended: Some(now()), ..subscription(ORG, 10) };
    for written in [subscription(ORG, 9), ended.clone(), subscription(ORG, 8)] {
        ports.store.commit(ORG, vec![Change::Subscription(Box::new(written))]).await.unwrap();
    }
    let found = ports.purchases.subscriptions(ORG).await.unwrap();
    assert_eq!(found, [ended, subscription(ORG, 9), subscription(ORG, 8)].map(|written| Subscription { version: 1, ..written }));
    assert!(ports.purchases.subscriptions(OTHER).await.unwrap().is_empty());
}
