//! Conversion of amounts to and from Stripe, whose minor units differ from ISO 4217 for some currencies.

use crate::domain::money::{Currency, Money};
use crate::ports::{ErrorKind, PortError};

/// Number of decimals in Stripe's amounts: those of ISO 4217, with the exceptions that Stripe documents.
fn digits(currency: Currency) -> u32 {
    match currency.code() {
        // These currencies have no minor unit any more, but Stripe still counts two decimals.
        "ISK" | "UGX" => 2,
        // The minor unit is a fifth of the currency, and Stripe counts no decimals.
        "MGA" => 0,
        _ => currency.minor_digits(),
    }
}

/// The step in which Stripe accepts amounts: with three decimals the last one must be 0, and decimals beyond those of
/// ISO 4217 must all be 0.
fn step(currency: Currency) -> u64 {
    match currency.minor_digits() {
        0 => 10u64.pow(digits(currency)),
        3 => 10,
        _ => 1,
    }
}

/// Converts an amount for Stripe. Fails with `Refused` if Stripe cannot represent it exactly.
pub fn to_stripe(money: Money) -> Result<u64, PortError> {
    let refused = || PortError::new(ErrorKind::Refused, "convert an amount for Stripe");
    let (ours, theirs) = (money.currency.minor_digits(), digits(money.currency));
    let amount = if theirs >= ours {
        money.minor.checked_mul(10u64.pow(theirs - ours)).ok_or_else(refused)?
    } else {
        let unit = 10u64.pow(ours - theirs);
        money.minor.is_multiple_of(unit).then_some(money.minor / unit).ok_or_else(refused)?
    };
    amount.is_multiple_of(step(money.currency)).then_some(amount).ok_or_else(refused)
}

/// Converts an amount from Stripe. Fails with `Corrupt` for an unknown currency, or a fraction of a unit that the
/// currency does not have.
pub fn from_stripe(amount: u64, currency: &str) -> Result<Money, PortError> {
    let corrupt = || PortError::new(ErrorKind::Corrupt, "convert an amount from Stripe");
    let currency: Currency = currency.to_ascii_uppercase().parse().map_err(|_| corrupt())?;
    let (ours, theirs) = (currency.minor_digits(), digits(currency));
    if ours >= theirs {
        let minor = amount.checked_mul(10u64.pow(ours - theirs)).ok_or_else(corrupt)?;
        return Ok(Money::of(minor, currency));
    }
    let unit = 10u64.pow(theirs - ours);
    amount.is_multiple_of(unit).then_some(Money::of(amount / unit, currency)).ok_or_else(corrupt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        let (code, amount) = text.split_once(' ').expect("a code and an amount");
        Money::parse(amount, code.parse().expect("a currency")).expect("an amount")
    }

    #[test]
    fn amounts_are_stripes_and_back() {
        for (text, amount) in [
            ("JPY 1500", 1500),
            ("USD 12.50", 1250),
            ("EUR 0.01", 1),
            ("ISK 5", 500),
            ("UGX 7", 700),
            ("MGA 12.00", 12),
            ("KWD 5.120", 5120),
            ("HUF 10.45", 1045),
            ("TWD 800.00", 80_000),
            ("XAF 9", 9),
        ] {
            let money = money(text);
            assert_eq!(to_stripe(money).expect("an amount"), amount, "{text}");
            let code = money.currency.code().to_ascii_lowercase();
            assert_eq!(from_stripe(amount, &code).expect("an amount"), money, "{text}");
        }
    }

    #[test]
    fn amounts_that_stripe_does_not_take_are_refused() {
        for text in ["KWD 5.124", "BHD 0.001", "MGA 12.20"] {
            assert_eq!(to_stripe(money(text)).expect_err(text).kind, ErrorKind::Refused);
        }
        let most = Money::of(u64::MAX, "ISK".parse().expect("a currency"));
        assert_eq!(to_stripe(most).expect_err("too much").kind, ErrorKind::Refused);
    }

    #[test]
    fn fractions_of_a_currency_without_minor_units_are_corrupt() {
        for (amount, currency) in [(550, "isk"), (1, "zzz"), (1, "")] {
            assert_eq!(from_stripe(amount, currency).expect_err(currency).kind, ErrorKind::Corrupt);
        }
    }
}
