//! Downloads through links that the console did not record appear in the history, once each, as the bucket's access
//! events report them.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use hozon_access::{AccessOutcome, AccessPorts, handle};
use hozon_shared::call::CallError;
use hozon_shared::domain::backup::Backup;
use hozon_tests::{Crm, ManualClock, World};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// An event as EventBridge forwards it.
const EVENT: &str = include_str!("../deploy/events/access.json");

/// A request through a link to a backup's data zip: when the link was signed, when it was used, and from which address.
fn event(backup: &Backup, signed: DateTime<Utc>, at: DateTime<Utc>, address: &str) -> Value {
    let mut event: Value = serde_json::from_str(EVENT).expect("JSON");
    event["detail"]["eventTime"] = json!(at.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    event["detail"]["sourceIPAddress"] = json!(address);
    event["detail"]["requestParameters"]["key"] = json!(backup.files[0].key);
    event["detail"]["requestParameters"]["X-Amz-Date"] = json!(signed.format("%Y%m%dT%H%M%SZ").to_string());
    event
}

async fn tell(world: &World, event: &Value) -> AccessOutcome {
    handle(&AccessPorts::from(&world.local.ports), event.clone()).await.expect("is dealt with")
}

async fn downloads(world: &World) -> Vec<Value> {
    let answer = world.administrator().get("/backup/history?kind=download_started").await;
    answer.body["history"].as_array().expect("records").clone()
}

#[tokio::test]
async fn a_download_with_a_link_is_in_the_history() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    let urls = world.administrator().get("/backup/urls").await;
    let notices = world.administrator().get("/backup/notifications").await;
    let signed = notices.body["notifications"][0]["links"][0]["url"].as_str().expect("a link");
    let plain = urls.body["urls"]["data_links"][0].as_str().expect("a link");
    assert!(downloads(&world).await.is_empty(), "giving links is no download");
    for (link, number) in [(signed, 1), (plain, 2)] {
        assert!(world.download(link).await.0.is_success());
        assert!(world.download(link).await.0.is_success());
        world.local.wait_until_delivered().await.expect("is told");
        let found = downloads(&world).await;
        assert_eq!(found.len(), number, "{found:?}");
        assert_eq!(found[0]["file_name"], "Data_001.zip");
        assert_eq!(found[0]["address"], "127.0.0.1");
    }
    world.end().await;
}

#[tokio::test]
async fn pieces_and_repeats_of_a_download_are_recorded_once() {
    let clock = Arc::new(ManualClock::at("2027-01-15T03:00:00Z".parse().expect("a time")));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    world.import(Crm::small().inputs()).await;
    let backup = world.back_up().await;
    let signed = backup.created;
    let at = signed + TimeDelta::hours(1);
    let first = event(&backup, signed, at, "203.0.113.7");
    let outcomes = join_all((0..50).map(|_| tell(&world, &first))).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == AccessOutcome::Recorded).count(), 1, "{outcomes:?}");
    assert_eq!(tell(&world, &event(&backup, signed, at + TimeDelta::minutes(3), "203.0.113.7")).await, AccessOutcome::Known);
    for other in [
        event(&backup, signed, at, "203.0.113.8"),
        event(&backup, signed, at + TimeDelta::days(1), "203.0.113.7"),
        event(&backup, signed + TimeDelta::seconds(1), at, "203.0.113.7"),
    ] {
        assert_eq!(tell(&world, &other).await, AccessOutcome::Recorded);
    }
    let found = downloads(&world).await;
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(found[3]["log_time"], "2027-01-15T13:00:00+09:00", "when it was, not when it was told");
    world.end().await;
}

#[tokio::test]
async fn a_download_that_was_recorded_with_its_click_is_not_recorded_again() {
    let clock = Arc::new(ManualClock::at("2027-01-15T03:00:00.250Z".parse().expect("a time")));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    world.import(Crm::small().inputs()).await;
    let backup = world.back_up().await;
    clock.advance(TimeDelta::minutes(30));
    let path = format!("/backup/{}/files/Data_001.zip/actions/download", backup.id);
    assert!(world.administrator().post(&path, "").await.status.is_success());
    let clicked = backup.created + TimeDelta::minutes(30);
    clock.advance(TimeDelta::minutes(5));
    let soon = event(&backup, clicked, clicked + TimeDelta::seconds(2), "203.0.113.7");
    assert_eq!(tell(&world, &soon).await, AccessOutcome::Known);
    let another = event(&backup, clicked - TimeDelta::minutes(1), clicked, "203.0.113.7");
    assert_eq!(tell(&world, &another).await, AccessOutcome::Recorded, "another link");
    let later = event(&backup, clicked, clicked + TimeDelta::hours(1), "198.51.100.1");
    assert_eq!(tell(&world, &later).await, AccessOutcome::Recorded, "somebody was given that link");
    assert_eq!(downloads(&world).await.len(), 3);
    world.end().await;
}

#[tokio::test]
async fn other_requests_are_ignored_and_malformed_events_are_refused() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let backup = world.back_up().await;
    let whole = event(&backup, backup.created, Utc::now(), "203.0.113.7");
    let with = |at: &str, value: Value| {
        let mut changed = whole.clone();
        *changed.pointer_mut(at).expect("is there") = value;
        changed
    };
    let key = |key: &str| with("/detail/requestParameters/key", json!(key));
    let mut refused = whole.clone();
    refused["detail"]["errorCode"] = json!("AccessDenied");
    for other in [
        refused,
        with("/detail/eventName", json!("HeadObject")),
        with("/detail/requestParameters/X-Amz-Date", Value::Null),
        key(&backup.files[0].key.replace("Data", "Other")),
        key("contents/1.json"),
        key("archives/1/2/Data_001.zip"),
        key(&format!("archives/{}/7/Data_001.zip", backup.org)),
    ] {
        assert_eq!(tell(&world, &other).await, AccessOutcome::Other, "{other}");
    }
    for nonsense in [json!({}), with("/detail/requestParameters", Value::Null)] {
        let error = handle(&AccessPorts::from(&world.local.ports), nonsense).await.expect_err("is refused");
        assert!(matches!(error, CallError::BadInput(..)), "{error:?}");
    }
    assert!(downloads(&world).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_zip_that_was_deleted_is_not_offered() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let backup = world.back_up().await;
    let administrator = world.administrator();
    let objects = &world.local.ports.objects;
    let [data, attachments] = ["Data_001.zip", "Attachments_001.zip"]
        .map(|name| hozon_shared::ports::ObjectRef::archives(&backup.files.iter().find(|file| file.name == name).unwrap().key));
    objects.delete(&data).await.unwrap();
    let urls = administrator.get("/backup/urls").await.body["urls"].clone();
    let links = |kind: &str| urls[kind].as_array().unwrap().len();
    assert_eq!((links("data_links"), links("attachment_links")), (0, 1));
    let path = format!("/backup/{}/files/Data_001.zip/actions/download", backup.id);
    assert_eq!(administrator.post(&path, "").await.code(), "RESOURCE_NOT_FOUND");
    let listed = administrator.get("/backup/backups").await.body["backups"][0].clone();
    assert_eq!((listed["files"].as_array().unwrap().len(), &listed["downloadable"]), (1, &serde_json::json!(true)));
    objects.delete(&attachments).await.unwrap();
    assert_eq!(administrator.get("/backup/urls").await.status, StatusCode::NO_CONTENT);
    let listed = administrator.get("/backup/backups").await.body["backups"][0].clone();
    assert_eq!(listed["downloadable"], false, "{listed}");
    drop(administrator);
    world.end().await;
}
