//! Words for what a restore does, and for why it does not.

use hozon::language::say;
use hozon_shared::domain::creating::{CreatedKind, CreationRefusal};
use hozon_shared::domain::restore::{PlannedAction, PlannedReason};
use hozon_shared::domain::writing::HindranceKind;

use crate::cli::shown_values::escaped;

pub fn action(action: PlannedAction) -> &'static str {
    match action {
        PlannedAction::Create => say("create", "作成"),
        PlannedAction::Change => say("change", "変更"),
        PlannedAction::Delete => say("delete", "削除"),
        PlannedAction::Leave => say("leave", "対象外"),
        PlannedAction::Impossible => say("impossible", "不可能"),
    }
}

pub fn reason(reason: PlannedReason) -> &'static str {
    match reason {
        PlannedReason::Newer => say("newer; --delete deletes it", "バックアップより新しいレコード。--delete で削除"),
        PlannedReason::Changed => say("changed since; --change changes it back", "バックアップ後に変更。--change で元に戻す"),
        PlannedReason::ModuleGone => say("its table is missing", "テーブルがない"),
        PlannedReason::NotATable => say("its module is a view", "ビュー"),
        PlannedReason::NoKey => say("nothing identifies the records", "レコードを識別するキーがない"),
        PlannedReason::OtherKey => say("other columns are the key now", "キーの列が異なる"),
        PlannedReason::RequiredField => {
            say("the table requires a column that the backup lacks", "バックアップにない必須の列がある")
        }
        PlannedReason::Erased => say("erased from the backups", "バックアップから消去済み"),
    }
}

pub fn hindrance(kind: HindranceKind) -> &'static str {
    match kind {
        HindranceKind::NoPermission => say("the user may not write it", "書き込む権限がありません"),
        HindranceKind::Gone => say("the database lacks it", "データベースにありません"),
        HindranceKind::NotATable => say("is a view, whose rows follow from tables", "ビューです（行はテーブルから得られます）"),
        HindranceKind::NoKey => say("nothing identifies its records", "レコードを識別するキーがありません"),
        HindranceKind::RequiredField => say(
            "is required, and the backup lacks it: records can be changed only",
            "必須ですがバックアップにないため、変更のみできます",
        ),
    }
}

pub fn kind(kind: CreatedKind) -> &'static str {
    match kind {
        CreatedKind::Schema => say("schemas", "スキーマ"),
        CreatedKind::Type => say("types", "型"),
        CreatedKind::Sequence => say("sequences", "シーケンス"),
        CreatedKind::Table => say("tables", "テーブル"),
        CreatedKind::Index => say("unique indexes", "一意インデックス"),
        CreatedKind::ForeignKey => say("foreign keys", "外部キー"),
    }
}

/// Why a part was not made, and what to do. The server's own texts may quote data, so that they are not shown.
pub fn refused_part(reason: &CreationRefusal) -> String {
    match reason {
        CreationRefusal::UnknownType { column, declared } => {
            let (column, declared) = (escaped(column), escaped(declared));
            say(
                format!(
                    "the server does not know the type {declared} of the column {column}. Make the type, or add the extension that brings it"
                ),
                format!("列 {column} の型 {declared} がサーバーにありません。型を作成するか、拡張機能を追加してください"),
            )
        }
        CreationRefusal::Server { code } => format!("{} ({code})", by_code(code)),
    }
}

/// Codes of PostgreSQL, and numbers of MySQL and MariaDB.
fn by_code(code: &str) -> &'static str {
    match code {
        "42501" | "1044" | "1142" | "1227" | "1370" => say("the user may not do this", "権限がありません"),
        "42883" | "1305" => say("the server lacks a function that it uses", "使用する関数がサーバーにありません"),
        "42704" => say(
            "the server lacks a type, collation or extension that it uses",
            "使用する型、照合順序、拡張機能がサーバーにありません",
        ),
        "0A000" | "58P01" => {
            say("the server does not have this feature or extension", "この機能または拡張機能がサーバーにありません")
        }
        "42P01" | "1146" | "1824" => say("a table that it refers to is missing", "参照先のテーブルがありません"),
        "23503" | "1452" => say("rows refer to rows that are not there", "存在しない行を参照している行があります"),
        "42P07" | "42710" | "1050" | "1826" | "1061" => say("something else has its name", "同じ名前のものがあります"),
        "42830" | "1822" | "1005" => say("nothing makes the columns unique that it refers to", "参照先の列が一意ではありません"),
        _ => say("the server refuses it", "サーバーが拒否しました"),
    }
}
