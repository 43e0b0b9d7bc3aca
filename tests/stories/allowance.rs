//! The allowance decides what is shown before a schedule is set: which runs will be skipped, and which products would
//! cover them.

use chrono::TimeDelta;
use hozon_shared::domain::backup::BackupStatus;
use hozon_tests::{Card, Shop};
use reqwest::StatusCode;
use serde_json::{Value, json};

const BIWEEKLY: &str = "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO";
const WEEKLY: &str = "RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO";

async fn preview(shop: &Shop, rule: &str) -> Value {
    let rule = rule.replace('=', "%3D");
    shop.world.administrator().get(&format!("/backup/preview?rrule={rule}")).await.body["preview"].clone()
}

async fn set(shop: &Shop, rule: &str) -> StatusCode {
    shop.world.administrator().post("/backup", &json!({ "backup": { "rrule": rule } }).to_string()).await.status
}

async fn schedule(shop: &Shop) -> Value {
    shop.world.administrator().get("/backup/summary").await.body["summary"]["schedule"].clone()
}

#[tokio::test]
async fn a_used_up_month_names_the_skipped_run_and_what_to_buy() {
    let shop = Shop::open("Standard", "JP").await;
    assert_eq!(preview(&shop, BIWEEKLY).await["limit"], Value::Null, "both are left");
    assert_eq!(shop.world.back_up().await.status, BackupStatus::Completed);
    assert_eq!(preview(&shop, BIWEEKLY).await["limit"], Value::Null, "one is left");
    assert_eq!(shop.world.back_up().await.status, BackupStatus::Completed);
    let seen = preview(&shop, BIWEEKLY).await;
    assert_eq!(seen["skips"], json!(["2026-11-30T04:00:00+09:00"]), "December has its own");
    assert_eq!(seen["months"][0], json!({ "month": "2026-11", "runs": 1, "skipped": 1 }));
    let limit = &seen["limit"];
    assert_eq!((&limit["reason"], &limit["buy"][0]["product"]), (&json!("used_up"), &json!("one_time")));
    assert_eq!(set(&shop, BIWEEKLY).await, StatusCode::CREATED, "who wants to may set it all the same");
    let set = schedule(&shop).await;
    assert_eq!((&set["next_runs"][0], &set["skips"]), (&seen["next_runs"][0], &seen["skips"]));
    shop.buy(r#"{"order":{"items":[{"product":"one_time"}],"origin":"backup_page"}}"#, Card::GOOD).await;
    assert_eq!((&schedule(&shop).await["skips"], &preview(&shop, BIWEEKLY).await["limit"]), (&json!([]), &Value::Null));
    shop.wait(TimeDelta::days(6)).await;
    let ran = shop.history("backup_ready").await;
    assert_eq!((ran.len(), shop.history("backup_skipped").await.len()), (3, 0), "what was said came true");
    shop.close().await;
}

#[tokio::test]
async fn a_weekly_schedule_needs_the_subscription_and_offers_no_one_time_backups() {
    let shop = Shop::open("Standard", "JP").await;
    assert_eq!(shop.world.back_up().await.status, BackupStatus::Completed);
    let limit = preview(&shop, WEEKLY).await["limit"].clone();
    assert_eq!(limit["reason"], "needs_weekly", "one of two is left: nothing is used up");
    assert_eq!(limit["buy"].as_array().unwrap().iter().map(|offer| &offer["product"]).collect::<Vec<_>>(), ["weekly"]);
    assert_eq!(set(&shop, WEEKLY).await, StatusCode::BAD_REQUEST);
    shop.buy(r#"{"order":{"items":[{"product":"weekly"}],"origin":"backup_page"}}"#, Card::GOOD).await;
    let seen = preview(&shop, WEEKLY).await;
    assert_eq!((&seen["limit"], &seen["skips"]), (&Value::Null, &json!([])), "the subscription covers every run");
    assert!(seen["months"].as_array().unwrap().iter().all(|month| month["skipped"] == 0), "{seen}");
    assert_eq!(set(&shop, WEEKLY).await, StatusCode::CREATED);
    assert_eq!(schedule(&shop).await["skips"], json!([]));
    let id = shop.subscriptions().await[0]["id"].as_str().unwrap().to_owned();
    let cancel = format!("/backup/subscriptions/{id}/actions/cancel");
    let cancelled = shop.world.administrator().post(&cancel, r#"{"subscription":{"confirm":true}}"#).await;
    assert_eq!(cancelled.status, StatusCode::OK);
    assert_eq!(schedule(&shop).await["skips"], json!(["2027-01-18T04:00:00+09:00", "2027-01-25T04:00:00+09:00"]));
    shop.close().await;
}

#[tokio::test]
async fn a_plan_without_backups_says_so_before_a_schedule_is_set() {
    let shop = Shop::open("Free", "JP").await;
    let limit = preview(&shop, BIWEEKLY).await["limit"].clone();
    assert_eq!((&limit["reason"], &limit["free_per_month"]), (&json!("no_free"), &json!(0)));
    let plans: Vec<_> = limit["buy"].as_array().unwrap().iter().filter_map(|offer| offer["plan"].as_str()).collect();
    assert_eq!(plans, ["Standard", "Professional", "Enterprise", "Ultimate"], "the lowest first");
    shop.close().await;
}

#[tokio::test]
async fn a_price_quote_stores_nothing() {
    let shop = Shop::open("Standard", "JP").await;
    let administrator = shop.world.administrator();
    let prices = administrator.get("/backup/prices?one_time=3&weekly=true&plan=Ultimate").await.body["prices"].clone();
    let quote = &prices["quote"];
    assert_eq!((&quote["total"], &quote["renews_amount"]), (&json!(4500 + 3600 + 6240), &json!(3600 + 6240)));
    assert_eq!(quote["tax"], json!({ "name": "消費税", "percent": "10", "included": true, "amount": 1304 }));
    assert_eq!(quote["lines"].as_array().unwrap().len(), 3);
    assert_eq!(administrator.get("/backup/prices").await.body["prices"]["quote"], Value::Null);
    for (query, name) in [("one_time=250", "one_time"), ("one_time=x", "one_time"), ("plan=Nope", "plan"), ("weekly=1", "weekly")]
    {
        let refused = administrator.get(&format!("/backup/prices?{query}")).await;
        assert_eq!((refused.code(), &refused.body["details"]["param_name"]), ("INVALID_DATA", &json!(name)), "{query}");
    }
    assert_eq!(administrator.get("/backup/orders").await.body["orders"], json!([]));
    assert!(shop.history("order_placed").await.is_empty());
    drop(administrator);
    shop.close().await;
}

#[tokio::test]
async fn an_unlimited_plan_offers_no_backups() {
    let shop = Shop::open("Own", "JP").await;
    let administrator = shop.world.administrator();
    let prices = administrator.get("/backup/prices").await.body["prices"].clone();
    assert!(prices["products"].as_array().unwrap().iter().all(|product| product["available"] == false), "{prices}");
    for item in [json!({ "product": "one_time" }), json!({ "product": "weekly" })] {
        let body = json!({ "order": { "items": [item], "origin": "subscription_page" } }).to_string();
        let refused = administrator.post("/backup/orders", &body).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "INVALID_DATA"));
        assert_eq!(refused.body["message"], "Your plan is unlimited, so no backups need to be bought.");
    }
    drop(administrator);
    shop.close().await;
}
