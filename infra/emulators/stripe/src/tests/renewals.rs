//! Renewals of subscriptions, and their failures.

use chrono::TimeDelta;
use hozon_shared::domain::payment::{Standing, SubscriptionState};
use hozon_shared::ports::{CheckoutRequest, ErrorKind, Payments, Renewals};

use super::world::{World, line, mixed};

const GOOD: &str = "4242424242424242";

async fn subscribed(world: &World, card: &str) -> SubscriptionState {
    let checkout = world.open(mixed()).await;
    assert_eq!(world.pay(&checkout, card).await.status(), 303);
    world.state(&checkout).await.subscription.expect("a subscription")
}

async fn now(world: &World, of: &SubscriptionState) -> SubscriptionState {
    world.stripe.subscription(&of.id).await.expect("a state")
}

#[tokio::test]
async fn a_renewal_is_paid_every_month_on_the_anchors_day() {
    let world = World::new().await;
    let subscription = subscribed(&world, GOOD).await;
    for (time, end) in
        [("2027-02-28T10:00:00Z", "2027-03-31T10:00:00+00:00"), ("2027-03-31T10:00:00Z", "2027-04-30T10:00:00+00:00")]
    {
        world.set(time);
        world.server.tick().await;
        let state = now(&world, &subscription).await;
        assert_eq!((state.standing, state.period_end.to_rfc3339().as_str()), (Standing::Active, end));
    }
    let charges = world.list("charges").await;
    let amounts: Vec<i64> = charges.iter().map(|charge| charge["amount"].as_i64().expect("an amount")).collect();
    assert_eq!(amounts, [1000, 1000, 2500]);
    let renewal = world.stripe.charge(charges[0]["id"].as_str().expect("an id")).await.expect("a state");
    assert_eq!((renewal.owner, renewal.paid.minor), (None, 1000), "a renewal's charge is no order's");
}

#[tokio::test]
async fn months_that_nobody_looked_at_are_all_renewed() {
    let world = World::new().await;
    let subscription = subscribed(&world, GOOD).await;
    world.set("2027-07-01T00:00:00Z");
    assert_eq!(now(&world, &subscription).await.period_end.to_rfc3339(), "2027-02-28T10:00:00+00:00", "reading changes nothing");
    world.server.tick().await;
    assert_eq!(now(&world, &subscription).await.period_end.to_rfc3339(), "2027-07-31T10:00:00+00:00");
    let created = world.list("charges?limit=100").await.iter().map(|charge| charge["created"].as_i64().expect("a time")).max();
    assert_eq!(created, Some("2027-06-30T10:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("a time").timestamp()));
}

#[tokio::test]
async fn a_renewal_that_fails_is_retried_and_given_up() {
    let world = World::new().await;
    let subscription = subscribed(&world, "4000000000000341").await;
    world.set("2027-02-28T10:00:00Z");
    for (days, attempts, standing) in [
        (0, 1, Standing::PastDue),
        (2, 1, Standing::PastDue),
        (1, 2, Standing::PastDue),
        (5, 3, Standing::PastDue),
        (6, 3, Standing::PastDue),
        (1, 4, Standing::Ended),
        (30, 4, Standing::Ended),
    ] {
        world.advance(TimeDelta::days(days));
        world.server.tick().await;
        assert_eq!(now(&world, &subscription).await.standing, standing);
        let failed = world.list("charges").await.iter().filter(|charge| charge["status"] == "failed").count();
        assert_eq!(failed, attempts, "after {days} more days");
    }
    let kinds = world.kinds();
    let failures = kinds.iter().filter(|kind| *kind == "invoice.payment_failed").count();
    assert_eq!((failures, kinds.last().map(String::as_str)), (4, Some("customer.subscription.deleted")));
}

#[tokio::test]
async fn what_is_stopped_is_not_renewed_and_the_last_one_ends_it() {
    let world = World::new().await;
    let subscription = subscribed(&world, GOOD).await;
    let state = world.stripe.stop(&subscription.id, "addon").await.expect("stops");
    assert_eq!((state.products, state.ends_with_period), (vec!["more".to_owned()], false));
    let state = world.stripe.stop(&subscription.id, "addon").await.expect("stopped before");
    assert_eq!(state.products, ["more"]);
    world.set("2027-02-28T10:00:00Z");
    world.server.tick().await;
    assert_eq!(world.list("charges").await[0]["amount"], 200);
    for _ in 0..2 {
        let state = world.stripe.stop(&subscription.id, "more").await.expect("stops");
        assert_eq!((state.products, state.ends_with_period), (vec!["more".to_owned()], true));
        assert_eq!(state.standing, Standing::Active, "what is paid stays paid");
    }
    world.set("2027-03-31T10:00:00Z");
    world.server.tick().await;
    assert_eq!(now(&world, &subscription).await.standing, Standing::Ended);
    assert_eq!(world.list("charges").await.len(), 2);
    let stopped = world.stripe.stop(&subscription.id, "more").await.expect("ended before");
    assert_eq!(stopped.standing, Standing::Ended);
    let resumed = world.stripe.resume(&subscription.id, &line("more", 200, true)).await;
    assert_eq!(resumed.expect_err("ended").kind, ErrorKind::Conflict);
}

#[tokio::test]
async fn what_is_resumed_is_renewed_again_for_its_new_amount() {
    let world = World::new().await;
    let subscription = subscribed(&world, GOOD).await;
    let addon = line("addon", 900, true);
    for _ in 0..2 {
        world.stripe.stop(&subscription.id, "addon").await.expect("stops");
        for _ in 0..2 {
            let state = world.stripe.resume(&subscription.id, &addon).await.expect("resumes");
            assert_eq!((state.products, state.ends_with_period), (vec!["addon".to_owned(), "more".to_owned()], false));
        }
    }
    assert_eq!(now(&world, &subscription).await.owner, subscription.owner);
    world.set("2027-02-28T10:00:00Z");
    world.server.tick().await;
    assert_eq!(world.list("charges").await[0]["amount"], 1100);
}

#[tokio::test]
async fn resuming_one_of_two_does_not_resume_the_other() {
    let world = World::new().await;
    let subscription = subscribed(&world, GOOD).await;
    world.stripe.stop(&subscription.id, "addon").await.expect("stops");
    world.stripe.stop(&subscription.id, "more").await.expect("stops");
    let state = world.stripe.resume(&subscription.id, &line("addon", 800, true)).await.expect("resumes");
    assert_eq!((state.products, state.ends_with_period), (vec!["addon".to_owned()], false));
    world.stripe.stop(&subscription.id, "addon").await.expect("stops");
    let state = world.stripe.resume(&subscription.id, &line("addon", 800, true)).await.expect("resumes");
    assert_eq!((state.products, state.ends_with_period), (vec!["addon".to_owned()], false));
    world.set("2027-02-28T10:00:00Z");
    world.server.tick().await;
    assert_eq!(world.list("charges").await[0]["amount"], 800);
}

#[tokio::test]
async fn an_end_credits_the_rest_to_the_next_invoice() {
    let world = World::new().await;
    let subscription = subscribed(&world, GOOD).await;
    world.advance(TimeDelta::days(14));
    for (product, rest) in [("addon", vec!["more"]), ("more", vec!["more"])] {
        for _ in 0..2 {
            world.stripe.end(&subscription.id, product).await.expect("ends");
        }
        assert_eq!(now(&world, &subscription).await.products, rest);
    }
    world.stripe.end("sub_1", "addon").await.expect("there is none");
    assert_eq!(now(&world, &subscription).await.standing, Standing::Ended);
    assert_eq!(world.only("customers").await["balance"], -500, "half of a month of 28 days");
    let customer = world.only("customers").await["id"].as_str().expect("an id").to_owned();
    let request = CheckoutRequest { customer, ..world.request(vec![line("again", 800, true)]).await };
    let checkout = world.stripe.open_checkout(&request).await.expect("a checkout");
    world.pay(&checkout, GOOD).await;
    world.set("2027-03-14T10:00:00Z");
    world.server.tick().await;
    assert_eq!(world.list("charges").await[0]["amount"], 300);
    let customers = world.list("customers").await;
    assert!(customers.iter().all(|customer| customer["balance"] == 0), "{customers:?}");
}
