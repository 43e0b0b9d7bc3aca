//! Links work for seven days after the zips were made, and the files are unavailable afterwards.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use hozon::housekeeping::delete_expired;
use hozon_shared::ports::Clock;
use hozon_tests::{Crm, ManualClock, World};
use reqwest::StatusCode;
use serde_json::json;

use crate::repeats::{batches, requested, task};

#[tokio::test]
async fn an_expired_backup_gives_nothing_and_is_deleted() {
    // The store checks links by real time, so the backup is made eight days in the past.
    let clock = Arc::new(ManualClock::at(Utc::now() - TimeDelta::days(8)));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    world.import(Crm::small().inputs()).await;
    let backup = world.back_up().await;
    let path = format!("/backup/urls?backup_id={}", backup.id);
    let urls = world.administrator().get(&path).await;
    let plain = urls.body["urls"]["data_links"][0].as_str().unwrap().to_owned();
    assert_eq!(world.download(&plain).await.0, StatusCode::OK);
    let action = format!("/backup/{}/files/Data_001.zip/actions/download", backup.id);
    let signed = world.administrator().post(&action, "").await.body["download"]["url"].as_str().unwrap().to_owned();
    assert_eq!(world.download(&signed).await.0, StatusCode::FORBIDDEN);
    assert_eq!(delete_expired(&world.local.ports).await.unwrap(), 0);

    clock.advance(TimeDelta::days(8));
    assert_eq!(world.administrator().get(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.administrator().get("/backup/urls").await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.administrator().post(&action, "").await.code(), "RESOURCE_NOT_FOUND");
    assert_eq!(world.download(&plain).await.0, StatusCode::FORBIDDEN);
    // The ticker may have deleted them already.
    delete_expired(&world.local.ports).await.unwrap();
    assert!(backup.files.iter().all(|file| !world.local.archive_path(&file.key).exists()));
    world.end().await;
}

#[tokio::test]
async fn a_backup_whose_run_took_six_days_can_be_downloaded_for_seven_days_from_its_end() {
    // The store checks links by real time, which is that of the end of the run.
    let clock = Arc::new(ManualClock::at(Utc::now() - TimeDelta::days(6)));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    world.import(Crm::small().inputs()).await;
    let backup = requested(&world).await;
    task(&world, &backup, "begin", json!({})).await.unwrap();
    let planned = task(&world, &backup, "plan", json!({})).await.unwrap();
    clock.advance(TimeDelta::days(6));
    world.local.tick().await;
    for batch in batches(&world, &planned).await {
        task(&world, &backup, "pack", json!({ "batch": batch })).await.unwrap();
    }
    task(&world, &backup, "assemble", json!({})).await.unwrap();
    task(&world, &backup, "finish", json!({})).await.unwrap();
    let made = clock.now();
    let backup = world.local.ports.store.backup(world.org, backup.id).await.unwrap().unwrap();
    assert_eq!(backup.expires(), made + TimeDelta::days(7));
    let action = format!("/backup/{}/files/Data_001.zip/actions/download", backup.id);
    let signed = world.administrator().post(&action, "").await.body["download"]["url"].as_str().unwrap().to_owned();
    assert!(signed.contains("X-Amz-Expires=604800"), "{signed}");
    assert_eq!(world.download(&signed).await.0, StatusCode::OK);

    clock.set(made + TimeDelta::days(7) - TimeDelta::seconds(1));
    let urls = world.administrator().get(&format!("/backup/urls?backup_id={}", backup.id)).await;
    assert_eq!(urls.status, StatusCode::OK);
    let plain = urls.body["urls"]["data_links"][0].as_str().unwrap().to_owned();
    assert_eq!(world.download(&plain).await.0, StatusCode::OK);
    assert_eq!(delete_expired(&world.local.ports).await.unwrap(), 0);
    clock.set(made + TimeDelta::days(7));
    assert_eq!(world.download(&plain).await.0, StatusCode::FORBIDDEN);
    // The ticker may have deleted them already.
    delete_expired(&world.local.ports).await.unwrap();
    assert!(backup.files.iter().all(|file| !world.local.archive_path(&file.key).exists()));
    world.end().await;
}

#[tokio::test]
async fn a_link_works_for_the_time_left_and_only_as_it_was_signed() {
    let clock = Arc::new(ManualClock::at(Utc::now() - TimeDelta::days(6)));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    world.import(Crm::small().inputs()).await;
    let backup = world.back_up().await;
    clock.advance(TimeDelta::days(6));
    let action = format!("/backup/{}/files/Attachments_001.zip/actions/download", backup.id);
    let answer = world.administrator().post(&action, "").await;
    let link = answer.body["download"]["url"].as_str().unwrap();
    let valid = link.split("X-Amz-Expires=").nth(1).and_then(|rest| rest.split('&').next()).unwrap();
    let valid: i64 = valid.parse().unwrap();
    assert!((86_000..=86_400).contains(&valid), "{valid}");
    assert_eq!(world.download(link).await.0, StatusCode::OK);
    let tampered = link.replace("Attachments_001.zip?", "Data_001.zip?");
    assert!(world.download(&tampered).await.0.is_client_error());
    let unsigned = link.split('?').next().unwrap();
    assert_eq!(world.download(unsigned).await.0, StatusCode::FORBIDDEN);
    world.end().await;
}

#[tokio::test]
async fn a_link_without_a_query_serves_whole_zips_parts_and_heads_whatever_header_is_sent() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let zips = world.back_up_well().await;
    let urls = world.administrator().get("/backup/urls").await;
    let link = urls.body["urls"]["data_links"][0].as_str().unwrap();
    assert!(
        link.starts_with(&format!("{}/d/", world.local.url)) && !link.contains('?') && link.ends_with("/Data_001.zip"),
        "{link}"
    );
    let bytes = std::fs::read(&zips[0]).unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let whole = http.get(link).bearer_auth("whatever").send().await.unwrap();
    let header = |answer: &reqwest::Response, name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header(&whole, "content-disposition"), "attachment; filename=\"Data_001.zip\"");
    assert_eq!(header(&whole, "cache-control"), "private, no-store");
    assert_eq!(header(&whole, "referrer-policy"), "no-referrer");
    let tag = header(&whole, "etag");
    assert_eq!(whole.bytes().await.unwrap(), bytes);
    let part = http.get(link).header("range", "bytes=10-19").header("if-range", &tag).send().await.unwrap();
    assert_eq!(
        (part.status(), header(&part, "content-range")),
        (StatusCode::PARTIAL_CONTENT, format!("bytes 10-19/{}", bytes.len()))
    );
    assert_eq!(part.bytes().await.unwrap(), bytes[10..20]);
    let head = http.head(link).send().await.unwrap();
    assert_eq!((head.status(), header(&head, "content-length")), (StatusCode::OK, bytes.len().to_string()));
    let beyond = http.get(link).header("range", format!("bytes={}-", bytes.len())).send().await.unwrap();
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    for forged in [link.replace("Data_001", "Attachments_001"), link.replace("/d/local.", "/d/other."), format!("{link}x")] {
        let answer = http.get(&forged).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{forged}");
        assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["code"], "LINK_INVALID");
    }
    world.end().await;
}
