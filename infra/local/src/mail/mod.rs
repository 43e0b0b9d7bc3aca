//! `/mail`: displays mails like a mail client. The page itself contains nothing; it reads mails with the console's
//! token, because they contain working links.

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hozon_emulator_aws::mail::Mailbox;
use hozon_shared::api::{Administrator, ApiError};
use hozon_shared::domain::id::OrgId;
use mail_parser::MessageParser;
use serde::Serialize;
use serde_json::json;

/// Everything comes from the same origin, only the page's own module runs, and no page may frame it. Mails have their
/// own styles and are displayed in a sandbox without scripts.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self'; \
    frame-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

#[derive(Serialize)]
struct MailView {
    name: String,
    to: String,
    subject: String,
    text: String,
    html: String,
}

/// Returns the routes of the page and of the mails that it reads.
pub fn router(mailbox: Mailbox) -> Router {
    let file = |content_type: &'static str, text: &'static str| get(async move || page_file(content_type, text));
    Router::new()
        .route("/mail", file("text/html; charset=utf-8", include_str!("page.html")))
        .route("/mail/page.js", file("text/javascript; charset=utf-8", include_str!("page.js")))
        .route("/mail/page.css", file("text/css; charset=utf-8", include_str!("page.css")))
        .route("/mail/messages", get(list))
        .route("/mail/messages/{name}", get(show))
        .with_state(mailbox)
}

fn page_file(content_type: &'static str, text: &'static str) -> Response {
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}

/// Lists the mails of the caller's organisation, newest first, without their contents.
async fn list(State(mailbox): State<Mailbox>, Administrator(caller): Administrator) -> Response {
    match mailbox.names() {
        Ok(names) => {
            let own = names.iter().filter(|name| is_of(name, caller.org));
            let heads: Vec<_> = own.filter_map(|name| shown(&mailbox, name)).collect();
            let heads = heads.iter().map(|mail| json!({ "name": mail.name, "to": mail.to, "subject": mail.subject }));
            Json(json!({ "messages": heads.collect::<Vec<_>>() })).into_response()
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "listing mails failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn show(
    State(mailbox): State<Mailbox>,
    Administrator(caller): Administrator,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let mail = Some(&name).filter(|name| is_of(name, caller.org)).and_then(|name| shown(&mailbox, name));
    let mail = mail.ok_or_else(ApiError::not_found)?;
    Ok(Json(json!({ "message": mail })).into_response())
}

/// Whether the mail in the file `<time>-<Message-ID>-<number>.eml` belongs to the organisation: `notify` starts a
/// Message-ID with the organisation's id.
fn is_of(name: &str, org: OrgId) -> bool {
    name.split('-').nth(1).and_then(|id| id.parse().ok()).map(OrgId) == Some(org)
}

fn shown(mailbox: &Mailbox, name: &str) -> Option<MailView> {
    let bytes = mailbox.read(name)?;
    let mail = MessageParser::default().parse(&bytes)?;
    Some(MailView {
        name: name.to_owned(),
        to: mail.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap_or_default().to_owned(),
        subject: mail.subject().unwrap_or_default().to_owned(),
        text: mail.body_text(0).unwrap_or_default().into_owned(),
        html: mail.body_html(0).unwrap_or_default().into_owned(),
    })
}
