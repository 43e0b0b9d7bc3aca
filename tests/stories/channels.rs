//! Chat channels get messages in the formats of Slack's and Microsoft Teams' incoming webhooks. What others wrote stays text, and whoever
//! lists the webhooks cannot write to the channel.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::Role;
use hozon_tests::{Crm, World};
use reqwest::Method;
use serde_json::{Value, json};

type Got = Arc<Mutex<Vec<(HeaderMap, Value)>>>;

/// Answers as the vendor's endpoint does: it refuses what is no JSON.
async fn channel(status: StatusCode) -> (String, Got) {
    let got = Got::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/services/T0000/B0000/0123456789wxyz", listener.local_addr().unwrap());
    let take = move |State(got): State<Got>, headers: HeaderMap, body: Bytes| async move {
        got.lock().unwrap().push((headers, serde_json::from_slice(&body).unwrap()));
        status
    };
    let router = Router::new().route("/services/{*rest}", post(take)).with_state(got.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, got)
}

/// An organisation with a name that would be a mention, a link and bold.
async fn world() -> World {
    let world = World::start_with(|options| options.webhooks = Addresses::Any).await;
    world.import(Crm::small().inputs()).await;
    world
}

async fn add(world: &World, url: &str, kind: &str) -> Value {
    let added =
        world.administrator().post("/backup/webhooks", &json!({ "webhook": { "url": url, "kind": kind } }).to_string()).await;
    assert_eq!(added.status, reqwest::StatusCode::CREATED, "{added:?}");
    added.body["details"].clone()
}

async fn rename(world: &World, name: &str) {
    let mut organisation = world.local.ports.store.organisation(world.org).await.unwrap().unwrap();
    organisation.name = name.to_owned();
    let change = hozon_shared::ports::Change::Organisation(organisation);
    world.local.ports.store.commit(world.org, vec![change]).await.unwrap();
}

fn bodies(got: &Got) -> Vec<Value> {
    got.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
}

/// Holds a text object to Slack's rules ("Text object", "Header block", "Section block"), and gives its text as people see it.
fn slack_text(object: &Value, most: usize) -> String {
    let text = object["text"].as_str().unwrap();
    assert_eq!(object["type"], "plain_text", "{object}");
    assert!((1..=most).contains(&text.chars().count()), "{object}");
    let bare = ["&amp;", "&lt;", "&gt;"].iter().fold(text.to_owned(), |text, entity| text.replace(entity, ""));
    assert!(!bare.contains(['&', '<', '>']), "an unescaped control character: {text}");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Holds a message to the rules of Slack's incoming webhooks, and gives its texts.
fn slack(body: &Value) -> Vec<String> {
    let keys: BTreeSet<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(keys.is_subset(&["text", "blocks", "mrkdwn"].into()), "{keys:?}");
    assert!(!body["text"].as_str().unwrap().is_empty() && !body["text"].as_str().unwrap().contains('<'));
    let blocks = body["blocks"].as_array().unwrap();
    assert!((1..=50).contains(&blocks.len()));
    let texts = blocks.iter().flat_map(|block| match block["type"].as_str().unwrap() {
        "header" => vec![slack_text(&block["text"], 150)],
        "section" => vec![slack_text(&block["text"], 3000)],
        "context" => {
            let elements = block["elements"].as_array().unwrap();
            assert!((1..=10).contains(&elements.len()));
            elements.iter().map(|element| slack_text(element, 3000)).collect()
        }
        other => panic!("no block of Slack's: {other}"),
    });
    texts.collect()
}

fn only(object: &Value, keys: &[&str]) {
    let found = object.as_object().unwrap().keys();
    found.for_each(|key| assert!(keys.contains(&key.as_str()), "{key} is no property of {}", object["type"]));
}

/// Holds a message to what Teams takes, and its card to the schema of Adaptive Cards 1.4 as far as it is used; gives the texts.
fn teams(body: &Value) -> Vec<String> {
    assert!(body.to_string().len() < 28_000);
    only(body, &["type", "attachments"]);
    assert_eq!(body["type"], "message");
    let [attachment] = body["attachments"].as_array().unwrap().as_slice() else { panic!("one card") };
    only(attachment, &["contentType", "contentUrl", "content"]);
    assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
    let card = &attachment["content"];
    only(card, &["$schema", "type", "version", "lang", "body"]);
    assert_eq!((&card["type"], &card["version"]), (&json!("AdaptiveCard"), &json!("1.4")));
    assert_eq!(card["lang"].as_str().unwrap().len(), 2);
    let texts = card["body"].as_array().unwrap().iter().map(|element| {
        only(element, &["type", "inlines"]);
        assert_eq!(element["type"], "RichTextBlock");
        let [run] = element["inlines"].as_array().unwrap().as_slice() else { panic!("one run") };
        only(run, &["type", "text", "weight", "size", "isSubtle"]);
        assert_eq!(run["type"], "TextRun");
        assert!(run.get("weight").is_none_or(|weight| ["default", "lighter", "bolder"].contains(&weight.as_str().unwrap())));
        let sizes = ["default", "small", "medium", "large", "extraLarge"];
        assert!(run.get("size").is_none_or(|size| sizes.contains(&size.as_str().unwrap())));
        assert!(run.get("isSubtle").is_none_or(Value::is_boolean));
        run["text"].as_str().unwrap().to_owned()
    });
    texts.collect()
}

#[tokio::test]
async fn a_backup_is_reported_to_slack_and_teams_and_hostile_names_stay_text() {
    let world = world().await;
    let name = "<!channel> & [Sakura](https://evil.example) *Ltd*";
    rename(&world, name).await;
    let ((slack_url, in_slack), (teams_url, in_teams)) = (channel(StatusCode::OK).await, channel(StatusCode::ACCEPTED).await);
    for (url, kind) in [(&slack_url, "slack"), (&teams_url, "teams")] {
        let added = add(&world, url, kind).await;
        assert!(added.get("secret").is_none(), "messages to chat channels are not signed: {added}");
    }
    world.back_up_well().await;
    world.local.wait_until_delivered().await.unwrap();
    let told: [Vec<Vec<String>>; 2] =
        [bodies(&in_slack).iter().map(slack).collect(), bodies(&in_teams).iter().map(teams).collect()];
    for messages in told {
        let titles: BTreeSet<_> = messages.iter().map(|texts| texts[0].as_str()).collect();
        assert_eq!(titles, ["Your backup is being made", "Your backup is ready"].into());
        for texts in &messages {
            assert!(texts.last().unwrap().contains(name), "{texts:?}");
            assert!(!texts.concat().contains("X-Amz-Signature") && !texts.concat().contains("email"), "{texts:?}");
        }
    }
    for (headers, _) in in_slack.lock().unwrap().iter() {
        assert!(headers.keys().all(|header| !header.as_str().starts_with("webhook-")), "{headers:?}");
        assert_eq!(headers["content-type"], "application/json");
    }
    world.end().await;
}

#[tokio::test]
async fn a_channel_reads_the_organisations_language_and_the_address_is_shown_shortened() {
    let world = world().await;
    let (url, got) = channel(StatusCode::OK).await;
    let added = add(&world, &url, "slack").await;
    let test = format!("/backup/webhooks/{}/actions/test", added["id"].as_str().unwrap());
    let japanese = world.local.token_in(world.org, Role::Administrator, Locale::Ja).unwrap();
    assert_eq!(world.bearer(&japanese).post(&test, "").await.code(), "SUCCESS");
    world.local.wait_until_delivered().await.unwrap();
    let path = "/crm/bulk/v8/backup/settings";
    let english =
        world.administrator().send_with(Method::PUT, path, r#"{"settings":{"locale":"en"}}"#, &[("if-match", "*")]).await;
    assert_eq!(english.status, reqwest::StatusCode::OK, "{english:?}");
    world.bearer(&japanese).post(&test, "").await;
    world.local.wait_until_delivered().await.unwrap();
    let titles: BTreeSet<_> = bodies(&got).iter().map(|body| slack(body)[0].clone()).collect();
    assert_eq!(titles, ["テストメッセージ".to_owned(), "Test message".to_owned()].into());
    let listed = world.administrator().get("/backup/webhooks").await.body["webhooks"][0].clone();
    let (host, _) = url.split_once("/services").unwrap();
    assert_eq!((&listed["kind"], listed["url"].as_str().unwrap()), (&json!("slack"), format!("{host}/…wxyz").as_str()));
    world.end().await;
}

#[tokio::test]
async fn a_channel_that_was_removed_is_disabled_at_once() {
    let world = world().await;
    let ((slack_url, in_slack), (teams_url, in_teams)) =
        (channel(StatusCode::NOT_FOUND).await, channel(StatusCode::NOT_FOUND).await);
    add(&world, &slack_url, "slack").await;
    add(&world, &teams_url, "teams").await;
    world.administrator().post("/backup", r#"{"backup":{"rrule":"RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"}}"#).await;
    world.local.wait_until_delivered().await.unwrap();
    assert_eq!((bodies(&in_slack).len(), bodies(&in_teams).len()), (1, 1));
    let listed = world.administrator().get("/backup/webhooks").await.body;
    let states: Vec<_> = [0, 1].map(|place| listed["webhooks"][place]["status"].as_str().unwrap().to_owned()).into();
    assert_eq!(states, ["disabled", "active"], "Slack answers 404 for good; of others it may be a mistake that passes");
    world.end().await;
}

#[tokio::test]
async fn an_unknown_format_is_refused_and_the_default_is_json() {
    let world = world().await;
    let body = json!({ "webhook": { "url": "https://example.com/hook", "kind": "irc" } }).to_string();
    let refused = world.administrator().post("/backup/webhooks", &body).await;
    assert_eq!((refused.code(), &refused.body["details"]["json_path"]), ("INVALID_DATA", &json!("$.webhook.kind")));
    let added = add(&world, "https://example.com/hook", "json").await;
    assert!(added["secret"].as_str().unwrap().starts_with("whsec_"));
    let plain = world.administrator().post("/backup/webhooks", r#"{"webhook":{"url":"https://example.com/plain"}}"#).await;
    assert_eq!(plain.code(), "SUCCESS");
    let listed = world.administrator().get("/backup/webhooks").await.body["webhooks"].clone();
    assert_eq!(
        (&listed[0]["kind"], &listed[1]["kind"], &listed[1]["url"]),
        (&json!("json"), &json!("json"), &json!("https://example.com/plain"))
    );
    world.end().await;
}
