//! CloudTrail's record of an S3 request, as forwarded by EventBridge, reduced to the fields that describe a download.
//! The link's signature is not one of them.
//!
//! Source: AWS, "CloudTrail record contents" and "Amazon S3 CloudTrail events".

use chrono::{DateTime, NaiveDateTime, Utc};
use hozon_shared::domain::download::LinkRequest;
use serde::Deserialize;

/// An event of the type "AWS API Call via CloudTrail".
#[derive(Debug, Deserialize)]
pub struct CloudTrailEvent {
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
    /// When the link was signed, for example `20261125T131335Z`; absent if the signature is in a header.
    #[serde(rename = "X-Amz-Date")]
    signed: Option<String>,
}

/// The record that infra/edge/downloads.js writes for a zip served by a link without a query string.
#[derive(Debug, Deserialize)]
pub struct Served {
    key: String,
    at: DateTime<Utc>,
    address: String,
}

impl Served {
    pub fn link_request(self) -> LinkRequest {
        LinkRequest { key: self.key, signed: None, at: self.at, address: self.address }
    }
}

impl CloudTrailEvent {
    /// Returns the request if a link was used and S3 answered with the object.
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
