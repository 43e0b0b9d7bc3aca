//! What the server's errors mean for a backup. Its own texts may quote data, so that they are neither shown nor logged;
//! its numbers are (MySQL "Server Error Message Reference", MariaDB "Error Codes").

use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::SourceError;
use mysql_async::{DriverError, Error, IoError};

/// The number of an error that the server has sent.
#[derive(Debug, thiserror::Error)]
#[error("the server answered with error {0}")]
struct ServerCode(u16);

/// Converts an error of connecting to `database`.
pub(crate) fn while_connecting(error: Error, database: &str) -> SourceError {
    match about(error, database) {
        SourceError { kind: SourceErrorKind::Interrupted, source } => SourceError { kind: SourceErrorKind::Unreachable, source },
        other => other,
    }
}

/// Converts an error of a call that is about no single table.
pub(crate) fn source_error(error: Error) -> SourceError {
    about(error, "the database")
}

/// Converts an error that came while `table` was read.
pub(crate) fn about(error: Error, table: &str) -> SourceError {
    match error {
        Error::Server(answer) => {
            SourceError { kind: kind_of(answer.code, table), source: Some(Box::new(ServerCode(answer.code))) }
        }
        other => SourceError { kind: without_answer(&other), source: Some(Box::new(other)) },
    }
}

/// Returns the number of a server's error.
pub(crate) fn code(error: &Error) -> Option<u16> {
    match error {
        Error::Server(answer) => Some(answer.code),
        _ => None,
    }
}

/// What an error of that number means.
pub(crate) fn kind_of(code: u16, table: &str) -> SourceErrorKind {
    let table = || table.to_owned();
    match code {
        // Wrong password; host not admitted or blocked; account locked or with an expired password.
        1045 | 1129 | 1130 | 1698 | 1820 | 1862 | 3118 | 4151 => SourceErrorKind::Password,
        1049 => SourceErrorKind::UnknownDatabase,
        1044 | 1142 | 1143 | 1227 | 1370 => SourceErrorKind::NoPermission(table()),
        // Unknown table or column, or a definition that is newer than the snapshot.
        1051 | 1054 | 1109 | 1146 | 1412 | 1615 => SourceErrorKind::Changed(table()),
        // No connection or memory left, lock timeouts, deadlocks, cancelled and overlong queries.
        1037 | 1038 | 1040 | 1041 | 1114 | 1135 | 1203 | 1205 | 1213 | 1226 | 1317 | 1969 | 3024 => SourceErrorKind::Busy,
        // Shutdown, lost and killed connections.
        1053 | 1077 | 1079 | 1080 | 1152 | 1158..=1161 | 1184 | 1927 | 2006 | 2013 | 3168 | 3169 => SourceErrorKind::Interrupted,
        // Damaged tables and indexes, missing files and engines, invalid text, rows above `max_allowed_packet`.
        1016
        | 1017
        | 1030
        | 1032..=1035
        | 1153
        | 1194
        | 1195
        | 1286
        | 1300
        | 1301
        | 1366
        | 1712
        | 1812..=1814
        | 1815
        | 1932
        | 3854 => SourceErrorKind::Unreadable(table()),
        3159 => SourceErrorKind::Unsupported("the server admits only encrypted connections; connect with TLS"),
        _ => SourceErrorKind::Refused,
    }
}

/// Errors that the server did not send: of the network, of TLS, or of the protocol.
fn without_answer(error: &Error) -> SourceErrorKind {
    match error {
        Error::Io(IoError::Tls(_)) => SourceErrorKind::Certificate,
        // TLS reports a certificate that it rejects as an error of input.
        Error::Io(IoError::Io(error)) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
            SourceErrorKind::Certificate
        }
        Error::Io(IoError::Io(_)) | Error::Driver(DriverError::ConnectionClosed) => SourceErrorKind::Interrupted,
        Error::Driver(DriverError::NoClientSslFlagFromServer) => SourceErrorKind::NoTls,
        Error::Driver(
            DriverError::UnknownAuthPlugin { .. } | DriverError::CleartextPluginDisabled | DriverError::MysqlOldPasswordDisabled,
        ) => SourceErrorKind::Unsupported("its user logs in by a plugin that is not known; give it one with a password"),
        _ => SourceErrorKind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mysql_async::ServerError;

    #[test]
    fn texts_of_the_server_are_not_passed_on() {
        let answer = ServerError { code: 1366, message: "Incorrect value: 'secret'".to_owned(), state: "22007".to_owned() };
        let error = about(Error::Server(answer), "deal");
        assert_eq!(error.kind, SourceErrorKind::Unreadable("deal".to_owned()));
        let logged = format!("{} {}", error, hozon_shared::telemetry::Causes(&error));
        assert!(!logged.contains("secret") && logged.contains("1366"), "{logged}");
    }
}
