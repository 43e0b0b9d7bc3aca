//! Subscriptions, created by a paid session, and changed and ended by the API.

use crate::cards::Card;
use crate::error::RequestError;
use crate::form::Form;
use crate::months::months_after;
use crate::objects::{
    Invoice, InvoiceLine, List, Metadata, Price, Session, Subscription, SubscriptionDetails, SubscriptionItem, SubscriptionStatus,
};
use crate::state::Transaction;

/// What an invoice is for.
pub struct InvoicePurpose<'a> {
    pub reason: &'a str,
    pub lines: Vec<InvoiceLine>,
}

impl Transaction<'_> {
    /// Creates the subscription of a session and charges all of its lines. Returns the subscription and its first
    /// invoice.
    pub fn subscribe(&mut self, session: &Session, metadata: Metadata, card: &Card) -> (String, String) {
        let id = self.id("sub");
        let token = self.id("pm");
        self.state.cards.insert(token.clone(), card.clone());
        let monthly = session.line_items.data.iter().filter(|line| line.price.recurring.is_some());
        let items = monthly.map(|line| self.new_item(&id, line.price.clone(), line.quantity)).collect();
        let subscription = self.new_subscription(&id, session, metadata, token, items);
        self.state.subscriptions.insert(id.clone(), subscription.clone());
        let lines =
            session.line_items.data.iter().map(|line| self.invoice_line(&line.description, line.amount_total, &line.currency));
        let purpose = InvoicePurpose { reason: "subscription_create", lines: lines.collect() };
        let invoice = self.new_invoice(&subscription, purpose);
        let number = invoice.id.clone();
        let charged = self.charge_session(session, Some(&number), Metadata::new(), card, None);
        let total = invoice.total;
        let paid = Invoice {
            status: "paid".to_owned(),
            amount_paid: total,
            attempt_count: 1,
            charge: Some(charged.charge),
            payment_intent: Some(charged.intent),
            ..invoice
        };
        self.keep_invoice(paid);
        self.emit("customer.subscription.created", &id);
        self.emit("invoice.paid", &number);
        (id, number)
    }

    fn new_subscription(
        &self,
        id: &str,
        session: &Session,
        metadata: Metadata,
        card: String,
        items: Vec<SubscriptionItem>,
    ) -> Subscription {
        let now = self.seconds();
        Subscription {
            id: id.to_owned(),
            created: now,
            livemode: false,
            status: SubscriptionStatus::Active,
            customer: session.customer.clone(),
            currency: session.currency.clone(),
            billing_cycle_anchor: now,
            cancel_at_period_end: false,
            canceled_at: None,
            current_period_start: now,
            current_period_end: months_after(now, now),
            default_payment_method: card,
            ended_at: None,
            items: List::of(items, &format!("/v1/subscription_items?subscription={id}")),
            latest_invoice: None,
            metadata,
            start_date: now,
        }
    }

    fn new_item(&self, subscription: &str, price: Price, quantity: i64) -> SubscriptionItem {
        SubscriptionItem {
            id: self.id("si"),
            created: self.seconds(),
            metadata: Metadata::new(),
            price,
            quantity,
            subscription: subscription.to_owned(),
        }
    }

    /// Creates a line of an invoice.
    pub fn invoice_line(&self, description: &str, amount: i64, currency: &str) -> InvoiceLine {
        InvoiceLine { id: self.id("il"), amount, currency: currency.to_owned(), description: description.to_owned() }
    }

    /// Creates an open invoice without storing it.
    pub fn new_invoice(&self, of: &Subscription, purpose: InvoicePurpose<'_>) -> Invoice {
        let id = self.id("in");
        let total: i64 = purpose.lines.iter().map(|line| line.amount).sum();
        Invoice {
            created: self.seconds(),
            livemode: false,
            amount_due: total.max(0),
            amount_paid: 0,
            attempt_count: 0,
            billing_reason: purpose.reason.to_owned(),
            charge: None,
            currency: of.currency.clone(),
            customer: of.customer.clone(),
            hosted_invoice_url: None,
            lines: List::of(purpose.lines, &format!("/v1/invoices/{id}/lines")),
            next_payment_attempt: None,
            payment_intent: None,
            status: "open".to_owned(),
            subscription: of.id.clone(),
            subscription_details: SubscriptionDetails { metadata: of.metadata.clone() },
            total,
            id,
        }
    }

    /// Stores an invoice as its subscription's latest.
    pub fn keep_invoice(&mut self, invoice: Invoice) {
        if let Some(subscription) = self.state.subscriptions.get_mut(&invoice.subscription) {
            subscription.latest_invoice = Some(invoice.id.clone());
        }
        self.state.invoices.insert(invoice.id.clone(), invoice);
    }

    /// `POST /v1/subscriptions/{id}`
    pub fn update_subscription(&mut self, id: &str, form: &Form) -> Result<String, RequestError> {
        let mut changed = self.live_subscription(id)?;
        let (before, changes) = (changed.clone(), form.list("items").collect::<Vec<_>>());
        for item in &changes {
            self.change_item(&mut changed, item)?;
        }
        match form.text("proration_behavior") {
            _ if changes.is_empty() => {}
            Some("none") => {}
            Some("create_prorations") if changed.amount() < before.amount() => {
                self.credit_rest(&before, before.amount() - changed.amount(), false);
            }
            _ => {
                return Err(RequestError::Invalid { param: "proration_behavior", reason: "only none and credits are supported" });
            }
        }
        if changed.items.data.is_empty() {
            return Err(RequestError::NotNow("a subscription must have at least one active plan"));
        }
        if let Some(flag) = form.flag("cancel_at_period_end") {
            changed.cancel_at_period_end = flag;
            changed.canceled_at = flag.then(|| self.seconds());
        }
        changed.metadata.extend(form.metadata());
        self.state.subscriptions.insert(id.to_owned(), changed);
        self.emit("customer.subscription.updated", id);
        Ok(id.to_owned())
    }

    fn change_item(&mut self, changed: &mut Subscription, form: &Form) -> Result<(), RequestError> {
        let invalid = |reason| RequestError::Invalid { param: "items", reason };
        match (form.text("id"), form.flag("deleted"), form.get("price_data")) {
            (Some(item), Some(true), None) => {
                let before = changed.items.data.len();
                changed.items.data.retain(|known| known.id != item);
                if changed.items.data.len() < before { Ok(()) } else { Err(RequestError::Missing("subscription_item")) }
            }
            (None, None, Some(price)) => {
                let price = self.make_price(&price)?;
                if price.recurring.is_none() || price.currency != changed.currency {
                    return Err(invalid("the price does not match the subscription"));
                }
                let item = self.new_item(&changed.id, price, form.number("quantity")?.unwrap_or(1));
                changed.items.data.push(item);
                Ok(())
            }
            _ => Err(invalid("only adding and deleting are supported")),
        }
    }

    /// `DELETE /v1/subscriptions/{id}`
    pub fn cancel_subscription(&mut self, id: &str, form: &Form) -> Result<String, RequestError> {
        let subscription = self.live_subscription(id)?;
        if form.flag("prorate") == Some(true) && subscription.status == SubscriptionStatus::Active {
            self.credit_rest(&subscription, subscription.amount(), form.flag("invoice_now") == Some(true));
        }
        self.end_subscription(id);
        Ok(id.to_owned())
    }

    /// Credits the rest of the period to the customer, in proportion to the price of a whole one.
    fn credit_rest(&mut self, of: &Subscription, amount: i64, with_invoice: bool) {
        let whole = of.current_period_end - of.current_period_start;
        let left = (of.current_period_end - self.seconds()).clamp(0, whole);
        let credit = (i128::from(amount) * i128::from(left) + i128::from(whole / 2)) / i128::from(whole.max(1));
        let credit = i64::try_from(credit).unwrap_or_default();
        if let Some(customer) = self.state.customers.get_mut(&of.customer) {
            customer.balance -= credit;
        }
        if with_invoice {
            let line = self.invoice_line("Unused time", -credit, &of.currency);
            let invoice = self.new_invoice(of, InvoicePurpose { reason: "manual", lines: vec![line] });
            self.keep_invoice(Invoice { status: "paid".to_owned(), ..invoice });
        }
    }

    /// Ends a subscription now. Its open invoices are void.
    pub fn end_subscription(&mut self, id: &str) {
        let now = self.seconds();
        for invoice in self.state.invoices.values_mut().filter(|invoice| invoice.subscription == id) {
            invoice.next_payment_attempt = None;
        }
        if let Some(subscription) = self.state.subscriptions.get_mut(id) {
            subscription.status = SubscriptionStatus::Canceled;
            subscription.canceled_at = subscription.canceled_at.or(Some(now));
            subscription.ended_at = Some(now);
            self.emit("customer.subscription.deleted", id);
        }
    }

    fn live_subscription(&self, id: &str) -> Result<Subscription, RequestError> {
        let found = self.state.subscriptions.get(id).filter(|found| found.status != SubscriptionStatus::Canceled);
        found.cloned().ok_or(RequestError::Missing("subscription"))
    }
}
