//! Each fault in turn: it passes, or it is named.

use hozon_emulator_zoho::{Fault, SampleSize};
use hozon_shared::domain::source::{GapKind, SourceErrorKind};
use hozon_shared::ports::{Connector, Protection};

use crate::support::{Files, World, assert_rows, catch_up, files, files_of, module, read_all};

fn refuse(kind: &str, status: u16, code: &str, times: u32) -> Fault {
    let (kind, code) = (Some(kind.to_owned()), code.to_owned());
    Fault::Refuse { kind, module: None, status, code, after: 1, times }
}

async fn large() -> World {
    let mut size = SampleSize::small();
    size.records = vec![("Deals", 12_500), ("Accounts", 10), ("Contacts", 10)];
    World::of(size).await
}

async fn assert_read(world: &World, name: &str) {
    let state = world.hold().await;
    let module = module(&*state, name);
    assert_rows(&world.state, &module, &read_all(&*state, &module).await.unwrap());
}

#[tokio::test]
async fn what_bulk_read_leaves_out_is_fetched() {
    let world = large().await;
    world.state.inject(Fault::OmitFromBulk { module: "Deals".to_owned(), every: 19 });
    assert_read(&world, "Deals").await;
    assert!(world.state.usage().calls["bulk_create"] == 1);
}

#[tokio::test]
async fn a_job_that_fails_is_replaced_by_pages() {
    let world = large().await;
    world.state.inject(Fault::BulkFails { module: "Deals".to_owned(), times: 1 });
    assert_read(&world, "Deals").await;
}

#[tokio::test]
async fn results_that_are_gone_are_made_again() {
    let world = large().await;
    let state = world.hold().await;
    let module = module(&*state, "Deals");
    let (mut rows, behind) = crate::support::read(&*state, &module, None, 2).await.unwrap();
    world.state.inject(Fault::BulkResultsGone);
    let (more, _) = crate::support::read(&*state, &module, behind.as_ref(), usize::MAX).await.unwrap();
    rows.extend(more);
    assert_rows(&world.state, &module, &rows);
}

#[tokio::test]
async fn failures_that_pass_are_repeated() {
    for (status, code) in [(429, "TOO_MANY_REQUESTS"), (500, "INTERNAL_ERROR"), (200, "INTERNAL_ERROR"), (401, "INVALID_TOKEN")] {
        for kind in ["list", "coql"] {
            let world = World::small().await;
            world.state.inject(refuse(kind, status, code, 1));
            assert_read(&world, "Leads").await;
        }
    }
    for kind in ["list", "bulk_result"] {
        let world = if kind == "bulk_result" { large().await } else { World::small().await };
        world.state.inject(Fault::BreakConnection { kind: Some(kind.to_owned()), after: 0, times: 1 });
        assert_read(&world, if kind == "bulk_result" { "Deals" } else { "Leads" }).await;
    }
}

#[tokio::test]
async fn a_module_without_permission_is_named() {
    for status in [400, 403] {
        let world = World::small().await;
        world.state.inject(Fault::NoPermission { module: "Deals".to_owned(), status });
        let state = world.hold().await;
        assert!(!state.modules().iter().any(|module| module.api_name == "Deals"));
        assert!(state.gaps().iter().any(|gap| gap.module == "Deals" && gap.kind == GapKind::NoPermission));
    }
}

#[tokio::test]
async fn a_module_that_vanishes_is_named() {
    let world = World::small().await;
    let state = world.hold().await;
    let module = module(&*state, "Contacts");
    world.state.inject(Fault::VanishAfter { module: "Contacts".to_owned(), calls: 1 });
    let failed = read_all(&*state, &module).await.unwrap_err();
    assert_eq!(failed.kind, SourceErrorKind::Changed("Contacts".to_owned()));
}

#[tokio::test]
async fn files_that_are_gone_are_told_from_failures() {
    let world = World::small().await;
    let known: Vec<_> = world.state.attachments().into_iter().filter(|file| file.module == "Leads" && !file.is_link).collect();
    world.state.inject(Fault::AttachmentGone { attachment: known[0].id, status: 404 });
    world.state.inject(Fault::AttachmentGone { attachment: known[1].id, status: 400 });
    world.state.inject(Fault::DownloadNotAllowed { attachment: known[2].id });
    let state = world.hold().await;
    let mut expected = files_of(&world.state, "Leads");
    for file in &known[..3] {
        expected.get_mut(&file.id.to_string()).unwrap().2 = None;
    }
    assert_eq!(files(&*state, &module(&*state, "Leads")).await.unwrap(), expected);
}

#[tokio::test]
async fn without_the_list_of_the_organisation_each_record_is_asked() {
    let world = World::small().await;
    world.state.set_options(hozon_emulator_zoho::Options { organisation_attachments: false, ..world.state.options() });
    let state = world.hold().await;
    for name in ["Leads", "Inspections"] {
        assert_eq!(files(&*state, &module(&*state, name)).await.unwrap(), files_of(&world.state, name), "{name}");
    }
}

#[tokio::test]
async fn failures_of_the_consent_are_told_apart() {
    let expected = [("invalid_code", SourceErrorKind::ConsentRevoked), ("invalid_client", SourceErrorKind::ClientUnknown)];
    for (code, kind) in expected {
        let world = World::small().await;
        world.state.inject(Fault::TokenError { code: code.to_owned(), times: 9 });
        assert_eq!(world.zoho().hold(Protection::Notice).await.map(drop).unwrap_err().kind, kind);
    }
    let world = World::small().await;
    world.state.revoke(&world.refresh_token);
    assert_eq!(world.zoho().check().await.unwrap_err().kind, SourceErrorKind::ConsentRevoked);
}

#[tokio::test]
async fn changes_of_a_module_without_queries_are_read_by_pages() {
    let world = World::small().await;
    let state = world.hold().await;
    let module = module(&*state, "Contacts");
    let mut rows = read_all(&*state, &module).await.unwrap();
    let began = world.state.now();
    world.state.advance(chrono::TimeDelta::minutes(5));
    world.state.update("Contacts", world.state.ids("Contacts")[7], serde_json::json!({"Description": "new"}));
    let refused = Fault::Refuse {
        kind: Some("coql".to_owned()),
        module: None,
        status: 400,
        code: "INVALID_QUERY".to_owned(),
        after: 0,
        times: 9,
    };
    world.state.inject(refused);
    catch_up(&*state, &module, began, (&mut rows, &Files::new())).await;
    assert_rows(&world.state, &module, &rows);
}
