//! A comparison as text for the terminal.

use std::collections::HashMap;

use hozon::compare::{BackupDifference, Comparison, EditCounts, EditedCell, ModuleComparison, RecordEdit};
use hozon::language::say;
use indicatif::HumanCount;

use crate::cli::shown_values::{escaped, value};

/// The first differences of each module.
pub struct Examples {
    limit: usize,
    records: HashMap<String, Vec<BackupDifference>>,
    files: HashMap<String, Vec<BackupDifference>>,
}

impl Examples {
    pub fn new(limit: usize) -> Self {
        Self { limit, records: HashMap::new(), files: HashMap::new() }
    }

    /// Keeps a difference, if there are not enough yet.
    pub fn add(&mut self, module: &str, difference: &BackupDifference) {
        let all = match difference {
            BackupDifference::Record { .. } => &mut self.records,
            BackupDifference::File { .. } => &mut self.files,
            _ => return,
        };
        if !all.contains_key(module) {
            all.insert(module.to_owned(), Vec::new());
        }
        let Some(kept) = all.get_mut(module).filter(|kept| kept.len() < self.limit) else { return };
        kept.push(difference.clone());
    }
}

/// Returns the whole text.
pub fn comparison(found: &Comparison, examples: &Examples) -> String {
    let mut text = String::new();
    for module in found.modules.iter().filter(|module| !module.is_equal()) {
        text += &of_module(module, examples);
    }
    if !found.has_files {
        text += say(
            "Attachments were not compared: the zips with the attachments of one backup are missing.\n",
            "添付ファイルは比較していません。一方のバックアップの添付ファイルの zip がありません。\n",
        );
    }
    text + &conclusion(found)
}

fn conclusion(found: &Comparison) -> String {
    let (all, rows) = (found.modules.len(), found.modules.iter().map(|module| module.rows_after).sum());
    let differ = found.modules.iter().filter(|module| !module.is_equal()).count();
    let rows = HumanCount(rows);
    match differ {
        0 => say(
            format!("The backups are equal: {all} modules, {rows} records.\n"),
            format!("バックアップの内容は同じです: {all} モジュール、{rows} 件のレコード。\n"),
        ),
        _ => say(
            format!("The backups differ in {differ} of {all} modules.\n"),
            format!("{all} モジュールのうち {differ} モジュールに違いがあります。\n"),
        ),
    }
}

fn of_module(module: &ModuleComparison, examples: &Examples) -> String {
    let name = escaped(&module.api_name);
    let (before, after) = (HumanCount(module.rows_before), HumanCount(module.rows_after));
    let mut text = say(
        format!("{name}: {before} records before, {after} after; {}\n", counts(module.records)),
        format!("{name}: レコード 変更前 {before} 件、変更後 {after} 件。{}\n", counts(module.records)),
    );
    if module.is_added {
        text += say("  the module is new\n", "  新しいモジュールです\n");
    }
    if module.is_deleted {
        text += say("  the module is gone\n", "  モジュールがなくなりました\n");
    }
    text += &fields(say("new fields", "追加された項目"), &module.fields_added);
    text += &fields(say("fields that are gone", "なくなった項目"), &module.fields_deleted);
    text += &listed(examples.records.get(&module.api_name), module.records, examples.limit);
    if module.files.total() > 0 {
        text += &format!("  {}: {}\n", say("attachments", "添付ファイル"), counts(module.files));
        text += &listed(examples.files.get(&module.api_name), module.files, examples.limit);
    }
    text
}

fn counts(EditCounts { added, changed, deleted }: EditCounts) -> String {
    let [added, changed, deleted] = [added, changed, deleted].map(HumanCount);
    say(
        format!("{added} added, {changed} changed, {deleted} deleted"),
        format!("追加 {added} 件、変更 {changed} 件、削除 {deleted} 件"),
    )
}

fn fields(what: &str, names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| escaped(name)).collect();
    if names.is_empty() { String::new() } else { format!("  {what}: {}\n", names.join(", ")) }
}

fn listed(shown: Option<&Vec<BackupDifference>>, counts: EditCounts, limit: usize) -> String {
    let shown = shown.map_or(&[][..], Vec::as_slice);
    let mut text: String = shown.iter().map(of_difference).collect();
    let more = counts.total().saturating_sub(shown.len() as u64);
    if more > 0 && limit > 0 {
        let more = HumanCount(more);
        text += &say(
            format!("  and {more} more; --csv FILE writes all\n"),
            format!("  ほか {more} 件（--csv FILE ですべて書き出します）\n"),
        );
    }
    text
}

fn of_difference(difference: &BackupDifference) -> String {
    match difference {
        BackupDifference::Record { record, edit, cells } => {
            let record = if record.is_empty() { say("a row without id", "IDのない行").to_owned() } else { escaped(record) };
            let is_shown = |cell: &&EditedCell| *edit == RecordEdit::Changed || is_row(difference) && cell.before != cell.after;
            let cells: String = cells.iter().filter(is_shown).map(|cell| of_cell(cell, *edit)).collect();
            format!("  {} {record}\n{cells}", of_edit(*edit))
        }
        BackupDifference::File { record, name, edit, .. } => {
            format!("  {} {}: {}\n", of_edit(*edit), escaped(record), escaped(name))
        }
        _ => String::new(),
    }
}

/// Whether only its values identify it.
fn is_row(difference: &BackupDifference) -> bool {
    matches!(difference, BackupDifference::Record { record, .. } if record.is_empty())
}

fn of_edit(edit: RecordEdit) -> &'static str {
    match edit {
        RecordEdit::Added => say("added", "追加"),
        RecordEdit::Changed => say("changed", "変更"),
        RecordEdit::Deleted => say("deleted", "削除"),
    }
}

fn of_cell(EditedCell { field, before, after }: &EditedCell, edit: RecordEdit) -> String {
    let field = escaped(field);
    match edit {
        RecordEdit::Changed => format!("      {field}: {} -> {}\n", value(before.as_deref()), value(after.as_deref())),
        RecordEdit::Added => format!("      {field}: {}\n", value(after.as_deref())),
        RecordEdit::Deleted => format!("      {field}: {}\n", value(before.as_deref())),
    }
}
