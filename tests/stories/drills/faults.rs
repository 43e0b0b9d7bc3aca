//! What a drill finds: values that the restore target changes, data of the backup that is damaged, and a database that is not empty.

use serde_json::json;

use super::{Drilled, beside, damage_rows, drilled, get, module, one};

/// Has the database change a name of each contact, as a trigger of a CRM may do.
const GARBLING: &str = "
create function garble() returns trigger language plpgsql as $$ begin
    if new.id in (7, 70) then new.name = 'GARBLED'; end if; return new; end $$;
create function garble_contacts() returns event_trigger language plpgsql as $$ begin
    if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'public.contact') then
        create trigger garble before insert on public.contact for each row execute function public.garble();
    end if; end $$;
create event trigger garbling on ddl_command_end when tag in ('CREATE TABLE') execute function garble_contacts()";

#[tokio::test(flavor = "multi_thread")]
async fn values_that_the_restore_target_changes_are_named() {
    let Drilled { target, world, backup, .. } = Drilled::start().await;
    target.sql(GARBLING).await;
    let drill = drilled(&world, &backup).await;
    assert_eq!((&drill["status"], &drill["failure"]), (&json!("DIFFERS"), &json!(null)), "{drill}");
    let totals = &drill["totals"];
    assert_eq!((&totals["modules_differing"], &totals["records_differing"]), (&json!(1), &json!(2)), "{totals}");
    let contact = module(&drill, "contact");
    assert_eq!(drill["modules"][0], *contact, "what differs comes first");
    assert_eq!(contact["records"], json!({ "before": 300, "after": 300, "added": 0, "changed": 2, "deleted": 0 }));
    assert_eq!(contact["examples"], json!({ "added": [], "changed": ["7", "70"], "missing": [] }));
    assert_eq!(module(&drill, "deal")["is_same"], true);
    assert_eq!(beside(&world, &backup).await["status"], "DIFFERS");
    let notices = get(&world, "/backup/notifications").await;
    assert_eq!(notices["notifications"][0]["kind"], "drill_differs", "{notices}");
    target.sql("drop event trigger garbling").await;
    assert_eq!(drilled(&world, &backup).await["status"], "SAME");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_the_backup_that_is_damaged_is_found() {
    let Drilled { target, world, backup, .. } = Drilled::start().await;
    damage_rows(&world, &backup, "deal").await;

    let drill = drilled(&world, &backup).await;
    assert_eq!(drill["status"], "DIFFERS", "{drill}");
    let (deal, note) = (module(&drill, "deal"), module(&drill, "note"));
    assert_eq!((&deal["fault"], &deal["is_same"]), (&json!("damaged"), &json!(false)), "{deal}");
    assert_eq!((&deal["records"]["deleted"], &note["is_same"]), (&json!(200), &json!(true)), "{drill}");
    // Notes refer to deals that are missing.
    assert_eq!(drill["foreign_keys_refused"].as_array().unwrap().len(), 1, "{drill}");
    assert_eq!(one(&target, "select count(*) from deal"), "0");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_with_anything_that_no_drill_has_made_stays_as_it_is() {
    let Drilled { target, world, backup, .. } = Drilled::start().await;
    target.sql("create schema kept; create table kept.letter (id int); insert into kept.letter values (1)").await;
    let drill = drilled(&world, &backup).await;
    assert_eq!((&drill["status"], &drill["failure"]["code"]), (&json!("FAILED"), &json!("DRILL_TARGET_NOT_EMPTY")), "{drill}");
    assert!(drill["failure"]["message"].as_str().unwrap().contains("kept.letter"), "{drill}");
    assert_eq!(one(&target, "select count(*) from kept.letter"), "1");
    assert_eq!(one(&target, "select count(*) from pg_tables where schemaname in ('public', 'kept')"), "1");
    target.sql("drop schema kept cascade; select lo_from_bytea(0, 'kept')").await;
    let drill = drilled(&world, &backup).await;
    assert_eq!(drill["failure"]["code"], "DRILL_TARGET_NOT_EMPTY", "a large object is something, too: {drill}");
    target.sql("select lo_unlink(oid) from pg_largeobject_metadata").await;
    assert_eq!(drilled(&world, &backup).await["status"], "SAME");
    // What lies in a marked database is there for drills.
    target.sql("create schema more; create table more.letter (id int); create view letters as select * from more.letter").await;
    target.sql("create type mood as enum ('good', 'bad'); create sequence counted; select lo_from_bytea(0, 'more')").await;
    assert_eq!(drilled(&world, &backup).await["status"], "SAME");
    let left = "select (select count(*) from pg_namespace where nspname = 'more') + (select count(*) from pg_type where typname = 'mood')
        + (select count(*) from pg_class where relname in ('counted', 'letters')) + (select count(*) from pg_largeobject_metadata)";
    assert_eq!(one(&target, left), "0");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_the_restore_target_does_not_make_is_named() {
    let Drilled { crm, target, world, .. } = Drilled::start().await;
    crm.sql("create extension if not exists citext; create table mail (id int primary key, address citext)").await;
    let backup = world.back_up().await;
    target.sql("create role poor login password 'secret'; grant all on schema public to poor").await;
    super::set_target(&world, "postgres", (target.port(), "poor"), true).await;
    let drill = drilled(&world, &backup).await;
    assert_eq!((&drill["status"], &drill["failure"]["code"]), (&json!("FAILED"), &json!("DRILL_TABLE_REFUSED")), "{drill}");
    world.end().await;
}
