//! The receipt. For a buyer in Japan it is a qualified invoice (適格請求書) with the contents required by Consumption Tax
//! Act article 57-4, paragraph 1 (National Tax Agency, "No. 6625, contents of qualified invoices"): the seller's name
//! and registration number, the date, the items (and whether a reduced rate applies), the total and the tax per rate,
//! rounded once, and the buyer's name.

use askama::Template;
use chrono::DateTime;
use chrono_tz::Tz;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::price::Tax;
use hozon_shared::payments::from_stripe;

use super::amounts::shown;
use super::words::{PageTexts, tax_name, words};
use crate::charges::card_of;
use crate::objects::{BillingDetails, Charge, Metadata, Session};
use crate::state::StripeState;

/// The seller. Corporate numbers start with 1 to 9, so this registration number belongs to nobody ("T" and 13 digits,
/// NTA: "About registration numbers").
const SELLER: Seller = Seller { name: "Hozon Demo Shop / 保存デモショップ", registration: "T0123456789012" };

struct Seller {
    name: &'static str,
    registration: &'static str,
}

/// A paid charge and its items.
pub struct PaidCharge {
    /// Language of the checkout.
    pub language: Locale,
    charge: Charge,
    lines: Vec<(String, i64)>,
    /// Name of the buying organisation.
    customer: String,
    billing: BillingDetails,
    metadata: Metadata,
}

impl PaidCharge {
    /// Finds the receipt of a paid charge.
    pub fn find(state: &StripeState, charge: &str) -> Option<Self> {
        let charge = state.charges.get(charge).filter(|charge| charge.paid)?.clone();
        let invoice = charge.invoice.as_ref().and_then(|id| state.invoices.get(id));
        let session = session_of(state, &charge, invoice.map(|invoice| invoice.subscription.as_str()));
        let lines = match (invoice, session) {
            (Some(invoice), _) => invoice.lines.data.iter().map(|line| (line.description.clone(), line.amount)).collect(),
            (None, Some(session)) => {
                session.line_items.data.iter().map(|line| (line.description.clone(), line.amount_total)).collect()
            }
            (None, None) => Vec::new(),
        };
        Some(Self {
            language: session.map(Session::language).unwrap_or_default(),
            lines,
            customer: state.customers.get(&charge.customer).and_then(|customer| customer.name.clone()).unwrap_or_default(),
            billing: session.and_then(|session| session.customer_details.clone()).unwrap_or_default(),
            metadata: session.map(|session| session.metadata.clone()).unwrap_or_default(),
            charge,
        })
    }

    /// Returns the tax included in the amounts.
    fn tax(&self) -> Option<Tax> {
        let percent: f64 = self.metadata.get("tax_percent")?.parse().ok()?;
        let rate = (percent * 1000.0).round() as u32;
        Some(Tax { name: self.metadata.get("tax_name")?.clone(), rate, included: true })
    }

    fn paid_at(&self) -> String {
        let zone: Tz = self.metadata.get("time_zone").and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC);
        let at = DateTime::from_timestamp(self.charge.created, 0).unwrap_or_default().with_timezone(&zone);
        match self.language {
            Locale::Ja => format!("{} ({zone})", at.format("%Y年%-m月%-d日 %H:%M")),
            Locale::En => format!("{} ({zone})", at.format("%-d %B %Y, %H:%M")),
        }
    }
}

/// Finds the checkout session of a charge; for a renewal, the session that started its subscription.
fn session_of<'a>(state: &'a StripeState, charge: &Charge, subscription: Option<&str>) -> Option<&'a Session> {
    let is_its = |session: &&Session| {
        session.payment_intent.as_ref() == Some(&charge.payment_intent)
            || (subscription.is_some() && session.subscription.as_deref() == subscription)
    };
    state.sessions.values().find(is_its)
}

/// The page of a receipt.
#[derive(Template)]
#[template(path = "receipt.html")]
pub struct ReceiptPage {
    words: &'static PageTexts,
    is_taxed: bool,
    buyer: Vec<String>,
    lines: Vec<(String, String)>,
    total: String,
    /// The total and the tax per rate, and what was refunded.
    taxes_and_refund: Vec<(String, String)>,
    facts: Vec<(&'static str, String)>,
}

impl ReceiptPage {
    pub fn new(receipt: &PaidCharge) -> Self {
        let words = words(receipt.language);
        let Charge { amount, currency, .. } = &receipt.charge;
        Self {
            words,
            is_taxed: receipt.tax().is_some_and(|tax| tax.rate > 0),
            buyer: buyer(receipt, words),
            lines: receipt.lines.iter().map(|(name, amount)| (name.clone(), shown(*amount, currency))).collect(),
            total: shown(*amount, currency),
            taxes_and_refund: taxes(receipt, words).into_iter().chain(refund(receipt, words)).collect(),
            facts: facts(receipt, words),
        }
    }
}

fn facts(receipt: &PaidCharge, words: &PageTexts) -> Vec<(&'static str, String)> {
    let number = receipt.metadata.get("order").map(|order| format!("H-{order}")).unwrap_or_default();
    let facts = [
        (words.order_number, number),
        (words.receipt_number, receipt.charge.id.clone()),
        (words.paid_on, receipt.paid_at()),
        (words.paid_with, card_of(&receipt.charge.payment_method_details)),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn buyer(receipt: &PaidCharge, words: &PageTexts) -> Vec<String> {
    let BillingDetails { name, address, .. } = &receipt.billing;
    let place = [address.postal_code.as_str(), &address.line1, &address.country].join(" ");
    let addressed = |name: &str, title: &str| if name.is_empty() { String::new() } else { format!("{name}{title}") };
    let lines = [addressed(&receipt.customer, words.to_organisation), addressed(name, words.to_person), place];
    lines.into_iter().filter(|line| !line.trim().is_empty()).collect()
}

/// Returns the total and the tax per rate. All items have the same rate, which is never the reduced one.
fn taxes(receipt: &PaidCharge, words: &PageTexts) -> Vec<(String, String)> {
    let Charge { amount, currency, .. } = &receipt.charge;
    let (Some(tax), Ok(total)) = (receipt.tax(), from_stripe(amount.unsigned_abs(), currency)) else {
        return Vec::new();
    };
    let (percent, on) = (tax.percent(), tax.on(total));
    let name = words.tax_at.replace("{percent}", &percent).replace("{name}", tax_name(words, &tax.name));
    vec![(words.taxed_at.replace("{percent}", &percent), total.written()), (name, on.written())]
}

fn refund(receipt: &PaidCharge, words: &PageTexts) -> Option<(String, String)> {
    let Charge { amount_refunded, currency, .. } = &receipt.charge;
    (*amount_refunded > 0).then(|| (words.refunded.to_owned(), shown(*amount_refunded, currency)))
}
