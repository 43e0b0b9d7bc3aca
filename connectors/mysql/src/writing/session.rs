//! Sessions that write.

use hozon_shared::ports::SourceError;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::connect::Mysql;
use crate::errors::source_error;

/// Further settings of a session that writes: a value that a column would change is refused, a 0 is no request for a new number, and days
/// that do not exist are taken, since captures read them.
const SETTINGS: &str =
    "set session sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'";

/// The code of a statement that is longer than the server takes.
pub(crate) const TOO_LONG: &str = "1153";

/// A session that writes.
pub(crate) struct WritingSession {
    pub conn: Conn,
    /// Longest statement that the server takes, in bytes.
    pub longest: usize,
}

impl WritingSession {
    pub(crate) async fn begin(mysql: &Mysql) -> Result<Self, SourceError> {
        let mut conn = mysql.connect().await?;
        conn.query_drop(SETTINGS).await.map_err(source_error)?;
        let longest: Option<u64> = conn.query_first("select @@max_allowed_packet").await.map_err(source_error)?;
        let longest = usize::try_from(longest.unwrap_or_default()).unwrap_or(usize::MAX);
        Ok(Self { conn, longest: longest.saturating_sub(1024) })
    }
}
