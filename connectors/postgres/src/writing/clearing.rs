//! Emptying a database that is there for drills only. A table marks it. Without the mark, only an empty database is taken.

use hozon_shared::domain::creating::{Clearing, DRILL_MARK};
use hozon_shared::ports::SourceError;
use tokio_postgres::{Client, Error};

use crate::errors::source_error;

/// Number of objects that are deleted in one transaction, which holds a lock on each.
const AT_ONCE: usize = 50;

/// Statements that delete what a database has, one for each object, tables first. What an extension brings stays, and so do functions, event
/// triggers, and what other users own. Partitions and sequences of columns go with their tables, and `if exists` finds them gone.
const DELETIONS: &str = "
with mine as (
    select o.oid from pg_catalog.pg_namespace o
    where o.nspname not like 'pg\\_%' and o.nspname <> 'information_schema'
      and not exists (select from pg_catalog.pg_depend d
          where d.classid = 'pg_catalog.pg_namespace'::regclass and d.objid = o.oid and d.deptype = 'e')
), found as (
    select case c.relkind when 'v' then 1 when 'm' then 2 when 'S' then 4 else 3 end as turn,
        case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table'
            else 'table' end as kind,
        pg_catalog.format('%I.%I', n.nspname, c.relname) as name, n.nspname = 'public' and c.relname = $1 as is_mark
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and c.relnamespace in (select oid from mine)
      and not exists (select from pg_catalog.pg_depend d
          where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    union all
    select 5, case t.typtype when 'd' then 'domain' else 'type' end, pg_catalog.format('%I.%I', n.nspname, t.typname), false
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    left join pg_catalog.pg_class c on c.oid = t.typrelid
    where t.typnamespace in (select oid from mine) and (t.typtype in ('d', 'e', 'r') or t.typtype = 'c' and c.relkind = 'c')
      and not exists (select from pg_catalog.pg_depend d
          where d.classid = 'pg_catalog.pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
)
select kind || ' ' || name, pg_catalog.format('drop %s if exists %s cascade', kind, name) from found where not is_mark
order by turn, name";

/// Schemas that the user has made, which are empty by now but for functions.
const SCHEMAS: &str = "
select pg_catalog.format('drop schema if exists %I cascade', nspname) from pg_catalog.pg_namespace o
where nspname not like 'pg\\_%' and nspname not in ('information_schema', 'public')
  and nspowner = (select oid from pg_catalog.pg_roles where rolname = current_user)
  and not exists (select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_namespace'::regclass and d.objid = o.oid and d.deptype = 'e')
order by nspname";

/// Large objects of the user.
const LARGE_OBJECTS: &str = "
select 'large object ' || oid, pg_catalog.format('select pg_catalog.lo_unlink(%s)', oid) from pg_catalog.pg_largeobject_metadata
where lomowner = (select oid from pg_catalog.pg_roles where rolname = current_user) order by oid";

const IS_MARKED: &str =
    "select exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relname = $1 and c.relkind = 'r')";

/// Empties a database that is empty or marked, and marks it.
pub(crate) async fn clear(client: &Client) -> Result<Clearing, SourceError> {
    cleared(client).await.map_err(source_error)
}

async fn cleared(client: &Client) -> Result<Clearing, Error> {
    if !client.query_one(IS_MARKED, &[&DRILL_MARK]).await?.get::<_, bool>(0) {
        if let Some((example, _)) = deletions(client).await?.into_iter().next() {
            return Ok(Clearing::Occupied { example });
        }
        client.batch_execute(&format!("create table public.{DRILL_MARK} (made timestamptz not null default now())")).await?;
    }
    let statements: Vec<String> = deletions(client).await?.into_iter().map(|(_, statement)| statement).collect();
    for some in statements.chunks(AT_ONCE) {
        client.batch_execute(&format!("begin read write; {}; commit", some.join("; "))).await?;
    }
    for row in client.query(SCHEMAS, &[]).await? {
        client.batch_execute(&format!("begin read write; {}; commit", row.get::<_, String>(0))).await?;
    }
    Ok(Clearing::Cleared)
}

/// What is there, for people, and the statements that delete it.
async fn deletions(client: &Client) -> Result<Vec<(String, String)>, Error> {
    let mut found = client.query(DELETIONS, &[&DRILL_MARK]).await?;
    found.extend(client.query(LARGE_OBJECTS, &[]).await?);
    Ok(found.iter().map(|row| (row.get(0), row.get(1))).collect())
}
