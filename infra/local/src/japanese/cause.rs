//! Japanese texts of errors with their causes.

use std::error::Error;

use super::import;
use super::io::io_error;
use crate::import::{ImportError, ZipFault};
use crate::verify::SetFault;

/// Returns the texts of an error and its causes in one line, without repetitions.
pub fn in_one_line(texts: impl Iterator<Item = String>) -> String {
    let mut texts: Vec<String> = texts.collect();
    texts.dedup();
    texts.join(": ")
}

/// Returns the text of one error. An unknown error keeps its English text.
pub fn of_import(error: &(dyn Error + 'static)) -> String {
    if let Some(error) = error.downcast_ref::<ImportError>() {
        return import::error(error);
    }
    if let Some(fault) = error.downcast_ref::<SetFault>() {
        return import::set_fault(fault);
    }
    if let Some(fault) = error.downcast_ref::<ZipFault>() {
        return import::zip_fault(fault);
    }
    match error.downcast_ref::<std::io::Error>() {
        Some(error) => io_error(error),
        None => error.to_string(),
    }
}
