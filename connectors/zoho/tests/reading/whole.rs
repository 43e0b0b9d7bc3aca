//! Everything is read, also in several calls, and also while others change it.

use chrono::TimeDelta;
use hozon_emulator_zoho::{Fault, SampleSize};
use hozon_shared::domain::source::GapKind;
use hozon_shared::ports::{Connector, StateToken};
use serde_json::json;

use crate::support::{Files, Rows, World, assert_rows, catch_up, crm, files, files_of, module, read, read_all};

#[tokio::test]
async fn every_row_and_file_equals_the_servers() {
    let world = World::small().await;
    let state = world.hold().await;
    let modules = crm(&*state);
    let names: Vec<_> = modules.iter().map(|module| module.api_name.clone()).collect();
    assert_eq!(names, world.state.modules());
    for module in &modules {
        assert_rows(&world.state, module, &read_all(&*state, module).await.unwrap());
        assert_eq!(files(&*state, module).await.unwrap(), files_of(&world.state, &module.api_name), "{}", module.api_name);
    }
    let gaps: Vec<_> = state.gaps().iter().map(|gap| (gap.module.as_str(), gap.kind)).collect();
    assert!(gaps.contains(&("Reports", GapKind::NotInApi)), "{gaps:?}");
    let metadata: Vec<_> = state.metadata().iter().map(|(name, _)| name.as_str()).collect();
    for name in ["modules", "fields", "layouts", "org", "users", "roles", "profiles", "currencies"] {
        assert!(metadata.contains(&name), "{name}");
    }
}

#[tokio::test]
async fn bulk_read_and_pages_give_the_same_cells() {
    let mut size = SampleSize::small();
    size.records =
        vec![("Leads", 6_500), ("Accounts", 1_000), ("Contacts", 12_000), ("Deals", 11_500), ("Quotes", 300), ("Products", 20)];
    let world = World::of(size).await;
    world.state.set_options(hozon_emulator_zoho::Options { bulk_rows: 5_000, ..world.state.options() });
    let state = world.hold().await;
    for module in crm(&*state) {
        assert_rows(&world.state, &module, &read_all(&*state, &module).await.unwrap());
        assert_eq!(
            files(&*state, &module).await.unwrap().len(),
            files_of(&world.state, &module.api_name).len(),
            "{}",
            module.api_name
        );
    }
    assert_eq!(world.state.usage().calls["bulk_create"], 8);
}

#[tokio::test]
async fn reading_goes_on_behind_any_page_in_another_process() {
    let mut size = SampleSize::small();
    size.records = vec![("Leads", 7_500), ("Contacts", 900), ("Accounts", 10), ("Quotes", 450)];
    let world = World::of(size).await;
    let first = world.hold().await;
    let StateToken { name, noted } = first.token().unwrap();
    for name_of_module in ["Leads", "Contacts", "Quotes"] {
        let module = module(&*first, name_of_module);
        let (mut rows, mut behind) = read(&*first, &module, None, 1).await.unwrap();
        let mut pages = 1;
        while let Some(from) = behind {
            let joined = world.zoho().join(&StateToken { name: name.clone(), noted: noted.clone() }).await.unwrap();
            let (more, next) = read(&*joined, &module, Some(&from), pages).await.unwrap();
            rows.extend(more);
            (behind, pages) = (next, pages * 3);
        }
        assert_rows(&world.state, &module, &rows);
    }
    // A result that was made is read again.
    assert_eq!(world.state.usage().calls["bulk_create"], 1);
}

#[tokio::test]
async fn records_past_the_end_of_page_tokens_are_read_by_their_ids() {
    let world = World::small().await;
    world.state.set_options(hozon_emulator_zoho::Options { page_limit: 200, ..world.state.options() });
    let state = world.hold().await;
    for name in ["Contacts", "Notes", "Tasks", "Leads"] {
        let module = module(&*state, name);
        assert_rows(&world.state, &module, &read_all(&*state, &module).await.unwrap());
    }
}

#[tokio::test]
async fn what_changes_meanwhile_is_caught_up() {
    let world = World::small().await;
    let server = &world.state;
    let state = world.hold().await;
    let began = server.now();
    let modules = crm(&*state);
    let mut read_all_of: Vec<(Rows, Files)> = Vec::new();
    for module in &modules {
        read_all_of.push((read_all(&*state, module).await.unwrap(), files(&*state, module).await.unwrap()));
    }
    server.advance(TimeDelta::minutes(5));
    let contacts = server.ids("Contacts");
    server.delete("Contacts", contacts[3]);
    server.purge("Contacts", contacts[100]);
    server.update("Contacts", contacts[7], json!({"Description": "new"}));
    let quote = server.ids("Quotes")[0];
    server.update("Quotes", quote, json!({"Quoted_Items": [{"Quantity": 7.0}]}));
    server.insert("Accounts", json!({"Account_Name": "New Ltd."}));
    server.attach("Deals", server.ids("Deals")[5], "new.txt", b"new".to_vec());
    server.set_photo("Leads", server.ids("Leads")[1], b"a picture".to_vec());
    let mut with_new_files = Vec::new();
    for (module, (rows, read)) in modules.iter().zip(&mut read_all_of) {
        if catch_up(&*state, module, began, (rows, read)).await {
            with_new_files.push(module.api_name.as_str());
        }
        assert_rows(server, module, rows);
    }
    assert!(with_new_files.contains(&"Deals") && with_new_files.contains(&"Leads"), "{with_new_files:?}");
    for module in &modules {
        assert_eq!(files(&*state, module).await.unwrap(), files_of(server, &module.api_name), "{}", module.api_name);
    }
    let accounts = module(&*state, "Accounts");
    let read = files(&*state, &accounts).await.unwrap();
    let gone = server.attachments().into_iter().find(|file| file.module == "Accounts").unwrap();
    server.delete_attachment(gone.id);
    assert!(catch_up(&*state, &accounts, server.now(), (&mut Rows::new(), &read)).await);
}

#[tokio::test]
async fn everything_is_there_after_the_catch_up_with_writers_and_faults_together() {
    let mut size = SampleSize::small();
    size.records.retain(|(name, _)| !matches!(*name, "Deals" | "Attachments"));
    size.records.extend([("Deals", 11_500), ("Attachments", 60)]);
    let world = World::of(size).await;
    let server = &world.state;
    for kind in ["list", "coql", "bulk_status", "download"] {
        for (status, code, after) in [(429, "TOO_MANY_REQUESTS", 2), (500, "INTERNAL_ERROR", 7), (401, "INVALID_TOKEN", 11)] {
            let (kind, code) = (Some(kind.to_owned()), code.to_owned());
            server.inject(Fault::Refuse { kind, module: None, status, code, after, times: 1 });
        }
    }
    server.inject(Fault::OmitFromBulk { module: "Deals".to_owned(), every: 97 });
    let state = world.hold().await;
    let (began, modules, mut all) = (server.now(), crm(&*state), Vec::new());
    let write = |round: usize| {
        for module in ["Leads", "Contacts", "Deals", "Notes"] {
            let ids = server.ids(module);
            server.update(module, ids[ids.len() / 2 + round], json!({"Description": format!("round {round}")}));
            server.delete(module, ids[round]);
        }
        server.insert("Accounts", json!({"Account_Name": format!("Company of round {round}")}));
    };
    for (round, module) in modules.iter().enumerate() {
        write(round);
        all.push((read_all(&*state, module).await.unwrap(), files(&*state, module).await.unwrap()));
    }
    for (module, (rows, read)) in modules.iter().zip(&mut all) {
        catch_up(&*state, module, began, (rows, read)).await;
        assert_rows(server, module, rows);
        assert_eq!(files(&*state, module).await.unwrap(), files_of(server, &module.api_name), "{}", module.api_name);
    }
    println!("credits with writers and faults: {}", server.usage().total_credits());
}
