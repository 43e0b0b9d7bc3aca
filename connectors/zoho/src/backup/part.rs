//! The request for the rest of a zip (Zoho CRM API v8, "Download Backed up Data"; RFC 9110, section 14).

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt};
use hozon_shared::domain::backup_fault::BackupFault;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{SourceBytes, SourceError};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, RANGE};
use reqwest::{Response, StatusCode, Url};

use super::staging::Begun;
use crate::client::Client;
use crate::errors::{ApiError, SHORT_WAIT, Unexpected, without_answer};

/// Number of tokens that a download is tried with.
const TOKENS: u32 = 3;

/// What to fetch.
pub(crate) struct PartRequest<'a> {
    pub link: &'a str,
    pub name: &'a str,
    /// Number of bytes that are there already.
    pub offset: u64,
    /// Tag of the zip that they are from.
    pub etag: Option<&'a str>,
    /// When the link ends.
    pub expires: Option<DateTime<Utc>>,
}

/// The rest of a zip.
pub(crate) struct Part {
    pub found: Begun,
    pub bytes: SourceBytes,
}

impl Client {
    /// Fetches the rest of a zip. The token goes only to servers of the organisation's data centre.
    pub(crate) async fn part(&self, request: PartRequest<'_>) -> Result<Part, SourceError> {
        let url = Url::parse(request.link).map_err(|_| Unexpected("a link"))?;
        let is_known = self.is_of_data_center(&url);
        let mut refused = None;
        for _ in 0..TOKENS {
            let mut get = self.http.get(url.clone()).header(RANGE, format!("bytes={}-", request.offset));
            if let Some(etag) = request.etag.filter(|_| request.offset > 0) {
                get = get.header(IF_RANGE, etag);
            }
            if is_known {
                let token = self.tokens.token(&self.http, refused.as_deref()).await?.token;
                get = get.header(AUTHORIZATION, format!("Zoho-oauthtoken {token}"));
                refused = Some(token);
            }
            let response = get.send().await.map_err(without_answer)?;
            if response.status().is_success() || response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
                return rest(response, &request);
            }
            let error = answered(response).await?;
            if !(is_known && (error.is_about_token() || error.status == 401) && !error.is_out_of_scope()) {
                return Err(refusal(error, &request, self.now()));
            }
        }
        Err(SourceErrorKind::ConsentRevoked.into())
    }

    fn is_of_data_center(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let is_api = Url::parse(&self.api).is_ok_and(|api| api.origin() == url.origin());
        let is_download =
            url.scheme() == "https" && host.strip_suffix(self.download_domain).is_some_and(|rest| rest.ends_with('.'));
        is_api || is_download
    }
}

fn rest(response: Response, request: &PartRequest<'_>) -> Result<Part, SourceError> {
    let (status, headers) = (response.status(), response.headers());
    let text = |headers: &HeaderMap, name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let etag = text(headers, ETAG).filter(|tag| tag.starts_with('"'));
    let range = text(headers, CONTENT_RANGE).and_then(|range| range_in(&range));
    if status == StatusCode::PARTIAL_CONTENT {
        let (first, size) = range.ok_or(Unexpected("a range"))?;
        if first != Some(request.offset) {
            return Err(Unexpected("the range that was asked for").into());
        }
        let bytes = response.bytes_stream().map_err(without_answer).boxed();
        return Ok(Part { found: Begun { size, etag }, bytes });
    }
    if status == StatusCode::RANGE_NOT_SATISFIABLE {
        let size = range.map(|(_, size)| size).filter(|size| *size == request.offset).ok_or(Unexpected("a range"))?;
        return Ok(Part { found: Begun { size, etag }, bytes: futures_util::stream::empty().boxed() });
    }
    let size = text(headers, CONTENT_LENGTH).and_then(|length| length.parse().ok()).ok_or(Unexpected("a length"))?;
    // The server knows no ranges, or has another zip now.
    let mut left = request.offset;
    let bytes = response.bytes_stream().map_err(without_answer).map_ok(move |mut piece| {
        let known = left.min(piece.len() as u64);
        left -= known;
        piece.split_off(known as usize)
    });
    Ok(Part { found: Begun { size, etag }, bytes: bytes.boxed() })
}

/// Reads `bytes first-last/size` and `bytes */size`.
fn range_in(text: &str) -> Option<(Option<u64>, u64)> {
    let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let first = range.split_once('-').and_then(|(first, _)| first.parse().ok());
    Some((first, size.parse().ok()?))
}

async fn answered(response: Response) -> Result<ApiError, SourceError> {
    let status = response.status().as_u16();
    let body = response.bytes().await.map_err(without_answer)?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Ok(ApiError::of(status, &body).unwrap_or(ApiError { status, code: "without a code".to_owned() }))
}

/// What a refused download means.
fn refusal(error: ApiError, request: &PartRequest<'_>, now: DateTime<Utc>) -> SourceError {
    let kind = if error.is_out_of_scope() {
        SourceErrorKind::Scope("Zoho's backups".to_owned())
    } else if error.is_too_many() {
        SourceErrorKind::Throttled(SHORT_WAIT)
    } else if error.is_passing() {
        SourceErrorKind::Interrupted
    } else if request.expires.is_some_and(|expires| expires <= now) || error.code.ends_with("EXPIRED") {
        BackupFault::Expired.into()
    } else if error.is_forbidden() {
        BackupFault::NotPermitted.into()
    } else {
        BackupFault::PartMissing(request.name.to_owned()).into()
    };
    SourceError { kind, source: Some(Box::new(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        assert_eq!(range_in("bytes 5-9/10"), Some((Some(5), 10)));
        assert_eq!(range_in("bytes */10"), Some((None, 10)));
        assert_eq!((range_in("bytes 5-9/*"), range_in("rows 1-2/3")), (None, None));
    }
}
