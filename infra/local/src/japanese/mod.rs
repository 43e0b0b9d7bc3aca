//! Japanese texts of the terminal's errors and notes. Every variant is matched, so that a new one does not compile
//! without its text.

mod cause;
mod compare;
mod import;
mod io;
mod notes;
mod stack;
mod verify;

use std::error::Error;

use hozon_shared::aws::StackError;
use hozon_shared::domain::price::UnknownTerm;

use crate::compare::CompareError;
use crate::import::Note;
use crate::verify::{Difference, StatementFault};

/// Returns an error and its causes in one line. Omits a cause that repeats the error above it, and keeps the English
/// text of unknown causes.
pub fn error_with_causes<'a>(chain: impl IntoIterator<Item = &'a (dyn Error + 'static)>) -> String {
    cause::in_one_line(chain.into_iter().map(error))
}

/// Returns the text of a note.
pub fn note(note: &Note) -> String {
    notes::note(note)
}

fn error(error: &(dyn Error + 'static)) -> String {
    if let Some(difference) = error.downcast_ref::<Difference>() {
        return verify::difference(difference);
    }
    if let Some(fault) = error.downcast_ref::<StatementFault>() {
        return verify::statement_fault(fault);
    }
    if let Some(unknown) = error.downcast_ref::<UnknownTerm>() {
        return unknown_terms(unknown);
    }
    if let Some(fault) = error.downcast_ref::<StackError>() {
        return stack::error(fault);
    }
    if let Some(fault) = error.downcast_ref::<CompareError>() {
        return compare::error(fault);
    }
    cause::of_import(error)
}

fn unknown_terms(unknown: &UnknownTerm) -> String {
    match unknown {
        UnknownTerm::Plan { name, known } => format!("プラン {name:?} はありません。使えるプラン: {known}"),
        UnknownTerm::Country { code, known, default } => format!(
            "{code:?} は国コード（ISO 3166-1 alpha-2）ではありません。価格が設定されている国: {known}（その他の国には {default} の価格が適用されます）"
        ),
        UnknownTerm::CountryWithoutPrices { code } => {
            format!("{code:?} は国コード（ISO 3166-1 alpha-2、例: JP、US）ではありません")
        }
    }
}
