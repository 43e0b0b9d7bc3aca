//! Texts of mails about purchases, in both languages.

use chrono_tz::Tz;
use hozon_shared::domain::event::{EventKind, OrderStep};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::order::number;
use hozon_shared::domain::product::Product;
use hozon_shared::domain::subscription::SubscriptionStep;

use crate::figures::written;

/// Returns subject and paragraphs; empty for an event without a mail.
pub fn english(what: &EventKind, zone: Tz) -> (String, Vec<String>) {
    match what {
        EventKind::Order { step: OrderStep::Paid, order, backups, amount } => {
            let backups = match backups {
                0 => String::new(),
                1 => "One backup has been added to your account.".to_owned(),
                count => format!("{count} backups have been added to your account."),
            };
            let paid =
                format!("Order {} for {} has been paid. Find the receipt on the order's page.", number(*order), amount.written());
            ("Thank you for your purchase".to_owned(), vec![paid, backups])
        }
        EventKind::Order { step: OrderStep::Failed, order, .. } => (
            "Your payment failed".to_owned(),
            vec![format!(
                "Order {} could not be paid. You were not charged. Order again with another payment method.",
                number(*order)
            )],
        ),
        EventKind::Order { step: OrderStep::Refunded, order, amount, .. } => (
            "Your payment was refunded".to_owned(),
            vec![format!(
                "{} of order {} has been refunded in total. Unused backups from it were removed.",
                amount.written(),
                number(*order)
            )],
        ),
        EventKind::Subscription { turn: SubscriptionStep::PaymentFailed, product, until, .. } => (
            format!("The payment for {} failed", title(product, Locale::En)),
            vec![
                "We'll try the payment again in the next few days. Until then, everything stays active.".to_owned(),
                format!("Check that your card can be charged. The current period ends on {}.", written(*until, zone, Locale::En)),
            ],
        ),
        EventKind::Subscription { turn: SubscriptionStep::Ended, product, .. } => (
            format!("{} has ended", title(product, Locale::En)),
            vec!["Your schedule continues within your plan's allowance. You can subscribe again at any time.".to_owned()],
        ),
        _ => (String::new(), Vec::new()),
    }
}

/// Returns the Japanese text.
pub fn japanese(what: &EventKind, zone: Tz) -> (String, Vec<String>) {
    match what {
        EventKind::Order { step: OrderStep::Paid, order, backups, amount } => {
            let backups = if *backups == 0 {
                String::new()
            } else {
                format!("バックアップ{backups}回分が追加されました。")
            };
            let paid = format!(
                "注文{}（{}）のお支払いが完了しました。領収書は注文のページでご覧いただけます。",
                number(*order),
                amount.written()
            );
            ("ご購入ありがとうございます".to_owned(), vec![paid, backups])
        }
        EventKind::Order { step: OrderStep::Failed, order, .. } => (
            "お支払いを完了できませんでした".to_owned(),
            vec![format!(
                "注文{}のお支払いができませんでした。請求は行われていません。別のお支払い方法で、もう一度ご注文ください。",
                number(*order)
            )],
        ),
        EventKind::Order { step: OrderStep::Refunded, order, amount, .. } => (
            "返金が行われました".to_owned(),
            vec![format!(
                "注文{}について、合計{}を返金しました。未使用のバックアップはその分取り消されました。",
                number(*order),
                amount.written()
            )],
        ),
        EventKind::Subscription { turn: SubscriptionStep::PaymentFailed, product, until, .. } => (
            format!("{}のお支払いができませんでした", title(product, Locale::Ja)),
            vec![
                "数日のうちに再度お支払いを試みます。それまでは引き続きご利用いただけます。".to_owned(),
                format!("カードが利用できることをご確認ください。現在の期間は{}までです。", written(*until, zone, Locale::Ja)),
            ],
        ),
        EventKind::Subscription { turn: SubscriptionStep::Ended, product, .. } => (
            format!("{}が終了しました", title(product, Locale::Ja)),
            vec!["スケジュールは、ご利用のプランの回数の範囲で継続します。いつでも再度ご購入いただけます。".to_owned()],
        ),
        _ => (String::new(), Vec::new()),
    }
}

fn title(product: &Product, locale: Locale) -> String {
    match (product, locale) {
        (Product::OneTime, Locale::En) => "One-time backups".to_owned(),
        (Product::OneTime, Locale::Ja) => "単発バックアップ".to_owned(),
        (Product::Weekly, Locale::En) => "Your weekly backup subscription".to_owned(),
        (Product::Weekly, Locale::Ja) => "毎週バックアップのサブスクリプション".to_owned(),
        (Product::Plan(name), Locale::En) => format!("Your {name} plan"),
        (Product::Plan(name), Locale::Ja) => format!("{name}プラン"),
    }
}
