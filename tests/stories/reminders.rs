//! Whoever has requested a backup is reminded a day before its links end, once, and only if nobody has downloaded it.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use hozon_shared::ports::Clock;
use hozon_tests::{Crm, ManualClock, World};
use serde_json::{Value, json};

use crate::mails::{mails, subjects};

const SUBJECT: &str = "Your backup was not downloaded yet, and its links end soon";

/// A world whose clock is days behind, since the store checks links by real time, with a backup.
async fn world(days: i64) -> (World, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Utc::now() - TimeDelta::days(days)));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    world.import(Crm::small().inputs()).await;
    (world, clock)
}

async fn reminders(world: &World) -> Vec<Value> {
    let history = world.administrator().get("/backup/history?kind=links_ending").await.body;
    history["history"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_backup_that_nobody_has_downloaded_is_reminded_of_once() {
    let (world, clock) = world(6).await;
    let backup = world.back_up().await;
    world.advance(&clock, TimeDelta::days(6) - TimeDelta::minutes(5)).await;
    assert_eq!(reminders(&world).await, [] as [Value; 0], "there is time");
    for _ in 0..3 {
        world.advance(&clock, TimeDelta::minutes(10)).await;
    }
    let events = reminders(&world).await;
    assert_eq!((events.len(), &events[0]["backup"]), (1, &json!(backup.id.to_string())), "{events:?}");
    let notices = world.administrator().get("/backup/notifications").await.body;
    let newest = &notices["notifications"][0];
    assert_eq!((&newest["kind"], newest["links"].as_array().unwrap().len()), (&json!("links_ending"), 2), "{newest}");
    let all = mails(&world).await;
    let reminder = all.last().unwrap();
    assert_eq!((reminder.subject(), all.len()), (Some(SUBJECT), 3));
    let text = reminder.body_text(0).unwrap().into_owned();
    let link = text.lines().find(|line| line.starts_with("http")).unwrap();
    assert_eq!(world.download(link).await.0, reqwest::StatusCode::OK, "the links of the mail work");
    world.end().await;
}

#[tokio::test]
async fn nobody_is_reminded_of_a_backup_that_was_downloaded_or_whose_links_have_ended() {
    let (world, clock) = world(6).await;
    let downloaded = world.back_up().await;
    let action = format!("/backup/{}/files/Data_001.zip/actions/download", downloaded.id);
    assert_eq!(world.administrator().post(&action, "").await.status, reqwest::StatusCode::OK);
    world.advance(&clock, TimeDelta::days(6) + TimeDelta::minutes(1)).await;
    assert_eq!(reminders(&world).await, [] as [Value; 0], "it was downloaded");
    // The program was off on the last day of this one.
    let late = world.back_up().await;
    world.advance(&clock, TimeDelta::days(7)).await;
    assert_eq!(reminders(&world).await, [] as [Value; 0], "there is nothing to download any more");
    let decided = world.local.ports.store.backup(world.org, late.id).await.unwrap().unwrap();
    assert_eq!((decided.reminded, decided.next_check()), (Some(clock.now()), None));
    assert!(!subjects(&world).await.contains(&SUBJECT.to_owned()));
    world.end().await;
}
