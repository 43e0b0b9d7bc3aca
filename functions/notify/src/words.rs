//! Texts of every mail and every chat message, in both languages.

use chrono_tz::Tz;
use hozon_shared::domain::backup::Failure;
use hozon_shared::domain::event::EventKind;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::source::Losses;

use crate::changes;
use crate::drills;
use crate::figures::written;
use crate::purchases;

/// Returns title and paragraphs for a chat channel. They mention neither links nor mails, because other people may
/// read the channel.
pub fn chat(what: &EventKind, zone: Tz, locale: Locale) -> (String, Vec<String>) {
    let (title, paragraphs) = mail(what, zone, locale);
    let time = |at| written(at, zone, locale);
    let paragraphs = match (what, locale) {
        (EventKind::BackupStarted { .. }, Locale::En) => vec!["Records and attachments are being archived.".to_owned()],
        (EventKind::BackupStarted { .. }, Locale::Ja) => vec!["データと添付ファイルを圧縮しています。".to_owned()],
        (EventKind::BackupReady { expires, losses, .. }, Locale::En) => vec![
            changes::warning(what, locale),
            changes::counts(what, locale),
            losses.as_ref().map(losses_en).unwrap_or_default(),
            format!("Administrators can download the files until {}.", time(*expires)),
        ],
        (EventKind::BackupReady { expires, losses, .. }, Locale::Ja) => vec![
            changes::warning(what, locale),
            changes::counts(what, locale),
            losses.as_ref().map(losses_ja).unwrap_or_default(),
            format!("管理者は{}までファイルをダウンロードできます。", time(*expires)),
        ],
        (EventKind::LinksEnding { created, expires, .. }, Locale::En) => {
            vec![not_downloaded_en(&time(*created)), format!("Administrators can download the files until {}.", time(*expires))]
        }
        (EventKind::LinksEnding { created, expires, .. }, Locale::Ja) => {
            vec![not_downloaded_ja(&time(*created)), format!("管理者は{}までファイルをダウンロードできます。", time(*expires))]
        }
        _ => paragraphs,
    };
    (title, without_empty(paragraphs))
}

/// Returns subject and paragraphs of the mail about an event.
pub fn mail(what: &EventKind, zone: Tz, locale: Locale) -> (String, Vec<String>) {
    let (subject, paragraphs) = match locale {
        Locale::En => english(what, zone),
        Locale::Ja => japanese(what, zone),
    };
    (subject, without_empty(paragraphs))
}

fn without_empty(paragraphs: Vec<String>) -> Vec<String> {
    paragraphs.into_iter().filter(|paragraph| !paragraph.is_empty()).collect()
}

fn not_downloaded_en(created: &str) -> String {
    format!("Nobody has downloaded the backup of {created} yet.")
}

fn not_downloaded_ja(created: &str) -> String {
    format!("{created}のバックアップはまだダウンロードされていません。")
}

fn losses_en(losses: &Losses) -> String {
    let (count, names) = (losses.count, losses.named());
    let more = if count > losses.examples.len() as u64 { " and more" } else { "" };
    format!(
        "It lacks {count} {} of your CRM that could not be read: {names}{more}. Grant the database user the right to read them, or leave them out on the Source page.",
        if count == 1 { "part" } else { "parts" }
    )
}

fn losses_ja(losses: &Losses) -> String {
    let (count, names) = (losses.count, losses.named());
    let more = if count > losses.examples.len() as u64 { "など" } else { "" };
    format!(
        "CRMのデータのうち{count}件を読み取れなかったため、含まれていません: {names}{more}。データベースユーザーに読み取り権限を付与するか、「バックアップ元」で対象外にしてください。"
    )
}

fn english(what: &EventKind, zone: Tz) -> (String, Vec<String>) {
    let time = |at| written(at, zone, Locale::En);
    match what {
        EventKind::ScheduleSet { rule, next_run, .. } => (
            format!("Backup scheduled: {}", rule.sentence(Locale::En)),
            vec![format!("The first backup runs on {}.", time(*next_run))],
        ),
        EventKind::ScheduleChanged { rule, next_run, .. } => (
            format!("Backup schedule changed: {}", rule.sentence(Locale::En)),
            vec![format!("The next backup runs on {}.", time(*next_run))],
        ),
        EventKind::ScheduleStopped { rule, .. } => (
            "Scheduled backups stopped".to_owned(),
            vec![
                format!("Backups no longer run {}.", rule.sentence(Locale::En)),
                "This does not end a paid weekly subscription; it stays active until you cancel it.".to_owned(),
            ],
        ),
        EventKind::BackupStarted { .. } => (
            "Your backup is being made".to_owned(),
            vec!["Records and attachments are being archived. We'll email you when the files are ready.".to_owned()],
        ),
        EventKind::BackupReady { expires, losses, .. } => (
            changes::subject(what, Locale::En).unwrap_or_else(|| {
                if losses.is_none() { "Your backup is ready" } else { "Your backup is ready, but incomplete" }.to_owned()
            }),
            vec![
                changes::warning(what, Locale::En),
                changes::counts(what, Locale::En),
                losses.as_ref().map(losses_en).unwrap_or_default(),
                format!("Download the files by {}. After that the links stop working and the files are deleted.", time(*expires)),
                "Anyone with a link can download its file. Do not forward this email.".to_owned(),
            ],
        ),
        EventKind::LinksEnding { created, expires, .. } => (
            "Your backup was not downloaded yet, and its links end soon".to_owned(),
            vec![
                not_downloaded_en(&time(*created)),
                format!("Download the files by {}. After that the links stop working and the files are deleted.", time(*expires)),
                "Anyone with a link can download its file. Do not forward this email.".to_owned(),
            ],
        ),
        EventKind::BackupFailed { failure, .. } => (
            "Your backup failed".to_owned(),
            vec![format!("{} ({})", failure.message, failure.code), "It does not count toward your allowance.".to_owned()],
        ),
        EventKind::BackupCancelled { .. } => (
            "A backup was cancelled".to_owned(),
            vec!["An administrator cancelled it while it was being made. It has no files, and does not count toward your allowance.".to_owned()],
        ),
        EventKind::BackupSkipped { occurrence, allowed, .. } => (
            "A scheduled backup was skipped: no backups left this month".to_owned(),
            vec![
                format!("The backup scheduled for {} did not run. {}", time(*occurrence), allowance_en(*allowed)),
                "Your schedule stays active.".to_owned(),
            ],
        ),
        EventKind::BackupOverlapped { occurrence, running, since, .. } => (
            "A scheduled backup was skipped: another backup was in progress".to_owned(),
            vec![
                format!(
                    "The backup scheduled for {} did not run, because the backup {running} of {} was still in progress.",
                    time(*occurrence),
                    time(*since)
                ),
                "Your schedule stays active.".to_owned(),
            ],
        ),
        EventKind::BackupMissed { occurrence, .. } => (
            "A scheduled backup was missed".to_owned(),
            vec![
                format!("The backup scheduled for {} did not run because the service was down.", time(*occurrence)),
                "It is replaced by the next run.".to_owned(),
            ],
        ),
        EventKind::Order { .. } | EventKind::Subscription { .. } => purchases::english(what, zone),
        EventKind::Drill { .. } => drills::english(what, zone),
        // Mail and chat say it in their message about the finished backup.
        EventKind::UnusualLoss { .. }
        | EventKind::DownloadStarted { .. }
        | EventKind::Explored { .. }
        | EventKind::Restore { .. }
        | EventKind::SettingsSaved {}
        | EventKind::SourceSet { .. }
        | EventKind::SourceRemoved { .. }
        | EventKind::RestoreTargetSet { .. }
        | EventKind::RestoreTargetRemoved { .. }
        | EventKind::HoldSet { .. }
        | EventKind::HoldLifted { .. }
        | EventKind::Erasure { .. }
        | EventKind::ZipsRemade { .. }
        | EventKind::PlanChanged { .. } => (String::new(), Vec::new()),
    }
}

fn allowance_en(allowed: u32) -> String {
    match allowed {
        0 => "Your plan has no free backups. Buy backups, or upgrade your plan.".to_owned(),
        1 => "You have used this month's free backup. It renews on the first day of next month.".to_owned(),
        count => format!("You have used this month's {count} free backups. They renew on the first day of next month."),
    }
}

fn japanese(what: &EventKind, zone: Tz) -> (String, Vec<String>) {
    let time = |at| written(at, zone, Locale::Ja);
    match what {
        EventKind::ScheduleSet { rule, next_run, .. } => (
            format!("バックアップのスケジュールを設定しました: {}", rule.sentence(Locale::Ja)),
            vec![format!("最初のバックアップは{}に実行されます。", time(*next_run))],
        ),
        EventKind::ScheduleChanged { rule, next_run, .. } => (
            format!("バックアップのスケジュールを変更しました: {}", rule.sentence(Locale::Ja)),
            vec![format!("次回のバックアップは{}に実行されます。", time(*next_run))],
        ),
        EventKind::ScheduleStopped { rule, .. } => (
            "バックアップのスケジュールを停止しました".to_owned(),
            vec![
                format!("{}のバックアップは今後実行されません。", rule.sentence(Locale::Ja)),
                "有料の毎週バックアップのサブスクリプションは、この操作では終了しません。解約するまで継続します。".to_owned(),
            ],
        ),
        EventKind::BackupStarted { .. } => (
            "バックアップを作成しています".to_owned(),
            vec!["データと添付ファイルを圧縮しています。準備ができ次第、お知らせします。".to_owned()],
        ),
        EventKind::BackupReady { expires, losses, .. } => (
            changes::subject(what, Locale::Ja).unwrap_or_else(|| {
                match losses {
                    None => "バックアップをダウンロードできます",
                    Some(_) => "バックアップをダウンロードできます（一部のデータが不足しています）",
                }
                .to_owned()
            }),
            vec![
                changes::warning(what, Locale::Ja),
                changes::counts(what, Locale::Ja),
                losses.as_ref().map(losses_ja).unwrap_or_default(),
                format!(
                    "{}までにダウンロードしてください。期限を過ぎるとリンクは無効になり、ファイルは削除されます。",
                    time(*expires)
                ),
                "リンクを知っている人は誰でもダウンロードできます。このメールを転送しないでください。".to_owned(),
            ],
        ),
        EventKind::LinksEnding { created, expires, .. } => (
            "バックアップがまだダウンロードされていません（まもなく期限切れ）".to_owned(),
            vec![
                not_downloaded_ja(&time(*created)),
                format!(
                    "{}までにダウンロードしてください。期限を過ぎるとリンクは無効になり、ファイルは削除されます。",
                    time(*expires)
                ),
                "リンクを知っている人は誰でもファイルをダウンロードできます。このメールを転送しないでください。".to_owned(),
            ],
        ),
        EventKind::BackupFailed { failure, .. } => (
            "バックアップを作成できませんでした".to_owned(),
            vec![
                subject_ja(failure),
                remedy_ja(failure),
                format!("詳細: {} ({})", failure.message, failure.code),
                "使用した回数は元に戻りました。".to_owned(),
            ],
        ),
        EventKind::BackupCancelled { .. } => (
            "バックアップをキャンセルしました".to_owned(),
            vec!["作成中に管理者がキャンセルしたため、ファイルはありません。使用した回数は元に戻りました。".to_owned()],
        ),
        EventKind::BackupSkipped { occurrence, allowed, .. } => (
            "予定のバックアップをスキップしました: 今月の残り回数がありません".to_owned(),
            vec![
                format!("{}のバックアップは実行されませんでした。{}", time(*occurrence), allowance_ja(*allowed)),
                "スケジュールはそのまま継続します。".to_owned(),
            ],
        ),
        EventKind::BackupOverlapped { occurrence, running, since, .. } => (
            "予定のバックアップをスキップしました: 別のバックアップが実行中でした".to_owned(),
            vec![
                format!(
                    "{}のバックアップは、{}に開始したバックアップ（{running}）がまだ実行中だったため、実行されませんでした。",
                    time(*occurrence),
                    time(*since)
                ),
                "スケジュールはそのまま継続します。".to_owned(),
            ],
        ),
        EventKind::BackupMissed { occurrence, .. } => (
            "予定のバックアップが実行されませんでした".to_owned(),
            vec![
                format!("{}のバックアップは、サービス停止中のため実行されませんでした。", time(*occurrence)),
                "次回の実行で取得します。".to_owned(),
            ],
        ),
        EventKind::Order { .. } | EventKind::Subscription { .. } => purchases::japanese(what, zone),
        EventKind::Drill { .. } => drills::japanese(what, zone),
        // Mail and chat say it in their message about the finished backup.
        EventKind::UnusualLoss { .. }
        | EventKind::DownloadStarted { .. }
        | EventKind::Explored { .. }
        | EventKind::Restore { .. }
        | EventKind::SettingsSaved {}
        | EventKind::SourceSet { .. }
        | EventKind::SourceRemoved { .. }
        | EventKind::RestoreTargetSet { .. }
        | EventKind::RestoreTargetRemoved { .. }
        | EventKind::HoldSet { .. }
        | EventKind::HoldLifted { .. }
        | EventKind::Erasure { .. }
        | EventKind::ZipsRemade { .. }
        | EventKind::PlanChanged { .. } => (String::new(), Vec::new()),
    }
}

fn allowance_ja(allowed: u32) -> String {
    match allowed {
        0 => "ご利用のプランには無料のバックアップがありません。アドオンの購入またはプランの変更をご検討ください。".to_owned(),
        count => format!("今月の無料バックアップ（{count}回）をすべて使用しました。翌月1日に回数が戻ります。"),
    }
}

/// Names the record and file at fault.
fn subject_ja(failure: &Failure) -> String {
    let Some(subject) = &failure.subject else { return String::new() };
    let parts = [("ファイル", &subject.file), ("レコード", &subject.record)];
    let parts = parts.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.as_ref()?)));
    parts.chain([format!("モジュール: {}", subject.module)]).collect::<Vec<_>>().join("、")
}

/// Says what to do, by the code of the failure.
fn remedy_ja(failure: &Failure) -> String {
    match failure.code.as_str() {
        "ATTACHMENT_MISSING" => {
            "CRM内に添付ファイルが見つかりません。ファイルを復元するか添付を削除してから、もう一度お試しください。"
        }
        "STORAGE_UNAVAILABLE" => "ストレージが応答しませんでした（容量不足または混雑）。確認してから、もう一度お試しください。",
        "STORAGE_REFUSED" => "ストレージへのアクセスが拒否されました。権限を確認してから、もう一度お試しください。",
        "DATA_MISSING" | "DATA_DAMAGED" => {
            "保存されていたデータの一部が失われたか壊れていました。もう一度お試しください。レコードをプラットフォームが書き込む場合は、先に公開し直すか取り込み直してください。"
        }
        "DATA_OUTDATED" => {
            "レコードは古いバージョンのHozonで保存されています。公開し直すか取り込み直してから、もう一度お試しください。"
        }
        "UPDATED" => "作成中にサービスが更新されました。もう一度お試しください。",
        "BUSY" => "別のバックアップが1日続いていたため実行できませんでした。次回は予定どおり実行されます。",
        _ => "もう一度お試しください。繰り返し発生する場合は、運営者にご連絡ください。",
    }
    .to_owned()
}

/// Says why the recipient gets the mail.
pub fn footer(organisation: &str, at: &str, locale: Locale) -> String {
    match locale {
        Locale::En => format!("Hozon backups of {organisation}. {at}."),
        Locale::Ja => format!("Hozon（保存）バックアップ　{organisation}　{at}"),
    }
}
