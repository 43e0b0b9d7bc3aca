//! A call and its answer, without HTTP.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::refusal::Refusal;

/// A call.
#[derive(Debug, Default)]
pub struct Asked {
    /// Version of the API, such as `v8`.
    pub version: String,
    /// Variable parts of the path, in order.
    pub path: Vec<String>,
    pub query: BTreeMap<String, String>,
    /// Headers with lower-case names.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// An answer.
pub enum Reply {
    Json(Value),
    Created(Value),
    /// An answer with another status.
    Status(u16, Value),
    Empty,
    NotModified,
    File(FileReply),
    /// A file from a byte on, with its whole size.
    Part {
        file: FileReply,
        first: usize,
        size: usize,
    },
    /// A file that takes long to make.
    Later(Box<dyn FnOnce() -> FileReply + Send>),
    /// A text whose pieces are made while it is sent.
    Lines(Box<dyn Iterator<Item = String> + Send>),
}

/// A file.
pub struct FileReply {
    pub name: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// An answer or a refusal.
pub type Replied = Result<Reply, Refusal>;

impl Asked {
    /// A variable part of the path.
    pub fn part(&self, at: usize) -> &str {
        self.path.get(at).map(String::as_str).unwrap_or_default()
    }

    /// An id in the path.
    pub fn id(&self, at: usize) -> Result<u64, Refusal> {
        self.part(at).parse().map_err(|_| Refusal::invalid_id())
    }

    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A number between 1 and a limit.
    pub fn number(&self, name: &str, default: usize, limit: usize) -> Result<usize, Refusal> {
        let Some(value) = self.parameter(name) else { return Ok(default) };
        let number = value.parse().ok().filter(|number| (1..=limit).contains(number));
        number.ok_or_else(|| {
            Refusal::invalid(&format!("{name} is invalid"), serde_json::json!({"param_name": name, "limit": limit}))
        })
    }

    /// The names in a list with commas.
    pub fn names(&self, name: &str) -> Vec<String> {
        self.parameter(name).into_iter().flat_map(|value| value.split(',')).map(|name| name.trim().to_owned()).collect()
    }

    /// The time of `If-Modified-Since`.
    pub fn modified_since(&self) -> Result<Option<DateTime<Utc>>, Refusal> {
        let Some(value) = self.headers.get("if-modified-since") else { return Ok(None) };
        match DateTime::parse_from_rfc3339(value) {
            Ok(time) => Ok(Some(time.with_timezone(&Utc))),
            Err(_) => Err(Refusal::invalid("If-Modified-Since is invalid", serde_json::json!({"header": "If-Modified-Since"}))),
        }
    }

    pub fn json(&self) -> Result<Value, Refusal> {
        serde_json::from_slice(&self.body)
            .map_err(|_| Refusal::invalid("body", serde_json::json!({"expected_data_type": "jsonobject"})))
    }

    /// Whether the version asks for no field list and knows no page tokens.
    pub fn is_old(&self) -> bool {
        self.version == "v2"
    }
}
