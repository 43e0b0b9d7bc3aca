//! A CRM in a MariaDB database: connecting it, and backups that MariaDB itself reads back.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hozon_tests::{MariadbServer, World, unzip};
use mysql_async::prelude::Queryable;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::databases::with_plain_csv;

/// Backups that are made while writers change the database; more by `HOZON_BACKUPS`.
const BACKUPS: usize = 6;
const ACCOUNTS: u64 = 4000;

fn connection(server: &MariadbServer, user: &str, password: &str) -> Value {
    let database = json!({ "host": "127.0.0.1", "port": server.port(), "name": "crm", "user": user, "password": password });
    json!({ "connection": { "kind": "mysql", "database": database } })
}

async fn connect(world: &World, server: &MariadbServer, user: &str, password: &str) {
    let set = world.administrator().put("/backup/connection", &connection(server, user, password).to_string()).await;
    assert_eq!((set.status, &set.body["connection"]["kind"]), (StatusCode::OK, &json!("mysql")), "{set:?}");
}

/// Loads a CSV file of a backup as text into the table `copied`, as MariaDB reads it, and counts the rows that differ from what
/// `expected` selects.
async fn differing_rows(server: &MariadbServer, csv: &[u8], columns: usize, expected: &str) -> u64 {
    let file = server.folder().join("copied.csv");
    std::fs::write(&file, csv).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut client = server.client().await;
    let names: Vec<_> = (1..=columns).map(|n| format!("c{n} longtext")).collect();
    client.query_drop(format!("create or replace table copied ({}) character set utf8mb4", names.join(", "))).await.unwrap();
    let load = format!(
        "load data infile '{}' into table copied character set utf8mb4 fields terminated by ',' optionally enclosed by '\"' escaped by ''
         lines terminated by '\\r\\n' ignore 1 lines",
        file.display()
    );
    client.query_drop(load).await.unwrap();
    let mut count =
        async |sql: String| client.query_first::<u64, _>(format!("select count(*) from ({sql}) x")).await.unwrap().unwrap();
    let loaded = count("select * from copied".to_owned()).await;
    assert_eq!(loaded, count(expected.to_owned()).await, "rows of the file");
    count(format!("({expected}) except all select * from copied")).await
}

const CRM: &str = "
create table contact (id bigint unsigned auto_increment primary key, name varchar(100) comment '氏名', born date, notes text, score double,
    rate float, raw blob, flags bit(8), kind enum('person', 'company'), kana varchar(40) character set sjis,
    lower_name varchar(100) as (lower(name)) stored) character set utf8mb4 comment '連絡先';
insert into contact (name, born, notes, score, rate, raw, flags, kind, kana) values
    ('山田 太郎', '1980-02-29', null, 0.1, 0.1, 0x00ff, 5, 'person', 'ヤマダ'),
    ('O''Brien, \"Pat\"', null, '', 1e300, 16777216, x'', null, 'company', null),
    ('=1+1', null, concat('two', char(13, 10), 'lines', char(9), char(92), 'N'), null, null, null, 0, null, '?');
insert into contact (name, notes) select concat('Contact ', seq), repeat(md5(seq), 30) from seq_1_to_3000;
create table Deal (code varchar(20) primary key, sum decimal(20, 2));
insert into Deal values ('A-1', 123456789012345678.90), ('', 0);
create table deal (id int);
insert into deal values (1), (1), (null);
create table queue (id int) engine = MyISAM;
insert into queue values (1)
";

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_reads_a_backup_of_its_database_back_unchanged() {
    let (server, world) = tokio::join!(MariadbServer::start(&[]), World::start());
    server.sql(CRM).await;
    with_plain_csv(&world).await;
    connect(&world, &server, "root", "secret").await;
    let zips = world.back_up_well().await;
    // NULL and the empty text are the same to LOAD DATA; `notes.csv` below tells them apart.
    let contacts = "select id, name, coalesce(born, ''), coalesce(notes, ''), coalesce(score, ''),
        coalesce(if(rate > 1, concat(rate + 0e0), concat(rate)), ''),
        if(length(raw) > 0, concat('0x', lower(hex(raw))), ''), coalesce(flags + 0, ''), coalesce(kind, ''),
        coalesce(convert(kana using utf8mb4), ''), lower_name from contact";
    let contacts_in = unzip(&zips[0], "contact.csv");
    assert_eq!(differing_rows(&server, &contacts_in, 11, contacts).await, 0);
    let manifest: Value = serde_json::from_slice(&unzip(&zips[0], "manifest.json")).unwrap();
    assert_eq!(manifest["source"]["kind"], "mysql");
    assert_eq!(manifest["gaps"], json!([{ "module": "queue", "kind": "inconsistent" }]));
    assert!(manifest["source"]["consistency"].as_str().unwrap().contains("no transactions"), "{manifest}");
    let text = String::from_utf8(contacts_in).unwrap();
    let mut lines = text.split("\r\n").skip(1);
    assert_eq!(lines.next(), Some("1,山田 太郎,1980-02-29,,0.1,0.1,0x00ff,5,person,ヤマダ,山田 太郎"));
    assert_eq!(lines.next(), Some("2,\"O'Brien, \"\"Pat\"\"\",,\"\",1e300,16777216,\"\",,company,,\"o'brien, \"\"pat\"\"\""));
    // Files whose names would differ by case only have different ones.
    let files = manifest["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap().to_lowercase());
    let of_deals: std::collections::BTreeSet<_> =
        files.filter(|path| path.starts_with("deal") && path.ends_with(".csv")).collect();
    assert_eq!(of_deals.len(), 2, "{of_deals:?}");
    let fields: Value = serde_json::from_slice(&unzip(&zips[0], "fields/contact.json")).unwrap();
    assert_eq!((&fields["label"], &fields["fields"][1]["label"]), (&json!("連絡先"), &json!("氏名")));
    assert_eq!(fields["fields"][6]["data_type"], "blob (0x and hexadecimal digits)");
    let source = world.administrator().get("/backup/source").await.body;
    assert_eq!((&source["source"]["kind"], &source["source"]["rows"]), (&json!("mysql"), &json!(3003 + 2 + 3 + 1)));
    let summary = world.administrator().get("/backup/summary").await.body["summary"].clone();
    assert_eq!(summary["backup"]["losses"], Value::Null, "what is inconsistent is contained");
    world.keep_for_readers("mariadb", &zips);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_mariadb_says_what_a_backup_would_contain() {
    let (server, world) = tokio::join!(MariadbServer::start(&[]), World::start());
    server.sql("create table deal (id int);\ncreate table secret (id int);\ncreate user reader identified by 'only';\ngrant select on crm.deal to reader").await;
    let administrator = world.administrator();
    let path = "/backup/connection/actions/check";
    let checked = administrator.post(path, &connection(&server, "reader", "only").to_string()).await;
    let report = &checked.body["check"]["report"];
    assert_eq!((&checked.body["check"]["status"], &checked.body["check"]["kind"]), (&json!("reached"), &json!("mysql")));
    assert!(report["server"].as_str().unwrap().starts_with("MariaDB "), "{report}");
    // MariaDB hides the other table from this user.
    assert_eq!(report["gaps"], json!([{ "module": "*", "field": null, "reason": "no_permission", "files": null }]));
    assert_eq!(report["advice"], json!(["holds_old_rows", "not_encrypted", "one_reader"]));
    let wrong = administrator.post(path, &connection(&server, "reader", "wrong").to_string()).await;
    assert_eq!(wrong.body["check"]["error"]["code"], "SOURCE_PASSWORD");
    let mut schemas = connection(&server, "reader", "only");
    schemas["connection"]["database"]["schemas"] = json!(["crm"]);
    assert_eq!(administrator.put("/backup/connection", &schemas.to_string()).await.status, StatusCode::BAD_REQUEST);
    world.end().await;
}

/// Moves money between accounts in transactions, rewrites and empties other tables, until told to stop. Returns the number
/// of transactions.
async fn write(server: Arc<MariadbServer>, writer: u64, stop: Arc<AtomicBool>) -> u64 {
    let mut client = server.client().await;
    let mut done = 0;
    while !stop.load(Ordering::Relaxed) {
        done += 1;
        let (from, to) = (fastrand::u64(1..=ACCOUNTS), fastrand::u64(1..=ACCOUNTS));
        let statements = match (writer, done % 400) {
            (0, 100) => vec!["truncate ledger".to_owned()],
            (0, 300) => {
                vec!["alter table ledger modify note varchar(100)".to_owned(), "alter table ledger modify note text".to_owned()]
            }
            _ => vec![
                "start transaction".to_owned(),
                format!("update account set amount = amount - 7 where id = {from}"),
                format!("update account set amount = amount + 7 where id = {to}"),
                format!("insert into ledger values ({done}, 'moved')"),
                "commit".to_owned(),
            ],
        };
        for sql in statements {
            if client.query_drop(sql).await.is_err() {
                // Two writers that wait for each other: the server has ended one.
                client.query_drop("rollback").await.unwrap();
                break;
            }
        }
    }
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn money_moved_in_mariadb_while_a_backup_reads_is_neither_lost_nor_doubled() {
    let (server, mut world) = tokio::join!(MariadbServer::start(&[]), World::start());
    world.org = world.local.organisation("Unlimited", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let server = Arc::new(server);
    server
        .sql(&format!(
            "create table account (id int primary key, amount bigint, filler text);
             insert into account select seq, 1000, repeat('x', 200) from seq_1_to_{ACCOUNTS};
             create table ledger (id int, note text);
             create user slow identified by 'slow';
             grant select on crm.* to slow"
        ))
        .await;
    with_plain_csv(&world).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..3).map(|writer| tokio::spawn(write(server.clone(), writer, stop.clone()))).collect();
    let backups = std::env::var("HOZON_BACKUPS").map_or(BACKUPS, |count| count.parse().expect("HOZON_BACKUPS is a number"));
    let mut states = std::collections::HashSet::new();
    for at in 0..backups {
        // With two readers, and with one.
        let (user, password) = if at % 2 == 0 { ("root", "secret") } else { ("slow", "slow") };
        connect(&world, &server, user, password).await;
        let zips = world.back_up_well().await;
        let csv = String::from_utf8(unzip(&zips[0], "account.csv")).unwrap();
        let amounts: Vec<i64> = csv.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse().unwrap()).collect();
        assert_eq!((amounts.len() as u64, amounts.iter().sum::<i64>()), (ACCOUNTS, ACCOUNTS as i64 * 1000));
        states.insert(amounts);
    }
    stop.store(true, Ordering::Relaxed);
    let mut written = 0;
    for writer in writers {
        written += writer.await.unwrap();
    }
    println!("{backups} backups, {} different states, {written} transactions meanwhile", states.len());
    assert!(states.len() > 1, "the writers have changed the database between backups");
    world.end().await;
}
