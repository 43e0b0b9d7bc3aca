//! Formatting of amounts for people.

use hozon_shared::payments::from_stripe;

/// Formats an amount with the currency's sign if it is unambiguous, or else with its code: `¥1,500`, `$12.50`, `KWD
/// 5.120`.
pub fn shown(amount: i64, currency: &str) -> String {
    let sign = if amount < 0 { "−" } else { "" };
    match from_stripe(amount.unsigned_abs(), currency) {
        Ok(money) => format!("{sign}{}", money.written()),
        Err(_) => format!("{amount} {}", currency.to_ascii_uppercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_as_people_write_them() {
        for (amount, currency, wanted) in [
            (1500, "jpy", "¥1,500"),
            (123_456_789, "usd", "$1,234,567.89"),
            (5120, "kwd", "KWD 5.120"),
            (500, "isk", "ISK 5"),
            (-900, "jpy", "−¥900"),
            (0, "eur", "€0.00"),
        ] {
            assert_eq!(shown(amount, currency), wanted);
        }
    }
}
