//! The adapter against failing servers.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hozon_shared::payments::{PaymentKeys, Stripe};
use hozon_shared::ports::{ErrorKind, Payments, PortError, Renewals};

use super::world::{KEY, serve};

fn adapter(endpoint: String) -> Stripe {
    let keys = PaymentKeys { api_key: KEY.to_owned(), webhook_secrets: Vec::new() };
    Stripe::new(keys, Some(endpoint)).expect("an adapter")
}

async fn asked(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> PortError {
    let url = serve(|_| Router::new().fallback(async move || answer())).await;
    adapter(url).charge("ch_1").await.expect_err("a failure")
}

#[tokio::test]
async fn a_server_that_is_busy_says_when_to_come_again() {
    let error = asked(|| (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], "{}").into_response()).await;
    assert_eq!((error.kind, error.retry_after), (ErrorKind::Unavailable, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn what_stands_between_need_not_speak_json() {
    let error = asked(|| (StatusCode::BAD_GATEWAY, "<html>").into_response()).await;
    assert_eq!(error.kind, ErrorKind::Unavailable);
    let error = asked(|| "<html>".into_response()).await;
    assert_eq!(error.kind, ErrorKind::Corrupt);
    let error = asked(|| (StatusCode::FOUND, [("location", "http://127.0.0.1:1/")]).into_response()).await;
    assert_eq!(error.kind, ErrorKind::Refused, "a redirect is not followed");
}

#[tokio::test]
async fn nobody_there_is_no_answer() {
    let error = adapter("http://127.0.0.1:1".to_owned()).subscription("sub_1").await.expect_err("nobody");
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(!format!("{error:?}").contains(KEY) && !format!("{error:?}").contains("sub_1"), "{error:?}");
}

#[tokio::test]
async fn a_refusal_is_told_without_what_was_sent() {
    let body = r#"{"error":{"type":"invalid_request_error","code":"email_invalid","param":"email","message":"Invalid: a@b.c"}}"#;
    let error = asked(move || (StatusCode::BAD_REQUEST, [("request-id", "req_1")], body).into_response()).await;
    assert_eq!(error.kind, ErrorKind::Refused);
    let shown = error.source.expect("a cause").to_string();
    assert!(shown.contains("email_invalid") && shown.contains("req_1") && !shown.contains("a@b.c"), "{shown}");
}
