//! `POST /webhooks/payments`: the payment provider's webhook. The signature is verified over the raw body. Then the
//! object that the message refers to is read from the provider, and its consequences are stored in one transaction that
//! also marks the message as handled. If that fails, the error answer makes the provider send the message again.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use hozon_shared::api::{AnyError, ApiError, Body};
use hozon_shared::domain::payment::About;
use hozon_shared::ports::ErrorKind;
use serde::Serialize;
use utoipa::ToSchema;

use crate::shop::Shop;

#[derive(Serialize, ToSchema)]
pub struct Received {
    received: bool,
}

/// Receives a message of the payment provider.
///
/// The message's signature authenticates it.
#[utoipa::path(
    post,
    path = "/webhooks/payments",
    operation_id = "receive_payment_message",
    tag = "purchases",
    params(("Stripe-Signature" = String, Header, description = "Signature over the time and the raw body")),
    request_body(content = serde_json::Value, description = "An event of the provider"),
    responses(
        (status = 200, description = "The message was handled, now or before", body = Received),
        (status = 400, description = "The signature or the body is invalid", body = AnyError),
        (status = 500, description = "Internal error; send the message again", body = AnyError),
        (status = 503, description = "The service is temporarily unavailable; send the message again", body = AnyError),
    ),
    security(()),
)]
pub async fn handle(State(shop): State<Shop>, headers: HeaderMap, Body(body): Body) -> Result<Json<Received>, ApiError> {
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let message = shop.payments.message(signature, &body, shop.ports.clock.now()).map_err(|error| match error.kind {
        ErrorKind::Refused => ApiError::invalid_signature(),
        _ => ApiError::body_not_readable(),
    })?;
    match &message.about {
        About::Checkout(id) => shop.settle_checkout(id, Some(&message.id)).await?,
        About::Subscription(id) => shop.follow_subscription(id, &message.id).await?,
        About::Charge(id) => shop.follow_charge(id, &message.id).await?,
        About::Nothing => {}
    }
    Ok(Json(Received { received: true }))
}
