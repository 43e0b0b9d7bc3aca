//! Paying a checkout.

use chrono::TimeDelta;
use hozon_shared::domain::payment::{About, CheckoutStatus, Standing};
use hozon_shared::ports::{CheckoutRequest, ErrorKind, Payments, Renewals};

use super::world::{OWNER, RETURN_URL, World, form, line, location, mixed, once};
use crate::cards::CARDS;

const GOOD: &str = "4242 4242 4242 4242";

#[tokio::test]
async fn a_good_card_pays_once_however_often_it_is_sent() {
    let world = World::new().await;
    let checkout = world.open(once()).await;
    assert_eq!(world.state(&checkout).await.status, CheckoutStatus::Open);
    for _ in 0..2 {
        let answer = world.pay(&checkout, GOOD).await;
        assert!(
            (answer.status() == 303 && location(&answer) == RETURN_URL)
                || answer.text().await.expect("text").contains("支払い済み")
        );
    }
    let state = world.state(&checkout).await;
    assert_eq!((state.status, state.owner, state.total.minor), (CheckoutStatus::Paid, Some(OWNER), 1500));
    assert_eq!(state.subscription, None);
    let charge = world.only("charges").await;
    let state = world.stripe.charge(charge["id"].as_str().expect("an id")).await.expect("a state");
    assert_eq!((state.owner, state.paid.minor, state.disputed), (Some(OWNER), 1500, false));
    world.server.tick().await;
    assert_eq!(world.abouts(), [About::Checkout(checkout.id)]);
}

#[tokio::test]
async fn two_sent_at_once_pay_once() {
    let world = World::new().await;
    let checkout = world.open(once()).await;
    let (first, second) = tokio::join!(world.pay(&checkout, GOOD), world.pay(&checkout, GOOD));
    assert!(first.status().as_u16() < 400 && second.status().as_u16() < 400);
    assert_eq!(world.list("charges").await.len(), 1);
}

#[tokio::test]
async fn after_a_decline_another_card_pays() {
    let world = World::new().await;
    let checkout = world.open(once()).await;
    for (number, reason) in [("4000000000000002", "拒否されました"), ("4000000000009995", "残高不足")] {
        let answer = world.pay(&checkout, number).await;
        assert_eq!(answer.status(), 422);
        let page = answer.text().await.expect("a page");
        assert!(page.contains("role=\"alert\"") && page.contains(reason), "{page}");
        assert!(page.contains("山田 &#60;b&#62;花子&#60;/b&#62;"), "what was typed is there again");
        assert!(!page.contains(number) && !page.contains("<b>"));
        assert_eq!(world.state(&checkout).await.status, CheckoutStatus::Open);
    }
    assert_eq!(world.pay(&checkout, GOOD).await.status(), 303);
    assert_eq!(world.state(&checkout).await.status, CheckoutStatus::Paid);
    let mut statuses: Vec<String> =
        world.list("charges").await.iter().map(|charge| charge["status"].as_str().expect("a status").to_owned()).collect();
    statuses.sort();
    assert_eq!(statuses, ["failed", "failed", "succeeded"]);
}

#[tokio::test]
async fn a_challenge_is_completed_or_fails() {
    let world = World::new().await;
    let checkout = world.open(mixed()).await;
    for (answer, status) in [("fail", CheckoutStatus::Open), ("complete", CheckoutStatus::Paid)] {
        let asked = world.pay(&checkout, "4000002500003155").await;
        assert_eq!(location(&asked), format!("/pay/{}/challenge", checkout.id));
        let url = format!("{}/challenge", checkout.url);
        let page = world.http.get(&url).send().await.expect("an answer").text().await.expect("a page");
        assert!(page.contains("value=\"complete\"") && page.contains("value=\"fail\""));
        let answered = world.send(&url, &format!("answer={answer}")).await;
        assert_eq!(answered.status() == 303, answer == "complete");
        assert_eq!(world.state(&checkout).await.status, status);
        let again = world.send(&url, "answer=complete").await;
        assert!(again.status() != 303 || status == CheckoutStatus::Paid, "nothing is asked any more");
    }
    assert_eq!(world.list("subscriptions").await.len(), 1);
}

#[tokio::test]
async fn what_is_typed_is_checked_and_named_and_cards_are_never_kept() {
    let world = World::new().await;
    let checkout = world.open(once()).await;
    let answer = world.send(&checkout.url, "cc-number=4111111111111111&email=x&country=JPN").await;
    assert_eq!(answer.status(), 422);
    let page = answer.text().await.expect("a page");
    for field in ["name", "email", "country", "postal-code", "address", "cc-number", "cc-exp", "cc-csc"] {
        assert!(page.contains(&format!("<a href=\"#{field}\">")), "{field} is named");
        assert!(page.contains(&format!("<label for=\"{field}\">")), "{field} has a label");
    }
    assert!(page.contains("カード番号はテストカードのものではありません") && !page.contains("4111"), "{page}");
    assert_eq!(world.send(&checkout.url, &form(GOOD, "01 / 27", "123")).await.status(), 303, "good until the month's end");
    let kept = world.file();
    assert!(CARDS.iter().all(|(number, _)| !kept.contains(number)) && !kept.contains("4111111111111111"));
}

#[tokio::test]
async fn a_page_runs_nothing_and_leads_only_where_it_should() {
    let world = World::new().await;
    let checkout = world.open(mixed()).await;
    let answer = world.http.get(&checkout.url).send().await.expect("an answer");
    let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; form-action 'self' http://127.0.0.1:1;"), "{policy}");
    let page = answer.text().await.expect("a page");
    assert!(page.contains("<html lang=\"ja\">") && page.contains("¥2,500") && page.contains("¥1,000"), "{page}");
    assert!(page.contains("extra &#60;追加&#62;") && page.contains("autocomplete=\"cc-number\"") && !page.contains("<script"));
    assert!(page.contains("4242 4242 4242 4242") && page.contains(&format!("<a href=\"{RETURN_URL}\">")));
    let style = world.http.get(format!("{}/style.css", world.server.url())).send().await.expect("an answer");
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
    let missing = world.http.get(format!("{}/pay/cs_test_1", world.server.url())).send().await.expect("an answer");
    assert_eq!(missing.status(), 404);
}

#[tokio::test]
async fn one_time_lines_are_paid_with_a_subscription_and_not_renewed() {
    let world = World::new().await;
    let checkout = world.open(mixed()).await;
    assert_eq!(world.pay(&checkout, GOOD).await.status(), 303);
    let state = world.state(&checkout).await;
    assert_eq!((state.status, state.total.minor), (CheckoutStatus::Paid, 2500));
    let subscription = state.subscription.expect("a subscription");
    assert_eq!((subscription.owner, subscription.standing), (Some(OWNER), Standing::Active));
    assert_eq!(subscription.products, ["addon", "more"]);
    assert_eq!(subscription.period_end.to_rfc3339(), "2027-02-28T10:00:00+00:00");
    let charge = world.only("charges").await;
    let charge = world.stripe.charge(charge["id"].as_str().expect("an id")).await.expect("a state");
    assert_eq!((charge.owner, charge.paid.minor), (Some(OWNER), 2500), "the first charge is the order's");
    let receipt = world.http.get(state.receipt_url.expect("a receipt")).send().await.expect("an answer");
    let receipt = receipt.text().await.expect("a page");
    assert!(receipt.contains("¥2,500") && receipt.contains("VISA •••• 4242"), "{receipt}");
    // The contents of a qualified invoice: seller, registration number, date, items, total and tax of the rate, buyer.
    for part in [
        "領収書（適格請求書）",
        "登録番号 T0123456789012",
        "保存デモショップ",
        "さくら商事 御中",
        "10%対象 合計（税込）",
        "うち消費税（10%）</th><td>¥227",
        "(Asia/Tokyo)",
        "H-",
        "軽減税率の対象となる商品はありません",
    ] {
        assert!(receipt.contains(part), "{part} in {receipt}");
    }
}

#[tokio::test]
async fn nobody_pays_after_the_time() {
    let world = World::new().await;
    let checkout = world.open(once()).await;
    world.advance(TimeDelta::hours(1));
    assert_eq!(world.pay(&checkout, GOOD).await.status(), 200);
    assert_eq!(world.state(&checkout).await.status, CheckoutStatus::Expired);
    assert!(world.list("charges").await.is_empty());
    world.server.tick().await;
    assert_eq!(world.abouts(), [About::Checkout(checkout.id)]);
}

#[tokio::test]
async fn only_an_open_checkout_is_closed() {
    let world = World::new().await;
    let (first, second) = (world.open(once()).await, world.open(vec![line("other", 10, false)]).await);
    world.stripe.close_checkout(&first.id).await.expect("closes");
    assert_eq!(world.state(&first).await.status, CheckoutStatus::Expired);
    assert_eq!(world.stripe.close_checkout(&first.id).await.expect_err("closed").kind, ErrorKind::Conflict);
    world.pay(&second, GOOD).await;
    assert_eq!(world.stripe.close_checkout(&second.id).await.expect_err("paid").kind, ErrorKind::Conflict);
    assert_eq!(world.stripe.close_checkout("cs_test_1").await.expect_err("none").kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn the_same_request_makes_the_same_things() {
    let world = World::new().await;
    assert_eq!(world.customer().await, world.customer().await);
    let request = world.request(mixed()).await;
    let first = world.stripe.open_checkout(&request).await.expect("a checkout");
    assert_eq!(world.stripe.open_checkout(&request).await.expect("the same"), first);
    let later = CheckoutRequest { expires: request.expires + TimeDelta::minutes(1), ..request.clone() };
    let again = CheckoutRequest { abandoned: 1, ..request };
    for other in [later, again] {
        assert_ne!(world.stripe.open_checkout(&other).await.expect("another").id, first.id);
    }
    let body = |name: &str| format!("name={name}");
    let (status, made) = world.call("customers", &body("a"), Some("k")).await;
    assert_eq!((status, world.call("customers", &body("a"), Some("k")).await.1), (200, made));
    let (status, error) = world.call("customers", &body("b"), Some("k")).await;
    assert_eq!((status, error["error"]["type"].as_str()), (400, Some("idempotency_error")));
    world.advance(TimeDelta::hours(25));
    assert_eq!(world.call("customers", &body("b"), Some("k")).await.0, 200);
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let world = World::new().await;
    let url = format!("{}/v1/customers", world.server.url());
    for request in [world.http.get(&url), world.http.get(&url).bearer_auth("sk_other"), world.http.post(&url)] {
        assert_eq!(request.send().await.expect("an answer").status(), 401);
    }
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let world = World::new().await;
    let checkout = world.open(mixed()).await;
    world.pay(&checkout, GOOD).await;
    let before = world.state(&checkout).await;
    let world = world.restarted().await;
    assert_eq!(world.state(&checkout).await.subscription, before.subscription);
    world.server.tick().await;
    assert!(world.abouts().contains(&About::Checkout(checkout.id)), "messages that had not arrived do");
    let id = before.subscription.expect("a subscription").id;
    assert_eq!(world.stripe.subscription(&id).await.expect("a state").standing, Standing::Active);
}
