//! Scheduled runs: each occurrence has exactly one, however its trigger is delivered, or if it is not.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use hozon_shared::domain::allowance::Demand;
use hozon_shared::domain::backup::{Backup, BackupStatus, Failure};
use hozon_shared::domain::change;
use hozon_shared::domain::id::{BackupId, EventId};
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::plan::FreeBackups;
use hozon_shared::domain::schedule::{Outcome, Schedule};
use hozon_shared::ending::EndingPorts;
use hozon_shared::ports::Change;
use hozon_tests::{Crm, ManualClock, World};
use serde_json::{Value, json};

const WEEKLY: &str = "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A schedule set on Tuesday at 10:00 in Tokyo.
async fn scheduled(rule: &str) -> (World, Arc<ManualClock>, Schedule) {
    scheduled_at_speed(rule, 10_000.0).await
}

/// Like [`scheduled`], with waits of the state machine divided by `speed`.
async fn scheduled_at_speed(rule: &str, speed: f64) -> (World, Arc<ManualClock>, Schedule) {
    let clock = Arc::new(ManualClock::at(at("2026-11-24T01:00:00Z")));
    let world = World::start_with(|options| {
        options.clock = clock.clone();
        options.speed = speed;
    })
    .await;
    world.import(Crm::small().inputs()).await;
    let set = world.administrator().post("/backup", &json!({ "backup": { "rrule": rule } }).to_string()).await;
    assert_eq!(set.code(), "SUCCESS", "{set:?}");
    let schedule = world.local.ports.schedules.newest_schedule(world.org).await.unwrap().unwrap();
    (world, clock, schedule)
}

async fn deliver(world: &World, schedule: &Schedule, at: DateTime<Utc>) -> String {
    let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let answer = world.local.deliver(json!({ "org": world.org, "schedule": schedule.id, "at": at })).await.unwrap();
    answer["delivery"].as_str().unwrap().to_owned()
}

async fn runs(world: &World) -> usize {
    world.local.wait_until_idle().await;
    world.local.ports.store.backups(world.org, 1000).await.unwrap().len()
}

async fn outcomes(world: &World, schedule: &Schedule) -> Vec<(DateTime<Utc>, &'static str)> {
    let records = world.local.ports.schedules.occurrences(world.org, schedule.id).await.unwrap();
    let name = |outcome: &Outcome| match outcome {
        Outcome::Run { .. } => "run",
        Outcome::Skipped => "skipped",
        Outcome::Overlapped { .. } => "overlapped",
        Outcome::Failed { .. } => "failed",
        Outcome::Missed => "missed",
    };
    records.iter().map(|record| (record.at, name(&record.outcome))).collect()
}

#[tokio::test]
async fn a_schedule_runs_at_its_time_and_not_before() {
    let (world, clock, schedule) = scheduled(WEEKLY).await;
    clock.set(at("2026-11-29T18:59:59Z"));
    world.local.tick().await;
    assert_eq!(runs(&world).await, 0);
    clock.set(at("2026-11-29T19:00:00Z"));
    world.local.tick().await;
    assert_eq!(runs(&world).await, 1);
    let backup = world.local.ports.store.backups(world.org, 1).await.unwrap().remove(0);
    assert_eq!((backup.status, backup.files.len()), (BackupStatus::Completed, 2));
    let summary = world.administrator().get("/backup/summary").await.body["summary"].clone();
    assert_eq!((&summary["backup"]["type"], &summary["allowance"]["left"]), (&json!("weekly"), &json!(1)));
    assert_eq!(outcomes(&world, &schedule).await, [(at("2026-11-29T19:00:00Z"), "run")]);
    let history = world.administrator().get("/backup/history?kind=backup_ready").await;
    assert_eq!(history.body["history"][0]["repeat_type"], "weekly");
    world.end().await;
}

#[tokio::test]
async fn a_thousand_deliveries_of_an_occurrence_make_one_backup() {
    let (world, clock, schedule) = scheduled(WEEKLY).await;
    let due = schedule.due;
    clock.set(due);
    let deliveries = (0..1000).map(|_| deliver(&world, &schedule, due));
    let answers = futures_util::future::join_all(deliveries).await;
    assert!(answers.iter().all(|answer| answer == "started"));
    assert_eq!(runs(&world).await, 1);
    assert_eq!(deliver(&world, &schedule, due).await, "started", "a day later it is still the same");
    assert_eq!(runs(&world).await, 1);
    let left = world.administrator().get("/backup/summary").await.body["summary"]["allowance"]["left"].clone();
    assert_eq!(left, 1, "one free backup was used");
    world.end().await;
}

#[tokio::test]
async fn late_early_and_out_of_order_deliveries_make_one_run_each() {
    let (world, clock, schedule) = scheduled("FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=31").await;
    let next = schedule.recurrence.upcoming(world.local.ports.clock.now(), 3);
    deliver(&world, &schedule, next[1]).await;
    assert_eq!(runs(&world).await, 1, "early");
    deliver(&world, &schedule, next[0]).await;
    assert_eq!(runs(&world).await, 2, "after the one that follows it");
    deliver(&world, &schedule, next[2]).await;
    assert_eq!(outcomes_names(&world, &schedule).await, ["run", "run", "skipped"], "two a month are free");
    clock.set(next[0] + TimeDelta::minutes(20));
    for occurrence in &next {
        deliver(&world, &schedule, *occurrence).await;
    }
    assert_eq!(runs(&world).await, 2);
    world.end().await;
}

async fn outcomes_names(world: &World, schedule: &Schedule) -> Vec<&'static str> {
    world.local.wait_until_idle().await;
    outcomes(world, schedule).await.into_iter().map(|(_, name)| name).collect()
}

#[tokio::test]
async fn a_delivery_between_occurrences_starts_no_run() {
    // The clock stays before the first occurrence, whose run the local program would start itself.
    let (world, _clock, schedule) = scheduled("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO").await;
    assert_eq!(deliver(&world, &schedule, at("2026-12-06T19:00:00Z")).await, "gated");
    assert_eq!(deliver(&world, &schedule, at("2026-11-29T19:00:30Z")).await, "gated");
    assert_eq!(runs(&world).await, 0);
    world.end().await;
}

#[tokio::test]
async fn a_delivery_for_a_stopped_changed_or_unknown_schedule_makes_no_run() {
    let (world, clock, schedule) = scheduled(WEEKLY).await;
    let administrator = world.administrator();
    let due = schedule.due;
    let body = json!({ "backup": { "rrule": "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=9" } }).to_string();
    let path = format!("/crm/bulk/v8/backup/{}", schedule.id);
    administrator.send_with(reqwest::Method::PUT, &path, &body, &[("if-match", "*")]).await;
    clock.set(due);
    assert_eq!(deliver(&world, &schedule, due).await, "gated", "the rule that it had");
    administrator.put(&format!("/backup/{}/actions/cancel", schedule.id), "").await;
    assert_eq!(deliver(&world, &schedule, at("2026-12-08T19:00:00Z")).await, "stale");
    let unknown = json!({ "org": world.org, "schedule": "77", "at": "2026-12-08T19:00:00Z" });
    assert_eq!(world.local.deliver(unknown).await.unwrap()["delivery"], "stale");
    assert_eq!(runs(&world).await, 0);
    assert!(world.local.deliver(json!({ "sing": 1 })).await.is_err());
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn a_trigger_of_an_earlier_schedule_is_repaired_when_it_fires() {
    let (world, clock, schedule) = scheduled(WEEKLY).await;
    let administrator = world.administrator();
    administrator.put(&format!("/backup/{}/actions/cancel", schedule.id), "").await;
    administrator.post("/backup", &json!({ "backup": { "rrule": "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=9" } }).to_string()).await;
    // A delivery for the old schedule, as if its trigger had overwritten the new one.
    assert_eq!(deliver(&world, &schedule, schedule.due).await, "stale");
    assert_eq!(world.local.next_fire(), Some(at("2026-12-08T19:00:00Z")), "the new schedule's trigger is there");
    clock.set(at("2026-12-08T19:00:00Z"));
    world.local.tick().await;
    assert_eq!(runs(&world).await, 1);
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn after_an_outage_the_last_run_is_started_and_the_others_are_recorded_as_missed() {
    let (world, clock, schedule) = scheduled(WEEKLY).await;
    let folder = world.end().await;
    clock.set(at("2026-12-15T00:00:00Z"));
    let world = World::start_on(folder, |options| options.clock = clock.clone()).await;
    world.local.tick().await;
    world.local.wait_until_idle().await;
    let expected =
        [(at("2026-11-29T19:00:00Z"), "missed"), (at("2026-12-06T19:00:00Z"), "missed"), (at("2026-12-13T19:00:00Z"), "run")];
    assert_eq!(outcomes(&world, &schedule).await, expected);
    for minutes in [20, 40] {
        clock.set(at("2026-12-15T00:00:00Z") + TimeDelta::minutes(minutes));
        world.local.tick().await;
    }
    assert_eq!(outcomes(&world, &schedule).await, expected, "made up once");
    let history = world.administrator().get("/backup/history?kind=backup_missed").await;
    assert_eq!(history.body["info"]["count"], 2);
    world.end().await;
}

#[tokio::test]
async fn a_run_in_an_hour_that_the_clock_skips_is_started_by_the_sweep() {
    let clock = Arc::new(ManualClock::at(at("2027-03-09T00:00:00Z")));
    let mut world = World::start_with(|options| options.clock = clock.clone()).await;
    world.org = world.local.organisation("New York", chrono_tz::America::New_York, "Standard", "JP").await.unwrap();
    world.import(Crm::small().inputs()).await;
    let organisation = world.local.ports.store.organisation(world.org).await.unwrap().unwrap();
    let half_past_two = chrono::NaiveTime::from_hms_opt(2, 30, 0);
    let organisation = Organisation { time_of_day: half_past_two, ..organisation };
    let change = Change::Organisation(organisation);
    world.local.ports.store.commit(world.org, vec![change]).await.unwrap();
    let body = json!({ "backup": { "rrule": "FREQ=WEEKLY;INTERVAL=1;BYDAY=SU" } }).to_string();
    assert_eq!(world.administrator().post("/backup", &body).await.code(), "SUCCESS");
    // On 14 March the clocks go forward from 02:00 to 03:00.
    assert_eq!(world.local.next_fire(), Some(at("2027-03-21T06:30:00Z")));
    clock.set(at("2027-03-14T08:00:00Z"));
    world.local.tick().await;
    let schedule = world.local.ports.schedules.newest_schedule(world.org).await.unwrap().unwrap();
    world.local.wait_until_idle().await;
    assert_eq!(outcomes(&world, &schedule).await, [(at("2027-03-14T07:30:00Z"), "run")]);
    world.end().await;
}

#[tokio::test]
async fn a_run_without_allowance_is_skipped_and_the_schedule_stays() {
    let (world, clock, schedule) = scheduled(WEEKLY).await;
    for _ in 0..2 {
        world.back_up_well().await;
    }
    clock.set(schedule.due);
    world.local.tick().await;
    assert_eq!(runs(&world).await, 2);
    assert_eq!(outcomes_names(&world, &schedule).await, ["skipped"]);
    clock.set(at("2026-12-06T19:00:00Z"));
    world.local.tick().await;
    assert_eq!(outcomes_names(&world, &schedule).await, ["skipped", "run"], "a new month");
    let history = world.administrator().get("/backup/history?kind=backup_skipped").await;
    assert_eq!((&history.body["history"][0]["state"], &history.body["info"]["count"]), (&json!("failure"), &json!(1)));
    world.end().await;
}

#[tokio::test]
async fn a_run_waits_for_a_backup_that_is_about_to_end() {
    let (world, clock, schedule) = scheduled_at_speed(WEEKLY, 60.0).await;
    // A second earlier, because the local program starts the scheduled run itself when it is due.
    clock.set(schedule.due - TimeDelta::seconds(1));
    let answer = world.administrator().post("/backup", "").await;
    assert_eq!(answer.code(), "SUCCESS");
    clock.set(schedule.due);
    deliver(&world, &schedule, schedule.due).await;
    assert_eq!(runs(&world).await, 2);
    let backups = world.local.ports.store.backups(world.org, 2).await.unwrap();
    assert!(backups[0].created >= backups[1].finished.unwrap());
    assert!(backups.iter().all(|backup| backup.status == BackupStatus::Completed));
    world.end().await;
}

#[tokio::test]
async fn a_run_that_falls_into_a_running_backup_is_skipped_and_says_which_one_was_running() {
    let (world, clock, schedule) = scheduled(WEEKLY).await;
    clock.set(schedule.due - TimeDelta::hours(30));
    world.local.tick().await;
    let ports = &world.local.ports;
    let running = ask_without_starting(&world).await.begin(ports.clock.now()).unwrap();
    ports.store.commit(world.org, vec![Change::Backup(Box::new(running.clone()))]).await.unwrap();
    clock.set(schedule.due);
    deliver(&world, &schedule, schedule.due).await;
    assert_eq!(outcomes_names(&world, &schedule).await, ["overlapped"]);
    assert_eq!(deliver(&world, &schedule, schedule.due).await, "started", "the same execution again");
    assert_eq!((runs(&world).await, outcomes_names(&world, &schedule).await), (1, vec!["overlapped"]));
    let administrator = world.administrator();
    let history = administrator.get("/backup/history?kind=backup_overlapped").await.body;
    assert_eq!(history["info"]["count"], 1);
    let event = &history["history"][0];
    assert_eq!((&event["state"], &event["backup"]), (&json!("failure"), &json!(running.id.to_string())));
    let notices = administrator.get("/backup/notifications").await.body;
    assert_eq!(notices["notifications"][0]["kind"], "overlapped", "{notices}");
    let summary = administrator.get("/backup/summary").await.body["summary"].clone();
    assert_eq!((&summary["allowance"]["left"], &summary["past_runs"][0]["outcome"]), (&json!(1), &json!("skipped")));
    let running = state(&world, running.id).await;
    assert_eq!(running.status, BackupStatus::Inprogress, "it goes on");
    EndingPorts::from(ports).fail(running, Failure::silent()).await.unwrap();
    drop(administrator);
    world.end().await;
}

/// Creates a backup like the API, without starting its run, as if the request was cut off.
async fn ask_without_starting(world: &World) -> Backup {
    let ports = &world.local.ports;
    let (id, now) = (BackupId(7), ports.clock.now());
    let demand = Demand { backup: id, free: FreeBackups::PerMonth(2), now, weekly: None, zone: chrono_tz::Asia::Tokyo };
    let (claim, used) = ports.accounts.account(world.org).await.unwrap().claim(&demand).unwrap();
    let person = ports.schedules.newest_schedule(world.org).await.unwrap().unwrap().requester;
    let backup = Backup::requested(world.org, id, person, claim, now);
    ports.store.commit(world.org, change::start(backup.clone(), used, EventId(8))).await.unwrap();
    Backup { version: 1, ..backup }
}

async fn state(world: &World, id: BackupId) -> Backup {
    world.local.ports.store.backup(world.org, id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_backup_whose_run_was_never_started_is_started_by_the_sweep_within_minutes() {
    let (world, clock, _) = scheduled("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=1").await;
    world.local.tick().await;
    let id = ask_without_starting(&world).await.id;
    clock.advance(TimeDelta::seconds(30));
    world.local.tick().await;
    world.local.wait_until_idle().await;
    assert_eq!(state(&world, id).await.status, BackupStatus::Inprogress, "its run may just be starting");
    clock.advance(TimeDelta::minutes(2));
    world.local.tick().await;
    world.local.wait_until_idle().await;
    assert_eq!(state(&world, id).await.status, BackupStatus::Completed);
    world.end().await;
}

#[tokio::test]
async fn a_backup_whose_execution_ended_before_its_run_began_is_ended_by_the_sweep() {
    let (world, clock, _) = scheduled("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=1").await;
    let ports = &world.local.ports;
    ports.workflow.start("backup-7", json!({ "org": world.org, "backup": "99" })).await.unwrap();
    world.local.wait_until_idle().await;
    let id = ask_without_starting(&world).await.id;
    clock.advance(TimeDelta::minutes(3));
    world.local.tick().await;
    let ended = state(&world, id).await;
    assert_eq!((ended.status, ended.failure.unwrap().code.as_str()), (BackupStatus::Failed, "RUN_SILENT"));
    world.end().await;
}

#[tokio::test]
async fn a_backup_whose_run_went_silent_is_ended_by_the_sweep() {
    let (world, clock, _) = scheduled("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=20").await;
    let ports = &world.local.ports;
    let begun = ask_without_starting(&world).await.begin(ports.clock.now()).unwrap();
    let id = begun.id;
    ports.store.commit(world.org, vec![Change::Backup(Box::new(begun))]).await.unwrap();
    clock.advance(TimeDelta::days(7));
    world.local.tick().await;
    assert_eq!(state(&world, id).await.status, BackupStatus::Inprogress);
    clock.advance(TimeDelta::hours(1));
    world.local.tick().await;
    let ended = state(&world, id).await;
    assert_eq!((ended.status, ended.failure.unwrap().code.as_str()), (BackupStatus::Failed, "RUN_SILENT"));
    let left: Value = world.administrator().get("/backup/summary").await.body["summary"]["allowance"]["left"].clone();
    assert_eq!(left, 2, "its use was given back");
    world.end().await;
}

#[tokio::test]
async fn an_unreadable_item_fails_the_sweep_only_after_all_other_items() {
    let (world, clock, schedule) = scheduled(WEEKLY).await;
    let unreadable = json!({
        "pk": { "S": "ORG#nobody" },
        "sk": { "S": "SCHEDULE#5" },
        "due_shard": { "S": "DUE#00" },
        "due_at": { "S": "2026-01-01T00:00:00Z" },
    });
    let request = json!({ "TableName": world.local.settings.table, "Item": unreadable });
    world.local.database.put_item(serde_json::from_value(request).unwrap()).unwrap();
    // No delivery has come for the occurrence, so that only the sweep can start its run.
    clock.set(schedule.due + TimeDelta::minutes(40));
    let failed = world.local.deliver(json!({ "sweep": {} })).await.unwrap_err();
    assert_eq!(failed.to_string(), "read what is due: Corrupt");
    assert_eq!(runs(&world).await, 1);
    assert_eq!(outcomes_names(&world, &schedule).await, ["run"]);
    // The worker of deliveries reports it, too, as long as it is there.
    let key = json!({ "pk": { "S": "ORG#nobody" }, "sk": { "S": "SCHEDULE#5" } });
    let request = json!({ "TableName": world.local.settings.table, "Key": key });
    world.local.database.delete_item(serde_json::from_value(request).unwrap()).unwrap();
    world.end().await;
}
