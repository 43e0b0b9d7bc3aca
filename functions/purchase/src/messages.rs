//! `POST /webhooks/payments`: the payment provider's messages. The signature is checked on the raw body; then what the message is about is
//! read from the provider, and what follows is stored in one transaction with the note that the message was handled. A message that cannot
//! be handled now is answered with an error, so that the provider sends it again.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use hozon_shared::api::{AnyError, ApiError, Body};
use hozon_shared::domain::payment::About;
use hozon_shared::ports::ErrorKind;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Shop;

#[derive(Serialize, ToSchema)]
pub struct Received {
    received: bool,
}

/// Takes a message of the payment provider. Nobody else can call this: messages are signed.
#[utoipa::path(
    post,
    path = "/webhooks/payments",
    operation_id = "receive_payment_message",
    tag = "purchases",
    params(("Stripe-Signature" = String, Header, description = "Signature of the raw body and its time")),
    request_body(content = serde_json::Value, description = "An event of the provider"),
    responses(
        (status = 200, description = "Handled, now or before", body = Received),
        (status = 400, description = "The signature or the body is wrong", body = AnyError),
        (status = 500, description = "Our side; the message must come again", body = AnyError),
        (status = 503, description = "Our side is busy; the message must come again", body = AnyError),
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
