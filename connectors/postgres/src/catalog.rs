//! Queries of PostgreSQL's catalogue.

/// Tables that hold rows, and views: ordinary and partitioned ones outside the system's schemas, without partitions (their rows are
/// read through the partitioned table) and without what an extension owns. Foreign tables are listed as gaps. `$1` names
/// the schemas; empty for all.
pub(crate) const TABLES: &str = r"
select c.oid, n.nspname, c.relname, c.relkind::text,
       has_table_privilege(c.oid, 'SELECT') or not exists (
           select from pg_catalog.pg_attribute a
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and not has_column_privilege(c.oid, a.attnum, 'SELECT')),
       row_security_active(c.oid),
       case when c.reltuples >= 0 and c.relkind <> 'v' then c.reltuples::int8 end,
       pg_catalog.pg_total_relation_size(c.oid),
       has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'),
       has_schema_privilege(n.oid, 'USAGE'),
       pg_catalog.obj_description(c.oid, 'pg_class')
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f', 'v', 'm') and not c.relispartition and c.relpersistence <> 't'
  and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and (cardinality($1::text[]) = 0 or n.nspname = any($1))
  and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by n.nspname, c.relname";

/// Columns of the tables `$1` in order. The expression is the default, or what a generated column is computed with.
pub(crate) const COLUMNS: &str = r"
select a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
       pg_catalog.col_description(a.attrelid, a.attnum),
       not a.attnotnull, a.attidentity::text, a.attgenerated::text, pg_catalog.pg_get_expr(d.adbin, d.adrelid),
       case when a.attcollation <> t.typcollation then (
           select pg_catalog.quote_ident(l.nspname) || '.' || pg_catalog.quote_ident(o.collname)
           from pg_catalog.pg_collation o
           join pg_catalog.pg_namespace l on l.oid = o.collnamespace
           where o.oid = a.attcollation) end
from pg_catalog.pg_attribute a
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
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

/// How the rows of the tables `$1` lie in their files, in comparison with their columns `$2`. Empty partitions say nothing.
pub(crate) const LAYOUTS: &str = r"
with recursive members (root, first, member) as (
    select oid, first, oid from unnest($1::oid[], $2::text[]) root (oid, first)
    union all
    select m.root, m.first, i.inhrelid
    from members m
    join pg_catalog.pg_inherits i on i.inhparent = m.member
    join pg_catalog.pg_class c on c.oid = i.inhrelid and c.relispartition)
select root.root, coalesce(sum(f.bytes), 0)::int8,
       case when count(*) = count(s.correlation) then min(s.correlation)::float8 end,
       case when count(*) = count(s.n_distinct) then min(
           case when s.n_distinct >= 0 then s.n_distinct else -s.n_distinct * greatest(c.reltuples, 1) end)::float8 end,
       coalesce(bool_and(exists (
           select from pg_catalog.pg_index i
           join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
           where i.indrelid = c.oid and i.indisclustered and a.attname = root.first)), false)
from members root
join pg_catalog.pg_class c on c.oid = root.member
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (select pg_catalog.pg_relation_size(c.oid) as bytes) f
left join pg_catalog.pg_stats s
  on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = root.first and not s.inherited
where f.bytes > 0
group by root.root";

/// Files of the tables `$1`, of the partitions below each, and of all tables that a view reads. A table without a file of its own
/// has none. The functions read what is committed now, not what the snapshot shows.
pub(crate) const FILES: &str = r"
with recursive reads (root, member) as (
    select root, root from unnest($1::oid[]) root
    union
    select r.root, x.member
    from reads r
    join pg_catalog.pg_class k on k.oid = r.root and k.relkind in ('p', 'v')
    cross join lateral (
        select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent = r.member
        union all
        select d.refobjid
        from pg_catalog.pg_rewrite w
        join pg_catalog.pg_class v on v.oid = w.ev_class and v.relkind = 'v'
        join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid
                                   and d.refclassid = 'pg_catalog.pg_class'::regclass
        where w.ev_class = r.member and d.refobjid <> r.member) x (member))
select root, array_agg(pg_catalog.pg_relation_filenode(member) order by member) from reads group by root";

/// The server, the user and the protection of the session.
pub(crate) const SERVER: &str = r"
select current_setting('server_version'), current_setting('server_version_num')::int4, session_user::text, s.version
from (select) one left join pg_catalog.pg_stat_ssl s on s.pid = pg_catalog.pg_backend_pid() and s.ssl";
