//! An administrator makes an on-demand backup, downloads the zips, and reads the history.

use std::sync::Arc;

use chrono::DateTime;
use hozon_shared::domain::backup::BackupStatus;
use hozon_tests::{CountingIds, Crm, ManualClock, World};
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test]
async fn an_administrator_backs_up_downloads_and_reads_the_history() {
    let world = World::start().await;
    let administrator = world.administrator();
    assert_eq!(administrator.get("/backup").await.status, StatusCode::NO_CONTENT);
    assert_eq!(administrator.get("/backup/urls").await.status, StatusCode::NO_CONTENT);
    world.import(Crm::small().inputs()).await;
    let zips = world.back_up_well().await;

    let current = administrator.get("/backup").await;
    assert_eq!(current.body["backup"]["status"], "COMPLETED");
    assert_eq!(current.body["backup"]["rrule"], json!(null));
    assert_eq!(current.body["backup"]["requester"]["name"], "Admin 管理者");
    let id = current.body["backup"]["id"].as_str().unwrap().to_owned();

    let urls = administrator.get("/backup/urls").await;
    for (kind, zip) in [("data_links", &zips[0]), ("attachment_links", &zips[1])] {
        let (status, bytes) = world.download(urls.body["urls"][kind][0].as_str().unwrap()).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(bytes, std::fs::read(zip).unwrap());
    }
    let one = administrator.post(&format!("/backup/{id}/files/Data_001.zip/actions/download"), "").await;
    let (status, _) = world.download(one.body["download"]["url"].as_str().unwrap()).await;
    assert_eq!(status, StatusCode::OK);

    let backups = "/backup/history?kind=backup_started,backup_ready&per_page=1";
    let history = administrator.get(backups).await;
    assert_eq!(history.body["info"], json!({ "per_page": 1, "count": 1, "page": 1, "more_records": true }));
    let older = administrator.get(&format!("{backups}&page=2")).await;
    assert_eq!(older.body["info"]["more_records"], false);
    assert_eq!(older.body["history"].as_array().unwrap().len(), 1);
    let downloads = administrator.get("/backup/history?kind=download_started").await;
    let downloads = downloads.body["history"].as_array().unwrap();
    assert_eq!(downloads.iter().filter(|record| record["address"].is_null()).count(), 1, "{downloads:?}");
    drop(administrator);
    world.keep_for_readers("small", &zips);
    world.end().await;
}

#[tokio::test]
async fn notifications_stay_unread_until_they_are_marked() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    let administrator = world.administrator();
    let feed = administrator.get("/backup/notifications").await;
    assert_eq!(feed.status, StatusCode::OK);
    let list = feed.body["notifications"].as_array().unwrap();
    assert_eq!(list.len(), 2, "{feed:?}");
    assert!(list.iter().all(|notification| notification["read"] == false), "{feed:?}");
    let links = list[0]["links"].as_array().unwrap();
    assert_eq!((links.len(), &links[0]["file_name"]), (2, &json!("Data_001.zip")));
    let (status, _) = world.download(links[0]["url"].as_str().unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    let newest = list[0]["id"].as_str().unwrap();
    let body = json!({ "notifications": { "read_until": newest } }).to_string();
    let marked = administrator.put("/backup/notifications/actions/mark_read", &body).await;
    assert_eq!(marked.status, StatusCode::OK, "{marked:?}");
    let feed = administrator.get("/backup/notifications").await;
    assert!(feed.body["notifications"].as_array().unwrap().iter().all(|notification| notification["read"] == true), "{feed:?}");
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn concurrent_requests_make_one_backup() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let administrator = world.administrator();
    let (a, b, c) =
        tokio::join!(administrator.post("/backup", ""), administrator.post("/backup", ""), administrator.post("/backup", " "));
    let mut codes = [a.code(), b.code(), c.code()];
    codes.sort_unstable();
    assert_eq!(codes, ["INPROGRESS", "INPROGRESS", "SUCCESS"]);
    drop(administrator);
    let use_of_month = world.end().await;
    drop(use_of_month);
}

#[tokio::test]
async fn the_free_backups_of_a_month_run_out() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let left = async || world.administrator().get("/backup/summary").await.body["summary"]["allowance"]["left"].clone();
    assert_eq!(left().await, 2);
    for _ in 0..2 {
        assert_eq!(world.back_up().await.status, BackupStatus::Completed);
    }
    assert_eq!(left().await, 0);
    let refused = world.administrator().post("/backup", "").await;
    assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "LIMIT_REACHED"));
    world.end().await;
}

#[tokio::test]
async fn the_same_input_gives_the_same_bytes() {
    let crm = Crm::small();
    let mut made = Vec::new();
    for _ in 0..2 {
        let world = World::start_with(|options| {
            options.clock = Arc::new(ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()));
            options.ids = Arc::new(CountingIds::default());
        })
        .await;
        world.import(crm.inputs()).await;
        let zips = world.back_up_well().await;
        made.push(zips.iter().map(|zip| std::fs::read(zip).unwrap()).collect::<Vec<_>>());
        world.end().await;
    }
    assert_eq!(made[0], made[1]);
}
