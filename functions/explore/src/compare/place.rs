//! Page tokens of compared records: the place behind the last one that was shown.

use hozon_shared::api::ApiError;
use hozon_shared::snapshots::differences::DifferencePlace;

/// Makes a page token of a place: its number in decimal, a dot, and its id in hexadecimal digits.
pub fn token_of(place: &DifferencePlace) -> String {
    format!("{}.{}", place.given, hex::encode(&place.id))
}

/// Reads a page token.
pub fn place_of(token: &str) -> Result<DifferencePlace, ApiError> {
    let read = || {
        let (given, id) = token.split_once('.')?;
        Some(DifferencePlace { id: hex::decode(id).ok()?, given: given.parse().ok()? })
    };
    read().ok_or_else(|| ApiError::invalid_param("page_token", "Use the page_token of an answer."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_from_its_token() {
        let place = DifferencePlace { id: b"4876\x1F\xFF".to_vec(), given: 3 };
        assert_eq!(place_of(&token_of(&place)).ok(), Some(place));
        for token in ["", "3", "3.x", "x.00", "-1.00"] {
            assert!(place_of(token).is_err(), "{token}");
        }
    }
}
