//! Record ids in the names of loose attachments, as common export tools write them: `zcrm_4876_offer.pdf`,
//! `4876876000001593003_offer.pdf`, `00Q5g00000ABCDE.pdf`. An id of an existing record takes precedence; the form of
//! the name decides only if there is none.

use std::collections::HashMap;

use hozon_shared::domain::crm::Field;

/// Prefix of ids in Zoho's exports.
const ZOHO: &str = "zcrm_";
/// Minimum number of digits for an id without a matching record; years and document numbers are shorter.
const MIN_DIGITS: usize = 10;

/// Finds the field that contains the records' ids, by its name.
pub fn id_column(fields: &[Field]) -> Option<usize> {
    let is_id = |name: &str| matches!(name.to_lowercase().replace(['_', '-', ' '], "").as_str(), "id" | "recordid");
    fields.iter().position(|field| is_id(&field.api_name))
}

/// Returns the key of a module: the field that contains the records' ids, if there is one.
pub fn key_of(fields: &[Field]) -> Vec<String> {
    id_column(fields).map(|at| fields[at].api_name.clone()).into_iter().collect()
}

/// Returns all beginnings of a file name that may be an id, longest first: the stem, and the text before each
/// separator.
pub fn candidates(name: &str) -> Vec<&str> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let cuts = stem.char_indices().filter(|(_, c)| matches!(c, '_' | '-' | ' ' | '.' | '(' | '[')).map(|(at, _)| at);
    let mut ends: Vec<usize> = cuts.filter(|at| *at > 0).collect();
    ends.push(stem.len());
    ends.iter().rev().map(|end| &stem[..*end]).filter(|text| !text.is_empty()).collect()
}

/// Normalises an id for comparison.
pub fn comparable(id: &str) -> &str {
    let id = id.trim();
    match id.get(..ZOHO.len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case(ZOHO) => &id[ZOHO.len()..],
        _ => id,
    }
}

/// Finds the record whose id the file name starts with.
pub fn known<'a>(name: &str, records: &'a HashMap<String, String>) -> Option<&'a str> {
    candidates(name).into_iter().find_map(|candidate| records.get(comparable(candidate))).map(String::as_str)
}

/// Returns the id according to the form of the name, or the whole stem.
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
