//! Contract of `Captures`: what the service and the program beside a database record of a run.

use chrono::TimeDelta;
use hozon_shared::domain::awaited::AwaitedCapture;
use hozon_shared::domain::id::BackupId;

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::{failure, now};

const RUN: BackupId = BackupId(7);

#[tokio::test]
async fn a_run_waits_since_it_first_did_until_the_program_gives_up() {
    let emulators = Emulators::start().await;
    let captures = &emulators.ports.captures;
    assert_eq!(captures.awaited(ORG, RUN).await.unwrap(), None);
    let waiting = AwaitedCapture { since: now(), given_up: None };
    for minutes in [0, 1, 60] {
        let awaited = captures.await_program(ORG, RUN, now() + TimeDelta::minutes(minutes)).await.unwrap();
        assert_eq!(awaited, waiting);
    }
    assert_eq!(captures.awaited(ORG, RUN).await.unwrap(), Some(waiting));
    captures.give_up(ORG, RUN, &failure("wrong password"), now()).await.unwrap();
    let given_up = captures.await_program(ORG, RUN, now() + TimeDelta::hours(2)).await.unwrap().given_up;
    assert_eq!(given_up, Some(failure("wrong password")));
    assert_eq!(captures.awaited(ORG, BackupId(8)).await.unwrap(), None);
    assert_eq!(captures.awaited(OTHER, RUN).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_sessions_one_is_chosen_for_a_run() {
    let emulators = Emulators::start().await;
    let captures = &emulators.ports.captures;
    assert_eq!(captures.chosen(ORG, RUN).await.unwrap(), None);
    let names: Vec<_> = (0..8).map(|number| format!("session-{number}")).collect();
    let choosing = names.iter().map(|name| captures.choose(ORG, RUN, name, now()));
    let chosen = futures_util::future::try_join_all(choosing).await.unwrap();
    assert!(names.contains(&chosen[0]) && chosen.iter().all(|one| *one == chosen[0]), "{chosen:?}");
    assert_eq!(captures.chosen(ORG, RUN).await.unwrap().as_ref(), Some(&chosen[0]));
    assert_eq!(captures.choose(ORG, BackupId(8), "another run", now()).await.unwrap(), "another run");
}

#[tokio::test]
async fn records_of_a_capture_expire_with_the_progress_of_its_run() {
    let emulators = Emulators::start().await;
    let captures = &emulators.ports.captures;
    captures.await_program(ORG, RUN, now()).await.unwrap();
    captures.choose(ORG, RUN, "session", now()).await.unwrap();
    let ends: Vec<_> = emulators.items().await.iter().map(|item| item["ttl"]["N"].clone()).collect();
    let thirty_days_later = serde_json::Value::from((now().timestamp() + 30 * 86_400).to_string());
    assert_eq!(ends, [thirty_days_later.clone(), thirty_days_later]);
}
