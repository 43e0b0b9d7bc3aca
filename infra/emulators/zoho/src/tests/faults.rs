//! Faults on request.

use reqwest::Method;
use serde_json::json;

use super::{Caller, answer, assert_refused};
use crate::Fault;

fn refuse(status: u16, code: &str, after: u32, times: u32) -> Fault {
    Fault::Refuse { kind: Some("list".to_owned()), module: None, status, code: code.to_owned(), after, times }
}

#[tokio::test]
async fn refusals_come_after_and_as_often_as_asked() {
    let caller = Caller::new().await;
    caller.state().inject(refuse(401, "INVALID_TOKEN", 1, 2));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(caller.get("/crm/v8/Leads?fields=id").await.0);
    }
    assert_eq!(statuses, [200, 401, 401, 200]);
    caller.state().inject(refuse(200, "INTERNAL_ERROR", 0, 1));
    assert_refused(&caller.get("/crm/v8/Leads?fields=id").await, 200, "INTERNAL_ERROR");
    let fault = json!({"Refuse": {"module": "Deals", "status": 500, "code": "INTERNAL_ERROR", "times": 1}});
    assert_eq!(caller.post("/_test/faults", fault).await.0, 204);
    assert_eq!(caller.get("/crm/v8/Leads?fields=id").await.0, 200);
    assert_refused(&caller.query("select id from Deals where id > 0").await, 500, "INTERNAL_ERROR");
}

#[tokio::test]
async fn a_module_can_be_forbidden_or_vanish() {
    let caller = Caller::new().await;
    for status in [400, 403] {
        caller.state().inject(Fault::NoPermission { module: "Calls".to_owned(), status });
        assert_refused(&caller.get("/crm/v8/Calls?fields=id").await, status, "NO_PERMISSION");
        assert_eq!(caller.get("/crm/v8/settings/fields?module=Calls").await.0, 200);
        caller.state().clear_faults();
    }
    caller.state().inject(Fault::VanishAfter { module: "Calls".to_owned(), calls: 1 });
    assert_eq!(caller.get("/crm/v8/Calls?fields=id").await.0, 200);
    assert_refused(&caller.get("/crm/v8/Calls?fields=id").await, 400, "INVALID_MODULE");
    let (_, modules) = caller.get("/crm/v8/settings/modules").await;
    assert!(modules["modules"].as_array().expect("modules").iter().all(|module| module["api_name"] != "Calls"));
}

#[tokio::test]
async fn bulk_read_omits_fails_and_forgets() {
    let caller = Caller::new().await;
    caller.state().inject(Fault::OmitFromBulk { module: "Leads".to_owned(), every: 10 });
    let id = caller.bulk("Leads").await;
    let (_, job) = caller.get(&format!("/crm/bulk/v8/read/{id}")).await;
    assert_eq!(job["data"][0]["result"]["count"], 450, "nothing says that rows are missing");
    let packed = caller.bytes(&format!("/crm/bulk/v8/read/{id}/result")).await;
    let archive = rawzip::ZipArchive::from_slice(&packed).expect("a zip");
    let mut entries = archive.entries();
    let entry = entries.next_entry().expect("an entry").expect("an entry");
    let mut unpacked = String::new();
    let deflated = archive.get_entry(entry.wayfinder()).expect("an entry").data().to_vec();
    std::io::Read::read_to_string(&mut flate2::read::DeflateDecoder::new(&*deflated), &mut unpacked).expect("text");
    assert_eq!(unpacked.lines().count(), 1 + 405);
    caller.state().inject(Fault::BulkResultsGone);
    assert_refused(&caller.get(&format!("/crm/bulk/v8/read/{id}/result")).await, 400, "RESOURCE_NOT_FOUND");
    caller.state().inject(Fault::BulkFails { module: "Leads".to_owned(), times: 1 });
    let failed = caller.bulk("Leads").await;
    let (_, job) = caller.get(&format!("/crm/bulk/v8/read/{failed}")).await;
    assert_eq!(job["data"][0]["state"], "FAILURE");
}

#[tokio::test]
async fn attachments_are_refused_or_gone() {
    let caller = Caller::new().await;
    let held = caller.state().attachments().into_iter().find(|held| !held.is_link).expect("a file");
    let path = format!("/crm/v8/{}/{}/Attachments/{}", held.module, held.record, held.id);
    caller.state().inject(Fault::DownloadNotAllowed { attachment: held.id });
    assert_refused(&caller.get(&path).await, 400, "DOWNLOAD_NOT_ALLOWED");
    caller.state().clear_faults();
    for status in [400, 404] {
        caller.state().inject(Fault::AttachmentGone { attachment: held.id, status });
        assert_refused(&caller.get(&path).await, status, "INVALID_DATA");
        caller.state().clear_faults();
    }
    assert_eq!(caller.bytes(&path).await.len() as u64, held.size.expect("a size"));
}

#[tokio::test]
async fn an_answer_can_break_off() {
    let caller = Caller::new().await;
    caller.state().inject(Fault::BreakConnection { kind: None, after: 0, times: 1 });
    let response = caller.request(Method::GET, "/crm/v8/settings/modules").send().await.expect("a head");
    assert!(response.bytes().await.is_err());
    assert_eq!(answer(caller.request(Method::GET, "/crm/v8/settings/modules")).await.0, 200);
}

#[tokio::test]
async fn the_token_call_can_fail() {
    let caller = Caller::new().await;
    caller.state().inject(Fault::TokenError { code: "invalid_client".to_owned(), times: 1 });
    let url = format!("{}/oauth/v2/token", caller.server.base_url());
    let (status, body) = answer(caller.http.post(url)).await;
    assert_eq!((status, body["error"].as_str()), (200, Some("invalid_client")));
}
