//! The whole state, stored in one file, and the operations that change it.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use aws_lc_rs::hmac;
use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::ports::Ids;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cards::Card;
use crate::objects::{
    Charge, Customer, Dispute, Event, EventData, Intent, Invoice, Metadata, Product, Refund, Session, Subscription,
};

/// API version of the objects.
pub const VERSION: &str = "2024-06-20";
/// How long answers to idempotent requests are kept.
const REQUESTS_KEPT: TimeDelta = TimeDelta::hours(24);
/// How long events are kept after their delivery.
const EVENTS_KEPT: TimeDelta = TimeDelta::days(30);

type ById<T> = BTreeMap<String, T>;

/// The state of the server.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StripeState {
    pub customers: ById<Customer>,
    pub products: ById<Product>,
    pub sessions: ById<Session>,
    pub intents: ById<Intent>,
    pub charges: ById<Charge>,
    pub refunds: ById<Refund>,
    pub disputes: ById<Dispute>,
    pub subscriptions: ById<Subscription>,
    pub invoices: ById<Invoice>,
    /// Oldest first.
    pub events: Vec<Event>,
    /// Saved cards by token.
    pub cards: ById<Card>,
    /// Internal data of open sessions.
    pub drafts: ById<Draft>,
    /// Undelivered events in order.
    pub deliveries: VecDeque<MessageDelivery>,
    /// Answers by idempotency key.
    pub requests: ById<Remembered>,
}

/// Internal data of an open session.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Draft {
    /// Metadata for the resulting payment or subscription.
    pub metadata: Metadata,
    /// The card that requires authentication.
    pub challenged: Option<Card>,
}

/// An event that is being delivered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MessageDelivery {
    pub event: String,
    /// Number of attempts.
    pub tries: usize,
    /// Time of the next attempt.
    pub next: DateTime<Utc>,
}

/// The answer to a request with an idempotency key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Remembered {
    /// Digest of the request.
    pub request: String,
    pub answer: Value,
    /// When the request was answered.
    pub at: DateTime<Utc>,
}

impl StripeState {
    /// Reads the file; an absent file is an empty state.
    pub fn load(path: &Path) -> Result<Self> {
        match std::fs::read(path) {
            Ok(json) => serde_json::from_slice(&json).with_context(|| format!("understand {}", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
        }
    }

    /// Replaces the file.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }

    /// Finds an object of any kind by its id.
    pub fn find(&self, id: &str) -> Option<Value> {
        let (kind, _) = id.split_once('_')?;
        match kind {
            "cus" => shown(self.customers.get(id)),
            "prod" => shown(self.products.get(id)),
            "cs" => shown(self.sessions.get(id)),
            "pi" => shown(self.intents.get(id)),
            "ch" => shown(self.charges.get(id)),
            "re" => shown(self.refunds.get(id)),
            "du" => shown(self.disputes.get(id)),
            "sub" => shown(self.subscriptions.get(id)),
            "in" => shown(self.invoices.get(id)),
            "evt" => shown(self.events.iter().find(|event| event.id == id)),
            _ => None,
        }
    }

    /// Lists the objects of a collection, newest first; `None` for an unknown collection.
    pub fn list(&self, collection: &str) -> Option<Vec<Value>> {
        let mut found = match collection {
            "customers" => all(self.customers.values()),
            "products" => all(self.products.values()),
            "checkout/sessions" => all(self.sessions.values()),
            "payment_intents" => all(self.intents.values()),
            "charges" => all(self.charges.values()),
            "refunds" => all(self.refunds.values()),
            "disputes" => all(self.disputes.values()),
            "subscriptions" => all(self.subscriptions.values()),
            "invoices" => all(self.invoices.values()),
            "events" => all(self.events.iter()),
            _ => return None,
        };
        found.reverse();
        Some(found)
    }

    /// Expands ids into whole objects along a path such as `items.data.price.product`.
    pub fn expand(&self, object: &mut Value, path: &str) {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        if let Value::Array(list) = object {
            return list.iter_mut().for_each(|object| self.expand(object, path));
        }
        let Some(inner) = object.get_mut(name) else { return };
        if let Some(whole) = inner.as_str().and_then(|id| self.find(id)) {
            *inner = whole;
        }
        if let Some(rest) = rest {
            self.expand(inner, rest);
        }
    }

    /// Deletes what Stripe would have deleted.
    pub fn forget(&mut self, now: DateTime<Utc>) {
        self.requests.retain(|_, request| now - request.at < REQUESTS_KEPT);
        let oldest = (now - EVENTS_KEPT).timestamp();
        self.events.retain(|event| event.created >= oldest || event.pending_webhooks > 0);
    }
}

fn shown(object: Option<&impl Serialize>) -> Option<Value> {
    serde_json::to_value(object?).ok()
}

fn all<'a, T: Serialize + 'a>(objects: impl Iterator<Item = &'a T>) -> Vec<Value> {
    objects.filter_map(|object| shown(Some(object))).collect()
}

/// A change of the state at one point in time. It is stored completely or not at all.
pub struct Transaction<'a> {
    pub state: &'a mut StripeState,
    /// The time of the change: in the past if it was due earlier.
    pub now: DateTime<Utc>,
    /// The server's own URL.
    pub url: &'a str,
    pub ids: &'a dyn Ids,
    /// Creates names that nobody can guess.
    pub names: &'a hmac::Key,
}

impl Transaction<'_> {
    /// Generates an id.
    pub fn id(&self, kind: &str) -> String {
        format!("{kind}_{}", self.ids.next(self.now))
    }

    /// Generates an id that nobody can guess, because it gives access to its page.
    pub fn secret_id(&self, kind: &str) -> String {
        let id = self.id(kind);
        let tag = hmac::sign(self.names, id.as_bytes());
        format!("{id}{}", hex::encode(&tag.as_ref()[..16]))
    }

    /// The time as a Unix timestamp.
    pub fn seconds(&self) -> i64 {
        self.now.timestamp()
    }

    /// Emits an event about an object.
    pub fn emit(&mut self, kind: &str, object: &str) {
        let event = Event {
            id: self.id("evt"),
            created: self.seconds(),
            livemode: false,
            api_version: VERSION.to_owned(),
            data: EventData { object: self.state.find(object).unwrap_or_default() },
            pending_webhooks: 1,
            kind: kind.to_owned(),
        };
        self.state.deliveries.push_back(MessageDelivery { event: event.id.clone(), tries: 0, next: self.now });
        self.state.events.push(event);
    }
}
