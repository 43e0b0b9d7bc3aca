//! Limits of lists, queries, bulk jobs, credits and calls at once.

use std::time::Duration;

use reqwest::Method;

use super::{Caller, assert_refused};
use crate::Options;

#[tokio::test]
async fn a_list_needs_one_to_fifty_fields_and_a_small_page() {
    let caller = Caller::new().await;
    assert_refused(&caller.get("/crm/v8/Leads").await, 400, "REQUIRED_PARAM_MISSING");
    let fields = |count: usize| vec!["Company"; count].join(",");
    assert_refused(&caller.get(&format!("/crm/v8/Leads?fields={}", fields(51))).await, 400, "LIMIT_EXCEEDED");
    assert_eq!(caller.get(&format!("/crm/v8/Leads?fields={}", fields(50))).await.0, 200);
    assert_refused(&caller.get("/crm/v8/Leads?fields=id&per_page=201").await, 400, "INVALID_DATA");
    let many = vec!["1"; 101].join(",");
    assert_refused(&caller.get(&format!("/crm/v8/Leads?fields=id&ids={many}")).await, 400, "LIMIT_EXCEEDED");
    assert_eq!(caller.get("/crm/v2/Leads").await.0, 200, "the second version needs no fields");
}

#[tokio::test]
async fn page_numbers_lead_to_2000_records_and_tokens_to_the_limit() {
    let caller = Caller::new().await;
    assert_refused(&caller.get("/crm/v8/Leads?fields=id&page=11").await, 400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED");
    caller.state().set_options(Options { page_limit: 400, ..caller.state().options() });
    let (_, first) = caller.get("/crm/v8/Contacts?fields=id").await;
    let token = |page: &serde_json::Value| page["info"]["next_page_token"].as_str().expect("a token").to_owned();
    let (_, second) = caller.get(&format!("/crm/v8/Contacts?fields=id&page_token={}", token(&first))).await;
    let third = caller.get(&format!("/crm/v8/Contacts?fields=id&page_token={}", token(&second))).await;
    assert_refused(&third, 400, "PAGINATION_LIMIT_EXCEEDED");
    let other = caller.get(&format!("/crm/v8/Contacts?fields=Email&page_token={}", token(&first))).await;
    assert_refused(&other, 400, "INVALID_DATA");
    caller.state().advance(chrono::Duration::seconds(3000));
    assert_eq!(caller.get("/crm/v8/Contacts?fields=id&sort_by=id&sort_order=asc").await.0, 200);
}

#[tokio::test]
async fn queries_need_a_condition_brackets_and_at_most_2000_rows() {
    let caller = Caller::new().await;
    assert_refused(&caller.query("select id from Leads").await, 400, "SYNTAX_ERROR");
    let three = "select id from Leads where id > 1 and id > 2 and id > 3";
    assert_refused(&caller.query(three).await, 400, "SYNTAX_ERROR");
    assert_eq!(caller.query("select id from Leads where (id > 1 and (id > 2 and id > 3)) limit 5").await.0, 200);
    assert_refused(&caller.query("select id from Leads where id > 1 limit 2001").await, 400, "LIMIT_EXCEEDED");
    assert_refused(&caller.query("select id from Leads where id > 1 limit 99000, 2000").await, 400, "LIMIT_EXCEEDED");
    assert_refused(&caller.query("select Nothing from Leads where id > 1").await, 400, "INVALID_QUERY");
    caller.state().reset_usage();
    caller.query("select id from Leads where id > 1 limit 2000").await;
    assert_eq!(caller.state().usage().credits["coql"], 3);
}

#[tokio::test]
async fn a_bulk_job_passes_its_states_and_its_result_ends_after_a_day() {
    let caller = Caller::new().await;
    caller.state().set_options(Options { bulk_job: chrono::Duration::seconds(8), ..caller.state().options() });
    let query = serde_json::json!({"query": {"module": {"api_name": "Leads"}}});
    let (_, job) = caller.post("/crm/bulk/v8/read", query).await;
    let path = format!("/crm/bulk/v8/read/{}", job["data"][0]["details"]["id"].as_str().expect("an id"));
    let mut states = Vec::new();
    for _ in 0..10 {
        let (_, job) = caller.get(&path).await;
        states.push(job["data"][0]["state"].as_str().expect("a state").to_owned());
        caller.state().advance(chrono::Duration::milliseconds(900));
    }
    states.dedup();
    assert_eq!(states, ["ADDED", "QUEUED", "IN PROGRESS", "COMPLETED"]);
    for _ in 0..10 {
        caller.bytes(&format!("{path}/result")).await;
    }
    assert_refused(&caller.get(&format!("{path}/result")).await, 429, "TOO_MANY_REQUESTS");
    caller.state().advance(chrono::Duration::minutes(1));
    caller.bytes(&format!("{path}/result")).await;
    caller.state().advance(chrono::Duration::hours(24));
    let mut late = caller;
    late.token = late.state().full_access_token();
    assert_refused(&late.get(&format!("{path}/result")).await, 400, "RESOURCE_NOT_FOUND");
    assert_eq!(late.state().usage().credits["bulk_create"], 50);
}

#[tokio::test]
async fn bulk_read_leaves_modules_and_fields_out_and_goes_on_by_pages() {
    let caller = Caller::new().await;
    for (module, fields, code) in [
        ("Notes", vec!["id"], "MODULE_NOT_SUPPORTED"),
        ("Attachments", vec!["id"], "MODULE_NOT_SUPPORTED"),
        ("Quotes", vec!["Quoted_Items"], "FIELD_NOT_SUPPORTED"),
        ("Leads", vec!["Company"; 201], "INVALID_REQUEST"),
    ] {
        let query = serde_json::json!({"query": {"module": {"api_name": module}, "fields": fields}});
        assert_refused(&caller.post("/crm/bulk/v8/read", query).await, 400, code);
    }
    caller.state().set_options(Options { bulk_rows: 400, ..caller.state().options() });
    let id = caller.bulk("Contacts").await;
    let (_, job) = caller.get(&format!("/crm/bulk/v8/read/{id}")).await;
    let result = &job["data"][0]["result"];
    assert_eq!((result["count"].as_u64(), result["more_records"].as_bool()), (Some(400), Some(true)));
    let query = serde_json::json!({"query": {"module": {"api_name": "Contacts"}, "page_token": result["next_page_token"]}});
    let (_, next) = caller.post("/crm/bulk/v8/read", query).await;
    caller.state().advance(chrono::Duration::seconds(1));
    let (_, job) = caller.get(&format!("/crm/bulk/v8/read/{}", next["data"][0]["details"]["id"].as_str().expect("an id"))).await;
    let result = &job["data"][0]["result"];
    assert_eq!(
        (result["count"].as_u64(), result["more_records"].as_bool(), result["page"].as_u64()),
        (Some(220), Some(false), Some(2))
    );
}

#[tokio::test]
async fn credits_end_and_are_told_from_half_on() {
    let caller = Caller::new().await;
    caller.state().set_options(Options { credits: Some(4), ..caller.state().options() });
    let mut told = Vec::new();
    for _ in 0..4 {
        let response = caller.request(Method::GET, "/crm/v8/org").send().await.expect("an answer");
        told.push(response.headers().get("x-api-credits-remaining").map(|left| left.to_str().expect("text").to_owned()));
    }
    assert_eq!(told, [None, Some("2".to_owned()), Some("1".to_owned()), Some("0".to_owned())]);
    assert_refused(&caller.get("/crm/v8/org").await, 429, "RATE_LIMIT_EXCEEDED");
    caller.state().advance(chrono::Duration::minutes(30));
    assert_refused(&caller.get("/crm/v8/org").await, 429, "RATE_LIMIT_EXCEEDED");
    caller.state().advance(chrono::Duration::hours(24));
    let mut next_day = caller;
    next_day.token = next_day.state().full_access_token();
    assert_eq!(next_day.get("/crm/v8/org").await.0, 200);
    let usage = next_day.state().usage();
    assert_eq!((usage.total_calls(), usage.total_credits(), usage.refused["org"]), (5, 5, 2));
}

#[tokio::test]
async fn more_calls_at_once_than_allowed_are_refused() {
    let caller = Caller::new().await;
    caller.state().set_options(Options { concurrency: Some(2), latency: Duration::from_millis(300), ..caller.state().options() });
    let (first, second, third) = tokio::join!(caller.get("/crm/v8/org"), caller.get("/crm/v8/org"), caller.get("/crm/v8/org"));
    let mut statuses = [first.0, second.0, third.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(caller.get("/crm/v8/org").await.0, 200, "a call that has ended makes room");
}
