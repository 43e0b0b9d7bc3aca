//! Contract of `Webhooks`: webhooks and their pending deliveries. The module `schedules` checks when deliveries become
//! due.

use hozon_shared::domain::id::{EventId, WebhookId};
use hozon_shared::domain::webhook::{Delivery, Webhook};

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::{delivery, hours, now, webhook};

#[tokio::test]
async fn webhooks_are_read_from_the_oldest_on_given_up_ones_too() {
    let emulators = Emulators::start().await;
    let webhooks = &emulators.ports.webhooks;
    assert!(webhooks.webhooks(ORG).await.unwrap().is_empty());
    let given_up = Webhook { disabled: Some(now()), ..webhook(ORG, 9) };
    for written in [webhook(ORG, 10), given_up.clone(), webhook(ORG, 100)] {
        webhooks.put_webhook(&written).await.unwrap();
    }
    assert_eq!(webhooks.webhooks(ORG).await.unwrap(), [given_up, webhook(ORG, 10), webhook(ORG, 100)]);
    assert!(webhooks.webhooks(OTHER).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_webhook_is_written_over_and_deleted() {
    let emulators = Emulators::start().await;
    let webhooks = &emulators.ports.webhooks;
    let moved = Webhook { url: "https://example.com/other".to_owned(), ..webhook(ORG, 9) };
    for written in [webhook(ORG, 9), webhook(ORG, 9), moved] {
        webhooks.put_webhook(&written).await.unwrap();
        assert_eq!(webhooks.webhooks(ORG).await.unwrap(), [written]);
    }
    for _ in 0..2 {
        webhooks.delete_webhook(ORG, WebhookId(9)).await.expect("deletes, there or not");
        assert!(webhooks.webhooks(ORG).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_delivery_is_written_over_and_deleted() {
    let emulators = Emulators::start().await;
    let webhooks = &emulators.ports.webhooks;
    let read = async |webhook, event| webhooks.delivery(ORG, WebhookId(webhook), EventId(event)).await.unwrap();
    assert_eq!(read(3, 4).await, None);
    let again = Delivery { attempts: 2, next: hours(2), ..delivery(ORG, 3, 4) };
    for written in [delivery(ORG, 3, 4), delivery(ORG, 3, 4), again.clone()] {
        webhooks.put_delivery(&written).await.unwrap();
        assert_eq!(read(3, 4).await, Some(written));
    }
    webhooks.put_delivery(&delivery(ORG, 3, 5)).await.unwrap();
    assert_eq!((read(3, 4).await, read(4, 4).await), (Some(again), None));
    for _ in 0..2 {
        webhooks.delete_delivery(ORG, WebhookId(3), EventId(4)).await.expect("deletes, there or not");
        assert_eq!(read(3, 4).await, None);
    }
    assert_eq!(read(3, 5).await, Some(delivery(ORG, 3, 5)));
    assert_eq!(webhooks.delivery(OTHER, WebhookId(3), EventId(5)).await.unwrap(), None);
}
