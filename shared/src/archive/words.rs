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
/// Short words that appear in some places of a value only (see `fits` in [`super::lookalikes`]).
const PARTICLES: &str = "e t z a p am pm m s h r";
/// Units of dates, times and amounts, eras, and halves of the day in Japanese, Chinese and Korean.
const UNITS: &str = "年月日時分秒円元圆圓点明治大正昭和平成令和午前後上下曜火水木金土时년월일시분초원오전후";

static WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| [CALENDAR, CURRENCIES].iter().flat_map(|list| list.split(' ')).collect());

/// Length in bytes of the longest word that [`may_be_word`] knows.
const LONGEST: usize = 16;
/// Number of bits of [`SHAPES`].
const SHAPE_BITS: usize = 1 << 15;

/// The shapes of all words of ASCII letters, as a set of bits.
static SHAPES: LazyLock<[u64; SHAPE_BITS / 64]> = LazyLock::new(|| {
    let mut shapes = [0; SHAPE_BITS / 64];
    let words = [CALENDAR, CURRENCIES, TRUTH, PARTICLES].iter().flat_map(|list| list.split(' '));
    for shape in words.filter_map(|word| shape(word.as_bytes())) {
        shapes[shape / 64] |= 1 << (shape % 64);
    }
    shapes
});

/// Returns the length, the first two letters and the last letter of a word as one number, which words may share; `None` if it is too
/// long.
fn shape(word: &[u8]) -> Option<usize> {
    let letter = |at: usize| usize::from(word.get(at).copied().unwrap_or_default() & 0x1F);
    let letters = letter(0) << 10 | letter(1) << 5 | letter(word.len().saturating_sub(1));
    (word.len() <= LONGEST).then_some((letters ^ (word.len() << 11)) % SHAPE_BITS)
}

/// Returns whether a word of ASCII letters may appear in a value or be a truth value, as far as its shape tells.
pub(super) fn may_be_word(word: &[u8]) -> bool {
    shape(word).is_some_and(|shape| SHAPES[shape / 64] >> (shape % 64) & 1 == 1)
}

/// The characters of [`UNITS`], as a set of bits.
static UNIT_BITS: LazyLock<[u64; 1 << 10]> = LazyLock::new(|| {
    let mut bits = [0; 1 << 10];
    for unit in UNITS.chars().map(|c| c as usize) {
        bits[unit / 64] |= 1 << (unit % 64);
    }
    bits
});

/// Returns whether a character is a unit of dates, times or amounts.
pub(super) fn is_unit(c: char) -> bool {
    UNIT_BITS.get(c as usize / 64).is_some_and(|bits| bits >> (c as usize % 64) & 1 == 1)
}

/// Every word and unit.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = String> {
    let words = [CALENDAR, CURRENCIES, TRUTH, ERRORS].into_iter().flat_map(|list| list.split(' ')).map(str::to_owned);
    words.chain(UNITS.chars().map(String::from))
}

/// Returns whether a lower-case word may appear in numbers, dates or times.
pub(super) fn is_of_values(word: &str) -> bool {
    let is_word = if word.is_ascii() { may_be_word(word.as_bytes()) && WORDS.contains(word) } else { WORDS.contains(word) };
    is_word || word.chars().all(is_unit)
}

/// Returns whether the lower-case letters of a whole cell are a truth value or a formula error.
pub(super) fn is_constant(letters: impl Iterator<Item = char> + Clone) -> bool {
    [TRUTH, ERRORS].iter().any(|list| list.split(' ').any(|known| known.chars().eq(letters.clone())))
}
