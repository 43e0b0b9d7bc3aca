//! Links work for seven days from the backup's creation, and nothing serves the files after that.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use hozon::housekeeping::delete_expired;
use hozon_tests::{Crm, ManualClock, World};
use reqwest::StatusCode;

#[tokio::test]
async fn an_expired_backup_gives_nothing_and_is_deleted() {
    // The store checks links by the real time, so the backup is made eight days ago.
    let clock = Arc::new(ManualClock::at(Utc::now() - TimeDelta::days(8)));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    world.import(Crm::small().inputs()).await;
    let backup = world.back_up().await;
    let path = format!("/backup/urls?backup_id={}", backup.id);
    let urls = world.administrator().get(&path).await;
    let link = urls.body["urls"]["data_links"][0].as_str().unwrap().to_owned();
    assert_eq!(world.download(&link).await.0, StatusCode::FORBIDDEN);
    assert_eq!(delete_expired(&world.local.ports).await.unwrap(), 0);

    clock.advance(TimeDelta::days(8));
    assert_eq!(world.administrator().get(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.administrator().get("/backup/urls").await.status, StatusCode::NO_CONTENT);
    let one = world.administrator().post(&format!("/backup/{}/files/Data_001.zip/actions/download", backup.id), "").await;
    assert_eq!(one.code(), "RESOURCE_NOT_FOUND");
    assert_eq!(delete_expired(&world.local.ports).await.unwrap(), 2);
    assert!(!world.local.archive_path(&backup.files[0].key).exists());
    world.end().await;
}

#[tokio::test]
async fn a_link_works_for_the_time_left_and_only_as_it_was_signed() {
    let clock = Arc::new(ManualClock::at(Utc::now() - TimeDelta::days(6)));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    clock.advance(TimeDelta::days(6));
    let urls = world.administrator().get("/backup/urls").await;
    let link = urls.body["urls"]["attachment_links"][0].as_str().unwrap();
    let valid = link.split("X-Amz-Expires=").nth(1).and_then(|rest| rest.split('&').next()).unwrap();
    let valid: i64 = valid.parse().unwrap();
    assert!((86_000..=86_400).contains(&valid), "{valid}");
    assert_eq!(world.download(link).await.0, StatusCode::OK);
    let tampered = link.replace("Attachments_001.zip?", "Data_001.zip?");
    assert!(world.download(&tampered).await.0.is_client_error());
    let unsigned = link.split('?').next().unwrap();
    assert_eq!(world.download(unsigned).await.0, StatusCode::FORBIDDEN);
    world.end().await;
}
