//! OAuth, from the consent to the end of a token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Caller, answer, assert_refused};

const BACK: &str = "http://127.0.0.1:1/back";

impl Caller {
    fn consent(&self, decision: &str) -> Vec<(&'static str, String)> {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest("proof"));
        vec![
            ("response_type", "code".to_owned()),
            ("client_id", self.state().client_id()),
            ("redirect_uri", BACK.to_owned()),
            ("scope", crate::FULL_SCOPE.to_owned()),
            ("state", "s t&".to_owned()),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256".to_owned()),
            ("decision", decision.to_owned()),
        ]
    }

    async fn decide(&self, decision: &str) -> std::collections::BTreeMap<String, String> {
        let url = format!("{}/oauth/v2/auth", self.server.base_url());
        let response = self
            .http
            .post(url)
            .body(encoded(&self.consent(decision)))
            .header("content-type", FORM)
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 302);
        let location = response.headers()["location"].to_str().expect("text").to_owned();
        let (start, query) = location.split_once('?').expect("a query");
        assert_eq!(start, BACK);
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    async fn exchange(&self, code: &str, verifier: &str) -> Value {
        let secrets = [("client_id", self.state().client_id()), ("client_secret", self.state().client_secret())];
        let given = [("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier), ("redirect_uri", BACK)];
        self.token(given.iter().map(|(name, value)| (*name, (*value).to_owned())).chain(secrets).collect()).await
    }

    async fn refresh(&self, token: &str) -> Value {
        let secrets = [("client_id", self.state().client_id()), ("client_secret", self.state().client_secret())];
        let given = [("grant_type", "refresh_token".to_owned()), ("refresh_token", token.to_owned())];
        self.token(given.into_iter().chain(secrets).collect()).await
    }

    async fn token(&self, form: Vec<(&'static str, String)>) -> Value {
        let url = format!("{}/oauth/v2/token", self.server.base_url());
        let (status, body) = answer(self.http.post(url).body(encoded(&form)).header("content-type", FORM)).await;
        assert_eq!(status, 200, "errors are answers");
        body
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn encoded(form: &[(&'static str, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

#[tokio::test]
async fn an_accepted_consent_gives_a_code_that_works_once_and_with_its_proof() {
    let caller = Caller::new().await;
    let back = caller.decide("accept").await;
    assert_eq!((back["state"].as_str(), back["location"].as_str()), ("s t&", "us"));
    assert_eq!(back["accounts-server"], caller.server.base_url());
    let tokens = caller.exchange(&back["code"], "proof").await;
    assert_eq!(tokens["api_domain"], caller.server.base_url());
    assert!(tokens["refresh_token"].is_string(), "{tokens}");
    assert_eq!(caller.exchange(&back["code"], "proof").await["error"], "invalid_code");
    let code = caller.decide("accept").await["code"].clone();
    assert_eq!(caller.exchange(&code, "another").await["error"], "invalid_code");
    let late = caller.decide("accept").await["code"].clone();
    caller.state().advance(chrono::Duration::seconds(61));
    assert_eq!(caller.exchange(&late, "proof").await["error"], "invalid_code");
}

#[tokio::test]
async fn a_rejected_consent_says_so() {
    let caller = Caller::new().await;
    let back = caller.decide("reject").await;
    assert_eq!((back["error"].as_str(), back.contains_key("code")), ("access_denied", false));
}

#[tokio::test]
async fn the_page_speaks_the_browsers_language() {
    let caller = Caller::new().await;
    let url = format!("{}/oauth/v2/auth?{}", caller.server.base_url(), encoded(&caller.consent("")));
    for (language, button) in [("ja,en", "同意する"), ("en-GB", "Accept")] {
        let page =
            caller.http.get(&url).header("accept-language", language).send().await.expect("a page").text().await.expect("text");
        assert!(page.contains(button) && page.contains("s t&amp;"), "{page}");
    }
}

#[tokio::test]
async fn thirty_access_tokens_live_and_end_after_an_hour() {
    let mut caller = Caller::new().await;
    let refresh = caller.state().new_refresh_token(crate::FULL_SCOPE);
    let mut tokens = Vec::new();
    for _ in 0..31 {
        tokens.push(caller.refresh(&refresh).await["access_token"].as_str().expect("a token").to_owned());
    }
    caller.token = tokens[0].clone();
    assert_refused(&caller.get("/crm/v8/org").await, 401, "INVALID_TOKEN");
    caller.token = tokens[1].clone();
    assert_eq!(caller.get("/crm/v8/org").await.0, 200);
    caller.state().advance(chrono::Duration::seconds(3601));
    assert_refused(&caller.get("/crm/v8/org").await, 401, "INVALID_TOKEN");
    assert!(caller.state().revoke(&refresh));
    assert_eq!(caller.refresh(&refresh).await["error"], "invalid_code");
}

#[tokio::test]
async fn a_scope_limits_what_a_token_may_do() {
    let mut caller = Caller::new().await;
    caller.token = caller.state().new_access_token("ZohoCRM.modules.leads.READ");
    assert_eq!(caller.get("/crm/v8/Leads?fields=id").await.0, 200);
    assert_refused(&caller.get("/crm/v8/Deals?fields=id").await, 401, "OAUTH_SCOPE_MISMATCH");
    assert_refused(&caller.get("/crm/v8/settings/modules").await, 401, "OAUTH_SCOPE_MISMATCH");
    let (status, _) = answer(caller.http.get(format!("{}/crm/v8/org", caller.server.base_url()))).await;
    assert_eq!(status, 401);
}
