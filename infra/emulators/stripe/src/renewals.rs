//! Time-driven changes: renewals, their retries and end, and the expiry of unpaid sessions. Stripe keeps an invoice as
//! a draft for an hour before it charges; here it is charged at once.

use chrono::{DateTime, TimeDelta, Utc};

use crate::cards::{Card, Decline};
use crate::charges::Charging;
use crate::months::months_after;
use crate::objects::{Invoice, Metadata, SessionStatus, Subscription, SubscriptionStatus};
use crate::state::{StripeState, Transaction};
use crate::subscriptions::InvoicePurpose;

/// Waits before the retries of a failed payment, each counted from the previous attempt. After the last one, the
/// subscription ends.
const RETRIES: [TimeDelta; 3] = [TimeDelta::days(3), TimeDelta::days(5), TimeDelta::days(7)];

/// A time-driven change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum DueChange {
    Session(String),
    Retry(String),
    Period(String),
}

/// Returns the change that is due first, with its time.
fn first_due(state: &StripeState) -> Option<(i64, DueChange)> {
    let open = state.sessions.values().filter(|session| session.status == SessionStatus::Open);
    let sessions = open.map(|session| (session.expires_at, DueChange::Session(session.id.clone())));
    let retries =
        state.invoices.values().filter_map(|invoice| Some((invoice.next_payment_attempt?, DueChange::Retry(invoice.id.clone()))));
    let live = state.subscriptions.values().filter(|found| found.status != SubscriptionStatus::Canceled);
    let periods = live.map(|found| (found.current_period_end, DueChange::Period(found.id.clone())));
    sessions.chain(retries).chain(periods).min()
}

impl StripeState {
    /// Returns whether a change is due.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        first_due(self).is_some_and(|(at, _)| at <= now.timestamp())
    }
}

impl Transaction<'_> {
    /// Applies all due changes, each at its own time and in order.
    pub fn catch_up(&mut self) {
        let now = self.now;
        while let Some((at, due)) = first_due(self.state).filter(|(at, _)| *at <= now.timestamp()) {
            self.now = DateTime::from_timestamp(at, 0).unwrap_or(now);
            match due {
                DueChange::Session(id) => {
                    // An open session can be expired.
                    let _expired = self.expire_session(&id);
                }
                DueChange::Retry(id) => self.attempt(&id),
                DueChange::Period(id) => self.next_period(&id),
            }
        }
        self.now = now;
    }

    fn next_period(&mut self, id: &str) {
        let Some(subscription) = self.state.subscriptions.get_mut(id) else { return };
        if subscription.cancel_at_period_end {
            return self.end_subscription(id);
        }
        let over = subscription.current_period_end;
        subscription.current_period_start = over;
        subscription.current_period_end = months_after(subscription.billing_cycle_anchor, over);
        let subscription = subscription.clone();
        let lines = subscription.items.data.iter().map(|item| {
            let product = self.state.products.get(&item.price.product);
            let name = product.map(|product| product.name.clone()).unwrap_or_default();
            self.invoice_line(&name, item.price.unit_amount * item.quantity, &subscription.currency)
        });
        let lines = lines.collect();
        let mut invoice = self.new_invoice(&subscription, InvoicePurpose { reason: "subscription_cycle", lines });
        invoice.amount_due = self.take_credit(&subscription, invoice.total);
        let number = invoice.id.clone();
        self.keep_invoice(invoice);
        self.emit("customer.subscription.updated", id);
        self.attempt(&number);
    }

    /// Uses the customer's credit, and returns the remaining amount.
    fn take_credit(&mut self, of: &Subscription, total: i64) -> i64 {
        let Some(customer) = self.state.customers.get_mut(&of.customer) else { return total };
        let used = total.min(-customer.balance).max(0);
        customer.balance += used;
        total - used
    }

    /// Attempts to charge an invoice.
    fn attempt(&mut self, id: &str) {
        let Some(invoice) = self.state.invoices.get(id).cloned() else { return };
        let card = self.state.subscriptions.get(&invoice.subscription);
        let card = card.and_then(|subscription| self.state.cards.get(&subscription.default_payment_method)).cloned();
        let Some(card) = card else { return };
        let invoice = Invoice { attempt_count: invoice.attempt_count + 1, next_payment_attempt: None, ..invoice };
        match card.renews() || invoice.amount_due == 0 {
            true => self.renewed(invoice, &card),
            false => self.not_renewed(invoice, &card),
        }
    }

    fn renewed(&mut self, mut invoice: Invoice, card: &Card) {
        if invoice.amount_due > 0 {
            let charged = self.charge(charging(&invoice), card, None);
            invoice.charge = Some(charged.charge);
            invoice.payment_intent = Some(charged.intent);
        }
        invoice.amount_paid = invoice.amount_due;
        "paid".clone_into(&mut invoice.status);
        let (id, subscription) = (invoice.id.clone(), invoice.subscription.clone());
        self.state.invoices.insert(id.clone(), invoice);
        self.turn(&subscription, SubscriptionStatus::Active);
        self.emit("invoice.paid", &id);
    }

    fn not_renewed(&mut self, mut invoice: Invoice, card: &Card) {
        let charged = self.charge(charging(&invoice), card, Some(Decline::Generic));
        invoice.charge = Some(charged.charge);
        invoice.payment_intent = Some(charged.intent);
        let retry = RETRIES.get(invoice.attempt_count - 1).map(|wait| (self.now + *wait).timestamp());
        invoice.next_payment_attempt = retry;
        let (id, subscription) = (invoice.id.clone(), invoice.subscription.clone());
        self.state.invoices.insert(id.clone(), invoice);
        self.turn(&subscription, SubscriptionStatus::PastDue);
        self.emit("invoice.payment_failed", &id);
        if retry.is_none() {
            self.end_subscription(&subscription);
        }
    }

    fn turn(&mut self, id: &str, status: SubscriptionStatus) {
        let found = self.state.subscriptions.get_mut(id).filter(|found| found.status != status);
        if let Some(subscription) = found {
            subscription.status = status;
            self.emit("customer.subscription.updated", id);
        }
    }
}

fn charging(invoice: &Invoice) -> Charging<'_> {
    Charging {
        amount: invoice.amount_due,
        currency: &invoice.currency,
        customer: &invoice.customer,
        invoice: Some(&invoice.id),
        metadata: Metadata::new(),
    }
}
