//! Cells as constants of SQL, so that a column takes what its text was read from.

use crate::catalog::Column;
use crate::columns::Form;

impl Column {
    /// The constant for a cell of this column.
    pub(crate) fn constant(&self, cell: Option<&str>) -> String {
        let Some(text) = cell else { return "null".to_owned() };
        match self.form() {
            Form::Bytes => match text.strip_prefix("0x").filter(|digits| is_hexadecimal(digits)) {
                Some(digits) => format!("x'{digits}'"),
                None => quoted_text(text),
            },
            _ if self.data_type == "bit" => format!("cast({} as unsigned)", quoted_text(text)),
            // A number of many digits would be compared as one of double precision if it were a text.
            _ if self.is_exact_number() && is_number(text) => text.to_owned(),
            // The shortest text of the greatest number is beyond it in double precision.
            Form::Single => match text.parse::<f32>().ok().filter(|number| number.is_finite()) {
                Some(number) => format!("{:e}", f64::from(number)),
                None => quoted_text(text),
            },
            Form::Text => quoted_text(text),
        }
    }

    fn is_exact_number(&self) -> bool {
        matches!(self.data_type.as_str(), "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal")
    }
}

fn is_hexadecimal(digits: &str) -> bool {
    digits.len().is_multiple_of(2) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a text is a number without an exponent.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, part].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A text constant for sessions whose `sql_mode` has no `NO_BACKSLASH_ESCAPES`.
pub(crate) fn quoted_text(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for letter in text.chars() {
        match letter {
            '\0' => quoted.push_str("\\0"),
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_written_by_the_type_of_its_column() {
        let constant = |data_type: &str, text: &str| {
            let (name, declared, comment) = (String::new(), String::new(), String::new());
            let column = Column { name, data_type: data_type.to_owned(), declared, charset: None, comment };
            column.constant(Some(text))
        };
        for (data_type, text, wanted) in [
            ("varchar", "it's \\ here\0", r"'it''s \\ here\0'"),
            ("blob", "0x00ff", "x'00ff'"),
            ("blob", "", "''"),
            ("blob", "0x0'", "'0x0'''"),
            ("bit", "5", "cast('5' as unsigned)"),
            ("bigint", "18446744073709551614", "18446744073709551614"),
            ("decimal", "-0.50", "-0.50"),
            ("int", "1 or 1", "'1 or 1'"),
            ("int", "-", "'-'"),
            ("year", "0000", "'0000'"),
            ("float", "1e-45", "1.401298464324817e-45"),
            ("float", "3.4028235e38", "3.4028234663852886e38"),
            ("float", "many", "'many'"),
            ("double", "1e-45", "'1e-45'"),
        ] {
            assert_eq!(constant(data_type, text), wanted, "{data_type} {text}");
        }
    }
}
