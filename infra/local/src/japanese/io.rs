//! Japanese texts of operating system errors.

use std::io::ErrorKind;

pub fn io_error(error: &std::io::Error) -> String {
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
