//! Amounts as people write them.

use hozon_shared::payments::from_stripe;

/// An amount of Stripe's with its currency's sign, where it has one that is not mistaken, or its code: `¥1,500`, `$12.50`, `KWD 5.120`.
pub fn shown(amount: i64, currency: &str) -> String {
    let sign = if amount < 0 { "−" } else { "" };
    let Ok(money) = from_stripe(amount.unsigned_abs(), currency) else {
        return format!("{amount} {}", currency.to_ascii_uppercase());
    };
    let code = money.currency.code();
    let before = match code {
        "JPY" => "¥".to_owned(),
        "USD" => "$".to_owned(),
        "EUR" => "€".to_owned(),
        "GBP" => "£".to_owned(),
        code => format!("{code} "),
    };
    let number = money.to_string();
    let number = number.trim_start_matches(code).trim_start();
    let (whole, rest) = number.split_once('.').map_or((number, String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    format!("{sign}{before}{}{rest}", grouped(whole))
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
