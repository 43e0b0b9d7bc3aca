//! `Webhooks`: an organisation's webhooks. How they are added against others is in `locks`.

use hozon_shared::domain::id::WebhookId;
use hozon_shared::domain::webhook::Webhook;
use hozon_shared::ports::{Change, ErrorKind};

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::{kind, now, webhook};

#[tokio::test]
async fn webhooks_are_read_from_the_oldest_on_disabled_ones_too() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    assert!(ports.webhooks.webhooks(ORG).await.unwrap().is_empty());
    let disabled = Webhook { disabled: Some(now()), ..webhook(ORG, 9) };
    for written in [webhook(ORG, 10), disabled.clone(), webhook(ORG, 100)] {
        ports.store.commit(ORG, vec![Change::Webhook(Box::new(written))]).await.unwrap();
    }
    assert_eq!(ports.webhooks.webhooks(ORG).await.unwrap(), [disabled, webhook(ORG, 10), webhook(ORG, 100)]);
    assert!(ports.webhooks.webhooks(OTHER).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_webhook_that_was_removed_is_not_replaced() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    ports.store.commit(ORG, vec![Change::Webhook(Box::new(webhook(ORG, 9)))]).await.unwrap();
    let disabled = Webhook { disabled: Some(now()), ..webhook(ORG, 9) };
    for _ in 0..2 {
        ports.webhooks.put_webhook(&disabled).await.unwrap();
        assert_eq!(ports.webhooks.webhooks(ORG).await.unwrap(), std::slice::from_ref(&disabled));
    }
    for _ in 0..2 {
        ports.store.commit(ORG, vec![Change::WebhookRemoved(WebhookId(9))]).await.expect("deletes, there or not");
        assert_eq!(kind(ports.webhooks.put_webhook(&disabled).await), Some(ErrorKind::Conflict));
        assert!(ports.webhooks.webhooks(ORG).await.unwrap().is_empty());
    }
}
