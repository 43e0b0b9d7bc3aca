//! Japanese texts of errors of a comparison.

use super::cause::of_import;
use super::notes;
use crate::compare::CompareError;
use crate::import::listed_by;

/// Returns the text of an error without its causes.
pub fn error(error: &CompareError) -> String {
    match error {
        CompareError::Unknown(skipped) => format!(
            "理解できないファイルがあるため、比較していません。--skip-unknown を指定すると除外します:\n{}",
            listed_by(skipped, notes::skipped, |count| format!("ほか {count} 件"))
        ),
        CompareError::Mixed { first, second } => format!(
            "{first} と {second} は別々のバックアップのものです。一方の zip を --before に、もう一方の zip を --after に指定してください"
        ),
        CompareError::Edited { file, .. } => {
            format!("{file} は破損しているか、バックアップの後に編集されています（--edited を指定するとそのまま比較します）")
        }
        CompareError::Input(error) => of_import(error),
        CompareError::NoModule { name, known } => {
            format!("モジュール {name} はどちらのバックアップにもありません。モジュール: {known}")
        }
        CompareError::Scratch { folder, .. } => format!(
            "{} で一時ファイルを使えません。空き容量の多いフォルダーを環境変数 TMPDIR に指定してください",
            folder.display()
        ),
        CompareError::Output { file, .. } => format!("{} に書き込めません", file.display()),
        CompareError::Stopped(_) => "比較が中断されました".to_owned(),
    }
}
