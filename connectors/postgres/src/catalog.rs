//! Queries of PostgreSQL's catalogue.

/// Tables that hold rows: ordinary and partitioned ones outside the system's schemas, without partitions (their rows are
/// read through the partitioned table) and without what an extension owns. Foreign tables are listed as gaps. `$1` names
/// the schemas; empty for all.
pub(crate) const TABLES: &str = r"
select c.oid, n.nspname, c.relname, c.relkind::text,
       has_table_privilege(c.oid, 'SELECT') or not exists (
           select from pg_catalog.pg_attribute a
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and not has_column_privilege(c.oid, a.attnum, 'SELECT')),
       row_security_active(c.oid),
       case when c.reltuples >= 0 then c.reltuples::int8 end,
       pg_catalog.pg_total_relation_size(c.oid),
       has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'),
       has_schema_privilege(n.oid, 'USAGE'),
       pg_catalog.obj_description(c.oid, 'pg_class')
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f') and not c.relispartition and c.relpersistence <> 't'
  and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and (cardinality($1::text[]) = 0 or n.nspname = any($1))
  and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by n.nspname, c.relname";

/// Columns of the tables `$1` in order.
pub(crate) const COLUMNS: &str = r"
select a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
       pg_catalog.col_description(a.attrelid, a.attnum)
from pg_catalog.pg_attribute a
where a.attrelid = any($1) and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum";

/// The key of each of the tables `$1`: the primary key, or else the unique index with the fewest columns, of those that have all
/// rows and no NULL.
pub(crate) const KEYS: &str = r"
select distinct on (i.indrelid) i.indrelid,
       (select array_agg(a.attname::text order by k.place)
        from unnest(i.indkey::int2[]) with ordinality k (number, place)
        join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
        where k.place <= i.indnkeyatts)
from pg_catalog.pg_index i
where i.indrelid = any($1) and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
  and not exists (
      select from unnest(i.indkey::int2[]) with ordinality k (number, place)
      join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
      where k.place <= i.indnkeyatts and not a.attnotnull)
order by i.indrelid, i.indisprimary desc, i.indnkeyatts, i.indexrelid";

/// Files of the tables `$1`, and of the partitions and their partitions below each. A table without a file of its own
/// has none. The functions read what is committed now, not what the snapshot shows.
pub(crate) const FILES: &str = r"
select t.root, array_agg(pg_catalog.pg_relation_filenode(t.member) order by t.member)
from (select root, coalesce(p.relid::oid, root) as member
      from unnest($1::oid[]) root left join lateral pg_catalog.pg_partition_tree(root) p on true) t
group by t.root";

/// The server, the user and the protection of the session.
pub(crate) const SERVER: &str = r"
select current_setting('server_version'), current_setting('server_version_num')::int4, session_user::text, s.version
from (select) one left join pg_catalog.pg_stat_ssl s on s.pid = pg_catalog.pg_backend_pid() and s.ssl";
