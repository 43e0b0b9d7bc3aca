//! Calls to Zoho's API: what is asked, and what it costs.

use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};
use hozon_shared::ports::FileBytes;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Body, Method, RequestBuilder};
use serde_json::Value;

use crate::budget::cost;

/// A call to the API.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    pub method: Method,
    /// Path behind `/crm/`, with its query.
    pub path: String,
    pub body: Option<Value>,
    pub cost: u64,
    /// The module, for failures.
    pub about: &'a str,
    pub since: Option<DateTime<Utc>>,
    /// A file that is sent, instead of a body.
    pub upload: Option<&'a Upload>,
    /// Whether doing it twice would do harm. Then it is repeated only if Zoho has said that it was not done.
    pub is_once: bool,
}

/// A file that is uploaded.
#[derive(Clone)]
pub(crate) struct Upload {
    pub name: String,
    pub bytes: FileBytes,
}

impl fmt::Debug for Upload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Upload").finish_non_exhaustive()
    }
}

impl<'a> Call<'a> {
    /// A read of a path of version 8, for example `org`, that costs one credit.
    pub(crate) fn get(about: &'a str, path: &str, query: &[(&str, &str)]) -> Self {
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        encoded.extend_pairs(query);
        let mark = if query.is_empty() { "" } else { "?" };
        let path = format!("v8/{path}{mark}{}", encoded.finish());
        Self { method: Method::GET, path, body: None, cost: cost::CALL, about, since: None, upload: None, is_once: false }
    }

    /// A query of COQL.
    pub(crate) fn coql(about: &'a str, query: &str, limit: u64) -> Self {
        let body = Some(serde_json::json!({ "select_query": format!("{query} limit {limit}") }));
        Self { method: Method::POST, path: "v8/coql".to_owned(), body, cost: cost::coql(limit), ..Self::get(about, "", &[]) }
    }

    /// A new job of Bulk Read.
    pub(crate) fn bulk(about: &'a str, body: Value) -> Self {
        let path = "bulk/v8/read".to_owned();
        Self { method: Method::POST, path, body: Some(body), cost: cost::BULK_JOB, ..Self::get(about, "", &[]) }
    }

    /// A read of what a job of Bulk Read has done, or of its result.
    pub(crate) fn of_bulk(about: &'a str, path: &str) -> Self {
        Self { path: format!("bulk/v8/read/{path}"), ..Self::get(about, "", &[]) }
    }

    /// A read about the organisation's own backups.
    pub(crate) fn of_backup(about: &'a str, path: &str) -> Self {
        Self { path: format!("bulk/v8/backup{path}"), ..Self::get(about, "", &[]) }
    }

    /// A request to back up now. An empty body asks for no schedule.
    pub(crate) fn back_up(about: &'a str) -> Self {
        Self { method: Method::POST, ..Self::of_backup(about, "") }
    }

    /// New records.
    pub(crate) fn insert(about: &'a str, records: Vec<Value>) -> Self {
        Self { method: Method::POST, is_once: true, ..Self::of_records(about, records) }
    }

    /// Changes of records, each with its id.
    pub(crate) fn update(about: &'a str, records: Vec<Value>) -> Self {
        Self { method: Method::PUT, ..Self::of_records(about, records) }
    }

    /// Neither workflows nor approvals begin because of a restore.
    fn of_records(about: &'a str, records: Vec<Value>) -> Self {
        let cost = cost::records(records.len());
        let body = Some(serde_json::json!({ "data": records, "trigger": [] }));
        Self { body, cost, ..Self::get(about, about, &[]) }
    }

    /// A deletion of records, which go into the recycle bin.
    pub(crate) fn delete(about: &'a str, ids: &[&str]) -> Self {
        let query = [("ids", ids.join(",")), ("wf_trigger", "false".to_owned())];
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self { method: Method::DELETE, cost: cost::records(ids.len()), ..Self::get(about, about, &query) }
    }

    /// Brings records back out of the recycle bin.
    pub(crate) fn bring_back(about: &'a str, ids: &[&str]) -> Self {
        let body = Some(serde_json::json!({ "ids": ids }));
        Self { method: Method::POST, body, ..Self::get(about, "settings/recycle_bin/actions/restore", &[]) }
    }

    /// Sends a file to a path, or attaches a link by the query.
    pub(crate) fn upload(about: &'a str, path: &str, query: &[(&str, &str)], upload: Option<&'a Upload>) -> Self {
        Self { method: Method::POST, upload, is_once: true, ..Self::get(about, path, query) }
    }

    /// Asks only for what was modified since.
    pub(crate) fn since(self, since: DateTime<Utc>) -> Self {
        Self { since: Some(since), ..self }
    }
}

/// Sends a file as the only part of a form (RFC 7578).
pub(crate) fn form_of(request: RequestBuilder, upload: &Upload) -> RequestBuilder {
    let boundary = format!("hozon-{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
    // As browsers write names of files (WHATWG HTML, "Multipart form data").
    let name = upload.name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    let piece = |text: String| stream::iter([Ok(Bytes::from(text))]);
    let body = Body::wrap_stream(piece(head).chain(upload.bytes.read()).chain(piece(tail)));
    request.header(CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}")).body(body)
}
