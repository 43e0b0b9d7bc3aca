//! The writer against a real server: what PostgreSQL's own client reads after a restore is what was there before.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hozon_connector_database::OutsideFiles;
use hozon_shared::aws::file_buckets;
use hozon_shared::domain::profile::{self, FileSource, RecordId};
use hozon_shared::domain::writing::{Cells, FileHashes, Hindrance, HindranceKind, RecordWrite, Refusal, WriteOutcome};
use hozon_shared::ports::{Connector, FileBytes, FileWrite, Writer};
use hozon_tests::PostgresServer as Server;
use sha2::{Digest, Sha256};

use crate::postgres::EVERY_TYPE;
use crate::restoring::{Seen, plan, require_same, restore, see, write};

const WRITTEN: WriteOutcome = WriteOutcome::Written { new_id: None };

fn writer(server: &Server) -> Box<dyn Writer> {
    server.owner().writer().unwrap()
}

fn refused(reason: Refusal) -> WriteOutcome {
    WriteOutcome::Refused { reason }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_written_back_unchanged() {
    let server = Server::start("timezone = 'Asia/Tokyo'\ndatestyle = 'SQL, DMY'\nintervalstyle = 'sql_standard'\nextra_float_digits = -5\nbytea_output = 'escape'").await;
    let wide: Vec<_> = (1..=100).map(|n| format!("\"Column {n} \"\"x\"\"\" int default {n}")).collect();
    server
        .sql(&format!(
            "{EVERY_TYPE};
             create table wide (id uuid primary key, {}); insert into wide select gen_random_uuid() from generate_series(1, 250);
             create table before as select * from \"Every \"\"Type\"\"\"; create table wide_before as select * from wide;
             alter database crm set default_transaction_read_only = on; alter database crm set standard_conforming_strings = off",
            wide.join(", ")
        ))
        .await;
    let (before, writer) = (see(&server.owner()).await, writer(&server));
    let equal = |table: &str, copy: &str| {
        server.psql(&format!(
            "select (select count(*) from (select t::text from {table} t except select t::text from {copy} t) a),
                    (select count(*) from (select t::text from {copy} t except select t::text from {table} t) b)"
        ))
    };
    server.sql("begin read write; truncate \"Every \"\"Type\"\"\", wide; commit").await;
    restore(&*writer, &only(&before, &["Every \"Type\"", "wide"]), &see(&server.owner()).await).await;
    assert_eq!(equal("\"Every \"\"Type\"\"\"", "before").trim(), "0|0");
    assert_eq!(equal("wide", "wide_before").trim(), "0|0");
    // The first row becomes as the second, field by field, and then as it was.
    let every = &before["Every \"Type\""];
    let with_id = |cells: &Cells, id: &Cells| [&id[..1], &cells[1..]].concat();
    let (first, second) = (every.records[0].clone(), with_id(&every.records[1], &every.records[0]));
    for (seen, wanted) in [(&first, &second), (&second, &first)] {
        let change = RecordWrite { seen: Some(seen.clone()), wanted: Some(wanted.clone()) };
        assert_eq!(write(&*writer, &every.module, std::slice::from_ref(&change)).await, [WRITTEN]);
        assert_eq!(write(&*writer, &every.module, &[change]).await, [WriteOutcome::AlreadyThere]);
    }
    assert_eq!(equal("\"Every \"\"Type\"\"\"", "before").trim(), "0|0");
    require_same(&before, &see(&server.owner()).await);
}

fn only(all: &BTreeMap<String, Seen>, names: &[&str]) -> BTreeMap<String, Seen> {
    let seen =
        |name: &&str| ((*name).to_owned(), Seen { module: all[*name].module.clone(), records: all[*name].records.clone() });
    names.iter().map(seen).collect()
}

/// Random changes, some of them after the plan was made: a record is written exactly if it is what the plan saw.
#[tokio::test(flavor = "multi_thread")]
async fn what_changed_after_the_plan_is_left_and_all_else_is_as_before() {
    let server = Server::start("").await;
    server
        .sql(
            "create table deal (id int primary key, name text, amount numeric(12,2), at timestamptz default now());
             insert into deal select n, 'Deal ' || n, n, '2026-01-01 00:00+00' from generate_series(1, 600) n",
        )
        .await;
    let (before, writer) = (see(&server.owner()).await, writer(&server));
    for round in 0..5 {
        let garble = |share: usize, word: &str| {
            let ids: Vec<String> = (1..=700).filter(|_| fastrand::usize(0..100) < share).map(|id| id.to_string()).collect();
            let ids = format!("(0, {})", if ids.is_empty() { "0".to_owned() } else { ids.join(", ") });
            format!(
                "update deal set name = name || '{word}', amount = null where id in {ids} and id % 3 = 0;
                 delete from deal where id in {ids} and id % 3 = 1;
                 insert into deal select n, '{word}', 1 from generate_series(1, 700) n where n in {ids} and n % 3 = 2 on conflict do nothing;"
            )
        };
        server.sql(&garble(20, "garbled")).await;
        let planned = see(&server.owner()).await;
        server.sql(&garble(10, "later")).await;
        let meanwhile = see(&server.owner()).await;
        let writes = plan(&before["deal"], &planned["deal"]);
        let (wanted, now) = (before["deal"].by_key(), meanwhile["deal"].by_key());
        let outcomes = write(&*writer, &before["deal"].module, &writes).await;
        let mut expected = now.clone();
        for (write, outcome) in writes.iter().zip(&outcomes) {
            let key = vec![write.seen.as_ref().or(write.wanted.as_ref()).unwrap()[0].clone().unwrap()];
            let is_as_wanted = now.get(&key) == wanted.get(&key);
            let should_be = match (is_as_wanted, now.get(&key) == write.seen.as_ref()) {
                (true, _) => WriteOutcome::AlreadyThere,
                (false, true) => WRITTEN,
                (false, false) => WriteOutcome::ChangedMeanwhile,
            };
            assert_eq!(*outcome, should_be, "{round}: {write:?}");
            if *outcome == WRITTEN {
                match wanted.get(&key) {
                    Some(cells) => expected.insert(key, cells.clone()),
                    None => expected.remove(&key),
                };
            }
        }
        assert!(outcomes.contains(&WriteOutcome::ChangedMeanwhile) && outcomes.contains(&WRITTEN));
        assert_eq!(see(&server.owner()).await["deal"].by_key(), expected);
        let again = write(&*writer, &before["deal"].module, &writes).await;
        for (first, again) in outcomes.iter().zip(&again) {
            assert_eq!(again, if *first == WRITTEN { &WriteOutcome::AlreadyThere } else { first });
        }
    }
}

/// Deals with all rules that a record may break.
const DEALS: &str = "create table owner (id int primary key); insert into owner values (1);
create table deal (id int primary key, owner int not null constraint of_owner references owner, code varchar(3) constraint one_code unique,
    amount int constraint not_below check (amount >= 0), boss int constraint of_boss references deal, name text not null default 'x');
insert into deal values (100, 1, 'z');
create function forbid() returns trigger language plpgsql as $$ begin
    if new.name = 'forbidden' then raise exception 'not this'; elsif new.name = 'swallowed' then return null; end if; return new; end $$;
create trigger forbid before insert or update on deal for each row execute function forbid()";

fn deal(id: u32, owner: Option<&str>, code: &str, amount: &str, boss: Option<&str>, name: &str) -> RecordWrite {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let wanted = vec![some(&id.to_string()), owned(owner), some(code), some(amount), owned(boss), some(name)];
    RecordWrite { seen: None, wanted: Some(wanted) }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_about_one_record_does_not_hinder_others() {
    let server = Server::start("").await;
    server.sql(DEALS).await;
    let (writer, seen) = (writer(&server), see(&server.owner()).await);
    let one = Some("1");
    let writes = [
        // Its boss comes later, and the boss's boss is itself.
        deal(1, one, "a", "1", Some("9"), "x"),
        deal(2, Some("7"), "b", "1", None, "x"),
        deal(3, one, "z", "1", None, "x"),
        deal(4, None, "d", "1", None, "x"),
        deal(5, one, "e", "-1", None, "x"),
        deal(6, one, "long", "1", None, "x"),
        deal(7, one, "g", "many", None, "x"),
        deal(8, one, "h", "1", None, "forbidden"),
        deal(9, one, "i", "1", Some("9"), "x"),
        deal(10, one, "j", "1", None, "swallowed"),
        deal(11, one, "k", "1", Some("77"), "x"),
        deal(12, one, "l\0", "1", None, "x"),
        deal(13, one, "m", "1", None, "x"),
    ];
    let named = |name: &str| some(name);
    let expected = [
        WRITTEN,
        refused(Refusal::Reference { rule: named("of_owner") }),
        refused(Refusal::Duplicate { rule: named("one_code") }),
        refused(Refusal::MissingValue { field: named("owner") }),
        refused(Refusal::Rule { rule: named("not_below") }),
        refused(Refusal::Value { field: None }),
        refused(Refusal::Value { field: None }),
        refused(Refusal::Rule { rule: None }),
        WRITTEN,
        refused(Refusal::Rule { rule: None }),
        refused(Refusal::Reference { rule: named("of_boss") }),
        refused(Refusal::Value { field: named("code") }),
        WRITTEN,
    ];
    let deals = &seen["deal"].module;
    assert_eq!(write(&*writer, deals, &writes).await, expected);
    assert_eq!(server.psql("select string_agg(id::text, ' ' order by id) from deal").trim(), "1 9 13 100");
    // Who is referred to stays; the others go.
    let delete = |at: usize| RecordWrite { seen: writes[at].wanted.clone(), wanted: None };
    let outcomes = write(&*writer, deals, &[delete(8), delete(12)]).await;
    assert_eq!(outcomes, [refused(Refusal::Reference { rule: named("of_boss") }), WRITTEN]);
    assert_eq!(write(&*writer, deals, &[delete(8), delete(0)]).await, [WRITTEN, WRITTEN]);
    without_rights_or_table(&server, &*writer, &seen, &writes).await;
}

/// A user without rights, and a table that is gone.
async fn without_rights_or_table(server: &Server, writer: &dyn Writer, seen: &BTreeMap<String, Seen>, writes: &[RecordWrite]) {
    let deals = &seen["deal"].module;
    server.sql("create role reader login password 'reader'; grant select, update (name) on deal to reader").await;
    let reader = server.connector("reader", "reader").writer().unwrap();
    assert_eq!(write(&*reader, deals, &writes[12..]).await, [refused(Refusal::NoPermission)]);
    server.sql("drop table deal").await;
    assert!(writer.write(deals, writes).await.is_err());
    let owner = RecordWrite { seen: None, wanted: Some(vec![some("2")]) };
    assert_eq!(write(writer, &seen["owner"].module, &[owner]).await, [WRITTEN], "a failed call hinders no other");
}

/// Circles of foreign keys, deferred ones, sequences of all kinds, generated columns, triggers that need a search path, columns that the
/// backup does not have, tables that inherit and are partitioned: all is as before, and the CRM goes on with new numbers.
#[tokio::test(flavor = "multi_thread")]
async fn a_whole_database_is_as_before_and_goes_on() {
    let server = Server::start("").await;
    server
        .sql(
            "create schema crm; alter database crm set search_path = crm, public; set search_path = crm;
             create sequence shared start 1000;
             create table account (id bigint generated always as identity primary key, name text, main_contact int, parent bigint references account,
                 shout text generated always as (upper(name)) stored);
             create table contact (id serial primary key, account bigint not null references account, number int default nextval('shared'),
                 boss int not null references contact deferrable);
             alter table account add constraint main foreign key (main_contact) references contact;
             create table \"Note \"\"1\"\"\" (\"Id\" int generated by default as identity (increment by -1), contact int references contact on delete cascade,
                 text text, primary key (\"Id\"));
             create table audit (id serial, what text);
             create function note() returns trigger language plpgsql as $$ begin insert into audit (what) values (tg_op); return null; end $$;
             create trigger note after insert or update or delete on contact for each row execute function note();
             create table base (id int primary key, name text); create table derived (more text, primary key (id)) inherits (base);
             create table parted (id int, year int, name text, primary key (year, id)) partition by list (year);
             create table parted_2026 partition of parted for values in (2026); create table parted_more partition of parted default;
             insert into account (name) select 'Account ' || n from generate_series(1, 250) n;
             update account set parent = id % 7 + 1 where id > 7; update account set parent = 200 where id < 3;
             begin; set constraints all deferred;
             insert into contact (account, boss)
             select n, case n when 1 then 10 when 10 then 100 when 100 then 1 else n end from generate_series(1, 250) n; commit;
             update account set main_contact = id where id % 2 = 0;
             insert into \"Note \"\"1\"\"\" (contact, text) select n, 'Note ' || n from generate_series(1, 250) n;
             insert into base select n, 'base' from generate_series(1, 150) n; insert into derived select n, 'derived', 'x' from generate_series(1, 150) n;
             insert into parted select n, 2024 + n % 4, 'part' from generate_series(1, 150) n",
        )
        .await;
    let tables = ["crm.account", "crm.contact", "crm.\"Note \"\"1\"\"\"", "only crm.base", "crm.derived", "crm.parted"];
    let contents = || tables.map(|table| server.psql(&format!("select t::text from {table} t order by 1")));
    let (before, expected, writer) = (see(&server.owner()).await, contents(), writer(&server));
    let names = ["account", "contact", "Note \"1\"", "base", "derived", "parted"];
    server
        .sql(
            "set search_path = crm; update account set main_contact = null, parent = null; delete from \"Note \"\"1\"\"\"; delete from audit;
             begin; set constraints all deferred; delete from contact where id % 10 <> 5; delete from contact; commit;
             delete from account where id % 10 <> 3; update account set name = 'garbled' where id % 20 = 3;
             insert into account (name) values ('newer'); update account set parent = (select max(id) from account) where id = 13;
             delete from base; delete from parted where id % 2 = 0; update parted set name = 'x' where id % 3 = 0;
             alter sequence contact_id_seq restart; alter table account alter id restart; alter sequence shared restart;
             alter table \"Note \"\"1\"\"\" alter \"Id\" restart; alter table contact add later text default 'kept'",
        )
        .await;
    let now = see(&server.owner()).await;
    restore(&*writer, &only(&before, &names), &now).await;
    server.sql("alter table crm.contact drop later").await;
    assert_eq!(contents(), expected);
    assert_eq!(server.psql("select count(*) from crm.audit where what = 'INSERT'").trim(), "250", "triggers are as they are");
    server
        .sql(
            "set search_path = crm; insert into account (name) select 'new' from generate_series(1, 9);
             insert into contact (account, boss) select 1, 1 from generate_series(1, 9); insert into \"Note \"\"1\"\"\" (text) select 'new' from generate_series(1, 9)",
        )
        .await;
    let standing = server.psql("select (select max(id) from crm.account), (select max(id) from crm.contact), (select min(\"Id\") from crm.\"Note \"\"1\"\"\"), (select count(distinct number) from crm.contact)");
    assert_eq!(standing.trim(), "259|259|-259|259");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hinders_writing_is_known_before() {
    let server = Server::start("").await;
    server
        .sql(
            "create table deal (id int primary key, name text, amount int); create table gone (id int primary key); create table keyless (id int);
             create table hidden (id int primary key); create table closed (id int primary key); create view seen as select id, name from deal",
        )
        .await;
    let (mut settings, password) =
        hozon_shared::domain::connection::DatabaseSettings::parse(&server.address("postgres", "secret")).unwrap();
    settings.views = vec!["seen".to_owned()];
    let owner = hozon_connector_postgres::Postgres::new(settings, password, hozon_shared::domain::addresses::Addresses::Any);
    let modules: Vec<_> = see(&owner).await.into_values().map(|seen| seen.module).collect();
    server
        .sql(
            "drop table gone; alter table deal drop amount; alter table deal add kind text not null; alter table deal add more int not null default 1;
             create role clerk login password 'clerk'; grant select, insert, update on deal, keyless, hidden, seen to clerk; grant select on closed to clerk;
             revoke update on deal from clerk; grant update (id, kind) on deal to clerk; alter table hidden enable row level security",
        )
        .await;
    let hindrance =
        |module: &str, kind, field: Option<&str>| Hindrance { module: module.to_owned(), kind, field: field.map(str::to_owned) };
    let of_all = [
        hindrance("deal", HindranceKind::Gone, Some("amount")),
        hindrance("deal", HindranceKind::RequiredField, Some("kind")),
        hindrance("gone", HindranceKind::Gone, None),
        hindrance("keyless", HindranceKind::NoKey, None),
        hindrance("seen", HindranceKind::NotATable, None),
    ];
    assert_eq!(owner.writer().unwrap().check(&modules).await.unwrap(), of_all);
    let clerk = server.connector("clerk", "clerk").writer().unwrap().check(&modules).await.unwrap();
    let of_clerk = [
        hindrance("closed", HindranceKind::NoPermission, None),
        hindrance("deal", HindranceKind::NoPermission, Some("name")),
        hindrance("hidden", HindranceKind::NoPermission, None),
    ];
    assert_eq!(clerk.iter().filter(|known| known.kind == HindranceKind::NoPermission).cloned().collect::<Vec<_>>(), of_clerk);
    let keyless = modules.iter().find(|module| module.api_name == "keyless").unwrap();
    let row = RecordWrite { seen: None, wanted: Some(vec![some("1")]) };
    assert_eq!(write(&*owner.writer().unwrap(), keyless, &[row]).await, [refused(Refusal::Unsupported)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_written_where_the_profile_says_that_they_lie() {
    let (server, folder) = (Server::start("").await, tempfile::tempdir().unwrap());
    server
        .sql(
            "create table file (id int primary key, name text, data bytea, object oid, path text);
             insert into file values (1, 'column', null, null, null), (2, 'new object', null, 123456, null), (3, 'old object', null, lo_from_bytea(0, '\\x00010203'), null),
                 (4, 'folder', null, null, 'a/b.pdf'), (5, 'full', '\\x00', null, 'a/c.pdf')",
        )
        .await;
    let source = FileSource {
        table: "file".to_owned(),
        id: "id".to_owned(),
        name: Some("name".to_owned()),
        media_type: None,
        created: None,
        record: RecordId::Column("id".to_owned()),
        conditions: Vec::new(),
        kinds: None,
        bytes: profile::FileBytes {
            column: Some("data".to_owned()),
            large_object: Some("object".to_owned()),
            path: Some("{path}".to_owned()),
            folder: None,
        },
    };
    let outside = OutsideFiles::new(folder.path().display().to_string().parse().unwrap(), file_buckets());
    let writer = server.owner().with_files(Some(outside)).writer().unwrap();
    let module = &see(&server.owner()).await["file"].module;
    let file = |id: &str, seen: Option<&[u8]>, bytes: &[u8]| {
        let pieces: Vec<Bytes> = bytes.chunks(1 << 20).map(Bytes::copy_from_slice).collect();
        let size = bytes.len() as u64;
        let hash = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
        let hashes = FileHashes { seen: seen.map(hash), wanted: hash(bytes) };
        let bytes = FileBytes::new(move || stream::iter(pieces.clone()).map(Ok).boxed());
        FileWrite { id: id.to_owned(), record_id: id.to_owned(), name: "x".to_owned(), size, hashes, bytes }
    };
    let large: Vec<u8> = (0..5_000_000_u32).map(|at| (at / 3) as u8).collect();
    let there = |id: &str| match id {
        "3" => Some(&[0, 1, 2, 3][..]),
        "5" => Some(&[0][..]),
        _ => None,
    };
    for (before, bytes) in [(None, &large[..]), (Some(&large[..]), &b""[..]), (Some(&b""[..]), &b"short"[..])] {
        for id in ["1", "2", "3", "4", "5"] {
            let seen = before.or(there(id));
            if seen.is_some_and(|seen| !seen.is_empty()) {
                for other in [None, Some(&b"other"[..])] {
                    let left = writer.write_file(module, Some(&source), &file(id, other, b"new")).await.unwrap();
                    assert_eq!(left, WriteOutcome::ChangedMeanwhile, "{id}");
                }
            }
            assert_eq!(writer.write_file(module, Some(&source), &file(id, seen, bytes)).await.unwrap(), WRITTEN, "{id}");
            let again = writer.write_file(module, Some(&source), &file(id, seen, bytes)).await.unwrap();
            assert_eq!(again, WriteOutcome::AlreadyThere, "{id} {}", bytes.len());
        }
        let client = server.client().await;
        for column in [
            "data from file where id = 1",
            "data from file where id = 5",
            "lo_get(123456)",
            "lo_get(object) from file where id = 3",
        ] {
            let found: Vec<u8> = client.query_one(&format!("select {column}"), &[]).await.unwrap().get(0);
            assert!(found == bytes, "{column}: {} bytes", found.len());
        }
        assert!(std::fs::read(folder.path().join("a/b.pdf")).unwrap() == bytes);
    }
    assert_eq!(server.psql("select count(*) from pg_largeobject_metadata").trim(), "2", "nothing is left over");
    let gone = writer.write_file(module, Some(&source), &file("77", None, b"x")).await.unwrap();
    assert_eq!(gone, refused(Refusal::Reference { rule: None }));
    assert_eq!(writer.write_file(module, None, &file("1", None, b"x")).await.unwrap(), refused(Refusal::Unsupported));
}
