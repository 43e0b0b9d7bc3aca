//! Conversion of Stripe's objects into the domain's payment states.

use chrono::DateTime;

use super::amount::from_stripe;
use super::wire::{
    Charge, Dispute, Event, IntentStatus, Invoice, Linked, Metadata, PaymentStatus, Session, SessionStatus, Subscription,
    SubscriptionItem, SubscriptionStatus,
};
use crate::domain::payment::{About, ChargeState, CheckoutState, CheckoutStatus, Message, Owner, Standing, SubscriptionState};
use crate::ports::{ErrorKind, PortError};

/// Reads the owner from the metadata that this service wrote.
pub fn owner(metadata: Option<&Metadata>) -> Option<Owner> {
    let metadata = metadata?;
    Some(Owner { org: metadata.get("org")?.parse().ok()?, order: metadata.get("order")?.parse().ok()? })
}

/// Returns the product that an item renews; `None` if another application created it.
pub fn product(item: &SubscriptionItem) -> Option<&str> {
    item.price.product.whole()?.metadata.get("product").map(String::as_str)
}

/// Converts a checkout session. `subscription` is the session's subscription, read separately.
pub fn checkout(session: &Session, subscription: Option<SubscriptionState>) -> Result<CheckoutState, PortError> {
    let corrupt = || PortError::new(ErrorKind::Corrupt, "read a checkout's total");
    let total = from_stripe(session.amount_total.ok_or_else(corrupt)?, session.currency.as_deref().ok_or_else(corrupt)?)?;
    let status = match (session.status, session.payment_status) {
        (Some(SessionStatus::Open), _) => CheckoutStatus::Open,
        (Some(SessionStatus::Expired), _) => CheckoutStatus::Expired,
        (_, PaymentStatus::Paid | PaymentStatus::NoPaymentRequired) => CheckoutStatus::Paid,
        (_, PaymentStatus::Unpaid) if has_failed(session) => CheckoutStatus::Failed,
        (_, PaymentStatus::Unpaid) => CheckoutStatus::Pending,
    };
    Ok(CheckoutState { owner: owner(session.metadata.as_ref()), status, total, subscription, receipt_url: receipt(session) })
}

fn invoice(session: &Session) -> Option<&Invoice> {
    session.invoice.as_ref()?.whole()
}

/// Returns whether an asynchronous payment has failed. The payment of a subscription session is reached through its
/// invoice.
fn has_failed(session: &Session) -> bool {
    let behind_invoice = invoice(session).and_then(|invoice| invoice.payment_intent.as_ref());
    let intent = session.payment_intent.as_ref().or(behind_invoice).and_then(Linked::whole);
    intent.is_some_and(|intent| intent.status != IntentStatus::Other)
}

fn receipt(session: &Session) -> Option<String> {
    let intent = session.payment_intent.as_ref().and_then(Linked::whole);
    let charge = intent.and_then(|intent| intent.latest_charge.as_ref());
    let charge = charge.or(invoice(session).and_then(|invoice| invoice.charge.as_ref())).and_then(Linked::whole);
    let hosted = invoice(session).and_then(|invoice| invoice.hosted_invoice_url.clone());
    charge.and_then(|charge| charge.receipt_url.clone()).or(hosted)
}

pub fn subscription(found: &Subscription) -> Result<SubscriptionState, PortError> {
    let corrupt = || PortError::new(ErrorKind::Corrupt, "read a subscription's period");
    // The earliest end, so that nothing counts as paid for longer than it is.
    let of_items = found.items.data.iter().filter_map(|item| item.current_period_end).min();
    let period_end = found.current_period_end.or(of_items).ok_or_else(corrupt)?;
    let mut products: Vec<String> = found.items.data.iter().filter_map(product).map(str::to_owned).collect();
    products.sort_unstable();
    products.dedup();
    Ok(SubscriptionState {
        id: found.id.clone(),
        owner: owner(found.metadata.as_ref()),
        standing: standing(found.status),
        period_end: DateTime::from_timestamp(period_end, 0).ok_or_else(corrupt)?,
        ends_with_period: found.cancel_at_period_end,
        products,
    })
}

pub fn standing(status: SubscriptionStatus) -> Standing {
    match status {
        SubscriptionStatus::Incomplete => Standing::Incomplete,
        SubscriptionStatus::Active | SubscriptionStatus::Trialing => Standing::Active,
        SubscriptionStatus::PastDue => Standing::PastDue,
        SubscriptionStatus::Canceled
        | SubscriptionStatus::Unpaid
        | SubscriptionStatus::IncompleteExpired
        | SubscriptionStatus::Paused => Standing::Ended,
    }
}

/// Converts a charge together with its disputes.
pub fn charge(found: &Charge, disputes: &[Dispute]) -> Result<ChargeState, PortError> {
    let paid = if found.paid { found.amount_captured.unwrap_or(found.amount) } else { 0 };
    Ok(ChargeState {
        owner: owner(found.metadata.as_ref()).or_else(|| owner_behind_invoice(found)),
        paid: from_stripe(paid, &found.currency)?,
        refunded: from_stripe(found.amount_refunded, &found.currency)?,
        disputed: disputes.iter().any(takes_money),
    })
}

/// Stripe does not copy a subscription's metadata to its charges. Only the first charge belongs to the order.
fn owner_behind_invoice(charge: &Charge) -> Option<Owner> {
    let invoice = charge.invoice.as_ref()?.whole()?;
    let is_first = invoice.billing_reason.as_deref() == Some("subscription_create");
    let subscription = invoice.subscription.as_ref().filter(|_| is_first)?.whole()?;
    owner(subscription.metadata.as_ref())
}

/// An inquiry (`warning_…`) does not hold the money. If it becomes a dispute, another message reports it.
fn takes_money(dispute: &Dispute) -> bool {
    !matches!(dispute.status.as_str(), "won" | "prevented") && !dispute.status.starts_with("warning_")
}

/// Returns the object that a message refers to.
pub fn message(event: &Event) -> Message {
    let object = &event.data.object;
    let id = |of: &serde_json::Value| of.as_str().or(of["id"].as_str()).map(str::to_owned);
    let about = match event.kind.as_str() {
        "checkout.session.completed"
        | "checkout.session.async_payment_succeeded"
        | "checkout.session.async_payment_failed"
        | "checkout.session.expired" => id(&object["id"]).map(About::Checkout),
        "charge.refund.updated" => id(&object["charge"]).map(About::Charge),
        "charge.refunded" | "charge.updated" => id(&object["id"]).map(About::Charge),
        kind if kind.starts_with("charge.dispute.") || kind.starts_with("refund.") => id(&object["charge"]).map(About::Charge),
        kind if kind.starts_with("customer.subscription.") => id(&object["id"]).map(About::Subscription),
        kind if kind.starts_with("invoice.") => {
            let newer = &object["parent"]["subscription_details"]["subscription"];
            id(&object["subscription"]).or_else(|| id(newer)).map(About::Subscription)
        }
        _ => None,
    };
    Message { id: event.id.clone(), about: about.unwrap_or(About::Nothing) }
}

#[cfg(test)]
#[path = "states_tests.rs"]
mod tests;
