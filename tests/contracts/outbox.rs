//! Contract of `Outbox`: messages that were handled.

use hozon_shared::domain::id::EventId;

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::now;

const EVENT: EventId = EventId(9);

#[tokio::test]
async fn a_message_is_done_for_one_receiver_of_one_event() {
    let emulators = Emulators::start().await;
    let outbox = &emulators.ports.outbox;
    assert!(!outbox.is_done(ORG, EVENT, "a@example.com").await.unwrap());
    outbox.done(ORG, EVENT, "a@example.com", now()).await.unwrap();
    outbox.done(ORG, EVENT, "a@example.com", now()).await.expect("may be repeated");
    assert!(outbox.is_done(ORG, EVENT, "a@example.com").await.unwrap());
    assert!(!outbox.is_done(ORG, EVENT, "b@example.com").await.unwrap());
    assert!(!outbox.is_done(ORG, EventId(10), "a@example.com").await.unwrap());
    assert!(!outbox.is_done(OTHER, EVENT, "a@example.com").await.unwrap());
}

#[tokio::test]
async fn a_message_is_kept_for_a_month_without_its_address() {
    let emulators = Emulators::start().await;
    emulators.ports.outbox.done(ORG, EVENT, "a@example.com", now()).await.unwrap();
    let items = emulators.items().await;
    let days = |item: &serde_json::Value| {
        let until: i64 = item["ttl"]["N"].as_str().expect("a time to live").parse().unwrap();
        (until - now().timestamp()) / 86_400
    };
    assert_eq!(items.iter().map(days).collect::<Vec<_>>(), [30]);
    assert!(!items[0].to_string().contains("example.com"), "{}", items[0]);
}
