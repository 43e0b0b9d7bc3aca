//! What the server refuses about one record. Of its texts only names of rules and columns are taken.

use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::writing::Refusal;
use mysql_async::{Error, ServerError};

use crate::errors::kind_of;

/// Why a record is refused; `None` if the error is not about the record.
pub(crate) fn refusal(error: &Error) -> Option<Refusal> {
    let Error::Server(answer) = error else { return None };
    let rule = name_of_rule(answer);
    Some(match answer.code {
        1216 | 1217 | 1451 | 1452 => Refusal::Reference { rule },
        1062 | 1169 | 1586 | 1761 | 1762 => Refusal::Duplicate { rule },
        1048 | 1364 => Refusal::MissingValue { field: between(&answer.message, "'") },
        // Conditions of a table, and what a trigger of the CRM signals.
        3819 | 4025 | 1369 => Refusal::Rule { rule },
        1644 => Refusal::Rule { rule: None },
        // Out of range, cut off, wrong, too long, no JSON, no geometry, no character of the column's set.
        1264 | 1265 | 1292 | 1300 | 1366 | 1367 | 1406 | 1411 | 1416 | 1525 | 3140 | 3156 | 3854 => {
            Refusal::Value { field: column(&answer.message) }
        }
        1142 | 1143 | 1370 | 1227 => Refusal::NoPermission,
        code => match kind_of(code, "") {
            SourceErrorKind::Busy | SourceErrorKind::Interrupted | SourceErrorKind::Password => return None,
            // The server or the whole transaction takes no changes.
            _ if matches!(code, 1290 | 1792 | 1836) => return None,
            _ => Refusal::Other { code: code.to_string() },
        },
    })
}

/// Whether a record may be taken after others were written.
pub(crate) fn may_depend_on_others(reason: &Refusal) -> bool {
    matches!(reason, Refusal::Reference { .. } | Refusal::Duplicate { .. } | Refusal::Rule { .. })
}

fn name_of_rule(answer: &ServerError) -> Option<String> {
    let text = &answer.message;
    match answer.code {
        1451 | 1452 | 4025 => between(text.split_once("CONSTRAINT ")?.1, "`"),
        // The value comes first, and may look like anything.
        1062 => {
            let name = text.rsplit_once("for key '")?.1.trim_end_matches('\'');
            Some(name.rsplit('.').next().unwrap_or(name).to_owned())
        }
        3819 => between(text, "'"),
        _ => None,
    }
}

/// The first text between two quotes.
fn between(text: &str, quote: &str) -> Option<String> {
    let (_, rest) = text.split_once(quote)?;
    Some(rest.split_once(quote)?.0.to_owned())
}

/// The column that a message names last, with its table in front or without.
fn column(text: &str) -> Option<String> {
    let (_, rest) = text.rsplit_once("for column ")?;
    let name = rest.split(" at row").next().unwrap_or(rest).trim();
    let name = name.rsplit('.').next().unwrap_or(name);
    Some(name.trim_matches(['\'', '`']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_from_the_texts_of_both_servers() {
        let refusal = |code: u16, message: &str| {
            refusal(&Error::Server(ServerError { code, message: message.to_owned(), state: String::new() }))
        };
        let named = |name: &str| Some(name.to_owned());
        let fails = "Cannot add or update a child row: a foreign key constraint fails (`crm`.`deal`, CONSTRAINT `of_owner` FOREIGN KEY (`owner`) REFERENCES `owner` (`id`))";
        for (code, text, wanted) in [
            (1452, fails, Refusal::Reference { rule: named("of_owner") }),
            (1062, "Duplicate entry 'for key 'x'' for key 'one_code'", Refusal::Duplicate { rule: named("one_code") }),
            (1062, "Duplicate entry 'a' for key 'deal.one_code'", Refusal::Duplicate { rule: named("one_code") }),
            (1048, "Column 'owner' cannot be null", Refusal::MissingValue { field: named("owner") }),
            (3819, "Check constraint 'not_below' is violated.", Refusal::Rule { rule: named("not_below") }),
            (4025, "CONSTRAINT `not_below` failed for `crm`.`deal`", Refusal::Rule { rule: named("not_below") }),
            (1406, "Data too long for column 'code' at row 1", Refusal::Value { field: named("code") }),
            (
                1366,
                "Incorrect integer value: 'for column' for column `crm`.`deal`.`amount` at row 1",
                Refusal::Value { field: named("amount") },
            ),
            (1644, "secret", Refusal::Rule { rule: None }),
            (1146, "Table 'crm.log' doesn't exist", Refusal::Other { code: "1146".to_owned() }),
        ] {
            assert_eq!(refusal(code, text), Some(wanted), "{text}");
        }
        for code in [1205, 1213, 2013, 1290, 1836] {
            assert_eq!(refusal(code, ""), None, "{code}");
        }
    }
}
