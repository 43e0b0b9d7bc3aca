//! What the server refuses about one record (PostgreSQL documentation, "PostgreSQL Error Codes").

use hozon_shared::domain::writing::Refusal;
use tokio_postgres::Error;
use tokio_postgres::error::DbError;

/// Why a record is refused; `None` if the error is not about the record.
pub(crate) fn refusal(error: &Error) -> Option<Refusal> {
    let answer = error.as_db_error()?;
    let code = answer.code().code();
    let rule = || answer.constraint().map(str::to_owned);
    let field = || answer.column().map(str::to_owned);
    Some(match code {
        "23503" => Refusal::Reference { rule: rule() },
        "23505" => Refusal::Duplicate { rule: rule() },
        "23502" => Refusal::MissingValue { field: field() },
        // A condition of the table, one that compares rows, one of a view, and what a function of the CRM has raised.
        "23514" | "23P01" | "44000" | "P0001" => Refusal::Rule { rule: rule() },
        "42501" => Refusal::NoPermission,
        _ if code.starts_with("22") => Refusal::Value { field: field() },
        _ if is_about_all(answer) => return None,
        _ => Refusal::Other { code: code.to_owned() },
    })
}

/// Whether an error has to do with the server, the connection or other transactions.
fn is_about_all(answer: &DbError) -> bool {
    let code = answer.code().code();
    code == "55P03" || ["08", "25", "26", "40", "53", "57", "58", "F0", "XX"].contains(&&code[..2.min(code.len())])
}

/// Whether a record may be taken after others were written.
pub(crate) fn may_depend_on_others(reason: &Refusal) -> bool {
    matches!(reason, Refusal::Reference { .. } | Refusal::Duplicate { .. } | Refusal::Rule { .. })
}
