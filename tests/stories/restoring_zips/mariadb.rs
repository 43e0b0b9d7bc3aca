//! The same with MariaDB.

use hozon_tests::{MariadbServer, World};
use reqwest::StatusCode;
use serde_json::json;

use super::{from_zips, require_equal};

const CRM: &str = "
create table firm (`Id` bigint unsigned auto_increment primary key, code varchar(20) character set latin1 not null default 'it''s ?',
    size decimal(12,2) default 1.50, twice decimal(13,2) as (size * 2) stored, half int as (size div 2) virtual,
    changed timestamp not null default current_timestamp() on update current_timestamp(), seen timestamp null, note text, raw blob,
    flags bit(8), kind enum('person', 'com''pany'), settings json, rate float, boss int, `Größe` double, token char(36) default (uuid()),
    unique code (code), constraint `no ``tick``` check (code <> 'x'));
create table person (id int primary key, firm bigint unsigned not null, name varchar(100) not null, chief int null,
    constraint of_firm foreign key (firm) references firm (`Id`) on delete cascade on update restrict,
    constraint of_chief foreign key (chief) references person (id) on delete set null);
alter table firm add constraint of_boss foreign key (boss) references person (id) on delete set null;
create table deal (year int, `No ``1``` int, firm bigint unsigned, primary key (year, `No ``1```),
    constraint code foreign key (firm) references firm (`Id`) on delete cascade);
create table `no key` (a int, b varchar(9));
insert into `no key` values (1, 'x'), (1, 'x'), (null, null);
create sequence numbers start with 100 increment by 5;
insert into firm (`Id`, code, size, note, raw, flags, kind, settings, rate, `Größe`)
    select seq + 4, concat('Code ', seq), seq / 7, concat('two', char(13, 10), 'lines', char(9), char(92), 'N ', seq), unhex(md5(seq)), seq % 256,
        if(seq % 2, 'person', 'com''pany'), json_object('k', seq), seq / 3, seq / 3 from seq_1_to_300;
insert into firm (code, note, raw, size) values ('', '', '', null), ('=1+1', null, x'00ff', 0);
insert into person select seq, 4 + 1 + seq % 300, concat('Person ', seq), null from seq_1_to_500;
update person set chief = if(id % 2 = 0, id - 1, id + 1) where id <= 400;
update firm set boss = `Id` where `Id` % 3 = 0 and `Id` < 300;
insert into deal select 2000 + seq, seq, 5 from seq_1_to_50;
delete from firm where `Id` = 304;
select next value for numbers
";

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_database_of_mariadb_is_made_again_from_the_zips_of_its_backup() {
    let (server, empty, world) = tokio::join!(MariadbServer::start(&[]), MariadbServer::start(&[]), World::start());
    server.sql(CRM).await;
    let database = json!({ "host": "127.0.0.1", "port": server.port(), "name": "crm", "user": "root", "password": "secret" });
    let body = json!({ "connection": { "kind": "mysql", "database": database } });
    assert_eq!(world.administrator().put("/backup/connection", &body.to_string()).await.status, StatusCode::OK);
    let zips = world.back_up_well().await;
    let address = empty.address("root", "secret");
    let data = ["--no-create-info", "--skip-extended-insert"];

    let tried = from_zips(&zips, &address, &["--create", "--dry-run"]).await;
    assert!(tried.code == Some(0) && tried.out.contains("Nothing was changed"), "{tried:?}");
    assert!(!empty.dump(&[]).contains("CREATE TABLE"));
    let restored = from_zips(&zips, &address, &["--create", "--yes"]).await;
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let expected = server.dump(&data);
    require_equal(&empty.dump(&data), &expected);
    require_equal(&empty.dump(&["--no-data"]), &server.dump(&["--no-data"]));
    let inserted = expected.lines().filter(|line| line.starts_with("INSERT")).count();
    println!("{inserted} rows: mariadb-dump of data and of the schema are equal");
    let again = from_zips(&zips, &address, &["--create", "--yes", "--change"]).await;
    assert!(again.code == Some(0) && again.out.contains("nothing to write"), "{again:?}");

    // The tables without their rows. Nothing says of a row without a key whether it is there.
    empty.sql("set foreign_key_checks = 0;\ndelete from deal;\ndelete from person").await;
    let filled = from_zips(&zips, &address, &["--yes"]).await;
    assert_eq!(filled.code, Some(0), "{filled:?}");
    empty.sql("delete from `no key`").await;
    let impossible = from_zips(&zips, &address, &["--yes"]).await;
    assert!(impossible.code == Some(1) && impossible.out.contains("nothing identifies"), "{impossible:?}");
    let filled = from_zips(&zips, &address, &["--yes", "--create"]).await;
    assert_eq!(filled.code, Some(0), "{filled:?}");
    require_equal(&empty.dump(&data), &expected);
    world.end().await;
}
