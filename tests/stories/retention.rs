//! Retention rules of organisations, legal holds, and what kept snapshots take.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use hozon_shared::ports::Bucket;
use hozon_tests::{Crm, ManualClock, World};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::unchanged::empty_world;

/// A backup of the day: its leads name the day.
async fn day(world: &World, clock: &ManualClock, day: u32) -> String {
    world.advance(clock, TimeDelta::days(1)).await;
    world
        .import(Crm::default().file("Leads.csv", format!("Id,Name\n1,day {day} {}\n", "x".repeat(500)).as_bytes()).inputs())
        .await;
    world.back_up_well().await;
    world.administrator().get("/backup/backups").await.body["backups"][0]["id"].as_str().unwrap().to_owned()
}

async fn retention(world: &World) -> Value {
    world.administrator().get("/backup/retention").await.body["retention"].clone()
}

fn kept(retention: &Value) -> Vec<String> {
    retention["kept"]["backups"].as_array().unwrap().iter().map(|one| one["backup_id"].as_str().unwrap().to_owned()).collect()
}

/// The backups whose snapshots are kept, and with them what their zips were planned with.
async fn snapshots(world: &World) -> BTreeSet<String> {
    let keys = world.local.ports.objects.list(Bucket::Crm, &format!("org/{}/%snapshots/backup-", world.org)).await.unwrap();
    let named = |ending: &str| -> BTreeSet<String> {
        keys.iter().filter_map(|key| Some(key.split("backup-").nth(1)?.strip_suffix(ending)?.to_owned())).collect()
    };
    assert_eq!(named(".json"), named(".plan"));
    named(".json")
}

async fn set_rule(world: &World, rule: Value) -> StatusCode {
    let body = json!({ "settings": { "retention": rule } }).to_string();
    world.administrator().send_with(Method::PUT, "/crm/bulk/v8/backup/settings", &body, &[("If-Match", "*")]).await.status
}

#[tokio::test]
async fn an_organisations_rule_decides_what_is_kept() {
    let (world, clock) = empty_world().await;
    assert_eq!(set_rule(&world, json!({ "rule": "generations", "daily": 2, "weekly": 0, "monthly": 0 })).await, StatusCode::OK);
    let settings = world.administrator().get("/backup/settings").await.body;
    assert_eq!(settings["settings"]["retention"], json!({ "rule": "generations", "daily": 2, "weekly": 0, "monthly": 0 }));
    let mut backups = Vec::new();
    for number in 0..12 {
        backups.push(day(&world, &clock, number).await);
    }
    // Two days, and what a run of seven days may still be reading.
    assert_eq!(kept(&retention(&world).await), backups[3..]);
    assert_eq!(set_rule(&world, Value::Null).await, StatusCode::OK);
    let newest = day(&world, &clock, 12).await;
    let left = kept(&retention(&world).await);
    assert_eq!(left.len(), 10, "35 days by default, of what was still there");
    assert_eq!(left.last(), Some(&newest));
    world.end().await;
}

#[tokio::test]
async fn a_rule_that_keeps_nothing_is_refused() {
    let (world, _) = empty_world().await;
    for wrong in [
        json!({ "rule": "days", "days": 0 }),
        json!({ "rule": "generations", "daily": 0, "weekly": 0, "monthly": 0 }),
        json!({ "rule": "for ever" }),
        json!({ "rule": "days" }),
    ] {
        assert_eq!(set_rule(&world, wrong.clone()).await, StatusCode::BAD_REQUEST, "{wrong}");
    }
    assert_eq!(set_rule(&world, json!({ "rule": "days", "days": 1 })).await, StatusCode::OK);
    world.end().await;
}

/// What the history says of holds: kinds and backups, newest first.
async fn holds_in_history(world: &World) -> Vec<(String, String)> {
    let history = world.administrator().get("/backup/history?kind=hold_set,hold_lifted").await.body;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    history["history"].as_array().unwrap().iter().map(|one| (text(&one["kind"]), text(&one["backup"]))).collect()
}

#[tokio::test]
async fn a_held_backup_stays_until_the_hold_is_lifted() {
    let (world, clock) = empty_world().await;
    let first = day(&world, &clock, 0).await;
    let hold = format!("/crm/bulk/v8/backup/backups/{first}/hold");
    for _ in 0..2 {
        let held = world.administrator().send(Method::PUT, &hold, "").await;
        assert_eq!(held.status, StatusCode::OK);
        assert_eq!(held.body["retention"]["holds"][0]["backup_id"], *first);
    }
    assert_eq!(world.user().send(Method::PUT, &hold, "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(holds_in_history(&world).await, [("hold_set".to_owned(), first.clone())], "once");
    world.advance(&clock, TimeDelta::days(400)).await;
    let second = day(&world, &clock, 1).await;
    world.advance(&clock, TimeDelta::days(400)).await;
    day(&world, &clock, 2).await;
    // A run of seven days might have begun with the second one.
    world.advance(&clock, TimeDelta::days(10)).await;
    day(&world, &clock, 3).await;
    let left = snapshots(&world).await;
    assert!(left.contains(&first) && !left.contains(&second), "not the one without a hold: {left:?}");
    let gone = world.administrator().send(Method::PUT, &format!("/crm/bulk/v8/backup/backups/{second}/hold"), "").await;
    assert_eq!((gone.status, gone.code()), (StatusCode::GONE, "SNAPSHOT_GONE"));
    for _ in 0..2 {
        assert_eq!(world.administrator().send(Method::DELETE, &hold, "").await.status, StatusCode::OK);
    }
    assert_eq!(
        holds_in_history(&world).await,
        [("hold_lifted".to_owned(), first.clone())],
        "once; the other one is older than a year"
    );
    world.advance(&clock, TimeDelta::days(10)).await;
    let newest = day(&world, &clock, 4).await;
    let left = snapshots(&world).await;
    assert!(!left.contains(&first) && left.contains(&newest), "{left:?}");
    world.end().await;
}

#[tokio::test]
async fn shared_data_is_counted_once() {
    let (world, clock) = empty_world().await;
    assert_eq!(retention(&world).await["kept"], Value::Null, "nothing was swept yet");
    let first = day(&world, &clock, 0).await;
    world.advance(&clock, TimeDelta::days(1)).await;
    world.back_up_well().await;
    let same = retention(&world).await;
    let alone = |retention: &Value, backup: &str| {
        let backups = retention["kept"]["backups"].as_array().unwrap();
        backups.iter().find(|one| one["backup_id"] == backup).unwrap()["alone_bytes"].as_u64().unwrap()
    };
    assert_eq!(alone(&same, &first), 0, "two backups of the same data");
    let bytes = same["kept"]["bytes"].as_u64().unwrap();
    let third = day(&world, &clock, 1).await;
    let changed = retention(&world).await;
    assert_eq!(alone(&changed, &third), 0, "the platform's current data is the same");
    assert!(changed["kept"]["bytes"].as_u64().unwrap() > bytes);
    world.end().await;
}
