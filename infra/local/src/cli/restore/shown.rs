//! A restore as text for the terminal.

use std::path::Path;
use std::time::Duration;

use hozon::import::Note;
use hozon::japanese;
use hozon::language::{locale, say};
use hozon::restoring::{ExportedModule, PlannedExamples, WantedBackup};
use hozon_shared::api::closed_sets::RefusalName;
use hozon_shared::domain::creating::{CreatedKind, Creation, CreationFault};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::restore::{FilePlanCounts, PlanCounts, RestoreOutcome, RestorePlan, WrittenCounts};
use hozon_shared::domain::writing::{FillOutcome, HindranceKind};
use hozon_shared::snapshots::find::{has_key, id_text};
use hozon_shared::snapshots::restoring::PlannedRecord;
use indicatif::HumanCount;

use super::texts::{action, hindrance, kind, reason, refused_part};
use crate::cli::shown_values::{escaped, value};

/// What ids have between the fields of a key of several.
const KEY_SEPARATOR: char = '\u{1f}';
/// Maximum number of tables and hindrances that are named.
const MAX_NAMED: usize = 50;

/// What was loaded from zips.
pub fn loaded(wanted: &WantedBackup, notes: &[Note]) -> String {
    let (modules, rows) = (wanted.modules.len(), HumanCount(wanted.modules.iter().map(|module| module.rows).sum()));
    let taken = wanted.taken.format("%Y-%m-%d %H:%M:%S UTC");
    let mut text = say(
        format!("The backup of {taken}: {modules} modules, {rows} records.\n"),
        format!("{taken} のバックアップ: {modules} モジュール、{rows} 件。\n"),
    );
    for note in notes.iter().take(MAX_NAMED) {
        text += &match locale() {
            Locale::En => format!("note: {note}\n"),
            Locale::Ja => format!("注意: {}\n", japanese::note(note)),
        };
    }
    text
}

/// What was written into files.
pub fn written_files(folder: &Path, modules: &[ExportedModule]) -> String {
    let mut text: String = modules
        .iter()
        .map(|ExportedModule { files, rows, attachments, .. }| {
            let (files, rows) = (files.iter().map(|file| escaped(file)).collect::<Vec<_>>().join(", "), HumanCount(*rows));
            say(
                format!("{files}: {rows} records, {attachments} attachments\n"),
                format!("{files}: {rows} 件、添付ファイル {attachments} 件\n"),
            )
        })
        .collect();
    let folder = folder.display();
    text += &say(
        format!("{folder}/README.md has the order in which to import them.\n"),
        format!("インポートの順序は {folder}/README.md にあります。\n"),
    );
    text
}

/// The plan with its first records.
pub fn plan(plan: &RestorePlan, examples: &[PlannedExamples], target: &str) -> String {
    let mut text = String::new();
    for module in plan.modules.iter().filter(|module| total(module.counts) > 0) {
        text += &format!("{}: {}\n", escaped(&module.api_name), counts(module.counts));
        if let Some(examples) = examples.iter().find(|known| known.module.api_name == module.api_name) {
            text += &examples.records.iter().map(|record| of_record(&examples.module, record)).collect::<String>();
            let more = total(module.counts).saturating_sub(examples.records.len() as u64);
            if more > 0 {
                text += &say(format!("  and {} more\n", HumanCount(more)), format!("  ほか {} 件\n", HumanCount(more)));
            }
        }
    }
    for found in plan.hindrances.iter().take(MAX_NAMED) {
        let place = found.field.as_ref().map_or_else(|| found.module.clone(), |field| format!("{}.{field}", found.module));
        text += &format!("{}: {}\n", escaped(&place), hindrance(found.kind));
    }
    text + &attachments(plan) + &totals(plan, target)
}

fn attachments(plan: &RestorePlan) -> String {
    let FilePlanCounts { create, change, leave, impossible, .. } = plan.files();
    if create + change + leave + impossible == 0 {
        return String::new();
    }
    say(
        format!("Attached files: {create} to create, {change} to change, {leave} left as they are, {impossible} impossible.\n"),
        format!("添付ファイル: 作成 {create} 件、変更 {change} 件、対象外 {leave} 件、不可能 {impossible} 件。\n"),
    )
}

/// The sums of a plan.
pub fn totals(plan: &RestorePlan, target: &str) -> String {
    say(format!("Plan for {target}: {}.\n", counts(plan.counts())), format!("{target} の計画: {}。\n", counts(plan.counts())))
}

fn total(counts: PlanCounts) -> u64 {
    counts.writes() + counts.leave + counts.impossible
}

fn counts(PlanCounts { create, change, delete, leave, impossible }: PlanCounts) -> String {
    let [create, change, delete, leave, impossible] = [create, change, delete, leave, impossible].map(HumanCount);
    say(
        format!("{create} to create, {change} to change, {delete} to delete, {leave} left as they are, {impossible} impossible"),
        format!("作成 {create} 件、変更 {change} 件、削除 {delete} 件、対象外 {leave} 件、不可能 {impossible} 件"),
    )
}

fn of_record(module: &Module, record: &PlannedRecord) -> String {
    let id = if has_key(module) {
        escaped(&id_text(module, &record.id).replace(KEY_SEPARATOR, ","))
    } else {
        say("a row without id", "IDのない行").to_owned()
    };
    let because = record.reason.map(|known| format!(" ({})", reason(known))).unwrap_or_default();
    let mut text = format!("  {} {id}{because}\n", action(record.action));
    // Of a record that is created or deleted, the id says enough.
    let (Some(now), Some(wanted)) = (&record.now, &record.wanted) else { return text };
    for (at, field) in module.fields.iter().enumerate() {
        let (before, after) = (now.get(at).cloned().flatten(), wanted.get(at).cloned().flatten());
        if before != after {
            let (before, after) = (value(before.as_deref()), value(after.as_deref()));
            text += &format!("      {}: {before} -> {after}\n", escaped(&field.api_name));
        }
    }
    text
}

/// What became of records and files.
pub fn outcome(outcome: RestoreOutcome, took: Duration, target: &str) -> String {
    let (records, seconds) = (written_counts(outcome.records), took.as_secs_f64());
    let mut text = say(
        format!("{target}: records: {records} ({seconds:.1} s).\n"),
        format!("{target}: レコード: {records}（{seconds:.1} 秒）。\n"),
    );
    if outcome.files.total() > 0 {
        let files = written_counts(outcome.files);
        text += &say(format!("{target}: attached files: {files}.\n"), format!("{target}: 添付ファイル: {files}。\n"));
    }
    text
}

fn written_counts(WrittenCounts { written, already_there, changed_meanwhile, refused }: WrittenCounts) -> String {
    let [written, already_there, changed, refused] = [written, already_there, changed_meanwhile, refused].map(HumanCount);
    say(
        format!("{written} written, {already_there} were there already, {changed} changed meanwhile and left, {refused} refused"),
        format!(
            "書き込み {written} 件、既に同じ内容 {already_there} 件、途中で変更されたため対象外 {changed} 件、拒否 {refused} 件"
        ),
    )
}

/// What became of the rows of a table that nothing identifies.
pub fn filled(name: &str, outcome: &FillOutcome) -> String {
    let name = escaped(name);
    match outcome {
        FillOutcome::Filled(rows) => {
            let rows = HumanCount(*rows);
            say(
                format!("{name}: {rows} rows written, which nothing identifies"),
                format!("{name}: キーのない {rows} 行を書き込みました"),
            )
        }
        FillOutcome::NotEmpty => say(
            format!("{name}: nothing identifies its rows, and the table has rows, so that none was written"),
            format!("{name}: キーがなく、テーブルに行があるため書き込んでいません"),
        ),
        FillOutcome::Refused(reason) => {
            let (kind, detail) = RefusalName::of(reason.clone());
            let detail = detail.map(|detail| format!(" {}", escaped(&detail))).unwrap_or_default();
            say(
                format!("{name}: a row is refused, so that none was written ({kind}{detail})"),
                format!("{name}: 拒否された行があるため書き込んでいません（{kind}{detail}）"),
            )
        }
    }
}

/// Says that nothing is written.
pub fn nothing_done(is_dry_run: bool) -> &'static str {
    match is_dry_run {
        true => say("Nothing was changed (--dry-run).", "何も変更していません（--dry-run）。"),
        false => say("There is nothing to write.", "書き込むものはありません。"),
    }
}

/// Why a plan cannot be carried out.
pub fn hindered(plan: &RestorePlan, target: &str) -> String {
    let denied =
        plan.hindrances.iter().filter(|known| known.kind == HindranceKind::NoPermission).map(|known| known.module.as_str());
    let mut names: Vec<&str> = denied.collect();
    names.dedup();
    let names = named(names.into_iter());
    say(
        format!("the user may not write into {target}: {names}. Grant SELECT, INSERT, UPDATE and DELETE, and plan again"),
        format!("{target} の次のテーブルに書き込む権限がありません: {names}。権限を付与して、もう一度実行してください"),
    )
}

/// Says that no table is there.
pub fn no_tables(gone: &[Module], target: &str) -> String {
    let names = named(gone.iter().map(|module| module.api_name.as_str()));
    say(
        format!(
            "{target} has none of the tables of the backup: {names}. Make them first, for example with the CRM's own installation, or use --create. If \
             the backup was made with a profile, give it with --profile"
        ),
        format!(
            "{target} にはバックアップのテーブルがありません: {names}。CRM のインストールなどで先に作成するか、--create を指定してください。プロファイルを使ったバックアップの場合は --profile も指定してください"
        ),
    )
}

/// Names the tables that are missing, whose records cannot be written.
pub fn missing_tables(gone: &[Module]) -> String {
    if gone.is_empty() {
        return String::new();
    }
    let names = named(gone.iter().map(|module| module.api_name.as_str()));
    say(
        format!("The database lacks tables, whose records are impossible: {names}. --create makes them.\n"),
        format!("データベースにないテーブルのレコードは書き込めません: {names}。--create で作成できます。\n"),
    )
}

pub fn unknown_module(name: &str, all: &[Module]) -> String {
    let known = named(all.iter().map(|module| module.api_name.as_str()));
    say(
        format!("the backup has no module {name}; it has {known}"),
        format!("モジュール {name} はバックアップにありません。モジュール: {known}"),
    )
}

pub fn without_structure(module: &Module) -> String {
    let name = &module.api_name;
    say(
        format!("the backup does not say how the table of {name} is made, because it is not of a database. Make it first"),
        format!(
            "{name} のテーブルの構造がバックアップにありません（データベースのバックアップではありません）。先に作成してください"
        ),
    )
}

/// The tables that are going to be made.
pub fn new_tables(gone: &[Module], target: &str) -> String {
    let names = named(gone.iter().map(|module| module.api_name.as_str()));
    let count = gone.len();
    say(format!("{count} tables are made in {target}: {names}"), format!("{target} に {count} 個のテーブルを作成します: {names}"))
}

/// What was made, and what was not.
pub fn creation(creation: &Creation) -> String {
    let kinds = [
        CreatedKind::Schema,
        CreatedKind::Type,
        CreatedKind::Sequence,
        CreatedKind::Table,
        CreatedKind::Index,
        CreatedKind::ForeignKey,
    ];
    let counted = kinds.into_iter().filter_map(|known| match creation.count(known) {
        0 => None,
        count => Some(format!("{} {count}", kind(known))),
    });
    let made = counted.collect::<Vec<_>>().join(", ");
    let mut text = if made.is_empty() { String::new() } else { say(format!("Made: {made}\n"), format!("作成: {made}\n")) };
    for CreationFault { part, reason } in creation.faults.iter().take(MAX_NAMED) {
        text += &format!("{} {}: {}\n", kind(part.kind), escaped(&part.name), refused_part(reason));
    }
    text
}

/// Says that tables could not be made.
pub fn not_created(creation: &Creation) -> &'static str {
    match creation.made.is_empty() {
        true => say("the tables could not be made. Nothing was made", "テーブルを作成できませんでした。何も作成していません"),
        false => say(
            "not all tables could be made. Those that were made stay, and no record was written",
            "すべてのテーブルは作成できませんでした。作成済みのテーブルは残り、レコードは書き込んでいません",
        ),
    }
}

/// Says what went wrong after something was written. Not all is as planned then.
pub fn failed_later(error: &anyhow::Error) -> bool {
    eprintln!(
        "{}",
        say(
            format!("The restore ended early: {error:#}. What was written stays; the same command writes the rest."),
            format!("復元は途中で終了しました: {error:#}。書き込み済みの内容は残ります。同じコマンドで残りを書き込めます。"),
        )
    );
    false
}

fn named<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = names.len();
    let shown: Vec<String> = names.take(MAX_NAMED).map(escaped).collect();
    let more = count.saturating_sub(MAX_NAMED);
    let more = if more > 0 { format!(", … (+{more})") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
