//! Test cards. A card number is examined once and never stored; only the brand, the last four digits and the behaviour
//! are kept.

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Behaviour of a test card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    Pays,
    /// Is always declined.
    Declined,
    /// Has insufficient funds.
    InsufficientFunds,
    /// Requires authentication when its owner is present.
    Challenges,
    /// Pays once; renewals fail.
    FailsLater,
    /// Pays, and is then disputed.
    Disputes,
}

/// All test cards, with Stripe's own numbers.
pub const CARDS: [(&str, Behaviour); 6] = [
    ("4242424242424242", Behaviour::Pays),
    ("4000000000000002", Behaviour::Declined),
    ("4000000000009995", Behaviour::InsufficientFunds),
    ("4000002500003155", Behaviour::Challenges),
    ("4000000000000341", Behaviour::FailsLater),
    ("4000000000000259", Behaviour::Disputes),
];

/// A card as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    last4: String,
    exp_month: u32,
    exp_year: i32,
    pub behaviour: Behaviour,
}

/// Reasons why a payment was declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decline {
    /// No reason given.
    Generic,
    /// Insufficient funds.
    InsufficientFunds,
    /// The owner did not authenticate.
    NotAuthenticated,
}

impl Decline {
    /// Stripe's error code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Generic | Self::InsufficientFunds => "card_declined",
            Self::NotAuthenticated => "payment_intent_authentication_failure",
        }
    }

    /// Stripe's message.
    pub fn message(self) -> &'static str {
        match self {
            Self::Generic => "Your card was declined.",
            Self::InsufficientFunds => "Your card has insufficient funds.",
            Self::NotAuthenticated => "We are unable to authenticate your payment method.",
        }
    }
}

/// A card's reaction to a payment when its owner is present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardReaction {
    /// The payment succeeds.
    Yes,
    /// Authentication is required.
    Challenge,
    /// The payment is declined.
    No(Decline),
}

/// The defect of a card field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardError {
    /// The number is invalid.
    Number,
    /// The number may belong to a real card.
    NotForTests,
    /// The date is invalid.
    Expiry,
    /// The card has expired.
    Expired,
    /// The code is invalid.
    Code,
}

impl Card {
    /// Parses a buyer's input, and returns all errors in the order of the form.
    pub fn read(number: &str, expiry: &str, code: &str, now: DateTime<Utc>) -> Result<Self, Vec<CardError>> {
        let (number, expiry) = (read_number(number), read_expiry(expiry, now));
        let code = code.trim();
        let code_is_wrong = code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_digit());
        match (number, expiry, code_is_wrong) {
            (Ok((last4, behaviour)), Ok((exp_month, exp_year)), false) => Ok(Self { last4, exp_month, exp_year, behaviour }),
            (number, expiry, code_is_wrong) => {
                let code = code_is_wrong.then_some(CardError::Code);
                Err(number.err().into_iter().chain(expiry.err()).chain(code).collect())
            }
        }
    }

    /// Reaction to a payment when the owner is present.
    pub fn answer(&self) -> CardReaction {
        match self.behaviour {
            Behaviour::Pays | Behaviour::FailsLater | Behaviour::Disputes => CardReaction::Yes,
            Behaviour::Challenges => CardReaction::Challenge,
            Behaviour::Declined => CardReaction::No(Decline::Generic),
            Behaviour::InsufficientFunds => CardReaction::No(Decline::InsufficientFunds),
        }
    }

    /// Returns whether a renewal succeeds, when the owner is not present.
    pub fn renews(&self) -> bool {
        self.behaviour != Behaviour::FailsLater
    }

    /// The card in Stripe's terms.
    pub fn details(&self) -> Value {
        let card = json!({ "brand": "visa", "last4": self.last4, "exp_month": self.exp_month, "exp_year": self.exp_year });
        json!({ "type": "card", "card": card })
    }
}

fn read_number(text: &str) -> Result<(String, Behaviour), CardError> {
    let digits: String = text.chars().filter(|letter| !matches!(letter, ' ' | '-')).collect();
    if !is_card_number(&digits) {
        return Err(CardError::Number);
    }
    let known = CARDS.iter().find(|(number, _)| *number == digits);
    known.map(|(number, behaviour)| (number[12..].to_owned(), *behaviour)).ok_or(CardError::NotForTests)
}

/// Returns whether a number may belong to a card: 12 to 19 digits with a valid check digit (ISO/IEC 7812).
fn is_card_number(digits: &str) -> bool {
    let values: Option<Vec<u32>> = digits.chars().rev().map(|digit| digit.to_digit(10)).collect();
    let Some(values) = values.filter(|values| (12..=19).contains(&values.len())) else { return false };
    let weighed = values.iter().enumerate().map(|(place, value)| match (place % 2, value * 2) {
        (0, _) => *value,
        (_, double) => double / 10 + double % 10,
    });
    weighed.sum::<u32>().is_multiple_of(10)
}

/// Parses `12 / 34` or `12/2034`. A card is valid until the end of its month.
fn read_expiry(text: &str, now: DateTime<Utc>) -> Result<(u32, i32), CardError> {
    let parts = text.split_once('/').map(|(month, year)| (month.trim(), year.trim()));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = parts.filter(|(month, year)| are_digits(month) && are_digits(year) && matches!(year.len(), 2 | 4));
    let (month, year) = parts.ok_or(CardError::Expiry)?;
    let month: u32 = month.parse().ok().filter(|month| (1..=12).contains(month)).ok_or(CardError::Expiry)?;
    let written: i32 = year.parse().map_err(|_| CardError::Expiry)?;
    let year = if written < 100 { 2000 + written } else { written };
    if (year, month) < (now.year(), now.month()) { Err(CardError::Expired) } else { Ok((month, year)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(number: &str, expiry: &str, code: &str) -> Result<Behaviour, Vec<CardError>> {
        let now = "2027-06-30T23:59:59Z".parse().expect("a time");
        Card::read(number, expiry, code, now).map(|card| card.behaviour)
    }

    #[test]
    fn every_test_card_is_read_in_any_spelling() {
        for (number, behaviour) in CARDS {
            assert_eq!(read(number, "06/27", "123"), Ok(behaviour));
        }
        assert_eq!(read(" 4242 4242-4242 4242", "12 / 2034", " 123 "), Ok(Behaviour::Pays));
    }

    #[test]
    fn a_card_that_could_be_real_is_refused() {
        for number in ["4111111111111111", "5555555555554444", "378282246310005"] {
            assert_eq!(read(number, "12/34", "123"), Err(vec![CardError::NotForTests]), "{number}");
        }
    }

    #[test]
    fn every_wrong_field_is_named() {
        assert_eq!(read("4242424242424241", "13/34", "12"), Err(vec![CardError::Number, CardError::Expiry, CardError::Code]));
        assert_eq!(read("4242424242424242", "05/27", "123"), Err(vec![CardError::Expired]));
        for expiry in ["", "1234", "0/34", "12/345", "12/+3", "-1/34", "a/bc"] {
            assert_eq!(read("4242424242424242", expiry, "123"), Err(vec![CardError::Expiry]), "{expiry}");
        }
        for number in ["", "4242", "４２４２４２４２４２４２４２４２", "42424242424242424242"] {
            assert_eq!(read(number, "12/34", "123"), Err(vec![CardError::Number]), "{number}");
        }
        assert_eq!(read("4242424242424242", "12/34", "１２３"), Err(vec![CardError::Code]));
    }

    #[test]
    fn what_is_kept_has_no_number() {
        let card = Card::read(CARDS[0].0, "12/34", "987", Utc::now()).expect("a card");
        let kept = serde_json::to_string(&card).expect("JSON") + &format!("{card:?}");
        assert!(!kept.contains("424242") && !kept.contains("987"), "{kept}");
    }
}
