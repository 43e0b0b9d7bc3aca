//! Whatever the backup, the CRM, the selection and the policy are: what the plan says is what is written, and nothing else is touched.
//! `HOZON_CASES=100` sets the number of cases.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use hozon_tests::{PostgresServer, World};
use serde_json::{Value, json};

use super::{ended, get, path, planned};
use crate::databases::connect;

const USUAL: usize = 6;
const TABLES: [&str; 2] = ["person", "task"];
const SCHEMA: &str = "
create table person (id int primary key, name text, boss int references person (id));
create table task (id int primary key, name text, owner int not null references person (id))";

/// Rows by their ids: name, and the person whom they refer to.
type Table = BTreeMap<i32, (Option<String>, Option<i32>)>;
type Crm = BTreeMap<&'static str, Table>;

fn name(rng: &mut Rng) -> Option<String> {
    (rng.u8(..4) > 0).then(|| ["a", "b", "", "二\n行"][rng.usize(..4)].to_owned())
}

/// Some people and their tasks. A row of `before` stays as it is, most of the time.
fn random(rng: &mut Rng, before: Option<&Crm>) -> Crm {
    let people: Vec<i32> = (0..12).filter(|_| rng.u8(..4) > 0).chain([99]).collect();
    let mut crm = Crm::new();
    for table in TABLES {
        let ids: Vec<i32> = if table == "person" { people.clone() } else { (0..16).filter(|_| rng.u8(..4) > 0).collect() };
        let row = |id: i32, rng: &mut Rng| {
            let kept = before.and_then(|crm| crm[table].get(&id)).filter(|(_, to)| to.is_none_or(|to| people.contains(&to)));
            let refers = table == "task" || rng.bool();
            let new = (name(rng), refers.then(|| people[rng.usize(..people.len())]));
            kept.filter(|_| rng.u8(..3) > 0).cloned().unwrap_or(new)
        };
        crm.insert(table, ids.into_iter().map(|id| (id, row(id, rng))).collect());
    }
    crm
}

async fn put(server: &PostgresServer, crm: &Crm) {
    let client = server.client().await;
    client
        .batch_execute("begin; set constraints all deferred; delete from task; update person set boss = null; delete from person")
        .await
        .unwrap();
    for (id, (name, _)) in &crm["person"] {
        client.execute("insert into person values ($1, $2)", &[id, name]).await.unwrap();
    }
    for (id, (_, boss)) in &crm["person"] {
        client.execute("update person set boss = $2 where id = $1", &[id, boss]).await.unwrap();
    }
    for (id, (name, owner)) in &crm["task"] {
        client.execute("insert into task values ($1, $2, $3)", &[id, name, owner]).await.unwrap();
    }
    client.batch_execute("commit").await.unwrap();
}

async fn read(server: &PostgresServer) -> Crm {
    let client = server.client().await;
    let mut crm = Crm::new();
    for table in TABLES {
        let rows = client.query(&format!("select * from {table}"), &[]).await.unwrap();
        crm.insert(table, rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect());
    }
    crm
}

/// Everything, a module, or some records.
fn selection(rng: &mut Rng) -> Value {
    let mut record = || json!({ "module": TABLES[rng.usize(..2)], "id": rng.i32(0..16).to_string() });
    let records: Vec<Value> = std::iter::repeat_with(&mut record).take(8).collect();
    match rng.u8(..4) {
        0 => json!({ "modules": [TABLES[rng.usize(..2)]] }),
        1 => json!({ "records": records }),
        _ => json!({}),
    }
}

/// What is done with each record of a module, as the rules of the documentation say.
fn expected(then: &Table, now: &Table, wanted: &Value, table: &str) -> BTreeMap<i32, &'static str> {
    let (change, delete) = (wanted["policy"]["change"] == true, wanted["policy"]["delete"] == true);
    let named = wanted["records"].as_array().map(|records| {
        let ids = records.iter().filter(|record| record["module"] == table);
        ids.map(|record| record["id"].as_str().unwrap().parse().unwrap()).collect::<BTreeSet<i32>>()
    });
    let is_module = wanted["modules"].as_array().is_none_or(|modules| modules.contains(&json!(table)));
    let is_selected = |id: &i32| is_module && named.as_ref().is_none_or(|named| named.contains(id));
    let ids: BTreeSet<i32> = then.keys().chain(now.keys()).copied().filter(is_selected).collect();
    let action = |id: &i32| match (then.get(id), now.get(id)) {
        (Some(_), None) => Some("create"),
        (Some(then), Some(now)) if then != now => Some(if change { "change" } else { "leave" }),
        (None, Some(_)) => Some(if delete && named.is_none() { "delete" } else { "leave" }),
        _ => None,
    };
    ids.into_iter().filter_map(|id| Some((id, action(&id)?))).collect()
}

/// Records of a module, with one of their words.
async fn listed(world: &World, path: &str) -> Vec<(i32, Value)> {
    let page = get(world, path).await;
    assert_eq!(page["info"]["more_records"], false, "{page}");
    let id = |record: &Value| record["id"].as_str().unwrap().parse().unwrap();
    page["records"].as_array().unwrap().iter().map(|record| (id(record), record.clone())).collect()
}

/// The rows of a table after what the report says: those that were written are as in the backup, others as they were.
fn after(then: &Table, now: &Table, report: &[(i32, Value)]) -> Table {
    let mut rows = now.clone();
    for (id, record) in report {
        let is_written = record["outcome"] == "written";
        match (is_written, then.get(id)) {
            (true, Some(row)) => rows.insert(*id, row.clone()),
            (true, None) => rows.remove(id),
            (false, _) => continue,
        };
    }
    // A further line of a record says that what it refers to could not be written.
    for (id, _) in report.iter().filter(|(_, record)| record["outcome"] == "refused") {
        let is_written = report.iter().any(|(other, record)| other == id && record["outcome"] == "written");
        if let Some((_, to)) = rows.get_mut(id).filter(|_| is_written) {
            *to = now.get(id).and_then(|(_, to)| *to);
        }
    }
    rows
}

async fn case(world: &World, server: &PostgresServer, seed: u64) -> usize {
    let mut rng = Rng::with_seed(seed);
    let then = random(&mut rng, None);
    put(server, &then).await;
    let backup = world.back_up().await.id.to_string();
    let now = random(&mut rng, Some(&then));
    put(server, &now).await;
    let mut wanted = selection(&mut rng);
    wanted["backup"] = backup.into();
    wanted["policy"] = json!({ "change": rng.bool(), "delete": rng.bool() });
    let restore = planned(world, wanted.clone()).await;
    let mut plans = BTreeMap::new();
    for module in restore["plan"]["modules"].as_array().unwrap() {
        let table = TABLES.into_iter().find(|table| module["api_name"] == *table).unwrap();
        let records = listed(world, &path(&restore, &format!("/plan/{table}"))).await;
        plans.insert(
            table,
            records.iter().map(|(id, record)| (*id, record["action"].as_str().unwrap().to_owned())).collect::<BTreeMap<_, _>>(),
        );
    }
    for table in TABLES {
        let expected = expected(&then[table], &now[table], &wanted, table);
        let found = plans.get(table).cloned().unwrap_or_default();
        let expected: BTreeMap<i32, String> = expected.into_iter().map(|(id, action)| (id, action.to_owned())).collect();
        assert_eq!(found, expected, "seed {seed}, {table}, {wanted}\n{then:?}\n{now:?}");
    }
    let body = json!({ "deletes": restore["plan"]["delete"] }).to_string();
    let confirmed = world.administrator().post(&path(&restore, "/actions/confirm"), &body).await;
    let writes: usize = plans.values().flat_map(BTreeMap::values).filter(|action| *action != "leave").count();
    if writes == 0 {
        assert_eq!(confirmed.code(), "NOT_ALLOWED");
        return 0;
    }
    let restore = ended(world, &confirmed.body["restore"]).await;
    assert_eq!(restore["status"], "COMPLETED", "seed {seed}: {restore}");
    let found = read(server).await;
    for table in TABLES {
        let report = match plans.contains_key(table) {
            true => listed(world, &path(&restore, &format!("/report?module={table}"))).await,
            false => Vec::new(),
        };
        let reported: BTreeMap<i32, String> =
            report.iter().map(|(id, record)| (*id, record["action"].as_str().unwrap().to_owned())).collect();
        let mut written = plans.get(table).cloned().unwrap_or_default();
        written.retain(|_, action| action != "leave");
        assert_eq!(reported, written, "seed {seed}, {table}: the report has other records than the plan");
        assert_eq!(
            found[table],
            after(&then[table], &now[table], &report),
            "seed {seed}, {table}, {wanted}\n{report:?}\n{then:?}\n{now:?}"
        );
    }
    // Without a part of the records, or a record that stays as it is, nothing can be in the way.
    let is_whole = wanted.get("modules").is_none() && wanted.get("records").is_none();
    if is_whole && (wanted["policy"]["change"] == true || wanted["policy"]["delete"] == false) {
        assert_eq!(restore["outcome"]["written"], writes, "seed {seed}: {restore}");
    }
    writes
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plan_says_is_what_is_written() {
    let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
    server.sql(SCHEMA).await;
    connect(&world, &server).await;
    let cases = std::env::var("HOZON_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(USUAL);
    let mut writes = 0;
    for number in 0..cases {
        writes += case(&world, &server, 18_000 + number as u64).await;
    }
    println!("{cases} cases, {writes} records written as planned");
    world.end().await;
}
