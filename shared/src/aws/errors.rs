//! Conversion of SDK errors into port errors.

use std::error::Error;
use std::io;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_checksums::body::validate::Error as ChecksumError;

use crate::ports::{ErrorKind, PortError};

/// Error code of the S3 emulator when the process may not open more files.
const TOO_MANY_OPEN_FILES: &str = "TooManyOpenFiles";
/// `errno` values for too many open files in the process and in the system; the standard library has no names for them.
const NO_FILE_LEFT: [i32; 2] = [24, 23];

/// The service's own error code and message, which the SDK's error text omits.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
struct Answer {
    code: String,
    message: String,
}

/// Returns a converter from an SDK error to a port error. `what` names the attempted operation.
pub fn port_error<E>(what: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    move |error| {
        let kind = kind_of(&error);
        let answer = error.as_service_error().and_then(|error| Some((error.code()?, error.message().unwrap_or_default())));
        match answer.map(|(code, message)| Answer { code: code.to_owned(), message: message.to_owned() }) {
            Some(answer) => PortError::with(kind, what, answer),
            None => PortError::with(kind, what, error),
        }
    }
}

/// Converts an error met while reading a body. A checksum mismatch is final, because reading again yields the same
/// bytes.
pub fn body_error(what: &'static str, error: impl Error + Send + Sync + 'static) -> PortError {
    let is_damaged = causes(&error).any(|cause| cause.is::<ChecksumError>());
    let kind = if is_damaged { ErrorKind::Corrupt } else { io_kind(&error).unwrap_or(ErrorKind::Unavailable) };
    PortError::with(kind, what, error)
}

fn kind_of<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E, HttpResponse>) -> ErrorKind {
    let SdkError::ServiceError(service) = error else {
        return match error {
            SdkError::ConstructionFailure(_) => ErrorKind::Refused,
            _ => io_kind(error).unwrap_or(ErrorKind::Unavailable),
        };
    };
    let code = service.err().code().unwrap_or_default();
    kind_of_code(code).unwrap_or_else(|| match service.raw().status().as_u16() {
        404 => ErrorKind::NotFound,
        500 | 502 | 503 | 504 => ErrorKind::Unavailable,
        507 => ErrorKind::Full,
        _ => ErrorKind::Refused,
    })
}

/// The kind of failure that a code means by itself, without the response's status.
pub(super) fn kind_of_code(code: &str) -> Option<ErrorKind> {
    Some(match code {
        "NoSuchKey" | "NotFound" | "NoSuchUpload" => ErrorKind::NotFound,
        "PreconditionFailed" | "ConditionalCheckFailedException" | "ConditionalRequestConflict" | "ConflictException" => {
            ErrorKind::Conflict
        }
        // According to S3's API reference, CompleteMultipartUpload and UploadPartCopy may answer 200 and then fail with
        // this code in the body.
        "InternalError"
        | "SlowDown"
        | "ThrottlingException"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "TransactionInProgressException"
        | "ServiceUnavailable"
        | "RequestTimeout"
        | "TooManyRequestsException" => ErrorKind::Unavailable,
        // The object's bytes do not match the given checksum, or the S3 emulator cannot read an object's metadata.
        "BadDigest" | "ObjectDamaged" => ErrorKind::Corrupt,
        // Codes of MinIO and Ceph; S3 itself has no capacity limit.
        "XMinioStorageFull" | "XMinioAdminBucketQuotaExceeded" | "QuotaExceeded" => ErrorKind::Full,
        TOO_MANY_OPEN_FILES => ErrorKind::Exhausted,
        _ => return None,
    })
}

/// The kind of an operating system error among the causes, if there is one.
fn io_kind(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).find_map(|error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Some(ErrorKind::Full),
        _ => error.raw_os_error().filter(|number| NO_FILE_LEFT.contains(number)).map(|_| ErrorKind::Exhausted),
    })
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| cause_of(*error))
}

/// The next cause in the chain. An I/O error returns the error that it wraps, not that error's source.
fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(wrapper) => wrapper.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operating_systems_refusals_keep_their_kind() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(body_error("read", full).kind, ErrorKind::Full);
        assert_eq!(body_error("read", io::Error::from_raw_os_error(24)).kind, ErrorKind::Exhausted);
        assert_eq!(body_error("read", io::Error::from(io::ErrorKind::ConnectionReset)).kind, ErrorKind::Unavailable);
        let mismatch = ChecksumError::ChecksumMismatch { expected: vec![1].into(), actual: vec![2].into() };
        assert_eq!(body_error("read", io::Error::other(mismatch)).kind, ErrorKind::Corrupt);
    }
}
