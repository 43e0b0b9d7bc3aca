//! Places between the rows of a table, from which another connection goes on in the same snapshot.

use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{ResumePoint, SourceError};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::names::{literal, quoted};

/// The place behind a row. In one snapshot a row keeps its key, and also its address in the file: the version of it that the snapshot
/// shows stays where it is (PostgreSQL documentation, "System Columns"), unless the table is rewritten, which `confirm` notices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    /// Values of the key, where rows come in its order.
    Key(Vec<String>),
    /// Address, where rows come as they lie in the file.
    Address(String),
}

impl Place {
    /// Understands a place that another process has noted. One that this build cannot read is of another build, and so is its state.
    pub(crate) fn parse(noted: &ResumePoint) -> Result<Self, SourceError> {
        let lost = |error| SourceError { kind: SourceErrorKind::StateLost, source: Some(Box::new(error)) };
        serde_json::from_str(&noted.0).map_err(lost)
    }

    /// Writes the place down.
    pub(crate) fn noted(&self) -> ResumePoint {
        ResumePoint(json!(self).to_string())
    }

    /// The condition that rows behind the place meet, where `key` identifies them. The server gives the values the columns' types.
    pub(crate) fn condition(&self, key: &[String]) -> String {
        match self {
            Self::Key(values) => {
                let values: Vec<_> = values.iter().map(|value| literal(value)).collect();
                format!("({}) > ({})", quoted_list(key), values.join(", "))
            }
            Self::Address(address) => format!("ctid > {}", literal(address)),
        }
    }
}

/// Names of columns, separated by commas.
pub(crate) fn quoted_list(columns: &[String]) -> String {
    columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_behind_a_place_have_greater_keys_or_addresses() {
        let key = ["a\"b".to_owned(), "c".to_owned()];
        let behind = Place::Key(vec![r"it's \ here".to_owned(), "5".to_owned()]);
        assert_eq!(behind.condition(&key), r#"("a""b", "c") > (E'it''s \\ here', '5')"#);
        assert_eq!(Place::Address("(7,12)".to_owned()).condition(&key), "ctid > '(7,12)'");
        let noted = behind.noted();
        assert_eq!(Place::parse(&noted).expect("reads"), behind);
        assert!(Place::parse(&ResumePoint("?".to_owned())).is_err());
    }
}
