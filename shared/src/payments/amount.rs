//! Amounts as Stripe counts them, which for some currencies is not as ISO 4217 does.

use crate::domain::money::{Currency, Money};
use crate::ports::{ErrorKind, PortError};

/// Digits of an amount at Stripe: those of ISO 4217 but for the exceptions that it documents.
fn digits(currency: Currency) -> u32 {
    match currency.code() {
        // Their minor unit is gone, but Stripe goes on counting it.
        "ISK" | "UGX" => 2,
        // Its minor unit is a fifth; Stripe counts none.
        "MGA" => 0,
        _ => currency.minor_digits(),
    }
}

/// What the last digits of an amount must be a multiple of: of three digits the last must be 0, and of those that Stripe counts beyond
/// ISO's both.
fn step(currency: Currency) -> u64 {
    match currency.minor_digits() {
        0 => 10u64.pow(digits(currency)),
        3 => 10,
        _ => 1,
    }
}

/// The amount as Stripe takes it. `Refused` where it cannot take this amount exactly.
pub fn to_stripe(money: Money) -> Result<u64, PortError> {
    let refused = || PortError::new(ErrorKind::Refused, "an amount that stripe cannot take exactly");
    let (ours, theirs) = (money.currency.minor_digits(), digits(money.currency));
    let amount = if theirs >= ours {
        money.minor.checked_mul(10u64.pow(theirs - ours)).ok_or_else(refused)?
    } else {
        let unit = 10u64.pow(ours - theirs);
        money.minor.is_multiple_of(unit).then_some(money.minor / unit).ok_or_else(refused)?
    };
    amount.is_multiple_of(step(money.currency)).then_some(amount).ok_or_else(refused)
}

/// An amount of Stripe's. `Corrupt` for a currency that is not known, and for a part of a unit that its currency does not have.
pub fn from_stripe(amount: u64, currency: &str) -> Result<Money, PortError> {
    let corrupt = || PortError::new(ErrorKind::Corrupt, "an amount of stripe's");
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
    fn what_stripe_cannot_take_is_refused() {
        for text in ["KWD 5.124", "BHD 0.001", "MGA 12.20"] {
            assert_eq!(to_stripe(money(text)).expect_err(text).kind, ErrorKind::Refused);
        }
        let most = Money::of(u64::MAX, "ISK".parse().expect("a currency"));
        assert_eq!(to_stripe(most).expect_err("too much").kind, ErrorKind::Refused);
    }

    #[test]
    fn a_part_of_a_krona_is_not_understood() {
        for (amount, currency) in [(550, "isk"), (1, "zzz"), (1, "")] {
            assert_eq!(from_stripe(amount, currency).expect_err(currency).kind, ErrorKind::Corrupt);
        }
    }
}
