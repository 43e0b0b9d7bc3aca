//! Texts of mails about drills, in both languages.

use chrono_tz::Tz;
use hozon_shared::domain::drill::{DrillStatus, DrillTotals};
use hozon_shared::domain::event::EventKind;
use hozon_shared::domain::locale::Locale;

use crate::figures::written;

/// Returns subject and paragraphs; empty for an event without a mail.
pub fn english(what: &EventKind, zone: Tz) -> (String, Vec<String>) {
    let EventKind::Drill { taken, status, totals, failure, .. } = what else { return (String::new(), Vec::new()) };
    let (backup, totals) = (format!("The backup of {}", written(*taken, zone, Locale::En)), totals.unwrap_or_default());
    match status {
        DrillStatus::Running | DrillStatus::Cancelled => (String::new(), Vec::new()),
        DrillStatus::Same => (
            "Your backup was restored and compared".to_owned(),
            vec![format!("{backup} was restored into your restore target and read again. {}", same_en(totals))],
        ),
        DrillStatus::Differs => (
            "Your backup was restored, and something differs".to_owned(),
            vec![
                format!("{backup} was restored into your restore target and read again. {}", differing_en(totals)),
                "The page of the drill names the modules. Check the restore target for triggers and rules first. If it has none, back up again, and contact the operator.".to_owned(),
            ],
        ),
        DrillStatus::Failed => {
            let reason = failure.as_ref().map(|failure| format!("{} ({})", failure.message, failure.code));
            let paragraph = format!("{backup} could not be restored as a drill. This says nothing about the backup.");
            ("A drill of your backup failed".to_owned(), std::iter::once(paragraph).chain(reason).collect())
        }
    }
}

fn same_en(totals: DrillTotals) -> String {
    let DrillTotals { modules, records, files, .. } = totals;
    format!("All is the same: {records} records and {files} attached files in {modules} modules.")
}

fn differing_en(totals: DrillTotals) -> String {
    let DrillTotals { records_differing, files_differing, foreign_keys_refused, .. } = totals;
    let DrillTotals { records, files, modules, modules_differing, .. } = totals;
    let keys = match foreign_keys_refused {
        0 => String::new(),
        count => format!(" Foreign keys that could not be added: {count}."),
    };
    format!(
        "What differs: {records_differing} of {records} records and {files_differing} of {files} attached files, in {modules_differing} of {modules} modules.{keys}"
    )
}

/// Returns the Japanese text.
pub fn japanese(what: &EventKind, zone: Tz) -> (String, Vec<String>) {
    let EventKind::Drill { taken, status, totals, failure, .. } = what else { return (String::new(), Vec::new()) };
    let (backup, totals) = (format!("{}のバックアップ", written(*taken, zone, Locale::Ja)), totals.unwrap_or_default());
    match status {
        DrillStatus::Running | DrillStatus::Cancelled => (String::new(), Vec::new()),
        DrillStatus::Same => (
            "バックアップを復元して照合しました".to_owned(),
            vec![format!("{backup}を復元先のデータベースに復元し、読み直して照合しました。{}", same_ja(totals))],
        ),
        DrillStatus::Differs => (
            "バックアップを復元しましたが、一致しないデータがあります".to_owned(),
            vec![
                format!("{backup}を復元先のデータベースに復元し、読み直して照合しました。{}", differing_ja(totals)),
                "モジュールごとの結果は復元テストの画面で確認できます。まず復元先のデータベースのトリガーや制約を確認してください。原因が見つからない場合は、もう一度バックアップし、運営者にご連絡ください。".to_owned(),
            ],
        ),
        DrillStatus::Failed => {
            let reason = failure.as_ref().map(|failure| format!("詳細: {} ({})", failure.message, failure.code));
            let paragraph = format!("{backup}の復元テストを完了できませんでした。バックアップ自体の問題とは限りません。");
            ("バックアップの復元テストに失敗しました".to_owned(), std::iter::once(paragraph).chain(reason).collect())
        }
    }
}

fn same_ja(totals: DrillTotals) -> String {
    let DrillTotals { modules, records, files, .. } = totals;
    format!("{modules}個のモジュールのレコード{records}件と添付ファイル{files}件が、すべて一致しました。")
}

fn differing_ja(totals: DrillTotals) -> String {
    let DrillTotals { records_differing, files_differing, foreign_keys_refused, .. } = totals;
    let DrillTotals { records, files, modules, modules_differing, .. } = totals;
    let keys = match foreign_keys_refused {
        0 => String::new(),
        count => format!("追加できなかった外部キーが{count}件あります。"),
    };
    format!(
        "{modules}個のうち{modules_differing}個のモジュールで一致しないデータがあります（レコード{records}件のうち{records_differing}件、添付ファイル{files}件のうち{files_differing}件）。{keys}"
    )
}
