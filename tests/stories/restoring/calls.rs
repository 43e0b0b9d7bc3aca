//! A CRM that takes longer to read than one call may last: several calls read it for a plan, each in a state of its own.

use std::time::Duration;

use hozon_shared::ports::{Bucket, ObjectRef, read_all};
use hozon_tests::{PostgresServer, World};
use serde_json::{Value, json};

use super::{confirmed, ended, get, path};
use crate::databases::connect;

/// Short calls: a block of rows takes about as long to write.
const CALL: Duration = Duration::from_secs(1);
/// Text that hardly compresses, so that a table has many blocks. One table is read in the order of its key, one as it lies in its file.
const LARGE: &str = "
create table deal (id int primary key, body text);
insert into deal select n, (select string_agg(md5(n::text || m::text), '') from generate_series(1, 24) m) from generate_series(1, 24000) n;
create table moved (id int primary key, body text);
insert into moved select (n::int8 * 7919) % 65537, (select string_agg(md5(n::text || m::text), '') from generate_series(1, 24) m)
    from generate_series(1, 18000) n;
create table account (id int primary key, amount bigint);
insert into account select n, 1000 from generate_series(1, 500) n;
analyze";
const DAMAGE: &str = "
delete from deal where id % 100 = 3; update deal set body = 'garbled' where id % 100 = 7;
delete from moved where id % 100 = 3; update moved set body = 'garbled' where id % 100 = 7;
delete from account where id % 100 = 3; insert into account values (1000001, 5)";
const HASHES: &str = "
select 'deal', count(*), md5(string_agg(t::text, '' order by id)) from deal t
union all select 'moved', count(*), md5(string_agg(t::text, '' order by id)) from moved t
union all select 'account', count(*), md5(string_agg(t::text, '' order by id)) from account t where id < 1000000 order by 1";

/// What the calls of a capture have left so far: documents, and whether one is of a part of a module.
async fn left(world: &World) -> (usize, bool) {
    let objects = &world.local.ports.objects;
    let keys = objects.list(Bucket::Crm, &format!("restores/{}/", world.org)).await.unwrap();
    let (mut modules, mut has_part) = (0, false);
    for key in keys.into_iter().filter(|key| key.contains("/capture/module-")) {
        // The capture may have ended since they were listed.
        let Ok(json) = read_all(&**objects, &ObjectRef::crm(key)).await else { continue };
        let document: Value = serde_json::from_slice(&json).unwrap();
        modules += 1;
        has_part |= document["reading"]["part"].is_object();
    }
    (modules, has_part)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_takes_longer_than_a_call_is_made_by_several() {
    let (server, mut world) = tokio::join!(PostgresServer::start(""), World::start());
    world.org = world.local.organisation("Unlimited", chrono_tz::UTC, "Own", "JP").await.unwrap();
    server.sql(LARGE).await;
    connect(&world, &server).await;
    let backup = world.back_up().await.id.to_string();
    let then = server.psql(HASHES);
    server.sql(DAMAGE).await;
    let org = world.org;
    let mut world = World::start_on(world.end().await, |options| options.capture_time = Some(CALL)).await;
    world.org = org;
    let body = json!({ "backup": backup, "policy": { "change": true, "delete": false } });
    let restore = world.administrator().post("/restores", &body.to_string()).await.body["restore"].clone();
    let (mut most, mut was_part) = (0, false);
    while get(&world, &path(&restore, "")).await["restore"]["status"] == "PLANNING" {
        let (modules, has_part) = left(&world).await;
        (most, was_part) = (most.max(modules), was_part | has_part);
    }
    assert!(was_part, "no call has left a module half read; {most} documents were seen");
    let restore = ended(&world, &restore).await;
    let count = |action: &str| restore["plan"][action].as_u64().unwrap();
    assert_eq!((&restore["status"], count("impossible"), count("leave")), (&json!("PLANNED"), 0, 1), "{restore}");
    assert!(count("create") > 400 && count("change") > 400, "{restore}");
    assert_eq!(left(&world).await, (0, false), "nothing is left of the calls");
    let restore = confirmed(&world, &restore).await;
    assert_eq!(
        (&restore["status"], &restore["outcome"]["written"]),
        (&json!("COMPLETED"), &json!(count("create") + count("change")))
    );
    assert_eq!(server.psql(HASHES), then);
    println!("a plan of {} created and {} changed records, made by calls of a second", count("create"), count("change"));
    world.end().await;
}
