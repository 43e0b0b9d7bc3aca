//! Serves zips for links without a query string, as CloudFront and infra/edge/downloads.js do on AWS: with the same
//! verification, whole or in ranges, and regardless of an `Authorization` header.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hozon_emulator_aws::access_events::AccessEvent;
use hozon_shared::api::ApiError;
use hozon_shared::domain::plain_link::{self, LinkKey, LinkRefused, LinkedFile};
use hozon_shared::ports::{ObjectHead, ObjectRef, Ports};
use serde_json::json;
use tokio::sync::mpsc::WeakUnboundedSender;

/// The program listens on loopback only.
const CALLER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Serves zips and reports each download.
#[derive(Clone)]
pub struct Downloads {
    ports: Ports,
    keys: Vec<LinkKey>,
    accesses: WeakUnboundedSender<AccessEvent>,
}

impl Downloads {
    /// Creates the service for links that were signed with the given keys.
    pub fn new(ports: &Ports, keys: impl IntoIterator<Item = LinkKey>, accesses: WeakUnboundedSender<AccessEvent>) -> Self {
        Self { ports: ports.clone(), keys: keys.into_iter().collect(), accesses }
    }

    /// Returns the route, which answers GET and HEAD.
    pub fn router(self) -> Router {
        Router::new().route("/d/{token}/{name}", get(serve)).with_state(self)
    }

    fn record(&self, file: &LinkedFile) {
        let sent =
            self.accesses.upgrade().map(|accesses| accesses.send(AccessEvent::Served { key: file.key(), address: CALLER }));
        if !matches!(sent, Some(Ok(()))) {
            tracing::error!("recording a download in the history failed: the program is stopping");
        }
    }
}

async fn serve(State(downloads): State<Downloads>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    match plain_link::read(uri.path(), &downloads.keys, downloads.ports.clock.now()) {
        Ok(file) => answer(&downloads, &file, &method, &headers).await.unwrap_or_else(IntoResponse::into_response),
        Err(refused) => refusal(refused),
    }
}

async fn answer(downloads: &Downloads, file: &LinkedFile, method: &Method, request: &HeaderMap) -> Result<Response, ApiError> {
    let at = ObjectRef::archives(file.key());
    let head = downloads.ports.objects.head(&at).await?.ok_or_else(ApiError::invalid_url_pattern)?;
    let Some(part) = part_of(request, &head) else {
        let whole = [(header::CONTENT_RANGE, format!("bytes */{}", head.size))];
        return Ok((StatusCode::RANGE_NOT_SATISFIABLE, whole).into_response());
    };
    let mut answer = Response::new(Body::empty());
    if *method == Method::GET {
        *answer.body_mut() = Body::from_stream(downloads.ports.objects.get(&at, Some(part.range.clone())).await?);
        downloads.record(file);
    }
    *answer.status_mut() = if part.is_whole { StatusCode::OK } else { StatusCode::PARTIAL_CONTENT };
    for (name, value) in headers(file, &head, &part) {
        if let Ok(value) = value.parse() {
            answer.headers_mut().insert(name, value);
        }
    }
    Ok(answer)
}

fn headers(file: &LinkedFile, head: &ObjectHead, part: &Part) -> Vec<(HeaderName, String)> {
    let Range { start, end } = part.range;
    let mut headers = vec![
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_LENGTH, (end - start).to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, head.etag.clone()),
        (header::LAST_MODIFIED, head.modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if !part.is_whole {
        headers.push((header::CONTENT_RANGE, format!("bytes {start}-{}/{}", end - 1, head.size)));
    }
    headers
}

/// The requested part of a zip.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    range: Range<u64>,
    is_whole: bool,
}

/// Returns the part that a request asks for; `None` for a range beyond the end. A list of ranges, or a range for
/// another version (`If-Range`), is answered with the whole zip (RFC 9110 sections 13.1.5 and 14.2).
fn part_of(request: &HeaderMap, head: &ObjectHead) -> Option<Part> {
    let text = |name| request.get(name).and_then(|value| value.to_str().ok());
    let whole = Part { range: 0..head.size, is_whole: true };
    let is_current = text(header::IF_RANGE).is_none_or(|tag| tag == head.etag);
    let wanted = text(header::RANGE).filter(|_| is_current).and_then(|range| range.strip_prefix("bytes="));
    let Some((first, last)) = wanted.and_then(|range| range.trim().split_once('-')) else { return Some(whole) };
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(head.size),
        (Ok(first), Err(_)) if last.is_empty() => first..head.size,
        (Err(_), Ok(length)) if first.is_empty() => head.size.saturating_sub(length)..head.size,
        _ => return Some(whole),
    };
    (range.start < range.end).then_some(Part { range, is_whole: false })
}

/// Returns the same error as infra/edge/downloads.js.
fn refusal(refused: LinkRefused) -> Response {
    let (code, message) = match refused {
        LinkRefused::Invalid => ("LINK_INVALID", "The link is not valid. Ask for the links again."),
        LinkRefused::Expired => ("LINK_EXPIRED", "The link has expired."),
    };
    let headers = [(header::CACHE_CONTROL, "private, no-store"), (header::REFERRER_POLICY, "no-referrer")];
    let body = Json(json!({ "code": code, "details": {}, "message": message, "status": "error" }));
    (StatusCode::FORBIDDEN, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn part(headers: &[(HeaderName, &str)]) -> Option<(u64, u64, bool)> {
        let head = ObjectHead { size: 100, etag: "\"a\"".to_owned(), modified: DateTime::UNIX_EPOCH };
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().expect("a value"))).collect();
        part_of(&headers, &head).map(|part| (part.range.start, part.range.end, part.is_whole))
    }

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        let range = |value| part(&[(header::RANGE, value)]);
        assert_eq!(part(&[]), Some((0, 100, true)));
        assert_eq!(range("bytes=0-9"), Some((0, 10, false)));
        assert_eq!(range("bytes=90-"), Some((90, 100, false)));
        assert_eq!(range("bytes=-10"), Some((90, 100, false)));
        assert_eq!(range("bytes=-1000"), Some((0, 100, false)));
        assert_eq!(range("bytes=50-18446744073709551615"), Some((50, 100, false)));
        for beyond in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(range(beyond), None, "{beyond}");
        }
        for other in ["bytes=0-1,5-6", "bytes=9-0", "bytes=a-b", "rows=1-2", "bytes=-"] {
            assert_eq!(range(other), Some((0, 100, true)), "{other}");
        }
        let of = |tag| part(&[(header::RANGE, "bytes=0-9"), (header::IF_RANGE, tag)]);
        assert_eq!(of("\"a\""), Some((0, 10, false)));
        assert_eq!(of("\"b\""), Some((0, 100, true)));
    }
}
