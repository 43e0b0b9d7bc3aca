//! A POST request with an `Idempotency-Key` that is sent again, by a user or the network, has only one effect.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use hozon_tests::{Answer, Caller, Card, Crm, ManualClock, Shop, World};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const ORDER: &str = r#"{"order":{"items":[{"product":"one_time","quantity":3}],"origin":"backup_page"}}"#;
const WEEKLY: &str = r#"{"order":{"items":[{"product":"weekly"}],"origin":"subscription_page"}}"#;

async fn send(caller: &Caller<'_>, path: &str, body: &str, key: &str) -> Answer {
    caller.send_with(Method::POST, &format!("/crm/bulk/v8/backup{path}"), body, &[("idempotency-key", key)]).await
}

#[tokio::test]
async fn a_hundred_requests_with_one_key_make_one_backup() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let administrator = world.administrator();
    let answers = join_all((0..100).map(|_| send(&administrator, "", "", "click-1"))).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).collect();
    assert!(!made.is_empty());
    assert!(made.iter().all(|answer| answer.body == made[0].body), "one answer: {made:?}");
    let others = answers.iter().filter(|answer| answer.status != StatusCode::CREATED);
    for other in others {
        assert_eq!((other.status, other.code()), (StatusCode::CONFLICT, "IDEMPOTENCY_KEY_IN_FLIGHT"));
    }
    println!("100 clicks: {} had the answer, {} were told to come again", made.len(), 100 - made.len());
    world.local.wait_until_idle().await;
    assert_eq!(send(&administrator, "", "", "click-1").await.body, made[0].body, "also when the backup is ready");
    assert_eq!(world.local.ports.store.backups(world.org, 10).await.unwrap().len(), 1);
    assert_eq!(administrator.get("/backup/allowance").await.body["allowance"]["left"], 1);
    assert_eq!(send(&administrator, "", "", "click-2").await.status, StatusCode::CREATED, "another intent");
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn another_body_with_the_same_key_is_refused() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let administrator = world.administrator();
    let monday = r#"{"backup":{"rrule":"RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"}}"#;
    let set = send(&administrator, "", monday, "a").await;
    assert_eq!(set.status, StatusCode::CREATED, "{set:?}");
    assert_eq!(send(&administrator, "", monday, "a").await.body, set.body, "not BACKUP_ALREADY_SCHEDULED");
    let other = send(&administrator, "", &monday.replace("MO", "TU"), "a").await;
    assert_eq!((other.status, other.code()), (StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED"));
    assert_eq!(send(&administrator, "", "", "a").await.code(), "IDEMPOTENCY_KEY_REUSED", "a backup now is another request");
    let another_route = send(&administrator, "/calendar/link", "", "a").await;
    assert_eq!(another_route.status, StatusCode::OK, "a key belongs to its route");
    for bad in ["", "a b", &"k".repeat(256)] {
        let refused = send(&administrator, "", "", bad).await;
        assert_eq!((refused.status, &refused.body["details"]["header"]), (StatusCode::BAD_REQUEST, &json!("Idempotency-Key")));
    }
    assert_eq!(send(&world.user(), "", "", "b").await.code(), "NO_PERMISSION");
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn a_key_is_kept_for_a_day_by_the_clock() {
    let clock = Arc::new(ManualClock::at("2026-11-24T00:00:00Z".parse::<DateTime<Utc>>().unwrap()));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    world.import(Crm::small().inputs()).await;
    let administrator = world.administrator();
    let first = send(&administrator, "", "", "daily").await.body;
    world.local.wait_until_idle().await;
    clock.advance(TimeDelta::hours(23));
    let token = world.administrator();
    assert_eq!(send(&token, "", "", "daily").await.body, first);
    clock.advance(TimeDelta::hours(2));
    let token = world.administrator();
    let second = send(&token, "", "", "daily").await;
    assert_eq!(second.status, StatusCode::CREATED);
    assert_ne!(second.body, first, "the row is still there, its time is over");
    drop((administrator, token));
    world.end().await;
}

#[tokio::test]
async fn a_refused_request_can_be_repeated_with_its_key() {
    let shop = Shop::open("Free", "JP").await;
    let administrator = shop.world.administrator();
    assert_eq!(send(&administrator, "", "", "now").await.code(), "LIMIT_REACHED");
    shop.buy(ORDER, Card::GOOD).await;
    assert_eq!(send(&administrator, "", "", "now").await.status, StatusCode::CREATED, "the same intent, after the payment");
    shop.world.local.wait_until_idle().await;
    drop(administrator);
    shop.close().await;
}

#[tokio::test]
async fn every_step_of_buying_is_repeated_without_a_second_effect() {
    let shop = Shop::open("Standard", "JP").await;
    let administrator = shop.world.administrator();
    let twice = async |path: &str, body: &str, key: &str| -> Value {
        let first = send(&administrator, path, body, key).await;
        assert!(first.status.is_success(), "{path}: {first:?}");
        let second = send(&administrator, path, body, key).await;
        assert_eq!((second.status, &second.body), (first.status, &first.body), "{path}");
        first.body
    };
    let order = twice("/orders", ORDER, "place").await["order"].clone();
    let of = |order: &Value, action: &str| format!("/orders/{}/actions/{action}", order["id"].as_str().unwrap());
    let confirmed = twice(&of(&order, "confirm"), "", "confirm").await["order"].clone();
    assert_eq!(confirmed["status"], "AWAITING_PAYMENT");
    twice(&of(&order, "confirm"), "", "confirm-again").await;
    assert_eq!(twice(&of(&order, "cancel"), "", "cancel").await["order"]["status"], "CANCELLED");
    shop.buy(WEEKLY, Card::GOOD).await;
    let id = shop.subscriptions().await[0]["id"].as_str().unwrap().to_owned();
    let confirm = r#"{"subscription":{"confirm":true}}"#;
    let path = format!("/subscriptions/{id}/actions/cancel");
    assert_eq!(twice(&path, confirm, "end").await["subscription"]["status"], "ENDING");
    let resume = format!("/subscriptions/{id}/actions/resume");
    assert_eq!(twice(&resume, "", "resume").await["subscription"]["status"], "ACTIVE");
    assert_eq!(send(&administrator, &path, confirm, "end").await.body["subscription"]["status"], "ENDING", "its own answer");
    assert_eq!(shop.subscriptions().await[0]["status"], "ACTIVE", "and no effect");
    assert_eq!(administrator.get("/backup/orders").await.body["orders"].as_array().unwrap().len(), 2);
    assert_eq!(shop.history("order_placed").await.len(), 2);
    drop(administrator);
    shop.close().await;
}

#[tokio::test]
async fn answers_that_show_secrets_are_not_kept() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    let administrator = world.administrator();
    let webhook = r#"{"webhook":{"url":"https://example.com/hook"}}"#;
    let secret = send(&administrator, "/webhooks", webhook, "hook").await.body["details"]["secret"].clone();
    let repeat = send(&administrator, "/webhooks", webhook, "hook").await;
    assert_eq!((repeat.status, repeat.code()), (StatusCode::CONFLICT, "ANSWER_NOT_KEPT"));
    let hooks = administrator.get("/backup/webhooks").await.body["webhooks"].as_array().unwrap().clone();
    assert_eq!(hooks.len(), 1, "one was added");
    let test = format!("/webhooks/{}/actions/test", hooks[0]["id"].as_str().unwrap());
    assert_eq!(send(&administrator, &test, "", "test").await.body, send(&administrator, &test, "", "test").await.body);
    let link = send(&administrator, "/calendar/link", "", "link").await.body["details"]["path"].clone();
    assert_eq!(send(&administrator, "/calendar/link", "", "link").await.code(), "ANSWER_NOT_KEPT");
    let calendar = administrator.send(Method::GET, link.as_str().unwrap(), "").await;
    assert_eq!(calendar.status, StatusCode::OK, "the link of the first answer works");
    let id = administrator.get("/backup/backups").await.body["backups"][0]["id"].as_str().unwrap().to_owned();
    let download = format!("/{id}/files/Data_001.zip/actions/download");
    for _ in 0..2 {
        let answer = send(&administrator, &download, "", "download").await;
        let (status, _) = world.download(answer.body["download"]["url"].as_str().unwrap()).await;
        assert_eq!(status, StatusCode::OK);
    }
    let recorded = administrator.get("/backup/history?kind=download_started").await.body["history"].as_array().unwrap().clone();
    assert_eq!(recorded.iter().filter(|record| record["address"].is_null()).count(), 1, "one download: {recorded:?}");
    let key = link.as_str().unwrap().split_once("key=").unwrap().1.to_owned();
    drop(administrator);
    let data = world.end().await;
    let kept = everything_in(data.path());
    let holds = |text: &str| kept.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("A test message will be sent."), "an answer without a secret is kept");
    for secret in [key.as_str(), "Calendar link created.", "Webhook added.", "X-Amz-Signature"] {
        assert!(!holds(secret), "{secret}");
    }
    assert!(secret.as_str().unwrap().starts_with("whsec_"));
}

/// Bytes of the table's file.
fn everything_in(data: &std::path::Path) -> Vec<u8> {
    let names = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    let tables = names.filter(|path| path.is_file() && path.to_string_lossy().contains("dynamodb.sqlite"));
    let bytes: Vec<u8> = tables.flat_map(|path| std::fs::read(path).unwrap()).collect();
    assert!(!bytes.is_empty());
    bytes
}

#[tokio::test]
async fn every_post_of_the_document_takes_a_key() {
    let world = World::start().await;
    let document = world.with_header(None).send(Method::GET, "/openapi.json", "").await.body;
    let paths = document["paths"].as_object().unwrap();
    let posts: Vec<_> = paths.iter().filter(|(path, item)| path.starts_with("/crm/") && item["post"].is_object()).collect();
    assert!(posts.len() >= 10, "{}", posts.len());
    for (path, item) in posts {
        let parameters = item["post"]["parameters"].as_array().unwrap();
        let key = parameters.iter().find(|parameter| parameter["name"] == "Idempotency-Key").unwrap_or_else(|| panic!("{path}"));
        assert_eq!((&key["in"], &key["required"]), (&json!("header"), &json!(false)), "{path}");
        for status in ["409", "422"] {
            assert!(item["post"]["responses"][status].is_object(), "{path}: {status}");
        }
    }
    world.end().await;
}
