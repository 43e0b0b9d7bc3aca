//! Checksums of uploads, and errors in the body of a 200 answer, tested against a store that behaves as S3's API
//! reference says, because the emulators compute no part checksums.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use hozon_shared::aws::Aws;
use hozon_shared::ports::{ErrorKind, ObjectRef, Uploads};
use hozon_shared::settings::{Endpoints, Settings};

use crate::emulators::Emulators;
use crate::samples::kind;

/// A recorded request.
#[derive(Clone)]
struct Seen {
    call: &'static str,
    headers: HeaderMap,
    body: String,
}

#[derive(Clone, Default)]
struct Store {
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Number of further completions that fail with a 200 answer.
    failing: Arc<Mutex<usize>>,
}

impl Store {
    fn of(&self, call: &str) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| seen.call == call).cloned().collect()
    }

    fn answer(&self, call: &str, headers: &HeaderMap) -> Response {
        match call {
            "create" => "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>".into_response(),
            "part" => [("etag", "\"p\""), ("x-amz-checksum-crc32", crc32_of(headers))].into_response(),
            "copy" => {
                let result = "<ETag>\"c\"</ETag><ChecksumCRC32>AAAAAg==</ChecksumCRC32>";
                format!("<CopyPartResult>{result}</CopyPartResult>").into_response()
            }
            _ if self.fails() => "<Error><Code>InternalError</Code><Message>again</Message></Error>".into_response(),
            _ => "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>".into_response(),
        }
    }

    fn fails(&self) -> bool {
        let mut failing = self.failing.lock().unwrap();
        let fails = *failing > 0;
        *failing = failing.saturating_sub(1);
        fails
    }
}

/// Returns the checksum header of a part; a placeholder if the checksum was sent as a trailer.
fn crc32_of(headers: &HeaderMap) -> &str {
    headers.get("x-amz-checksum-crc32").and_then(|value| value.to_str().ok()).unwrap_or("AAAAAQ==")
}

async fn serve(State(store): State<Store>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let (parts, body) = request.into_parts();
    let call = match parts.method.as_str() {
        "POST" if query.contains("uploads") => "create",
        "POST" => "complete",
        _ if parts.headers.contains_key("x-amz-copy-source") => "copy",
        _ => "part",
    };
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let body = String::from_utf8_lossy(&body).into_owned();
    store.seen.lock().unwrap().push(Seen { call, headers: parts.headers.clone(), body });
    store.answer(call, &parts.headers)
}

async fn uploads_to(store: &Store) -> Arc<dyn Uploads> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let s3 = Some(format!("http://{}", listener.local_addr().unwrap()));
    let router = Router::new().fallback(serve).with_state(store.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = Emulators::start().await.settings;
    let settings = Settings { endpoints: Endpoints { s3, ..settings.endpoints.clone() }, ..settings };
    Aws::load(settings).await.ports().uploads
}

fn header<'a>(seen: &'a Seen, name: &str) -> Option<&'a str> {
    seen.headers.get(name).and_then(|value| value.to_str().ok())
}

#[tokio::test]
async fn an_upload_declares_its_checksum_and_carries_that_of_each_part_to_its_end() {
    let store = Store::default();
    let uploads = uploads_to(&store).await;
    let at = ObjectRef::archives("a.zip");
    let upload = uploads.begin(&at, "application/zip").await.unwrap();
    let sent = uploads.part(&at, &upload, 1, Bytes::from_static(b"123456789")).await.unwrap();
    let copied = uploads.copy_part(&at, &upload, 2, &ObjectRef::archives("b"), 0..9).await.unwrap();
    let sent_crc32 = sent.crc32.clone().unwrap();
    uploads.complete(&at, &upload, vec![sent, copied], Some(0xCBF4_3926)).await.unwrap();

    let created = &store.of("create")[0];
    assert_eq!(header(created, "x-amz-checksum-algorithm"), Some("CRC32"));
    assert_eq!(header(created, "x-amz-checksum-type"), Some("FULL_OBJECT"));
    let completed = &store.of("complete")[0];
    assert_eq!(header(completed, "x-amz-checksum-crc32"), Some("y/Q5Jg=="), "of the whole, in base64");
    assert_eq!(header(completed, "x-amz-checksum-type"), Some("FULL_OBJECT"));
    for crc32 in [sent_crc32.as_str(), "AAAAAg=="] {
        assert!(completed.body.contains(&format!("<ChecksumCRC32>{crc32}</ChecksumCRC32>")), "{}", completed.body);
    }
}

#[tokio::test]
async fn an_internal_error_behind_a_200_is_tried_again() {
    let store = Store::default();
    let uploads = uploads_to(&store).await;
    let at = ObjectRef::archives("a.zip");
    let upload = uploads.begin(&at, "application/zip").await.unwrap();
    let part = uploads.part(&at, &upload, 1, Bytes::from_static(b"1")).await.unwrap();
    *store.failing.lock().unwrap() = 1;
    uploads.complete(&at, &upload, vec![part.clone()], None).await.unwrap();
    assert_eq!(store.of("complete").len(), 2);
    *store.failing.lock().unwrap() = usize::MAX;
    let failed = uploads.complete(&at, &upload, vec![part], None).await;
    assert_eq!(kind(failed), Some(ErrorKind::Unavailable), "the task may be tried again");
}
