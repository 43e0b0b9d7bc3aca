//! The hosted pages: checkout, card authentication and receipt. They contain no scripts and share one style sheet.

mod amounts;
mod checkout;
mod receipt;
mod words;

use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use hozon_shared::domain::locale::Locale;
use hozon_shared::telemetry::Causes;
use reqwest::Url;

use crate::checkouts::PaymentOutcome;
use crate::error::RequestError;
use crate::form::Form;
use crate::objects::{Session, SessionStatus};
use crate::server::StripeServer;
use checkout::{ChallengePage, CheckoutPage, Typed};
use receipt::{PaidCharge, ReceiptPage};
use words::{PageTexts, words};

const STYLE: &str = include_str!("style.css");

/// Returns the routes of all pages.
pub fn router(server: StripeServer) -> Router {
    let style = get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE));
    Router::new()
        .route("/pay/{id}", get(show).post(pay))
        .route("/pay/{id}/challenge", get(challenge).post(answer_challenge))
        .route("/receipts/{id}", get(receipt))
        .route("/style.css", style)
        .with_state(server)
}

async fn show(State(server): State<StripeServer>, Path(id): Path<String>) -> Response {
    match server.current(&id) {
        Ok(session) => shown(&session, &Typed::of(&session)),
        Err(refusal) => refused(&refusal),
    }
}

async fn pay(State(server): State<StripeServer>, Path(id): Path<String>, body: Bytes) -> Response {
    let session = match server.current(&id) {
        Ok(session) => session,
        Err(refusal) => return refused(&refusal),
    };
    let form = match Form::parse(&body) {
        Ok(form) => form,
        Err(refusal) => return refused(&refusal),
    };
    let (details, card, errors) = checkout::read(&form, server.0.clock.now());
    let typed = Typed { details: details.clone(), errors };
    let Some(card) = card.filter(|_| typed.errors.is_empty() && session.status == SessionStatus::Open) else {
        return shown(&session, &typed);
    };
    let outcome = server.change(|work| work.pay(&id, details, card));
    went_on(&server, &id, outcome)
}

async fn challenge(State(server): State<StripeServer>, Path(id): Path<String>) -> Response {
    match server.current(&id) {
        Ok(session) if session.status == SessionStatus::Open => {
            page(StatusCode::OK, &ChallengePage::new(&session), Some(&session))
        }
        Ok(session) => shown(&session, &Typed::of(&session)),
        Err(refusal) => refused(&refusal),
    }
}

async fn answer_challenge(State(server): State<StripeServer>, Path(id): Path<String>, body: Bytes) -> Response {
    let is_confirmed = Form::parse(&body).is_ok_and(|form| form.text("answer") == Some("complete"));
    let outcome = server.change(|work| work.answer_challenge(&id, is_confirmed));
    went_on(&server, &id, outcome)
}

async fn receipt(State(server): State<StripeServer>, Path(id): Path<String>) -> Response {
    let found = PaidCharge::find(&server.lock(), &id);
    match found {
        Some(found) => page(StatusCode::OK, &ReceiptPage::new(&found), None),
        None => refused(&RequestError::Missing("charge")),
    }
}

/// Answers a form: redirects to the next page, or shows the same page with the errors.
fn went_on(server: &StripeServer, id: &str, outcome: Result<PaymentOutcome, RequestError>) -> Response {
    let (outcome, session) = match outcome.and_then(|outcome| Ok((outcome, server.current(id)?))) {
        Ok(done) => done,
        Err(refusal) => return refused(&refusal),
    };
    match outcome {
        PaymentOutcome::Paid => see_other(&session.after_payment()),
        PaymentOutcome::Challenge => see_other(&format!("/pay/{id}/challenge")),
        PaymentOutcome::Expired => shown(&session, &Typed::of(&session)),
        PaymentOutcome::Declined(decline) => shown(&session, &Typed::of(&session).declined(decline)),
    }
}

fn see_other(url: &str) -> Response {
    match HeaderValue::from_str(url) {
        Ok(url) => (StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response(),
        Err(_) => refused(&RequestError::Invalid { param: "success_url", reason: "not a valid URL" }),
    }
}

fn shown(session: &Session, typed: &Typed) -> Response {
    let is_wrong = session.status == SessionStatus::Open && !typed.errors.is_empty();
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page(status, &CheckoutPage::new(session, typed), Some(session))
}

fn refused(refusal: &RequestError) -> Response {
    let status = match refusal {
        RequestError::Missing(_) => StatusCode::NOT_FOUND,
        RequestError::Broken(error) => {
            tracing::error!(error = %Causes(error), "the payments' state could not be kept");
            StatusCode::INTERNAL_SERVER_ERROR
        }
        _ => StatusCode::BAD_REQUEST,
    };
    page(status, &RefusalPage { words: words(Locale::En), japanese: words(Locale::Ja) }, None)
}

/// The page about a session or receipt that cannot be shown, in both languages because its own is not known.
#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage {
    words: &'static PageTexts,
    japanese: &'static PageTexts,
}

/// Renders a page. Its forms may submit to this server and redirect to the session's return address.
fn page(status: StatusCode, content: &impl Template, session: Option<&Session>) -> Response {
    let ends = session.and_then(|session| Url::parse(&session.success_url).ok()).map(|url| url.origin().ascii_serialization());
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'",
        ends.unwrap_or_default()
    );
    let html = match content.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(error = %Causes(&error), "a page could not be rendered");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // With `no-referrer`, a browser would send the page's own forms with `Origin: null` (Fetch standard, section 3.2).
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    (status, headers, Html(html)).into_response()
}

impl StripeServer {
    /// Returns the session after everything that is due.
    fn current(&self, id: &str) -> Result<Session, RequestError> {
        if self.lock().is_due(self.0.clock.now()) {
            self.change(|_| Ok(()))?;
        }
        self.lock().sessions.get(id).cloned().ok_or(RequestError::Missing("checkout session"))
    }
}
