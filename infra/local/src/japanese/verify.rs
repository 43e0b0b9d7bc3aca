//! Japanese texts of differences between an archive and its manifest.

use super::cause::{in_one_line, of_import};
use super::import;
use crate::verify::{Difference, DifferenceKind, FrameFault, StatementFault};

/// Returns the text of the first difference.
pub fn difference(difference: &Difference) -> String {
    let what = kind(&difference.what);
    match difference.entry.as_str() {
        "" => format!("{}: {what}", difference.zip),
        entry => format!("{}: {entry}: {what}", difference.zip),
    }
}

/// Returns the text of a difference between zips and the statement about them.
pub fn statement_fault(fault: &StatementFault) -> String {
    match fault {
        StatementFault::Unreadable { file, .. } => format!("{file} を読めません"),
        StatementFault::NoKey(file) => format!("{file} に PEM 形式の Ed25519 または P-256 の公開鍵がありません"),
        StatementFault::NoStatement { file, .. } => format!("{file} は証明書でも zip の一覧でもありません"),
        StatementFault::Signature(file) => {
            format!("{file} の署名がこの鍵のものではありません（証明書が変更されたか、別の鍵で署名されています）")
        }
        StatementFault::OtherBackup { stated, zip, found } => {
            format!("証明書はバックアップ {stated} のものですが、{zip} はバックアップ {found} のものです")
        }
        StatementFault::List(file) => format!("{file} の zip の一覧は、証明書が示すものではありません"),
        StatementFault::UnknownZip(zip) => format!("{zip} は証明書の zip に含まれていません"),
        StatementFault::Size { zip, stated, found } => format!("{zip}: 証明書では {stated} バイト、実際は {found} バイトです"),
        StatementFault::Crc32(zip) => format!("{zip}: CRC-32 が証明書と異なります"),
        StatementFault::Manifest(zip) => format!("{zip}: マニフェストが証明書と異なります"),
    }
}

fn kind(kind: &DifferenceKind) -> String {
    match kind {
        DifferenceKind::Unreadable(error) => format!("読めません: {}", in_one_line(causes(error).map(of_import))),
        DifferenceKind::ZohoLayout => "Zoho のレイアウトの ZIP なので、マニフェストがありません。すべての項目を読めて CRC-32 も一致しましたが、行とファイルを比べる相手がありません".to_owned(),
        DifferenceKind::NoManifest(error) => format!("マニフェストとして解釈できません: {error}"),
        DifferenceKind::OtherFormat { format, version } => {
            format!("形式 {format} バージョン {version} には対応していません")
        }
        DifferenceKind::ListedTwice => "マニフェストに2回記載されています".to_owned(),
        DifferenceKind::Twice => "zip に2つあります".to_owned(),
        DifferenceKind::NotListed => "マニフェストにありません".to_owned(),
        DifferenceKind::Missing => "ありません".to_owned(),
        DifferenceKind::Frame(fault) => frame_fault(fault),
        DifferenceKind::Bytes { manifest, found } => {
            format!("マニフェストでは {manifest} バイト、実際は {found} バイトです")
        }
        DifferenceKind::Sha256 => "SHA-256 がマニフェストと異なります".to_owned(),
        DifferenceKind::Rows { manifest, found } => {
            format!("マニフェストでは {}、実際は {}です", rows(manifest), rows(found))
        }
        DifferenceKind::Index => {
            "attachments.csv にサイズと SHA-256 が正しく記載されていないか、attachments.csv にしかありません".to_owned()
        }
    }
}

fn frame_fault(fault: &FrameFault) -> String {
    match fault {
        FrameFault::Unreadable(fault) => format!("読めません: {}", import::zip_fault(fault)),
        FrameFault::Field { record, field } => format!(
            "{record} の {field} が Hozon の書き方と異なります。ほかのプログラムがファイルを見失うか、zip を拒否する可能性があります"
        ),
        FrameFault::Place { found, expected } => format!(
            "前のエントリは {expected} バイト目で終わりますが、{found} バイト目から始まっています（隙間または重なりがあります）"
        ),
        FrameFault::End => {
            "末尾が Hozon の書き方と異なります（サイズ、件数、ディスク番号の誤り、または末尾の後の余分なデータ）".to_owned()
        }
    }
}

fn rows(rows: &Option<u64>) -> String {
    rows.map_or_else(|| "行数なし".to_owned(), |rows| format!("{rows} 行"))
}

fn causes(error: &crate::import::ImportError) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source())
}
