//! Restoring into the native store: what a platform has deleted and garbled comes back as a publication of its own, what it publishes meanwhile is
//! not lost, and a restore is undone.

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use hozon::sample::{Size, generate};
use hozon_shared::domain::crm::DataCategory;
use hozon_shared::domain::rows::{Cell, RowPage};
use hozon_shared::ports::{ErrorKind, Ports};
use hozon_shared::snapshots::amend::Changes;
use hozon_shared::snapshots::input::{ModuleHead, NewAttachment, body_of};
use hozon_shared::snapshots::reader::{StoredModule, files, stored_module};
use hozon_shared::snapshots::session::{Origin, Session, SessionPorts};
use hozon_shared::snapshots::writer::ModuleWriter;
use hozon_tests::{Crm, ModuleContents, World, contents};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{confirmed, ended, get, path, planned};

/// Id of what the platform adds after the backup. It is behind all others.
const NEWER: &str = "999999999999999999";

/// What was damaged.
#[derive(Debug, Default)]
struct Damage {
    deleted: u64,
    garbled: u64,
    files_gone: u64,
    files_garbled: u64,
}

async fn begin(ports: &Ports, world: &World) -> Session {
    let now = ports.clock.now();
    Session::begin(SessionPorts::from(ports), (world.org, Origin::Native), ports.ids.next(now), now).await.unwrap()
}

/// Rows of a module by their keys, as a platform knows them.
fn rows(module: &ModuleContents) -> BTreeMap<String, Vec<String>> {
    module.rows.iter().map(|row| (row[0].clone(), row.clone())).collect()
}

/// Publishes all modules with 5% of their records and files deleted, 5% garbled, and a newer record with a file.
async fn damage(world: &World) -> Damage {
    let (ports, mut damage) = (&world.local.ports, Damage::default());
    let (session, known) = (begin(ports, world).await, contents(ports, world.org).await);
    let mut published = Vec::new();
    for module in ports.catalogue.modules(world.org).await.unwrap().into_iter().filter(|of| of.contents == DataCategory::Crm) {
        let stored = stored_module(&*ports.objects, world.org, &module).await.unwrap();
        let of = known.iter().find(|known| known.api_name == module.api_name).unwrap();
        let (mut changes, columns) = (Changes::default(), module.fields.len());
        let mut change = |row: &[String]| {
            let cells: Vec<Cell<'_>> =
                row.iter().map(|cell| Some(&**cell)).chain(std::iter::repeat(None)).take(columns).collect();
            let mut page = RowPage::new(columns);
            page.push(&cells).unwrap();
            changes.rows.push(page);
        };
        let mut gone = HashSet::new();
        for (number, row) in of.rows.iter().enumerate() {
            match number % 20 {
                3 => drop(gone.insert(row[0].clone())),
                7 => {
                    let mut garbled = row.clone();
                    garbled[1] = format!("garbled {number}");
                    change(&garbled);
                    damage.garbled += 1;
                }
                _ => {}
            }
        }
        let mut newer = of.rows[0].clone();
        newer[0] = NEWER.to_owned();
        change(&newer);
        damage.deleted += gone.len() as u64;
        changes.deleted = gone.iter().cloned().collect();
        let mut writer = session.amend(&module, ModuleHead::from(&stored.module), changes).await.unwrap();
        if module.attachments > 0 {
            damage_files(world, &stored, &mut writer, (&gone, &mut damage)).await;
        }
        published.push(writer.finish().await.unwrap());
    }
    session.publish(&published, ports.clock.now()).await.unwrap();
    damage
}

async fn damage_files(
    world: &World,
    stored: &StoredModule,
    writer: &mut ModuleWriter,
    (gone, damage): (&HashSet<String>, &mut Damage),
) {
    let mut number = 0;
    for run in &stored.files {
        for file in files(&*world.local.ports.objects, world.org, run).await.unwrap() {
            let new = NewAttachment::from(file.attachment.clone());
            number += 1;
            if gone.contains(&new.record_id) || number % 20 == 5 {
                damage.files_gone += 1;
            } else if number % 20 == 9 {
                writer.attachment(new, body_of("garbled")).await.unwrap();
                damage.files_garbled += 1;
            } else {
                assert!(writer.fixed_attachment(&new, None).await.unwrap());
            }
        }
    }
    let (id, record_id, name) = (NEWER.to_owned(), NEWER.to_owned(), "newer.txt".to_owned());
    let (record_name, content_type, created) = (String::new(), "text/plain".to_owned(), None);
    let newer = NewAttachment { id, record_id, record_name, name, content_type, created };
    writer.attachment(newer, body_of("newer")).await.unwrap();
}

/// Publishes changes of a module as a platform does that takes care of what others publish.
async fn publish(world: &World, api_name: &str, rows: Vec<Vec<String>>) {
    let ports = &world.local.ports;
    loop {
        let session = begin(ports, world).await;
        let module = session.module_now(api_name).unwrap().clone();
        let (stored, mut changes) = (stored_module(&*ports.objects, world.org, &module).await.unwrap(), Changes::default());
        for row in &rows {
            let cells: Vec<Cell<'_>> =
                row.iter().map(|cell| Some(&**cell)).chain(std::iter::repeat(None)).take(module.fields.len()).collect();
            let mut page = RowPage::new(module.fields.len());
            page.push(&cells).unwrap();
            changes.rows.push(page);
        }
        let writer = session.amend(&module, ModuleHead::from(&stored.module), changes).await.unwrap();
        let version = writer.keep_attachments(&module).await.unwrap().finish().await.unwrap();
        match session.publish_if_unchanged(&[version], ports.clock.now()).await {
            Err(error) if error.kind == ErrorKind::Conflict => {}
            published => return published.unwrap(),
        }
    }
}

/// The records and files of all modules, in the order of their ids, with those that are newer or without them.
fn sorted(modules: Vec<ModuleContents>, with_newer: bool) -> Vec<ModuleContents> {
    let is_kept = |id: &str| with_newer || id < NEWER || id.len() < NEWER.len();
    let each = |mut module: ModuleContents| {
        module.rows.retain(|row| is_kept(&row[0]));
        module.rows.sort();
        module.attachments.retain(|(id, ..)| is_kept(id));
        module.attachments.sort();
        module
    };
    modules.into_iter().map(each).collect()
}

/// Asserts that two states are the same, without printing them.
fn assert_same(found: &[ModuleContents], expected: &[ModuleContents]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let name = &expected.api_name;
        assert_eq!((found.rows.len(), found.attachments.len()), (expected.rows.len(), expected.attachments.len()), "{name}");
        assert!(found.rows == expected.rows, "records of {name} differ");
        assert!(found.attachments == expected.attachments, "files of {name} differ");
        assert_eq!((&found.label, found.order, &found.fields), (&expected.label, expected.order, &expected.fields));
    }
}

async fn now(world: &World) -> Vec<ModuleContents> {
    contents(&world.local.ports, world.org).await
}

async fn sample() -> (World, Value, Vec<ModuleContents>) {
    let world = World::start().await;
    generate(&world.local.ports, world.org, Size::Small, &mut |_| {}).await.unwrap();
    let backup = world.back_up().await;
    let then = sorted(now(&world).await, true);
    (world, json!(backup.id.to_string()), then)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_native_store_is_as_in_its_backup_again_and_undone_it_is_as_before() {
    let (world, backup, then) = sample().await;
    let damage = damage(&world).await;
    let damaged = sorted(now(&world).await, true);
    let restore = planned(&world, json!({ "backup": backup, "policy": { "change": true, "delete": false } })).await;
    let plan = &restore["plan"];
    assert_eq!((&restore["status"], &plan["is_hindered"]), (&json!("PLANNED"), &json!(false)), "{restore}");
    assert_eq!((&plan["create"], &plan["change"]), (&json!(damage.deleted), &json!(damage.garbled)), "{damage:?} {plan}");
    let files = (&plan["files"]["create"], &plan["files"]["change"]);
    assert_eq!(files, (&json!(damage.files_gone), &json!(damage.files_garbled)), "{damage:?} {plan}");
    assert!(damage.deleted > 50 && damage.garbled > 50 && damage.files_gone > 2 && damage.files_garbled > 0, "{damage:?}");

    let restore = confirmed(&world, &restore).await;
    let written = damage.deleted + damage.garbled;
    let all = |written: u64| json!({ "written": written, "already_there": 0, "changed_meanwhile": 0, "refused": 0 });
    assert_eq!((&restore["status"], &restore["outcome"]), (&json!("COMPLETED"), &all(written)), "{restore}");
    assert_eq!(restore["file_outcome"], all(damage.files_gone + damage.files_garbled), "{restore}");
    assert_same(&sorted(now(&world).await, false), &then);
    let with_newer = sorted(now(&world).await, true);
    assert_eq!(
        with_newer.iter().map(|module| module.rows.len()).sum::<usize>(),
        then.iter().map(|module| module.rows.len() + 1).sum::<usize>()
    );

    // Undone, records are as before. Files that were gone stay where their record does.
    let undo = world.administrator().post(&path(&restore, "/actions/undo"), "").await;
    let undo = confirmed(&world, &ended(&world, &undo.body["restore"]).await).await;
    assert_eq!((&undo["status"], &undo["outcome"]), (&json!("COMPLETED"), &all(written)), "{undo}");
    let undone = sorted(now(&world).await, true);
    for (undone, damaged) in undone.iter().zip(&damaged) {
        assert!(undone.rows == damaged.rows, "records of {} differ", damaged.api_name);
        assert!(damaged.attachments.iter().all(|file| undone.attachments.contains(file)), "files of {} differ", damaged.api_name);
        let ids: HashSet<&String> = undone.rows.iter().map(|row| &row[0]).collect();
        assert!(
            undone.attachments.iter().all(|(_, record, ..)| ids.contains(record)),
            "{} has files of nobody",
            damaged.api_name
        );
    }
    println!("{damage:?}: {written} records and {} files restored, and undone", damage.files_gone + damage.files_garbled);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_platform_publishes_while_a_restore_runs_is_not_lost() {
    let (world, backup, then) = sample().await;
    let damage = damage(&world).await;
    let name = then.iter().max_by_key(|module| module.rows.len()).unwrap().api_name.clone();
    let restore = planned(&world, json!({ "backup": backup, "policy": { "change": true, "delete": false } })).await;
    // The platform changes a record that is to be changed back, before the restore is confirmed.
    let of = |modules: &[ModuleContents]| rows(modules.iter().find(|module| module.api_name == name).unwrap());
    let garbled = of(&now(&world).await).into_values().find(|row| row[1].starts_with("garbled")).unwrap();
    let mut meanwhile = garbled.clone();
    meanwhile[1] = "meanwhile".to_owned();
    publish(&world, &name, vec![meanwhile.clone()]).await;
    let body = json!({ "deletes": 0 }).to_string();
    assert_eq!(world.administrator().post(&path(&restore, "/actions/confirm"), &body).await.status, StatusCode::OK);
    let mut published = Vec::new();
    for number in 1.. {
        let mut row = meanwhile.clone();
        row[0] = format!("{NEWER}{number:03}");
        let begun = Instant::now();
        publish(&world, &name, vec![row.clone()]).await;
        published.push(row);
        // Whoever publishes without a break leaves nobody else the time to do so.
        tokio::time::sleep(2 * begun.elapsed()).await;
        if get(&world, &path(&restore, "")).await["restore"]["status"] != "RUNNING" {
            break;
        }
    }
    let restore = ended(&world, &restore).await;
    let written = damage.deleted + damage.garbled - 1;
    let outcome = json!({ "written": written, "already_there": 0, "changed_meanwhile": 1, "refused": 0 });
    assert_eq!((&restore["status"], &restore["outcome"]), (&json!("COMPLETED"), &outcome), "{restore}");
    let (found, mut expected) = (of(&now(&world).await), of(&then));
    expected.insert(meanwhile[0].clone(), meanwhile);
    assert!(published.iter().all(|row| found.get(&row[0]) == Some(row)), "{} records were published meanwhile", published.len());
    assert!(expected.iter().all(|(id, row)| found.get(id) == Some(row)), "records of {name} differ");
    println!("{written} records restored while the platform published {} times", published.len());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn single_records_of_the_native_store_are_restored_and_newer_ones_deleted_once_confirmed() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let backup = world.back_up().await.id.to_string();
    let then = now(&world).await;
    let lead = |id: &str, name: &str| vec![id.to_owned(), name.to_owned(), "0".to_owned()];
    publish(&world, "Leads", vec![lead("1", "garbled"), lead("2", "garbled"), lead("3", "newer")]).await;
    let policy = json!({ "change": true, "delete": true });
    let one = json!({ "backup": backup, "records": [{ "module": "Leads", "id": "2" }], "policy": policy });
    let restore = confirmed(&world, &planned(&world, one).await).await;
    assert_eq!(restore["outcome"]["written"], 1, "{restore}");
    let names = |modules: &[ModuleContents]| -> Vec<String> {
        modules.iter().find(|module| module.api_name == "Leads").unwrap().rows.iter().map(|row| row[1].clone()).collect()
    };
    assert_eq!(names(&now(&world).await), ["garbled".to_owned(), names(&then)[1].clone(), "newer".to_owned()]);
    let all = planned(&world, json!({ "backup": backup, "policy": policy })).await;
    assert_eq!((&all["plan"]["change"], &all["plan"]["delete"]), (&json!(1), &json!(1)), "{all}");
    confirmed(&world, &all).await;
    assert_same(&now(&world).await, &then);
    let history = get(&world, "/backup/history").await;
    assert!(history["history"].as_array().unwrap().iter().any(|event| event["kind"] == "restore_completed"));
    world.end().await;
}
