//! What the SDKs' errors mean to a port.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::ports::{ErrorKind, PortError};

/// Turns an SDK's error into the port's. `what` says what was tried.
pub fn port_error<E>(what: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    move |error| PortError::with(kind_of(&error), what, error)
}

fn kind_of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> ErrorKind {
    let SdkError::ServiceError(service) = error else {
        return match error {
            SdkError::ConstructionFailure(_) => ErrorKind::Refused,
            _ => ErrorKind::Unavailable,
        };
    };
    match service.err().code() {
        Some("NoSuchKey" | "NotFound" | "NoSuchUpload") => ErrorKind::NotFound,
        Some("PreconditionFailed" | "ConditionalCheckFailedException" | "ConditionalRequestConflict" | "ConflictException") => {
            ErrorKind::Conflict
        }
        Some(
            "SlowDown"
            | "ThrottlingException"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "TransactionInProgressException"
            | "ServiceUnavailable"
            | "RequestTimeout"
            | "TooManyRequestsException",
        ) => ErrorKind::Unavailable,
        _ => match service.raw().status().as_u16() {
            404 => ErrorKind::NotFound,
            500 | 502 | 503 | 504 => ErrorKind::Unavailable,
            _ => ErrorKind::Refused,
        },
    }
}
