//! Money in whole minor units of an ISO 4217 currency. Only [`Money::share`] rounds.

use std::fmt;
use std::str::FromStr;

use iso_currency::Currency as Iso;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An ISO 4217 currency in which prices can be stated. Codes without a defined minor unit, such as gold, are excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(Iso);

/// Error returned when a text is not the code of such a currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an ISO 4217 currency")]
pub struct InvalidCurrency(String);

impl Currency {
    /// Number of digits of the minor unit: 0 for JPY, 2 for USD, 3 for KWD.
    pub fn minor_digits(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = InvalidCurrency;

    fn from_str(text: &str) -> Result<Self, InvalidCurrency> {
        let found = Iso::from_code(text).filter(|iso| iso.exponent().is_some());
        found.map(Self).ok_or_else(|| InvalidCurrency(text.to_owned()))
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Amount in minor units: yen, cents, fils.
    pub minor: u64,
    pub currency: Currency,
}

/// Error returned when a text is not an amount in the given currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an amount in {currency}: write digits, with at most {digits} after the decimal point", digits = currency.minor_digits())]
pub struct InvalidAmount {
    text: String,
    currency: Currency,
}

impl Money {
    /// Creates an amount from minor units.
    pub fn of(minor: u64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Parses an amount such as `12.50`. It may have at most as many decimals as the currency.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, InvalidAmount> {
        let invalid = || InvalidAmount { text: text.to_owned(), currency };
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let digits = currency.minor_digits() as usize;
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let has_point_for_nothing = text.contains('.') && rest.is_empty();
        if whole.is_empty() || rest.len() > digits || !is_number(whole) || !is_number(rest) || has_point_for_nothing {
            return Err(invalid());
        }
        let minor = format!("{whole}{rest:0<digits$}").parse().map_err(|_| invalid())?;
        Ok(Self { minor, currency })
    }

    /// Multiplies the amount by a count; `None` on overflow.
    pub fn times(self, count: u32) -> Option<Self> {
        Some(Self { minor: self.minor.checked_mul(u64::from(count))?, ..self })
    }

    /// Adds two amounts; `None` if the currencies differ or the sum overflows.
    pub fn plus(self, other: Self) -> Option<Self> {
        let sum = self.minor.checked_add(other.minor)?;
        (self.currency == other.currency).then_some(Self { minor: sum, ..self })
    }

    /// Returns `numerator / denominator` of the amount, rounded to the nearest minor unit, halves up.
    #[must_use]
    pub fn share(self, numerator: u64, denominator: u64) -> Self {
        let denominator = u128::from(denominator.max(1));
        let exact = u128::from(self.minor) * u128::from(numerator);
        let rounded = (exact + denominator / 2) / denominator;
        Self { minor: u64::try_from(rounded).unwrap_or(u64::MAX), ..self }
    }
}

impl Money {
    /// Formats the amount for people: the currency's sign if it is unambiguous, otherwise its code, with digits
    /// grouped, for example `¥1,500`, `$12.50`, `KWD 5.120`.
    pub fn written(self) -> String {
        let code = self.currency.code();
        let sign = match code {
            "JPY" => "¥".to_owned(),
            "USD" => "$".to_owned(),
            "EUR" => "€".to_owned(),
            "GBP" => "£".to_owned(),
            code => format!("{code} "),
        };
        let text = self.to_string();
        let number = text.trim_start_matches(code).trim_start();
        let (whole, rest) = number.split_once('.').map_or((number, String::new()), |(whole, rest)| (whole, format!(".{rest}")));
        format!("{sign}{}{rest}", grouped(whole))
    }
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl fmt::Display for Money {
    /// Formats the amount as `JPY 1500` or `USD 12.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.currency.minor_digits();
        let unit = 10u64.pow(digits);
        match digits {
            0 => write!(f, "{} {}", self.currency, self.minor),
            digits => {
                write!(f, "{} {}.{:0width$}", self.currency, self.minor / unit, self.minor % unit, width = digits as usize)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str, code: &str) -> Result<Money, InvalidAmount> {
        Money::parse(text, code.parse().expect("a currency"))
    }

    #[test]
    fn amounts_are_read_to_the_currencys_minor_unit() {
        for (text, code, minor, shown) in [
            ("1500", "JPY", 1500, "JPY 1500"),
            ("12.5", "USD", 1250, "USD 12.50"),
            ("12", "EUR", 1200, "EUR 12.00"),
            ("0.005", "KWD", 5, "KWD 0.005"),
        ] {
            let read = money(text, code).expect("an amount");
            assert_eq!((read.minor, read.to_string().as_str()), (minor, shown));
        }
        for (text, code) in
            [("12.5", "JPY"), ("1.", "USD"), ("1.234", "USD"), ("-1", "USD"), ("", "USD"), (".5", "USD"), ("1e3", "JPY")]
        {
            assert!(money(text, code).is_err(), "{text} {code}");
        }
    }

    #[test]
    fn shares_round_to_the_nearest_unit() {
        let yen = |minor| Money::of(minor, "JPY".parse().expect("a currency"));
        assert_eq!(yen(1100).share(1000, 11_000), yen(100));
        assert_eq!(yen(5).share(1, 2), yen(3));
        assert_eq!(yen(4).share(1, 3), yen(1));
        assert_eq!(yen(1).plus(yen(2)), Some(yen(3)));
        assert_eq!(yen(1).plus(Money::of(1, "USD".parse().expect("a currency"))), None);
        assert_eq!(yen(u64::MAX).times(2), None);
    }

    #[test]
    fn only_currencies_that_can_be_paid_are_known() {
        for code in ["XAU", "XXX", "jpy", "ZZZ", ""] {
            assert!(code.parse::<Currency>().is_err(), "{code}");
        }
    }
}
