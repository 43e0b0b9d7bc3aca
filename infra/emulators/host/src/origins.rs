//! Requests that a page of another origin makes, and requests under another name than this machine's (DNS rebinding): refused wherever
//! the program listens.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// What is answered to them.
pub const REFUSED: &str =
    "Refused: only pages and programs of this machine are answered here, by the address that hozon prints.\n";

/// Answers only pages that were served here, and callers that are no pages.
pub async fn own_pages(request: Request, next: Next) -> Response {
    if is_own(request.uri(), request.headers()) { next.run(request).await } else { refused() }
}

fn refused() -> Response {
    (StatusCode::FORBIDDEN, REFUSED).into_response()
}

/// Whether a request names this machine and comes from no page at all.
pub fn is_from_no_page(uri: &Uri, headers: &HeaderMap) -> bool {
    host(uri, headers).is_some_and(is_loopback) && !headers.contains_key(header::ORIGIN)
}

fn is_own(uri: &Uri, headers: &HeaderMap) -> bool {
    let Some(host) = host(uri, headers).filter(|host| is_loopback(host)) else { return false };
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let own = format!("http://{host}");
    origins.all(|origin| origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()))
}

/// The host that a request names; `None` when it names none, or two.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let mut named = headers.get_all(header::HOST).iter();
    match (named.next(), named.next()) {
        (Some(host), None) => host.to_str().ok(),
        (None, None) => uri.authority().map(axum::http::uri::Authority::as_str),
        _ => None,
    }
}

/// Whether a host with or without a port is this machine by a name that no DNS server can give to another. The port may be another one,
/// where the program is reached through a tunnel.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    };
    let is_port = port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    is_port && (["127.0.0.1", "[::1]"].contains(&name) || name.eq_ignore_ascii_case("localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value.parse().expect("a value"));
        }
        headers
    }

    #[test]
    fn only_this_machines_names_are_answered() {
        let uri = Uri::from_static("/");
        for host in ["127.0.0.1:4690", "localhost:4690", "LOCALHOST", "[::1]:80", "127.0.0.1"] {
            assert!(is_own(&uri, &headers(&[(header::HOST, host)])), "{host}");
        }
        for host in [
            "evil.example:4690",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "127.0.0.1:4690.evil.example",
            "127.0.0.1@evil.example",
            "2130706433",
            "0.0.0.0",
            "localhost:",
            "",
        ] {
            assert!(!is_own(&uri, &headers(&[(header::HOST, host)])), "{host}");
        }
        assert!(!is_own(&uri, &HeaderMap::new()), "no host");
        assert!(!is_own(&uri, &headers(&[(header::HOST, "localhost"), (header::HOST, "evil.example")])), "two hosts");
    }

    #[test]
    fn only_the_programs_own_pages_are_answered() {
        let (uri, host) = (Uri::from_static("/"), (header::HOST, "127.0.0.1:4690"));
        assert!(is_own(&uri, &headers(&[host.clone(), (header::ORIGIN, "http://127.0.0.1:4690")])));
        for origin in ["null", "http://127.0.0.1:8000", "http://localhost:4690", "https://127.0.0.1:4690", "http://evil.example"]
        {
            assert!(!is_own(&uri, &headers(&[host.clone(), (header::ORIGIN, origin)])), "{origin}");
        }
        assert!(!is_from_no_page(&uri, &headers(&[host, (header::ORIGIN, "http://127.0.0.1:4690")])));
    }
}
