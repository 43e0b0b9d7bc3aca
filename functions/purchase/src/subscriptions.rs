//! Listing subscriptions, cancelling one, and resuming it before its period ends.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hozon_shared::api::{Administrator, ApiError, Body, Once, local_time};
use hozon_shared::domain::id::SubscriptionId;
use hozon_shared::domain::organisation::Caller;
use hozon_shared::domain::payment::SubscriptionState;
use hozon_shared::domain::purchase::{self, Holdings};
use hozon_shared::domain::subscription::{Subscription, SubscriptionStatus};
use hozon_shared::ports::{CheckoutLine, ErrorKind, PortError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::shop::{ATTEMPTS, Shop, too_busy};
use crate::wire::{SubscriptionEnvelope, SubscriptionOut};

#[derive(Serialize, ToSchema)]
pub struct SubscriptionsEnvelope {
    subscriptions: Vec<SubscriptionOut>,
}

/// Lists subscriptions, including ended ones, newest first.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/subscriptions",
    operation_id = "list_subscriptions",
    tag = "purchases",
    responses((status = 200, description = "The subscriptions", body = SubscriptionsEnvelope)),
)]
pub async fn list(
    State(shop): State<Shop>,
    Administrator(caller): Administrator,
) -> Result<Json<SubscriptionsEnvelope>, ApiError> {
    let zone = shop.organisation(caller.org).await?.time_zone;
    let held = shop.ports.purchases.subscriptions(caller.org).await?;
    let now = shop.ports.clock.now();
    Ok(Json(SubscriptionsEnvelope { subscriptions: held.iter().map(|held| SubscriptionOut::of(held, zone, now)).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelRequest {
    subscription: Confirmation,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    confirm: bool,
}

/// Cancels a subscription, which stays valid until its period ends and is not renewed.
///
/// Without `confirm`, the answer describes the consequences.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/subscriptions/{id}/actions/cancel",
    operation_id = "cancel_subscription",
    tag = "purchases",
    params(("id" = String, Path, description = "The subscription")),
    request_body(content = Option<CancelRequest>, description = "An empty body asks for the consequences"),
    responses((status = 200, description = "The updated subscription", body = SubscriptionEnvelope)),
)]
pub async fn cancel(
    State(shop): State<Shop>,
    Administrator(caller): Administrator,
    once: Once,
    Path((_version, id)): Path<(String, String)>,
    Body(body): Body,
) -> Result<Json<SubscriptionEnvelope>, ApiError> {
    let is_confirmed = is_confirmed(&body)?;
    let (held, found) = shop.find(&caller, &id).await?;
    match found.status_at(shop.ports.clock.now()) {
        SubscriptionStatus::Ending | SubscriptionStatus::Ended => return Err(ApiError::already_ending()),
        SubscriptionStatus::Active | SubscriptionStatus::PastDue if !is_confirmed => return Err(shop.consequences(&held, &found)),
        SubscriptionStatus::Active | SubscriptionStatus::PastDue => {}
    }
    let state = shop.renewals.stop(&found.provider, &found.product.to_string()).await?;
    shop.turn(&caller, found.id, &state, &once).await
}

/// Resumes a cancelled subscription before its period ends.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/subscriptions/{id}/actions/resume",
    operation_id = "resume_subscription",
    tag = "purchases",
    params(("id" = String, Path, description = "The subscription")),
    responses((status = 200, description = "The updated subscription", body = SubscriptionEnvelope)),
)]
pub async fn resume(
    State(shop): State<Shop>,
    Administrator(caller): Administrator,
    once: Once,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<SubscriptionEnvelope>, ApiError> {
    let (held, found) = shop.find(&caller, &id).await?;
    if found.status_at(shop.ports.clock.now()) != SubscriptionStatus::Ending {
        return Err(ApiError::not_allowed("Only a cancelled subscription can be resumed, and only before its period ends."));
    }
    let line = shop.line(&caller, &held, &found).await?;
    let state = shop.renewals.resume(&found.provider, &line).await.map_err(|error| match error.kind {
        ErrorKind::Conflict => ApiError::not_allowed("The subscription has ended. Buy it again."),
        _ => error.into(),
    })?;
    shop.turn(&caller, found.id, &state, &once).await
}

fn is_confirmed(body: &[u8]) -> Result<bool, ApiError> {
    if body.trim_ascii().is_empty() {
        return Ok(false);
    }
    let invalid = |_| {
        let message = "Send {\"subscription\":{\"confirm\":true}}.";
        ApiError::invalid_data("confirm", "$.subscription.confirm", message)
    };
    serde_json::from_slice::<CancelRequest>(body).map(|request| request.subscription.confirm).map_err(invalid)
}

impl Shop {
    async fn find(&self, caller: &Caller, id: &str) -> Result<(Holdings, Subscription), ApiError> {
        let id: SubscriptionId = id.parse().map_err(|_| ApiError::not_found())?;
        let held = self.holdings(caller.org).await?.ok_or_else(ApiError::not_found)?;
        let found = held.subscriptions.iter().find(|held| held.id == id).cloned().ok_or_else(ApiError::not_found)?;
        Ok((held, found))
    }

    /// Returns the error that describes the consequences of a cancellation.
    fn consequences(&self, held: &Holdings, found: &Subscription) -> ApiError {
        let ends = local_time(found.period_end, held.organisation.time_zone);
        let plan_after = found.product.plan().map(|_| found.plan_before.as_deref().unwrap_or(self.terms.plans.fallback()));
        let message = match plan_after {
            Some(plan) => format!("Your plan continues until {ends} and then changes to {plan}. Confirm to cancel it."),
            None => format!("The weekly subscription continues until {ends} and is not renewed. Confirm to cancel it."),
        };
        ApiError::confirmation_required(message, json!({ "ends": ends, "plan_after": plan_after }))
    }

    /// Returns the line that is charged every month.
    async fn line(&self, caller: &Caller, held: &Holdings, found: &Subscription) -> Result<CheckoutLine, ApiError> {
        let order = self.ports.purchases.order(held.organisation.id, found.order).await?;
        let line = order.and_then(|order| order.lines.into_iter().find(|line| line.product == found.product));
        let missing = || PortError::new(ErrorKind::Corrupt, "find the order of a subscription");
        Ok(crate::checkout::checkout_line(&line.ok_or_else(missing)?, caller.locale))
    }

    /// Stores the change that was made at the provider. A message of the provider may have stored it already.
    async fn turn(
        &self,
        caller: &Caller,
        id: SubscriptionId,
        state: &SubscriptionState,
        once: &Once,
    ) -> Result<Json<SubscriptionEnvelope>, ApiError> {
        for _ in 0..ATTEMPTS {
            let (held, found) = self.find(caller, &id.to_string()).await?;
            let zone = held.organisation.time_zone;
            let answer = |held: &Subscription| {
                Json(SubscriptionEnvelope { subscription: SubscriptionOut::of(held, zone, self.ports.clock.now()) })
            };
            let Some((followed, turn)) = found.follow(state, self.ports.clock.now()) else { return Ok(answer(&found)) };
            let plans = &self.terms.plans;
            let mut changes = self.changes(|from| purchase::follow(followed.clone(), turn, &caller.person, &held, plans, from));
            let answer = answer(&followed);
            changes.extend(once.answer(StatusCode::OK, &answer.0));
            if self.commit(caller.org, changes).await? {
                return Ok(answer);
            }
        }
        Err(too_busy().into())
    }
}
