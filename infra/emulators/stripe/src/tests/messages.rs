//! Delivery of webhook messages.

use chrono::TimeDelta;
use hozon_shared::ports::{Clock, Payments};
use tokio_util::sync::CancellationToken;

use super::world::{World, mixed, once};

#[tokio::test]
async fn messages_arrive_in_order_and_are_sent_again_until_they_do() {
    let world = World::new().await;
    let checkout = world.open(mixed()).await;
    world.pay(&checkout, "4242424242424242").await;
    world.receiver.refuse(3);
    for (wait, received) in [(0, 1), (0, 1), (1, 2), (4, 2), (1, 3), (29, 3), (1, 7)] {
        world.advance(TimeDelta::seconds(wait));
        world.server.tick().await;
        assert_eq!(world.receiver.got().len(), received, "after {wait} more seconds");
    }
    let kinds = world.kinds();
    assert_eq!(kinds[..4], ["charge.succeeded"; 4]);
    assert_eq!(kinds[4..], ["customer.subscription.created", "invoice.paid", "checkout.session.completed"]);
    let messages = world.messages();
    assert!(messages[..4].iter().all(|message| message.id == messages[0].id), "the same message has the same id");
    world.advance(TimeDelta::days(1));
    world.server.tick().await;
    assert_eq!(world.receiver.got().len(), 7);
    assert!(world.list("events").await.iter().all(|event| event["pending_webhooks"] == 0));
}

#[tokio::test]
async fn a_message_that_was_changed_or_is_old_is_not_believed() {
    let world = World::new().await;
    world.pay(&world.open(once()).await, "4242424242424242").await;
    world.server.tick().await;
    let (signature, body) = world.receiver.got()[0].clone();
    let now = world.clock.now();
    world.stripe.message(&signature, &body, now).expect("a message");
    let changed = String::from_utf8_lossy(&body).replace("1500", "1");
    world.stripe.message(&signature, changed.as_bytes(), now).expect_err("changed");
    world.stripe.message(&signature, &body, now + TimeDelta::minutes(6)).expect_err("old");
}

#[tokio::test]
async fn a_new_message_is_sent_without_a_look_at_the_clock() {
    let world = World::new().await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(world.server.clone().run(stop.clone()));
    world.pay(&world.open(once()).await, "4242424242424242").await;
    for _ in 0..500 {
        if world.receiver.got().len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(world.kinds(), ["charge.succeeded", "checkout.session.completed"]);
    stop.cancel();
    running.await.expect("ends");
}
