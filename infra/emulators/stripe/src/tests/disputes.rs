//! Refunds and disputes.

use hozon_shared::domain::payment::{About, ChargeState};
use hozon_shared::ports::Payments;

use super::world::{World, once};

async fn charged(world: &World, card: &str) -> String {
    let checkout = world.open(once()).await;
    assert_eq!(world.pay(&checkout, card).await.status(), 303);
    world.only("charges").await["id"].as_str().expect("an id").to_owned()
}

async fn now(world: &World, charge: &str) -> ChargeState {
    world.stripe.charge(charge).await.expect("a state")
}

#[tokio::test]
async fn a_charge_is_refunded_in_parts_and_no_more() {
    let world = World::new().await;
    let charge = charged(&world, "4242424242424242").await;
    assert_eq!(world.call("refunds", &format!("charge={charge}&amount=500"), None).await.0, 200);
    assert_eq!(now(&world, &charge).await.refunded.minor, 500);
    let (status, error) = world.call("refunds", &format!("charge={charge}&amount=1001"), None).await;
    assert_eq!((status, error["error"]["param"].as_str()), (400, Some("amount")));
    let intent = world.only("payment_intents").await["id"].as_str().expect("an id").to_owned();
    assert_eq!(world.call("refunds", &format!("payment_intent={intent}"), None).await.1["amount"], 1000);
    let (_, error) = world.call("refunds", &format!("charge={charge}"), None).await;
    assert_eq!(error["error"]["code"], "charge_already_refunded");
    assert_eq!(now(&world, &charge).await.refunded.minor, 1500);
    world.server.tick().await;
    let about = world.abouts().into_iter().filter(|about| *about == About::Charge(charge.clone())).count();
    assert_eq!(about, 4, "each refund and what it did to the charge");
}

#[tokio::test]
async fn a_dispute_holds_the_money_until_it_is_won() {
    let world = World::new().await;
    let charge = charged(&world, "4242424242424242").await;
    let (status, dispute) = world.call("test_helpers/disputes", &format!("charge={charge}"), None).await;
    assert_eq!(status, 200);
    assert_eq!(world.call("test_helpers/disputes", &format!("charge={charge}"), None).await.0, 400);
    assert!(now(&world, &charge).await.disputed);
    let path = format!("test_helpers/disputes/{}", dispute["id"].as_str().expect("an id"));
    world.call(&path, "status=won", None).await;
    assert!(!now(&world, &charge).await.disputed);
    world.call(&path, "status=lost", None).await;
    assert!(now(&world, &charge).await.disputed);
    world.server.tick().await;
    assert!(world.abouts().contains(&About::Charge(charge)));
}

#[tokio::test]
async fn one_card_is_disputed_at_once() {
    let world = World::new().await;
    let charge = charged(&world, "4000000000000259").await;
    assert!(now(&world, &charge).await.disputed);
}
