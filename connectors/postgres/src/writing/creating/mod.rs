//! Making tables again, with their types, sequences and constraints, and adding their foreign keys once the rows are there.

mod naming;
mod sequences;
mod statement;
mod tables;

use std::collections::HashSet;

use hozon_shared::domain::creating::{CreatedKind, CreatedPart, Creation, CreationFault, CreationRefusal, structures_of_tables};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::structure::{Rule, Sequence, Structure};
use hozon_shared::ports::SourceError;
use tokio_postgres::{Client, Error};

use self::naming::{named, shown};
use self::sequences::AllSequences;
use self::statement::TableStatement;
use self::tables::{parents_first, statements_of};
use crate::errors::source_error;
use crate::names::quoted;

/// Makes or leaves everything.
const BEGIN: &str = "begin read write";

const SCHEMAS: &str = "select nspname::text from pg_catalog.pg_namespace";
/// Which of the tables and sequences `$1`, as SQL names them, are there.
const RELATIONS: &str = "select name from unnest($1::text[]) name where pg_catalog.to_regclass(name) is not null";
/// Which of the types `$1`, as SQL names them, are there.
const TYPES: &str = "select name from unnest($1::text[]) name where pg_catalog.to_regtype(name) is not null";
/// Names of the constraints of the table `$1` as SQL names it.
const CONSTRAINTS: &str =
    "select conname::text from pg_catalog.pg_constraint where conrelid = pg_catalog.to_regclass($1) and contype = 'f'";

/// Makes what is missing, in one transaction.
pub(crate) async fn create(client: &Client, modules: &[Module], sequences: &[Sequence]) -> Result<Creation, SourceError> {
    client.batch_execute(BEGIN).await.map_err(source_error)?;
    let creation = make_all(client, modules, sequences).await.map_err(source_error)?;
    let end = if creation.faults.is_empty() { "commit" } else { "rollback" };
    client.batch_execute(end).await.map_err(source_error)?;
    Ok(if creation.faults.is_empty() { creation } else { Creation { made: Vec::new(), ..creation } })
}

async fn make_all(client: &Client, modules: &[Module], own: &[Sequence]) -> Result<Creation, Error> {
    let all: Vec<&Structure> = structures_of_tables(modules).collect();
    let there = existing(client, RELATIONS, all.iter().map(|structure| named(&structure.table))).await?;
    let missing: Vec<&Structure> = all.iter().copied().filter(|structure| !there.contains(&named(&structure.table))).collect();
    let sequences = AllSequences::of(&missing, own);
    let known = existing(client, RELATIONS, sequences.names()).await?;
    let mut making = Making { client, creation: Creation::default() };
    making.all(&schemas(client, &missing, own).await?).await?;
    // After a fault the transaction answers no more queries.
    if !making.is_ended() {
        making.all(&types(client, &missing).await?).await?;
    }
    making.all(&sequences.before_tables(&known)).await?;
    if !making.is_ended() {
        making.creation.faults = unknown_types(client, &missing).await?;
    }
    for structure in parents_first(&missing) {
        making.all(&statements_of(structure, &all)).await?;
    }
    making.all(&sequences.after_tables(&known)).await?;
    Ok(making.creation)
}

/// Which of these names the server knows already.
async fn existing(client: &Client, query: &str, names: impl Iterator<Item = String>) -> Result<HashSet<String>, Error> {
    let names: Vec<String> = names.collect();
    Ok(client.query(query, &[&names]).await?.iter().map(|row| row.get(0)).collect())
}

/// Statements that make the schemas that are missing.
async fn schemas(client: &Client, missing: &[&Structure], own: &[Sequence]) -> Result<Vec<TableStatement>, Error> {
    let there: HashSet<String> = client.query(SCHEMAS, &[]).await?.iter().map(|row| row.get(0)).collect();
    let of_tables = missing.iter().flat_map(|structure| {
        let types = structure.types.iter().map(|known| &known.name);
        let parts = structure.partitions.iter().map(|partition| &partition.table);
        types.chain(parts).chain([&structure.table]).chain(structure.sequences.iter().map(|sequence| &sequence.sequence))
    });
    let names = of_tables.chain(own.iter().map(|sequence| &sequence.sequence)).filter_map(|name| name.schema.clone());
    let (mut found, mut made) = (Vec::new(), HashSet::new());
    for schema in names.filter(|schema| !there.contains(schema)) {
        if made.insert(schema.clone()) {
            let sql = format!("create schema {}", quoted(&schema));
            found.push(TableStatement::new(CreatedKind::Schema, schema, sql));
        }
    }
    Ok(found)
}

/// Statements that make the types that are missing, or add the extensions that bring them.
async fn types(client: &Client, missing: &[&Structure]) -> Result<Vec<TableStatement>, Error> {
    let used = || missing.iter().flat_map(|structure| &structure.types);
    let there = existing(client, TYPES, used().map(|known| named(&known.name))).await?;
    let (mut found, mut made) = (Vec::new(), HashSet::new());
    for known in used().filter(|known| !there.contains(&named(&known.name))) {
        if made.insert(known.statement.clone()) {
            found.push(TableStatement::new(CreatedKind::Type, shown(&known.name), known.statement.clone()));
        }
    }
    Ok(found)
}

/// Columns whose types the server does not know. Without this, it would name the first of them only by its code.
async fn unknown_types(client: &Client, missing: &[&Structure]) -> Result<Vec<CreationFault>, Error> {
    let declared = missing.iter().flat_map(|structure| &structure.columns).map(|column| column.declared.clone());
    let known = existing(client, TYPES, declared.collect::<HashSet<_>>().into_iter()).await?;
    let mut faults = Vec::new();
    for structure in missing {
        for column in structure.columns.iter().filter(|column| !known.contains(&column.declared)) {
            let (name, declared) = (column.name.clone(), column.declared.clone());
            let reason = CreationRefusal::UnknownType { column: name, declared };
            let part = CreatedPart { kind: CreatedKind::Table, name: shown(&structure.table) };
            faults.push(CreationFault { part, reason });
        }
    }
    Ok(faults)
}

/// Runs statements until the server refuses one.
struct Making<'a> {
    client: &'a Client,
    creation: Creation,
}

impl Making<'_> {
    fn is_ended(&self) -> bool {
        !self.creation.faults.is_empty()
    }

    async fn all(&mut self, statements: &[TableStatement]) -> Result<(), Error> {
        for statement in statements {
            if self.is_ended() {
                return Ok(());
            }
            self.one(statement).await?;
        }
        Ok(())
    }

    async fn one(&mut self, TableStatement { part, sql, is_new }: &TableStatement) -> Result<(), Error> {
        match self.client.batch_execute(sql).await {
            Ok(()) => self.creation.made.extend(is_new.then(|| part.clone())),
            Err(error) => {
                let code = refused(&error).ok_or(error)?;
                self.creation.faults.push(CreationFault { part: part.clone(), reason: CreationRefusal::Server { code } });
            }
        }
        Ok(())
    }
}

/// The code of an error that is about the statement; `None` if it has to do with the server or the connection.
fn refused(error: &Error) -> Option<String> {
    let code = error.as_db_error()?.code().code();
    let is_about_server = ["08", "40", "53", "57", "58", "F0", "XX"].contains(&&code[..2.min(code.len())]);
    (!is_about_server).then(|| code.to_owned())
}

/// Adds the foreign keys that tables lack.
pub(crate) async fn add_foreign_keys(client: &Client, modules: &[Module]) -> Result<Creation, SourceError> {
    let mut making = Making { client, creation: Creation::default() };
    let mut faults = Vec::new();
    for structure in structures_of_tables(modules) {
        let table = named(&structure.table);
        let rows = client.query(CONSTRAINTS, &[&table]).await.map_err(source_error)?;
        let there: HashSet<String> = rows.iter().map(|row| row.get(0)).collect();
        for constraint in structure.constraints.iter().filter(|known| !known.is_inherited && !there.contains(&known.name)) {
            let (Rule::ForeignKey { .. }, Some(definition)) = (&constraint.rule, &constraint.definition) else { continue };
            let sql = format!("alter table {table} add constraint {} {definition}", quoted(&constraint.name));
            let name = format!("{}.{}", shown(&structure.table), constraint.name);
            making.one(&TableStatement::new(CreatedKind::ForeignKey, name, sql)).await.map_err(source_error)?;
            faults.append(&mut making.creation.faults);
        }
    }
    Ok(Creation { faults, ..making.creation })
}
