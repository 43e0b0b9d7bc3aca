//! What a request for an erasure says.

use hozon_shared::api::closed_sets::{WordMatchName, ZipChoiceName};
use hozon_shared::api::{ApiError, read_searched_words};
use hozon_shared::domain::erasure::{RecordRef, ZipChoice};
use hozon_shared::erasing::{WantedDocument, WantedSearch};
use serde::Deserialize;
use utoipa::ToSchema;

/// Maximum number of records that a request names.
const MAX_NAMED: usize = 1_000;

/// Which records are to be erased: those that are named, or those that a search finds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasureRequest {
    /// One to 1,000 records.
    records: Option<Vec<WantedRecord>>,
    search: Option<WantedWords>,
    /// What happens to zips that may have one of the records. `drop`, the default, deletes them; `remake` makes them anew without the
    /// records, as long as their links work.
    #[schema(value_type = Option<ZipChoiceName>)]
    zips: Option<String>,
}

/// A record to erase.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedRecord {
    /// API name of the module.
    module: String,
    id: String,
}

/// A search in all fields of the captured data of all backups.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedWords {
    /// API name of the module; all modules if it is left out.
    module: Option<String>,
    /// One to eight words, all of which occur in a record.
    words: String,
    /// Whether a word is found from its beginning on (`prefix`, the default) or as a whole (`exact`).
    #[schema(value_type = Option<WordMatchName>)]
    r#match: Option<String>,
}

/// Reads a request: which records, and what happens to zips.
pub fn read(body: &[u8]) -> Result<(WantedDocument, ZipChoice), ApiError> {
    let request: ErasureRequest = serde_json::from_slice(body).map_err(|_| ApiError::body_not_readable())?;
    let zips = choice(request.zips.as_deref())?;
    let wanted = match (request.records, request.search) {
        (Some(records), None) => named(records),
        (None, Some(search)) => searched(search),
        _ => Err(ApiError::invalid_data("records", "$.records", "Name the records, or search for them; not both.")),
    };
    Ok((wanted?, zips))
}

fn choice(zips: Option<&str>) -> Result<ZipChoice, ApiError> {
    let named = zips.map_or(Some(ZipChoice::Drop), ZipChoice::named);
    named.ok_or_else(|| ApiError::invalid_data("zips", "$.zips", "Set zips to drop or remake."))
}

fn named(records: Vec<WantedRecord>) -> Result<WantedDocument, ApiError> {
    let is_whole = |record: &WantedRecord| !record.module.is_empty() && !record.id.is_empty();
    if records.is_empty() || records.len() > MAX_NAMED || !records.iter().all(is_whole) {
        let message = format!("Name 1 to {MAX_NAMED} records, each with its module and its id.");
        return Err(ApiError::invalid_data("records", "$.records", message));
    }
    let records: std::collections::BTreeSet<RecordRef> =
        records.into_iter().map(|WantedRecord { module, id }| RecordRef { module, id }).collect();
    Ok(WantedDocument { records: records.into_iter().collect(), search: None })
}

fn searched(search: WantedWords) -> Result<WantedDocument, ApiError> {
    let is_exact = read_searched_words(&search.words, search.r#match.as_deref())?;
    let search = WantedSearch { module: search.module, words: search.words, is_exact, from: None };
    Ok(WantedDocument { records: Vec::new(), search: Some(search) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_records_or_searches_for_them() {
        let search = r#"{"words":"田中","match":"exact"}"#;
        for (body, is_good) in [
            (r#"{"records":[{"module":"Leads","id":"42"}]}"#.to_owned(), true),
            (r#"{"records":[{"module":"Leads","id":"42"}],"zips":"drop"}"#.to_owned(), true),
            (r#"{"records":[{"module":"Leads","id":"42"}],"zips":"remake"}"#.to_owned(), true),
            (r#"{"records":[{"module":"Leads","id":"42"}],"zips":"keep"}"#.to_owned(), false),
            (format!(r#"{{"search":{search}}}"#), true),
            (format!(r#"{{"search":{search},"records":[]}}"#), false),
            (r#"{"records":[]}"#.to_owned(), false),
            (r#"{"records":[{"module":"Leads","id":""}]}"#.to_owned(), false),
            (r#"{"search":{"words":" "}}"#.to_owned(), false),
            (r#"{"search":{"words":"a","match":"some"}}"#.to_owned(), false),
            ("{}".to_owned(), false),
        ] {
            assert_eq!(read(body.as_bytes()).is_ok(), is_good, "{body}");
        }
    }
}
