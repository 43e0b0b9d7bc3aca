//! What the user may do, as `SHOW GRANTS` lists it.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};

use crate::names::quoted;

/// Rights that change data or structure.
const WRITING: [&str; 8] = ["ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "TRIGGER"];
/// Rights that allow `FLUSH TABLES WITH READ LOCK`.
const FREEZING: [&str; 3] = ["ALL PRIVILEGES", "RELOAD", "FLUSH_TABLES"];
const READING: [&str; 2] = ["ALL PRIVILEGES", "SELECT"];

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rights {
    /// The user may read the whole database. The server hides tables from a user who may only read some of them.
    pub sees_all: bool,
    /// The user may keep everybody from writing for a moment.
    pub may_freeze: bool,
    pub may_write: bool,
}

impl Rights {
    pub(crate) async fn read(conn: &mut Conn) -> Result<Self, Error> {
        let database: Option<Option<String>> = conn.query_first("select database()").await?;
        let database = database.flatten().unwrap_or_default();
        let grants: Vec<String> = conn.query("show grants").await?;
        let mut rights = Self::default();
        for grant in grants.iter().filter_map(|line| Grant::parse(line)) {
            let covers = grant.covers(conn, &database).await?;
            rights.add(&grant, covers);
        }
        Ok(rights)
    }

    fn add(&mut self, grant: &Grant<'_>, covers: Coverage) {
        self.sees_all |= matches!(covers, Coverage::Server | Coverage::Database) && grant.has(&READING);
        self.may_freeze |= covers == Coverage::Server && grant.has(&FREEZING);
        self.may_write |= covers != Coverage::Elsewhere && grant.has(&WRITING);
    }
}

/// How much of the database a grant is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coverage {
    Server,
    Database,
    Table,
    Elsewhere,
}

/// A line of `SHOW GRANTS`: `GRANT SELECT, INSERT ON `crm`.* TO …`.
struct Grant<'a> {
    privileges: &'a str,
    object: &'a str,
}

impl<'a> Grant<'a> {
    /// `None` for a line that grants a role or sets a default.
    fn parse(line: &'a str) -> Option<Self> {
        let (privileges, rest) = line.strip_prefix("GRANT ")?.split_once(" ON ")?;
        let (object, _) = rest.split_once(" TO ")?;
        Some(Self { privileges, object })
    }

    fn has(&self, names: &[&str]) -> bool {
        self.privileges.split(", ").any(|privilege| names.contains(&privilege))
    }

    async fn covers(&self, conn: &mut Conn, database: &str) -> Result<Coverage, Error> {
        if self.object == "*.*" {
            return Ok(Coverage::Server);
        }
        let Some(pattern) = self.object.strip_suffix(".*") else {
            let is_here = self.object.starts_with(&format!("{}.", quoted(database)));
            return Ok(if is_here { Coverage::Table } else { Coverage::Elsewhere });
        };
        // The name of a database in a grant is a pattern.
        let pattern = pattern.trim_matches('`').replace("``", "`");
        let matches: Option<bool> = conn.exec_first("select ? like ?", (database, pattern)).await?;
        Ok(if matches == Some(true) { Coverage::Database } else { Coverage::Elsewhere })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_are_read_line_by_line() {
        let grant = Grant::parse("GRANT SELECT, RELOAD ON *.* TO `hozon`@`%` IDENTIFIED BY PASSWORD '*AB'").expect("a grant");
        assert!(grant.object == "*.*" && grant.has(&READING) && grant.has(&FREEZING) && !grant.has(&WRITING));
        assert!(Grant::parse("GRANT `role` TO `hozon`@`%`").is_none());
        let column = Grant::parse("GRANT SELECT (`id`) ON `crm`.`deal` TO `hozon`@`%`").expect("a grant");
        assert!(!column.has(&READING));
    }
}
