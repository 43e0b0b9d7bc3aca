//! The writer against a real server: what the server's own client reads after a restore is what was there before.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use hozon_connector_database::OutsideFiles;
use hozon_shared::aws::file_buckets;
use hozon_shared::domain::profile::{self, FileSource, RecordId};
use hozon_shared::domain::writing::{FileHashes, Hindrance, HindranceKind, RecordWrite, Refusal, WriteOutcome};
use hozon_shared::ports::{Connector, FileBytes, FileWrite, Writer};
use hozon_tests::MariadbServer as Server;
use mysql_async::prelude::Queryable;
use sha2::{Digest, Sha256};

use crate::mariadb::EVERY_TYPE;
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

/// The server's own sums of its tables' rows.
async fn checksums(server: &Server, tables: &[&str]) -> Vec<(String, Option<u64>)> {
    let tables: Vec<_> = tables.iter().map(|table| format!("`{}`", table.replace('`', "``"))).collect();
    server.client().await.query(format!("checksum table {} extended", tables.join(", "))).await.unwrap()
}

fn only(all: &BTreeMap<String, Seen>, names: &[&str]) -> BTreeMap<String, Seen> {
    let seen =
        |name: &&str| ((*name).to_owned(), Seen { module: all[*name].module.clone(), records: all[*name].records.clone() });
    names.iter().map(seen).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_written_back_unchanged() {
    let server = Server::start(&["--default-time-zone=+09:00", "--character-set-server=latin1"]).await;
    let wide: Vec<_> = (1..=100).map(|n| format!("`Column {n} ``x``` int default {n}")).collect();
    server
        .sql(&format!(
            "set sql_mode = '';\n{EVERY_TYPE};
             create table wide (id int primary key, {});
             insert into wide (id) select seq from seq_0_to_250",
            wide.join(", ")
        ))
        .await;
    let mut owner = server.client().await;
    owner.query_drop("set global sql_mode = 'ANSI,PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES'").await.unwrap();
    let tables = ["Every `Type`", "wide"];
    let (before, sums, writer) = (see(&server.owner()).await, checksums(&server, &tables).await, writer(&server));
    server.sql("delete from `Every ``Type```;\ndelete from wide").await;
    restore(&*writer, &only(&before, &tables), &see(&server.owner()).await).await;
    assert_eq!(checksums(&server, &tables).await, sums);
    // The first record becomes as each of the others, field by field, and then as it was.
    let every = &before["Every `Type`"];
    for other in &every.records[1..] {
        let (first, other) = (every.records[0].clone(), [&every.records[0][..1], &other[1..]].concat());
        for (seen, wanted) in [(&first, &other), (&other, &first)] {
            let change = RecordWrite { seen: Some(seen.clone()), wanted: Some(wanted.clone()) };
            assert_eq!(write(&*writer, &every.module, std::slice::from_ref(&change)).await, [WRITTEN]);
            assert_eq!(write(&*writer, &every.module, &[change]).await, [WriteOutcome::AlreadyThere]);
        }
    }
    assert_eq!(checksums(&server, &tables).await, sums);
    require_same(&before, &see(&server.owner()).await);
}

/// Random changes, some of them after the plan was made: a record is written exactly if it is what the plan saw.
#[tokio::test(flavor = "multi_thread")]
async fn what_changed_after_the_plan_is_left_and_all_else_is_as_before() {
    let server = Server::start(&[]).await;
    server
        .sql(
            "create table deal (id int auto_increment primary key, name varchar(200), amount decimal(12,2), at datetime(6) default '2026-01-01');
             insert into deal (id, name, amount) select seq, concat('Deal ', seq), seq from seq_1_to_600",
        )
        .await;
    let (before, writer) = (see(&server.owner()).await, writer(&server));
    for round in 0..5 {
        let garble = |share: usize, word: &str| {
            let ids: Vec<String> = (1..=700).filter(|_| fastrand::usize(0..100) < share).map(|id| id.to_string()).collect();
            let ids = format!("(0, {})", if ids.is_empty() { "0".to_owned() } else { ids.join(", ") });
            format!(
                "update deal set name = concat(name, '{word}'), amount = null where id in {ids} and id % 3 = 0;
                 delete from deal where id in {ids} and id % 3 = 1;
                 insert ignore into deal (id, name, amount) select seq, '{word}', 1 from seq_1_to_700 where seq in {ids} and seq % 3 = 2"
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
            let should_be = match (now.get(&key) == wanted.get(&key), now.get(&key) == write.seen.as_ref()) {
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
const DEALS: &str = "create table owner (id int primary key);
insert into owner values (1);
create table deal (id int primary key, owner int not null, code varchar(3) character set latin1, amount int, boss int, name longtext not null,
    constraint of_owner foreign key (owner) references owner (id), constraint one_code unique (code),
    constraint not_below check (amount >= 0), constraint of_boss foreign key (boss) references deal (id));
insert into deal values (100, 1, 'z', 1, null, 'x');
create trigger forbid before insert on deal for each row if new.name = 'forbidden' then signal sqlstate '45000' set message_text = 'not this'; end if";

fn deal(id: u32, owner: Option<&str>, code: &str, amount: &str, boss: Option<&str>, name: &str) -> RecordWrite {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let wanted = vec![some(&id.to_string()), owned(owner), some(code), some(amount), owned(boss), some(name)];
    RecordWrite { seen: None, wanted: Some(wanted) }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_about_one_record_does_not_hinder_others() {
    let server = Server::start(&["--max-allowed-packet=1M"]).await;
    server.sql(DEALS).await;
    let (writer, seen) = (writer(&server), see(&server.owner()).await);
    let (one, long) = (Some("1"), "x".repeat(2 << 20));
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
        deal(10, one, "日", "1", None, "x"),
        deal(11, one, "k", "1", Some("77"), "x"),
        deal(12, one, "l", "1", None, &long),
        deal(0, one, "m", "1", None, "a\0b"),
    ];
    let named = |name: &str| some(name);
    let expected = [
        WRITTEN,
        refused(Refusal::Reference { rule: named("of_owner") }),
        refused(Refusal::Duplicate { rule: named("one_code") }),
        refused(Refusal::MissingValue { field: named("owner") }),
        refused(Refusal::Rule { rule: named("not_below") }),
        refused(Refusal::Value { field: named("code") }),
        refused(Refusal::Value { field: named("amount") }),
        refused(Refusal::Rule { rule: None }),
        WRITTEN,
        refused(Refusal::Value { field: named("code") }),
        refused(Refusal::Reference { rule: named("of_boss") }),
        refused(Refusal::Other { code: "1153".to_owned() }),
        WRITTEN,
    ];
    let deals = &seen["deal"].module;
    assert_eq!(write(&*writer, deals, &writes).await, expected);
    let ids: Option<String> = server.client().await.query_first("select group_concat(id order by id) from deal").await.unwrap();
    assert_eq!(ids.as_deref(), Some("0,1,9,100"));
    // Who is referred to stays; the others go.
    let delete = |at: usize| RecordWrite { seen: writes[at].wanted.clone(), wanted: None };
    let change = |at: usize| {
        let mut wanted = writes[at].wanted.clone().unwrap();
        wanted[4] = None;
        RecordWrite { seen: writes[at].wanted.clone(), wanted: Some(wanted) }
    };
    let outcomes = write(&*writer, deals, &[delete(8), delete(12)]).await;
    assert_eq!(outcomes, [refused(Refusal::Reference { rule: named("of_boss") }), WRITTEN]);
    assert_eq!(write(&*writer, deals, &[change(8), delete(0)]).await, [WRITTEN, WRITTEN]);
    without_rights_or_table(&server, &*writer, &seen, &writes).await;
}

/// A user without rights, and a table that is gone.
async fn without_rights_or_table(server: &Server, writer: &dyn Writer, seen: &BTreeMap<String, Seen>, writes: &[RecordWrite]) {
    let deals = &seen["deal"].module;
    server.sql("create user reader identified by 'reader';\ngrant select, update on crm.* to reader").await;
    let reader = server.connector("reader", "reader").writer().unwrap();
    assert_eq!(write(&*reader, deals, &writes[12..]).await, [refused(Refusal::NoPermission)]);
    server.sql("drop table deal").await;
    assert!(writer.write(deals, writes).await.is_err());
    let owner = RecordWrite { seen: None, wanted: Some(vec![some("2")]) };
    assert_eq!(write(writer, &seen["owner"].module, &[owner]).await, [WRITTEN], "a failed call hinders no other");
}

/// Circles of foreign keys, counters, generated columns, triggers, columns that the backup does not have, keys of several columns and of
/// text: all is as before, and the CRM goes on with new numbers.
#[tokio::test(flavor = "multi_thread")]
async fn a_whole_database_is_as_before_and_goes_on() {
    let server = Server::start(&[]).await;
    server
        .sql(
            "create table account (id bigint unsigned auto_increment primary key, name varchar(100), main_contact int, parent bigint unsigned,
                 shout varchar(100) as (upper(name)) stored, foreign key (parent) references account (id));
             create table contact (id int auto_increment primary key, account bigint unsigned not null, foreign key (account) references account (id));
             alter table account add constraint main foreign key (main_contact) references contact (id);
             create table `Note ``1``` (`Code` varchar(20) character set latin1, year year, contact int, text text, primary key (`Code`, year),
                 foreign key (contact) references contact (id) on delete cascade);
             create table audit (id int auto_increment primary key, what varchar(20));
             create trigger note after insert on contact for each row insert into audit (what) values ('INSERT');
             create table queue (id int auto_increment primary key, what varchar(20)) engine = MyISAM;
             insert into account (name) select concat('Account ', seq) from seq_1_to_250;
             update account set parent = id % 7 + 1 where id > 7;
             update account set parent = 200 where id < 3;
             insert into contact (account) select seq from seq_1_to_250;
             update account set main_contact = id where id % 2 = 0;
             insert into `Note ``1``` select concat('Größe ', seq), 2000 + seq % 50, seq, 'x' from seq_1_to_250;
             insert into queue (what) select 'x' from seq_1_to_250;
             insert into contact (account) values (1), (2);
             delete from contact where id > 250",
        )
        .await;
    let tables = ["account", "contact", "Note `1`", "queue"];
    let (before, sums, writer) = (see(&server.owner()).await, checksums(&server, &tables).await, writer(&server));
    server
        .sql(
            "update account set main_contact = null, parent = null;
             delete from audit;
             delete from contact;
             delete from account where id % 10 <> 3;
             update account set name = 'garbled' where id % 20 = 3;
             insert into account (id, name) values (251, 'newer');
             update account set parent = 251 where id = 13;
             delete from queue where id % 3 = 0;
             update queue set what = 'y' where id % 3 = 1;
             alter table contact auto_increment = 1;
             alter table contact add later varchar(10) default 'kept'",
        )
        .await;
    restore(&*writer, &only(&before, &tables), &see(&server.owner()).await).await;
    server.sql("alter table contact drop later").await;
    assert_eq!(checksums(&server, &tables).await, sums);
    require_same(&only(&before, &tables), &see(&server.owner()).await);
    let mut client = server.client().await;
    let inserted: Option<u64> = client.query_first("select count(*) from audit where what = 'INSERT'").await.unwrap();
    assert_eq!(inserted, Some(250), "triggers are as they are");
    server.sql("insert into contact (account) values (1);\ninsert into account (name) values ('new')").await;
    let found: Option<(u64, u64)> =
        client.query_first("select (select max(id) from contact), (select max(id) from account)").await.unwrap();
    let next = |table: &str| before[table].module.structure.as_ref().unwrap().auto_increment.unwrap();
    assert!(next("contact") > 251, "numbers were given to contacts that were deleted");
    assert_eq!(found, Some((next("contact"), next("account"))), "numbers that were given once are not given again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hinders_writing_is_known_before() {
    let server = Server::start(&[]).await;
    server
        .sql(
            "create table deal (id int primary key, name text, amount int);
             create table gone (id int primary key);
             create table keyless (id int);
             create table closed (id int primary key)",
        )
        .await;
    let modules: Vec<_> = see(&server.owner()).await.into_values().map(|seen| seen.module).collect();
    server
        .sql(
            "drop table gone;
             alter table deal drop amount, add kind varchar(10) not null, add more int not null default 1;
             create user clerk identified by 'clerk';
             grant select, insert on crm.deal to clerk;
             grant update (id, kind) on crm.deal to clerk;
             grant select on crm.closed to clerk;
             grant all on crm.keyless to clerk",
        )
        .await;
    let hindrance =
        |module: &str, kind, field: Option<&str>| Hindrance { module: module.to_owned(), kind, field: field.map(str::to_owned) };
    let of_all = [
        hindrance("deal", HindranceKind::Gone, Some("amount")),
        hindrance("deal", HindranceKind::RequiredField, Some("kind")),
        hindrance("gone", HindranceKind::Gone, None),
        hindrance("keyless", HindranceKind::NoKey, None),
    ];
    assert_eq!(writer(&server).check(&modules).await.unwrap(), of_all);
    let clerk = server.connector("clerk", "clerk").writer().unwrap().check(&modules).await.unwrap();
    let of_clerk =
        [hindrance("closed", HindranceKind::NoPermission, None), hindrance("deal", HindranceKind::NoPermission, Some("name"))];
    assert_eq!(clerk.iter().filter(|known| known.kind == HindranceKind::NoPermission).cloned().collect::<Vec<_>>(), of_clerk);
    let keyless = modules.iter().find(|module| module.api_name == "keyless").unwrap();
    let row = RecordWrite { seen: None, wanted: Some(vec![some("1")]) };
    assert_eq!(write(&*writer(&server), keyless, &[row]).await, [refused(Refusal::Unsupported)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_written_where_the_profile_says_that_they_lie() {
    let (server, folder) = (Server::start(&["--max-allowed-packet=16M"]).await, tempfile::tempdir().unwrap());
    server
        .sql(
            "create table file (id varchar(10) character set latin1 primary key, name text, data longblob, path text);
             insert into file values ('ä1', 'column', null, null), ('2', 'folder', null, 'a/b.pdf'), ('3', 'full', x'00', 'a/c.pdf')",
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
            large_object: None,
            path: Some("{path}".to_owned()),
            folder: None,
        },
    };
    let outside = OutsideFiles::new(folder.path().display().to_string().parse().unwrap(), file_buckets());
    let writer = server.owner().with_files(Some(outside)).writer().unwrap();
    let module = &see(&server.owner()).await["file"].module;
    let file = |id: &str, seen: Option<&[u8]>, bytes: &[u8]| {
        let pieces: Vec<_> = bytes.chunks(1 << 20).map(bytes::Bytes::copy_from_slice).collect();
        let size = bytes.len() as u64;
        let hash = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
        let hashes = FileHashes { seen: seen.map(hash), wanted: hash(bytes) };
        let bytes = FileBytes::new(move || stream::iter(pieces.clone()).map(Ok).boxed());
        FileWrite { id: id.to_owned(), record_id: id.to_owned(), name: "x".to_owned(), size, hashes, bytes }
    };
    let large: Vec<u8> = (0..5_000_000_u32).map(|at| (at / 3) as u8).collect();
    let there = |id: &str| match id {
        "3" => Some(&[0][..]),
        _ => None,
    };
    for (before, bytes) in [(None, &large[..]), (Some(&large[..]), &b""[..]), (Some(&b""[..]), &b"short"[..])] {
        for id in ["ä1", "2", "3"] {
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
        let found: Vec<Vec<u8>> = server.client().await.query("select data from file where data is not null").await.unwrap();
        assert!(found.len() == 2 && found.iter().all(|found| found == bytes));
        assert!(std::fs::read(folder.path().join("a/b.pdf")).unwrap() == bytes);
    }
    let too_long = writer.write_file(module, Some(&source), &file("3", Some(b"short"), &vec![1; 17 << 20])).await.unwrap();
    assert_eq!(too_long, refused(Refusal::Other { code: "1153".to_owned() }));
    let gone = writer.write_file(module, Some(&source), &file("77", None, b"x")).await.unwrap();
    assert_eq!(gone, refused(Refusal::Reference { rule: None }));
    assert_eq!(writer.write_file(module, None, &file("2", None, b"x")).await.unwrap(), refused(Refusal::Unsupported));
}
