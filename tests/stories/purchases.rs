//! An administrator whose allowance is used up buys backups, pays at the provider's checkout, and uses them.

use hozon_shared::domain::backup::BackupStatus;
use hozon_shared::domain::id::OrderId;
use hozon_shared::domain::order::Order;
use hozon_shared::ports::{Change, Payments};
use hozon_tests::{Answer, Card, Crm, Paid, Shop, World};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const THREE_BACKUPS: &str = r#"{"order":{"items":[{"product":"one_time","quantity":3}],"origin":"backup_page"}}"#;

#[tokio::test]
async fn an_organisation_without_backups_buys_some_and_uses_them() {
    let shop = Shop::open("Standard", "JP").await;
    let administrator = shop.world.administrator();
    for _ in 0..2 {
        assert_eq!(shop.world.back_up().await.status, BackupStatus::Completed);
    }
    let refused = administrator.post("/backup", "").await;
    assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "LIMIT_REACHED"));
    let details = &refused.body["backup"]["details"];
    assert_eq!((&details["free_per_month"], &details["renews"]), (&json!(2), &json!("2026-12-01T00:00:00+09:00")));
    assert_eq!(
        details["buy"][0],
        json!({ "product": "one_time", "plan": null, "amount": 1500, "currency": "JPY", "minor_digits": 0, "per": "backup", "free_per_month": null })
    );
    assert_eq!(details["buy"][1]["plan"], "Ultimate", "only a plan that gives more");

    let order = shop.place(THREE_BACKUPS).await;
    assert_eq!((&order["status"], &order["total"], &order["subtotal"]), (&json!("DRAFT"), &json!(4500), &json!(4091)));
    assert_eq!(order["tax"], json!({ "name": "消費税", "percent": "10", "included": true, "amount": 409 }));
    let confirmed = shop.confirm(&order).await;
    assert_eq!(confirmed["status"], "AWAITING_PAYMENT");
    assert_eq!(shop.confirm(&order).await["checkout_url"], confirmed["checkout_url"], "may be repeated");
    let paid = shop.pay(&confirmed, Card::GOOD).await;
    assert_eq!(paid, Paid::BackTo(format!("{}/#/orders/{}", shop.world.local.url, order["id"].as_str().unwrap())));

    let order = shop.order(&order).await;
    assert_eq!((&order["status"], &order["checkout_url"]), (&json!("PAID"), &Value::Null));
    let (status, receipt) = shop.world.download(order["receipt_url"].as_str().unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(String::from_utf8(receipt).unwrap().contains("4,500"));
    assert_eq!(shop.allowance().await["one_time_left"], 3);
    assert_eq!(shop.world.back_up().await.status, BackupStatus::Completed);
    assert_eq!(shop.allowance().await["one_time_left"], 2);
    let history = administrator.get("/backup/history?kind=purchased").await.body["history"][0].clone();
    assert_eq!((&history["action"], &history["count"], &history["amount"]), (&json!("purchased"), &json!(3), &json!(4500)));
    drop(administrator);
    shop.close().await;
}

#[tokio::test]
async fn a_declined_card_charges_nothing_and_another_can_be_tried() {
    let shop = Shop::open("Free", "US").await;
    let confirmed = shop.confirm(&shop.place(THREE_BACKUPS).await).await;
    for card in [Card::DECLINED, Card::WITHOUT_FUNDS] {
        assert!(matches!(shop.pay(&confirmed, card).await, Paid::Refused(_)), "{card:?}");
    }
    assert_eq!(shop.order(&confirmed).await["status"], "AWAITING_PAYMENT");
    assert_eq!(shop.allowance().await["one_time_left"], 0);
    assert!(matches!(shop.pay(&confirmed, Card::GOOD).await, Paid::BackTo(_)));
    assert_eq!(shop.order(&confirmed).await["status"], "PAID");
    assert_eq!(shop.pay(&confirmed, Card::GOOD).await, Paid::Closed, "a second click");
    assert_eq!(shop.allowance().await["one_time_left"], 3);
    assert_eq!(shop.charges().await, [("USD 30.00".to_owned(), true)]);
    shop.close().await;
}

#[tokio::test]
async fn a_card_that_asks_its_owner_pays_only_when_they_agree() {
    let shop = Shop::open("Free", "KW").await;
    let confirmed = shop.confirm(&shop.place(THREE_BACKUPS).await).await;
    assert!(matches!(shop.pay(&confirmed, Card::ASKS_OWNER.refused()).await, Paid::Refused(_)));
    assert_eq!(shop.allowance().await["one_time_left"], 0);
    assert!(matches!(shop.pay(&confirmed, Card::ASKS_OWNER).await, Paid::BackTo(_)));
    assert_eq!((&shop.order(&confirmed).await["total"], &shop.allowance().await["one_time_left"]), (&json!(9300), &json!(3)));
    assert_eq!(shop.charges().await, [("KWD 9.300".to_owned(), true)]);
    shop.close().await;
}

#[tokio::test]
async fn a_cancelled_or_expired_order_cannot_be_paid() {
    let shop = Shop::open("Free", "JP").await;
    let administrator = shop.world.administrator();
    let given_up = shop.confirm(&shop.place(THREE_BACKUPS).await).await;
    let path = format!("/backup/orders/{}/actions/cancel", given_up["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(administrator.post(&path, "").await.body["order"]["status"], "CANCELLED");
    }
    assert_eq!(shop.pay(&given_up, Card::GOOD).await, Paid::Closed);
    let replaced = shop.confirm(&shop.place(THREE_BACKUPS).await).await;
    let expired = shop.confirm(&shop.place(THREE_BACKUPS).await).await;
    assert_eq!(shop.order(&replaced).await["status"], "CANCELLED", "a second order closes the first one's checkout");
    assert_eq!(shop.pay(&replaced, Card::GOOD).await, Paid::Closed);
    shop.wait(hours(24)).await;
    assert_eq!(shop.order(&expired).await["status"], "EXPIRED");
    let draft = shop.place(THREE_BACKUPS).await;
    shop.wait(hours(22)).await;
    let late = administrator.post(&format!("/backup/orders/{}/actions/confirm", draft["id"].as_str().unwrap()), "").await;
    assert_eq!((late.status, late.code()), (StatusCode::BAD_REQUEST, "NOT_ALLOWED"));
    assert!(shop.charges().await.is_empty());
    drop(administrator);
    shop.close().await;
}

#[tokio::test]
async fn an_order_is_cancelled_even_if_the_provider_reports_the_closed_checkout_first() {
    let shop = Shop::open("Free", "JP").await;
    let confirmed = shop.confirm(&shop.place(THREE_BACKUPS).await).await;
    let id = confirmed["id"].as_str().unwrap();
    let ports = &shop.world.local.ports;
    let order = ports.purchases.order(shop.world.org, id.parse::<u64>().map(OrderId).unwrap()).await.unwrap().unwrap();
    let checkout = order.checkout.clone().unwrap();
    let cancelling = Order { cancelled_by: Some(order.buyer.clone()), ..order };
    ports.store.commit(shop.world.org, vec![Change::Order(Box::new(cancelling))]).await.unwrap();
    shop.world.local.payments.close_checkout(&checkout.id).await.unwrap();
    shop.world.local.tick().await;
    assert_eq!(shop.order(&confirmed).await["status"], "CANCELLED");
    let administrator = shop.world.administrator();
    let again = administrator.post(&format!("/backup/orders/{id}/actions/cancel"), "").await;
    assert_eq!((again.status, &again.body["order"]["status"]), (StatusCode::OK, &json!("CANCELLED")));
    drop(administrator);
    shop.close().await;
}

#[tokio::test]
async fn prices_come_from_the_price_list_only() {
    let shop = Shop::open("Free", "JP").await;
    let administrator = shop.world.administrator();
    for (body, code, path) in [
        (
            r#"{"order":{"items":[{"product":"one_time","quantity":3,"amount":1}],"origin":"backup_page"}}"#,
            "INVALID_DATA",
            "$.order..amount",
        ),
        (r#"{"order":{"items":[{"product":"one_time"}],"origin":"backup_page","total":1}}"#, "INVALID_DATA", "$.order..total"),
        (
            r#"{"order":{"items":[{"product":"one_time","quantity":0}],"origin":"backup_page"}}"#,
            "INVALID_DATA",
            "$.order.items[0].quantity",
        ),
        (r#"{"order":{"items":[{"product":"one_time","quantity":-1}],"origin":"backup_page"}}"#, "INVALID_DATA", "$.order"),
        (r#"{"order":{"items":[{"product":"gold"}],"origin":"backup_page"}}"#, "INVALID_DATA", "$.order.items[0].product"),
        (r#"{"order":{"items":[{"product":"plan"}],"origin":"upgrade"}}"#, "MANDATORY_NOT_FOUND", "$.order.items[0].plan"),
        (r#"{"order":{"items":[{"product":"plan","plan":"Free"}],"origin":"upgrade"}}"#, "INVALID_DATA", "$.order.items[0].plan"),
        (r#"{"order":{"items":[],"origin":"upgrade"}}"#, "INVALID_DATA", "$.order.items"),
        ("{", "REQUEST_BODY_NOT_READABLE", ""),
    ] {
        let refused = administrator.post("/backup/orders", body).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, code), "{body}");
        assert_eq!(refused.body["details"]["json_path"].as_str().unwrap_or_default(), path, "{body}");
    }
    for path in ["/backup/prices", "/backup/orders", "/backup/subscriptions", "/backup/allowance", "/backup/ledger"] {
        assert_eq!(shop.world.user().get(path).await.code(), "NO_PERMISSION", "{path}");
    }
    assert_eq!(shop.world.user().post("/backup/orders", THREE_BACKUPS).await.code(), "NO_PERMISSION");
    assert_eq!(administrator.get("/backup/orders/1").await.code(), "RESOURCE_NOT_FOUND");
    drop(administrator);
    shop.close().await;
}

#[tokio::test]
async fn nothing_can_be_bought_where_purchases_are_off() {
    let world = World::start().await;
    let administrator = world.administrator();
    assert_eq!(administrator.get("/backup/prices").await.code(), "NOT_ALLOWED");
    assert_eq!(administrator.post("/backup/orders", THREE_BACKUPS).await.code(), "NOT_ALLOWED");
    assert_eq!(administrator.get("/backup/allowance").await.body["allowance"]["purchases"], false);
    world.import(Crm::small().inputs()).await;
    for _ in 0..2 {
        world.back_up_well().await;
    }
    assert_eq!(administrator.post("/backup", "").await.body["backup"]["details"]["buy"], json!([]));
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn a_message_that_the_provider_did_not_sign_is_refused() {
    let shop = Shop::open("Free", "JP").await;
    let confirmed = shop.confirm(&shop.place(THREE_BACKUPS).await).await;
    shop.pay(&confirmed, Card::GOOD).await;
    let (body, signature) = shop.messages().await.pop().unwrap();
    let nobody = shop.world.with_header(None);
    let send = async |body: &str, signature: &str| -> Answer {
        nobody.send_with(Method::POST, "/webhooks/payments", body, &[("stripe-signature", signature)]).await
    };
    assert_eq!(send(&body, &signature).await.status, StatusCode::OK);
    for (body, signature) in
        [(body.replace("evt_", "evt-"), signature.clone()), (body.clone(), String::new()), (body.clone(), "t=1,v1=00".to_owned())]
    {
        let refused = send(&body, &signature).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "INVALID_SIGNATURE"));
    }
    shop.wait(chrono::TimeDelta::minutes(6)).await;
    assert_eq!(send(&body, &signature).await.code(), "INVALID_SIGNATURE", "it is too old");
    shop.close().await;
}

#[tokio::test]
async fn refunds_and_disputes_take_back_what_was_not_used() {
    let shop = Shop::open("Free", "JP").await;
    let order = shop.buy(THREE_BACKUPS, Card::GOOD).await;
    assert_eq!(shop.world.back_up().await.status, BackupStatus::Completed);
    shop.refund(&order, 1500).await;
    assert_eq!(
        (&shop.order(&order).await["refunded_amount"], &shop.allowance().await["one_time_left"]),
        (&json!(1500), &json!(1))
    );
    shop.refund(&order, 3000).await;
    assert_eq!(
        (&shop.order(&order).await["refunded_amount"], &shop.allowance().await["one_time_left"]),
        (&json!(4500), &json!(0))
    );
    let disputed = shop.buy(THREE_BACKUPS, Card::DISPUTED).await;
    assert_eq!((&shop.order(&disputed).await["disputed"], &shop.allowance().await["one_time_left"]), (&json!(true), &json!(0)));
    assert_eq!(shop.world.administrator().post("/backup", "").await.code(), "LIMIT_REACHED");
    shop.win_dispute(&disputed).await;
    assert_eq!((&shop.order(&disputed).await["disputed"], &shop.allowance().await["one_time_left"]), (&json!(false), &json!(3)));
    let kinds: Vec<Value> =
        shop.history("refunded,disputed,dispute_won").await.iter().map(|record| record["kind"].clone()).collect();
    assert_eq!(kinds, ["dispute_won", "disputed", "refunded", "refunded"]);
    shop.close().await;
}

#[tokio::test]
async fn a_backup_that_fails_gives_back_what_was_bought() {
    let shop = Shop::open("Free", "JP").await;
    shop.buy(THREE_BACKUPS, Card::GOOD).await;
    shop.world.lose_an_attachment().await;
    assert_eq!(shop.world.back_up().await.status, BackupStatus::Failed);
    assert_eq!(shop.allowance().await["one_time_left"], 3);
    shop.close().await;
}

#[tokio::test]
async fn the_same_messages_a_hundred_times_in_any_order_have_one_effect() {
    let shop = Shop::open("Free", "JP").await;
    let all = r#"{"order":{"items":[{"product":"one_time","quantity":2},{"product":"weekly"},{"product":"plan","plan":"Standard"}],"origin":"upgrade"}}"#;
    let confirmed = shop.confirm(&shop.place(all).await).await;
    shop.hold_messages();
    shop.pay(&confirmed, Card::GOOD).await;
    assert_eq!(shop.order(&confirmed).await["status"], "AWAITING_PAYMENT");
    let messages = shop.messages().await;
    assert!(messages.len() >= 4, "{}", messages.len());
    let mut deliveries: Vec<_> = (0..100).flat_map(|_| messages.clone()).collect();
    fastrand::Rng::with_seed(5).shuffle(&mut deliveries);
    let nobody = shop.world.with_header(None);
    for some in deliveries.chunks(40) {
        let send = |(body, signature): &(String, String)| {
            let (body, signature) = (body.clone(), signature.clone());
            let nobody = &nobody;
            async move {
                nobody.send_with(Method::POST, "/webhooks/payments", &body, &[("stripe-signature", &signature)]).await.status
            }
        };
        let answers = futures_util::future::join_all(some.iter().map(send)).await;
        // The provider repeats the message of whoever loses too many races.
        assert!(answers.iter().all(|status| [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(status)), "{answers:?}");
    }
    assert_eq!(shop.order(&confirmed).await["status"], "PAID");
    let allowance = shop.allowance().await;
    assert_eq!((&allowance["plan"], &allowance["one_time_left"]), (&json!("Standard"), &json!(2)));
    assert_eq!(shop.history("purchased").await.len(), 1);
    assert_eq!(shop.history("plan_changed").await.len(), 1);
    assert_eq!(shop.subscriptions().await.len(), 2);
    let order: OrderId = confirmed["id"].as_str().unwrap().parse().unwrap();
    let ledger = shop.world.local.ports.accounts.ledger(shop.world.org, None).await.unwrap();
    let bought: Vec<_> =
        ledger.iter().filter(|entry| entry.movement.pool == hozon_shared::domain::ledger::Pool::Credits { order }).collect();
    assert_eq!(bought.len(), 1, "{bought:?}");
    shop.close().await;
}

#[tokio::test]
async fn two_hundred_concurrent_requests_use_the_one_backup_that_is_left_once() {
    let shop = Shop::open("Free", "JP").await;
    shop.buy(r#"{"order":{"items":[{"product":"one_time"}],"origin":"backup_page"}}"#, Card::GOOD).await;
    let administrator = shop.world.administrator();
    let answers = futures_util::future::join_all((0..200).map(|_| administrator.post("/backup", ""))).await;
    let count = |code: &str| answers.iter().filter(|answer| answer.code() == code).count();
    assert_eq!(count("SUCCESS"), 1);
    assert_eq!(count("SUCCESS") + count("INPROGRESS") + count("LIMIT_REACHED"), 200, "{answers:?}");
    shop.world.local.wait_until_idle().await;
    assert_eq!(shop.world.local.ports.store.backups(shop.world.org, 10).await.unwrap().len(), 1);
    assert_eq!(administrator.post("/backup", "").await.code(), "LIMIT_REACHED");
    drop(administrator);
    shop.close().await;
}

#[tokio::test]
async fn concurrent_confirmations_leave_one_checkout_open() {
    let shop = Shop::open("Free", "JP").await;
    let (first, second) = (shop.place(THREE_BACKUPS).await, shop.place(THREE_BACKUPS).await);
    for orders in [[&first; 6], [&first, &second, &first, &second, &first, &second]] {
        confirm_at_once(&shop, &orders).await;
        let open = shop.open_checkouts().await;
        let awaited = [shop.order(&first).await, shop.order(&second).await].map(|order| order["checkout_url"].clone());
        let awaited: Vec<_> = awaited.into_iter().filter(|url| !url.is_null()).collect();
        assert_eq!((open.len(), &open), (1, &awaited), "the one that an order awaits");
    }
    let later = shop.place(THREE_BACKUPS).await;
    let confirmed = shop.confirm(&later).await;
    assert_eq!(shop.open_checkouts().await, [confirmed["checkout_url"].clone()]);
    shop.world.local.tick().await;
    assert_eq!(shop.order(&later).await["status"], "AWAITING_PAYMENT", "messages about closed checkouts change nothing");
    assert!(matches!(shop.pay(&confirmed, Card::GOOD).await, Paid::BackTo(_)));
    assert_eq!((&shop.order(&later).await["status"], &shop.allowance().await["one_time_left"]), (&json!("PAID"), &json!(3)));
    shop.close().await;
}

/// Confirms orders concurrently, as users of both languages. Each call succeeds, loses to another, or is asked to retry.
async fn confirm_at_once(shop: &Shop, orders: &[&Value]) {
    let administrator = shop.world.administrator();
    let confirming = orders.iter().zip(["ja", "ja", "en", "en"].iter().cycle()).map(|(order, language)| {
        let path = format!("/crm/bulk/v8/backup/orders/{}/actions/confirm", order["id"].as_str().unwrap());
        let administrator = &administrator;
        async move { administrator.send_with(Method::POST, &path, "", &[("accept-language", language)]).await }
    });
    for answer in futures_util::future::join_all(confirming).await {
        let expected = [StatusCode::OK, StatusCode::BAD_REQUEST, StatusCode::SERVICE_UNAVAILABLE];
        assert!(expected.contains(&answer.status), "{answer:?}");
    }
}

#[tokio::test]
async fn concurrent_backups_purchases_and_refunds_keep_the_ledger_balanced() {
    let shop = Shop::open("Standard", "JP").await;
    let backing_up = async {
        for _ in 0..15 {
            shop.world.administrator().post("/backup", "").await;
            shop.world.local.wait_until_idle().await;
        }
    };
    let buying = async {
        for quantity in [1, 2, 3, 1] {
            let body =
                json!({ "order": { "items": [{ "product": "one_time", "quantity": quantity }], "origin": "backup_page" } });
            let order = shop.buy(&body.to_string(), Card::GOOD).await;
            shop.refund(&order, 1500).await;
        }
    };
    tokio::join!(backing_up, buying);
    let backups = shop.world.local.ports.store.backups(shop.world.org, 100).await.unwrap();
    let made = backups.iter().filter(|backup| backup.status == BackupStatus::Completed).count();
    let account = shop.world.local.ports.accounts.account(shop.world.org).await.unwrap();
    let used: u32 =
        account.lots.iter().map(|lot| lot.used).sum::<u32>() + account.free.values().map(|count| count.used).sum::<u32>();
    assert_eq!(usize::try_from(used).unwrap(), made);
    assert!((2..=9).contains(&made), "{made} made of 2 free and 7 bought");
    assert!(account.lots.iter().all(|lot| lot.used <= lot.bought), "{account:?}");
    shop.close().await;
}

fn hours(count: i64) -> chrono::TimeDelta {
    chrono::TimeDelta::hours(count)
}
