//! Values of a row as cells.

use hozon_shared::domain::rows::{RowBuffer, RowPage, UnevenRows};
use mysql_async::{Row, Value};

use crate::columns::Form;

/// Errors of a row that the server has sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RowError {
    #[error("a row is not UTF-8")]
    NotUtf8(#[from] std::str::Utf8Error),
    #[error("a text has characters that cannot be converted to UTF-8")]
    Conversion,
    #[error("a row has a value of an unexpected kind")]
    Value,
    #[error("a row has the wrong number of cells")]
    Cells(#[from] UnevenRows),
}

/// Reads rows into pages. Keeps its buffers from row to row.
pub(crate) struct Rows {
    /// Form of each field. What the row has after them are results of conversion checks.
    forms: Vec<Form>,
    row: RowBuffer,
}

impl Rows {
    pub(crate) fn new(forms: Vec<Form>) -> Self {
        Self { forms, row: RowBuffer::default() }
    }

    /// Appends a row to `page`.
    pub(crate) fn read(&mut self, row: Row, page: &mut RowPage) -> Result<(), RowError> {
        self.row.clear();
        let mut values = row.unwrap_raw().into_iter();
        for form in &self.forms {
            match values.next().flatten() {
                Some(Value::NULL) => self.row.null(),
                Some(Value::Bytes(bytes)) => {
                    write(*form, &bytes, self.row.text())?;
                    self.row.end_cell();
                }
                _ => return Err(RowError::Value),
            }
        }
        if values.any(|check| check == Some(Value::Bytes(b"1".to_vec()))) {
            return Err(RowError::Conversion);
        }
        Ok(self.row.append_to(page)?)
    }
}

fn write(form: Form, bytes: &[u8], text: &mut String) -> Result<(), RowError> {
    match form {
        Form::Text => text.push_str(std::str::from_utf8(bytes)?),
        Form::Bytes if bytes.is_empty() => {}
        Form::Bytes => {
            text.push_str("0x");
            text.push_str(&hex::encode(bytes));
        }
        Form::Single => text.push_str(&single(std::str::from_utf8(bytes)?)),
    }
    Ok(())
}

/// Powers of ten between which numbers are written without an exponent.
const PLAIN: std::ops::Range<f32> = 1e-5..1e15;

/// Shortest text that is the same number in single precision, also to a reader who reads it in double precision first.
fn single(double: &str) -> String {
    let Ok(number) = double.parse::<f64>() else { return double.to_owned() };
    let number = number as f32;
    let is_plain = number == 0.0 || PLAIN.contains(&number.abs());
    let text = if is_plain { number.to_string() } else { format!("{number:e}") };
    let is_same = text.parse::<f64>().is_ok_and(|read| (read as f32).to_bits() == number.to_bits());
    if is_same { text } else { double.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_single_precision_have_their_shortest_text() {
        for (double, text) in [
            ("0.10000000149011612", "0.1"),
            ("16777216", "16777216"),
            ("-0", "-0"),
            ("3.4028234663852886e38", "3.4028235e38"),
            ("1.401298464324817e-45", "1e-45"),
        ] {
            assert_eq!(single(double), text);
        }
    }
}
