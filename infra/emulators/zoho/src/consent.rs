//! The page that asks for consent, in Japanese or English.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Texts of the page.
struct Words {
    language: &'static str,
    title: &'static str,
    asks: &'static str,
    accept: &'static str,
    reject: &'static str,
    refused: &'static str,
}

const JAPANESE: Words = Words {
    language: "ja",
    title: "Zoho CRM へのアクセスの許可（テストサーバー）",
    asks: "アプリケーションが次のデータへのアクセスを求めています。",
    accept: "同意する",
    reject: "拒否する",
    refused: "この依頼は処理できません。",
};

const ENGLISH: Words = Words {
    language: "en",
    title: "Access to Zoho CRM (test server)",
    asks: "An application would like to access the following data.",
    accept: "Accept",
    reject: "Reject",
    refused: "This request cannot be processed.",
};

fn words(accept_language: &str) -> &'static Words {
    if accept_language.trim_start().starts_with("ja") { &JAPANESE } else { &ENGLISH }
}

/// The page with a form that repeats the request.
pub fn page(given: &BTreeMap<String, String>, accept_language: &str) -> String {
    let words = words(accept_language);
    let scopes = given.get("scope").map(String::as_str).unwrap_or_default();
    let mut inner = format!("<p>{}</p><ul>", words.asks);
    for scope in scopes.split(',') {
        push(&mut inner, format_args!("<li>{}</li>", escaped(scope)));
    }
    inner.push_str("</ul><form method=\"post\" action=\"/oauth/v2/auth\">");
    for (name, value) in given.iter().filter(|(name, _)| *name != "decision") {
        push(&mut inner, format_args!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value)));
    }
    let button =
        |decision: &str, text: &str| format!("<button type=\"submit\" name=\"decision\" value=\"{decision}\">{text}</button> ");
    inner.push_str(&button("accept", words.accept));
    inner.push_str(&button("reject", words.reject));
    inner.push_str("</form>");
    document(words, &inner)
}

/// The page of a request that is wrong.
pub fn refusal(error: &str, accept_language: &str) -> String {
    let words = words(accept_language);
    document(words, &format!("<p role=\"alert\">{} <code>{}</code></p>", words.refused, escaped(error)))
}

fn document(words: &Words, inner: &str) -> String {
    let (language, title) = (words.language, words.title);
    let head = format!("<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>");
    format!(
        "<!doctype html><html lang=\"{language}\"><head>{head}</head><body><main><h1>{title}</h1>{inner}</main></body></html>"
    )
}

fn push(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more).expect("a text takes everything");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
