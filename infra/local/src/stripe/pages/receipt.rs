//! The receipt's page.

use chrono::DateTime;
use hozon_shared::domain::locale::Locale;

use super::amounts::shown;
use super::escape;
use super::words::words;
use crate::stripe::charges::card_of;
use crate::stripe::objects::Charge;
use crate::stripe::state::State;

/// A paid charge and what it was for.
pub struct Receipt {
    /// The customer's language.
    pub language: Locale,
    charge: Charge,
    lines: Vec<(String, i64)>,
}

impl Receipt {
    /// The receipt of a charge that was paid.
    pub fn find(state: &State, charge: &str) -> Option<Self> {
        let charge = state.charges.get(charge).filter(|charge| charge.paid)?.clone();
        let tag = state.customers.get(&charge.customer).and_then(|customer| customer.preferred_locales.first());
        let invoice = charge.invoice.as_ref().and_then(|id| state.invoices.get(id));
        let session = state.sessions.values().find(|session| session.payment_intent.as_ref() == Some(&charge.payment_intent));
        let lines = match (invoice, session) {
            (Some(invoice), _) => invoice.lines.data.iter().map(|line| (line.description.clone(), line.amount)).collect(),
            (None, Some(session)) => {
                session.line_items.data.iter().map(|line| (line.description.clone(), line.amount_total)).collect()
            }
            (None, None) => Vec::new(),
        };
        Some(Self { language: tag.map(|tag| Locale::of(tag)).unwrap_or_default(), charge, lines })
    }
}

/// The page's content.
pub fn body(receipt: &Receipt) -> String {
    let Receipt { language, charge, lines } = receipt;
    let words = words(*language);
    let row = |name: &str, value: &str| format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escape(name), escape(value));
    let lines: String = lines.iter().map(|(name, amount)| row(name, &shown(*amount, &charge.currency))).collect();
    let total = row(words.total, &shown(charge.amount, &charge.currency));
    let refunded = match charge.amount_refunded {
        0 => String::new(),
        amount => row(words.refunded, &shown(amount, &charge.currency)),
    };
    let day = DateTime::from_timestamp(charge.created, 0).unwrap_or_default().format("%Y-%m-%d %H:%M UTC").to_string();
    let paid = row(words.paid_on, &day) + &row(words.paid_with, &card_of(&charge.payment_method_details));
    format!(
        "<h1>{}</h1>\n<p><code>{}</code></p>\n<table>\n{lines}{total}{refunded}</table>\n<table>\n{paid}</table>",
        words.receipt,
        escape(&charge.id)
    )
}
