//! Drills in the table: written with their lock and beside their backup, and listed newest first.

use chrono::{DateTime, Utc};
use hozon_shared::domain::allowance::Claim;
use hozon_shared::domain::backup::{Backup, Failure};
use hozon_shared::domain::drill::{
    Drill, DrillRequest, DrillStatus, DrillTotals, cancel_drill, complete_drill, end_cancelled_drill, fail_drill, request_drill,
};
use hozon_shared::domain::id::{BackupId, ConnectionId, DrillId, EventId, UserId};
use hozon_shared::domain::organisation::Person;
use hozon_shared::domain::run_length::RunLength;
use hozon_shared::ports::{Change, Due, ErrorKind};

use crate::emulators::{Emulators, ORG, OTHER};

/// A time in the year 2038, so that no sweep of the program finds what is due.
fn at(hour: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(600_000 + hour)
}

fn person() -> Person {
    Person { id: UserId(1), zuid: UserId(2), name: "A".to_owned() }
}

fn drill(id: u64) -> Drill {
    let (backup, target) = (BackupId(3), ConnectionId(4));
    let request =
        DrillRequest { org: ORG, id: DrillId(id), requester: person(), is_automatic: false, backup, taken: at(0), target };
    Drill::requested(request, at(1), RunLength::days(1))
}

#[tokio::test]
async fn a_drill_excludes_others_and_stands_beside_its_backup() {
    let emulators = Emulators::start().await;
    let (store, drills) = (&emulators.ports.store, &emulators.ports.drills);
    let known = async || store.backup(ORG, BackupId(3)).await.unwrap().expect("is there");
    let first = Backup::requested(ORG, BackupId(3), person(), Claim::Unlimited, at(0));
    store.commit(ORG, request_drill(drill(1), first, EventId(1))).await.expect("is requested");
    let stored = drills.drill(ORG, DrillId(1)).await.unwrap().expect("is there");
    assert_eq!(stored, Drill { version: 1, ..drill(1) });
    assert_eq!(known().await.drill.expect("stands beside it").status, DrillStatus::Running);
    let refused = store.commit(ORG, request_drill(drill(2), known().await, EventId(2))).await.expect_err("one works");
    assert_eq!((refused.kind, drills.drill(ORG, DrillId(2)).await.unwrap()), (ErrorKind::Conflict, None));

    let totals = DrillTotals { modules: 4, records: 1_000, ..DrillTotals::default() };
    let completed = complete_drill(stored, Some(known().await), totals, at(2), EventId(3)).expect("completes");
    store.commit(ORG, completed).await.expect("releases the lock");
    let beside = known().await.drill.expect("stands beside it");
    assert_eq!((beside.status, beside.totals, beside.ended), (DrillStatus::Same, Some(totals), Some(at(2))));
    store.commit(ORG, request_drill(drill(2), known().await, EventId(4))).await.expect("the lock is free");
    let second = drills.drill(ORG, DrillId(2)).await.unwrap().expect("is there");
    let failed = fail_drill(second, Some(known().await), Failure::new("DRILL_NO_TARGET", "none"), at(3), EventId(5));
    store.commit(ORG, failed.expect("fails")).await.expect("is stored");
    assert_eq!(known().await.drill.expect("stands beside it").status, DrillStatus::Failed);
    let ids = async |before, limit| -> Vec<u64> {
        drills.drills(ORG, before, limit).await.unwrap().iter().map(|drill| drill.id.0).collect()
    };
    assert_eq!((ids(None, 5).await, ids(None, 1).await, ids(Some(DrillId(2)), 5).await), (vec![2, 1], vec![2], vec![1]));
    assert!(drills.drills(OTHER, None, 5).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_drill_that_was_cancelled_keeps_its_lock_until_it_has_ended() {
    let emulators = Emulators::start().await;
    let (store, drills) = (&emulators.ports.store, &emulators.ports.drills);
    let backup = async || store.backup(ORG, BackupId(3)).await.unwrap().expect("is there");
    let stored = async || drills.drill(ORG, DrillId(1)).await.unwrap().expect("is there");
    let first = Backup::requested(ORG, BackupId(3), person(), Claim::Unlimited, at(0));
    store.commit(ORG, request_drill(drill(1), first, EventId(1))).await.expect("is requested");
    store.commit(ORG, vec![Change::Drill(Box::new(stored().await.begin(at(1))))]).await.expect("begins");
    let wished = cancel_drill(stored().await, Some(backup().await), &person(), at(2), EventId(2)).expect("cancels");
    store.commit(ORG, wished).await.expect("is stored");
    assert!(stored().await.is_cancelling() && stored().await.cancelled_by == Some(person()));
    let refused = store.commit(ORG, request_drill(drill(2), backup().await, EventId(3))).await.expect_err("one works");
    assert_eq!(refused.kind, ErrorKind::Conflict);
    let ended = end_cancelled_drill(stored().await, Some(backup().await), at(3), EventId(4)).expect("ends");
    store.commit(ORG, ended).await.expect("releases the lock");
    assert_eq!(backup().await.drill.expect("stands beside it").status, DrillStatus::Cancelled);
    store.commit(ORG, request_drill(drill(2), backup().await, EventId(5))).await.expect("the lock is free");
}

#[tokio::test]
async fn a_drill_is_due_until_it_has_ended() {
    let emulators = Emulators::start().await;
    let (store, schedules) = (&emulators.ports.store, &emulators.ports.schedules);
    let is_due = async |until| schedules.due(until).await.found.contains(&Due::Drill(ORG, DrillId(1)));
    let backup = Backup::requested(ORG, BackupId(3), person(), Claim::Unlimited, at(0));
    store.commit(ORG, request_drill(drill(1), backup, EventId(1))).await.expect("is requested");
    assert!(!is_due(at(1)).await && is_due(at(2)).await, "its work has not begun");
    let begun = Drill { version: 1, ..drill(1) }.begin(at(1));
    store.commit(ORG, vec![Change::Drill(Box::new(begun.clone()))]).await.expect("is stored");
    assert!(!is_due(at(2)).await && is_due(begun.must_end).await);
    let begun = Drill { version: 2, ..begun };
    let ended = complete_drill(begun, None, DrillTotals::default(), at(2), EventId(2)).expect("completes");
    store.commit(ORG, ended).await.expect("is stored");
    assert!(!is_due(at(10_000)).await);
}
