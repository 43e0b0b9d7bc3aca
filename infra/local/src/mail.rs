//! SESv2 as far as the functions use it: every mail becomes an `.eml` file, and `/mail` shows them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, body::Bytes};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hozon_shared::ports::Clock;
use mail_parser::MessageParser;
use serde::Deserialize;
use serde_json::json;

/// The mails of this data folder.
#[derive(Clone)]
pub struct Mailbox {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
}

impl Mailbox {
    /// Keeps mails below this folder.
    pub fn open(folder: PathBuf, clock: Arc<dyn Clock>) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, clock })
    }

    /// Files, newest first.
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
        // Several people may get the same mail.
        let first = (0..).map(|number| self.folder.join(format!("{time}-{id}-{number}.eml"))).find(|path| !path.exists());
        file.persist(first.context("no name is free")?)?;
        Ok(id)
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
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
        let refusal = json!({ "message": "only raw content is taken here" });
        return (StatusCode::BAD_REQUEST, [("x-amzn-errortype", "BadRequestException")], Json(refusal)).into_response();
    };
    match mailbox.keep(&message) {
        Ok(id) => Json(json!({ "MessageId": id })).into_response(),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "a mail could not be kept");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Shows the mails.
pub fn pages(mailbox: Mailbox) -> Router {
    let routes = Router::new().route("/mail", get(list)).route("/mail/{name}", get(show)).route("/mail/{name}/html", get(html));
    routes.with_state(mailbox)
}

async fn list(State(mailbox): State<Mailbox>) -> Response {
    let names = match mailbox.names() {
        Ok(names) => names,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "mails cannot be listed");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut rows = String::new();
    for name in &names {
        let Some(bytes) = mailbox.read(name) else { continue };
        let Some(mail) = MessageParser::default().parse(&bytes) else { continue };
        let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap_or_default().to_owned();
        let subject = escape(mail.subject().unwrap_or_default());
        rows += &format!("<li><a href=\"/mail/{}\">{subject}</a> → {}</li>\n", escape(name), escape(&to));
    }
    let body = if rows.is_empty() {
        "<p>No mail yet. まだメールはありません。</p>".to_owned()
    } else {
        format!("<ol>\n{rows}</ol>")
    };
    page("Mail メール", &format!("<h1>Mail メール</h1>\n{body}"))
}

async fn show(State(mailbox): State<Mailbox>, UrlPath(name): UrlPath<String>) -> Response {
    let Some(bytes) = mailbox.read(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let Some(mail) = MessageParser::default().parse(&bytes) else { return StatusCode::NOT_FOUND.into_response() };
    let subject = escape(mail.subject().unwrap_or_default());
    let text = mail.body_text(0).unwrap_or_default();
    page(
        &subject,
        &format!(
            "<p><a href=\"/mail\">Mail メール</a></p>\n<h1>{subject}</h1>\n<p><a href=\"/mail/{}/html\">HTML</a></p>\n<pre>{}</pre>",
            escape(&name),
            escape(&text)
        ),
    )
}

/// The HTML part as a mail program would show it, on a page that may run nothing.
async fn html(State(mailbox): State<Mailbox>, UrlPath(name): UrlPath<String>) -> Response {
    let Some(bytes) = mailbox.read(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let html = MessageParser::default().parse(&bytes).and_then(|mail| mail.body_html(0).map(std::borrow::Cow::into_owned));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox";
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(html.unwrap_or_default())).into_response()
}

fn page(title: &str, body: &str) -> Response {
    let head = "<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">";
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>{head}<title>{title}</title></head>\n<body>\n{body}\n</body>\n</html>\n"
    );
    ([(header::CONTENT_SECURITY_POLICY, "default-src 'none'")], Html(page)).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
