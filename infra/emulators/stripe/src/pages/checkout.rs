//! The checkout page and the authentication page.

use askama::Template;
use chrono::{DateTime, Utc};
use hozon_shared::domain::locale::Locale;

use super::amounts::shown;
use super::words::{PageTexts, card_error, declined, words};
use crate::cards::{CARDS, Card, CardError, Decline};
use crate::form::Form;
use crate::objects::{Address, BillingDetails, LineItem, Session, SessionStatus};

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckoutField {
    Name,
    Email,
    Country,
    PostalCode,
    Address,
    Number,
    Expiry,
    Code,
}

/// The defect of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    Missing(CheckoutField),
    BadEmail,
    BadCountry,
    Card(CardError),
    Declined(Decline),
}

/// The buyer's input, except for the card, and its errors.
pub struct Typed {
    pub details: BillingDetails,
    pub errors: Vec<Problem>,
}

impl Typed {
    /// Returns the earlier input of a session.
    pub fn of(session: &Session) -> Self {
        Self { details: session.customer_details.clone().unwrap_or_default(), errors: Vec::new() }
    }

    /// Adds the error of a declined card.
    pub fn declined(self, decline: Decline) -> Self {
        Self { errors: vec![Problem::Declined(decline)], ..self }
    }

    /// The fields at fault, with a sentence about each.
    fn problems(&self, language: Locale) -> Vec<(&'static str, String)> {
        self.errors.iter().map(|problem| (problem.field().name(), problem.sentence(language))).collect()
    }

    fn problem(&self, field: CheckoutField) -> Option<Problem> {
        self.errors.iter().copied().find(|problem| problem.field() == field)
    }
}

impl Problem {
    fn field(self) -> CheckoutField {
        match self {
            Self::Missing(field) => field,
            Self::BadEmail => CheckoutField::Email,
            Self::BadCountry => CheckoutField::Country,
            Self::Card(CardError::Expiry | CardError::Expired) => CheckoutField::Expiry,
            Self::Card(CardError::Code) => CheckoutField::Code,
            Self::Card(CardError::Number | CardError::NotForTests) | Self::Declined(_) => CheckoutField::Number,
        }
    }

    /// Returns a complete sentence with the field's name.
    fn sentence(self, language: Locale) -> String {
        let words = words(language);
        let what = match self {
            Self::Missing(_) => words.missing,
            Self::BadEmail => words.bad_email,
            Self::BadCountry => words.bad_country,
            Self::Card(error) => card_error(language, error),
            Self::Declined(decline) => declined(language, decline),
        };
        let between = if language == Locale::Ja { "" } else { " " };
        format!("{}{between}{what}", self.field().label(words))
    }
}

impl CheckoutField {
    fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Country => "country",
            Self::PostalCode => "postal-code",
            Self::Address => "address",
            Self::Number => "cc-number",
            Self::Expiry => "cc-exp",
            Self::Code => "cc-csc",
        }
    }

    /// Value of the `autocomplete` attribute.
    fn autocomplete(self) -> &'static str {
        match self {
            Self::Name => "billing name",
            Self::Email => "email",
            Self::Country => "billing country",
            Self::PostalCode => "billing postal-code",
            Self::Address => "billing street-address",
            field => field.name(),
        }
    }

    fn label(self, words: &'static PageTexts) -> &'static str {
        match self {
            Self::Name => words.name,
            Self::Email => words.email,
            Self::Country => words.country,
            Self::PostalCode => words.postal_code,
            Self::Address => words.address,
            Self::Number => words.number,
            Self::Expiry => words.expiry,
            Self::Code => words.code,
        }
    }

    fn hint(self, words: &'static PageTexts) -> Option<&'static str> {
        match self {
            Self::Country => Some(words.country_hint),
            Self::Expiry => Some(words.expiry_hint),
            Self::Code => Some(words.code_hint),
            _ => None,
        }
    }

    /// Value of the `type` attribute.
    fn kind(self) -> &'static str {
        if self == Self::Email { "email" } else { "text" }
    }

    fn is_numeric(self) -> bool {
        matches!(self, Self::Number | Self::Expiry | Self::Code)
    }
}

/// Parses the form. The card is present only if there is no error.
pub fn read(form: &Form, now: DateTime<Utc>) -> (BillingDetails, Option<Card>, Vec<Problem>) {
    let text = |field: CheckoutField| form.text(field.name()).unwrap_or_default().trim().to_owned();
    let details = BillingDetails {
        name: text(CheckoutField::Name),
        email: text(CheckoutField::Email),
        address: Address {
            country: text(CheckoutField::Country).to_ascii_uppercase(),
            postal_code: text(CheckoutField::PostalCode),
            line1: text(CheckoutField::Address),
        },
    };
    let mut problems = Vec::new();
    for field in
        [CheckoutField::Name, CheckoutField::Email, CheckoutField::Country, CheckoutField::PostalCode, CheckoutField::Address]
    {
        if text(field).is_empty() {
            problems.push(Problem::Missing(field));
        } else if field == CheckoutField::Email && !is_email(&details.email) {
            problems.push(Problem::BadEmail);
        } else if field == CheckoutField::Country && !is_country(&details.address.country) {
            problems.push(Problem::BadCountry);
        }
    }
    let card = Card::read(&text(CheckoutField::Number), &text(CheckoutField::Expiry), &text(CheckoutField::Code), now);
    problems.extend(card.as_ref().err().into_iter().flatten().map(|error| Problem::Card(*error)));
    (details, card.ok(), problems)
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty() && !domain.contains('@'))
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The checkout page: a form, or the outcome of a session that has ended.
#[derive(Template)]
#[template(path = "checkout.html")]
pub struct CheckoutPage<'a> {
    words: &'static PageTexts,
    session: &'a Session,
    order: OrderSummary,
    /// The fields' names, with complete sentences about their errors.
    problems: Vec<(&'static str, String)>,
    billing: [FormField; 5],
    card: [FormField; 3],
    test_cards: Vec<(String, &'static str)>,
}

/// The page on which a bank would authenticate the buyer.
#[derive(Template)]
#[template(path = "challenge.html")]
pub struct ChallengePage<'a> {
    words: &'static PageTexts,
    session: &'a Session,
    order: OrderSummary,
}

/// The order as both pages show it.
struct OrderSummary {
    lines: Vec<SummaryLine>,
    total: String,
    /// What renews every month.
    monthly: Option<String>,
}

struct SummaryLine {
    description: String,
    amount: String,
    is_monthly: bool,
}

/// An input field with its label, hint and error.
struct FormField {
    name: &'static str,
    label: &'static str,
    hint: Option<&'static str>,
    kind: &'static str,
    is_numeric: bool,
    autocomplete: &'static str,
    value: String,
    described_by: String,
    error: Option<String>,
}

impl<'a> CheckoutPage<'a> {
    pub fn new(session: &'a Session, typed: &Typed) -> Self {
        let language = session.language();
        let words = words(language);
        let field = |field: CheckoutField, value: &str| FormField::new(field, words, value, typed.problem(field));
        let BillingDetails { name, email, address } = &typed.details;
        Self {
            words,
            session,
            order: OrderSummary::of(session),
            problems: if session.status == SessionStatus::Open { typed.problems(language) } else { Vec::new() },
            billing: [
                field(CheckoutField::Name, name),
                field(CheckoutField::Email, email),
                field(CheckoutField::Country, &address.country),
                field(CheckoutField::PostalCode, &address.postal_code),
                field(CheckoutField::Address, &address.line1),
            ],
            // Card input is never sent back.
            card: [CheckoutField::Number, CheckoutField::Expiry, CheckoutField::Code].map(|of_card| field(of_card, "")),
            test_cards: CARDS.iter().zip(words.card_hints).map(|((number, _), hint)| (spaced(number), hint)).collect(),
        }
    }
}

impl<'a> ChallengePage<'a> {
    pub fn new(session: &'a Session) -> Self {
        Self { words: words(session.language()), session, order: OrderSummary::of(session) }
    }
}

impl OrderSummary {
    fn of(session: &Session) -> Self {
        let lines = &session.line_items.data;
        let monthly: i64 = lines.iter().filter(|line| is_monthly(line)).map(|line| line.amount_total).sum();
        Self {
            lines: lines.iter().map(SummaryLine::of).collect(),
            total: shown(session.amount_total, &session.currency),
            monthly: (session.mode == "subscription").then(|| shown(monthly, &session.currency)),
        }
    }
}

impl SummaryLine {
    fn of(line: &LineItem) -> Self {
        let amount = shown(line.amount_total, &line.currency);
        Self { description: line.description.clone(), amount, is_monthly: is_monthly(line) }
    }
}

impl FormField {
    fn new(field: CheckoutField, words: &'static PageTexts, value: &str, problem: Option<Problem>) -> Self {
        let (name, hint) = (field.name(), field.hint(words));
        let described_by = [hint.map(|_| format!("{name}-hint")), problem.map(|_| format!("{name}-error"))];
        Self {
            name,
            label: field.label(words),
            hint,
            kind: field.kind(),
            is_numeric: field.is_numeric(),
            autocomplete: field.autocomplete(),
            value: value.to_owned(),
            described_by: described_by.into_iter().flatten().collect::<Vec<_>>().join(" "),
            error: problem.map(|problem| problem.sentence(words.locale)),
        }
    }
}

fn is_monthly(line: &LineItem) -> bool {
    line.price.recurring.is_some()
}

/// Writes a card number in groups of four digits.
fn spaced(number: &str) -> String {
    format!("{} {} {} {}", &number[..4], &number[4..8], &number[8..12], &number[12..])
}
