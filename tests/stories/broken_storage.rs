//! Storage that has lost data or refuses requests: the backup fails with a reason and returns its claim.

use hozon_shared::domain::backup::BackupStatus;
use hozon_shared::ports::{Bucket, ObjectRef};
use hozon_tests::{Crm, World};
use reqwest::StatusCode;

#[tokio::test]
async fn a_missing_attachment_is_named_and_the_backup_is_not_called_complete() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    world.lose_an_attachment().await;
    let backup = world.back_up().await;
    assert_eq!((backup.status, backup.files.len()), (BackupStatus::Failed, 0));
    let failure = backup.failure.unwrap();
    assert_eq!(failure.code, "ATTACHMENT_MISSING");
    for part in ["見積.txt", "record 10", "Deals"] {
        assert!(failure.message.contains(part), "{}", failure.message);
    }
    let administrator = world.administrator();
    assert_eq!(administrator.get("/backup").await.body["backup"]["status"], "FAILED");
    assert_eq!(administrator.get("/backup/urls").await.status, StatusCode::NO_CONTENT);
    assert_eq!(administrator.get("/backup/summary").await.body["summary"]["allowance"]["left"], 2);
    let history = administrator.get("/backup/history").await;
    assert_eq!(history.body["history"][0]["state"], "failure");
    let feed = administrator.get("/backup/notifications").await;
    assert_eq!(feed.body["notifications"][0]["failure"]["code"], "ATTACHMENT_MISSING");
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn an_attachment_that_was_cut_short_is_named() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let keys = world.local.ports.objects.list(Bucket::Crm, "").await.unwrap();
    let file = keys.iter().find(|key| key.contains("/Deals/") && key.contains("/files/")).unwrap();
    world.local.ports.objects.put(&ObjectRef::crm(file), "保".into(), "text/plain").await.unwrap();
    let backup = world.back_up().await;
    assert_eq!(backup.failure.unwrap().code, "ATTACHMENT_CHANGED");
    world.end().await;
}

#[tokio::test]
async fn after_a_failure_is_repaired_the_next_backup_is_ready() {
    let world = World::start().await;
    let crm = Crm::small();
    world.import(crm.inputs()).await;
    let keys = world.local.ports.objects.list(Bucket::Crm, "").await.unwrap();
    let rows = keys.iter().find(|key| key.contains("/Leads/") && key.contains("/rows/")).unwrap();
    world.local.ports.objects.delete(&ObjectRef::crm(rows)).await.unwrap();
    assert_eq!(world.back_up().await.failure.unwrap().code, "DATA_MISSING");
    world.import(crm.inputs()).await;
    world.back_up_well().await;
    world.end().await;
}
