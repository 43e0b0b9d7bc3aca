//! Drills of backups whose source has no tables that the service reaches: the native store, Zoho CRM, and a database that the program beside it
//! captures.

use hozon_capture_database::capture_awaited;
use hozon_emulator_zoho::{SampleSize, State};
use hozon_tests::{Crm, MariadbServer, PostgresServer, World, ZohoWorld, csv, hurry};
use serde_json::{Value, json};

use super::{beside, damage_rows, drilled, for_drills, module, one, set_target};
use crate::database_program::{ended, left_to_program, program, waiting};

/// Has the database take the first record of each table for none, and change the second one.
const GARBLING: &str = "
create function garble() returns trigger language plpgsql as $$ declare last text; begin
    if new.number = 1 then return null; end if;
    if new.number = 2 then
        select key into last from jsonb_each(new.record::jsonb) where key <> 'Id' order by key desc limit 1;
        new.record = (new.record::jsonb || jsonb_build_object(last, 'GARBLED'))::text;
    end if;
    return new; end $$;
create function garble_all() returns event_trigger language plpgsql as $$ declare made record; begin
    for made in select * from pg_event_trigger_ddl_commands() where object_type = 'table' loop
        execute format('create trigger garble before insert on %s for each row execute function public.garble()', made.object_identity);
    end loop; end $$;
create event trigger garbling on ddl_command_end when tag in ('CREATE TABLE') execute function garble_all()";

/// Asserts that everything of a backup was restored as documents and is the same.
fn assert_same(drill: &Value) {
    assert_eq!(
        (&drill["status"], &drill["failure"], &drill["has_record_tables"]),
        (&json!("SAME"), &json!(null), &json!(true)),
        "{drill}"
    );
    let totals = &drill["totals"];
    assert_eq!((&totals["records_differing"], &totals["files_differing"]), (&json!(0), &json!(0)), "{drill}");
    assert_eq!(totals["files_read"], totals["files"], "files have no place in such tables");
    assert!(drill["modules"].as_array().unwrap().iter().all(|module| module["is_same"] == true), "{drill}");
}

/// A native store with texts that servers may change, and with many records.
fn crm() -> Crm {
    let numbers: Vec<[String; 3]> = (1..=2_000).map(|n| [n.to_string(), format!("Note {n}"), "x".repeat(n % 50)]).collect();
    let rows: Vec<Vec<&str>> = numbers.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let mut lines: Vec<&[&str]> = vec![&["Id", "Title", "Text"]];
    lines.extend(rows.iter().map(Vec::as_slice));
    let texts = &["Id", "Name \"x\"", "名前"];
    let hostile =
        csv(&[texts, &["1", "😀\\u0041\\\\'\";--", " "], &["2", "line\r\nline\ttab", "{\"a\":null}"], &["3", "", "ÄÖÜß ｱ"]]);
    Crm::small().file("Notes.csv", &csv(&lines)).file("Hostile Names.csv", &hostile)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_native_store_is_drilled_with_postgresql() {
    let (target, world) = tokio::join!(PostgresServer::start(""), World::start());
    world.import(crm().inputs()).await;
    for_drills(&world, &target).await;
    let backup = world.back_up().await;
    for _ in 0..2 {
        let drill = drilled(&world, &backup).await;
        assert_same(&drill);
        assert_eq!(
            (&drill["totals"]["modules"], &drill["totals"]["records"], &drill["totals"]["files"]),
            (&json!(4), &json!(2006), &json!(3)),
            "{drill}"
        );
    }
    assert_eq!(beside(&world, &backup).await["status"], "SAME");
    let table = one(&target, "select format('%I', tablename) from pg_tables where tablename like 'notes%'");
    assert_eq!(one(&target, &format!("select count(*), max(record::jsonb->>'Title') from {table}")), "2000|Note 999");

    target.sql(GARBLING).await;
    let drill = drilled(&world, &backup).await;
    assert_eq!((&drill["status"], &drill["failure"]), (&json!("DIFFERS"), &json!(null)), "{drill}");
    let notes = module(&drill, "Notes");
    assert_eq!(notes["records"], json!({ "before": 2000, "after": 1999, "added": 0, "changed": 1, "deleted": 1 }), "{notes}");
    assert_eq!(notes["examples"], json!({ "added": [], "changed": ["2"], "missing": ["1"] }), "{notes}");
    println!("2006 records as documents in PostgreSQL: 2 drills the same, one with a trigger that garbles is found");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_native_store_is_drilled_with_mariadb_whatever_its_character_set() {
    let (target, world) = tokio::join!(MariadbServer::start(&[]), World::start());
    target.sql("alter database crm character set latin1").await;
    world.import(crm().inputs()).await;
    set_target(&world, "mysql", (target.port(), "root"), true).await;
    let backup = world.back_up().await;
    for _ in 0..2 {
        let drill = drilled(&world, &backup).await;
        assert_same(&drill);
        assert_eq!(drill["totals"]["records"], 2006, "{drill}");
    }
    println!("2006 records as documents in MariaDB: 2 drills the same");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_data_of_the_native_store_is_found() {
    let (target, world) = tokio::join!(PostgresServer::start(""), World::start());
    world.import(crm().inputs()).await;
    for_drills(&world, &target).await;
    let backup = world.back_up().await;
    damage_rows(&world, &backup, "Notes").await;
    let drill = drilled(&world, &backup).await;
    assert_eq!(drill["status"], "DIFFERS", "{drill}");
    let (notes, leads) = (module(&drill, "Notes"), module(&drill, "Leads"));
    assert_eq!(
        (&notes["fault"], &notes["is_same"], &leads["is_same"]),
        (&json!("damaged"), &json!(false), &json!(true)),
        "{drill}"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_zoho_crm_is_drilled() {
    let place = ZohoWorld::start_with(State::sample(SampleSize::small()), hurry).await;
    let target = PostgresServer::start("").await;
    for_drills(&place.world, &target).await;
    let backup = place.world.back_up().await;
    assert!(backup.failure.is_none(), "{:?}", backup.failure);
    let drill = drilled(&place.world, &backup).await;
    assert_same(&drill);
    let totals = &drill["totals"];
    assert!(totals["records"].as_u64().unwrap() > 100 && totals["files"].as_u64().unwrap() > 10, "{totals}");
    println!(
        "Zoho CRM: {} records and {} files in {} modules are the same",
        totals["records"], totals["files"], totals["modules"]
    );
    place.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_the_program_beside_it_captures_is_drilled_as_tables() {
    let ((crm, world), target) = tokio::join!(left_to_program("secret"), PostgresServer::start(""));
    for_drills(&world, &target).await;
    let program = program(&world);
    let backup = waiting(&world, &program).await;
    capture_awaited(&program, world.org, backup).await.unwrap();
    let backup = ended(&world, backup).await;
    let drill = drilled(&world, &backup).await;
    assert_eq!(
        (&drill["status"], &drill["failure"], &drill["has_record_tables"]),
        (&json!("SAME"), &json!(null), &json!(false)),
        "{drill}"
    );
    assert_eq!(super::data(&target), super::data(&crm));
    world.end().await;
}
