//! Entity tags, and the 304 answer for clients that already have the current representation.

use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Computes a weak entity tag of a JSON value.
pub fn tag_of(contents: &Value) -> String {
    let digest = Sha256::digest(contents.to_string());
    format!("W/\"{}\"", hex::encode(&digest[..12]))
}

/// Returns whether the list of an `If-Match` or `If-None-Match` header contains a tag. Weak and strong tags compare as
/// equal.
pub fn tag_matches(list: &str, tag: &str) -> bool {
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    list.trim() == "*" || list.split(',').any(|listed| plain(listed) == plain(tag))
}

/// Answers with `answer`, or with 304 if the request's `If-None-Match` names its tag.
pub fn unless_known(request: &HeaderMap, tag: String, answer: Value) -> Response {
    let seen = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = seen.is_some_and(|seen| tag_matches(seen, &tag));
    let headers = [(header::ETAG, tag), (header::CACHE_CONTROL, "no-store".to_owned())];
    if is_known { (StatusCode::NOT_MODIFIED, headers).into_response() } else { (headers, Json(answer)).into_response() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_tags_is_searched() {
        assert!(tag_matches("\"a\", W/\"b\"", "\"b\""));
        assert!(tag_matches("*", "\"b\""));
        assert!(!tag_matches("\"a\"", "\"b\""));
        assert!(!tag_matches("", "\"b\""));
    }
}
