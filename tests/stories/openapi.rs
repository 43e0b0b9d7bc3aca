//! The served OpenAPI document equals the one in docs/.

use std::path::Path;

use hozon_tests::World;
use reqwest::Method;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");

#[tokio::test]
async fn the_served_document_is_the_one_in_docs() {
    let world = World::start().await;
    let served = world.with_header(None).send(Method::GET, "/openapi.json", "").await.body;
    assert_eq!(served["openapi"], "3.1.0");
    let served = serde_json::to_string_pretty(&served).unwrap() + "\n";
    if std::env::var_os("HOZON_WRITE_OPENAPI").is_some() {
        std::fs::write(DOCUMENT, &served).unwrap();
    }
    let kept = std::fs::read_to_string(Path::new(DOCUMENT)).unwrap_or_default();
    assert!(kept == served, "docs/openapi.json is not what is served: run this test with HOZON_WRITE_OPENAPI=1");
    world.end().await;
}
