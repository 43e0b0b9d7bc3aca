//! The words of mails about purchases, in both languages.

use chrono_tz::Tz;
use hozon_shared::domain::event::{OrderStep, What};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::product::Product;
use hozon_shared::domain::subscription::Turn;

use crate::letter::written;

/// Subject and paragraphs; empty for what nobody is written to about.
pub fn english(what: &What, zone: Tz) -> (String, Vec<String>) {
    match what {
        What::Order { step: OrderStep::Paid, order, backups, amount } => {
            let backups = match backups {
                0 => String::new(),
                1 => "One backup was added to those you can use.".to_owned(),
                count => format!("{count} backups were added to those you can use."),
            };
            let paid = format!("Order {order} over {amount} is paid. The receipt is on the order's page in the console.");
            ("Thank you for your purchase".to_owned(), vec![paid, backups])
        }
        What::Order { step: OrderStep::Failed, order, .. } => (
            "Your payment failed".to_owned(),
            vec![format!("Order {order} could not be paid, and nothing was charged. Order again with another means of payment.")],
        ),
        What::Order { step: OrderStep::Refunded, order, amount, .. } => (
            "Your payment was refunded".to_owned(),
            vec![format!(
                "Of order {order}, {amount} was paid back in all. Backups that were not used yet were taken back with it."
            )],
        ),
        What::Subscription { turn: Turn::PaymentFailed, product, until, .. } => (
            format!("The payment for {} failed", title(product, Locale::En)),
            vec![
                "The payment is tried again in the next days. Until then everything goes on.".to_owned(),
                format!("Make sure that your card can be charged. The period ends on {}.", written(*until, zone, Locale::En)),
            ],
        ),
        What::Subscription { turn: Turn::Ended, product, .. } => (
            format!("{} has ended", title(product, Locale::En)),
            vec!["Schedules go on with what your plan gives. You can buy it again at any time.".to_owned()],
        ),
        _ => (String::new(), Vec::new()),
    }
}

/// The same in Japanese.
pub fn japanese(what: &What, zone: Tz) -> (String, Vec<String>) {
    match what {
        What::Order { step: OrderStep::Paid, order, backups, amount } => {
            let backups = if *backups == 0 {
                String::new()
            } else {
                format!("バックアップ {backups} 回分が追加されました。")
            };
            let paid =
                format!("注文 {order}（{amount}）のお支払いが完了しました。領収書はコンソールの注文ページでご覧いただけます。");
            ("ご購入ありがとうございます".to_owned(), vec![paid, backups])
        }
        What::Order { step: OrderStep::Failed, order, .. } => (
            "お支払いを完了できませんでした".to_owned(),
            vec![format!(
                "注文 {order} のお支払いができませんでした。料金は発生していません。別のお支払い方法で、もう一度ご注文ください。"
            )],
        ),
        What::Order { step: OrderStep::Refunded, order, amount, .. } => (
            "返金が行われました".to_owned(),
            vec![format!("注文 {order} について、合計 {amount} を返金しました。未使用のバックアップはその分取り消されました。")],
        ),
        What::Subscription { turn: Turn::PaymentFailed, product, until, .. } => (
            format!("{}のお支払いができませんでした", title(product, Locale::Ja)),
            vec![
                "数日のうちに再度お支払いを試みます。それまでは引き続きご利用いただけます。".to_owned(),
                format!("カードが利用できることをご確認ください。現在の期間は {} までです。", written(*until, zone, Locale::Ja)),
            ],
        ),
        What::Subscription { turn: Turn::Ended, product, .. } => (
            format!("{}が終了しました", title(product, Locale::Ja)),
            vec!["予約は、ご利用のプランの回数の範囲で継続します。いつでも再度ご購入いただけます。".to_owned()],
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
        (Product::Plan(name), Locale::Ja) => format!("{name} プラン"),
    }
}
