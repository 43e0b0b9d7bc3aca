//! Orders (R10): what is bought, for how much, and where it stands. Amounts come from the price list when the order is made, and stay.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::id::{OrderId, OrgId};
use super::money::Money;
use super::organisation::Person;
use super::payment::CheckoutStatus;
use super::plan::{FreeBackups, Plans};
use super::price::{CountryPrices, Tax};
use super::product::Product;

/// Most one-time backups of one order.
pub const MAX_BACKUPS: u32 = 100;

/// How long a draft waits for its buyer, and its prices hold.
pub const DRAFT_LIFE: TimeDelta = TimeDelta::hours(22);

/// How long an order can be paid, from when it was placed. A checkout of Stripe's lives for 30 minutes at least and a day at most.
pub const LIFE: TimeDelta = TimeDelta::hours(23);

/// An order's number as buyers read it: `H-4876876000000123456`.
pub fn number(id: OrderId) -> String {
    format!("H-{id}")
}

/// From where an order was placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The backup page, when the allowance was used up.
    BackupPage,
    /// The subscription page.
    SubscriptionPage,
    /// A plan's upgrade.
    Upgrade,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Its buyer looks at the summary.
    Draft,
    /// Confirmed; the provider's checkout is open.
    AwaitingPayment,
    /// The buyer has paid; the money is on its way.
    Processing,
    /// Paid, and everything in it handed out.
    Paid,
    /// The money did not come.
    Failed,
    /// Nobody paid in time.
    Expired,
    /// Its buyer gave it up.
    Cancelled,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What.
    pub product: Product,
    /// How many; 1 for what is paid by the month.
    pub quantity: u32,
    /// The listed price of one.
    pub unit: Money,
    /// The tax of the line: in its listed price, or on top of it.
    pub tax: Money,
    /// What is paid for the line, tax in it.
    pub gross: Money,
}

/// A checkout at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutLink {
    /// The provider's id.
    pub id: String,
    /// Where the buyer pays.
    pub url: String,
}

/// An order. `version` counts its changes and makes each conditional.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The organisation.
    pub org: OrgId,
    /// Its id.
    pub id: OrderId,
    /// Who placed it.
    pub buyer: Person,
    /// From where.
    pub origin: Origin,
    /// Where it stands.
    pub status: Status,
    /// What is bought; at least one line, all in one currency.
    pub lines: Vec<Line>,
    /// The tax that its lines are reckoned with.
    pub tax: Tax,
    /// When it was placed.
    pub created: DateTime<Utc>,
    /// When it can no longer be paid.
    pub expires: DateTime<Utc>,
    /// The checkout, once it is confirmed.
    pub checkout: Option<CheckoutLink>,
    /// When it was paid.
    pub paid: Option<DateTime<Utc>>,
    /// The provider's receipt.
    pub receipt_url: Option<String>,
    /// What was paid back so far, in minor units.
    pub refunded: u64,
    /// Whether the buyer's bank holds the money.
    pub disputed: bool,
    /// Checkouts that were opened for it and given up, because another change of the order was faster. The next one is a new one.
    #[serde(default)]
    pub abandoned_checkouts: u32,
    /// Zero before it is stored.
    pub version: u64,
}

/// One thing that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What.
    pub product: Product,
    /// How many.
    pub quantity: u32,
}

/// What an organisation has, as far as it decides what can be bought.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Its plan.
    pub plan: &'a str,
    /// Whether it has a weekly subscription that has not ended.
    pub has_weekly: bool,
}

impl Standing<'_> {
    /// Whether a product is of use: the weekly subscription where there is none, and plans above the present one. To a plan without
    /// limit no backups can be added.
    pub fn lacks(&self, product: &Product, plans: &Plans) -> bool {
        let is_limited = plans.free(self.plan) != FreeBackups::Unlimited;
        match product {
            Product::OneTime => is_limited,
            Product::Weekly => is_limited && !self.has_weekly,
            Product::Plan(plan) => plans.is_upgrade(self.plan, plan),
        }
    }
}

/// Why something cannot be ordered; `usize` is the position of the item at fault, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOrdered {
    /// Nothing is asked for.
    #[error("Name at least one item.")]
    Empty,
    /// The same product twice.
    #[error("Name each product once, with its quantity.")]
    Twice(usize),
    /// A quantity out of bounds.
    #[error("The quantity is 1 to 100 for one-time backups, and 1 or nothing for everything else.")]
    Quantity(usize),
    /// It is not sold in the buyer's country.
    #[error("This is not sold. See the prices for what is.")]
    NotSold(usize),
    /// Two plans, or one that is not above the organisation's own.
    #[error("Only one plan above the present one can be bought.")]
    NotAnUpgrade(usize),
    /// There is a weekly subscription.
    #[error("There is a weekly subscription already. If it was cancelled, resume it.")]
    HasWeekly(usize),
    /// The organisation's plan has no limit.
    #[error("Your plan has no limit: no backups need to be bought.")]
    Unlimited(usize),
    /// The sum is beyond what can be reckoned.
    #[error("The sum is too large.")]
    TooLarge,
}

/// Prices what is asked for.
pub fn quote(prices: &CountryPrices, plans: &Plans, standing: Standing<'_>, items: &[Item]) -> Result<Vec<Line>, NotOrdered> {
    if items.is_empty() {
        return Err(NotOrdered::Empty);
    }
    let mut lines = Vec::new();
    for (at, item) in items.iter().enumerate() {
        check(at, item, &items[..at], plans, standing)?;
        let unit = prices.price(&item.product).ok_or(NotOrdered::NotSold(at))?;
        lines.push(line(item, unit, &prices.tax).ok_or(NotOrdered::TooLarge)?);
    }
    sum(&lines).ok_or(NotOrdered::TooLarge)?;
    Ok(lines)
}

fn check(at: usize, item: &Item, before: &[Item], plans: &Plans, standing: Standing<'_>) -> Result<(), NotOrdered> {
    let most = if item.product == Product::OneTime { MAX_BACKUPS } else { 1 };
    if before.iter().any(|other| other.product == item.product) {
        return Err(NotOrdered::Twice(at));
    }
    if !(1..=most).contains(&item.quantity) {
        return Err(NotOrdered::Quantity(at));
    }
    let is_second_plan = item.product.plan().is_some() && before.iter().any(|other| other.product.plan().is_some());
    if standing.lacks(&item.product, plans) && !is_second_plan {
        return Ok(());
    }
    let is_unlimited = plans.free(standing.plan) == FreeBackups::Unlimited;
    Err(match item.product {
        Product::OneTime | Product::Weekly if is_unlimited => NotOrdered::Unlimited(at),
        Product::Weekly => NotOrdered::HasWeekly(at),
        Product::OneTime | Product::Plan(_) => NotOrdered::NotAnUpgrade(at),
    })
}

fn line(item: &Item, unit: Money, tax: &Tax) -> Option<Line> {
    let listed = unit.times(item.quantity)?;
    let on = tax.on(listed);
    let gross = if tax.included { listed } else { listed.plus(on)? };
    Some(Line { product: item.product.clone(), quantity: item.quantity, unit, tax: on, gross })
}

fn sum(lines: &[Line]) -> Option<Money> {
    let nothing = Money::of(0, lines.first()?.gross.currency);
    lines.iter().try_fold(nothing, |sum, line| sum.plus(line.gross))
}

/// A step that an order's status does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order that is {0:?} cannot change so")]
pub struct NotAllowed(pub Status);

impl Order {
    /// An order just placed. `lines` comes from [`quote`].
    pub fn place(org: OrgId, id: OrderId, buyer: Person, origin: Origin, lines: Vec<Line>, tax: Tax, at: DateTime<Utc>) -> Self {
        Self {
            org,
            id,
            buyer,
            origin,
            status: Status::Draft,
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
            version: 0,
        }
    }

    /// Where it stands at that time: a draft that nobody confirmed has expired by itself.
    pub fn status_at(&self, now: DateTime<Utc>) -> Status {
        if self.status == Status::Draft && self.expires <= now { Status::Expired } else { self.status }
    }

    /// When its checkout ends, once there is one.
    pub fn checkout_expires(&self) -> DateTime<Utc> {
        self.created + LIFE
    }

    /// What is paid, tax in it.
    pub fn total(&self) -> Money {
        sum(&self.lines).expect("an order has lines whose sum was reckoned when it was placed")
    }

    /// The tax in the total. Where prices have it in them it is reckoned once, on the total, so that it is rounded once.
    pub fn tax_total(&self) -> Money {
        let total = self.total();
        if self.tax.included {
            return self.tax.on(total);
        }
        Money::of(self.lines.iter().map(|line| line.tax.minor).sum(), total.currency)
    }

    /// The one-time backups in it.
    pub fn backups(&self) -> u32 {
        self.lines.iter().filter(|line| line.product == Product::OneTime).map(|line| line.quantity).sum()
    }

    /// The plan in it.
    pub fn plan(&self) -> Option<&str> {
        self.lines.iter().find_map(|line| line.product.plan())
    }

    /// The lines that are paid again each month.
    pub fn monthly(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.product.is_monthly())
    }

    /// How many of its one-time backups the money that was paid back is worth: all, when all was paid back.
    pub fn backups_refunded(&self) -> u32 {
        let Some(line) = self.lines.iter().find(|line| line.product == Product::OneTime) else { return 0 };
        if self.is_paid_back() {
            return line.quantity;
        }
        let one = line.gross.minor.div_ceil(u64::from(line.quantity.max(1))).max(1);
        u32::try_from(self.refunded / one).unwrap_or(u32::MAX).min(line.quantity)
    }

    /// Whether all that was paid was paid back.
    pub fn is_paid_back(&self) -> bool {
        self.refunded >= self.total().minor
    }

    /// Opens its checkout.
    pub fn confirm(self, checkout: CheckoutLink, now: DateTime<Utc>) -> Result<Self, NotAllowed> {
        match self.status_at(now) {
            Status::Draft => {
                Ok(Self { status: Status::AwaitingPayment, checkout: Some(checkout), expires: self.checkout_expires(), ..self })
            }
            other => Err(NotAllowed(other)),
        }
    }

    /// Counts a checkout as given up that was opened when `abandoned` others were, so that none opened at that count can be stored any
    /// more. `None` when that is so already.
    pub fn abandon_checkout(self, abandoned: u32) -> Option<Self> {
        let can_be_stored = self.status == Status::Draft && self.abandoned_checkouts == abandoned;
        can_be_stored.then(|| Self { abandoned_checkouts: abandoned + 1, ..self })
    }

    /// Whether that checkout is its own.
    pub fn has_checkout(&self, id: &str) -> bool {
        self.checkout.as_ref().is_some_and(|own| own.id == id)
    }

    /// Gives it up.
    pub fn cancel(self, now: DateTime<Utc>) -> Result<Self, NotAllowed> {
        match self.status_at(now) {
            Status::Draft | Status::AwaitingPayment => Ok(Self { status: Status::Cancelled, ..self }),
            other => Err(NotAllowed(other)),
        }
    }

    /// Follows a checkout. `None` when that is no news. Money that came is never lost: an order that was given up before is paid, and so
    /// is one whose payment came through a checkout that it had given up. Anything else about such a checkout is no news.
    pub fn follow(&self, id: &str, checkout: CheckoutStatus, at: DateTime<Utc>) -> Option<Self> {
        if checkout != CheckoutStatus::Paid && !self.has_checkout(id) {
            return None;
        }
        let is_open = matches!(self.status, Status::Draft | Status::AwaitingPayment | Status::Processing);
        let status = match checkout {
            CheckoutStatus::Paid if self.status != Status::Paid => Status::Paid,
            CheckoutStatus::Pending if matches!(self.status, Status::Draft | Status::AwaitingPayment) => Status::Processing,
            CheckoutStatus::Failed if is_open => Status::Failed,
            CheckoutStatus::Expired if is_open => Status::Expired,
            _ => return None,
        };
        let paid = (status == Status::Paid).then_some(at);
        Some(Self { status, paid, ..self.clone() })
    }
}

#[cfg(test)]
mod tests;
