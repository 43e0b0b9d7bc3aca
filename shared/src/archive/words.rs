//! Words that may appear in a number, a date or a time, in the languages of common spreadsheets.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Months and weekdays, long and short, in English, German, French, Spanish, Italian, Portuguese and Dutch, and the
/// particles between them.
const CALENDAR: &str = "january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept \
oct nov dec sunday monday tuesday wednesday thursday friday saturday sun mon tue wed thu fri sat tues thur thurs januar \
jänner februar märz mai juni juli oktober dezember mär mrz okt dez sonntag montag dienstag mittwoch donnerstag freitag \
samstag janvier février mars avril juin juillet août septembre octobre novembre décembre janv févr avr juil déc lundi mardi \
mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim enero febrero marzo abril mayo junio julio agosto septiembre \
octubre noviembre diciembre ene abr ago dic lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb dom gennaio \
febbraio aprile maggio giugno luglio settembre ottobre dicembre gen mag giu lug set ott lunedì martedì mercoledì giovedì \
venerdì sabato domenica gio janeiro fevereiro março maio junho julho setembro outubro novembro dezembro fev out seg ter qua \
qui sex januari februari maart mei augustus mrt zondag maandag dinsdag woensdag donderdag vrijdag zaterdag de";
/// ISO 4217 codes and currency names that number formats contain.
const CURRENCIES: &str =
    "usd eur jpy gbp cny rmb krw chf aud cad nzd inr twd hkd sgd thb brl mxn sek nok dkk pln czk huf rub try zar kr kč zł";
/// Truth values. LibreOffice and Excel recognise those of their own language.
const TRUTH: &str = "true false wahr falsch vrai faux verdadero falso vero verdadeiro waar onwaar";
/// Error values of formulas.
const ERRORS: &str = "#n/a #ref! #div/0! #value! #name? #num! #null! #spill! #calc!";
/// Units of dates, times and amounts, eras, and halves of the day in Japanese, Chinese and Korean.
const UNITS: &str = "年月日時分秒円元圆圓点明治大正昭和平成令和午前後上下曜火水木金土时년월일시분초원오전후";

static WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| [CALENDAR, CURRENCIES].iter().flat_map(|list| list.split(' ')).collect());

/// Every word and unit.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = String> {
    let words = [CALENDAR, CURRENCIES, TRUTH, ERRORS].into_iter().flat_map(|list| list.split(' ')).map(str::to_owned);
    words.chain(UNITS.chars().map(String::from))
}

/// Returns whether a lower-case word may appear in numbers, dates or times.
pub(super) fn is_of_values(word: &str) -> bool {
    WORDS.contains(word) || word.chars().all(|c| UNITS.contains(c))
}

/// Returns whether the lower-case letters of a whole cell are a truth value or a formula error.
pub(super) fn is_constant(letters: impl Iterator<Item = char> + Clone) -> bool {
    [TRUTH, ERRORS].iter().any(|list| list.split(' ').any(|known| known.chars().eq(letters.clone())))
}
