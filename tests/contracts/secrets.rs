//! Keys in Secrets Manager: those of the payment provider and of the link signer.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use hmac::{Hmac, Mac};
use hozon_shared::domain::id::{OrderId, OrgId};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::payment::Owner;
use hozon_shared::ports::{Buyer, ErrorKind, ObjectRef, Payments, PortError};
use sha2::Sha256;
use std::time::Duration;
use tokio::net::TcpListener;

use crate::emulators::Emulators;
use crate::known::Gap;
use crate::samples::{hours, kind, now};

/// Starts a payment provider that accepts one key, and returns its address.
async fn provider(api_key: String) -> String {
    let answer = move |headers: HeaderMap| {
        let is_known = headers.get("authorization").is_some_and(|found| *found == *format!("Bearer {api_key}"));
        std::future::ready(if is_known { (StatusCode::OK, r#"{"id":"cus_1"}"#) } else { (StatusCode::UNAUTHORIZED, "{}") })
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(axum::serve(listener, Router::new().fallback(answer)).into_future());
    format!("http://{address}")
}

fn signature(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{}.{body}", now().timestamp()).as_bytes());
    let digits = hex::encode(mac.finalize().into_bytes());
    format!("t={},v1={digits}", now().timestamp())
}

#[tokio::test]
async fn the_payment_providers_key_is_read() {
    let emulators = Emulators::start().await;
    let buyer = Buyer { name: "桜商事".to_owned(), email: None, locale: Locale::Ja };
    let owner = Owner { org: OrgId(1), order: OrderId(2) };
    let customer = async |endpoint: String| {
        let payments = emulators.payments(&emulators.payment_secret(), &endpoint).await.expect("reads the keys");
        payments.customer(owner, &buyer).await
    };
    assert_eq!(customer(provider(emulators.payment_keys().api_key).await).await.unwrap(), "cus_1");
    assert_eq!(kind(customer(provider("sk_other".to_owned()).await).await), Some(ErrorKind::Refused));
}

#[tokio::test]
async fn the_secrets_of_the_payment_providers_messages_are_read() {
    let emulators = Emulators::start().await;
    let payments = emulators.payments(&emulators.payment_secret(), "http://127.0.0.1:9").await.expect("reads the keys");
    let body = r#"{"id":"evt_1","type":"ping","data":{"object":{"object":"event","id":"x"}}}"#;
    let message = |secret: &str| payments.message(&signature(secret, body), body.as_bytes(), now());
    assert_eq!(message(&emulators.payment_keys().webhook_secret).unwrap().id, "evt_1");
    assert_eq!(kind(message("whsec_other")), Some(ErrorKind::Refused));
}

#[tokio::test]
async fn a_malformed_secret_is_corrupt_and_its_text_is_not_shown() {
    let emulators = Emulators::start().await;
    let error = emulators.payments(&emulators.settings.signer_secret, "http://127.0.0.1:9").await.expect_err("is no payment key");
    assert_eq!(error.kind, ErrorKind::Corrupt);
    assert!(!format!("{error:?}").contains(&emulators.signer_id()));
}

#[tokio::test]
async fn a_missing_secret_is_an_error() {
    let emulators = Emulators::start().await;
    assert!(emulators.payments("contracts-none", "http://127.0.0.1:9").await.is_err());
}

/// Signs a link at a number of hours from now, and returns the id of the signing key.
async fn signed_with(emulators: &Emulators, hour: i64) -> Result<String, PortError> {
    let at = ObjectRef::archives("zips/1/Data_001.zip");
    let link = emulators.ports.links.sign(&at, "Data_001.zip", hours(hour), Duration::from_secs(60)).await?;
    let credential = link.split("X-Amz-Credential=").nth(1).expect("a credential");
    Ok(credential.split("%2F").next().expect("an id").to_owned())
}

#[tokio::test]
async fn links_are_signed_with_the_signers_key() {
    let emulators = Emulators::start().await;
    assert_eq!(signed_with(&emulators, 0).await.unwrap(), emulators.signer_id());
}

#[tokio::test]
async fn the_signers_key_is_read_again_every_hour() {
    let emulators = Emulators::start().await;
    if emulators.lack(Gap::KeysChange) {
        return;
    }
    emulators.rotate_signer("").await;
    assert_eq!(kind(signed_with(&emulators, 0).await), Some(ErrorKind::Unavailable), "there is none yet");
    emulators.rotate_signer("AKIASIGNER0000000002").await;
    assert_eq!(signed_with(&emulators, 0).await.unwrap(), "AKIASIGNER0000000002", "no answer is kept while there is none");
    emulators.rotate_signer("AKIASIGNER0000000003").await;
    assert_eq!(signed_with(&emulators, 0).await.unwrap(), "AKIASIGNER0000000002");
    assert_eq!(signed_with(&emulators, 1).await.unwrap(), "AKIASIGNER0000000003");
}
