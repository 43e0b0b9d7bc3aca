//! Making tables again, with their keys and rules, and adding their foreign keys once the rows are there. The server undoes no statement of
//! this kind, so that what was made before a fault stays, and the next call goes on behind it.

use std::collections::HashSet;

use hozon_shared::domain::creating::{CreatedKind, CreatedPart, Creation, CreationFault, CreationRefusal, structures_of_tables};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::structure::{LastValue, Rule, Sequence};
use hozon_shared::ports::SourceError;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};

use super::definitions::{foreign_key, sequence, table};
use crate::errors::{code, kind_of, source_error};
use crate::names::quoted;

/// Tables, views and sequences of the database.
const TABLES: &str = "select TABLE_NAME from information_schema.TABLES where TABLE_SCHEMA = database()";
/// Tables with the names of their foreign keys.
const FOREIGN_KEYS: &str = "select TABLE_NAME, CONSTRAINT_NAME from information_schema.TABLE_CONSTRAINTS
where TABLE_SCHEMA = database() and CONSTRAINT_TYPE = 'FOREIGN KEY'";

/// Makes what is missing, up to the first part that the server refuses.
pub(crate) async fn create(conn: &mut Conn, modules: &[Module], sequences: &[Sequence]) -> Result<Creation, SourceError> {
    let there: HashSet<String> = conn.query(TABLES).await.map_err(source_error)?.into_iter().collect();
    let is_missing = |name: &str| !there.contains(name);
    let mut creation = Creation::default();
    for known in sequences.iter().filter(|known| is_missing(&known.sequence.name)) {
        let name = &known.sequence.name;
        make(conn, &mut creation, CreatedKind::Sequence, name, &sequence(known)).await?;
        if let (LastValue::Given(value), true) = (known.last_value, creation.faults.is_empty()) {
            let set = format!("select setval({}, {value}, 1)", quoted(name));
            conn.query_drop(set).await.map_err(source_error)?;
        }
    }
    for structure in structures_of_tables(modules).filter(|structure| is_missing(&structure.table.name)) {
        make(conn, &mut creation, CreatedKind::Table, &structure.table.name, &table(structure)).await?;
    }
    Ok(creation)
}

/// Adds the foreign keys that tables lack.
pub(crate) async fn add_foreign_keys(conn: &mut Conn, modules: &[Module]) -> Result<Creation, SourceError> {
    let there: HashSet<(String, String)> = conn.query(FOREIGN_KEYS).await.map_err(source_error)?.into_iter().collect();
    let tables: HashSet<String> = conn.query(TABLES).await.map_err(source_error)?.into_iter().collect();
    let (mut added, mut faults) = (Creation::default(), Vec::new());
    for structure in structures_of_tables(modules) {
        let table = &structure.table.name;
        for constraint in &structure.constraints {
            let is_there = there.contains(&(table.clone(), constraint.name.clone()));
            if is_there || !matches!(constraint.rule, Rule::ForeignKey { .. }) {
                continue;
            }
            let definition = foreign_key(constraint, |name| tables.contains(name));
            let sql = format!("alter table {} add constraint {} {definition}", quoted(table), quoted(&constraint.name));
            make(conn, &mut added, CreatedKind::ForeignKey, &format!("{table}.{}", constraint.name), &sql).await?;
            faults.append(&mut added.faults);
        }
    }
    Ok(Creation { faults, ..added })
}

/// Runs a statement, unless an earlier one was refused.
async fn make(conn: &mut Conn, creation: &mut Creation, kind: CreatedKind, name: &str, sql: &str) -> Result<(), SourceError> {
    if !creation.faults.is_empty() {
        return Ok(());
    }
    let part = CreatedPart { kind, name: name.to_owned() };
    match conn.query_drop(sql).await {
        Ok(()) => creation.made.push(part),
        Err(error) => {
            let code = refused(&error).ok_or_else(|| source_error(error))?;
            creation.faults.push(CreationFault { part, reason: CreationRefusal::Server { code } });
        }
    }
    Ok(())
}

/// The number of an error that is about the statement; `None` if it has to do with the server or the connection.
fn refused(error: &Error) -> Option<String> {
    let code = code(error)?;
    let is_about_server =
        matches!(kind_of(code, ""), SourceErrorKind::Busy | SourceErrorKind::Interrupted | SourceErrorKind::Password);
    (!is_about_server).then(|| code.to_string())
}
