//! The local program's payment provider.

use chrono::TimeDelta;
use chrono_tz::Tz;
use hozon_shared::domain::id::OrderId;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::money::Money;
use hozon_shared::domain::payment::{CheckoutStatus, Owner};
use hozon_shared::domain::price::Tax;
use hozon_shared::ports::{Buyer, CheckoutLine, CheckoutRequest, Payments};
use hozon_tests::World;

/// The form that a buyer's browser sends with a test card.
const FORM: &str = "name=A&email=a%40example.com&country=JP&postal-code=100-0001&address=B\
    &cc-number=4242424242424242&cc-exp=12%2F99&cc-csc=123";

fn line() -> CheckoutLine {
    let amount = Money::of(1500, "JPY".parse().expect("a currency"));
    CheckoutLine { product: "extra".to_owned(), title: "追加バックアップ".to_owned(), amount, monthly: false }
}

async fn request(world: &World) -> CheckoutRequest {
    let owner = Owner { org: world.org, order: OrderId(1) };
    let buyer = Buyer { name: "桜商事".to_owned(), email: None, locale: Locale::Ja };
    let expires = world.local.ports.clock.now() + TimeDelta::hours(1);
    CheckoutRequest {
        owner,
        abandoned: 0,
        customer: world.local.payments.customer(owner, &buyer).await.expect("a customer"),
        locale: Locale::Ja,
        lines: vec![line()],
        tax: Tax { name: "消費税".to_owned(), rate: 10_000, included: true },
        time_zone: Tz::Asia__Tokyo,
        return_url: world.local.url.clone(),
        expires,
    }
}

#[tokio::test]
async fn a_checkout_that_was_opened_before_a_restart_is_paid_after_it() {
    let world = World::start().await;
    let checkout = world.local.payments.open_checkout(&request(&world).await).await.expect("a checkout");
    let before = world.local.stripe.url().to_owned();
    let world = World::start_on(world.end().await, |_| {}).await;
    assert_eq!(world.local.stripe.url(), before, "the page stays where it was");
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client");
    let paying = browser.post(&checkout.url).header("content-type", "application/x-www-form-urlencoded").body(FORM);
    assert_eq!(paying.send().await.expect("an answer").status(), 303);
    let state = world.local.payments.checkout(&checkout.id).await.expect("a state");
    assert_eq!((state.status, state.owner.map(|owner| owner.org)), (CheckoutStatus::Paid, Some(world.org)));
    world.end().await;
}
