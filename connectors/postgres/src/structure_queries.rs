//! Queries of PostgreSQL's catalogue about the structure of tables.

/// Constraints of the tables `$1`, those of partitions left out, with their columns in order and what they refer to.
pub(crate) const CONSTRAINTS: &str = r"
select c.conrelid, c.conname::text, c.contype::text, pg_catalog.pg_get_constraintdef(c.oid),
       c.condeferrable, c.condeferred, not c.conislocal,
       array(select a.attname::text from unnest(c.conkey) with ordinality k (number, place)
             join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number order by k.place),
       rn.nspname::text, r.relname::text,
       array(select a.attname::text from unnest(c.confkey) with ordinality k (number, place)
             join pg_catalog.pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.number order by k.place),
       pg_catalog.pg_get_expr(c.conbin, c.conrelid)
from pg_catalog.pg_constraint c
left join pg_catalog.pg_class r on r.oid = c.confrelid
left join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
where c.conrelid = any($1) and c.contype in ('p', 'u', 'f', 'c', 'x') and c.conparentid = 0
order by c.conrelid, array_position(array['p', 'u', 'f', 'c', 'x'], c.contype::text), c.conname";

/// Unique indexes of the tables `$1` that no constraint stands for.
pub(crate) const UNIQUE_INDEXES: &str = r"
select i.indrelid, pg_catalog.pg_get_indexdef(i.indexrelid)
from pg_catalog.pg_index i
where i.indrelid = any($1) and i.indisunique and i.indisvalid
  and not exists (select from pg_catalog.pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x'))
order by i.indrelid, i.indexrelid";

/// Sequences outside the system's schemas, each with the table and column of `$1` to which it belongs, or whose default uses it.
/// What an extension owns is left out, as are sequences of tables that are not among `$1`. `$2` names the schemas of sequences
/// that belong to no table; empty for all. A sequence whose value was read stays locked until the transaction ends.
pub(crate) const SEQUENCES: &str = r"
with uses as (
    select d.objid as sequence, d.refobjid as root, a.attname::text as owner
    from pg_catalog.pg_depend d
    join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
      and d.deptype in ('a', 'i') and d.refobjsubid > 0
    union all
    select distinct d.refobjid, f.adrelid, null
    from pg_catalog.pg_depend d
    join pg_catalog.pg_attrdef f on f.oid = d.objid
    where d.classid = 'pg_catalog.pg_attrdef'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
      and not exists (
          select from pg_catalog.pg_depend o
          where o.classid = d.refclassid and o.objid = d.refobjid and o.refclassid = d.refclassid and o.refobjid = f.adrelid
            and o.deptype in ('a', 'i')))
select u.root, n.nspname::text, c.relname::text, u.owner, pg_catalog.format_type(s.seqtypid, null),
       s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
       has_sequence_privilege(c.oid, 'USAGE, SELECT') and has_schema_privilege(n.oid, 'USAGE') as may_read,
       case when has_sequence_privilege(c.oid, 'USAGE, SELECT') then pg_catalog.pg_sequence_last_value(c.oid) end
from pg_catalog.pg_sequence s
join pg_catalog.pg_class c on c.oid = s.seqrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join uses u on u.sequence = c.oid
where n.nspname <> 'information_schema' and n.nspname !~ '^pg_' and c.relpersistence <> 't'
  and (u.root = any($1) or u.root is null and (cardinality($2::text[]) = 0 or n.nspname = any($2)))
  and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by n.nspname, c.relname";

/// Tables from which the tables `$1` inherit.
pub(crate) const PARENTS: &str = r"
select i.inhrelid, n.nspname::text, c.relname::text
from pg_catalog.pg_inherits i
join pg_catalog.pg_class c on c.oid = i.inhparent
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where i.inhrelid = any($1)
order by i.inhrelid, i.inhseqno";

/// How the tables `$1` are partitioned, and the partitions below each of them. `pg_partition_tree` would lock them until the
/// transaction ends.
pub(crate) const PARTITIONS: &str = r"
with recursive parts (root, member, level, parent) as (
    select root, root, 0, null::oid from unnest($1::oid[]) root
    union all
    select p.root, i.inhrelid, p.level + 1, p.member
    from parts p
    join pg_catalog.pg_inherits i on i.inhparent = p.member
    join pg_catalog.pg_class c on c.oid = i.inhrelid and c.relispartition)
select root.oid, pg_catalog.pg_get_partkeydef(root.oid), n.nspname::text, c.relname::text,
       pg_catalog.pg_get_expr(c.relpartbound, c.oid),
       un.nspname::text, u.relname::text, pg_catalog.pg_get_partkeydef(c.oid)
from unnest($1::oid[]) root (oid)
join pg_catalog.pg_partitioned_table t on t.partrelid = root.oid
left join parts p on p.root = root.oid and p.level > 0
left join pg_catalog.pg_class c on c.oid = p.member
left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_class u on u.oid = p.parent and p.level > 1
left join pg_catalog.pg_namespace un on un.oid = u.relnamespace
order by root.oid, p.level, n.nspname, c.relname";

/// Types and domains that columns of the tables `$1` use, also by way of arrays and domains: those that somebody has made, as statements, and
/// those that an extension brings, as the statement that adds the extension.
pub(crate) const TYPES: &str = r"
with recursive used (root, type) as (
    select a.attrelid, a.atttypid
    from pg_catalog.pg_attribute a
    where a.attrelid = any($1) and a.attnum > 0 and not a.attisdropped
    union
    select u.root, x.type
    from used u
    join pg_catalog.pg_type t on t.oid = u.type
    cross join lateral (values (t.typelem), (t.typbasetype)) x (type)
    where x.type <> 0::oid)
select u.root, n.nspname::text, t.typname::text,
       case when e.oid is not null then
           'CREATE EXTENSION IF NOT EXISTS ' || pg_catalog.quote_ident(e.extname) || ' SCHEMA ' || pg_catalog.quote_ident(en.nspname)
       when t.typtype = 'e' then
           'CREATE TYPE ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.typname) || ' AS ENUM (' || (
               select pg_catalog.string_agg(pg_catalog.quote_literal(l.enumlabel), ', ' order by l.enumsortorder)
               from pg_catalog.pg_enum l where l.enumtypid = t.oid) || ')'
       when t.typtype = 'd' then
           'CREATE DOMAIN ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.typname) || ' AS '
           || pg_catalog.format_type(t.typbasetype, t.typtypmod) || coalesce(' DEFAULT ' || t.typdefault, '')
           || case when t.typnotnull then ' NOT NULL' else '' end || coalesce((
               select pg_catalog.string_agg(' CONSTRAINT ' || pg_catalog.quote_ident(c.conname) || ' ' || pg_catalog.pg_get_constraintdef(c.oid), '' order by c.conname)
               from pg_catalog.pg_constraint c where c.contypid = t.oid and c.contype = 'c'), '')
       end
from used u
join pg_catalog.pg_type t on t.oid = u.type
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_type'::regclass and d.objid = t.oid and d.deptype = 'e'
left join pg_catalog.pg_extension e on e.oid = d.refobjid
left join pg_catalog.pg_namespace en on en.oid = e.extnamespace
where (e.oid is not null or t.typtype in ('e', 'd')) and n.nspname not in ('pg_catalog', 'information_schema')
order by u.root, t.oid";
