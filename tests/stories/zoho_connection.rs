//! Connecting Zoho CRM: Zoho's page asks for consent, and the console brings the answer.

use std::path::Path;
use std::process::Stdio;

use chrono::{TimeDelta, Utc};
use hozon::ZohoOptions;
use hozon_connector_zoho::OauthClient;
use hozon_emulator_zoho::{Fault, SampleSize, State, ZohoServer};
use hozon_shared::domain::consent::{PendingConsent, SCOPES};
use hozon_shared::domain::id::{ConnectionId, UserId};
use hozon_shared::domain::organisation::Role;
use hozon_shared::domain::selection::Selection;
use hozon_shared::domain::zoho::{DataCenter, ZohoSettings};
use hozon_tests::{Answer, World};
use reqwest::StatusCode;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::terminal::command;

const CONNECTION: &str = "/backup/connection";
const ASK: &str = "/backup/connection/actions/ask_consent";
const ANSWER: &str = "/backup/connection/actions/answer_consent";

/// A Zoho, and a program whose operator has a client there.
struct Place {
    zoho: ZohoServer,
    world: World,
}

impl Place {
    async fn start() -> Self {
        Self::start_with(true).await
    }

    async fn start_with(has_client: bool) -> Self {
        let zoho = ZohoServer::start(State::sample(SampleSize::small())).await.unwrap();
        let client = OauthClient::new(zoho.state().client_id(), zoho.state().client_secret());
        let url = Some(zoho.base_url().to_owned());
        let world = World::start_with(|options| options.zoho = ZohoOptions { client: has_client.then_some(client), url }).await;
        Self { zoho, world }
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.world.administrator().post(path, &body.to_string()).await
    }

    /// The address of Zoho's page for a connection.
    async fn ask(&self, zoho: Value) -> String {
        let asked = self.post(ASK, &connection(zoho)).await;
        assert_eq!(asked.status, StatusCode::OK, "{asked:?}");
        asked.body["consent"]["url"].as_str().unwrap().to_owned()
    }

    /// Decides on Zoho's page, and returns what the browser brings to the console.
    async fn decide(&self, url: &str, decision: &str) -> Value {
        let browser = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        let page = browser.get(url).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        let (address, query) = url.split_once('?').unwrap();
        let form = format!("{query}&decision={decision}");
        let request = browser.post(address).header("content-type", "application/x-www-form-urlencoded").body(form);
        let sent = request.send().await.unwrap();
        let back = sent.headers()["location"].to_str().unwrap().to_owned();
        let (console, query) = back.split_once("/?").unwrap();
        assert_eq!(console, self.world.local.public_url, "the answer goes to the console");
        let given = |name: &str| {
            form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let [state, code, location, error] = ["state", "code", "location", "error"].map(given);
        let server = given("accounts-server");
        json!({ "consent": { "state": state, "code": code, "location": location, "accounts_server": server, "error": error } })
    }

    /// The whole way.
    async fn connect(&self, zoho: Value) -> Answer {
        let url = self.ask(zoho).await;
        let answer = self.decide(&url, "accept").await;
        self.post(ANSWER, &answer).await
    }

    async fn shown(&self) -> Value {
        self.world.administrator().get(CONNECTION).await.body
    }
}

fn connection(zoho: Value) -> Value {
    json!({ "connection": { "kind": "zoho", "zoho": zoho } })
}

fn assert_refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, code), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_connects_with_a_consent_and_no_secret_is_shown() {
    let place = Place::start().await;
    let offer = place.shown().await["zoho"].clone();
    assert_eq!(
        (&offer["has_client"], offer["redirect_uri"].as_str()),
        (&json!(true), Some(&*format!("{}/", place.world.local.url)))
    );
    let set = place.connect(json!({ "data_center": "us", "credit_share": 30 })).await;
    assert_eq!((set.status, &set.body["is_elsewhere"]), (StatusCode::OK, &json!(false)), "{set:?}");
    let shown = place.shown().await;
    let zoho = &shown["connection"]["zoho"];
    assert_eq!((shown["connection"]["kind"].as_str(), &zoho["credit_share"]), (Some("zoho"), &json!(30)));
    let organisation = zoho["organisation"].as_str().unwrap();
    assert!(!organisation.is_empty());
    // Its secret renews access tokens, and nothing that the API has answered contains it.
    let known = place.world.local.ports.connections.connection(place.world.org).await.unwrap().unwrap();
    let secret = place.world.local.ports.credentials.get((place.world.org, known.role), known.id).await.unwrap();
    let token = secret.refresh_token.unwrap();
    for body in [&set.body, &shown] {
        assert!(!body.to_string().contains(&token) && !body.to_string().contains(&place.zoho.state().client_secret()));
    }
    assert!(place.zoho.state().revoke(&token), "Zoho knows the token");
    let history = place.world.administrator().get("/backup/history").await.body;
    assert_eq!(history["history"][0]["kind"], "source_set");
    place.world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_counts_once_for_the_one_who_was_asked_and_for_ten_minutes() {
    let place = Place::start().await;
    let url = place.ask(json!({ "data_center": "us" })).await;
    let answer = place.decide(&url, "accept").await;
    let Place { zoho, mut world } = place;
    let other = world.local.organisation("Other", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let stranger = world.local.token(other, Role::Administrator).unwrap();
    let place = Place { zoho, world };
    let strange = place.world.bearer(&stranger).post(ANSWER, &answer.to_string()).await;
    assert_refused(&strange, "CONSENT_EXPIRED");
    let plain = place.world.user().post(ANSWER, &answer.to_string()).await;
    assert_eq!(plain.status, StatusCode::FORBIDDEN);
    assert_eq!(place.post(ANSWER, &answer).await.status, StatusCode::OK);
    assert_refused(&place.post(ANSWER, &answer).await, "CONSENT_EXPIRED");

    // Of a colleague, and of an hour ago.
    let (org, consents) = (place.world.org, &place.world.local.ports.consents);
    let asked = |user, ends| PendingConsent {
        name: PendingConsent::name("known"),
        user,
        settings: ZohoSettings::of(DataCenter::Us),
        backup: None,
        selection: Selection::default(),
        verifier: "v".repeat(43),
        client: None::<ConnectionId>,
        ends,
    };
    let (later, before) = ((Utc::now() + TimeDelta::hours(1)).timestamp(), (Utc::now() - TimeDelta::hours(1)).timestamp());
    let mut known = answer.clone();
    known["consent"]["state"] = "known".into();
    consents.ask(org, &asked(UserId(7), later)).await.unwrap();
    assert_refused(&place.post(ANSWER, &known).await, "CONSENT_EXPIRED");
    assert!(consents.take(org, UserId(7), &PendingConsent::name("known")).await.unwrap().is_some(), "the colleague still has it");
    consents.ask(org, &asked(UserId(1), before)).await.unwrap();
    assert_refused(&place.post(ANSWER, &known).await, "CONSENT_EXPIRED");
    place.world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_sets_nothing_and_cannot_be_answered_again() {
    let place = Place::start().await;
    let url = place.ask(json!({ "data_center": "us" })).await;
    let denied = place.decide(&url, "reject").await;
    assert_refused(&place.post(ANSWER, &denied).await, "CONSENT_DENIED");
    assert_eq!(place.shown().await["connection"], Value::Null);
    let accepted = place.decide(&url, "accept").await;
    assert_refused(&place.post(ANSWER, &accepted).await, "CONSENT_EXPIRED");
    place.world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_go_to_zohos_servers_only_and_an_organisation_elsewhere_is_found_there() {
    let place = Place::start().await;
    for server in ["https://accounts.zoho.com.evil.example", "http://127.0.0.1:9", "https://accounts.zoho.eu"] {
        let url = place.ask(json!({ "data_center": "us" })).await;
        let mut answer = place.decide(&url, "accept").await;
        place.zoho.state().reset_usage();
        answer["consent"]["accounts_server"] = server.into();
        assert_refused(&place.post(ANSWER, &answer).await, "INVALID_DATA");
        assert_eq!(place.zoho.state().usage().total_calls(), 0);
    }
    let moved = place.connect(json!({ "data_center": "jp" })).await;
    assert_eq!((moved.status, &moved.body["is_elsewhere"]), (StatusCode::OK, &json!(true)), "{moved:?}");
    assert_eq!(moved.body["connection"]["zoho"]["data_center"], "us");
    place.world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_change_without_another_consent_but_never_for_another_login() {
    let place = Place::start().await;
    let administrator = place.world.administrator();
    let body = |zoho: Value| connection(zoho).to_string();
    let early = administrator.put(CONNECTION, &body(json!({ "data_center": "us" }))).await;
    assert_refused(&early, "CONSENT_REQUIRED");
    assert_eq!(place.connect(json!({ "data_center": "us" })).await.status, StatusCode::OK);
    let changed =
        administrator.put(CONNECTION, &body(json!({ "data_center": "us", "credit_share": 80, "calls_at_once": 9 }))).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    let zoho = &changed.body["connection"]["zoho"];
    assert_eq!((&zoho["credit_share"], &zoho["calls_at_once"]), (&json!(80), &json!(9)));
    assert!(zoho["organisation"].is_string(), "{zoho}");
    for other in [json!({ "data_center": "eu" }), json!({ "data_center": "us", "environment": "sandbox" })] {
        assert_refused(&administrator.put(CONNECTION, &body(other)).await, "CONSENT_REQUIRED");
    }
    for (wrong, path) in [
        (json!({ "data_center": "mars" }), "data_center"),
        (json!({ "data_center": "us", "credit_share": 0 }), "credit_share"),
        (json!({ "data_center": "us", "client_id": "a b" }), "client_id"),
        (json!({}), "data_center"),
    ] {
        let refused = administrator.post(ASK, &body(wrong)).await;
        assert_eq!(refused.body["details"]["json_path"], format!("$.connection.zoho.{path}"), "{refused:?}");
    }
    place.world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_may_use_a_client_of_its_own() {
    let place = Place::start_with(false).await;
    assert_eq!(place.shown().await["zoho"]["has_client"], json!(false));
    let without = place.post(ASK, &connection(json!({ "data_center": "us" }))).await;
    assert_refused(&without, "MANDATORY_NOT_FOUND");
    let (id, secret) = (place.zoho.state().client_id(), place.zoho.state().client_secret());
    let wrong = place.connect(json!({ "data_center": "us", "client_id": id, "client_secret": "wrong" })).await;
    assert_refused(&wrong, "SOURCE_CLIENT_UNKNOWN");
    let set = place.connect(json!({ "data_center": "us", "client_id": id, "client_secret": secret })).await;
    assert_eq!(set.status, StatusCode::OK, "{set:?}");
    assert!(!set.body.to_string().contains(&secret));
    // Another consent needs the secret no more.
    let again = place.connect(json!({ "data_center": "us", "client_id": id })).await;
    assert_eq!(again.status, StatusCode::OK, "{again:?}");
    place.world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zoho_that_fails_is_told_apart_from_a_refusal() {
    let place = Place::start().await;
    place.zoho.state().inject(Fault::TokenError { code: "general_error".to_owned(), times: 1 });
    assert_refused(&place.connect(json!({ "data_center": "us" })).await, "SOURCE_REFUSED");
    let url = place.ask(json!({ "data_center": "us" })).await;
    let answer = place.decide(&url, "accept").await;
    let Place { zoho, world } = place;
    drop(zoho);
    let gone = world.administrator().post(ANSWER, &answer.to_string()).await;
    assert_eq!((gone.status, gone.code()), (StatusCode::SERVICE_UNAVAILABLE, "SOURCE_UNREACHABLE"), "{gone:?}");
    world.end().await;
}

/// Runs the program beside a Zoho, with further variables.
async fn run(data: &Path, zoho: &ZohoServer, arguments: &[&str], variables: &[(&str, &str)], locale: &str) -> (bool, String) {
    let mut command = command(data, arguments, locale);
    command.env("HOZON_ZOHO_URL", zoho.base_url()).envs(variables.iter().copied()).stdin(Stdio::null());
    let output = command.output().await.unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_connects_with_the_code_of_a_self_client() {
    let zoho = ZohoServer::start(State::sample(SampleSize::small())).await.unwrap();
    let (data, id, secret) = (tempfile::tempdir().unwrap(), zoho.state().client_id(), zoho.state().client_secret());
    let scopes = SCOPES.join(",");
    let code = zoho.state().self_client_code(&scopes);
    let arguments = ["connect", "zoho", "--org", "A", "--data-center", "us", "--client-id", &id];
    let with_secret = [("HOZON_ZOHO_CLIENT_SECRET", secret.as_str()), ("HOZON_ZOHO_GRANT", &code)];
    let (is_good, said) = run(data.path(), &zoho, &arguments, &with_secret[1..], "C").await;
    assert!(!is_good && said.contains("set HOZON_ZOHO_CLIENT_SECRET"), "{said}");
    let (is_good, said) = run(data.path(), &zoho, &arguments, &with_secret, "C").await;
    assert!(is_good && said.contains("crm.zoho.com") && said.contains("Connected. Next: hozon backup --org 'A'"), "{said}");
    assert!(said.contains("Leads") && said.contains("API credits: about "), "{said}");
    assert!(!said.contains(&secret) && !said.contains(&code), "{said}");
    let (is_good, said) = run(data.path(), &zoho, &arguments, &with_secret, "ja_JP.UTF-8").await;
    assert!(!is_good && said.contains("Zoho がコードを受け付けません"), "{said}");
    let (is_good, said) = run(data.path(), &zoho, &["check", "--org", "A"], &[], "ja_JP.UTF-8").await;
    assert!(is_good && said.contains("API クレジット: 初回は約"), "{said}");
}
