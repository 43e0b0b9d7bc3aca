//! The weekly subscription and plans, charged monthly: bought, used, cancelled, resumed, renewed, and ended for lack of
//! payment.

use chrono::TimeDelta;
use hozon_shared::domain::allowance::Claim;
use hozon_tests::{Card, Shop};
use reqwest::StatusCode;
use serde_json::{Value, json};

const WEEKLY: &str = r#"{"backup":{"rrule":"RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"}}"#;
const WEEKLY_SUBSCRIPTION: &str = r#"{"order":{"items":[{"product":"weekly"}],"origin":"backup_page"}}"#;
const EVERYTHING: &str = r#"{"order":{"items":[{"product":"plan","plan":"Ultimate"},{"product":"weekly"},{"product":"one_time","quantity":2}],"origin":"upgrade"}}"#;
const CONFIRM: &str = r#"{"subscription":{"confirm":true}}"#;

async fn act(shop: &Shop, subscription: &Value, action: &str, body: &str) -> hozon_tests::Answer {
    let path = format!("/backup/subscriptions/{}/actions/{action}", subscription["id"].as_str().unwrap());
    shop.world.administrator().post(&path, body).await
}

/// Returns the claims of the backups so far, oldest first.
async fn claims(shop: &Shop) -> Vec<&'static str> {
    shop.world.local.wait_until_idle().await;
    let mut backups = shop.world.local.ports.store.backups(shop.world.org, 100).await.unwrap();
    backups.reverse();
    let name = |claim: &Claim| match claim {
        Claim::Weekly { .. } => "weekly",
        Claim::Free { .. } => "free",
        Claim::Credit { .. } => "credit",
        Claim::Unlimited => "unlimited",
    };
    backups.iter().map(|backup| name(&backup.claim)).collect()
}

#[tokio::test]
async fn a_weekly_schedule_is_offered_the_subscription_and_uses_it() {
    let shop = Shop::open("Standard", "JP").await;
    let administrator = shop.world.administrator();
    let refused = administrator.post("/backup", WEEKLY).await;
    assert_eq!(refused.code(), "LIMIT_REACHED");
    let offered: Vec<_> =
        refused.body["backup"]["details"]["buy"].as_array().unwrap().iter().map(|offer| offer["product"].clone()).collect();
    assert_eq!(offered, [json!("weekly")], "directly");
    shop.buy(WEEKLY_SUBSCRIPTION, Card::GOOD).await;
    let twice = administrator.post("/backup/orders", WEEKLY_SUBSCRIPTION).await;
    assert_eq!((twice.status, twice.code()), (StatusCode::BAD_REQUEST, "INVALID_DATA"));
    let set = administrator.post("/backup", WEEKLY).await;
    assert_eq!(set.code(), "SUCCESS");
    for _ in 0..3 {
        shop.wait(TimeDelta::days(7)).await;
    }
    assert_eq!(claims(&shop).await, ["weekly", "weekly", "weekly"]);
    assert_eq!(shop.allowance().await["free_left"], 2, "the month's free backups are untouched");
    let stopped = administrator
        .send(
            reqwest::Method::PUT,
            &format!("/crm/bulk/v8/backup/{}/actions/cancel", set.body["backup"]["details"]["id"].as_str().unwrap()),
            "",
        )
        .await;
    assert!(stopped.body["backup"]["details"]["note"].as_str().unwrap().contains("not cancelled by this"));
    assert_eq!(shop.subscriptions().await[0]["status"], "ACTIVE");
    drop(administrator);
    shop.close().await;
}

#[tokio::test]
async fn a_cancelled_subscription_runs_to_its_periods_end_and_can_be_resumed_before() {
    let shop = Shop::open("Standard", "JP").await;
    shop.buy(WEEKLY_SUBSCRIPTION, Card::GOOD).await;
    assert_eq!(shop.world.administrator().post("/backup", WEEKLY).await.code(), "SUCCESS");
    let subscription = shop.subscriptions().await[0].clone();
    let asked = act(&shop, &subscription, "cancel", "").await;
    assert_eq!((asked.status, asked.code()), (StatusCode::BAD_REQUEST, "CONFIRMATION_REQUIRED"));
    assert_eq!(asked.body["details"], json!({ "ends": subscription["period_end"], "plan_after": null }));
    assert_eq!(shop.subscriptions().await[0]["status"], "ACTIVE");
    for _ in 0..2 {
        assert_eq!(act(&shop, &subscription, "cancel", CONFIRM).await.body["subscription"]["status"], "ENDING");
        assert_eq!(act(&shop, &subscription, "cancel", CONFIRM).await.code(), "ALREADY_CANCELLED");
        assert_eq!(act(&shop, &subscription, "resume", "").await.body["subscription"]["status"], "ACTIVE");
    }
    assert_eq!(act(&shop, &subscription, "resume", "").await.code(), "NOT_ALLOWED");
    act(&shop, &subscription, "cancel", CONFIRM).await;
    shop.wait(TimeDelta::days(28)).await;
    assert_eq!(shop.allowance().await["weekly"]["status"], "ENDING");
    shop.wait(TimeDelta::days(7)).await;
    assert_eq!(shop.subscriptions().await[0]["status"], "ENDED");
    assert_eq!(shop.allowance().await["weekly"], Value::Null);
    assert_eq!(act(&shop, &subscription, "resume", "").await.code(), "NOT_ALLOWED");
    assert_eq!(shop.history("subscription_cancelled,subscription_resumed,subscription_ended").await.len(), 6);
    assert_eq!(claims(&shop).await.last(), Some(&"free"), "the schedule goes on with the plan's own");
    assert_eq!(shop.charges().await.len(), 1);
    shop.close().await;
}

#[tokio::test]
async fn after_a_bought_plan_ends_the_previous_plan_applies() {
    let shop = Shop::open("Free", "JP").await;
    let refused = shop.world.administrator().post("/backup", "").await;
    let offered: Vec<_> =
        refused.body["backup"]["details"]["buy"].as_array().unwrap().iter().map(|offer| offer["product"].clone()).collect();
    assert!(offered.contains(&json!("one_time")) && offered.contains(&json!("plan")), "{offered:?}");
    let order = shop.buy(EVERYTHING, Card::GOOD).await;
    assert_eq!((&order["total"], &order["renews_amount"]), (&json!(12840), &json!(9840)));
    let allowance = shop.allowance().await;
    assert_eq!(
        (&allowance["plan"], &allowance["left"], &allowance["weekly"]["status"]),
        (&json!("Ultimate"), &json!(6), &json!("ACTIVE"))
    );
    let held = shop.subscriptions().await;
    let plan = held.iter().find(|held| held["product"] == "plan").unwrap();
    let asked = act(&shop, plan, "cancel", "").await;
    assert_eq!(asked.body["details"]["plan_after"], "Free");
    assert_eq!(act(&shop, plan, "cancel", CONFIRM).await.body["subscription"]["status"], "ENDING");
    let weekly = shop.subscriptions().await.into_iter().find(|held| held["product"] == "weekly").unwrap();
    assert_eq!(weekly["status"], "ACTIVE", "cancelling one of two leaves the other");
    shop.wait(TimeDelta::days(32)).await;
    assert_eq!(shop.allowance().await["plan"], "Free");
    let weekly = shop.subscriptions().await.into_iter().find(|held| held["product"] == "weekly").unwrap();
    assert_eq!(weekly["status"], "ACTIVE");
    assert_eq!(
        shop.charges().await,
        [("JPY 12840".to_owned(), true), ("JPY 3600".to_owned(), true)],
        "only what was kept is renewed"
    );
    assert_eq!(shop.history("plan_changed").await.len(), 2);
    shop.close().await;
}

#[tokio::test]
async fn a_higher_plan_replaces_the_current_one() {
    let shop = Shop::open("Free", "JP").await;
    let plan =
        |name: &str| json!({ "order": { "items": [{ "product": "plan", "plan": name }], "origin": "upgrade" } }).to_string();
    shop.buy(&plan("Standard"), Card::GOOD).await;
    shop.buy(&plan("Ultimate"), Card::GOOD).await;
    assert_eq!(shop.allowance().await["plan"], "Ultimate");
    let statuses: Vec<_> = shop.subscriptions().await.iter().map(|held| (held["plan"].clone(), held["status"].clone())).collect();
    assert_eq!(statuses, [(json!("Ultimate"), json!("ACTIVE")), (json!("Standard"), json!("ENDED"))]);
    let current = shop.subscriptions().await[0].clone();
    assert_eq!(act(&shop, &current, "cancel", "").await.body["details"]["plan_after"], "Free");
    shop.close().await;
}

#[tokio::test]
async fn a_higher_plan_leaves_the_weekly_subscription_that_was_bought_with_the_lower_one() {
    let shop = Shop::open("Free", "JP").await;
    let both = r#"{"order":{"items":[{"product":"plan","plan":"Standard"},{"product":"weekly"}],"origin":"upgrade"}}"#;
    shop.buy(both, Card::GOOD).await;
    shop.buy(r#"{"order":{"items":[{"product":"plan","plan":"Ultimate"}],"origin":"upgrade"}}"#, Card::GOOD).await;
    let allowance = shop.allowance().await;
    assert_eq!((&allowance["plan"], &allowance["weekly"]["status"]), (&json!("Ultimate"), &json!("ACTIVE")));
    shop.wait(TimeDelta::days(31)).await;
    let allowance = shop.allowance().await;
    assert_eq!((&allowance["plan"], &allowance["weekly"]["status"]), (&json!("Ultimate"), &json!("ACTIVE")));
    let renewed: Vec<_> = shop.charges().await.into_iter().skip(2).map(|(amount, _)| amount).collect();
    assert_eq!(renewed, ["JPY 1920", "JPY 6240"], "the weekly subscription less the rest of the lower plan, and the higher plan");
    shop.close().await;
}

#[tokio::test]
async fn a_refunded_subscription_no_longer_counts() {
    let shop = Shop::open("Free", "JP").await;
    let order = shop.buy(EVERYTHING, Card::GOOD).await;
    shop.refund(&order, 1000).await;
    assert_eq!(shop.allowance().await["plan"], "Ultimate", "a part of it changes no plan");
    shop.refund(&order, 11_840).await;
    let allowance = shop.allowance().await;
    assert_eq!((&allowance["plan"], &allowance["weekly"], &allowance["left"]), (&json!("Free"), &Value::Null, &json!(0)));
    shop.close().await;
}

#[tokio::test]
async fn renewals_extend_a_subscription_and_it_ends_when_the_provider_gives_up() {
    let shop = Shop::open("Standard", "JP").await;
    shop.buy(WEEKLY_SUBSCRIPTION, Card::GOOD).await;
    let first = shop.subscriptions().await[0]["period_end"].clone();
    shop.wait(TimeDelta::days(31)).await;
    assert_ne!(shop.subscriptions().await[0]["period_end"], first);
    assert_eq!(shop.history("subscription_renewed").await.len(), 1);
    shop.close().await;

    let shop = Shop::open("Standard", "JP").await;
    shop.buy(WEEKLY_SUBSCRIPTION, Card::FAILS_LATER).await;
    shop.wait(TimeDelta::days(31)).await;
    assert_eq!(shop.allowance().await["weekly"]["status"], "PAST_DUE", "the provider tries again, and it counts until then");
    assert_eq!(shop.world.administrator().post("/backup", WEEKLY).await.code(), "SUCCESS");
    for _ in 0..20 {
        shop.wait(TimeDelta::days(1)).await;
    }
    assert_eq!(shop.subscriptions().await[0]["status"], "ENDED");
    assert_eq!(shop.allowance().await["weekly"], Value::Null);
    assert_eq!(shop.history("payment_failed").await.len(), 1);
    assert_eq!(shop.history("subscription_ended").await.len(), 1);
    shop.close().await;
}
