//! What PostgreSQL's errors mean for a backup. The server's own texts may quote data, so that they are neither shown nor
//! logged; its five-letter codes are (documentation, "PostgreSQL Error Codes").

use std::error::Error as _;

use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::SourceError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// Why a pooler cannot be read through.
pub(crate) const POOLER: &str =
    "it does not take the settings of a session, as poolers do; give the address of the server itself";

/// The code of an error that the server has sent.
#[derive(Debug, thiserror::Error)]
#[error("the server answered with {0}")]
struct ServerCode(String);

/// Converts an error of a call that is about no single table.
pub(crate) fn source_error(error: Error) -> SourceError {
    about(error, "the database")
}

/// Converts an error that came while `table` was read.
pub(crate) fn about(error: Error, table: &str) -> SourceError {
    let kind = kind_of(&error, table);
    match error.as_db_error() {
        Some(answer) => SourceError { kind, source: Some(Box::new(ServerCode(answer.code().code().to_owned()))) },
        None => SourceError { kind, source: Some(Box::new(error)) },
    }
}

fn kind_of(error: &Error, table: &str) -> SourceErrorKind {
    let Some(code) = error.code() else { return without_answer(error) };
    let table = || table.to_owned();
    match code {
        &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => SourceErrorKind::Password,
        &SqlState::INVALID_CATALOG_NAME => SourceErrorKind::UnknownDatabase,
        &SqlState::INSUFFICIENT_PRIVILEGE => SourceErrorKind::NoPermission(table()),
        &SqlState::UNDEFINED_TABLE | &SqlState::UNDEFINED_COLUMN | &SqlState::INVALID_SCHEMA_NAME => {
            SourceErrorKind::Changed(table())
        }
        &SqlState::PROTOCOL_VIOLATION => SourceErrorKind::Unsupported(POOLER),
        &SqlState::TOO_MANY_CONNECTIONS | &SqlState::LOCK_NOT_AVAILABLE | &SqlState::QUERY_CANCELED => SourceErrorKind::Busy,
        other => by_class(other.code(), table),
    }
}

/// The first two letters of a code name its class.
fn by_class(code: &str, table: impl Fn() -> String) -> SourceErrorKind {
    match &code[..2.min(code.len())] {
        "22" | "XX" => SourceErrorKind::Unreadable(table()),
        "08" | "57" => SourceErrorKind::Interrupted,
        // A transaction that another one has made impossible, such as a deadlock.
        "40" | "53" => SourceErrorKind::Busy,
        _ => SourceErrorKind::Refused,
    }
}

/// Errors that the server did not send: of the network, of TLS, or of a connection that has ended.
fn without_answer(error: &Error) -> SourceErrorKind {
    let text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.downcast_ref::<rustls::Error>().is_some() {
            return SourceErrorKind::Certificate;
        }
        cause = inner.source();
    }
    if text.contains("TLS") {
        return if error.source().is_some_and(|cause| cause.to_string().contains("does not support TLS")) {
            SourceErrorKind::NoTls
        } else {
            SourceErrorKind::Certificate
        };
    }
    if error.is_closed() || text.contains("communicating") {
        return SourceErrorKind::Interrupted;
    }
    if text.contains("authentication") || text.contains("configuration") {
        return SourceErrorKind::Password;
    }
    SourceErrorKind::Unreachable
}
