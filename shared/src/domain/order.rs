//! Orders: their lines, totals and states. Prices are copied from the price list when an order is created and never
//! change afterwards.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::id::{OrderId, OrgId};
use super::money::Money;
use super::organisation::Person;
use super::payment::CheckoutStatus;
use super::plan::{FreeBackups, Plans};
use super::price::{CountryPrices, Tax};
use super::product::Product;

/// Maximum number of one-time backups per order.
pub const MAX_BACKUPS: u32 = 100;

/// How long a draft, and the prices in it, stay valid.
pub const DRAFT_LIFE: TimeDelta = TimeDelta::hours(22);

/// How long an order can be paid, counted from its creation. A Stripe checkout is open for at least 30 minutes and at
/// most a day.
pub const LIFE: TimeDelta = TimeDelta::hours(23);

/// Returns the order number that buyers see, for example `H-4876876000000123456`.
pub fn number(id: OrderId) -> String {
    format!("H-{id}")
}

/// Where an order was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The backup page, after the allowance was used up.
    BackupPage,
    /// The subscription page.
    SubscriptionPage,
    /// A plan upgrade.
    Upgrade,
}

/// State of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderStatus {
    /// The buyer is looking at the summary.
    Draft,
    /// Confirmed; the provider's checkout is open.
    AwaitingPayment,
    /// The buyer has paid, but the money has not arrived yet.
    Processing,
    /// Paid and fulfilled.
    Paid,
    /// The payment failed.
    Failed,
    /// The order was not paid in time.
    Expired,
    /// The buyer cancelled the order.
    Cancelled,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub product: Product,
    /// Always 1 for products with a monthly price.
    pub quantity: u32,
    /// Listed price of one unit.
    pub unit: Money,
    /// Tax of the line, either included in the listed price or added to it.
    pub tax: Money,
    /// Amount to pay for the line, including tax.
    pub gross: Money,
}

/// A checkout at the payment provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutLink {
    /// The provider's checkout id.
    pub id: String,
    /// Address of the page on which the buyer pays.
    pub url: String,
}

/// An order. `version` counts changes and guards each write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub org: OrgId,
    pub id: OrderId,
    pub buyer: Person,
    pub origin: Origin,
    pub status: OrderStatus,
    /// At least one line; all lines have the same currency.
    pub lines: Vec<Line>,
    /// The tax that applies to the lines.
    pub tax: Tax,
    pub created: DateTime<Utc>,
    /// When the order can no longer be paid.
    pub expires: DateTime<Utc>,
    /// The checkout, once the order is confirmed.
    pub checkout: Option<CheckoutLink>,
    /// When the payment arrived.
    pub paid: Option<DateTime<Utc>>,
    /// The provider's receipt.
    pub receipt_url: Option<String>,
    /// Amount refunded so far, in minor units.
    pub refunded: u64,
    /// Whether the buyer's bank disputes the payment.
    pub disputed: bool,
    /// How many checkouts were opened for the order and abandoned because a concurrent change of the order won. The
    /// count is part of the idempotency key of the next checkout.
    #[serde(default)]
    pub abandoned_checkouts: u32,
    /// Who asked to cancel the order. Stored before its checkout is closed, so that the provider's message about the
    /// closed checkout cancels the order too, whichever of the two is handled first.
    #[serde(default)]
    pub cancelled_by: Option<Person>,
    /// Zero before the order is first stored.
    pub version: u64,
}

/// A requested product with its quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderItem {
    pub product: Product,
    pub quantity: u32,
}

/// What an organisation already has, as far as it limits what it can buy.
#[derive(Debug, Clone, Copy)]
pub struct BuyerState<'a> {
    pub plan: &'a str,
    /// Whether the organisation has a weekly subscription that has not ended.
    pub has_weekly: bool,
}

impl BuyerState<'_> {
    /// Returns whether the organisation can use a product: the weekly subscription if it has none, and plans above its
    /// own. On an unlimited plan additional backups have no use.
    pub fn lacks(&self, product: &Product, plans: &Plans) -> bool {
        let is_limited = plans.free(self.plan) != FreeBackups::Unlimited;
        match product {
            Product::OneTime => is_limited,
            Product::Weekly => is_limited && !self.has_weekly,
            Product::Plan(plan) => plans.is_upgrade(self.plan, plan),
        }
    }
}

/// Reasons why an order is rejected. The `usize` is the index of the item at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderRejection {
    /// No item is given.
    #[error("Name at least one item.")]
    Empty,
    /// The same product is given twice.
    #[error("Name each product once, with its quantity.")]
    Twice(usize),
    /// The quantity is out of range.
    #[error("Set quantity to a number from 1 to 100 for one-time backups, and to 1 or nothing for every other product.")]
    Quantity(usize),
    /// The product is not sold in the buyer's country.
    #[error("This product is not sold. See the prices for the available products.")]
    NotSold(usize),
    /// A second plan is given, or the plan is not above the organisation's own.
    #[error("Order only one plan, and one above the current plan.")]
    NotAnUpgrade(usize),
    /// The organisation already has a weekly subscription.
    #[error("There is already a weekly subscription. If it was cancelled, resume it.")]
    HasWeekly(usize),
    /// The organisation's plan is unlimited.
    #[error("Your plan is unlimited, so no backups need to be bought.")]
    Unlimited(usize),
    /// The total overflows.
    #[error("The total is too large.")]
    TooLarge,
}

/// Prices the requested items, or returns why they cannot be ordered.
pub fn quote(
    prices: &CountryPrices,
    plans: &Plans,
    buyer: BuyerState<'_>,
    items: &[OrderItem],
) -> Result<Vec<Line>, OrderRejection> {
    if items.is_empty() {
        return Err(OrderRejection::Empty);
    }
    let mut lines = Vec::new();
    for (at, item) in items.iter().enumerate() {
        check(at, item, &items[..at], plans, buyer)?;
        let unit = prices.price(&item.product).ok_or(OrderRejection::NotSold(at))?;
        lines.push(line(item, unit, &prices.tax).ok_or(OrderRejection::TooLarge)?);
    }
    sum(&lines).ok_or(OrderRejection::TooLarge)?;
    Ok(lines)
}

fn check(at: usize, item: &OrderItem, before: &[OrderItem], plans: &Plans, buyer: BuyerState<'_>) -> Result<(), OrderRejection> {
    let most = if item.product == Product::OneTime { MAX_BACKUPS } else { 1 };
    if before.iter().any(|other| other.product == item.product) {
        return Err(OrderRejection::Twice(at));
    }
    if !(1..=most).contains(&item.quantity) {
        return Err(OrderRejection::Quantity(at));
    }
    let is_second_plan = item.product.plan().is_some() && before.iter().any(|other| other.product.plan().is_some());
    if buyer.lacks(&item.product, plans) && !is_second_plan {
        return Ok(());
    }
    let is_unlimited = plans.free(buyer.plan) == FreeBackups::Unlimited;
    Err(match item.product {
        Product::OneTime | Product::Weekly if is_unlimited => OrderRejection::Unlimited(at),
        Product::Weekly => OrderRejection::HasWeekly(at),
        Product::OneTime | Product::Plan(_) => OrderRejection::NotAnUpgrade(at),
    })
}

fn line(item: &OrderItem, unit: Money, tax: &Tax) -> Option<Line> {
    let listed = unit.times(item.quantity)?;
    let on = tax.on(listed);
    let gross = if tax.included { listed } else { listed.plus(on)? };
    Some(Line { product: item.product.clone(), quantity: item.quantity, unit, tax: on, gross })
}

fn sum(lines: &[Line]) -> Option<Money> {
    let nothing = Money::of(0, lines.first()?.gross.currency);
    lines.iter().try_fold(nothing, |sum, line| sum.plus(line.gross))
}

/// Error returned when the current status does not allow a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order in status {0:?} does not allow this change")]
pub struct OrderTransitionError(pub OrderStatus);

impl Order {
    /// Creates a draft order. `lines` comes from [`quote`].
    pub fn place(org: OrgId, id: OrderId, buyer: Person, origin: Origin, lines: Vec<Line>, tax: Tax, at: DateTime<Utc>) -> Self {
        Self {
            org,
            id,
            buyer,
            origin,
            status: OrderStatus::Draft,
            lines,
            tax,
            created: at,
            expires: at + DRAFT_LIFE,
            checkout: None,
            paid: None,
            receipt_url: None,
            refunded: 0,
            disputed: false,
            abandoned_checkouts: 0,
            cancelled_by: None,
            version: 0,
        }
    }

    /// Returns the status at `now`. A draft expires by itself when nobody confirms it.
    pub fn status_at(&self, now: DateTime<Utc>) -> OrderStatus {
        if self.status == OrderStatus::Draft && self.expires <= now { OrderStatus::Expired } else { self.status }
    }

    /// When the checkout expires.
    pub fn checkout_expires(&self) -> DateTime<Utc> {
        self.created + LIFE
    }

    /// Total to pay, including tax.
    pub fn total(&self) -> Money {
        sum(&self.lines).expect("an order has lines whose sum was reckoned when it was placed")
    }

    /// Tax contained in the total. Where prices include tax it is computed from the total, so that it is rounded only
    /// once.
    pub fn tax_total(&self) -> Money {
        let total = self.total();
        if self.tax.included {
            return self.tax.on(total);
        }
        Money::of(self.lines.iter().map(|line| line.tax.minor).sum(), total.currency)
    }

    /// Number of one-time backups in the order.
    pub fn backups(&self) -> u32 {
        self.lines.iter().filter(|line| line.product == Product::OneTime).map(|line| line.quantity).sum()
    }

    /// The plan in the order, if there is one.
    pub fn plan(&self) -> Option<&str> {
        self.lines.iter().find_map(|line| line.product.plan())
    }

    /// The lines that are charged every month.
    pub fn monthly(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.product.is_monthly())
    }

    /// Number of one-time backups that the refunded amount is worth; all of them after a full refund.
    pub fn backups_refunded(&self) -> u32 {
        let Some(line) = self.lines.iter().find(|line| line.product == Product::OneTime) else { return 0 };
        if self.is_paid_back() {
            return line.quantity;
        }
        let one = line.gross.minor.div_ceil(u64::from(line.quantity.max(1))).max(1);
        u32::try_from(self.refunded / one).unwrap_or(u32::MAX).min(line.quantity)
    }

    /// Returns whether the whole payment was refunded.
    pub fn is_paid_back(&self) -> bool {
        self.refunded >= self.total().minor
    }

    /// Confirms a draft with the checkout that was opened for it.
    pub fn confirm(self, checkout: CheckoutLink, now: DateTime<Utc>) -> Result<Self, OrderTransitionError> {
        match self.status_at(now) {
            OrderStatus::Draft => Ok(Self {
                status: OrderStatus::AwaitingPayment,
                checkout: Some(checkout),
                expires: self.checkout_expires(),
                ..self
            }),
            other => Err(OrderTransitionError(other)),
        }
    }

    /// Counts the checkout that was opened when `abandoned` others had been abandoned, so that no checkout opened at
    /// that count can be stored any more. `None` if it is counted already.
    pub fn abandon_checkout(self, abandoned: u32) -> Option<Self> {
        let can_be_stored = self.status == OrderStatus::Draft && self.abandoned_checkouts == abandoned;
        can_be_stored.then(|| Self { abandoned_checkouts: abandoned + 1, ..self })
    }

    /// Whether `id` is the checkout that the order stores.
    pub fn has_checkout(&self, id: &str) -> bool {
        self.checkout.as_ref().is_some_and(|own| own.id == id)
    }

    /// Records who cancels the order; whoever asked first stays recorded. Its checkout is closed next, and then
    /// [`Order::cancel`] completes it. Fails if the order is not open.
    pub fn start_cancelling(self, by: &Person, now: DateTime<Utc>) -> Result<Self, OrderTransitionError> {
        match self.status_at(now) {
            OrderStatus::Draft | OrderStatus::AwaitingPayment => {
                Ok(Self { cancelled_by: self.cancelled_by.or_else(|| Some(by.clone())), ..self })
            }
            other => Err(OrderTransitionError(other)),
        }
    }

    /// Cancels an order that [`Order::start_cancelling`] has returned.
    #[must_use]
    pub fn cancel(self) -> Self {
        Self { status: OrderStatus::Cancelled, ..self }
    }

    /// Follows the state of the checkout `id`; `None` if it changes nothing. A payment always counts, even if it
    /// arrives after the order was cancelled or expired, or through an abandoned checkout. Any other state of an
    /// abandoned checkout is ignored. A checkout that was closed to cancel the order cancels it.
    pub fn follow(&self, id: &str, checkout: CheckoutStatus, at: DateTime<Utc>) -> Option<Self> {
        if checkout != CheckoutStatus::Paid && !self.has_checkout(id) {
            return None;
        }
        let is_open = matches!(self.status, OrderStatus::Draft | OrderStatus::AwaitingPayment | OrderStatus::Processing);
        let status = match checkout {
            CheckoutStatus::Paid if self.status != OrderStatus::Paid => OrderStatus::Paid,
            CheckoutStatus::Pending if matches!(self.status, OrderStatus::Draft | OrderStatus::AwaitingPayment) => {
                OrderStatus::Processing
            }
            CheckoutStatus::Failed if is_open => OrderStatus::Failed,
            CheckoutStatus::Expired if is_open && self.cancelled_by.is_some() => OrderStatus::Cancelled,
            CheckoutStatus::Expired if is_open => OrderStatus::Expired,
            _ => return None,
        };
        let paid = (status == OrderStatus::Paid).then_some(at);
        Some(Self { status, paid, ..self.clone() })
    }
}

#[cfg(test)]
mod tests;
