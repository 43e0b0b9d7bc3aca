//! Japanese texts of the terminal's errors and notes. Every variant is matched, so that a new one does not compile
//! without its text.

mod import;
mod notes;
mod verify;

use std::error::Error;
use std::io::ErrorKind;

use hozon_shared::domain::price::UnknownTerm;

use crate::import::{ImportError, Note, ZipFault};
use crate::verify::{Difference, SetFault};

/// Returns an error and its causes in one line. Omits a cause that repeats the error above it, and keeps the English
/// text of unknown causes.
pub fn error_with_causes<'a>(chain: impl IntoIterator<Item = &'a (dyn Error + 'static)>) -> String {
    let mut texts: Vec<String> = chain.into_iter().map(error).collect();
    texts.dedup();
    texts.join(": ")
}

/// Returns the text of a note.
pub fn note(note: &Note) -> String {
    notes::note(note)
}

fn error(error: &(dyn Error + 'static)) -> String {
    if let Some(error) = error.downcast_ref::<ImportError>() {
        return import::error(error);
    }
    if let Some(difference) = error.downcast_ref::<Difference>() {
        return verify::difference(difference);
    }
    if let Some(fault) = error.downcast_ref::<SetFault>() {
        return import::set_fault(fault);
    }
    if let Some(fault) = error.downcast_ref::<ZipFault>() {
        return import::zip_fault(fault);
    }
    if let Some(unknown) = error.downcast_ref::<UnknownTerm>() {
        return unknown_terms(unknown);
    }
    match error.downcast_ref::<std::io::Error>() {
        Some(error) => io_error(error),
        None => error.to_string(),
    }
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

fn io_error(error: &std::io::Error) -> String {
    let known = match error.kind() {
        ErrorKind::NotFound => "ファイルまたはフォルダーが見つかりません",
        ErrorKind::PermissionDenied => "アクセス権がありません",
        ErrorKind::StorageFull => "ディスクの空き容量がありません",
        ErrorKind::AddrInUse => "ポートが使用中です",
        ErrorKind::UnexpectedEof => "途中で終わっています",
        ErrorKind::IsADirectory => "フォルダーです",
        _ => return error.to_string(),
    };
    known.to_owned()
}
