//! The console's files, as the console bucket and CloudFront serve them on AWS.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
    form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

const FILES: [(&str, &str, &str); 6] = [
    ("/", "text/html; charset=utf-8", include_str!("../../../console/index.html")),
    ("/console/style.css", "text/css; charset=utf-8", include_str!("../../../console/style.css")),
    ("/console/icon.svg", "image/svg+xml", include_str!("../../../console/icon.svg")),
    ("/console/main.js", "text/javascript; charset=utf-8", include_str!("../../../console/main.js")),
    ("/console/locales/en.json", "application/json", include_str!("../../../console/locales/en.json")),
    ("/console/locales/ja.json", "application/json", include_str!("../../../console/locales/ja.json")),
];

/// Serves the console.
pub fn router() -> Router {
    let serve = |content_type, text| {
        get(async move || {
            let headers = [
                (header::CONTENT_TYPE, content_type),
                (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::REFERRER_POLICY, "no-referrer"),
                (header::CACHE_CONTROL, "no-cache"),
            ];
            (headers, text).into_response()
        })
    };
    FILES.into_iter().fold(Router::new(), |router, (path, content_type, text)| router.route(path, serve(content_type, text)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_language_says_everything() {
        let words = |end: &str| -> BTreeMap<String, String> {
            let (_, _, text) = FILES.iter().find(|(path, _, _)| path.ends_with(end)).expect("a language");
            serde_json::from_str(text).expect("words")
        };
        let (en, ja) = (words("en.json"), words("ja.json"));
        assert_eq!(en.keys().collect::<Vec<_>>(), ja.keys().collect::<Vec<_>>());
        let places = |text: &str| {
            let mut places: Vec<String> =
                text.split('{').skip(1).filter_map(|rest| rest.split('}').next().map(str::to_owned)).collect();
            places.sort();
            places
        };
        for (key, text) in &en {
            assert_eq!(places(text), places(&ja[key]), "{key}");
        }
    }
}
