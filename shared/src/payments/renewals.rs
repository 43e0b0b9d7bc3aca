//! Renewal of the products in a subscription.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::client::path;
use super::states;
use super::stripe::{Stripe, key, price_fields};
use super::wire::{Named, Subscription, SubscriptionItem};
use crate::domain::payment::{Standing, SubscriptionState};
use crate::ports::{CheckoutLine, ErrorKind, PortError, Renewals};

const SUBSCRIPTIONS: &str = "subscriptions";
/// Metadata field that counts the products added to a subscription after its checkout. It makes two calls for the same
/// product create one item.
const RESUMED: &str = "resumed";
const END: &str = "end a product of a subscription";
const RESUME: &str = "resume a renewal";

fn with_products() -> Value {
    json!(["items.data.price.product"])
}

impl Stripe {
    async fn read(&self, id: &str) -> Result<Subscription, PortError> {
        let whole = json!({ "expand": with_products() });
        self.api.get("read a subscription", &path(SUBSCRIPTIONS, id)?, &whole).await
    }

    async fn change(
        &self,
        what: &'static str,
        id: &str,
        mut fields: Value,
        key: Option<String>,
    ) -> Result<SubscriptionState, PortError> {
        fields["expand"] = with_products();
        states::subscription(&self.api.post(what, &path(SUBSCRIPTIONS, id)?, &fields, key).await?)
    }

    async fn product(&self, line: &CheckoutLine, of: &str) -> Result<String, PortError> {
        let fields = json!({ "name": line.title, "metadata": { "product": line.product } });
        let once = key("product", of, &fields);
        let made: Named = self.api.post("make a product", "products", &fields, Some(once)).await?;
        Ok(made.id)
    }

    /// Adds a product that the subscription lacks, together with other changes to its items.
    async fn add(
        &self,
        found: &Subscription,
        line: &CheckoutLine,
        mut items: Vec<Value>,
    ) -> Result<SubscriptionState, PortError> {
        let times = found.metadata.as_ref().and_then(|metadata| metadata.get(RESUMED));
        let times: u32 = times.and_then(|text| text.parse().ok()).unwrap_or(0);
        let of = format!("{}-{times}", found.id);
        let mut price = price_fields(line)?;
        price["product"] = json!(self.product(line, &of).await?);
        items.push(json!({ "price_data": price, "quantity": 1 }));
        let mut fields = going_on_with(&items);
        fields["metadata"] = json!({ RESUMED: times + 1 });
        let once = key("resume", &of, &fields);
        self.change(RESUME, &found.id, fields, Some(once)).await
    }
}

fn going_on_with(items: &[Value]) -> Value {
    let mut fields = json!({ "cancel_at_period_end": false });
    if !items.is_empty() {
        fields["items"] = json!(items);
        fields["proration_behavior"] = json!("none");
    }
    fields
}

/// Returns the products that are renewed now.
fn renewed(found: &Subscription) -> BTreeSet<&str> {
    if found.cancel_at_period_end { BTreeSet::new() } else { found.items.data.iter().filter_map(states::product).collect() }
}

/// Returns the item changes that remove every product except `kept`. Nothing is refunded: the buyer keeps what is paid
/// until the period ends.
fn removals(found: &Subscription, kept: &BTreeSet<&str>) -> Vec<Value> {
    let is_kept = |product: &str| kept.contains(product);
    let removed = found.items.data.iter().filter(|item| states::product(item).is_some_and(|product| !is_kept(product)));
    removed.map(|item| json!({ "id": item.id, "deleted": true })).collect()
}

fn has_ended(found: &Subscription) -> bool {
    states::standing(found.status) == Standing::Ended
}

#[async_trait]
impl Renewals for Stripe {
    async fn subscription(&self, id: &str) -> Result<SubscriptionState, PortError> {
        states::subscription(&self.read(id).await?)
    }

    async fn stop(&self, subscription: &str, product: &str) -> Result<SubscriptionState, PortError> {
        let found = self.read(subscription).await?;
        let mut kept = renewed(&found);
        if has_ended(&found) || !kept.remove(product) {
            return states::subscription(&found);
        }
        // A subscription must have at least one item, so the last one stays and the whole subscription ends with its
        // period.
        let fields = match kept.is_empty() {
            true => json!({ "cancel_at_period_end": true }),
            false => json!({ "items": removals(&found, &kept), "proration_behavior": "none" }),
        };
        self.change("stop a renewal", subscription, fields, None).await
    }

    async fn resume(&self, subscription: &str, line: &CheckoutLine) -> Result<SubscriptionState, PortError> {
        let found = self.read(subscription).await?;
        if has_ended(&found) {
            return Err(PortError::new(ErrorKind::Conflict, RESUME));
        }
        let mut kept = renewed(&found);
        if !kept.insert(&line.product) {
            return states::subscription(&found);
        }
        let items = removals(&found, &kept);
        if found.items.data.iter().any(|item| states::product(item) == Some(line.product.as_str())) {
            return self.change(RESUME, subscription, going_on_with(&items), None).await;
        }
        self.add(&found, line, items).await
    }

    async fn end(&self, subscription: &str, product: &str) -> Result<(), PortError> {
        let found = match self.read(subscription).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        let is_it = |item: &&SubscriptionItem| states::product(item) == Some(product);
        let Some(item) = found.items.data.iter().find(is_it).filter(|_| !has_ended(&found)) else { return Ok(()) };
        if found.items.data.len() > 1 {
            let fields = json!({ "items": [{ "id": item.id, "deleted": true }], "proration_behavior": "create_prorations" });
            return self.change(END, subscription, fields, None).await.map(drop);
        }
        let how = json!({ "prorate": true, "invoice_now": true });
        self.api.delete::<Named>(END, &path(SUBSCRIPTIONS, subscription)?, &how).await.map(drop)
    }
}
