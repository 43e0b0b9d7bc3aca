//! Serves the folder `console` as its bucket and CloudFront do on AWS: below `/console/`, with `index.html` at the
//! root. A debug build reads the files for each request.

use std::io::Write;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use hozon_shared::api::tag_matches;
use rust_embed::{EmbeddedFile, RustEmbed};

/// Content security policy, defined only here; CloudFront's response headers must match it. Everything comes from the
/// same origin, only the console's own modules run, and no page may frame it. The icon is a `data:` URL.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
    form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

#[derive(RustEmbed)]
#[folder = "../../console"]
#[exclude = "*.d.ts"]
struct Files;

pub fn router() -> Router {
    let page = get(async |headers: HeaderMap| answer("index.html", &headers));
    let file = get(async |Path(path): Path<String>, headers: HeaderMap| answer(&path, &headers));
    Router::new().route("/", page).route("/console/{*path}", file)
}

fn answer(path: &str, request: &HeaderMap) -> Response {
    let Some(file) = Files::get(path) else { return StatusCode::NOT_FOUND.into_response() };
    let tag = tag(&file);
    let seen = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = seen.is_some_and(|seen| tag_matches(seen, &tag));
    let mut response = if is_known { StatusCode::NOT_MODIFIED.into_response() } else { body(path, file, request) };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::VARY, "Accept-Encoding"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Compresses the file if the browser accepts that, as CloudFront does.
fn body(path: &str, file: EmbeddedFile, request: &HeaderMap) -> Response {
    let accepted = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = content_type(path);
    if accepted.contains("gzip")
        && let Some(packed) = gzip(&file.data)
    {
        let headers = [(header::CONTENT_TYPE, content_type), (header::CONTENT_ENCODING, "gzip")];
        return (headers, Body::from(packed)).into_response();
    }
    ([(header::CONTENT_TYPE, content_type)], Body::from(file.data.into_owned())).into_response()
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

/// Weak entity tag, because it identifies the contents regardless of compression.
fn tag(file: &EmbeddedFile) -> String {
    format!("W/\"{}\"", hex::encode(&file.metadata.sha256_hash()[..12]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn text(path: &str) -> String {
        String::from_utf8(Files::get(path).expect(path).data.into_owned()).expect("text")
    }

    #[test]
    fn every_language_says_everything() {
        let words = |path: &str| -> BTreeMap<String, String> { serde_json::from_str(&text(path)).expect("words") };
        let (en, ja) = (words("locales/en.json"), words("locales/ja.json"));
        assert_eq!(en.keys().collect::<Vec<_>>(), ja.keys().collect::<Vec<_>>());
        // A placeholder is `{name}`, or `{name:one|many}` in languages with a plural.
        let places = |text: &str| {
            let mut places: Vec<String> =
                text.split('{').skip(1).filter_map(|rest| rest.split(['}', ':']).next().map(str::to_owned)).collect();
            places.sort();
            places.dedup();
            places
        };
        for (key, text) in &en {
            assert_eq!(places(text), places(&ja[key]), "{key}");
        }
    }

    #[test]
    fn japanese_has_no_spaces_beside_its_letters() {
        let words: BTreeMap<String, String> = serde_json::from_str(&text("locales/ja.json")).expect("words");
        let is_japanese = |letter: Option<char>| letter.is_some_and(|letter| letter >= '\u{3000}');
        for (key, text) in &words {
            // An IP address is separated from the preceding word.
            let text = text.replace(" {address}", "");
            for (at, _) in text.match_indices(' ') {
                let (before, after) = (text[..at].chars().next_back(), text[at + 1..].chars().next());
                let is_between = is_japanese(before) || is_japanese(after) && before != Some(':');
                assert!(!is_between, "{key}: {text}");
            }
        }
    }

    #[test]
    fn every_file_has_a_type_and_is_short() {
        for path in Files::iter() {
            assert_ne!(content_type(&path), "application/octet-stream", "{path}");
            let lines = text(&path).lines().count();
            let is_code = path.ends_with(".js") || path.ends_with(".css") || path.ends_with(".html");
            assert!(!is_code || lines <= 400, "{path} has {lines} lines");
        }
    }

    #[test]
    fn what_a_browser_has_is_not_sent_again() {
        let first = answer("style.css", &HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[header::CONTENT_TYPE], "text/css; charset=utf-8");
        let known = HeaderMap::from_iter([(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone())]);
        assert_eq!(answer("style.css", &known).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(answer("../Cargo.toml", &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
    }
}
