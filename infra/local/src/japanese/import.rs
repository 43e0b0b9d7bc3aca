//! Japanese texts of import errors.

use super::io::io_error;
use super::notes;
use crate::import::{CsvFault, ImportError, ManifestDifference, RowFault, SetFault, ZipFault, listed_by};

/// Returns the text of an error without its causes.
pub fn error(error: &ImportError) -> String {
    match error {
        ImportError::Stopped => "終了を求められたため中断しました。何も読み込まれていません".to_owned(),
        ImportError::Unknown(skipped) => format!(
            "理解できないファイルが {} 件あるため、何も読み込まれていません。--skip-unknown を指定すると除外します:\n{}",
            skipped.len(),
            listed_by(skipped, notes::skipped, |count| format!("ほか {count} 件"))
        ),
        ImportError::Empty => "CSV ファイルが見つかりません".to_owned(),
        ImportError::Unreadable { file, .. } | ImportError::Zip { file, .. } => format!("{file} を読めません"),
        ImportError::UnknownName { zip, entry, encoding } => {
            format!("{zip} に {encoding} ではない名前があります: {entry}（--zip-names で別の文字コードを指定してください）")
        }
        ImportError::EntryTwice { file } => format!("{file} が2つあります。どちらか一方にしてください"),
        ImportError::DocumentTooLarge { file } => format!("{file} は 256 MiB を超えています"),
        ImportError::Changed { file, change } => format!(
            "{file} はバックアップのマニフェストと一致しません: {}。破損しているか、編集されています（--edited を指定するとそのまま読み込みます）",
            changed(change)
        ),
        ImportError::Set(fault) => set_fault(fault),
        ImportError::DifferentCopies { first, second } => {
            format!("{first} と {second} はバックアップの同じ部分を名乗っていますが、内容が異なります")
        }
        ImportError::MissingNumber { file, module, missing } => {
            format!("{file} はモジュール {module} の一部ですが、{missing} 番目の部分がありません")
        }
        ImportError::TooManyColumns { module, columns, bytes, most } => format!(
            "{module}: {columns} 列とその名前が {bytes} バイトあり、モジュールの上限 {most} バイトを超えています。ファイルを分けるか、名前を短くしてください"
        ),
        ImportError::Store(_) => "CRM ストアに書き込めませんでした".to_owned(),
        ImportError::Write { file, .. } => format!("{file} を保存できません"),
        ImportError::AmbiguousModule { .. }
        | ImportError::UnsafeName { .. }
        | ImportError::Document { .. }
        | ImportError::NewerFormat { .. }
        | ImportError::Row { .. }
        | ImportError::SameModule { .. }
        | ImportError::MissingFile { .. }
        | ImportError::UnknownModule { .. }
        | ImportError::UnknownMark { .. } => about_files(error),
    }
}

fn about_files(error: &ImportError) -> String {
    match error {
        ImportError::AmbiguousModule { file, folder, first, second } => {
            format!("{file}: {folder} はモジュール {first} と {second} のどちらにも当てはまります")
        }
        ImportError::UnsafeName { zip, entry } => format!("{zip} に安全でない名前のエントリがあります: {entry}"),
        ImportError::Document { file, .. } => format!("{file} を解釈できません"),
        ImportError::NewerFormat { file, version } => {
            format!("{file} の形式バージョン {version} は、このバージョンの Hozon では読めません")
        }
        ImportError::Row { file, line, fault } => format!("{file} の {line} 行目: {}", row_fault(fault)),
        ImportError::SameModule { module, first, second } => format!(
            "{first} と {second} はどちらもモジュール {module} です（2つの時点のデータ、または同名の2つのモジュール）。一方だけを読み込んでください"
        ),
        ImportError::MissingFile { index, line, path } => format!("{index} の {line} 行目: ファイル {path} がありません"),
        ImportError::UnknownModule { file, module } => format!("{file}: モジュール {module} の CSV ファイルがありません"),
        ImportError::UnknownMark { name } => format!("指定された {name} はありません"),
        other => other.to_string(),
    }
}

/// Returns the text of an invalid set of zips.
pub fn set_fault(fault: &SetFault) -> String {
    match fault {
        SetFault::MixedBackups { first, second } => {
            format!("{first} と {second} は別々のバックアップのものです。1つずつ読み込んでください")
        }
        SetFault::MissingPart { missing, parts, name } => {
            format!("このバックアップの {missing} がありません（同じ種類の zip は全部で {parts} 個）。{name} だけでは揃いません")
        }
    }
}

/// Returns the text of an unreadable zip.
pub fn zip_fault(fault: &ZipFault) -> String {
    match fault {
        ZipFault::Io(error) => io_error(error),
        ZipFault::NoEnd => "zip ではないか、末尾が欠けています。ダウンロードは完了していますか".to_owned(),
        ZipFault::Damaged(what) => format!("ディレクトリが破損しています: {what}"),
        ZipFault::Split => "分割された zip の一部です。先に結合してください（zip -s 0 parts.zip --out whole.zip）".to_owned(),
        ZipFault::Encrypted { entry } => {
            format!("{entry} は暗号化されています。パスワードで展開し、フォルダーを読み込んでください")
        }
        ZipFault::Method { entry, method } => {
            format!("{entry} の圧縮方式 {method} には対応していません。展開し、フォルダーを読み込んでください")
        }
        ZipFault::Overlap => "エントリが重なっています（zip 爆弾の可能性があります）".to_owned(),
    }
}

fn changed(change: &ManifestDifference) -> String {
    match change {
        ManifestDifference::Contents => "サイズまたは SHA-256 が異なります".to_owned(),
        ManifestDifference::Rows { manifest, found } => format!("マニフェストでは {manifest} 行、実際は {found} 行です"),
    }
}

fn row_fault(fault: &RowFault) -> String {
    match fault {
        RowFault::Cells { expected, found } => format!("ヘッダーは {expected} 列ですが、セルが {found} 個あります"),
        RowFault::Csv(fault) => csv_fault(*fault).to_owned(),
        RowFault::Encoding { encoding, guess } => {
            let hint = guess.map(|guess| format!("（--encoding {} を試してください）", guess.to_string().to_lowercase()));
            format!("{encoding} ではないバイトがあります{}", hint.unwrap_or_default())
        }
        RowFault::NoHeader => "ヘッダー行がありません".to_owned(),
        RowFault::NamelessColumn { column } => format!("ヘッダーの {column} 列目に名前がありません"),
        RowFault::SameColumn { name } => format!("ヘッダーに列 {name} が2つあります"),
        RowFault::OtherHeader => "ヘッダーがモジュールの最初のファイルと異なります".to_owned(),
        RowFault::Value { column } => format!("列 {column} に使える値がありません"),
    }
}

fn csv_fault(fault: CsvFault) -> &'static str {
    match fault {
        CsvFault::UnclosedQuote { .. } => "ここで始まる引用符が閉じられていません",
        CsvFault::TextAfterQuote { .. } => "閉じ引用符の後に文字があります",
        CsvFault::RowTooLong { .. } => "ここで始まる行が 128 MiB（ヘッダーは 4 MiB）を超えています。引用符が抜けていませんか",
        CsvFault::TooManyCells { .. } => "ここで始まる行のセルが 16,384 個を超えています",
    }
}
