//! Contract of `Change`: which writes may be repeated, and which repeats are conflicts.

use hozon_shared::domain::event::EventKind;
use hozon_shared::domain::id::ScheduleId;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::Contact;
use hozon_shared::domain::schedule::{Occurrence, Outcome};
use hozon_shared::ports::{Change, ErrorKind, EventQuery};

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::{contact, entry, event, hours, kind, now, occurrence, person};

#[tokio::test]
async fn a_contact_is_overwritten() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let user = person().id;
    assert_eq!(ports.schedules.contact(ORG, user).await.unwrap(), None);
    let moved = Contact { email: None, locale: Locale::En, ..contact() };
    for written in [contact(), contact(), moved] {
        ports.store.commit(ORG, vec![Change::Contact(written.clone())]).await.unwrap();
        assert_eq!(ports.schedules.contact(ORG, user).await.unwrap(), Some(written));
    }
    assert_eq!(ports.schedules.contact(OTHER, user).await.unwrap(), None);
}

#[tokio::test]
async fn a_customer_is_overwritten() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    assert_eq!(ports.purchases.customer(ORG).await.unwrap(), None);
    for customer in ["cus_1", "cus_1", "cus_2"] {
        ports.store.commit(ORG, vec![Change::Customer(customer.to_owned())]).await.unwrap();
        assert_eq!(ports.purchases.customer(ORG).await.unwrap().as_deref(), Some(customer));
    }
    assert_eq!(ports.purchases.customer(OTHER).await.unwrap(), None);
}

#[tokio::test]
async fn the_outcome_of_an_occurrence_is_written_once() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let first = occurrence(5, hours(1));
    ports.store.commit(ORG, vec![Change::Occurrence(first.clone())]).await.unwrap();
    let second = Occurrence { outcome: Outcome::Missed, ..first.clone() };
    assert_eq!(kind(ports.store.commit(ORG, vec![Change::Occurrence(second)]).await), Some(ErrorKind::Conflict));
    assert_eq!(ports.schedules.occurrence(ORG, ScheduleId(5), hours(1)).await.unwrap(), Some(first));
    ports.store.commit(ORG, vec![Change::Occurrence(occurrence(6, hours(1)))]).await.expect("of another schedule");
    ports.store.commit(ORG, vec![Change::Occurrence(occurrence(5, hours(2)))]).await.expect("of another time");
}

#[tokio::test]
async fn an_entry_of_the_ledger_is_appended_once() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    ports.store.commit(ORG, vec![Change::Entry(entry(1, 0)), Change::Entry(entry(1, 1))]).await.unwrap();
    let mut other = entry(1, 1);
    other.movement.left = 99;
    assert_eq!(kind(ports.store.commit(ORG, vec![Change::Entry(other)]).await), Some(ErrorKind::Conflict));
    assert_eq!(ports.accounts.ledger(ORG, None).await.unwrap(), [entry(1, 1), entry(1, 0)]);
}

#[tokio::test]
async fn an_event_is_appended_once() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    ports.store.commit(ORG, vec![Change::Event(event(1))]).await.unwrap();
    let mut other = event(1);
    other.what = EventKind::PlanChanged { from: "Free".to_owned(), to: "Standard".to_owned() };
    assert_eq!(kind(ports.store.commit(ORG, vec![Change::Event(other)]).await), Some(ErrorKind::Conflict));
    assert_eq!(ports.store.events(ORG, EventQuery { before: None, limit: 9 }).await.unwrap().events, [event(1)]);
    ports.store.commit(OTHER, vec![Change::Event(event(1))]).await.expect("of another organisation");
}

#[tokio::test]
async fn a_message_is_handled_once() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let handled = |message: &str| vec![Change::Handled { message: message.to_owned(), at: now() }];
    assert!(!ports.purchases.is_handled(ORG, "evt_1").await.unwrap());
    ports.store.commit(ORG, handled("evt_1")).await.unwrap();
    assert!(ports.purchases.is_handled(ORG, "evt_1").await.unwrap());
    assert_eq!(kind(ports.store.commit(ORG, handled("evt_1")).await), Some(ErrorKind::Conflict));
    assert!(!ports.purchases.is_handled(ORG, "evt_2").await.unwrap());
    assert!(!ports.purchases.is_handled(OTHER, "evt_1").await.unwrap());
}
