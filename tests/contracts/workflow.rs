//! Contract of `Workflow`: a name starts one execution.

use futures_util::future::join_all;
use hozon_shared::ports::StartOutcome;
use serde_json::json;

use crate::emulators::Emulators;

#[tokio::test]
async fn an_execution_is_started_with_its_name_and_input() {
    let emulators = Emulators::start().await;
    let input = json!({ "org": "1", "backup": "7", "name": "保存" });
    emulators.ports.workflow.start("backup-7", input.clone()).await.unwrap();
    assert_eq!(emulators.executions().await, [("backup-7".to_owned(), input)]);
}

#[tokio::test]
async fn a_name_that_was_used_starts_nothing_and_is_no_error() {
    let emulators = Emulators::start().await;
    let input = |backup: &str| json!({ "org": "1", "backup": backup });
    let start = async |backup: &str| emulators.ports.workflow.start("backup-7", input(backup)).await.unwrap();
    assert_eq!(start("7").await, StartOutcome::Running);
    // The execution of a backup that does not exist may have ended already; its name is taken then.
    assert!(matches!(start("7").await, StartOutcome::Running | StartOutcome::Taken));
    assert_eq!(start("8").await, StartOutcome::Taken);
    emulators.ports.workflow.start("backup-8", input("8")).await.unwrap();
    let expected = [("backup-7".to_owned(), input("7")), ("backup-8".to_owned(), input("8"))];
    assert_eq!(emulators.executions().await, expected);
}

#[tokio::test]
async fn concurrent_starts_with_one_name_start_one_execution() {
    let emulators = Emulators::start().await;
    let input = || json!({ "org": "1", "backup": "7" });
    let started = join_all((0..8).map(|_| emulators.ports.workflow.start("backup-7", input()))).await;
    started.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(emulators.executions().await, [("backup-7".to_owned(), input())]);
}
