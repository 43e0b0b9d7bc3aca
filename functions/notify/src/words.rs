//! The words of every mail, in both languages.

use chrono_tz::Tz;
use hozon_shared::domain::backup::Failure;
use hozon_shared::domain::event::What;
use hozon_shared::domain::locale::Locale;

use crate::letter::written;
use crate::purchases;

/// Subject and paragraphs about an event.
pub fn say(what: &What, zone: Tz, locale: Locale) -> (String, Vec<String>) {
    let (subject, paragraphs) = match locale {
        Locale::En => english(what, zone),
        Locale::Ja => japanese(what, zone),
    };
    (subject, paragraphs.into_iter().filter(|paragraph| !paragraph.is_empty()).collect())
}

fn english(what: &What, zone: Tz) -> (String, Vec<String>) {
    let time = |at| written(at, zone, Locale::En);
    match what {
        What::ScheduleSet { rule, next_run, .. } => (
            format!("Backup scheduled: {}", rule.sentence(Locale::En)),
            vec![format!("The first backup will be made on {}.", time(*next_run))],
        ),
        What::ScheduleChanged { rule, next_run, .. } => (
            format!("Backup schedule changed: {}", rule.sentence(Locale::En)),
            vec![format!("The next backup will be made on {}.", time(*next_run))],
        ),
        What::ScheduleStopped { rule, .. } => (
            "Scheduled backups stopped".to_owned(),
            vec![
                format!("Backups are no longer made {}.", rule.sentence(Locale::En)),
                "A paid weekly subscription is not ended by this; it goes on until it is cancelled.".to_owned(),
            ],
        ),
        What::BackupStarted { .. } => (
            "Your backup is being made".to_owned(),
            vec!["Records and attachments are being archived. You will be written to when the files are ready.".to_owned()],
        ),
        What::BackupReady { expires, .. } => (
            "Your backup is ready".to_owned(),
            vec![
                format!("Download the files before {}. The links stop working then, and the files are deleted.", time(*expires)),
                "Whoever has a link can download its file: do not forward this mail.".to_owned(),
            ],
        ),
        What::BackupFailed { failure, .. } => (
            "Your backup could not be made".to_owned(),
            vec![format!("{} ({})", failure.message, failure.code), "The allowance that it used was given back.".to_owned()],
        ),
        What::BackupSkipped { occurrence, allowed, .. } => (
            "A scheduled backup was skipped: no backups are left this month".to_owned(),
            vec![
                format!("The backup of {} was not made. {}", time(*occurrence), allowance_en(*allowed)),
                "The schedule goes on.".to_owned(),
            ],
        ),
        What::BackupMissed { occurrence, .. } => (
            "A scheduled backup was missed".to_owned(),
            vec![
                format!("The backup of {} did not take place, because the service was not running then.", time(*occurrence)),
                "A later backup stands for it.".to_owned(),
            ],
        ),
        What::Order { .. } | What::Subscription { .. } => purchases::english(what, zone),
        What::DownloadStarted { .. } | What::SettingsSaved {} | What::PlanChanged { .. } => (String::new(), Vec::new()),
    }
}

fn allowance_en(allowed: u32) -> String {
    match allowed {
        0 => "Your plan has no free backups. Buy backups, or change to a plan that has some.".to_owned(),
        1 => "Your plan's free backup of this month is used. It renews on the first day of next month.".to_owned(),
        count => format!("Your plan's {count} free backups of this month are used. They renew on the first day of next month."),
    }
}

fn japanese(what: &What, zone: Tz) -> (String, Vec<String>) {
    let time = |at| written(at, zone, Locale::Ja);
    match what {
        What::ScheduleSet { rule, next_run, .. } => (
            format!("バックアップを予約しました：{}", rule.sentence(Locale::Ja)),
            vec![format!("最初のバックアップは {} に作成されます。", time(*next_run))],
        ),
        What::ScheduleChanged { rule, next_run, .. } => (
            format!("バックアップの予約を変更しました：{}", rule.sentence(Locale::Ja)),
            vec![format!("次のバックアップは {} に作成されます。", time(*next_run))],
        ),
        What::ScheduleStopped { rule, .. } => (
            "定期バックアップを停止しました".to_owned(),
            vec![
                format!("{}のバックアップは今後作成されません。", rule.sentence(Locale::Ja)),
                "有料の毎週プランはこの操作では終了しません。解約するまで継続します。".to_owned(),
            ],
        ),
        What::BackupStarted { .. } => (
            "バックアップを作成しています".to_owned(),
            vec!["データと添付ファイルを圧縮しています。準備ができ次第、お知らせします。".to_owned()],
        ),
        What::BackupReady { expires, .. } => (
            "バックアップの準備ができました".to_owned(),
            vec![
                format!(
                    "{} までにダウンロードしてください。期限を過ぎるとリンクは無効になり、ファイルは削除されます。",
                    time(*expires)
                ),
                "リンクを知っている人は誰でもダウンロードできます。このメールを転送しないでください。".to_owned(),
            ],
        ),
        What::BackupFailed { failure, .. } => (
            "バックアップを作成できませんでした".to_owned(),
            vec![
                remedy_ja(failure),
                format!("詳細：{} ({})", failure.message, failure.code),
                "使用した回数は元に戻りました。".to_owned(),
            ],
        ),
        What::BackupSkipped { occurrence, allowed, .. } => (
            "定期バックアップを見送りました：今月の残り回数がありません".to_owned(),
            vec![
                format!("{} のバックアップは作成されませんでした。{}", time(*occurrence), allowance_ja(*allowed)),
                "予約はそのまま継続します。".to_owned(),
            ],
        ),
        What::BackupMissed { occurrence, .. } => (
            "定期バックアップが実行されませんでした".to_owned(),
            vec![
                format!("{} のバックアップは、サービスが停止していたため実行されませんでした。", time(*occurrence)),
                "その後のバックアップで補われます。".to_owned(),
            ],
        ),
        What::Order { .. } | What::Subscription { .. } => purchases::japanese(what, zone),
        What::DownloadStarted { .. } | What::SettingsSaved {} | What::PlanChanged { .. } => (String::new(), Vec::new()),
    }
}

fn allowance_ja(allowed: u32) -> String {
    match allowed {
        0 => "ご利用のプランには無料のバックアップがありません。追加購入またはプランの変更をご検討ください。".to_owned(),
        count => format!("今月の無料バックアップ {count} 回を使い切りました。翌月 1 日に回数が戻ります。"),
    }
}

/// What to do, by the failure's code.
fn remedy_ja(failure: &Failure) -> String {
    match failure.code.as_str() {
        "ATTACHMENT_MISSING" => {
            "CRM の保存領域に添付ファイルが見つかりません。ファイルを復元するか添付を削除してから、もう一度お試しください。"
        }
        "ATTACHMENT_CHANGED" | "ROWS_CHANGED" => "作成中にデータが変更されました。もう一度お試しください。",
        "STORAGE_UNAVAILABLE" => "ストレージが応答しませんでした（容量不足または混雑）。確認してから、もう一度お試しください。",
        "STORAGE_REFUSED" => "ストレージへのアクセスが拒否されました。権限を確認してから、もう一度お試しください。",
        "DATA_DAMAGED" => "保存されたデータを読み取れません。サービスの運用担当者にご連絡ください。",
        "BUSY" => "別のバックアップが一日以上続いていました。その状態をご確認ください。次回は予定どおり実行されます。",
        _ => "もう一度お試しください。繰り返し発生する場合は、サービスの運用担当者にご連絡ください。",
    }
    .to_owned()
}

/// Why the mail was sent.
pub fn footer(organisation: &str, at: &str, locale: Locale) -> String {
    match locale {
        Locale::En => format!("Hozon backups of {organisation}. {at}."),
        Locale::Ja => format!("Hozon（保存）バックアップ　{organisation}　{at}"),
    }
}
