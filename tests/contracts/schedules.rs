//! Contract of `Schedules`: schedules, their outcomes, and due items.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::domain::backup::Backup;
use hozon_shared::domain::delivery::{AddressDigest, Delivery, DeliveryOutcome, Receiver};
use hozon_shared::domain::id::{BackupId, OrgId, ScheduleId, WebhookId};
use hozon_shared::domain::schedule::Schedule;
use hozon_shared::ports::{Change, Due, DueItems, ErrorKind, Ports};
use serde_json::json;

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::{backup, delivery, failure, hours, now, occurrence, schedule};

/// Polls the due index until it contains the expected items, because it may lag.
async fn due_becomes(ports: &Ports, until: DateTime<Utc>, expected: &[Due]) {
    let expected: HashSet<_> = expected.iter().copied().collect();
    for _ in 0..100 {
        let DueItems { found, unreadable } = ports.schedules.due(until).await;
        assert!(unreadable.is_empty(), "{unreadable:?}");
        if found.len() == expected.len() && found.into_iter().collect::<HashSet<_>>() == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{expected:?} is not what is due, but {:?}", ports.schedules.due(until).await);
}

async fn write(ports: &Ports, org: OrgId, change: Change) {
    ports.store.commit(org, vec![change]).await.expect("writes");
}

#[tokio::test]
async fn a_schedule_is_read_as_it_was_written() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    assert_eq!(ports.schedules.schedule(ORG, ScheduleId(5)).await.unwrap(), None);
    write(ports, ORG, Change::Schedule(Box::new(schedule(ORG, 5)))).await;
    let stored = ports.schedules.schedule(ORG, ScheduleId(5)).await.unwrap();
    assert_eq!(stored, Some(Schedule { version: 1, ..schedule(ORG, 5) }));
    assert_eq!(ports.schedules.schedule(OTHER, ScheduleId(5)).await.unwrap(), None);
}

#[tokio::test]
async fn the_newest_schedule_is_the_one_set_last_stopped_or_not() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    assert_eq!(ports.schedules.newest_schedule(ORG).await.unwrap(), None);
    let stopped = schedule(ORG, 10).stop(now()).unwrap();
    for written in [schedule(ORG, 9), stopped, schedule(ORG, 8)] {
        write(ports, ORG, Change::Schedule(Box::new(written))).await;
    }
    assert_eq!(ports.schedules.newest_schedule(ORG).await.unwrap().unwrap().id, ScheduleId(10));
    assert_eq!(ports.schedules.newest_schedule(OTHER).await.unwrap(), None);
}

#[tokio::test]
async fn occurrences_come_in_order_of_time_and_of_one_schedule() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    for (id, at) in [(5, hours(30)), (5, hours(2)), (55, hours(3)), (5, hours(1000))] {
        write(ports, ORG, Change::Occurrence(occurrence(id, at))).await;
    }
    let found = ports.schedules.occurrences(ORG, ScheduleId(5)).await.unwrap();
    assert_eq!(found, [2, 30, 1000].map(|hour| occurrence(5, hours(hour))));
    assert_eq!(ports.schedules.occurrence(ORG, ScheduleId(5), hours(2)).await.unwrap(), Some(occurrence(5, hours(2))));
    assert_eq!(ports.schedules.occurrence(ORG, ScheduleId(5), hours(3)).await.unwrap(), None);
    assert_eq!(ports.schedules.occurrence(OTHER, ScheduleId(5), hours(2)).await.unwrap(), None);
}

#[tokio::test]
async fn a_schedule_is_due_from_its_next_run_on_until_it_is_stopped() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let set = schedule(ORG, 5);
    let due = [Due::Schedule(ORG, ScheduleId(5))];
    write(ports, ORG, Change::Schedule(Box::new(set.clone()))).await;
    due_becomes(ports, set.due, &due).await;
    due_becomes(ports, set.due - TimeDelta::seconds(1), &[]).await;
    let recorded = Schedule { version: 1, ..set.clone() }.recorded(set.due);
    write(ports, ORG, Change::Schedule(Box::new(recorded.clone()))).await;
    due_becomes(ports, set.due, &[]).await;
    due_becomes(ports, recorded.due, &due).await;
    let stopped = Schedule { version: 2, ..recorded.clone() }.stop(now()).unwrap();
    write(ports, ORG, Change::Schedule(Box::new(stopped))).await;
    due_becomes(ports, recorded.due + TimeDelta::days(365), &[]).await;
}

#[tokio::test]
async fn a_backup_is_due_soon_until_its_run_begins_and_at_its_deadline_until_it_ends() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let due = [Due::Backup(ORG, BackupId(7))];
    let asked = backup(ORG, 7);
    write(ports, ORG, Change::Backup(Box::new(asked.clone()))).await;
    due_becomes(ports, asked.created + TimeDelta::minutes(2), &due).await;
    due_becomes(ports, asked.created, &[]).await;
    let running = Backup { version: 1, ..asked }.begin(now()).unwrap();
    write(ports, ORG, Change::Backup(Box::new(running.clone()))).await;
    due_becomes(ports, running.deadline() - TimeDelta::seconds(1), &[]).await;
    due_becomes(ports, running.deadline(), &due).await;
    let ended = Backup { version: 2, ..running.clone() }.fail(failure("gone"), hours(1)).unwrap();
    write(ports, ORG, Change::Backup(Box::new(ended))).await;
    due_becomes(ports, running.deadline(), &[]).await;
}

#[tokio::test]
async fn a_delivery_is_due_at_its_next_attempt_until_it_has_ended() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    for receiver in [Receiver::Webhook(WebhookId(3)), Receiver::Mail(AddressDigest::of("a@example.com"))] {
        let open = delivery(ORG, receiver, 4);
        let due = [Due::Delivery(open.id)];
        write(ports, ORG, Change::Delivery(Box::new(open.clone()))).await;
        due_becomes(ports, open.next, &due).await;
        due_becomes(ports, open.next - TimeDelta::seconds(1), &[]).await;
        ports.outbox.put_delivery(&Delivery { next: hours(5), ..open.clone() }, 1).await.unwrap();
        due_becomes(ports, open.next, &[]).await;
        due_becomes(ports, hours(5), &due).await;
        ports.outbox.put_delivery(&open.end(DeliveryOutcome::Done, now()), 1).await.unwrap();
        due_becomes(ports, hours(5), &[]).await;
    }
}

#[tokio::test]
async fn due_items_of_all_organisations_are_found() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    // More organisations than the index has partitions.
    let orgs = || (1..=40).map(OrgId);
    for org in orgs() {
        write(ports, org, Change::Schedule(Box::new(schedule(org, 5)))).await;
    }
    let expected: Vec<_> = orgs().map(|org| Due::Schedule(org, ScheduleId(5))).collect();
    due_becomes(ports, schedule(ORG, 5).due, &expected).await;
}

#[tokio::test]
async fn an_unreadable_item_is_reported_and_the_others_are_found() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let set = schedule(ORG, 5);
    write(ports, ORG, Change::Schedule(Box::new(set.clone()))).await;
    due_becomes(ports, set.due, &[Due::Schedule(ORG, ScheduleId(5))]).await;
    let stored = emulators.items().await;
    let of_the_index = |item: &&serde_json::Value| item.get("due_shard").is_some();
    let mut unreadable = stored.iter().find(of_the_index).expect("the schedule").clone();
    unreadable["sk"] = json!({ "S": "SCHEDULE#five" });
    emulators.plant(&unreadable).await;
    for _ in 0..100 {
        let items = ports.schedules.due(set.due).await;
        assert_eq!(items.found, [Due::Schedule(ORG, ScheduleId(5))]);
        if let [error] = items.unreadable.as_slice() {
            assert_eq!((error.kind, error.what), (ErrorKind::Corrupt, "read what is due"));
            assert!(error.source.as_ref().is_some_and(|cause| cause.to_string().contains("SCHEDULE#five")), "{error:?}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the planted item is not reported");
}
