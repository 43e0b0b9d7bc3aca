//! The connector against a real server, which itself compares what was read with what it has.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use futures_util::TryStreamExt;
use hozon_connector_mysql::Mysql;
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::connection::DatabaseSettings;
use hozon_shared::domain::source::{GapKind, SourceAdvice, SourceErrorKind};
use hozon_shared::ports::{Connector, Protection};
use hozon_tests::MariadbServer as Server;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::sources::{Row, failure, module, rows};

/// One column for each kind of value that differs from its text elsewhere.
pub const EVERY_TYPE: &str = "
create table `Every ``Type``` (
    id bigint unsigned auto_increment primary key,
    tiny tinyint(1), small smallint unsigned zerofill, medium mediumint, number int(5) zerofill, big bigint unsigned, least bigint,
    exact decimal(30,10), single float, rounded float(7,3), `double` double, fixed double(20,4), bits bit(64), one bit(1),
    latin varchar(20) character set latin1, sjis varchar(20) character set sjis, cp932 text character set cp932,
    ujis varchar(20) character set ujis, ucs2 varchar(20) character set ucs2, utf8mb3 text character set utf8mb3,
    utf8mb4 longtext character set utf8mb4, padded char(5) character set utf8mb4, plain tinytext character set ascii,
    raw binary(4), variable varbinary(10), bytes mediumblob,
    day date, clock time(6), stamp datetime(6), moment timestamp(3) null, years year,
    choice enum('', 'a''b', '日本') character set utf8mb4, many set('x', 'y z', 'あ') character set utf8mb4, loose json,
    shape geometry, spot point, uid uuid, address inet6, `Größe ``x`` 大` text character set utf8mb4,
    twice bigint unsigned as (small * 2) stored, half int as (medium div 2) virtual, hidden int invisible default 7);
insert into `Every ``Type``` values
    (18446744073709551614, -1, 42, -8388608, 7, 18446744073709551615, -9223372036854775808,
     12345678901234567890.0123456789, 0.1, 1234.567, 0.1, 1234567890123456.7891, ~0, 1,
     _latin1 0x80E4F6, _sjis 0x93FA967B8ABF, _cp932 0x878163F3FC3F, _ujis 0xC6FCCBDC, _ucs2 0x003F65E5, '日本?',
     concat('tab', char(9), 'line', char(13, 10), 'back', char(92), 'quote\" ', char(1), ' 👩‍👩‍👧'), 'ab', 'plain?',
     0x00ff5c27, x'', 0x00,
     '9999-12-31', '-838:59:59.000001', '2026-11-24 01:02:03.000004', '2026-11-24 10:02:03.5', 2155,
     'a''b', 'x,あ', '{\"a\" : [1,  2], \"あ\": null}',
     st_geomfromtext('POLYGON((0 0,1 0,1 1,0 0))', 4326), point(1.5, -2), 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '::ffff:192.0.2.1', 'NULL',
     default, default);
insert into `Every ``Type``` (id, hidden) values (2, null);
insert into `Every ``Type``` (id, day, stamp, moment, years, latin, sjis, utf8mb4, padded, raw, variable, bytes, choice, many, clock, single, `double`, bits)
    values (3, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 0, '', '', '', '', 0x20, 0x20, '', '', '', '00:00:00', 3.4028235e38, 1.7976931348623157e308, 0);
insert into `Every ``Type``` (id, day, single, `double`, rounded) values (4, '2026-02-00', 16777216, 5e-324, -0.001), (5, null, 1e-45, -0.1, 1000), (6, null, 1.17549435e-38, 2.2250738585072014e-308, 0)
";

/// A session that takes values as a restoring program would.
async fn restoring(server: &Server) -> Conn {
    let mut client = server.client().await;
    client.query_drop("set session sql_mode = '', time_zone = '+00:00', names utf8mb4").await.expect("settings");
    client
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_read_as_text_that_the_server_reads_back_unchanged() {
    let server = Server::start(&["--default-time-zone=+09:00", "--character-set-server=latin1"]).await;
    let mut owner = server.client().await;
    owner
        .query_drop("set global sql_select_limit = 2, sql_mode = 'ANSI,PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES'")
        .await
        .unwrap();
    server.sql(&format!("set sql_mode = '';\n{EVERY_TYPE}")).await;
    let state = server.owner().hold(Protection::Notice).await.unwrap();
    let every = module(&*state, "Every `Type`").clone();
    let found = rows(&*state, &every).await.unwrap();
    assert_eq!(found.len(), 6);
    let mut client = restoring(&server).await;
    client.query_drop("create table copied like `Every ``Type```").await.unwrap();
    let is_generated = |name: &str| matches!(name, "twice" | "half");
    let fields: Vec<_> = every.fields.iter().enumerate().filter(|(_, field)| !is_generated(&field.api_name)).collect();
    for row in &found {
        let names: Vec<_> = fields.iter().map(|(_, field)| quoted(&field.api_name)).collect();
        let values = fields.iter().map(|(_, field)| match field.data_type.as_str() {
            kind if kind.contains("0x and hexadecimal digits") => "unhex(substr(?, 3))",
            kind if kind.starts_with("bit") => "cast(? as unsigned)",
            _ => "?",
        });
        let sql = format!("insert into copied ({}) values ({})", names.join(", "), values.collect::<Vec<_>>().join(", "));
        let values: Vec<mysql_async::Value> = fields.iter().map(|(at, _)| row[*at].clone().into()).collect();
        client.exec_drop(sql, values).await.unwrap();
    }
    for field in &every.fields {
        let name = quoted(&field.api_name);
        let numbers = if field.data_type.starts_with("float") || field.data_type.starts_with("double") {
            format!("and a.{name} + 0e0 <=> b.{name} + 0e0")
        } else {
            String::new()
        };
        let sql = format!(
            "select count(*) from `Every ``Type``` a join copied b using (id) where hex(a.{name}) <=> hex(b.{name}) {numbers}"
        );
        let equal: Option<u64> = client.query_first(sql).await.unwrap();
        assert_eq!(
            equal,
            Some(6),
            "{name}: {:?}",
            found.iter().map(|row| &row[position(&every, &field.api_name)]).collect::<Vec<_>>()
        );
    }
    let last = found.last().unwrap();
    let text = |name: &str| last[position(&every, name)].clone().unwrap();
    assert_eq!(
        (text("big"), text("bits"), text("single")),
        ("18446744073709551615".to_owned(), u64::MAX.to_string(), "0.1".to_owned())
    );
    assert_eq!(
        (text("moment").as_str(), text("raw").as_str(), text("variable").as_str()),
        ("2026-11-24 01:02:03.500", "0x00ff5c27", "")
    );
    assert_eq!((text("latin").as_str(), text("sjis").as_str(), text("ucs2").as_str()), ("€äö", "日本漢", "?日"));
}

fn position(module: &hozon_shared::domain::source::SourceModule, name: &str) -> usize {
    module.fields.iter().position(|field| field.api_name == name).unwrap_or_else(|| panic!("no {name}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_cannot_be_converted_is_an_error_and_never_a_question_mark() {
    let server = Server::start(&[]).await;
    server
        .sql(
            "create table bad (id int primary key, note varchar(20) character set sjis);
             insert into bad values (1, 'ok?'), (2, _sjis 0x8740);
             create table good (id int primary key, note varchar(20) character set cp932);
             insert into good values (1, _cp932 0x87903F)",
        )
        .await;
    let state = server.owner().hold(Protection::Notice).await.unwrap();
    let refused = rows(&*state, module(&*state, "bad")).await.expect_err("a character that sjis does not have");
    assert_eq!(refused.kind, SourceErrorKind::Unreadable("bad".to_owned()));
    // A question mark beside a character that has two codes is a question mark.
    assert_eq!(rows(&*state, module(&*state, "good")).await.unwrap(), [[Some("1".to_owned()), Some("≒?".to_owned())]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_state_is_read_whatever_changes() {
    let server = Server::start(&[]).await;
    server
        .sql(
            "create table account (id int primary key, amount int);
             insert into account select seq, 100 from seq_1_to_200;
             create table log (id int);
             create table queue (id int) engine = MyISAM;
             insert into queue values (1)",
        )
        .await;
    server.sql("create user reader identified by 'reader';\ngrant select on crm.* to reader").await;
    for connector in [server.owner(), server.connector("reader", "reader")] {
        let state = connector.hold(Protection::Notice).await.unwrap();
        server
            .sql(
                "update account set amount = amount - 50 where id <= 100;
                 update account set amount = amount + 50 where id > 100;
                 delete from account where id = 7;
                 insert into account values (1000, 1);
                 create table later (id int);
                 insert into log values (1)",
            )
            .await;
        let account = module(&*state, "account").clone();
        let found = rows(&*state, &account).await.unwrap();
        assert!(found.iter().all(|row| row[1].as_deref() == Some("100")) && found.len() == 200, "{found:?}");
        assert_eq!(found[6][0].as_deref(), Some("7"), "in the order of the key");
        state.confirm(&account).await.unwrap();
        assert!(state.modules().iter().all(|module| module.api_name != "later"));
        assert!(rows(&*state, module(&*state, "log")).await.unwrap().is_empty());
        assert_eq!(rows(&*state, module(&*state, "queue")).await.unwrap().len(), 1);
        assert!(state.gaps().iter().any(|gap| gap.module == "queue" && gap.kind == GapKind::Inconsistent));
        // A table that was read is free again, although the state goes on.
        server
            .sql(
                "drop table later;
                 alter table account add note text;
                 drop table account;
                 create table account (id int primary key, amount int);
                 insert into account select seq, 100 from seq_1_to_200;
                 truncate log",
            )
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_snapshot_does_not_protect_from_is_noticed() {
    let server = Server::start(&[]).await;
    let names = ["emptied", "rewritten", "dropped", "altered", "exchanged", "remade"];
    for name in names {
        server
            .sql(&format!("create table {name} (id int primary key, note text);\ninsert into {name} values (1, 'a'), (2, 'b')"))
            .await;
    }
    server.sql("create table other (id int primary key, note text, more int);\ncreate table parted (id int) partition by range (id) (partition a values less than (10));\ninsert into parted values (1)").await;
    let state = server.owner().hold(Protection::Notice).await.unwrap();
    server
        .sql(
            "truncate emptied;
             alter table rewritten modify id bigint;
             drop table dropped;
             alter table altered drop note;
             rename table exchanged to old, other to exchanged;
             drop table remade;
             create table remade (id int primary key, note text);
             alter table parted truncate partition a",
        )
        .await;
    for name in names.into_iter().chain(["parted"]) {
        let refused = rows(&*state, module(&*state, name)).await.expect_err(name);
        assert_eq!(refused.kind, SourceErrorKind::Changed(name.to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_may_not_read_is_named_and_never_left_out_silently() {
    let server = Server::start(&[]).await;
    let wide: Vec<_> = (1..=100).map(|n| format!("c{n} int default {n}")).collect();
    server
        .sql(&format!(
            "create table open (id int);
             create table closed (id int);
             create table partly (id int, secret text);
             create table Deal (id int primary key);
             create table deal (id int primary key);
             insert into Deal values (1);
             insert into deal values (2);
             create table keyless (a int, b text);
             insert into keyless values (1, 'x'), (1, 'x'), (null, null);
             create table wide ({});
             insert into wide () values ();
             create table queue (id int) engine = Aria transactional = 0;
             create view seen as select * from open;
             create user few identified by 'few';
             grant select on crm.open to few;
             grant select (id) on crm.partly to few;
             create user reader identified by 'reader';
             grant select on `cr_`.* to reader;
             create role readers;
             grant select on crm.* to readers;
             create user member identified by 'member';
             grant readers to member;
             set default role readers for member;
             create user quick identified by 'quick';
             grant select, reload on *.* to quick",
            wide.join(", ")
        ))
        .await;
    let gaps = async |user: &str| {
        let report = server.connector(user, user).check().await.unwrap();
        report.gaps.into_iter().map(|gap| (gap.module, gap.kind)).collect::<Vec<_>>()
    };
    let gap = |name: &str, kind| (name.to_owned(), kind);
    assert_eq!(gaps("few").await, [gap("*", GapKind::NoPermission), gap("partly", GapKind::NoPermission)]);
    for user in ["reader", "member", "quick"] {
        assert_eq!(gaps(user).await, [gap("queue", GapKind::Inconsistent)], "{user}");
    }
    let report = server.connector("reader", "reader").check().await.unwrap();
    assert!(report.server.starts_with("MariaDB ") && report.user == "reader" && report.tls.is_none(), "{report:?}");
    assert_eq!(report.advice, [SourceAdvice::HoldsOldRows, SourceAdvice::NotEncrypted, SourceAdvice::OneReader]);
    let quick = server.connector("quick", "quick").check().await.unwrap();
    assert_eq!(quick.advice, [SourceAdvice::HoldsOldRows, SourceAdvice::NotEncrypted]);
    assert!(server.owner().check().await.unwrap().advice.contains(&SourceAdvice::UserMayWrite));

    let state = server.connector("reader", "reader").hold(Protection::Notice).await.unwrap();
    let names: Vec<_> = state.modules().iter().map(|module| module.api_name.as_str()).collect();
    assert_eq!(names, ["Deal", "closed", "deal", "keyless", "open", "partly", "queue", "wide"]);
    let read = async |name: &str| rows(&*state, module(&*state, name)).await.unwrap();
    let one = |text: &str| -> Row { vec![Some(text.to_owned())] };
    assert_eq!((read("Deal").await, read("deal").await), (vec![one("1")], vec![one("2")]));
    assert_eq!(read("keyless").await.len(), 3);
    assert_eq!(read("wide").await[0].last(), Some(&Some("100".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_addresses_and_lost_connections_end_in_their_own_errors() {
    let mut server = Server::start(&[]).await;
    let kind = async |connector: Mysql| connector.check().await.expect_err("fails").kind;
    assert_eq!(kind(server.connector("root", "wrong")).await, SourceErrorKind::Password);
    assert_eq!(kind(server.connector("nobody", "secret")).await, SourceErrorKind::Password);
    let parsed = |address: &str| {
        let (settings, password) = DatabaseSettings::parse(address).unwrap();
        Mysql::new(settings, password, Addresses::Any)
    };
    let address = server.address("root", "secret");
    assert_eq!(kind(parsed(&address.replace("/crm", "/none"))).await, SourceErrorKind::UnknownDatabase);
    server.sql("create user outsider identified by 'x'").await;
    assert_eq!(kind(server.connector("outsider", "x")).await, SourceErrorKind::NoPermission("crm".to_owned()));
    assert_eq!(kind(parsed("mysql://a:b@127.0.0.1:1/crm")).await, SourceErrorKind::Unreachable);
    assert_eq!(kind(parsed(&format!("{address}?sslmode=verify-full"))).await, SourceErrorKind::NoTls);
    server
        .sql("create table big (id int primary key, body text);\ninsert into big select seq, repeat('x', 10000) from seq_1_to_20000;\ncreate table small (id int)")
        .await;
    let state = server.owner().hold(Protection::Notice).await.unwrap();
    let big = module(&*state, "big").clone();
    // Rows that nobody wants any more are not sent: the table can be altered, and the other connection reads on.
    let mut pages = state.read(&big, None).await.unwrap().rows;
    assert!(pages.try_next().await.unwrap().is_some());
    drop(pages);
    server.sql("alter table big add more int").await;
    assert!(rows(&*state, module(&*state, "small")).await.unwrap().is_empty());

    let state = server.owner().hold(Protection::Notice).await.unwrap();
    let mut pages = state.read(module(&*state, "big"), None).await.unwrap().rows;
    assert!(pages.try_next().await.unwrap().is_some());
    server.crash();
    assert_eq!(failure(pages).await, SourceErrorKind::Interrupted);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_alters_a_locked_state_waits_until_it_ends() {
    let server = Server::start(&[]).await;
    server
        .sql("create table deal (id int primary key);\ninsert into deal values (1);\ncreate table note (id int) engine = MyISAM")
        .await;
    let state = server.owner().hold(Protection::Lock).await.unwrap();
    let mut impatient = server.client().await;
    impatient.query_drop("set lock_wait_timeout = 0").await.unwrap();
    for sql in ["truncate deal", "alter table deal add note text", "drop table note"] {
        assert!(impatient.query_drop(sql).await.is_err(), "{sql}");
    }
    server.sql("insert into deal values (2);\nupdate deal set id = 3 where id = 1").await;
    // Whoever waits for the lock does not hold up the reading.
    let mut patient = server.client().await;
    let waiting = tokio::spawn(async move { patient.query_drop("truncate deal").await });
    let waits = "select count(*) from information_schema.PROCESSLIST where STATE like 'Waiting for table metadata lock%'";
    while impatient.query_first::<u64, _>(waits).await.unwrap() == Some(0) {
        tokio::task::yield_now().await;
    }
    let deal = module(&*state, "deal").clone();
    for _ in 0..3 {
        assert_eq!(rows(&*state, &deal).await.unwrap(), [[Some("1".to_owned())]]);
    }
    drop(state);
    waiting.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_for_others_connects_to_no_private_address() {
    for host in ["127.0.0.1", "localhost", "10.0.0.1", "[::1]"] {
        let (settings, password) = DatabaseSettings::parse(&format!("mysql://a:b@{host}:1/crm?sslmode=verify-full")).unwrap();
        let refused = Mysql::new(settings, password, Addresses::Public).check().await.expect_err(host);
        assert_eq!(refused.kind, SourceErrorKind::AddressNotAllowed, "{host}");
    }
}

/// Makes an authority and a certificate for 127.0.0.1 with OpenSSL, which the server may read. Returns the folder.
fn certificates() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout"];
    std::fs::write(folder.path().join("names"), "subjectAltName = IP:127.0.0.1").unwrap();
    let sign = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "cert.pem"];
    for arguments in [
        [&["req", "-x509", "-subj", "/CN=Authority", "-days", "2", "-out", "ca.pem"][..], &key, &["ca.key"]].concat(),
        [&["req", "-subj", "/CN=Database", "-out", "request.pem"][..], &key, &["key.pem"]].concat(),
        [&["x509", "-req", "-in", "request.pem"][..], &sign].concat(),
    ] {
        let made = Command::new("openssl").args(&arguments).current_dir(folder.path()).output().expect("openssl");
        assert!(made.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&made.stderr));
    }
    for (name, mode) in [("", 0o755), ("cert.pem", 0o644), ("key.pem", 0o644)] {
        std::fs::set_permissions(folder.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_of_the_server_is_verified() {
    let folder = certificates();
    let option = |name: &str, file: &str| format!("--ssl-{name}={}", folder.path().join(file).display());
    let server = Server::start(&[&option("cert", "cert.pem"), &option("key", "key.pem")]).await;
    let address = format!("{}?sslmode=verify-full", server.address("root", "secret"));
    let connector = |address: &str, ca: Option<&str>| {
        let (settings, password) = DatabaseSettings::parse(address).unwrap();
        let ca = ca.map(|file| std::fs::read_to_string(folder.path().join(file)).unwrap());
        Mysql::new(DatabaseSettings { ca, ..settings }, password, Addresses::Any)
    };
    let report = connector(&address, Some("ca.pem")).check().await.unwrap();
    assert!(report.tls.as_deref().is_some_and(|version| version.starts_with("TLSv1.")), "{report:?}");
    assert!(!report.advice.contains(&SourceAdvice::NotEncrypted));
    for (address, ca) in [(address.clone(), None), (address.replace("127.0.0.1", "localhost"), Some("ca.pem"))] {
        assert_eq!(connector(&address, ca).check().await.expect_err("not trusted").kind, SourceErrorKind::Certificate);
    }
}
