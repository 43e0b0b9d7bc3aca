//! What CloudTrail writes of a request to S3, and EventBridge hands on: of an object's data event the parts that tell a download. The
//! signature of a link is not among them.
//! Source: AWS, "CloudTrail record contents" and "Amazon S3 CloudTrail events".

use chrono::{DateTime, NaiveDateTime, Utc};
use hozon_shared::domain::download::LinkRequest;
use serde::Deserialize;

/// An event "AWS API Call via CloudTrail".
#[derive(Debug, Deserialize)]
pub struct Notice {
    detail: Detail,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    event_time: DateTime<Utc>,
    event_name: String,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: String,
    error_code: Option<String>,
    request_parameters: Parameters,
}

#[derive(Debug, Deserialize)]
struct Parameters {
    key: String,
    /// When the link was signed, `20261125T131335Z`; not there where a request was signed in its header.
    #[serde(rename = "X-Amz-Date")]
    signed: Option<String>,
}

/// What infra/edge/downloads.js notes of a zip that was served for a link without a query.
#[derive(Debug, Deserialize)]
pub struct Served {
    key: String,
    at: DateTime<Utc>,
    address: String,
}

impl Served {
    /// The request.
    pub fn link_request(self) -> LinkRequest {
        LinkRequest { key: self.key, signed: None, at: self.at, address: self.address }
    }
}

impl Notice {
    /// The request, if it was one that a link was used for and that was answered with the object.
    pub fn link_request(self) -> Option<LinkRequest> {
        let Detail { event_time, event_name, source_ip_address, error_code, request_parameters } = self.detail;
        let signed = NaiveDateTime::parse_from_str(&request_parameters.signed?, "%Y%m%dT%H%M%SZ").ok()?.and_utc();
        let is_served = event_name == "GetObject" && error_code.is_none();
        is_served.then_some(LinkRequest {
            key: request_parameters.key,
            signed: Some(signed),
            at: event_time,
            address: source_ip_address,
        })
    }
}
