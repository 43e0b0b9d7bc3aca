//! Webhooks: messages are signed and retried, and forbidden addresses are never called.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use hozon_shared::domain::addresses::Addresses;
use hozon_tests::{Crm, ManualClock, World};
use reqwest::Method;
use serde_json::{Value, json};

/// A service that accepts messages, after rejecting a number of them.
#[derive(Clone, Default)]
pub struct Receiver {
    refuse: Arc<Mutex<Vec<u16>>>,
    got: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

impl Receiver {
    pub async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    /// The messages so far.
    pub fn messages(&self) -> Vec<Value> {
        self.got.lock().unwrap().iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect()
    }

    fn types(&self) -> Vec<String> {
        self.messages().iter().map(|message| message["type"].as_str().unwrap().to_owned()).collect()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let refused = receiver.refuse.lock().unwrap().pop();
    if let Some(status) = refused {
        return StatusCode::from_u16(status).unwrap();
    }
    receiver.got.lock().unwrap().push((headers, String::from_utf8(body.to_vec()).unwrap()));
    StatusCode::NO_CONTENT
}

async fn world(clock: &Arc<ManualClock>) -> World {
    let world = World::start_with(|options| {
        options.webhooks = Addresses::Any;
        options.clock = clock.clone();
    })
    .await;
    world.import(Crm::small().inputs()).await;
    world
}

/// Signatures are verified against real time.
fn now() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(DateTime::from_timestamp(Utc::now().timestamp(), 0).unwrap()))
}

async fn add(world: &World, url: &str) -> (String, String) {
    let added = world.administrator().post("/backup/webhooks", &json!({ "webhook": { "url": url } }).to_string()).await;
    assert_eq!((added.status, added.code()), (reqwest::StatusCode::CREATED, "SUCCESS"), "{added:?}");
    let text = |name: &str| added.body["details"][name].as_str().unwrap().to_owned();
    (text("id"), text("secret"))
}

async fn status(world: &World) -> Value {
    world.administrator().get("/backup/webhooks").await.body["webhooks"][0]["status"].clone()
}

#[tokio::test]
async fn messages_are_signed_as_the_specification_says() {
    let (receiver, clock) = (Receiver::default(), now());
    let world = world(&clock).await;
    let (_, secret) = add(&world, &receiver.start().await).await;
    world.back_up_well().await;
    world.local.wait_until_delivered().await.unwrap();
    assert_eq!(receiver.types(), ["backup.archiving", "backup.ready"]);
    let verifier = standardwebhooks::Webhook::new(&secret).unwrap();
    for (headers, body) in receiver.got.lock().unwrap().iter() {
        verifier.verify(body.as_bytes(), headers).unwrap();
        assert!(verifier.verify(body.replace("ready", "reedy").replace("archiving", "x").as_bytes(), headers).is_err());
        assert!(!body.contains("X-Amz-Signature"), "no links: {body}");
    }
    let listed = world.administrator().get("/backup/webhooks").await.body;
    assert!(!listed.to_string().contains(&secret), "the secret is shown once");
    world.end().await;
}

#[tokio::test]
async fn a_refused_message_is_retried_with_the_same_id() {
    let (receiver, clock) = (Receiver::default(), now());
    let world = world(&clock).await;
    let (id, _) = add(&world, &receiver.start().await).await;
    *receiver.refuse.lock().unwrap() = vec![302, 500];
    world.administrator().post(&format!("/backup/webhooks/{id}/actions/test"), "").await;
    for (minutes, count) in [(1, 0), (2, 0), (10, 1), (60, 1)] {
        clock.advance(TimeDelta::minutes(minutes));
        world.local.tick().await;
        assert_eq!(receiver.types().len(), count, "after {minutes} more minutes");
    }
    assert_eq!((receiver.types()[0].as_str(), status(&world).await), ("backup.test", json!("active")));
    world.end().await;
}

#[tokio::test]
async fn undelivered_messages_survive_a_restart() {
    let (receiver, clock) = (Receiver::default(), now());
    let first = world(&clock).await;
    let (id, _) = add(&first, &receiver.start().await).await;
    *receiver.refuse.lock().unwrap() = vec![503];
    first.administrator().post(&format!("/backup/webhooks/{id}/actions/test"), "").await;
    clock.advance(TimeDelta::minutes(1));
    first.local.tick().await;
    let folder = first.end().await;
    clock.advance(TimeDelta::minutes(10));
    let world = World::start_on(folder, |options| {
        options.webhooks = Addresses::Any;
        options.clock = clock.clone();
    })
    .await;
    world.local.tick().await;
    assert_eq!(receiver.types(), ["backup.test"]);
    world.end().await;
}

#[tokio::test]
async fn a_webhook_that_never_answers_is_disabled_after_three_days_or_at_once_when_it_is_gone() {
    let (receiver, clock) = (Receiver::default(), now());
    let world = world(&clock).await;
    let (id, _) = add(&world, &receiver.start().await).await;
    *receiver.refuse.lock().unwrap() = vec![500; 100];
    let test = format!("/backup/webhooks/{id}/actions/test");
    world.administrator().post(&test, "").await;
    for hour in 0..80 {
        clock.advance(TimeDelta::hours(1));
        world.local.tick().await;
        assert!(hour >= 70 || status(&world).await == "active", "after {hour} hours");
    }
    assert_eq!(status(&world).await, "disabled");
    assert_eq!(receiver.refuse.lock().unwrap().len(), 91, "nine attempts");
    // Whether or not the first attempt is over when the status is read.
    *receiver.refuse.lock().unwrap() = vec![410, 500];
    world.administrator().post(&test, "").await;
    assert_eq!(status(&world).await, "active", "a test wakes it");
    for _ in 0..2 {
        clock.advance(TimeDelta::hours(1));
        world.local.tick().await;
    }
    assert_eq!(status(&world).await, "disabled");
    world.end().await;
}

#[tokio::test]
async fn addresses_that_may_not_be_called_are_refused() {
    let world = World::start().await;
    let administrator = world.administrator();
    for url in [
        "http://example.com/",
        "ftp://example.com/",
        "https://user:secret@example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.0.0.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/",
        "https://intranet/",
        "https://crm.internal/hook",
        "https://hooks.invalid/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "example.com",
        "",
    ] {
        let refused = administrator.post("/backup/webhooks", &json!({ "webhook": { "url": url } }).to_string()).await;
        assert_eq!((refused.code(), &refused.body["details"]["json_path"]), ("INVALID_DATA", &json!("$.webhook.url")), "{url}");
    }
    for number in 0..5 {
        add(&world, &format!("https://example.com/{number}")).await;
    }
    let sixth = administrator.post("/backup/webhooks", r#"{"webhook":{"url":"https://example.com/6"}}"#).await;
    assert_eq!(sixth.code(), "NOT_ALLOWED");
    let listed = administrator.get("/backup/webhooks").await;
    let first = listed.body["webhooks"][0]["id"].as_str().unwrap().to_owned();
    let removed = administrator.send(Method::DELETE, &format!("/crm/bulk/v8/backup/webhooks/{first}"), "").await;
    assert_eq!(removed.code(), "SUCCESS");
    let again = administrator.send(Method::DELETE, &format!("/crm/bulk/v8/backup/webhooks/{first}"), "").await;
    assert_eq!(again.code(), "RESOURCE_NOT_FOUND");
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn of_sixty_webhooks_added_concurrently_five_are_stored() {
    let world = World::start().await;
    let administrator = world.administrator();
    let bodies: Vec<_> =
        (0..60).map(|number| json!({ "webhook": { "url": format!("https://example.com/{number}") } }).to_string()).collect();
    let added = join_all(bodies.iter().map(|body| administrator.post("/backup/webhooks", body))).await;
    let count = |code: &str| added.iter().filter(|answer| answer.code() == code).count();
    println!("60 at once: {} added, {} refused", count("SUCCESS"), count("NOT_ALLOWED"));
    assert_eq!((count("SUCCESS"), count("NOT_ALLOWED")), (5, 55));
    let listed = administrator.get("/backup/webhooks").await.body["webhooks"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 5);
    let path = format!("/crm/bulk/v8/backup/webhooks/{}", listed[2]["id"].as_str().unwrap());
    assert_eq!(administrator.send(Method::DELETE, &path, "").await.code(), "SUCCESS");
    add(&world, "https://example.com/again").await;
    assert_eq!(administrator.post("/backup/webhooks", &bodies[0]).await.code(), "NOT_ALLOWED");
    drop(administrator);
    world.end().await;
}
