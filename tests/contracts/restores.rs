//! Restores in the table: written against their version, with their lock, and listed newest first.

use chrono::{DateTime, Utc};
use hozon_shared::domain::connection::ConnectionRole;
use hozon_shared::domain::id::{BackupId, ConnectionId, EventId, RestoreId, UserId};
use hozon_shared::domain::organisation::Person;
use hozon_shared::domain::restore::{
    FilePlanCounts, ModulePlan, PlanCounts, Restore, RestorePlan, RestorePolicy, RestoreRequest, RestoreSelection,
    SelectedRecord, cancel_restore, confirm_restore, plan_restore, request_restore,
};
use hozon_shared::domain::run_length::RunLength;
use hozon_shared::domain::writing::{Hindrance, HindranceKind};
use hozon_shared::ports::{Change, Due, ErrorKind};

use crate::emulators::{Emulators, ORG, OTHER};

/// A time in the year 2038, so that no sweep of the program finds what is due.
fn at(hour: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(600_000 + hour)
}

fn person() -> Person {
    Person { id: UserId(1), zuid: UserId(2), name: "A".to_owned() }
}

fn restore(id: u64) -> Restore {
    let record = SelectedRecord { module: "deal".to_owned(), id: "1".to_owned() };
    let request = RestoreRequest {
        org: ORG,
        id: RestoreId(id),
        requester: person(),
        backup: BackupId(3),
        taken: at(0),
        target: ConnectionRole::RestoreTarget,
        connection: ConnectionId(4),
        undoes: None,
        selection: RestoreSelection::Records { records: vec![record] },
        policy: RestorePolicy { change: true, delete: false },
        create: true,
    };
    Restore::requested(request, at(1), RunLength::days(1))
}

fn plan() -> RestorePlan {
    let counts = PlanCounts { create: 1, ..PlanCounts::default() };
    let module = ModulePlan { api_name: "deal".to_owned(), label: "Deal".to_owned(), counts, files: FilePlanCounts::default() };
    let hindrance = Hindrance { module: "deal".to_owned(), kind: HindranceKind::Gone, field: Some("x".to_owned()) };
    RestorePlan { modules: vec![module], hindrances: vec![hindrance], creates: Vec::new() }
}

#[tokio::test]
async fn restores_exclude_each_other_while_work_is_under_way() {
    let emulators = Emulators::start().await;
    let (store, restores) = (&emulators.ports.store, &emulators.ports.restores);
    assert_eq!(restores.restore(ORG, RestoreId(1)).await.unwrap(), None);
    store.commit(ORG, request_restore(restore(1))).await.expect("is requested");
    let stored = restores.restore(ORG, RestoreId(1)).await.unwrap().expect("is there");
    assert_eq!(stored, Restore { version: 1, ..restore(1) });
    let refused = store.commit(ORG, request_restore(restore(2))).await.expect_err("the first is being planned");
    assert_eq!(refused.kind, ErrorKind::Conflict);
    assert_eq!(restores.restore(ORG, RestoreId(2)).await.unwrap(), None, "all or nothing");

    let made = |event| plan_restore(stored.clone(), plan(), at(2), EventId(event)).expect("is planned");
    store.commit(ORG, made(1)).await.expect("is planned");
    let repeated = store.commit(ORG, made(2)).await.expect_err("the version is another one");
    assert_eq!(repeated.kind, ErrorKind::Conflict);
    store.commit(ORG, request_restore(restore(2))).await.expect("the lock is free");
    let planned = restores.restore(ORG, RestoreId(1)).await.unwrap().expect("is there");
    assert_eq!((planned.plan.clone(), planned.version), (Some(plan()), 2));
    let confirmed =
        || confirm_restore(planned.clone(), 0, &person(), (at(3), RunLength::days(1)), EventId(3)).expect("is confirmed");
    assert_eq!(store.commit(ORG, confirmed()).await.expect_err("the second is being planned").kind, ErrorKind::Conflict);

    let second = restores.restore(ORG, RestoreId(2)).await.unwrap().expect("is there");
    let cancelled = cancel_restore(second, Default::default(), &person(), at(3), EventId(4)).expect("is cancelled");
    store.commit(ORG, cancelled).await.expect("releases the lock");
    store.commit(ORG, confirmed()).await.expect("is confirmed");
    let ids = async |before, limit| -> Vec<u64> {
        restores.restores(ORG, before, limit).await.unwrap().iter().map(|restore| restore.id.0).collect()
    };
    assert_eq!((ids(None, 5).await, ids(None, 1).await, ids(Some(RestoreId(2)), 5).await), (vec![2, 1], vec![2], vec![1]));
    assert!(restores.restores(OTHER, None, 5).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_restore_is_due_while_work_on_it_is_under_way() {
    let emulators = Emulators::start().await;
    let (store, schedules) = (&emulators.ports.store, &emulators.ports.schedules);
    let is_due = async |until| schedules.due(until).await.found.contains(&Due::Restore(ORG, RestoreId(1)));
    store.commit(ORG, request_restore(restore(1))).await.expect("is requested");
    assert!(!is_due(at(1)).await && is_due(at(2)).await, "its work has not begun");
    let begun = Restore { version: 1, ..restore(1) }.begin(at(1));
    store.commit(ORG, vec![Change::Restore(Box::new(begun.clone()))]).await.expect("is stored");
    assert!(!is_due(at(2)).await && is_due(begun.must_end).await);
    let stored = emulators.ports.restores.restore(ORG, RestoreId(1)).await.unwrap().expect("is there");
    assert_eq!(stored, Restore { version: 2, ..begun });
    let planned = plan_restore(stored, plan(), at(2), EventId(1)).expect("is planned");
    store.commit(ORG, planned).await.expect("is stored");
    assert!(!is_due(at(10_000)).await, "a person decides");
}
