//! Contract of `Progress` and `Marks`: the progress of runs, and the read marks of administrators.

use hozon_shared::domain::id::{BackupId, EventId, UserId};
use hozon_shared::domain::progress::Amount;

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::{failure, now};

const RUN: BackupId = BackupId(7);

fn amount(items: u64, rows: u64, bytes: u64) -> Amount {
    Amount { items, rows, bytes }
}

#[tokio::test]
async fn progress_is_the_sum_of_the_last_amounts_of_all_items() {
    let emulators = Emulators::start().await;
    let progress = &emulators.ports.progress;
    assert_eq!(progress.done(ORG, RUN).await.unwrap(), Amount::default());
    progress.record(ORG, RUN, 0, amount(0, 10, 100), now()).await.unwrap();
    progress.record(ORG, RUN, 10, amount(1, 5, 50), now()).await.unwrap();
    assert_eq!(progress.done(ORG, RUN).await.unwrap(), amount(1, 15, 150));
    progress.record(ORG, RUN, 10, amount(1, 5, 50), now()).await.unwrap();
    assert_eq!(progress.done(ORG, RUN).await.unwrap(), amount(1, 15, 150), "the same again changes nothing");
    progress.record(ORG, RUN, 0, amount(1, 20, 200), now()).await.unwrap();
    assert_eq!(progress.done(ORG, RUN).await.unwrap(), amount(2, 25, 250));
    assert_eq!(progress.done(ORG, BackupId(8)).await.unwrap(), Amount::default());
    assert_eq!(progress.done(OTHER, RUN).await.unwrap(), Amount::default());
}

#[tokio::test]
async fn the_progress_of_a_run_expires_after_thirty_days() {
    let emulators = Emulators::start().await;
    let progress = &emulators.ports.progress;
    progress.record(ORG, RUN, 0, amount(1, 2, 3), now()).await.unwrap();
    progress.record_failure(ORG, RUN, &failure("gone"), now()).await.unwrap();
    let ends: Vec<_> = emulators.items().await.iter().map(|item| item["ttl"]["N"].clone()).collect();
    let thirty_days_later = serde_json::Value::from((now().timestamp() + 30 * 86_400).to_string());
    assert_eq!(ends, [thirty_days_later.clone(), thirty_days_later]);
}

#[tokio::test]
async fn progress_of_a_large_run_is_counted_whole() {
    let emulators = Emulators::start().await;
    let progress = &emulators.ports.progress;
    let recorded =
        futures_util::future::join_all((0..300).map(|item| progress.record(ORG, RUN, item, amount(1, 2, 3), now()))).await;
    recorded.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(progress.done(ORG, RUN).await.unwrap(), amount(300, 600, 900));
}

#[tokio::test]
async fn the_last_reason_of_a_failure_is_remembered() {
    let emulators = Emulators::start().await;
    let progress = &emulators.ports.progress;
    assert_eq!(progress.failure(ORG, RUN).await.unwrap(), None);
    for message in ["first", "first", "second"] {
        progress.record_failure(ORG, RUN, &failure(message), now()).await.unwrap();
        assert_eq!(progress.failure(ORG, RUN).await.unwrap(), Some(failure(message)));
    }
    assert_eq!(progress.failure(ORG, BackupId(8)).await.unwrap(), None);
    assert_eq!(progress.done(ORG, RUN).await.unwrap(), Amount::default(), "it is no progress");
}

#[tokio::test]
async fn a_mark_moves_to_newer_events_only() {
    let emulators = Emulators::start().await;
    let marks = &emulators.ports.marks;
    let user = UserId(11);
    assert_eq!(marks.read_until(ORG, user).await.unwrap(), None);
    for (marked, read) in [(9, 9), (100, 100), (100, 100), (20, 100), (u64::MAX, u64::MAX)] {
        marks.mark_read(ORG, user, EventId(marked)).await.unwrap();
        assert_eq!(marks.read_until(ORG, user).await.unwrap(), Some(EventId(read)));
    }
    assert_eq!(marks.read_until(ORG, UserId(12)).await.unwrap(), None);
    assert_eq!(marks.read_until(OTHER, user).await.unwrap(), None);
}
