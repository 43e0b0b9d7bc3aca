//! Record ids in the names of loose attachments, as the field's tools write them: `zcrm_4876_offer.pdf`, `4876876000001593003_offer.pdf`,
//! `00Q5g00000ABCDE.pdf`. An id that the module has a record for wins; the shape of the name decides only where there is none.

use std::collections::HashMap;

/// Prefix that Zoho's exports put before ids.
const ZOHO: &str = "zcrm_";
/// Fewest digits that are an id without a record that says so: years and numbers of documents are shorter.
const MIN_DIGITS: usize = 10;

/// All beginnings of a file's name that may be an id, longest first: the stem, and what stands before each separator.
pub fn candidates(name: &str) -> Vec<&str> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let cuts = stem.char_indices().filter(|(_, c)| matches!(c, '_' | '-' | ' ' | '.' | '(' | '[')).map(|(at, _)| at);
    let mut ends: Vec<usize> = cuts.filter(|at| *at > 0).collect();
    ends.push(stem.len());
    ends.iter().rev().map(|end| &stem[..*end]).filter(|text| !text.is_empty()).collect()
}

/// The form of an id by which records and names are compared.
pub fn comparable(id: &str) -> &str {
    let id = id.trim();
    match id.get(..ZOHO.len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case(ZOHO) => &id[ZOHO.len()..],
        _ => id,
    }
}

/// The record that a file's name begins with, by the ids that the module has.
pub fn known<'a>(name: &str, records: &'a HashMap<String, String>) -> Option<&'a str> {
    candidates(name).into_iter().find_map(|candidate| records.get(comparable(candidate))).map(String::as_str)
}

/// The id that the name's shape shows; the whole stem where it shows none.
pub fn by_shape(name: &str) -> &str {
    let candidates = candidates(name);
    let looks_like_an_id = |text: &&&str| {
        let digits = comparable(text);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number && (digits.len() < text.len() || digits.len() >= MIN_DIGITS)
    };
    let stem = candidates.first().copied().unwrap_or(name);
    candidates.iter().find(looks_like_an_id).copied().unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_a_name_shows_long_numbers_and_marked_ids_only() {
        for (name, id) in [
            ("4876876000001593003_offer.pdf", "4876876000001593003"),
            ("zcrm_487001_offer.pdf", "zcrm_487001"),
            ("zcrm_487001.pdf", "zcrm_487001"),
            ("00QA01.pdf", "00QA01"),
            ("2024 plan.pdf", "2024 plan"),
            ("offer.tar.gz", "offer.tar"),
            (".profile", ".profile"),
            ("offer", "offer"),
        ] {
            assert_eq!(by_shape(name), id, "{name}");
        }
    }

    #[test]
    fn an_id_that_is_a_records_wins() {
        let records = ["zcrm_487001", "00Q5g00000ABCDE", "12", "a_b"].map(|id| (comparable(id).to_owned(), id.to_owned())).into();
        for (name, id) in [
            ("487001_offer.pdf", Some("zcrm_487001")),
            ("ZCRM_487001-offer.pdf", Some("zcrm_487001")),
            ("00Q5g00000ABCDE_1 (2).pdf", Some("00Q5g00000ABCDE")),
            ("12 plan.pdf", Some("12")),
            ("a_b_c.txt", Some("a_b")),
            ("2024 plan.pdf", None),
        ] {
            assert_eq!(known(name, &records), id, "{name}");
        }
    }
}
