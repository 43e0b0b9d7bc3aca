//! The administrator concerned gets mail in their language, once per event.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::Role;
use hozon_tests::{Crm, ManualClock, World};
use mail_parser::{Message, MessageParser};
use reqwest::{Method, StatusCode};
use serde_json::json;

const WEEKLY: &str = r#"{"backup":{"rrule":"RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"}}"#;

/// Returns the mails so far, oldest first.
pub async fn mails(world: &World) -> Vec<Message<'static>> {
    world.local.wait_until_idle().await;
    world.local.wait_until_delivered().await.unwrap();
    let mut files: Vec<_> =
        std::fs::read_dir(world.data_folder().join("mail")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| MessageParser::default().parse(&std::fs::read(file).unwrap()).unwrap().into_owned()).collect()
}

pub async fn subjects(world: &World) -> Vec<String> {
    mails(world).await.iter().map(|mail| mail.subject().unwrap().to_owned()).collect()
}

fn japanese(world: &World) -> String {
    world.local.token_in(world.org, Role::Administrator, Locale::Ja).unwrap()
}

#[tokio::test]
async fn a_backup_is_announced_and_its_links_work() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let zips = world.back_up_well().await;
    let mails = mails(&world).await;
    let subjects: Vec<_> = mails.iter().map(|mail| mail.subject().unwrap()).collect();
    assert_eq!(subjects, ["Your backup is being made", "Your backup is ready"]);
    let ready = &mails[1];
    assert_eq!(ready.to().unwrap().first().unwrap().address(), Some("admin@hozon.invalid"));
    assert_eq!(ready.header("Auto-Submitted").unwrap().as_text(), Some("auto-generated"));
    let text = ready.body_text(0).unwrap();
    let links: Vec<_> = text.lines().filter(|line| line.starts_with("http")).collect();
    assert_eq!(links.len(), 2, "{text}");
    for (link, zip) in links.iter().zip(&zips) {
        assert_eq!(world.download(link).await, (StatusCode::OK, std::fs::read(zip).unwrap()));
    }
    let html = ready.body_html(0).unwrap();
    assert!(html.contains("<html lang=\"en\">") && html.contains("Data_001.zip (records, "), "{html}");
    world.end().await;
}

#[tokio::test]
async fn mails_are_in_the_administrators_language() {
    let clock = Arc::new(ManualClock::at("2026-11-24T01:00:00Z".parse().unwrap()));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    world.import(Crm::small().inputs()).await;
    let token = japanese(&world);
    let administrator = world.bearer(&token);
    let set = administrator.post("/backup", WEEKLY).await;
    administrator.put(&format!("/backup/{}/actions/cancel", set.body["backup"]["details"]["id"].as_str().unwrap()), "").await;
    let mails = mails(&world).await;
    assert_eq!(mails[0].subject(), Some("バックアップのスケジュールを設定しました: 毎週月曜日"));
    assert!(mails[0].body_text(0).unwrap().contains("2026年11月30日(月) 04:00 (Asia/Tokyo)"));
    assert_eq!(mails[0].header("Content-Language").unwrap().as_text(), Some("ja"));
    assert_eq!(mails[1].subject(), Some("バックアップのスケジュールを停止しました"));
    assert!(mails[1].body_text(0).unwrap().contains("有料の毎週バックアップのサブスクリプションは、この操作では終了しません"));
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn a_failure_names_its_reason_and_what_to_do() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    world.lose_an_attachment().await;
    world.back_up().await;
    let mails = mails(&world).await;
    let failed = mails.last().unwrap();
    assert_eq!(failed.subject(), Some("Your backup failed"));
    let text = failed.body_text(0).unwrap();
    assert!(text.contains("ATTACHMENT_MISSING") && text.contains("Restore it or delete the attachment"), "{text}");
    let feed = world.administrator().get("/backup/notifications").await;
    assert_eq!(feed.body["notifications"][0]["kind"], "failed");
    assert_eq!(feed.body["notifications"][0]["failure"]["code"], "ATTACHMENT_MISSING");
    world.end().await;
}

#[tokio::test]
async fn a_skipped_run_says_when_backups_renew() {
    let clock = Arc::new(ManualClock::at("2026-11-24T01:00:00Z".parse().unwrap()));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    world.back_up_well().await;
    world.administrator().post("/backup", WEEKLY).await;
    clock.set("2026-11-29T19:00:00Z".parse::<DateTime<Utc>>().unwrap());
    world.local.tick().await;
    let mails = mails(&world).await;
    let skipped = mails.last().unwrap();
    assert_eq!(skipped.subject(), Some("A scheduled backup was skipped: no backups left this month"));
    assert!(skipped.body_text(0).unwrap().contains("this month's 2 free backups. They renew on the first day of next month"));
    world.end().await;
}

#[tokio::test]
async fn recipients_get_results_only_and_everybody_one_mail() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let body = json!({ "settings": { "recipients": ["boss@example.com", "ADMIN@hozon.invalid"] } }).to_string();
    let path = "/crm/bulk/v8/backup/settings";
    let saved = world.administrator().send_with(Method::PUT, path, &body, &[("if-match", "*")]).await;
    assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
    world.back_up_well().await;
    let mails = mails(&world).await;
    let ids: HashSet<_> = mails.iter().map(|mail| mail.message_id().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), mails.len(), "each message has its own Message-ID");
    let mut sent: Vec<_> = mails
        .iter()
        .map(|mail| (mail.subject().unwrap().to_owned(), mail.to().unwrap().first().unwrap().address().unwrap().to_owned()))
        .collect();
    sent.sort();
    let expected = [
        ("Your backup is being made", "admin@hozon.invalid"),
        ("Your backup is ready", "admin@hozon.invalid"),
        ("Your backup is ready", "boss@example.com"),
    ];
    assert_eq!(sent, expected.map(|(subject, to)| (subject.to_owned(), to.to_owned())));
    world.end().await;
}

#[tokio::test]
async fn a_stream_that_is_delivered_again_sends_nothing_again() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    assert_eq!(subjects(&world).await.len(), 2);
    let folder = world.end().await;
    // As if the position was lost: the whole stream is delivered again.
    std::fs::remove_file(folder.path().join("stream.position")).unwrap();
    let world = World::start_on(folder, |_| {}).await;
    assert_eq!(subjects(&world).await.len(), 2);
    world.back_up_well().await;
    assert_eq!(subjects(&world).await.len(), 4);
    world.end().await;
}

#[tokio::test]
async fn links_in_a_late_mail_live_no_longer_than_the_backup() {
    let clock = Arc::new(ManualClock::at(Utc::now()));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    world.local.wait_until_delivered().await.unwrap();
    let ready = mails(&world).await.pop().unwrap();
    let text = ready.body_text(0).unwrap().into_owned();
    let expires = text.lines().find_map(|line| line.split("X-Amz-Expires=").nth(1)).unwrap();
    let seconds: i64 = expires.split('&').next().unwrap().parse().unwrap();
    assert!((TimeDelta::days(7).num_seconds() - 5..=TimeDelta::days(7).num_seconds()).contains(&seconds), "{seconds}");
    world.end().await;
}
