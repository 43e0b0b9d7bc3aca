//! `Outbox`: deliveries. How they become due is in `schedules`.

use hozon_shared::domain::delivery::{AddressDigest, Delivery, DeliveryId, DeliveryOutcome, Receiver};
use hozon_shared::domain::id::{EventId, WebhookId};
use hozon_shared::ports::{Change, ErrorKind};

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::{delivery, hours, kind, now};

fn receivers() -> [Receiver; 2] {
    [Receiver::Webhook(WebhookId(3)), Receiver::Mail(AddressDigest::of("a@example.com"))]
}

fn added(delivery: &Delivery) -> Vec<Change> {
    vec![Change::Delivery(Box::new(delivery.clone()))]
}

#[tokio::test]
async fn a_delivery_is_added_once_for_one_receiver_of_one_event() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    for receiver in receivers() {
        let open = delivery(ORG, receiver, 4);
        assert_eq!(ports.outbox.delivery(open.id).await.unwrap(), None);
        ports.store.commit(ORG, added(&open)).await.unwrap();
        assert_eq!(
            kind(ports.store.commit(ORG, added(&Delivery { attempts: 0, ..open.clone() })).await),
            Some(ErrorKind::Conflict)
        );
        assert_eq!(ports.outbox.delivery(open.id).await.unwrap(), Some(open.clone()));
        for other in [DeliveryId { org: OTHER, ..open.id }, DeliveryId { event: EventId(5), ..open.id }] {
            assert_eq!(ports.outbox.delivery(other).await.unwrap(), None);
        }
    }
    let other = Receiver::Mail(AddressDigest::of("b@example.com"));
    ports.store.commit(ORG, added(&delivery(ORG, other, 4))).await.unwrap();
}

#[tokio::test]
async fn of_two_concurrent_attempts_one_begins() {
    let emulators = Emulators::start().await;
    let outbox = &emulators.ports.outbox;
    for receiver in receivers() {
        let open = delivery(ORG, receiver, 4);
        assert_eq!(kind(outbox.put_delivery(&open, 1).await), Some(ErrorKind::Conflict));
        emulators.ports.store.commit(ORG, added(&open)).await.unwrap();
        let begun = Delivery { attempts: 2, next: hours(2), ..open.clone() };
        outbox.put_delivery(&begun, 1).await.unwrap();
        assert_eq!(kind(outbox.put_delivery(&begun, 1).await), Some(ErrorKind::Conflict));
        assert_eq!(outbox.delivery(open.id).await.unwrap(), Some(begun));
    }
}

#[tokio::test]
async fn a_delivery_that_has_ended_is_kept_for_a_month_without_its_message_and_address() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    for receiver in receivers() {
        let open = delivery(ORG, receiver, 4);
        ports.store.commit(ORG, added(&open)).await.unwrap();
        let ended = open.clone().end(DeliveryOutcome::Done, now());
        ports.outbox.put_delivery(&ended, 1).await.unwrap();
        assert_eq!(ports.outbox.delivery(open.id).await.unwrap(), Some(ended));
        assert_eq!(kind(ports.store.commit(ORG, added(&open)).await), Some(ErrorKind::Conflict));
    }
    let items = emulators.items().await;
    let days = |item: &serde_json::Value| {
        let until: i64 = item["ttl"]["N"].as_str().expect("a time to live").parse().unwrap();
        (until - now().timestamp()) / 86_400
    };
    assert_eq!(items.iter().map(days).collect::<Vec<_>>(), [30, 30]);
    for item in &items {
        assert!(!item.to_string().contains("example.com") && !item.to_string().contains("backup_ready"), "{item}");
    }
}
