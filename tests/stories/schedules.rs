//! Schedules are set, read, changed and stopped through the API.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::domain::allowance::Claim;
use hozon_shared::domain::backup::{Backup, Failure};
use hozon_shared::domain::change;
use hozon_shared::domain::id::{BackupId, EventId};
use hozon_shared::domain::rule::RepeatType;
use hozon_shared::ending::EndingPorts;
use hozon_tests::{Crm, ManualClock, World};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const WEEKLY: &str = r#"{"backup":{"rrule":"RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"}}"#;
const BIWEEKLY: &str = r#"{"backup":{"rrule":"RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"}}"#;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Tuesday, 10:00 in Tokyo.
async fn on_a_tuesday() -> (World, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(at("2026-11-24T01:00:00Z")));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    world.import(Crm::small().inputs()).await;
    (world, clock)
}

async fn put_rule(world: &World, id: &str, body: &str, if_match: Option<&str>) -> hozon_tests::Answer {
    let headers: Vec<_> = if_match.iter().map(|tag| ("if-match", *tag)).collect();
    world.administrator().send_with(Method::PUT, &format!("/crm/bulk/v8/backup/{id}"), body, &headers).await
}

#[tokio::test]
async fn a_schedule_is_set_read_changed_and_stopped() {
    let (world, _) = on_a_tuesday().await;
    let administrator = world.administrator();
    let set = administrator.post("/backup", BIWEEKLY).await;
    assert_eq!((set.status, set.code()), (StatusCode::CREATED, "SUCCESS"), "{set:?}");
    let id = set.body["backup"]["details"]["id"].as_str().unwrap().to_owned();

    let read = administrator.get("/backup").await;
    let backup = &read.body["backup"];
    assert_eq!(backup["rrule"], "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU");
    assert_eq!((&backup["id"], &backup["status"]), (&json!(id), &json!("SCHEDULED")));
    assert_eq!(backup["scheduled_date"], "2026-12-01T04:00:00+09:00");
    assert_eq!(backup["start_date"], "2026-12-01T04:00:00+09:00");

    let again = administrator.post("/backup", WEEKLY).await;
    assert_eq!((again.status, again.code()), (StatusCode::BAD_REQUEST, "BACKUP_ALREADY_SCHEDULED"));
    assert_eq!(again.body["backup"]["details"]["id"], json!(id));

    assert_eq!(put_rule(&world, &id, WEEKLY, None).await.status, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(put_rule(&world, &id, WEEKLY, Some("\"other\"")).await.status, StatusCode::PRECONDITION_FAILED);
    let seen = read.etag.as_deref();
    let changed = put_rule(&world, &id, WEEKLY, seen).await;
    assert_eq!((changed.status, changed.code()), (StatusCode::OK, "SUCCESS"), "{changed:?}");
    assert_eq!(put_rule(&world, &id, WEEKLY, seen).await.code(), "PRECONDITION_FAILED", "somebody else was first");
    let stop = format!("/crm/bulk/v8/backup/{id}/actions/cancel");
    let stopped = administrator.send_with(Method::PUT, &stop, "", &[("if-match", seen.unwrap())]).await;
    assert_eq!(
        (stopped.status, stopped.code()),
        (StatusCode::PRECONDITION_FAILED, "PRECONDITION_FAILED"),
        "it is another rule now"
    );
    let summary = administrator.get("/backup/summary").await.body["summary"]["schedule"].clone();
    assert_eq!(summary["sentence"], json!({ "en": "every Monday", "ja": "毎週月曜日" }));
    assert_eq!(summary["next_runs"][0], "2026-11-30T04:00:00+09:00");
    assert_eq!(summary["next_runs"].as_array().unwrap().len(), 5);
    assert_eq!(summary["etag"], json!(changed.etag));

    let path = format!("/backup/{id}/actions/cancel");
    let stopped = administrator.put(&path, "").await;
    assert_eq!((stopped.status, stopped.code()), (StatusCode::OK, "SUCCESS"), "{stopped:?}");
    assert_eq!(stopped.body["backup"]["message"], "Backup stopped successfully.");
    assert!(stopped.body["backup"]["details"]["note"].as_str().unwrap().contains("weekly subscription"));
    assert_eq!(administrator.put(&path, "").await.code(), "ALREADY_CANCELLED");
    assert_eq!(put_rule(&world, &id, WEEKLY, Some("*")).await.code(), "ALREADY_CANCELLED");
    let read = administrator.get("/backup").await;
    assert_eq!((&read.body["backup"]["status"], &read.body["backup"]["scheduled_date"]), (&json!("STOPPED"), &Value::Null));
    assert!(world.local.next_fire().is_none(), "no trigger is left");

    let history = administrator.get("/backup/history").await;
    let kinds: Vec<_> = history.body["history"].as_array().unwrap().iter().map(|record| record["kind"].clone()).collect();
    assert_eq!(kinds, ["schedule_stopped", "schedule_changed", "schedule_set"]);
    assert_eq!(history.body["history"][2]["repeat_type"], "biweekly");
    assert_eq!(administrator.post("/backup", WEEKLY).await.status, StatusCode::CREATED, "a new one can be set");
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn an_invalid_rule_is_refused_with_the_part_at_fault() {
    let (world, _) = on_a_tuesday().await;
    let administrator = world.administrator();
    for (rrule, said) in [
        (json!("every Monday"), "NAME=VALUE"),
        (json!("RRULE:FREQ=DAILY;INTERVAL=1;BYDAY=MO"), "FREQ"),
        (json!("RRULE:FREQ=WEEKLY;INTERVAL=53;BYDAY=MO"), "INTERVAL"),
        (json!(7), "string"),
    ] {
        let refused = administrator.post("/backup", &json!({ "backup": { "rrule": rrule } }).to_string()).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "INVALID_DATA"), "{rrule}");
        assert_eq!(refused.body["backup"]["details"], json!({ "api_name": "rrule", "json_path": "$.backup.rrule" }));
        assert!(refused.body["backup"]["message"].as_str().unwrap().contains(said), "{refused:?}");
    }
    assert_eq!(administrator.get("/backup").await.status, StatusCode::NO_CONTENT);
    assert!(world.local.next_fire().is_none());
    let unknown = administrator.put("/backup/123/actions/cancel", "").await;
    assert_eq!((unknown.status, unknown.code()), (StatusCode::BAD_REQUEST, "RESOURCE_NOT_FOUND"));
    assert_eq!(administrator.put("/backup/x/actions/cancel", "").await.code(), "RESOURCE_NOT_FOUND");
    assert_eq!(put_rule(&world, "123", "{}", Some("*")).await.code(), "MANDATORY_NOT_FOUND");
    assert_eq!(put_rule(&world, "123", WEEKLY, Some("*")).await.code(), "RESOURCE_NOT_FOUND");
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn of_concurrently_set_schedules_one_stays_with_its_own_trigger() {
    let (world, clock) = on_a_tuesday().await;
    let administrator = world.administrator();
    let requests = (0..12).map(|number| {
        let body = json!({ "backup": { "rrule": format!("FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY={}", number + 1) } }).to_string();
        let administrator = &administrator;
        async move { administrator.post("/backup", &body).await.code().to_owned() }
    });
    let mut codes = futures_util::future::join_all(requests).await;
    codes.sort();
    assert_eq!(codes.iter().filter(|code| *code == "SUCCESS").count(), 1, "{codes:?}");
    assert!(codes[..11].iter().all(|code| code == "BACKUP_ALREADY_SCHEDULED"), "{codes:?}");
    let next = administrator.get("/backup").await.body["backup"]["scheduled_date"].as_str().unwrap().to_owned();
    clock.set(next.parse::<DateTime<chrono::FixedOffset>>().unwrap().to_utc());
    world.local.tick().await;
    world.local.wait_until_idle().await;
    assert_eq!(world.local.ports.store.backups(world.org, 9).await.unwrap().len(), 1);
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn a_backup_in_progress_or_ready_cannot_be_stopped() {
    let (world, clock) = on_a_tuesday().await;
    let administrator = world.administrator();
    administrator.post("/backup", WEEKLY).await;
    clock.set(at("2026-11-29T18:59:59Z"));
    let ports = &world.local.ports;
    let schedule = ports.schedules.newest_schedule(world.org).await.unwrap().unwrap();
    let backup = Backup::requested(world.org, BackupId(7), schedule.requester.clone(), Claim::Unlimited, ports.clock.now());
    let backup = backup.for_schedule(RepeatType::Weekly, "by hand");
    let due = schedule.due;
    ports.store.commit(world.org, change::start_scheduled(schedule.clone(), due, backup, None, EventId(8))).await.unwrap();

    assert_eq!(administrator.get("/backup").await.body["backup"]["status"], "INPROGRESS");
    for id in [schedule.id.0, 7] {
        let refused = administrator.put(&format!("/backup/{id}/actions/cancel"), "").await;
        assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "INPROGRESS"), "{refused:?}");
    }
    let backup = ports.store.backup(world.org, BackupId(7)).await.unwrap().unwrap();
    let failure = Failure::new("TOLD_TO", "Told to.");
    EndingPorts::from(ports).fail(backup, failure).await.unwrap();
    assert_eq!(administrator.put("/backup/7/actions/cancel", "").await.code(), "ALREADY_CANCELLED");
    assert_eq!(administrator.put(&format!("/backup/{}/actions/cancel", schedule.id), "").await.code(), "SUCCESS");
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn an_unchanged_summary_is_not_sent_again() {
    let (world, clock) = on_a_tuesday().await;
    let administrator = world.administrator();
    administrator.post("/backup", WEEKLY).await;
    let first = administrator.get("/backup/summary").await;
    let tag = first.etag.clone().unwrap();
    let path = "/crm/bulk/v8/backup/summary";
    let again = administrator.send_with(Method::GET, path, "", &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.body), (StatusCode::NOT_MODIFIED, Value::Null));
    clock.advance(TimeDelta::days(7));
    let later = administrator.send_with(Method::GET, path, "", &[("if-none-match", &tag)]).await;
    assert_eq!(later.status, StatusCode::OK, "the next runs are others");
    drop(administrator);
    world.local.tick().await;
    world.end().await;
}

#[tokio::test]
async fn a_calendar_shows_upcoming_runs_to_whoever_has_its_link() {
    let (world, clock) = on_a_tuesday().await;
    let administrator = world.administrator();
    administrator.post("/backup", WEEKLY).await;
    let link = administrator.post("/backup/calendar/link", "").await;
    let path = link.body["details"]["path"].as_str().unwrap().to_owned();
    let anybody = world.with_header(None);
    let calendar = anybody.send(Method::GET, &path, "").await;
    assert_eq!(calendar.status, StatusCode::OK);
    let text = calendar.body.as_str().unwrap();
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n"), "{text}");
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 53);
    assert!(text.contains("DTSTART:20261129T190000Z"), "{text}");
    assert!(text.contains("\r\nPRODID:-//Hozon//Hozon "), "{text}");
    clock.advance(TimeDelta::hours(1));
    let again = anybody.send(Method::GET, &path, "").await;
    assert_eq!(again.body.as_str().unwrap(), text, "nothing has changed, so not even DTSTAMP has");
    let other = administrator.post("/backup/calendar/link", "").await;
    assert_eq!(anybody.send(Method::GET, &path, "").await.code(), "RESOURCE_NOT_FOUND", "the first link has ended");
    let path = other.body["details"]["path"].as_str().unwrap().to_owned();
    assert_eq!(anybody.send(Method::GET, &path, "").await.status, StatusCode::OK);
    administrator.send(Method::DELETE, "/crm/bulk/v8/backup/calendar/link", "").await;
    assert_eq!(anybody.send(Method::GET, &path, "").await.code(), "RESOURCE_NOT_FOUND");
    assert_eq!(anybody.get("/backup/calendar.ics").await.code(), "RESOURCE_NOT_FOUND");
    drop((administrator, anybody));
    world.end().await;
}

#[tokio::test]
async fn history_is_filtered_by_kind_and_date() {
    let (world, clock) = on_a_tuesday().await;
    let administrator = world.administrator();
    world.back_up_well().await;
    clock.advance(TimeDelta::days(3));
    administrator.post("/backup", WEEKLY).await;
    let kinds = async |query: &str| {
        let answer = administrator.get(&format!("/backup/history{query}")).await;
        let records = answer.body["history"].as_array().unwrap_or_else(|| panic!("{answer:?}")).clone();
        records.iter().map(|record| record["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds("").await, ["schedule_set", "backup_ready", "backup_started"]);
    assert_eq!(kinds("?kind=backup_ready,schedule_set").await, ["schedule_set", "backup_ready"]);
    assert_eq!(kinds("?to=2026-11-26").await, ["backup_ready", "backup_started"]);
    assert_eq!(kinds("?from=2026-11-27").await, ["schedule_set"]);
    for query in ["?kind=sung", "?from=yesterday", "?to=2026-13-01"] {
        assert_eq!(administrator.get(&format!("/backup/history{query}")).await.code(), "INVALID_DATA", "{query}");
    }
    drop(administrator);
    world.end().await;
}

fn with(values: &Value, more: &Value) -> Value {
    let both = [values, more].into_iter().flat_map(|values| values.as_object().unwrap().clone());
    Value::Object(both.collect())
}

#[tokio::test]
async fn settings_are_saved_and_the_schedule_moves_with_them() {
    let (world, _) = on_a_tuesday().await;
    let administrator = world.administrator();
    administrator.post("/backup", WEEKLY).await;
    let read = administrator.get("/backup/settings").await;
    let rest = json!({ "locale": null, "csv": { "byte_order_mark": true, "escape_formulas": true, "protect_values": true }, "max_part_bytes": null, "layout": "hozon", "retention": null, "drills": "off",
        "unusual_loss": { "percent": 10, "modules": true, "attachments": true } });
    let defaults = with(&json!({ "time_zone": "Asia/Tokyo", "time_of_day": "04:00", "recipients": [] }), &rest);
    assert_eq!(read.body["settings"], defaults);
    let save = async |settings: Value, tag: Option<&str>| {
        let headers: Vec<_> = tag.iter().map(|tag| ("if-match", *tag)).collect();
        let body = json!({ "settings": settings }).to_string();
        administrator.send_with(Method::PUT, "/crm/bulk/v8/backup/settings", &body, &headers).await
    };
    let tag = read.etag.as_deref();
    for (settings, path) in [
        (json!({ "time_zone": "Moon/Base" }), "$.settings.time_zone"),
        (json!({ "time_of_day": "25:00" }), "$.settings.time_of_day"),
        (json!({ "recipients": ["a@example.com", "nobody"] }), "$.settings.recipients[1]"),
        (json!({ "recipients": vec!["a@example.com"; 11] }), "$.settings.recipients"),
        (json!({ "locale": "fr" }), "$.settings.locale"),
        (json!({ "max_part_bytes": 1000 }), "$.settings.max_part_bytes"),
        (json!({ "layout": "salesforce" }), "$.settings.layout"),
    ] {
        let refused = save(settings, tag).await;
        assert_eq!((refused.code(), &refused.body["details"]["json_path"]), ("INVALID_DATA", &json!(path)));
    }
    assert_eq!(save(json!({ "colour": "red" }), tag).await.code(), "REQUEST_BODY_NOT_READABLE");
    assert_eq!(save(json!({}), None).await.code(), "PRECONDITION_REQUIRED");
    let wanted = json!({ "time_zone": "America/New_York", "time_of_day": "23:30", "recipients": ["a@example.com"] });
    let saved = save(wanted.clone(), tag).await;
    assert_eq!((saved.status, &saved.body["settings"]), (StatusCode::OK, &with(&wanted, &rest)));
    assert_eq!(save(json!({}), tag).await.code(), "PRECONDITION_FAILED");
    assert_eq!(administrator.get("/backup").await.body["backup"]["scheduled_date"], "2026-11-23T23:30:00-05:00");
    assert_eq!(world.local.next_fire(), Some(at("2026-11-24T04:30:00Z")));
    assert_eq!(administrator.get("/backup/settings").await.body["settings"], with(&wanted, &rest));
    drop(administrator);
    world.end().await;
}
