//! Sequences after a restore: none gives a value that a row has, or that the captured state had given.

use std::collections::HashMap;

use hozon_shared::domain::crm::Module;
use hozon_shared::domain::structure::{LastValue, TableName};
use hozon_shared::ports::SourceError;
use tokio_postgres::{Client, Row};

use super::table::WrittenTable;
use crate::errors::about;
use crate::names::{literal, quoted};

/// Sequences of numeric columns of the table `$1` as SQL names it: those that belong to a column, and those that its default uses.
const SEQUENCES: &str = r"
with uses (sequence, number) as (
    select d.objid, d.refobjsubid
    from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
      and d.refobjid = $1::text::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0
    union
    select d.refobjid, f.adnum
    from pg_catalog.pg_depend d
    join pg_catalog.pg_attrdef f on f.oid = d.objid
    where d.classid = 'pg_catalog.pg_attrdef'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
      and f.adrelid = $1::text::regclass)
select n.nspname::text, c.relname::text, a.attname::text, s.seqstart, s.seqincrement, s.seqmin, s.seqmax
from uses u
join pg_catalog.pg_sequence s on s.seqrelid = u.sequence
join pg_catalog.pg_class c on c.oid = s.seqrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = $1::text::regclass and a.attnum = u.number
join pg_catalog.pg_type t on t.oid = a.atttypid and t.typcategory = 'N'
order by 1, 2";

/// Sets the sequences of a module's table right. A sequence that is far enough stays as it is, and needs no right.
pub(crate) async fn raise(client: &Client, module: &Module) -> Result<(), SourceError> {
    let failed = |error| about(error, &module.api_name);
    let table = WrittenTable::of_modules(client, std::slice::from_ref(module)).await.map_err(failed)?.pop().flatten();
    let Some(table) = table.filter(WrittenTable::has_rows) else { return Ok(()) };
    let given = given(module);
    for row in client.query(SEQUENCES, &[&table.named()]).await.map_err(failed)? {
        let sequence = UsedSequence::of(&row);
        let captured = given.get(&sequence.name).copied();
        client.batch_execute(&sequence.raise(&table.named(), captured)).await.map_err(failed)?;
    }
    Ok(())
}

/// What the sequences had given when the backup was made.
fn given(module: &Module) -> HashMap<(String, String), i64> {
    let sequences = module.structure.iter().flat_map(|structure| &structure.sequences);
    let value = |last: LastValue| match last {
        LastValue::Given(value) => Some(value),
        LastValue::None | LastValue::NoPermission => None,
    };
    let named = |TableName { schema, name }: &TableName| Some((schema.clone()?, name.clone()));
    sequences.filter_map(|sequence| Some((named(&sequence.sequence)?, value(sequence.last_value)?))).collect()
}

struct UsedSequence {
    name: (String, String),
    column: String,
    start: i64,
    increment: i64,
    /// Smallest and greatest value.
    bounds: (i64, i64),
}

impl UsedSequence {
    fn of(row: &Row) -> Self {
        Self {
            name: (row.get(0), row.get(1)),
            column: row.get(2),
            start: row.get(3),
            increment: row.get(4),
            bounds: (row.get(5), row.get(6)),
        }
    }

    /// Sets the sequence to the furthest value that is known, if it has not come as far. One that has given no value yet stands before its
    /// start.
    fn raise(&self, table: &str, captured: Option<i64>) -> String {
        let Self { name: (schema, name), column, start, increment, bounds: (min, max) } = self;
        let sequence = literal(&format!("{}.{}", quoted(schema), quoted(name)));
        let column = quoted(column);
        let captured = captured.map_or_else(|| "null".to_owned(), |value| value.to_string());
        let (furthest, furthest_of, further) = if *increment > 0 { ("max", "greatest", ">") } else { ("min", "least", "<") };
        format!(
            "select pg_catalog.setval({sequence}, w.value)
             from (select {furthest_of}({furthest}(t.{column}), {captured}) as found from {table} t) f,
                  lateral (select f.found::int8 as value where f.found between {min} and {max}) w
             where w.value {further} coalesce(pg_catalog.pg_sequence_last_value({sequence}), {start}::numeric - {increment})"
        )
    }
}
