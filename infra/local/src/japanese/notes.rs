//! Japanese texts of import notes.

use hozon_shared::archive::zoho_layout::KEPT_MODULE;

use crate::import::{KeptBecause, Note, SkipReason, Skipped, ZohoNote};

/// Returns the text of one note.
pub fn note(note: &Note) -> String {
    match note {
        Note::Skipped(file) => format!("除外: {}", skipped(file)),
        Note::SystemFile(file) => format!("除外: {file}: OS のファイルです"),
        Note::GivenTwice { name, first } => format!("除外: {name}: {first} と同じです"),
        Note::EmptyFile(file) => format!("除外: {file}: 空のファイルです"),
        Note::NoAttachments(backup) => format!("{backup}: このバックアップの添付ファイルは指定されていません"),
        Note::Edited(file) => format!("{file}: バックアップ後に編集されているため、チェックサムは確認していません"),
        Note::Separator { file, separator } => format!("{file}: 区切り文字は {separator} です"),
        Note::Encoding { file, encoding } => format!("{file}: {encoding} として読み込みました"),
        Note::Doubtful { file, other } => {
            format!("{file}: --encoding の指定ではなく {other} かもしれません。文字を確認してください")
        }
        Note::ZipNames { zip, names, example } => {
            format!("{zip}: 名前を {names} として読み込みました（例: {example:?}）。--zip-names で変更できます")
        }
        Note::Column { file, column, name, repeated } => {
            let because = if *repeated { "同じ名前の列がある" } else { "名前がない" };
            format!("{file}: {because}ため、{column} 列目を {name:?} としました")
        }
        Note::ShortRow { file, line, found, columns } => {
            format!("{file} の {line} 行目: セルが {found} 個のため、{columns} 個まで補いました")
        }
        Note::LongRow { file, line, found, header } => {
            format!("{file} の {line} 行目: ヘッダーの {header} 列に対してセルが {found} 個あるため、列を追加しました")
        }
        Note::EndMark(file) => format!("{file}: 末尾の Ctrl-Z を取り除きました"),
        Note::More { file, count } => format!("{file}: ほかに {count} 行を同じように変更しました"),
        Note::NoRecord { name, module, record } => {
            format!("{name}: {module} のレコードを示していないため、{record:?} の添付ファイルとしました")
        }
        Note::Zoho(note) => of_zoho(note),
    }
}

fn of_zoho(note: &ZohoNote) -> String {
    match note {
        ZohoNote::Metadata { files } => {
            format!("Zoho のメタデータ {files} ファイルを、モジュール {KEPT_MODULE} の添付ファイルとして残しました")
        }
        ZohoNote::Kept { name, because } => {
            format!("{name}: {}ため、モジュール {KEPT_MODULE} の添付ファイルとして残しました", kept_because(because))
        }
        ZohoNote::NoFile { index, line, file, is_link } => {
            let link = if *is_link { "（リンクです。残した索引に含まれています）" } else { "" };
            format!("{index} の {line} 行目: ファイル {file} は zip にありません{link}")
        }
        ZohoNote::Size { name, stated, found } => format!("{name}: 索引では {stated} バイト、実際は {found} バイトです"),
        ZohoNote::Columns { file } => format!("{file}: 列を解釈できないため、項目の型と API 名には使いません"),
        ZohoNote::More { count, like } => format!("ほかに {count} 件の同じ注意があります。例: {}", of_zoho(like)),
    }
}

fn kept_because(because: &KeptBecause) -> String {
    match because {
        KeptBecause::Unlisted => "添付ファイルの索引にない".to_owned(),
        KeptBecause::NoRecord { record } => format!("レコード {record} がどのモジュールにもない"),
        KeptBecause::NoImageRecord => "名前にレコードの ID がない".to_owned(),
        KeptBecause::UnknownFolder => "このバージョンの知らないフォルダーにある".to_owned(),
    }
}

/// Returns the text of a skipped file.
pub fn skipped(file: &Skipped) -> String {
    format!("{}: {}", file.name, reason(&file.reason))
}

fn reason(reason: &SkipReason) -> String {
    let text = match reason {
        SkipReason::Link => "シンボリックリンクです。ファイルそのものを置くか、入力として指定してください",
        SkipReason::Pipe => "名前付きパイプです",
        SkipReason::Socket => "ソケットです",
        SkipReason::Device => "デバイスです",
        SkipReason::Spreadsheet => "表計算ファイルです。シートを CSV で保存してください",
        SkipReason::InnerZip => "zip の中の zip です。先に外側を展開してください",
        SkipReason::OtherType => "CSV でも、フォルダー attachments/<モジュール>/<レコードID>/ の中のファイルでもありません",
        SkipReason::NotInManifest => "このバックアップのマニフェストにありません",
        SkipReason::NoSuchModule { module } => {
            return format!("{module} の添付ファイルですが、そのモジュールの CSV ファイルがありません");
        }
    };
    text.to_owned()
}
