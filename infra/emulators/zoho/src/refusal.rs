//! Errors as the API words them.

use serde_json::{Value, json};

/// A call that is refused.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
    pub message: String,
    pub details: Value,
    /// Name of the object around it.
    pub within: Option<&'static str>,
}

impl Refusal {
    pub fn new(status: u16, code: &str, message: &str, details: Value) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned(), details, within: None }
    }

    /// A wrong value.
    pub fn invalid(message: &str, details: Value) -> Self {
        Self::new(400, "INVALID_DATA", message, details)
    }

    pub fn invalid_module() -> Self {
        Self::new(400, "INVALID_MODULE", "the module name given seems to be invalid", json!({"resource_path_index": 0}))
    }

    pub fn invalid_id() -> Self {
        Self::invalid("the id given seems to be invalid", json!({"resource_path_index": 1}))
    }

    pub fn missing(parameter: &str) -> Self {
        let details = json!({"param_name": parameter, "param": parameter});
        Self::new(400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", details)
    }

    pub fn too_many() -> Self {
        Self::new(429, "TOO_MANY_REQUESTS", "You have exceeded the number of concurrent requests.", json!({}))
    }

    /// A refusal that a test asked for.
    pub fn asked_for(status: u16, code: &str) -> Self {
        let message = match code {
            "INVALID_TOKEN" => "invalid oauth token",
            "NO_PERMISSION" => "permission denied",
            "INTERNAL_ERROR" => "Internal server error occurred.",
            "TOO_MANY_REQUESTS" => "You have exceeded the number of concurrent requests.",
            _ => "the call cannot be answered",
        };
        Self::new(status, code, message, json!({}))
    }

    pub fn body(&self) -> Value {
        let body = json!({"code": self.code, "details": self.details, "message": self.message, "status": "error"});
        match self.within {
            Some(name) => json!({ name: body }),
            None => body,
        }
    }
}
