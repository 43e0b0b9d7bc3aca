//! The backup in progress takes an organisation's only place, until its run is over its time.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_shared::domain::change;
use hozon_shared::domain::id::{BackupId, EventId};
use hozon_shared::domain::run_length::RunLength;
use hozon_shared::ending::EndingPorts;
use hozon_tests::ManualClock;

use crate::emulators::{Emulators, ORG};
use crate::samples::{backup, now};

fn at(emulators: &Emulators, time: DateTime<Utc>) -> EndingPorts {
    EndingPorts { clock: Arc::new(ManualClock::at(time)), ..EndingPorts::from(&emulators.ports) }
}

#[tokio::test]
async fn an_overdue_backup_is_failed_and_another_may_be_started() {
    let emulators = Emulators::start().await;
    let store = &emulators.ports.store;
    let asked = backup(ORG, 7).within(RunLength::days(2));
    store.commit(ORG, change::start(asked.clone(), None, EventId(1))).await.unwrap();
    let begun = Backup { version: 1, ..asked }.begin(now()).unwrap();
    store.commit(ORG, vec![change::Change::Backup(Box::new(begun.clone()))]).await.unwrap();
    let before = at(&emulators, begun.deadline() - TimeDelta::seconds(1));
    assert_eq!(before.running(ORG).await.unwrap().map(|backup| backup.id), Some(BackupId(7)));
    let after = at(&emulators, begun.deadline());
    assert_eq!(after.running(ORG).await.unwrap(), None);
    let ended = store.backup(ORG, BackupId(7)).await.unwrap().unwrap();
    assert_eq!((ended.status, ended.failure.unwrap().code.as_str()), (BackupStatus::Failed, "RUN_SILENT"));
    store.commit(ORG, change::start(backup(ORG, 8), None, EventId(2))).await.expect("the place is free");
}
