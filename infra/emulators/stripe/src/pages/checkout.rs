//! The checkout page and the authentication page.

use chrono::{DateTime, Utc};
use hozon_shared::domain::locale::Locale;

use super::amounts::shown;
use super::html::escape;
use super::words::{PageTexts, card_error, declined, words};
use crate::cards::{CARDS, Card, CardError, Decline};
use crate::form::Form;
use crate::objects::{Address, BillingDetails, LineItem, Session, SessionStatus};

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
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
    Missing(Field),
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

    fn problem(&self, field: Field) -> Option<Problem> {
        self.errors.iter().copied().find(|problem| problem.field() == field)
    }
}

impl Problem {
    fn field(self) -> Field {
        match self {
            Self::Missing(field) => field,
            Self::BadEmail => Field::Email,
            Self::BadCountry => Field::Country,
            Self::Card(CardError::Expiry | CardError::Expired) => Field::Expiry,
            Self::Card(CardError::Code) => Field::Code,
            Self::Card(CardError::Number | CardError::NotForTests) | Self::Declined(_) => Field::Number,
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

impl Field {
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

    /// Renders the field with its label, hint and error.
    fn html(self, language: Locale, value: &str, problem: Option<Problem>) -> String {
        let (name, words) = (self.name(), words(language));
        let hint = self.hint(words).map(|hint| format!("<span class=\"hint\" id=\"{name}-hint\">{hint}</span>"));
        let error = problem
            .map(|problem| format!("<span class=\"error\" id=\"{name}-error\">{}</span>", escape(&problem.sentence(language))));
        let described: Vec<String> =
            [hint.is_some().then(|| format!("{name}-hint")), error.is_some().then(|| format!("{name}-error"))]
                .into_iter()
                .flatten()
                .collect();
        let described =
            if described.is_empty() { String::new() } else { format!(" aria-describedby=\"{}\"", described.join(" ")) };
        let invalid = if problem.is_some() { " aria-invalid=\"true\"" } else { "" };
        let kind = match self {
            Self::Email => "type=\"email\"",
            Self::Number | Self::Expiry | Self::Code => "type=\"text\" inputmode=\"numeric\"",
            _ => "type=\"text\"",
        };
        format!(
            "<p class=\"field\"><label for=\"{name}\">{}</label>{}<input id=\"{name}\" name=\"{name}\" {kind} autocomplete=\"{}\" \
             value=\"{}\" required{described}{invalid}>{}</p>\n",
            self.label(words),
            hint.unwrap_or_default(),
            self.autocomplete(),
            escape(value),
            error.unwrap_or_default()
        )
    }
}

/// Parses the form. The card is present only if there is no error.
pub fn read(form: &Form, now: DateTime<Utc>) -> (BillingDetails, Option<Card>, Vec<Problem>) {
    let text = |field: Field| form.text(field.name()).unwrap_or_default().trim().to_owned();
    let details = BillingDetails {
        name: text(Field::Name),
        email: text(Field::Email),
        address: Address {
            country: text(Field::Country).to_ascii_uppercase(),
            postal_code: text(Field::PostalCode),
            line1: text(Field::Address),
        },
    };
    let mut problems = Vec::new();
    for field in [Field::Name, Field::Email, Field::Country, Field::PostalCode, Field::Address] {
        if text(field).is_empty() {
            problems.push(Problem::Missing(field));
        } else if field == Field::Email && !is_email(&details.email) {
            problems.push(Problem::BadEmail);
        } else if field == Field::Country && !is_country(&details.address.country) {
            problems.push(Problem::BadCountry);
        }
    }
    let card = Card::read(&text(Field::Number), &text(Field::Expiry), &text(Field::Code), now);
    problems.extend(card.as_ref().err().into_iter().flatten().map(|error| Problem::Card(*error)));
    (details, card.ok(), problems)
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty() && !domain.contains('@'))
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Renders the page's content.
pub fn body(session: &Session, typed: &Typed) -> String {
    let language = session.language();
    let words = words(language);
    let rest = match session.status {
        SessionStatus::Open => form(session, typed),
        SessionStatus::Complete => {
            let url = escape(&session.after_payment());
            format!("<p class=\"done\" role=\"status\">{}</p>\n<p><a href=\"{url}\">{}</a></p>", words.paid, words.go_on)
        }
        SessionStatus::Expired => format!("<p class=\"error\" role=\"status\">{}</p>{}", words.expired, back(session)),
    };
    format!("<h1>{}</h1>\n{}{rest}", words.title, summary(session))
}

fn summary(session: &Session) -> String {
    let words = words(session.language());
    let rows = |lines: &mut dyn Iterator<Item = &LineItem>| -> String {
        let row = |line: &LineItem| {
            let period = if line.price.recurring.is_some() { format!(" {}", words.per_month) } else { String::new() };
            let amount = shown(line.amount_total, &line.currency);
            format!("<tr><th scope=\"row\">{}</th><td>{amount}{period}</td></tr>\n", escape(&line.description))
        };
        lines.map(row).collect()
    };
    let lines = rows(&mut session.line_items.data.iter());
    let total = shown(session.amount_total, &session.currency);
    let monthly = session.line_items.data.iter().filter(|line| line.price.recurring.is_some());
    let monthly: i64 = monthly.map(|line| line.amount_total).sum();
    let then = match session.mode.as_str() {
        "subscription" => format!("<p>{} {}</p>\n", words.then_monthly, shown(monthly, &session.currency)),
        _ => String::new(),
    };
    format!(
        "<section aria-labelledby=\"order\">\n<h2 id=\"order\">{}</h2>\n<table>\n{lines}<tr class=\"total\"><th \
         scope=\"row\">{}</th><td>{total}</td></tr>\n</table>\n{then}</section>\n",
        words.order, words.total
    )
}

fn form(session: &Session, typed: &Typed) -> String {
    let language = session.language();
    let words = words(language);
    let field = |field: Field, value: &str| field.html(language, value, typed.problem(field));
    let BillingDetails { name, email, address } = &typed.details;
    let billing = [
        field(Field::Name, name),
        field(Field::Email, email),
        field(Field::Country, &address.country),
        field(Field::PostalCode, &address.postal_code),
        field(Field::Address, &address.line1),
    ]
    .concat();
    // Card input is never sent back.
    let card = [Field::Number, Field::Expiry, Field::Code].map(|of_card| field(of_card, "")).concat();
    format!(
        "{}<form method=\"post\" action=\"/pay/{}\" novalidate>\n<fieldset>\n<legend>{}</legend>\n{billing}</fieldset>\n<fieldset>\n\
         <legend>{}</legend>\n{}{card}</fieldset>\n<button type=\"submit\">{} {}</button>\n</form>\n{}",
        problems(typed, language),
        escape(&session.id),
        words.billing,
        words.card,
        test_cards(words),
        words.pay,
        shown(session.amount_total, &session.currency),
        back(session)
    )
}

fn problems(typed: &Typed, language: Locale) -> String {
    if typed.errors.is_empty() {
        return String::new();
    }
    let entry = |problem: &Problem| {
        format!("<li><a href=\"#{}\">{}</a></li>\n", problem.field().name(), escape(&problem.sentence(language)))
    };
    let entries: String = typed.errors.iter().map(entry).collect();
    format!("<div class=\"problems\" role=\"alert\">\n<p>{}</p>\n<ul>\n{entries}</ul>\n</div>\n", words(language).problems)
}

fn test_cards(words: &PageTexts) -> String {
    let spaced = |number: &str| format!("{} {} {} {}", &number[..4], &number[4..8], &number[8..12], &number[12..]);
    let entries = CARDS.iter().zip(words.card_hints);
    let entries: String =
        entries.map(|((number, _), hint)| format!("<li><code>{}</code> {hint}</li>\n", spaced(number))).collect();
    format!("<div class=\"hint\">\n<p>{}</p>\n<ul>\n{entries}</ul>\n</div>\n", words.test_hint)
}

fn back(session: &Session) -> String {
    let words = words(session.language());
    let link = |url: &String| format!("<p><a href=\"{}\">{}</a></p>\n", escape(url), words.back);
    session.cancel_url.as_ref().map(link).unwrap_or_default()
}

/// Renders the content of the authentication page.
pub fn challenge(session: &Session) -> String {
    let words = words(session.language());
    format!(
        "<h1>{}</h1>\n<p>{}</p>\n{}<form class=\"buttons\" method=\"post\" action=\"/pay/{}/challenge\">\n<button type=\"submit\" \
         name=\"answer\" value=\"complete\">{}</button>\n<button type=\"submit\" name=\"answer\" value=\"fail\" \
         class=\"second\">{}</button>\n</form>",
        words.challenge,
        words.challenge_hint,
        summary(session),
        escape(&session.id),
        words.complete,
        words.fail
    )
}
