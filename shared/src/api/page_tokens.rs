//! Tokens of pages. A token says where the next page begins, and belongs to one question: with another one it is refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::ApiError;

/// Maximum size of a token in bytes.
const MAX_TOKEN: usize = 8 << 10;

#[derive(Serialize, Deserialize)]
struct Token<P> {
    question: String,
    place: P,
}

/// Writes a token of the page of `question` that begins at a place.
pub fn page_token<P: Serialize>(question: &[&str], place: P) -> Result<String, ApiError> {
    let token = Token { question: digest(question), place };
    let json = serde_json::to_vec(&token).map_err(|_| ApiError::crashed())?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

/// Whether there is more.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextPage {
    more_records: bool,
    /// Token of the next page; null on the last one.
    next_page_token: Option<String>,
}

impl NextPage {
    /// The page that begins at a place of a question, if there is one.
    pub fn at<P: Serialize>(question: &[&str], place: Option<P>) -> Result<Self, ApiError> {
        let next_page_token = place.map(|place| page_token(question, place)).transpose()?;
        Ok(Self { more_records: next_page_token.is_some(), next_page_token })
    }
}

/// Reads a token of a page of `question`.
pub fn read_page_token<P: DeserializeOwned>(question: &[&str], token: Option<&str>) -> Result<Option<P>, ApiError> {
    let Some(token) = token else { return Ok(None) };
    let json = Some(token).filter(|token| token.len() <= MAX_TOKEN).and_then(|token| URL_SAFE_NO_PAD.decode(token).ok());
    let read: Option<Token<P>> = json.and_then(|json| serde_json::from_slice(&json).ok());
    let place = read.filter(|token| token.question == digest(question)).map(|token| token.place);
    place.map(Some).ok_or_else(invalid_token)
}

/// The token is none of this question.
pub fn invalid_token() -> ApiError {
    ApiError::invalid_param(
        "page_token",
        "Set page_token to the next_page_token of the page before, and ask for the same as there.",
    )
}

fn digest(question: &[&str]) -> String {
    let mut sha = Sha256::new();
    for part in question {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part);
    }
    hex::encode(&sha.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_to_its_place_and_to_no_other_question() {
        let token = page_token(&["1", "Leads"], 7).expect("a token");
        assert_eq!(read_page_token(&["1", "Leads"], Some(&token)).expect("a place"), Some(7));
        assert_eq!(read_page_token::<u64>(&["1", "Leads"], None).expect("none"), None);
        for (question, token) in
            [(["1L", "eads"], token.as_str()), (["1", "Leads"], "x"), (["1", "Leads"], &"A".repeat(MAX_TOKEN + 1))]
        {
            assert!(read_page_token::<u64>(&question, Some(token)).is_err());
        }
    }
}
