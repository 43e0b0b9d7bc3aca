//! Rejects requests from web pages of other origins, and requests under a host name that is not this machine's (DNS
//! rebinding), on every port of the program. Behind a reverse proxy, the gateway also answers to the hosts that its
//! operator names with `--allowed-host`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Answer to rejected requests.
pub const REFUSED: &str =
    "Refused: only pages and programs on this machine may call this address, under the URL that hozon prints.\n";

/// Host names that a server answers to in addition to those of this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHosts(Arc<[AllowedHost]>);

/// A host as browsers write it: `crm.example`, or `crm.example:8443` if the port is not the default of its scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost(String);

/// Error returned for a text that is not a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a host as browsers show it, such as crm.example or crm.example:8443, without https:// and path")]
pub struct NoHost;

impl std::str::FromStr for AllowedHost {
    type Err = NoHost;

    fn from_str(text: &str) -> Result<Self, NoHost> {
        let authority: Authority = text.parse().map_err(|_| NoHost)?;
        let is_name = !text.contains(['@', '*']) && !authority.host().is_empty();
        let is_port = text.ends_with(authority.host()) || authority.port_u16().is_some();
        (is_name && is_port).then(|| Self(text.to_owned())).ok_or(NoHost)
    }
}

impl FromIterator<AllowedHost> for AllowedHosts {
    fn from_iter<T: IntoIterator<Item = AllowedHost>>(hosts: T) -> Self {
        Self(hosts.into_iter().collect())
    }
}

impl AllowedHosts {
    /// Adds a host.
    #[must_use]
    pub fn and(&self, host: AllowedHost) -> Self {
        self.0.iter().cloned().chain([host]).collect()
    }

    fn contains(&self, host: &str) -> bool {
        self.0.iter().any(|allowed| allowed.0.eq_ignore_ascii_case(host))
    }

    /// Whether a request names this machine or an allowed host, and comes either from a page that was served there or
    /// from a client that is not a web page. A proxy forwards the browser's `Origin` unchanged, but may replace its
    /// `Host` with the address of this machine.
    fn answers(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let Some(host) = host(uri, headers).filter(|host| is_loopback(host) || self.contains(host)) else { return false };
        let own = format!("http://{host}");
        let is_own = |origin: &str| origin.eq_ignore_ascii_case(&own) && is_loopback(host);
        let is_allowed =
            |origin: &str| origin.split_once("://").is_some_and(|(scheme, host)| is_web(scheme) && self.contains(host));
        let mut origins = headers.get_all(header::ORIGIN).iter().map(|origin| origin.to_str().unwrap_or_default());
        origins.all(|origin| is_own(origin) || is_allowed(origin))
    }
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
}

/// Admits only requests from pages of this program or of an allowed host, and from clients that are not web pages.
pub async fn own_pages(State(hosts): State<AllowedHosts>, request: Request, next: Next) -> Response {
    if hosts.answers(request.uri(), request.headers()) { next.run(request).await } else { refused() }
}

fn refused() -> Response {
    (StatusCode::FORBIDDEN, REFUSED).into_response()
}

/// Returns whether a request names this machine and does not come from a web page.
pub fn is_from_no_page(uri: &Uri, headers: &HeaderMap) -> bool {
    host(uri, headers).is_some_and(is_loopback) && !headers.contains_key(header::ORIGIN)
}

/// Returns the host that a request names; `None` if it names none, or two.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let mut named = headers.get_all(header::HOST).iter();
    match (named.next(), named.next()) {
        (Some(host), None) => host.to_str().ok(),
        (None, None) => uri.authority().map(Authority::as_str),
        _ => None,
    }
}

/// Returns whether a host, with or without a port, is a name of this machine that no DNS server can redirect. The port
/// may differ if the program is reached through a tunnel.
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

    fn is_own(uri: &Uri, headers: &HeaderMap) -> bool {
        AllowedHosts::default().answers(uri, headers)
    }

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

    #[test]
    fn an_allowed_host_is_answered_as_this_machine_is() {
        let uri = Uri::from_static("/");
        let hosts: AllowedHosts =
            ["crm.example", "other.example:8443"].map(|host| host.parse().expect(host)).into_iter().collect();
        let answers = |host: &str, origin: Option<&str>| {
            let pairs: Vec<_> = [(header::HOST, host)].into_iter().chain(origin.map(|origin| (header::ORIGIN, origin))).collect();
            hosts.answers(&uri, &headers(&pairs))
        };
        for (host, origin) in [
            ("crm.example", None),
            ("CRM.example", Some("https://crm.example")),
            ("crm.example", Some("http://crm.example")),
            ("127.0.0.1:4690", Some("https://crm.example")),
            ("other.example:8443", Some("https://other.example:8443")),
            ("127.0.0.1:4690", Some("http://127.0.0.1:4690")),
        ] {
            assert!(answers(host, origin), "{host} {origin:?}");
        }
        for (host, origin) in [
            ("crm.example:81", None),
            ("other.example", None),
            ("sub.crm.example", None),
            ("crm.example.evil.example", None),
            ("evil.example", Some("https://crm.example")),
            ("crm.example", Some("https://evil.example")),
            ("crm.example", Some("https://crm.example:9999")),
            ("crm.example", Some("ftp://crm.example")),
            ("crm.example", Some("null")),
            ("other.example:8443", Some("http://127.0.0.1:4690")),
        ] {
            assert!(!answers(host, origin), "{host} {origin:?}");
        }
    }

    #[test]
    fn only_a_host_can_be_allowed() {
        for text in [
            "",
            "*",
            "*.example",
            "https://crm.example",
            "crm.example/",
            "crm example",
            "a@crm.example",
            "crm.example:",
            "crm.example:x",
        ] {
            assert_eq!(text.parse::<AllowedHost>(), Err(NoHost), "{text}");
        }
        for text in ["crm.example", "crm.example:8443", "192.0.2.1", "[2001:db8::1]:8443"] {
            assert!(text.parse::<AllowedHost>().is_ok(), "{text}");
        }
    }
}
