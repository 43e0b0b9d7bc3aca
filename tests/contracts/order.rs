//! The order in which PostgreSQL's rows are read: the same in two backups, without a large sort.

use hozon_shared::ports::{Connector, HeldState, Protection};
use hozon_tests::PostgresServer;

use crate::sources::{module, rows};

/// Logs the plan of every query as it was executed, and every temporary file.
const LOGGING: &str = "shared_preload_libraries = 'auto_explain'\nauto_explain.log_min_duration = 0\nauto_explain.log_analyze = on\n\
                       log_temp_files = 0\nwork_mem = '64kB'";

const ROWS: &str = "generate_series(1, 60000) n";

async fn ids(state: &dyn HeldState, name: &str) -> Vec<i64> {
    let rows = rows(state, module(state, name)).await.unwrap();
    rows.iter().map(|row| row[0].as_deref().and_then(|id| id.parse().ok()).expect("an id")).collect()
}

/// The plan of the last COPY that names the table.
fn plan_of(server: &PostgresServer, table: &str) -> String {
    let log = server.log();
    let start =
        log.rfind(&format!("Query Text: copy (select \"id\", \"body\" from only \"public\".\"{table}\"")).expect("a plan");
    log[start..]
        .lines()
        .take_while(|line| line.starts_with('\t') || line.starts_with("Query Text"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_table_is_read_without_a_sort_in_the_order_of_its_key_or_its_file() {
    let server = PostgresServer::start(LOGGING).await;
    server
        .sql(&format!(
            "create table rising (id int primary key, body text); insert into rising select n, repeat('x', 100) from {ROWS};
             create table mixed (id int primary key, body text); insert into mixed select (n::int8 * 7919) % 65537, repeat('x', 100) from {ROWS};
             create table small (id int primary key, body text); insert into small select 1000 - n, 'x' from generate_series(1, 900) n;
             analyze"
        ))
        .await;
    let state = server.owner().hold(Protection::Notice).await.unwrap();
    let before = server.log().len();
    let sorted = |ids: &[i64]| ids.is_sorted();
    assert!(sorted(&ids(&*state, "rising").await) && sorted(&ids(&*state, "small").await));
    let mixed = ids(&*state, "mixed").await;
    assert!(!sorted(&mixed) && mixed.len() == 60_000);
    let (rising, small, mixed) = (plan_of(&server, "rising"), plan_of(&server, "small"), plan_of(&server, "mixed"));
    assert!(rising.contains("Index Scan using rising_pkey") && !rising.contains("Sort"), "{rising}");
    assert!(small.contains("Index Scan using small_pkey") && !small.contains("Sort"), "{small}");
    assert!(mixed.contains("Seq Scan on public.mixed") || mixed.contains("Seq Scan on mixed"), "{mixed}");
    assert!(!server.log()[before..].contains("temporary file"), "the server wrote a temporary file");
    assert!(!server.log().contains("\tJIT:"), "the server compiled a query of the catalogue");
}

/// A server may let a scan begin where another one is. Two backups must not differ because of that.
#[tokio::test(flavor = "multi_thread")]
async fn a_scan_begins_at_the_beginning_of_the_file_whoever_else_reads_it() {
    let server = PostgresServer::start("shared_buffers = '1MB'\nsynchronize_seqscans = on").await;
    server
        .sql(&format!(
            "create table mixed (id int, body text); insert into mixed select n * 7919 % 65537, repeat('x', 100) from {ROWS}"
        ))
        .await;
    let state = server.owner().hold(Protection::Notice).await.unwrap();
    let first = ids(&*state, "mixed").await;
    // A scan that ends in the middle leaves its place to the next one.
    server.sql("begin; declare half cursor for select * from mixed; move 30000 in half; close half; commit").await;
    let client = server.client().await;
    let elsewhere: i32 = client.query_one("select id from mixed limit 1", &[]).await.unwrap().get(0);
    assert_ne!(i64::from(elsewhere), first[0], "the server shares its scans");
    assert_eq!(ids(&*state, "mixed").await, first);
}
