//! Words of a search in the body of a request.

use super::ApiError;
use crate::domain::words::{SearchWords, WordMatch};

/// Reads `search.words` and `search.match` of a body. Returns whether each word must occur as a whole.
pub fn read_searched_words(words: &str, matching: Option<&str>) -> Result<bool, ApiError> {
    let matching = WordMatch::named(matching)
        .ok_or_else(|| ApiError::invalid_data("match", "$.search.match", "Set match to prefix or exact."))?;
    SearchWords::read(words, matching)
        .map_err(|_| ApiError::invalid_data("words", "$.search.words", "Set words to one to eight words."))?;
    Ok(matching == WordMatch::Exact)
}
