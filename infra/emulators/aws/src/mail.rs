//! Emulator for the SES v2 call of the functions: every mail becomes an `.eml` file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, body::Bytes};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hozon_shared::ports::Clock;
use mail_parser::MessageParser;
use serde::Deserialize;
use serde_json::json;

/// The mails in this data folder.
#[derive(Clone)]
pub struct Mailbox {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
}

impl Mailbox {
    /// Stores mails below a folder.
    pub fn open(folder: PathBuf, clock: Arc<dyn Clock>) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, clock })
    }

    /// File names, newest first.
    pub fn names(&self) -> Result<Vec<String>> {
        let files = std::fs::read_dir(&self.folder)?;
        let mut names = files.map(|file| Ok(file?.file_name().to_string_lossy().into_owned())).collect::<Result<Vec<_>>>()?;
        names.retain(|name| name.ends_with(".eml"));
        names.sort_unstable_by(|a, b| b.cmp(a));
        Ok(names)
    }

    fn keep(&self, message: &[u8]) -> Result<String> {
        let id = MessageParser::default().parse(message).and_then(|mail| mail.message_id().map(str::to_owned));
        let id = id.context("the message has no Message-ID")?;
        let id: String = id.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(message)?;
        let time = self.clock.now().format("%Y%m%dT%H%M%S%3f");
        // Several recipients may get the same mail.
        let first = (0..).map(|number| self.folder.join(format!("{time}-{id}-{number}.eml"))).find(|path| !path.exists());
        file.persist(first.context("no name is free")?)?;
        Ok(id)
    }

    /// Reads a mail; `None` if no mail has that name.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        let is_name = name.ends_with(".eml") && Path::new(name).components().count() == 1 && !name.starts_with('.');
        is_name.then(|| std::fs::read(self.folder.join(name)).ok()).flatten()
    }
}

/// Answers `SendEmail` with raw content.
pub fn service(mailbox: Mailbox) -> Router {
    Router::new().route("/v2/email/outbound-emails", post(send)).with_state(mailbox)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendEmail {
    content: Content,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    raw: Raw,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    data: String,
}

async fn send(State(mailbox): State<Mailbox>, body: Bytes) -> Response {
    let message = serde_json::from_slice::<SendEmail>(&body).ok();
    let message = message.and_then(|request| STANDARD.decode(request.content.raw.data).ok());
    let Some(message) = message else {
        let refusal = json!({ "message": "only raw content is supported" });
        return (StatusCode::BAD_REQUEST, [("x-amzn-errortype", "BadRequestException")], Json(refusal)).into_response();
    };
    match mailbox.keep(&message) {
        Ok(id) => Json(json!({ "MessageId": id })).into_response(),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "storing a mail failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use hozon_shared::ports::SystemClock;

    use super::*;

    #[test]
    fn a_mail_is_kept_for_each_recipient_and_read_by_its_name_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let mailbox = Mailbox::open(folder.path().join("mail"), Arc::new(SystemClock)).expect("opens");
        let message = b"Message-ID: <1.a@hozon.invalid>\r\nSubject: s\r\n\r\ntext";
        for _ in 0..2 {
            assert_eq!(mailbox.keep(message).expect("keeps it"), "1-a-hozon-invalid");
        }
        let names = mailbox.names().expect("lists");
        assert_eq!(names.len(), 2);
        assert_eq!(mailbox.read(&names[0]).as_deref(), Some(&message[..]));
        std::fs::write(folder.path().join("outside.eml"), "secret").expect("writes");
        for name in ["../outside.eml", "/outside.eml", "absent.eml", ".eml"] {
            assert_eq!(mailbox.read(name), None, "{name}");
        }
    }

    #[test]
    fn a_message_without_an_id_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let mailbox = Mailbox::open(folder.path().to_owned(), Arc::new(SystemClock)).expect("opens");
        assert!(mailbox.keep(b"Subject: s\r\n\r\ntext").is_err());
        assert!(mailbox.names().expect("lists").is_empty());
    }
}
