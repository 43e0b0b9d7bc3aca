//! The representation of orders and subscriptions.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hozon_shared::api::closed_sets::{self, MonthlyProductKind, OrderOrigin, OrderStatusName, PricedUnit, ProductKind};
use hozon_shared::api::{LocalTime, PersonOut, local_time};
use hozon_shared::domain::money::Money;
use hozon_shared::domain::order::{Line, Order, OrderStatus, Origin, number};
use hozon_shared::domain::price::Tax;
use hozon_shared::domain::subscription::{Subscription, SubscriptionStatus};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct OrderEnvelope {
    pub order: OrderOut,
}

/// An order. Amounts are in minor units of its currency.
#[derive(Serialize, ToSchema)]
pub struct OrderOut {
    id: String,
    /// Number that people quote.
    number: String,
    #[schema(value_type = OrderStatusName)]
    status: OrderStatus,
    #[schema(value_type = OrderOrigin)]
    origin: Origin,
    #[schema(example = "JPY")]
    currency: &'static str,
    /// Number of decimals of the currency.
    minor_digits: u32,
    lines: Vec<LineOut>,
    /// Without tax.
    subtotal: u64,
    tax: TaxOut,
    /// Amount to pay, including tax.
    total: u64,
    /// Amount to pay every month, including tax.
    renews_amount: u64,
    created_time: LocalTime,
    created_by: PersonOut,
    /// When the order can no longer be paid.
    expires_time: LocalTime,
    paid_time: Option<LocalTime>,
    /// Address of the payment page, while the order awaits payment.
    checkout_url: Option<String>,
    receipt_url: Option<String>,
    /// Amount refunded so far.
    refunded_amount: u64,
    /// Whether the buyer's bank disputes the payment.
    disputed: bool,
}

#[derive(Serialize, ToSchema)]
pub struct LineOut {
    #[schema(value_type = ProductKind)]
    product: &'static str,
    plan: Option<String>,
    quantity: u32,
    /// Listed price of one unit.
    unit_amount: u64,
    /// Listed price of the line.
    amount: u64,
    #[schema(value_type = PricedUnit)]
    per: &'static str,
}

/// A tax, and its amount in an order.
#[derive(Serialize, ToSchema)]
pub struct TaxOut {
    name: String,
    /// Percentage as decimal text.
    #[schema(example = "10")]
    percent: String,
    /// Whether listed prices include the tax.
    included: bool,
    /// Null in a price list.
    amount: Option<u64>,
}

impl TaxOut {
    pub fn rate(tax: &Tax) -> Self {
        Self { name: tax.name.clone(), percent: tax.percent(), included: tax.included, amount: None }
    }

    /// Represents the tax of an order.
    pub fn of(order: &Order) -> Self {
        Self { amount: Some(order.tax_total().minor), ..Self::rate(&order.tax) }
    }
}

impl OrderOut {
    pub fn of(order: &Order, zone: Tz, now: DateTime<Utc>) -> Self {
        let time = |at: DateTime<Utc>| local_time(at, zone);
        let (total, tax, status) = (order.total(), order.tax_total(), order.status_at(now));
        let currency = total.currency;
        let open = order.checkout.as_ref().filter(|_| status == OrderStatus::AwaitingPayment);
        Self {
            id: order.id.to_string(),
            number: number(order.id),
            status,
            origin: order.origin,
            currency: currency.code(),
            minor_digits: currency.minor_digits(),
            lines: order.lines.iter().map(line).collect(),
            subtotal: total.minor - tax.minor,
            tax: TaxOut::of(order),
            total: total.minor,
            renews_amount: order.monthly().map(|line| line.gross.minor).sum(),
            created_time: time(order.created),
            created_by: PersonOut::from(&order.buyer),
            expires_time: time(order.expires),
            paid_time: order.paid.map(time),
            checkout_url: open.map(|checkout| checkout.url.clone()),
            receipt_url: order.receipt_url.clone(),
            refunded_amount: order.refunded,
            disputed: order.disputed,
        }
    }
}

pub fn line(line: &Line) -> LineOut {
    LineOut {
        product: line.product.kind(),
        plan: line.product.plan().map(str::to_owned),
        quantity: line.quantity,
        unit_amount: line.unit.minor,
        amount: line.unit.minor * u64::from(line.quantity),
        per: line.product.per(),
    }
}

#[derive(Serialize, ToSchema)]
pub struct SubscriptionEnvelope {
    pub subscription: SubscriptionOut,
}

/// A subscription. Its amount is in minor units of its currency.
#[derive(Serialize, ToSchema)]
pub struct SubscriptionOut {
    id: String,
    #[schema(value_type = MonthlyProductKind)]
    product: &'static str,
    plan: Option<String>,
    #[schema(value_type = closed_sets::SubscriptionStatusName)]
    status: SubscriptionStatus,
    /// Monthly price including tax.
    amount: u64,
    #[schema(example = "JPY")]
    currency: &'static str,
    minor_digits: u32,
    started_time: LocalTime,
    /// End of the period, at which the subscription renews or ends.
    period_end: LocalTime,
    ended_time: Option<LocalTime>,
    /// The order that bought it.
    order: String,
}

impl SubscriptionOut {
    pub fn of(subscription: &Subscription, zone: Tz, now: DateTime<Utc>) -> Self {
        let Money { minor, currency } = subscription.amount;
        Self {
            id: subscription.id.to_string(),
            product: subscription.product.kind(),
            plan: subscription.product.plan().map(str::to_owned),
            status: subscription.status_at(now),
            amount: minor,
            currency: currency.code(),
            minor_digits: currency.minor_digits(),
            started_time: local_time(subscription.started, zone),
            period_end: local_time(subscription.period_end, zone),
            ended_time: subscription.ended.map(|at| local_time(at, zone)),
            order: subscription.order.to_string(),
        }
    }
}
