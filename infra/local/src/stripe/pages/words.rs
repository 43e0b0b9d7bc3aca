//! What the pages say, in both languages.

use hozon_shared::domain::locale::Locale;

use crate::stripe::cards::{CardError, Decline};

/// Everything that is said.
pub struct Words {
    pub title: &'static str,
    pub order: &'static str,
    pub total: &'static str,
    pub per_month: &'static str,
    pub then_monthly: &'static str,
    pub billing: &'static str,
    pub name: &'static str,
    pub email: &'static str,
    pub country: &'static str,
    pub country_hint: &'static str,
    pub postal_code: &'static str,
    pub address: &'static str,
    pub card: &'static str,
    pub test_hint: &'static str,
    pub card_hints: [&'static str; 6],
    pub number: &'static str,
    pub expiry: &'static str,
    pub expiry_hint: &'static str,
    pub code: &'static str,
    pub code_hint: &'static str,
    pub pay: &'static str,
    pub back: &'static str,
    pub problems: &'static str,
    pub missing: &'static str,
    pub bad_email: &'static str,
    pub bad_country: &'static str,
    pub paid: &'static str,
    pub expired: &'static str,
    pub go_on: &'static str,
    pub challenge: &'static str,
    pub challenge_hint: &'static str,
    pub complete: &'static str,
    pub fail: &'static str,
    pub receipt: &'static str,
    pub paid_on: &'static str,
    pub paid_with: &'static str,
    pub refunded: &'static str,
    pub not_found: &'static str,
}

const EN: Words = Words {
    title: "Checkout (test)",
    order: "Your order",
    total: "Total",
    per_month: "per month",
    then_monthly: "Renewed each month until you stop it:",
    billing: "Billing details",
    name: "Name",
    email: "E-mail",
    country: "Country",
    country_hint: "Two letters, for example JP.",
    postal_code: "Postal code",
    address: "Address",
    card: "Card",
    test_hint: "No money moves here, and only these test cards work. Never type the number of a real card; it would be refused.",
    card_hints: [
        "pays",
        "is declined",
        "has no money",
        "asks its owner first (3-D Secure)",
        "pays once; renewals fail",
        "pays, and then its owner disputes",
    ],
    number: "Card number",
    expiry: "Expiry date",
    expiry_hint: "Month and year, for example 12 / 34.",
    code: "Security code",
    code_hint: "Three digits.",
    pay: "Pay",
    back: "Back without paying",
    problems: "This needs your attention:",
    missing: "is missing",
    bad_email: "does not look like an address",
    bad_country: "must be two letters",
    paid: "This order is paid.",
    expired: "This checkout has expired. Nothing was paid.",
    go_on: "Go on",
    challenge: "Your bank asks: is this you?",
    challenge_hint: "This is where the bank of a real card would ask you to confirm.",
    complete: "Complete",
    fail: "Fail",
    receipt: "Receipt",
    paid_on: "Paid on",
    paid_with: "Paid with",
    refunded: "Refunded",
    not_found: "There is nothing here.",
};

const JA: Words = Words {
    title: "お支払い（テスト）",
    order: "ご注文内容",
    total: "合計",
    per_month: "／月",
    then_monthly: "停止するまで毎月更新されます：",
    billing: "請求先",
    name: "お名前",
    email: "メールアドレス",
    country: "国",
    country_hint: "英字2文字（例：JP）",
    postal_code: "郵便番号",
    address: "住所",
    card: "カード",
    test_hint: "ここでは実際のお金は動きません。使えるのは次のテストカードだけです。本物のカード番号は入力しないでください（受け付けません）。",
    card_hints: [
        "支払えます",
        "拒否されます",
        "残高不足になります",
        "本人確認を求めます（3Dセキュア）",
        "初回は支払えますが、更新は失敗します",
        "支払ったあとで異議申し立てになります",
    ],
    number: "カード番号",
    expiry: "有効期限",
    expiry_hint: "月と年（例：12 / 34）",
    code: "セキュリティコード",
    code_hint: "数字3桁",
    pay: "支払う",
    back: "支払わずに戻る",
    problems: "次の点をご確認ください：",
    missing: "が入力されていません",
    bad_email: "の形式が正しくありません",
    bad_country: "は英字2文字で入力してください",
    paid: "このご注文は支払い済みです。",
    expired: "このお支払いは期限切れです。請求はされていません。",
    go_on: "続ける",
    challenge: "カード会社による本人確認",
    challenge_hint: "本物のカードでは、ここでカード会社が本人確認を行います。",
    complete: "確認する",
    fail: "失敗させる",
    receipt: "領収書",
    paid_on: "支払日",
    paid_with: "支払方法",
    refunded: "返金済み",
    not_found: "ページが見つかりません。",
};

/// What is said in a language.
pub fn words(language: Locale) -> &'static Words {
    match language {
        Locale::En => &EN,
        Locale::Ja => &JA,
    }
}

/// What is wrong with a card's field, behind the field's name.
pub fn card_error(language: Locale, error: CardError) -> &'static str {
    match (language, error) {
        (Locale::En, CardError::Number) => "is not right: check its digits",
        (Locale::En, CardError::NotForTests) => "is none of the test cards",
        (Locale::En, CardError::Expiry) => "must be a month and a year",
        (Locale::En, CardError::Expired) => "has passed",
        (Locale::En, CardError::Code) => "must be three digits",
        (Locale::Ja, CardError::Number) => "が正しくありません",
        (Locale::Ja, CardError::NotForTests) => "はテストカードのものではありません",
        (Locale::Ja, CardError::Expiry) => "は月と年で入力してください",
        (Locale::Ja, CardError::Expired) => "が過ぎています",
        (Locale::Ja, CardError::Code) => "は数字3桁で入力してください",
    }
}

/// Why a card did not pay, behind the name of its field.
pub fn declined(language: Locale, decline: Decline) -> &'static str {
    match (language, decline) {
        (Locale::En, Decline::Generic) => "was declined by the bank. Try another card.",
        (Locale::En, Decline::InsufficientFunds) => "has insufficient funds. Try another card.",
        (Locale::En, Decline::NotAuthenticated) => "could not be confirmed with the bank. Try again, or another card.",
        (Locale::Ja, Decline::Generic) => "のカードが拒否されました。別のカードをお試しください。",
        (Locale::Ja, Decline::InsufficientFunds) => "のカードは残高不足です。別のカードをお試しください。",
        (Locale::Ja, Decline::NotAuthenticated) => {
            "のカードは本人確認ができませんでした。もう一度、または別のカードをお試しください。"
        }
    }
}
