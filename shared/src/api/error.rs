//! Errors of the API: Zoho's codes, status codes and envelopes, and the conversion from internal errors.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::auth_refusal::AuthRefusal;
use crate::domain::backup::Failure;
use crate::domain::id::{BackupId, DrillId, RestoreId, ScheduleId};
use crate::domain::source::SourceErrorKind;
use crate::ports::{ErrorKind, PortError};
use crate::telemetry::Causes;

/// Position of the error object in the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envelope {
    /// At the top level.
    Plain,
    /// Under `backup`, as the scheduling calls answer.
    Backup,
}

/// An error for clients: a stable code, a sentence that says what to do, and details.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    details: Value,
    envelope: Envelope,
    cause: Option<PortError>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, code, message, details: json!({}), envelope: Envelope::Plain, cause: None }
    }

    /// The caller is not an administrator.
    pub fn no_permission() -> Self {
        let message = "Only administrators can use data backup. Ask an administrator of your organisation.";
        Self::new(StatusCode::FORBIDDEN, "NO_PERMISSION", message)
    }

    /// The path does not exist.
    pub fn invalid_url_pattern() -> Self {
        Self::new(StatusCode::NOT_FOUND, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one.")
    }

    /// The path exists, but does not support the method. Zoho's paths answer 400 as Zoho does, all others 405 (RFC 9110
    /// section 15.5.6). The router adds the `Allow` header.
    pub fn invalid_request_method(is_zohos: bool) -> Self {
        let status = if is_zohos { StatusCode::BAD_REQUEST } else { StatusCode::METHOD_NOT_ALLOWED };
        Self::new(status, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one.")
    }

    /// The body is not a JSON object of the expected form.
    pub fn body_not_readable() -> Self {
        let message = "The request body cannot be read. Send a JSON object, or an empty body to back up now.";
        Self::new(StatusCode::BAD_REQUEST, "REQUEST_BODY_NOT_READABLE", message)
    }

    /// The query string is malformed, or repeats a parameter.
    pub fn query_not_readable() -> Self {
        let message = "The query cannot be read. Send each parameter once, percent-encoded.";
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    /// A value in the body is invalid; `json_path` locates it.
    pub fn invalid_data(api_name: &str, json_path: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_DATA", message)
            .details(json!({ "api_name": api_name, "json_path": json_path }))
    }

    /// A query parameter is invalid.
    pub fn invalid_param(name: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_DATA", message).details(json!({ "param_name": name }))
    }

    /// A mandatory value is missing; `json_path` locates it.
    pub fn mandatory_not_found(api_name: &str, json_path: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "MANDATORY_NOT_FOUND", message)
            .details(json!({ "api_name": api_name, "json_path": json_path }))
    }

    /// The organisation already has an active schedule.
    pub fn already_scheduled(schedule: ScheduleId) -> Self {
        let message = "A backup is already scheduled. Change or stop the existing schedule first.";
        Self::new(StatusCode::BAD_REQUEST, "BACKUP_ALREADY_SCHEDULED", message)
            .details(json!({ "id": schedule }))
            .envelope(Envelope::Backup)
    }

    /// The schedule was stopped before, or the backup has ended.
    pub fn already_cancelled() -> Self {
        let message = "The schedule is already stopped, or the backup has ended. Nothing was changed.";
        Self::new(StatusCode::BAD_REQUEST, "ALREADY_CANCELLED", message).envelope(Envelope::Backup)
    }

    /// The backup has ended, so that it cannot be cancelled.
    pub fn not_running() -> Self {
        let message = "The backup is ready or has failed, so that it cannot be cancelled. Nothing was changed.";
        Self::new(StatusCode::BAD_REQUEST, "NOT_RUNNING", message).envelope(Envelope::Backup)
    }

    /// The subscription was cancelled before, or has ended.
    pub fn already_ending() -> Self {
        let message = "The subscription is already cancelled. You can resume it until its period ends.";
        Self::new(StatusCode::BAD_REQUEST, "ALREADY_CANCELLED", message)
    }

    /// The request lacks the `If-Match` header.
    pub fn precondition_required() -> Self {
        let message = "Send If-Match with the ETag from your last read.";
        Self::new(StatusCode::PRECONDITION_REQUIRED, "PRECONDITION_REQUIRED", message)
    }

    /// The resource changed since the caller read it.
    pub fn precondition_failed() -> Self {
        let message = "The resource was changed in the meantime. Read it again, then repeat your change.";
        Self::new(StatusCode::PRECONDITION_FAILED, "PRECONDITION_FAILED", message)
    }

    /// Another backup is in progress.
    pub fn in_progress(running: BackupId) -> Self {
        let message = "A backup is in progress. Wait until it is ready, then try again.";
        Self::new(StatusCode::BAD_REQUEST, "INPROGRESS", message).details(json!({ "id": running })).envelope(Envelope::Backup)
    }

    /// Another restore is being planned or written.
    pub fn restore_in_progress(running: RestoreId) -> Self {
        let message = "Another restore is being planned or written. Wait until it has ended, or cancel it.";
        Self::new(StatusCode::BAD_REQUEST, "INPROGRESS", message).details(json!({ "id": running }))
    }

    /// Another drill works.
    pub fn drill_in_progress(running: DrillId) -> Self {
        let message = "Another drill works. Wait until it has ended.";
        Self::new(StatusCode::BAD_REQUEST, "INPROGRESS", message).details(json!({ "id": running }))
    }

    /// The allowance is used up or does not cover the request; the details list what can be bought.
    pub fn limit_reached(message: impl Into<String>, details: Value) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "LIMIT_REACHED", message).details(details).envelope(Envelope::Backup)
    }

    /// The resource in the path or body does not exist in this organisation.
    pub fn not_found() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "RESOURCE_NOT_FOUND", "The resource does not exist in your organisation.")
    }

    /// The organisation has no backup of that id.
    pub fn backup_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "BACKUP_NOT_FOUND", "Your organisation has no such backup.")
    }

    /// The backup does not contain that module.
    pub fn module_not_found() -> Self {
        let message = "The backup does not contain such a module. List its modules to see their API names.";
        Self::new(StatusCode::NOT_FOUND, "MODULE_NOT_FOUND", message)
    }

    /// The module does not contain that record.
    pub fn record_not_found() -> Self {
        let message = "The module has no record of this id in the backup. The record's history shows the backups that have it.";
        Self::new(StatusCode::NOT_FOUND, "RECORD_NOT_FOUND", message)
    }

    /// The record has no attachment of that id.
    pub fn attachment_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "ATTACHMENT_NOT_FOUND", "The record has no such attachment in the backup.")
    }

    /// What was captured for the backup is not kept any more.
    pub fn snapshot_gone() -> Self {
        let message = "The data of this backup is not kept any more. Choose a newer backup; its zips, while they can be downloaded, \
                       have the data too.";
        Self::new(StatusCode::GONE, "SNAPSHOT_GONE", message)
    }

    /// The error of reading a snapshot: a part that is absent, or that an earlier version of Hozon wrote, cannot be looked into any more.
    pub fn unless_gone(error: PortError) -> Self {
        match error.kind {
            ErrorKind::NotFound | ErrorKind::Outdated => Self::snapshot_gone(),
            _ => error.into(),
        }
    }

    /// An erasure has deleted the zips, and they are being made anew.
    pub fn zips_being_remade() -> Self {
        let message = "The zips are being made anew, without records that were erased. Try again in some minutes.";
        Self::new(StatusCode::CONFLICT, "ZIPS_BEING_REMADE", message)
    }

    /// An erasure has deleted the zips, and they could not be made anew.
    pub fn zips_not_remade(failure: Option<&Failure>) -> Self {
        let message = "The zips were deleted by an erasure, and could not be made anew. Back up again.";
        Self::new(StatusCode::GONE, "ZIPS_NOT_REMADE", message).details(json!({ "failure": failure }))
    }

    /// The product does not allow the request in its current state.
    pub fn not_allowed(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "NOT_ALLOWED", message)
    }

    /// The request needs a confirmation; the details describe its consequences.
    pub fn confirmation_required(message: impl Into<String>, details: Value) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "CONFIRMATION_REQUIRED", message).details(details)
    }

    /// A webhook message of the payment provider has an invalid or outdated signature.
    pub fn invalid_signature() -> Self {
        let message = "The signature does not match. Check the signing secret, and that the clock is accurate to five minutes.";
        Self::new(StatusCode::BAD_REQUEST, "INVALID_SIGNATURE", message)
    }

    /// The `Idempotency-Key` header is malformed.
    pub fn invalid_idempotency_key() -> Self {
        let message = "Send one Idempotency-Key of 1 to 255 visible ASCII characters, for example a UUID.";
        Self::new(StatusCode::BAD_REQUEST, "INVALID_DATA", message).details(json!({ "header": "Idempotency-Key" }))
    }

    /// A request with the same key is still in progress.
    pub fn idempotency_key_in_flight() -> Self {
        let message = "A request with this Idempotency-Key is in progress. Send it again in a few seconds to get its answer.";
        Self::new(StatusCode::CONFLICT, "IDEMPOTENCY_KEY_IN_FLIGHT", message)
    }

    /// The key was sent before with a different path or body.
    pub fn idempotency_key_reused() -> Self {
        let message = "This Idempotency-Key was used for a different request. Send a new key with each new request.";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED", message)
    }

    /// The request was carried out before, but its answer contained a secret, which is never stored.
    pub fn answer_not_kept(message: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, "ANSWER_NOT_KEPT", message)
    }

    /// A connection needs a consent that nobody has given.
    pub fn consent_required(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "CONSENT_REQUIRED", message)
    }

    /// The consent was refused.
    pub fn consent_denied(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "CONSENT_DENIED", message)
    }

    /// The answer to a consent came too late, came before, or belongs to somebody else.
    pub fn consent_expired() -> Self {
        let message =
            "The consent was answered before, is older than ten minutes, or was asked for by somebody else. Connect again.";
        Self::new(StatusCode::BAD_REQUEST, "CONSENT_EXPIRED", message)
    }

    /// A source has refused a call, or cannot be reached.
    pub fn source_refused(kind: &SourceErrorKind) -> Self {
        let status = if kind.is_passing() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::BAD_REQUEST };
        Self::new(status, kind.code(), kind.to_string())
    }

    /// The handler panicked.
    pub fn crashed() -> Self {
        PortError::new(ErrorKind::Corrupt, "answer a request").into()
    }

    /// Adds the reason to the details of the field at fault: a stable word from which clients derive a message in the
    /// user's language.
    #[must_use]
    pub fn because(mut self, reason: &'static str) -> Self {
        self.details["reason"] = json!(reason);
        self
    }

    /// Sets the details.
    #[must_use]
    pub fn details(self, details: Value) -> Self {
        Self { details, ..self }
    }

    /// Sets the envelope.
    #[must_use]
    pub fn envelope(self, envelope: Envelope) -> Self {
        Self { envelope, ..self }
    }
}

impl From<AuthRefusal> for ApiError {
    fn from(refusal: AuthRefusal) -> Self {
        match refusal {
            AuthRefusal::Missing => Self::new(
                StatusCode::UNAUTHORIZED,
                "AUTHENTICATION_FAILURE",
                "Authentication failed. Send `Authorization: Zoho-oauthtoken <token>` or `Bearer <token>`.",
            ),
            AuthRefusal::Invalid => {
                Self::new(StatusCode::UNAUTHORIZED, "INVALID_TOKEN", "The access token is invalid or expired. Get a new one.")
            }
            AuthRefusal::Unavailable => {
                let message = "Tokens cannot be checked right now. Try again in a minute.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "INTERNAL_ERROR", message)
            }
        }
    }
}

impl From<PortError> for ApiError {
    fn from(cause: PortError) -> Self {
        let (status, message) = match cause.kind {
            ErrorKind::Unavailable | ErrorKind::Exhausted => {
                (StatusCode::SERVICE_UNAVAILABLE, "The service is busy. Try again in a minute.")
            }
            ErrorKind::Full => (StatusCode::SERVICE_UNAVAILABLE, "The storage is full. Try again when space is available."),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side. Quote the request id to support."),
        };
        Self { cause: Some(cause), ..Self::new(status, "INTERNAL_ERROR", message) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(error = %Causes(cause), api.code = self.code, "request failed");
        }
        let error = json!({ "code": self.code, "details": self.details, "message": self.message, "status": "error" });
        let body = match self.envelope {
            Envelope::Plain => error,
            Envelope::Backup => json!({ "backup": error }),
        };
        (self.status, Json(body)).into_response()
    }
}
