//! Drills that an administrator cancels: while they work, before they have begun, and once they have ended.

use std::time::Duration;

use hozon_shared::domain::drill::DrillStatus;
use hozon_shared::domain::id::DrillId;
use hozon_tests::{Answer, World};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Drilled, beside, drilled, get, read, request};

/// Has the database take its time for each contact, so that the drill is in the middle of a table.
const SLOW: &str = "
create function wait_a_moment() returns trigger language plpgsql as $$ begin perform pg_sleep(0.1); return new; end $$;
create function slow_contacts() returns event_trigger language plpgsql as $$ begin
    if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'public.contact') then
        create trigger slow before insert on public.contact for each row execute function public.wait_a_moment();
    end if; end $$;
create event trigger slowing on ddl_command_end when tag in ('CREATE TABLE') execute function slow_contacts()";

async fn cancel(world: &World, id: &Value) -> Answer {
    world.administrator().post(&format!("/drills/{}/actions/cancel", id.as_str().unwrap()), "").await
}

/// Waits until the rows of contacts are being written.
async fn wait_for_contacts(target: &hozon_tests::PostgresServer) {
    let is_writing = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";
    for _ in 0..600 {
        if target.psql(is_writing).trim() != "0" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no contact was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_that_works_is_cancelled_and_the_next_one_is_not_disturbed() {
    let Drilled { target, world, backup, .. } = Drilled::start().await;
    target.sql(SLOW).await;
    let id = request(&world, &backup).await.body["drill"]["id"].clone();
    wait_for_contacts(&target).await;
    let began = std::time::Instant::now();
    let answer = cancel(&world, &id).await;
    // It may have noticed already.
    let cancelled = &answer.body["drill"];
    assert!(
        answer.status == StatusCode::OK && (cancelled["is_cancelling"] == true || cancelled["status"] == "CANCELLED"),
        "{answer:?}"
    );
    assert_eq!(cancel(&world, &id).await.status, StatusCode::OK, "a repeated call has no second effect");
    world.local.wait_until_idle().await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(20), "300 contacts would take half a minute: {took:?}");
    let drill = read(&world, &id).await;
    assert_eq!(
        (&drill["status"], &drill["totals"], &drill["failure"]),
        (&json!("CANCELLED"), &json!(null), &json!(null)),
        "{drill}"
    );
    assert_eq!((&drill["is_cancelling"], beside(&world, &backup).await["status"].as_str()), (&json!(false), Some("CANCELLED")));
    let history = get(&world, "/backup/history?kind=drill_cancelled").await;
    assert_eq!((history["history"].as_array().unwrap().len(), &history["history"][0]["drill"]), (1, &id), "{history}");

    target.sql("drop event trigger slowing").await;
    let next = drilled(&world, &backup).await;
    assert_eq!((&next["status"], &next["totals"]["records"]), (&json!("SAME"), &json!(1000)), "{next}");
    let refused = cancel(&world, &next["id"]).await;
    assert_eq!(refused.code(), "NOT_ALLOWED", "it has ended: {refused:?}");
    assert_eq!(
        world.user().post(&format!("/drills/{}/actions/cancel", id.as_str().unwrap()), "").await.status,
        StatusCode::FORBIDDEN
    );
    println!("cancelled {took:?} after the call, in the middle of a table");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_that_has_not_begun_is_cancelled_at_once() {
    let Drilled { crm: _crm, target: _target, world, .. } = Drilled::start().await;
    let tag = world.administrator().get("/backup/settings").await.etag.unwrap();
    let body = json!({ "settings": { "drills": "each_backup" } }).to_string();
    let headers = [("If-Match", tag.as_str())];
    world.administrator().send_with(reqwest::Method::PUT, "/crm/bulk/v8/backup/settings", &body, &headers).await;
    let backup = world.back_up().await;
    let id = beside(&world, &backup).await["id"].clone();
    let answer = cancel(&world, &id).await;
    assert_eq!(answer.body["drill"]["status"], "CANCELLED", "the sweep has not started it: {answer:?}");
    world.local.deliver(json!({ "sweep": {} })).await.unwrap();
    world.local.wait_until_idle().await;
    let drill =
        world.local.ports.drills.drill(world.org, id.as_str().unwrap().parse::<DrillId>().unwrap()).await.unwrap().unwrap();
    assert_eq!((drill.status, drill.begun), (DrillStatus::Cancelled, None));
    world.end().await;
}
