//! Invalid requests are rejected, each with its own code, and have no effect.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::Role;
use hozon_tests::{Crm, ManualClock, World};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Method, StatusCode};
use serde_json::json;

const CALLS: [(Method, &str); 11] = [
    (Method::POST, "/backup"),
    (Method::GET, "/backup"),
    (Method::GET, "/backup/summary"),
    (Method::GET, "/backup/urls"),
    (Method::GET, "/backup/backups"),
    (Method::GET, "/backup/backups/1/contents"),
    (Method::GET, "/backup/preview"),
    (Method::GET, "/backup/source"),
    (Method::GET, "/backup/history"),
    (Method::GET, "/backup/notifications"),
    (Method::POST, "/backup/1/files/Data_001.zip/actions/download"),
];

#[tokio::test]
async fn requests_without_a_valid_token_are_refused() {
    let world = World::start().await;
    let token = world.local.token(world.org, Role::Administrator).unwrap();
    let tampered = format!("{}x", &token[..token.len() - 1]);
    let cases = [
        (None, "AUTHENTICATION_FAILURE"),
        (Some("Basic YTpi".to_owned()), "AUTHENTICATION_FAILURE"),
        (Some("Bearer".to_owned()), "AUTHENTICATION_FAILURE"),
        (Some("Bearer nonsense".to_owned()), "INVALID_TOKEN"),
        (Some(format!("Bearer {tampered}")), "INVALID_TOKEN"),
        (Some(format!("Bearer {}", shared_secret_token(world.org))), "INVALID_TOKEN"),
    ];
    for (header, code) in cases {
        let caller = world.with_header(header.as_deref());
        for (method, path) in CALLS {
            let answer = caller.send(method, &format!("/crm/bulk/v8{path}"), "").await;
            assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, code), "{path} {header:?}");
        }
    }
    let bearer = format!("bearer {token}");
    assert_eq!(world.with_header(Some(&bearer)).get("/backup").await.status, StatusCode::NO_CONTENT);
    world.end().await;
}

/// A token that is signed with a shared secret instead of the issuer's key.
fn shared_secret_token(org: OrgId) -> String {
    let claims = json!({ "iss": hozon::tokens::ISSUER, "aud": hozon::tokens::AUDIENCE, "sub": "1", "org": org,
        "role": "administrator", "name": "x", "exp": Utc::now().timestamp() + 60 });
    let header = Header { kid: Some("x".to_owned()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(b"secret")).unwrap()
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let clock = Arc::new(ManualClock::at(Utc::now()));
    let world = World::start_with(|options| options.clock = clock.clone()).await;
    let administrator = world.administrator();
    assert_eq!(administrator.get("/backup").await.status, StatusCode::NO_CONTENT);
    clock.advance(TimeDelta::days(7) + TimeDelta::minutes(2));
    assert_eq!(administrator.get("/backup").await.code(), "INVALID_TOKEN");
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn a_user_who_is_no_administrator_is_refused() {
    let world = World::start().await;
    for (method, path) in CALLS {
        let answer = world.user().send(method, &format!("/crm/bulk/v8{path}"), "").await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "NO_PERMISSION"), "{path}");
    }
    world.end().await;
}

#[tokio::test]
async fn another_organisation_sees_nothing_of_a_backup() {
    let mut world = World::start().await;
    let other = world.local.organisation("Other Ltd.", chrono_tz::UTC, "Standard", "JP").await.unwrap();
    world.import(Crm::small().inputs()).await;
    let backup = world.back_up().await;
    let stranger = world.bearer(&world.local.token(other, Role::Administrator).unwrap());
    assert_eq!(stranger.get("/backup").await.status, StatusCode::NO_CONTENT);
    assert_eq!(stranger.get("/backup/urls").await.status, StatusCode::NO_CONTENT);
    let foreign = stranger.get(&format!("/backup/urls?backup_id={}", backup.id)).await;
    assert_eq!((foreign.status, foreign.code()), (StatusCode::BAD_REQUEST, "RESOURCE_NOT_FOUND"));
    let foreign = stranger.post(&format!("/backup/{}/files/Data_001.zip/actions/download", backup.id), "").await;
    assert_eq!((foreign.status, foreign.code()), (StatusCode::BAD_REQUEST, "RESOURCE_NOT_FOUND"));
    assert_eq!(stranger.get("/backup/history").await.body["history"], json!([]));
    drop(stranger);
    world.end().await;
}

#[tokio::test]
async fn an_unknown_organisation_gets_an_error_and_no_backup() {
    let world = World::start().await;
    let unknown = world.bearer(&world.local.token(OrgId(5), Role::Administrator).unwrap());
    let answer = unknown.post("/backup", "").await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "RESOURCE_NOT_FOUND"));
    drop(unknown);
    world.end().await;
}

#[tokio::test]
async fn malformed_bodies_and_parameters_are_refused() {
    let world = World::start().await;
    let administrator = world.administrator();
    let too_large = " ".repeat(3 << 20) + "x";
    for body in ["{", "[]", "now", "{\"backup\":{\"rule\":1}}", "{\"backups\":{}}", &too_large] {
        let answer = administrator.post("/backup", body).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "REQUEST_BODY_NOT_READABLE"));
    }
    for query in ["page=0", "page=x", "per_page=201", "per_page=-1", "page=99999999999999999999"] {
        let answer = administrator.get(&format!("/backup/history?{query}")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "INVALID_DATA"), "{query}");
    }
    let twice = administrator.get("/backup/urls?backup_id=1&backup_id=2").await;
    assert_eq!((twice.status, twice.code()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"));
    let no_id = administrator.get("/backup/urls?backup_id=abc").await;
    assert_eq!((no_id.status, no_id.code()), (StatusCode::BAD_REQUEST, "RESOURCE_NOT_FOUND"));
    let mark = administrator.put("/backup/notifications/actions/mark_read", "{}").await;
    assert_eq!((mark.status, mark.code()), (StatusCode::BAD_REQUEST, "INVALID_DATA"));
    assert_eq!(administrator.get("/backup").await.status, StatusCode::NO_CONTENT);
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn unknown_paths_versions_and_methods_have_their_own_codes() {
    let world = World::start().await;
    let administrator = world.administrator();
    for path in ["/crm/bulk/v8/backups", "/crm/bulk/v1/backup", "/crm/bulk/v9/backup", "/crm/bulk/v8/backup/", "/nothing"] {
        let answer = administrator.send(Method::GET, path, "").await;
        assert_eq!((answer.status, answer.code()), (StatusCode::NOT_FOUND, "INVALID_URL_PATTERN"), "{path}");
    }
    for path in ["/crm/bulk/v2.1/backup", "/crm/bulk/v3/backup", "/crm/bulk/v7/backup"] {
        assert_eq!(administrator.send(Method::GET, path, "").await.status, StatusCode::NO_CONTENT, "{path}");
    }
    for (method, path) in [(Method::DELETE, "/backup"), (Method::POST, "/backup/urls"), (Method::PATCH, "/backup/history")] {
        let answer = administrator.send(method, &format!("/crm/bulk/v8{path}"), "").await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "INVALID_REQUEST_METHOD"), "{path}");
    }
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn a_wrong_method_outside_zohos_paths_is_answered_with_the_allowed_ones() {
    let world = World::start().await;
    let token = world.local.token(world.org, hozon_shared::domain::organisation::Role::Administrator).unwrap();
    let http = reqwest::Client::new();
    for (method, path, allowed) in [
        (Method::DELETE, "/crm/bulk/v8/backup/summary", "GET,HEAD"),
        (Method::PATCH, "/crm/bulk/v8/backup/settings", "GET,HEAD,PUT"),
        (Method::PUT, "/crm/bulk/v8/backup/webhooks", "GET,HEAD,POST"),
        (Method::POST, "/mail/messages", "GET,HEAD"),
        (Method::DELETE, "/", "GET,HEAD"),
    ] {
        let answer = http.request(method, format!("{}{path}", world.local.url)).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let mut named: Vec<_> = answer.headers()["allow"].to_str().unwrap().split(',').collect();
        named.sort_unstable();
        assert_eq!(named.join(","), allowed, "{path}");
    }
    world.end().await;
}
