//! The connector against a real server, compared with what PostgreSQL's own client says.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::connection::DatabaseSettings;
use hozon_shared::domain::source::{GapKind, SourceAdvice, SourceErrorKind};
use hozon_shared::ports::{Connector, Protection};
use hozon_tests::PostgresServer as Server;

use crate::sources::{failure, module, rows};

/// One column for each kind of value that differs from its text elsewhere. Before version 14, only a statement of one row may say
/// `default` for an identity.
pub const EVERY_TYPE: &str = r#"
create type mood as enum ('sad', 'it''s "ok"');
create domain code as text check (value <> '');
create table "Every ""Type""" (
    "Id" bigint generated always as identity primary key,
    small smallint, big numeric, exact numeric(12,4), single real, double double precision, cash money, flag boolean,
    short varchar(10), fixed char(5), body text, raw bytea, day date, clock time, zoned timetz, stamp timestamp, moment timestamptz,
    span interval, one uuid, loose json, strict jsonb, markup xml, numbers int[], texts text[], nested text[][], during tstzrange,
    net inet, mac macaddr, bits bit varying, pair point, feeling mood, tag code, words tsvector, "Größe ""x"" 大" text,
    twice bigint generated always as (small * 2) stored);
insert into "Every ""Type""" values
    (default, 1, 'NaN', 1234.5000, 'Infinity', 0.1, '-1234.56', true, '', 'ab', E'tab\tline\nreturn\rback\\slash "quote" \u0001 あ👩‍👩‍👧', '\x00ff5c',
     '0044-03-15 BC', '24:00', '04:05:06.789+09', '2026-11-24 01:02:03.000004', '2026-11-24 01:02:03+09', '1 year -2 days 03:04:05.6',
     'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a" : [1,  2]}', '{"b": "\u3042"}', '<a>x</a>', '{1,NULL,3}', '{"a,b","c\"d",NULL,""}',
     '{{a,b},{c,d}}', '[2026-01-01 00:00+00,)', '192.168.0.1/24', '08:00:2b:01:02:03', '1011', '(1.5,-2)', 'it''s "ok"', 'x', 'a:1 b:2', '\N', default);
insert into "Every ""Type""" values
    (default, null, null, null, null, null, null, null, null, null, null, null, 'infinity', null, null, '-infinity', 'infinity', null, null, null, null, null,
     '{}', '{}', '{}', 'empty', null, null, null, null, null, null, null, '', default);
"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_read_as_text_that_postgresql_reads_back_unchanged() {
    let server = Server::start("timezone = 'Asia/Tokyo'\ndatestyle = 'SQL, DMY'\nintervalstyle = 'sql_standard'\nextra_float_digits = -5\nbytea_output = 'escape'").await;
    server.sql(EVERY_TYPE).await;
    let state = server.owner().hold(Protection::Notice).await.unwrap();
    let every = module(&*state, "Every \"Type\"").clone();
    let found = rows(&*state, &every).await.unwrap();
    assert_eq!(found.len(), 2);
    state.confirm(&every).await.unwrap();
    // PostgreSQL itself compares: the texts, cast back to their types, are the rows of the table.
    let client = server.client().await;
    for row in &found {
        let columns: Vec<_> = every
            .fields
            .iter()
            .zip(row)
            .filter(|(field, _)| !matches!(field.data_type.as_str(), "json" | "xml" | "point"))
            .collect();
        let equal = columns.iter().enumerate().map(|(at, (field, _))| {
            format!("\"{}\" is not distinct from ${}::text::{}", field.api_name.replace('"', "\"\""), at + 1, field.data_type)
        });
        let sql = format!("select count(*) from \"Every \"\"Type\"\"\" where {}", equal.collect::<Vec<_>>().join(" and "));
        let values: Vec<_> = columns.iter().map(|(_, cell)| *cell as &(dyn tokio_postgres::types::ToSql + Sync)).collect();
        assert_eq!(client.query_one(&sql, &values).await.unwrap().get::<_, i64>(0), 1, "{row:?}");
    }
    let text =
        |name: &str| every.fields.iter().position(|field| field.api_name == name).and_then(|at| found[0][at].clone()).unwrap();
    assert_eq!(
        (text("loose").as_str(), text("moment").as_str(), text("raw").as_str()),
        ("{\"a\" : [1,  2]}", "2026-11-23 16:02:03+00", "\\x00ff5c")
    );
    assert_eq!((text("short").as_str(), text("Größe \"x\" 大").as_str(), text("twice").as_str()), ("", "\\N", "2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_state_is_read_whatever_changes() {
    let server = Server::start("").await;
    server.sql("create table account (id int primary key, amount int); insert into account select n, 100 from generate_series(1, 200) n").await;
    server.sql("create table log (id int)").await;
    let state = server.owner().hold(Protection::Notice).await.unwrap();
    server
        .sql(
            "update account set amount = amount - 50 where id <= 100; update account set amount = amount + 50 where id > 100;
             delete from account where id = 7; insert into account values (1000, 1);
             create table later (id int); insert into log values (1)",
        )
        .await;
    server.sql("vacuum account").await;
    let account = module(&*state, "account").clone();
    let found = rows(&*state, &account).await.unwrap();
    assert!(found.iter().all(|row| row[1].as_deref() == Some("100")) && found.len() == 200, "{found:?}");
    assert_eq!(found[6][0].as_deref(), Some("7"), "in the order of the key");
    state.confirm(&account).await.unwrap();
    assert!(state.modules().iter().all(|module| module.api_name != "later"));
    let log = module(&*state, "log").clone();
    assert!(rows(&*state, &log).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_snapshot_does_not_protect_from_is_noticed() {
    let server = Server::start("").await;
    for name in ["emptied", "rewritten", "dropped", "altered"] {
        server
            .sql(&format!("create table {name} (id int primary key, note text); insert into {name} values (1, 'a'), (2, 'b')"))
            .await;
    }
    server.sql("create table parted (id int) partition by range (id); create table part1 partition of parted for values from (0) to (10); insert into parted values (1)").await;
    let state = server.owner().hold(Protection::Notice).await.unwrap();
    server
        .sql(
            "truncate emptied; alter table rewritten alter id type bigint; drop table dropped; alter table altered drop note;
             truncate part1",
        )
        .await;
    let emptied = module(&*state, "emptied").clone();
    assert!(rows(&*state, &emptied).await.unwrap().is_empty(), "the snapshot sees an empty table");
    for name in ["emptied", "rewritten", "parted"] {
        let refused = state.confirm(module(&*state, name)).await.expect_err(name);
        assert_eq!(refused.kind, SourceErrorKind::Changed(name.to_owned()));
    }
    for name in ["dropped", "altered"] {
        let refused = rows(&*state, module(&*state, name)).await.expect_err(name);
        assert_eq!(refused.kind, SourceErrorKind::Changed(name.to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_may_not_read_is_named_and_never_left_out_silently() {
    let server = Server::start("").await;
    server
        .sql(
            "create role reader login password 'reader'; grant usage on schema public to reader;
             create table open (id int); create table closed (id int); create table partly (id int, secret text);
             create table hidden (id int); alter table hidden enable row level security; insert into hidden values (1);
             create schema private; create table private.deal (id int); create table \"Open\" (id int);
             grant select on open, \"Open\", hidden to reader; grant select (id) on partly to reader;
             create table parent (id int); create table child () inherits (parent); insert into child values (1); insert into parent values (2);
             grant select on parent, child to reader",
        )
        .await;
    let state = server.connector("reader", "reader").hold(Protection::Notice).await.unwrap();
    let gaps: Vec<_> = state.gaps().iter().map(|gap| (gap.module.as_str(), gap.kind)).collect();
    let none = GapKind::NoPermission;
    assert_eq!(gaps, [("deal", none), ("closed", none), ("hidden", GapKind::RowSecurity), ("partly", none)]);
    let names: Vec<_> = state.modules().iter().map(|module| module.api_name.as_str()).collect();
    assert_eq!(names, ["public.Open", "child", "public.open", "parent"]);
    for name in ["parent", "child"] {
        assert_eq!(rows(&*state, module(&*state, name)).await.unwrap().len(), 1, "each row once");
    }
    // The owner of a table with forced row security sees nothing of it, and no error, unless row security is off.
    server.sql("create role boss login password 'boss'; alter table hidden owner to boss; alter table hidden force row level security").await;
    let forced = server.connector("boss", "boss").hold(Protection::Notice).await.unwrap();
    assert!(forced.gaps().iter().any(|gap| gap.module == "hidden" && gap.kind == GapKind::RowSecurity));
    let report = server.connector("reader", "reader").check().await.unwrap();
    assert!(report.server.starts_with("PostgreSQL ") && report.user == "reader" && report.tls.is_none(), "{report:?}");
    assert_eq!(report.advice, [SourceAdvice::HoldsOldRows, SourceAdvice::NotEncrypted]);
    assert!(server.owner().check().await.unwrap().advice.contains(&SourceAdvice::UserMayWrite));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_addresses_and_lost_connections_end_in_their_own_errors() {
    let mut server = Server::start("").await;
    let kind = async |connector: hozon_connector_postgres::Postgres| connector.check().await.expect_err("fails").kind;
    assert_eq!(kind(server.connector("postgres", "wrong")).await, SourceErrorKind::Password);
    assert_eq!(kind(server.connector("nobody", "secret")).await, SourceErrorKind::Password);
    let parsed = |address: &str| {
        let (settings, password) = DatabaseSettings::parse(address).unwrap();
        hozon_connector_postgres::Postgres::new(settings, password, Addresses::Any)
    };
    let address = server.address("postgres", "secret");
    assert_eq!(kind(parsed(&address.replace("/crm", "/none"))).await, SourceErrorKind::UnknownDatabase);
    assert_eq!(kind(parsed("postgres://a:b@127.0.0.1:1/crm")).await, SourceErrorKind::Unreachable);
    assert_eq!(kind(parsed(&format!("{address}?sslmode=verify-full"))).await, SourceErrorKind::NoTls);
    server.sql("create table big (id int primary key, body text); insert into big select n, repeat('x', 10000) from generate_series(1, 20000) n").await;
    let state = server.owner().hold(Protection::Notice).await.unwrap();
    let big = module(&*state, "big").clone();
    let mut pages = state.read(&big, None).await.unwrap().rows;
    assert!(pages.try_next().await.unwrap().is_some());
    server.crash();
    assert_eq!(failure(pages).await, SourceErrorKind::Interrupted);
}

/// A queued lock of ours would make the CRM wait, so that the connector gives up first.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_somebody_locks_is_busy() {
    let server = Server::start("").await;
    server.sql("create table deal (id int)").await;
    let state = server.owner().hold(Protection::Notice).await.unwrap();
    let client = server.client().await;
    client.batch_execute("begin; lock table deal in access exclusive mode").await.unwrap();
    let refused = rows(&*state, module(&*state, "deal")).await.expect_err("is locked");
    assert_eq!(refused.kind, SourceErrorKind::Busy);
    client.batch_execute("commit").await.unwrap();
    assert!(rows(&*state, module(&*state, "deal")).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_alters_a_locked_state_waits_until_it_ends() {
    let server = Server::start("").await;
    server
        .sql("create table deal (id int); insert into deal values (1); create table parted (id int) partition by range (id)")
        .await;
    let state = server.owner().hold(Protection::Lock).await.unwrap();
    let impatient = server.client().await;
    impatient.batch_execute("set lock_timeout = '200ms'").await.unwrap();
    for sql in ["truncate deal", "alter table deal add note text", "drop table parted"] {
        assert!(impatient.batch_execute(sql).await.is_err(), "{sql}");
    }
    server.sql("insert into deal values (2); update deal set id = 3 where id = 1").await;
    // Whoever waits for the lock does not hold up the reading.
    let patient = server.client().await;
    let waiting = tokio::spawn(async move { patient.batch_execute("truncate deal").await });
    while server.psql("select count(*) from pg_locks where not granted").trim() == "0" {
        tokio::task::yield_now().await;
    }
    let deal = module(&*state, "deal").clone();
    assert_eq!(rows(&*state, &deal).await.unwrap(), [[Some("1".to_owned())]]);
    state.confirm(&deal).await.unwrap();
    drop(state);
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_address_that_is_not_public_is_not_called_where_only_public_ones_may_be() {
    for host in ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254"] {
        let (settings, password) = DatabaseSettings::parse(&format!("postgres://a:b@{host}:1/crm?sslmode=verify-full")).unwrap();
        let connector = hozon_connector_postgres::Postgres::new(settings, password, Addresses::Public);
        assert_eq!(connector.check().await.expect_err(host).kind, SourceErrorKind::AddressNotAllowed, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_read_one_table_after_another_and_lock_none_that_they_have_read() {
    let server = Server::start("").await;
    let tables: Vec<_> = (0..20).map(|number| format!("t{number:02}")).collect();
    for table in &tables {
        server.sql(&format!("create table {table} (id int); insert into {table} values (1)")).await;
    }
    let state = server.owner().hold(Protection::Notice).await.unwrap();
    let impatient = server.client().await;
    impatient.batch_execute("set lock_timeout = '200ms'").await.unwrap();
    for table in &tables {
        assert_eq!(rows(&*state, module(&*state, table)).await.unwrap().len(), 1);
        impatient.batch_execute(&format!("alter table {table} add note text")).await.unwrap();
    }
    // The holder, the observer, and one that reads.
    assert_eq!(server.psql("select count(*) from pg_stat_activity where application_name = 'hozon'").trim(), "3");
    // Its snapshot is still the first.
    server.sql("insert into t00 values (2)").await;
    assert_eq!(rows(&*state, module(&*state, "t00")).await.unwrap().len(), 1);
}

/// A function is suspended when its call has ended: nothing of it runs then, so that nobody reads the rest of the table.
#[tokio::test]
async fn the_server_ends_a_query_whose_rows_are_not_read_to_the_end() {
    let server = Server::start("").await;
    server.sql("create table long (text text); insert into long select repeat('x', 1000) from generate_series(1, 100000)").await;
    let connector = server.owner();
    let holder = connector.hold(Protection::Notice).await.unwrap();
    let joined = connector.join(&holder.token().unwrap()).await.unwrap();
    for state in [joined, holder] {
        let mut pages = state.read(module(&*state, "long"), None).await.unwrap().rows;
        assert!(pages.try_next().await.unwrap().is_some());
        drop((pages, state));
        tokio::task::yield_now().await;
        let until = Instant::now() + Duration::from_secs(10);
        let reading = "select count(*) from pg_stat_activity where application_name = 'hozon' and state = 'active'";
        while server.psql(reading).trim() != "0" {
            assert!(Instant::now() < until, "the server still sends the table");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_the_primary_key_or_the_shortest_unique_index_without_null() {
    let server = Server::start("").await;
    server
        .sql(
            r#"create table line (text text, "Place ""x""" int, deal int, primary key (deal, "Place ""x""") include (text));
               create table code (id int, short text not null unique, long int not null, wide int not null, unique (long, wide));
               create table loose (id int unique, part int not null);
               create unique index on loose (part) where id > 0; create unique index on loose (lower(id::text));
               create table parted (year int, id int, primary key (id, year)) partition by range (year)"#,
        )
        .await;
    let state = server.owner().hold(Protection::Notice).await.unwrap();
    let key = |name: &str| module(&*state, name).key.clone();
    assert_eq!(key("line"), ["deal", "Place \"x\""]);
    assert_eq!(key("code"), ["short"]);
    assert!(key("loose").is_empty());
    assert_eq!(key("parted"), ["id", "year"]);
}
