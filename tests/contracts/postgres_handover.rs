//! A snapshot that is handed from holder to holder, while writers change the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{Connector, HeldState, Protection, StateToken};
use hozon_tests::PostgresServer as Server;

use crate::sources::{module, rows, rows_in_pieces};

const ACCOUNTS: i64 = 500;
const HANDOVERS: usize = 5;

/// The token as another process gets it.
fn sent(state: &dyn HeldState) -> StateToken {
    let json = serde_json::to_string(&state.token().expect("can be handed over")).unwrap();
    serde_json::from_str(&json).unwrap()
}

/// Number of transactions that writers have committed.
#[derive(Default)]
struct Written {
    count: AtomicU64,
    stop: AtomicBool,
}

/// Moves money between accounts, and empties and vacuums tables.
async fn write(server: Arc<Server>, written: Arc<Written>) {
    let client = server.client().await;
    while !written.stop.load(Ordering::Relaxed) {
        let (from, to) = (fastrand::i64(1..=ACCOUNTS), fastrand::i64(1..=ACCOUNTS));
        client
            .batch_execute(&format!(
                "begin; update account set amount = amount - 7 where id = {from}; update account set amount = amount + 7 where id = {to}; commit"
            ))
            .await
            .unwrap();
        let done = written.count.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(50) {
            client.batch_execute("truncate journal; insert into journal values (1)").await.unwrap();
            client.batch_execute("vacuum account").await.unwrap();
        }
    }
}

/// Waits until the writers have gone on, and until no more than that many of our connections are left.
async fn go_on(server: &Server, written: &Written, connections: usize) {
    let until = written.count.load(Ordering::Relaxed) + 60;
    while written.count.load(Ordering::Relaxed) < until || ours(server) > connections {
        tokio::task::yield_now().await;
    }
}

fn ours(server: &Server) -> usize {
    server.psql("select count(*) from pg_stat_activity where application_name = 'hozon'").trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_outlives_its_holders_and_still_shows_the_first_state() {
    let server = Arc::new(Server::start("").await);
    server
        .sql(&format!(
            "create table account (id int primary key, amount bigint); insert into account select n, 1000 from generate_series(1, {ACCOUNTS}) n;
             create table journal (id int); create table still (id int); insert into still values (1)"
        ))
        .await;
    let written = Arc::new(Written::default());
    let writer = tokio::spawn(write(server.clone(), written.clone()));
    go_on(&server, &written, 0).await;
    let connector = server.owner();
    let mut holder = connector.hold(Protection::Notice).await.unwrap();
    let account = module(&*holder, "account").clone();
    let first = rows(&*holder, &account).await.unwrap();
    let sum =
        |rows: &[Vec<Option<String>>]| -> i64 { rows.iter().map(|row| row[1].as_deref().unwrap().parse::<i64>().unwrap()).sum() };
    assert_eq!(sum(&first), ACCOUNTS * 1000, "no transfer is seen by half");
    let mut names = std::collections::HashSet::new();
    for number in 0..HANDOVERS {
        let next = connector.join(&sent(&*holder)).await.unwrap();
        assert!(names.insert(sent(&*next).name), "each holder has a name of its own");
        drop(holder);
        // The next one needs only one connection until it confirms.
        go_on(&server, &written, 1).await;
        assert_eq!(next.modules().len(), 3);
        assert_eq!(rows(&*next, &account).await.unwrap(), first, "hand-over {number}");
        next.confirm(&account).await.unwrap();
        next.confirm(module(&*next, "still")).await.unwrap();
        holder = next;
    }
    written.stop.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    let now = server.psql("select string_agg(amount::text, ',' order by id) from account");
    let seen: Vec<_> = first.iter().map(|row| row[1].clone().unwrap()).collect();
    assert_ne!(now.trim(), seen.join(","), "the writers have changed the table");
    // It was emptied after the first holder began, and long before the last one joined.
    let refused = holder.confirm(module(&*holder, "journal")).await.unwrap_err();
    assert_eq!(refused.kind, SourceErrorKind::Changed("journal".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_without_a_holder_is_lost_and_says_so() {
    let server = Server::start("").await;
    server.sql("create table deal (id int)").await;
    let connector = server.owner();
    let state = connector.hold(Protection::Notice).await.unwrap();
    let token = sent(&*state);
    let join = async |token: &StateToken| connector.join(token).await.err().expect("fails").kind;
    for name in ["00000000-00000000-9", "'; drop table deal; --"] {
        assert_eq!(join(&StateToken { name: name.to_owned(), ..token.clone() }).await, SourceErrorKind::StateLost, "{name}");
    }
    assert_eq!(join(&StateToken { noted: serde_json::json!({}), ..token.clone() }).await, SourceErrorKind::StateLost);
    drop(state);
    while ours(&server) > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(join(&token).await, SourceErrorKind::StateLost);
    assert!(SourceErrorKind::StateLost.is_passing(), "the capture begins anew");
    let locked = connector.hold(Protection::Lock).await.unwrap();
    assert_eq!(locked.token(), None, "a locked state ends with its connection");
    assert_eq!(server.psql("select count(*) from deal").trim(), "0");
}

/// Keys that a query must not mistake, in tables that have several pages.
const IN_ORDER: &str = r#"
create table rising (id bigint primary key, body text);
insert into rising select n, repeat('x', 300) from generate_series(1, 6000) n;
create table "No""ted" (kind text, day date, "at" numeric(12, 2), body text, primary key (kind, day, "at"));
insert into "No""ted" select case n % 4 when 0 then E'it''s \\ "' when 1 then '' when 2 then E'tab\tあ' else 'B' end, date '2026-01-01' + n % 700,
    n / 8.0, repeat('x', 300) from generate_series(1, 6000) n;
cluster "No""ted" using "No""ted_pkey";
create table parted (id int primary key, body text) partition by range (id);
create table low partition of parted for values from (minvalue) to (3000);
create table high partition of parted for values from (3000) to (maxvalue);
insert into parted select n, repeat('x', 300) from generate_series(1, 6000) n;
create table loose (n int, body text);
insert into loose select n, repeat('x', 300) from generate_series(1, 8000) n;
update loose set n = -n where n % 3 = 0;
delete from loose where n % 5 = 0;
create view seen as select * from rising;
analyze"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_read_on_from_each_place_while_others_change_it() {
    let server = Server::start("").await;
    server.sql(IN_ORDER).await;
    let connector = server.owner();
    let holder = connector.hold(Protection::Notice).await.unwrap();
    let mut whole = Vec::new();
    for name in ["rising", "No\"ted", "parted", "loose"] {
        whole.push((name, rows(&*holder, module(&*holder, name)).await.unwrap()));
    }
    server
        .sql(
            "delete from rising where id % 2 = 0; update loose set body = 'other'; insert into loose select n, 'new' from generate_series(1, 8000) n;
             delete from parted; update \"No\"\"ted\" set \"at\" = \"at\" + 1",
        )
        .await;
    server.sql("vacuum").await;
    for (name, expected) in whole {
        let joined = connector.join(&sent(&*holder)).await.unwrap();
        let (found, pieces) = rows_in_pieces(&*joined, module(&*joined, name)).await;
        assert!(pieces >= 3, "{name}: {pieces} pieces");
        assert!(found == expected, "{name}: {} rows instead of {}", found.len(), expected.len());
        joined.confirm(module(&*joined, name)).await.unwrap();
    }
}
