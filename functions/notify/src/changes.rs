//! Texts about what differs since the previous backup, in both languages.

use hozon_shared::domain::comparison::{ChangeSummary, NotCompared};
use hozon_shared::domain::differences::Counted;
use hozon_shared::domain::event::EventKind;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::unusual_loss::{LossKind, UnusualLoss};

/// Number of unusual losses that a message names.
const NAMED_LOSSES: usize = 5;

/// Returns the subject of a message about a backup with an unusual loss; `None` if there is none.
pub fn subject(what: &EventKind, locale: Locale) -> Option<String> {
    let changes = what.changes().filter(|changes| !changes.unusual.is_empty())?;
    let all_gone = changes.unusual.iter().all(|loss| loss.kind == LossKind::Module);
    let text = match (locale, all_gone) {
        (Locale::En, true) => "Warning: modules are gone from your backup",
        (Locale::En, false) => "Warning: your backup has unusually many deletions",
        (Locale::Ja, true) => "警告: バックアップからモジュールがなくなりました",
        (Locale::Ja, false) => "警告: 大量のデータが削除されています",
    };
    Some(text.to_owned())
}

/// Warns of unusual losses; empty if there are none.
pub fn warning(what: &EventKind, locale: Locale) -> String {
    let Some(changes) = what.changes().filter(|changes| !changes.unusual.is_empty()) else { return String::new() };
    let named = changes.unusual.iter().take(NAMED_LOSSES);
    let more = changes.unusual_count().saturating_sub(NAMED_LOSSES as u64);
    match locale {
        Locale::En => {
            let mut losses: Vec<String> = named.map(loss_en).collect();
            losses.extend((more > 0).then(|| format!("{more} more")));
            format!(
                "Warning: far more than usual was deleted since the previous backup. {}. Check your CRM, and keep the previous backup until you know why.",
                losses.join("; ")
            )
        }
        Locale::Ja => {
            let mut losses: Vec<String> = named.map(loss_ja).collect();
            losses.extend((more > 0).then(|| format!("ほか{more}件")));
            format!(
                "警告: 前回のバックアップから大量のデータが削除されています。{}。CRMを確認し、原因がわかるまで前回のバックアップを保管してください。",
                losses.join("、")
            )
        }
    }
}

fn loss_en(loss: &UnusualLoss) -> String {
    let UnusualLoss { label, lost, of, .. } = loss;
    let percent = loss.percent();
    match loss.kind {
        LossKind::Module => format!("{label}: the module is gone ({lost} records)"),
        LossKind::Records => format!("{label}: {lost} of {of} records ({percent}%)"),
        LossKind::Attachments => format!("{label}: {lost} of {of} attachments ({percent}%)"),
    }
}

fn loss_ja(loss: &UnusualLoss) -> String {
    let UnusualLoss { label, lost, of, .. } = loss;
    let percent = loss.percent();
    match loss.kind {
        LossKind::Module => format!("{label}: モジュールがありません（{lost}件）"),
        LossKind::Records => format!("{label}: レコード{of}件のうち{lost}件（{percent}%）"),
        LossKind::Attachments => format!("{label}: 添付ファイル{of}件のうち{lost}件（{percent}%）"),
    }
}

/// Says how many records and attachments differ since the previous backup; empty for the first backup.
pub fn counts(what: &EventKind, locale: Locale) -> String {
    let Some(changes) = what.changes() else { return String::new() };
    match (changes.not_compared, locale) {
        (None, Locale::En) => counts_en(changes),
        (None, Locale::Ja) => counts_ja(changes),
        (Some(NotCompared::First), _) => String::new(),
        (Some(_), Locale::En) => "It could not be compared with the previous backup.".to_owned(),
        (Some(_), Locale::Ja) => "前回のバックアップとは比較できませんでした。".to_owned(),
    }
}

fn counts_en(changes: &ChangeSummary) -> String {
    let (rows, files) = (changes.totals.rows, changes.totals.files);
    if rows.differing() + files.differing() == 0 && changes.totals.modules_partly == 0 {
        return "Nothing has changed since the previous backup.".to_owned();
    }
    let of = |counted: Counted| format!("{} added, {} changed, {} deleted", counted.added, counted.changed, counted.deleted);
    let mut text = format!("Since the previous backup: records: {}; attachments: {}.", of(rows), of(files));
    let modules = changes.modules.iter().map(|module| format!("{}: {}", module.label, of(module.rows)));
    let mut modules: Vec<String> = modules.collect();
    modules.extend((changes.more_modules > 0).then(|| format!("{} more modules", changes.more_modules)));
    if !modules.is_empty() {
        text += &format!(" By module: {}.", modules.join("; "));
    }
    if changes.totals.modules_partly > 0 {
        text += " Changed records are not counted where the columns of a module differ.";
    }
    text
}

fn counts_ja(changes: &ChangeSummary) -> String {
    let (rows, files) = (changes.totals.rows, changes.totals.files);
    if rows.differing() + files.differing() == 0 && changes.totals.modules_partly == 0 {
        return "前回のバックアップから変更はありません。".to_owned();
    }
    let of = |counted: Counted| format!("追加{}件・変更{}件・削除{}件", counted.added, counted.changed, counted.deleted);
    let mut text = format!("前回のバックアップからの変更: レコード {}、添付ファイル {}。", of(rows), of(files));
    let modules = changes.modules.iter().map(|module| format!("{}: {}", module.label, of(module.rows)));
    let mut modules: Vec<String> = modules.collect();
    modules.extend((changes.more_modules > 0).then(|| format!("ほか{}モジュール", changes.more_modules)));
    if !modules.is_empty() {
        text += &format!("モジュール別: {}。", modules.join("、"));
    }
    if changes.totals.modules_partly > 0 {
        text += "項目の構成が変わったモジュールでは、変更件数を数えていません。";
    }
    text
}
