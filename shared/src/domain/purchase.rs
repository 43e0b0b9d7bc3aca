//! Consequences of purchases: the changes caused by a payment, a subscription event or a refund, each as one
//! transaction. They are computed from stored state and the provider's state, so messages may arrive late, twice or out
//! of order.

use chrono::{DateTime, Utc};

use super::allowance::{Account, Settled};
use super::change::{Change, Lock, happened, settle};
use super::event::{EventKind, OrderStep};
use super::id::{EventId, OrderId, SubscriptionId};
use super::ledger::entries;
use super::money::Money;
use super::order::{BuyerState, Line, Order};
use super::organisation::{Organisation, Person};
use super::payment::{ChargeState, SubscriptionState};
use super::plan::Plans;
use super::product::Product;
use super::subscription::{Subscription, SubscriptionStatus, SubscriptionStep};

/// What an organisation owns, as stored.
#[derive(Debug, Clone)]
pub struct Holdings {
    pub organisation: Organisation,
    pub account: Account,
    /// Including ended ones.
    pub subscriptions: Vec<Subscription>,
    /// The order with an open checkout. There is at most one, so that nothing is paid twice.
    pub open_order: Option<OrderId>,
}

impl Holdings {
    /// Returns what limits the organisation's purchases.
    pub fn buyer(&self, now: DateTime<Utc>) -> BuyerState<'_> {
        BuyerState { plan: &self.organisation.plan, has_weekly: self.current("weekly", now).is_some() }
    }

    /// Returns the subscription of a kind (`weekly` or `plan`) that has not ended.
    pub fn current(&self, kind: &str, now: DateTime<Utc>) -> Option<&Subscription> {
        self.subscriptions.iter().find(|held| held.product.kind() == kind && held.status_at(now) != SubscriptionStatus::Ended)
    }

    /// Returns the subscriptions that a paid order replaces.
    pub fn replaced_by(&self, order: &Order, now: DateTime<Utc>) -> Vec<&Subscription> {
        order.monthly().filter_map(|line| self.current(line.product.kind(), now)).collect()
    }
}

/// Source of the time and of new ids for a set of changes.
pub struct ChangeContext<'a> {
    pub now: DateTime<Utc>,
    /// Generates an id.
    pub next: &'a mut dyn FnMut() -> u64,
}

impl ChangeContext<'_> {
    fn event(&mut self) -> EventId {
        EventId((self.next)())
    }
}

/// Stores an order together with the event of its new state. An order that is no longer open releases the checkout
/// lock.
pub fn step(order: Order, step: OrderStep, by: &Person, open: Option<OrderId>, from: &mut ChangeContext<'_>) -> Vec<Change> {
    let event = from.event();
    let mut changes = vec![Change::Event(happened(event, from.now, by, order_step(&order, step)))];
    changes.extend(close(&order, open));
    changes.push(Change::Order(Box::new(order)));
    changes
}

/// Stores an order whose checkout was opened, and acquires the checkout lock.
pub fn confirm(order: Order, by: &Person, from: &mut ChangeContext<'_>) -> Vec<Change> {
    let place = Change::Acquire(Lock::Checkout(order.id));
    step(order, OrderStep::Confirmed, by, None, from).into_iter().chain([place]).collect()
}

fn close(order: &Order, open: Option<OrderId>) -> Option<Change> {
    (open == Some(order.id)).then_some(Change::Release(Lock::Checkout(order.id)))
}

/// Fulfils a paid order: adds one-time backups, starts subscriptions, changes the plan. `state` is the subscription
/// that the checkout created. Subscriptions that the order replaces end in the database; the caller ends them at the
/// provider.
pub fn pay(order: Order, state: Option<&SubscriptionState>, held: &Holdings, from: &mut ChangeContext<'_>) -> Vec<Change> {
    let event = from.event();
    let (by, now) = (order.buyer.clone(), from.now);
    let mut settled = held.account.clone().buy(order.id, order.backups());
    let mut changes = vec![Change::Event(happened(event, now, &by, order_step(&order, OrderStep::Paid)))];
    let replaced = held.replaced_by(&order, now).into_iter().cloned();
    changes.extend(replaced.map(|before| Change::Subscription(Box::new(before.replaced(now)))));
    if let Some(plan) = order.plan() {
        changes.extend(change_plan(held.organisation.clone(), plan, &by, from));
    }
    for (line, state) in order.monthly().filter_map(|line| Some((line, state?))) {
        let started = start(&order, line, state, held, from);
        if started.product == Product::Weekly {
            settled.account.weekly = started.entitlement();
        }
        changes.push(Change::Subscription(Box::new(started)));
    }
    changes.extend(close(&order, held.open_order));
    changes.push(Change::Order(Box::new(order)));
    changes.extend(settle(settled, event, now));
    changes
}

fn start(order: &Order, line: &Line, state: &SubscriptionState, held: &Holdings, from: &mut ChangeContext<'_>) -> Subscription {
    let before = held.current("plan", from.now).map_or(Some(&held.organisation.plan), |before| before.plan_before.as_ref());
    let started = Subscription {
        org: order.org,
        id: SubscriptionId((from.next)()),
        order: order.id,
        product: line.product.clone(),
        amount: line.gross,
        provider: state.id.clone(),
        status: SubscriptionStatus::Active,
        started: from.now,
        period_end: state.period_end,
        ended: None,
        plan_before: line.product.plan().and(before).cloned(),
        withheld_until: None,
        version: 0,
    };
    // If the message about the payment came late, the subscription may have changed since.
    started.follow(state, from.now).map_or(started, |(followed, _)| followed)
}

/// Stores a changed subscription and its effect on the account or the plan.
pub fn follow(
    changed: Subscription,
    turn: Option<SubscriptionStep>,
    by: &Person,
    held: &Holdings,
    plans: &Plans,
    from: &mut ChangeContext<'_>,
) -> Vec<Change> {
    let mut changes = entitle(&changed, by, held, plans, from);
    if let Some(turn) = turn {
        let (subscription, order, product) = (changed.id, changed.order, changed.product.clone());
        let what =
            EventKind::Subscription { subscription, order, product, turn, amount: changed.amount, until: changed.period_end };
        changes.push(Change::Event(happened(from.event(), from.now, by, what)));
    }
    changes.push(Change::Subscription(Box::new(changed)));
    changes
}

/// Applies a subscription's current entitlement: to weekly runs, or to its plan while it is active.
fn entitle(changed: &Subscription, by: &Person, held: &Holdings, plans: &Plans, from: &mut ChangeContext<'_>) -> Vec<Change> {
    match changed.product.plan() {
        Some(plan) => {
            let before = changed.plan_before.as_deref().unwrap_or(plans.fallback());
            let counts = changed.counts_until().is_some();
            let is_latest = held.current("plan", from.now).is_none_or(|bought| bought.id == changed.id);
            let to = if counts { plan } else { before };
            let change = is_latest.then(|| change_plan(held.organisation.clone(), to, by, from));
            change.into_iter().flatten().collect()
        }
        None if held.account.weekly == changed.entitlement() => Vec::new(),
        None => vec![Change::Account(Account { weekly: changed.entitlement(), ..held.account.clone() })],
    }
}

/// Follows refunds and disputes of an order's payment by taking back unused backups. Returns `None` if nothing changed.
pub fn charge_back(
    order: &Order,
    state: &ChargeState,
    held: &Holdings,
    plans: &Plans,
    from: &mut ChangeContext<'_>,
) -> Option<Vec<Change>> {
    let refunded = state.refunded.minor.max(order.refunded);
    if (refunded, state.disputed) == (order.refunded, order.disputed) {
        return None;
    }
    let changed = Order { refunded, disputed: state.disputed, ..order.clone() };
    let mut account = held.account.clone();
    let mut changes = take_back_backups(order, &changed, &mut account, from);
    changes.extend(withhold_subscriptions(&changed, held, plans, &mut account, from));
    changes.push(Change::Account(account));
    changes.push(Change::Order(Box::new(changed)));
    Some(changes)
}

/// Takes unused one-time backups back, or gives them again after a dispute is won. Returns the events and ledger entries.
fn take_back_backups(order: &Order, changed: &Order, account: &mut Account, from: &mut ChangeContext<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    for step in steps(order, changed) {
        let event = from.event();
        let Settled { account: after, movements } = match step {
            OrderStep::Refunded => account.clone().refund(order.id, changed.backups_refunded()),
            _ => account.clone().dispute(order.id, changed.disputed),
        };
        changes.push(Change::Event(happened(event, from.now, &order.buyer, order_step(changed, step))));
        changes.extend(entries(movements, event, from.now).map(Change::Entry));
        *account = after;
    }
    changes
}

/// Withholds the order's subscriptions while the payment is refunded or disputed, and restores them afterwards.
fn withhold_subscriptions(
    order: &Order,
    held: &Holdings,
    plans: &Plans,
    account: &mut Account,
    from: &mut ChangeContext<'_>,
) -> Vec<Change> {
    let is_withheld = order.disputed || order.is_paid_back();
    let mut changes = Vec::new();
    for paid in held.subscriptions.iter().filter(|paid| paid.order == order.id && paid.status != SubscriptionStatus::Ended) {
        let withheld = paid.clone().withhold(is_withheld);
        if withheld == *paid {
            continue;
        }
        if paid.product == Product::Weekly {
            account.weekly = withheld.entitlement();
        } else {
            changes.extend(entitle(&withheld, &order.buyer, held, plans, from));
        }
        changes.push(Change::Subscription(Box::new(withheld)));
    }
    changes
}

fn steps(before: &Order, after: &Order) -> Vec<OrderStep> {
    let refunded = (after.refunded > before.refunded).then_some(OrderStep::Refunded);
    let disputed = (after.disputed != before.disputed).then_some(match after.disputed {
        true => OrderStep::Disputed,
        false => OrderStep::DisputeWon,
    });
    refunded.into_iter().chain(disputed).collect()
}

fn change_plan(organisation: Organisation, to: &str, by: &Person, from: &mut ChangeContext<'_>) -> Vec<Change> {
    if organisation.plan == to {
        return Vec::new();
    }
    let what = EventKind::PlanChanged { from: organisation.plan.clone(), to: to.to_owned() };
    let event = Change::Event(happened(from.event(), from.now, by, what));
    vec![event, Change::Organisation(Organisation { plan: to.to_owned(), ..organisation })]
}

fn order_step(order: &Order, step: OrderStep) -> EventKind {
    let total = order.total();
    let amount = if step == OrderStep::Refunded { Money::of(order.refunded, total.currency) } else { total };
    EventKind::Order { order: order.id, step, backups: order.backups(), amount }
}
