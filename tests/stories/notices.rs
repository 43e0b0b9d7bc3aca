//! Notices reach whoever can be reached: a slow webhook holds up no mail, and a record that cannot be read holds up nobody.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::domain::addresses::Addresses;
use hozon_tests::{Crm, ManualClock, World};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

const WEEKLY: &str = r#"{"backup":{"rrule":"RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"}}"#;

/// A service that says when it was called, and answers when it may.
#[derive(Clone)]
struct Slow {
    called: Arc<Semaphore>,
    may_answer: Arc<Semaphore>,
}

impl Slow {
    async fn start() -> (Self, String) {
        let slow = Self { called: Arc::new(Semaphore::new(0)), may_answer: Arc::new(Semaphore::new(0)) };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let answer = async |State(slow): State<Self>| {
            slow.called.add_permits(1);
            slow.may_answer.acquire().await.unwrap().forget();
        };
        let router = Router::new().route("/hook", post(answer)).with_state(slow.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (slow, url)
    }
}

async fn world(clock: Option<Arc<ManualClock>>) -> World {
    let world = World::start_with(|options| {
        options.webhooks = Addresses::Any;
        if let Some(clock) = clock {
            options.clock = clock;
        }
    })
    .await;
    world.import(Crm::small().inputs()).await;
    world
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder).map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
}

async fn mails_become(world: &World, count: usize) {
    let found = async {
        while files(&world.data_folder().join("mail")).len() < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), found).await.expect("mails come while webhooks wait");
}

#[tokio::test]
async fn five_webhooks_that_do_not_answer_hold_up_no_mail() {
    let world = world(None).await;
    let administrator = world.administrator();
    let (slow, url) = Slow::start().await;
    for number in 0..5 {
        let body = json!({ "webhook": { "url": format!("{url}?{number}") } }).to_string();
        assert_eq!(administrator.post("/backup/webhooks", &body).await.code(), "SUCCESS");
    }
    let set = administrator.post("/backup", WEEKLY).await;
    let _all_wait = slow.called.acquire_many(5).await.unwrap();
    let since = Instant::now();
    let id = set.body["backup"]["details"]["id"].as_str().unwrap();
    administrator.put(&format!("/backup/{id}/actions/cancel"), "").await;
    mails_become(&world, 2).await;
    println!("the mail about the next event came {:?} later, while 5 webhooks kept their callers waiting", since.elapsed());
    slow.may_answer.add_permits(100);
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_kept_whole_and_the_others_go_on() {
    let world = world(None).await;
    put(
        &world,
        json!({
            "pk": { "S": format!("ORG#{}", world.org) }, "sk": { "S": "EVENT#00000000000000000001" }, "id": { "S": "1" },
            "at": { "S": "2026-11-24T01:00:00Z" }, "kind": { "S": "of_a_later_version" },
            "by": { "M": { "id": { "S": "1" }, "name": { "S": "A" }, "zuid": { "S": "1" } } },
        }),
    );
    world.administrator().post("/backup", WEEKLY).await;
    world.local.wait_until_delivered().await.unwrap();
    mails_become(&world, 1).await;
    let kept = files(&world.data_folder().join("notice-failures"));
    let letter: Value = serde_json::from_slice(&std::fs::read(&kept[0]).unwrap()).unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(letter["Records"][0]["dynamodb"]["NewImage"]["kind"]["S"], "of_a_later_version");
    // The events of the story's own history cannot be read either, so that this world is not looked over.
    world.cut_short().await;
}

#[tokio::test]
async fn a_delivery_that_an_earlier_version_left_open_is_made() {
    let clock = Arc::new(ManualClock::at(DateTime::from_timestamp(Utc::now().timestamp(), 0).unwrap()));
    let world = world(Some(clock.clone())).await;
    let (slow, url) = Slow::start().await;
    slow.may_answer.add_permits(100);
    let added = world.administrator().post("/backup/webhooks", &json!({ "webhook": { "url": url } }).to_string()).await;
    let webhook = added.body["details"]["id"].as_str().unwrap();
    let next =
        (hozon_shared::ports::Clock::now(&*clock) - TimeDelta::minutes(1)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let shard = format!("DUE#{:02}", world.org.0 % 16);
    let (pk, sk) = (format!("ORG#{}", world.org), format!("DELIVERY#{:020}#{:020}", webhook.parse::<u64>().unwrap(), 9));
    put(
        &world,
        json!({
            "pk": { "S": pk }, "sk": { "S": sk }, "org": { "S": world.org.to_string() }, "webhook": { "S": webhook }, "event": { "S": "9" },
            "body": { "S": r#"{"type":"backup.ready"}"# }, "attempts": { "N": "3" }, "next": { "S": next },
            "due_at": { "S": next }, "due_shard": { "S": shard },
        }),
    );
    clock.advance(TimeDelta::minutes(2));
    world.local.tick().await;
    assert_eq!(slow.called.available_permits(), 1);
    clock.advance(TimeDelta::days(4));
    world.local.tick().await;
    assert_eq!(slow.called.available_permits(), 1, "it is made once");
    world.end().await;
}

/// Writes an item as another version of the program would have.
fn put(world: &World, item: Value) {
    let request = json!({ "TableName": world.local.settings.table, "Item": item });
    world.local.database.put_item(serde_json::from_value(request).unwrap()).unwrap();
}
