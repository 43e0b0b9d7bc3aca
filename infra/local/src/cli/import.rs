//! `hozon import`: loads CSV files and attachments into an organisation.

use std::path::PathBuf;

use anyhow::Result;
use chrono::Utc;
use chrono_tz::Tz;
use clap::Args;
use hozon::import::{CategoryMark, Encoding, ImportOptions, ImportPlan, NameEncoding, Note, parse_separator, plan};
use hozon::language::{locale, say};
use hozon::{Local, japanese, require_name};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::locale::Locale;

use super::data_folder::DataFolder;
use super::ending::ENDING;

/// Maximum number of notes that are printed.
const MAX_NOTES: usize = 1_000;

/// Loads CSV files and attachments into an organisation.
#[derive(Args)]
pub struct ImportArgs {
    /// Folders, zips or CSV files: backups made by Hozon (all their zips at once) or Zoho, or CSV exports of any CRM.
    /// Attachments are expected in `attachments/<Module>/<record id>/`. An unrecognised file stops the import with exit
    /// code 2.
    #[arg(required = true, value_name = "DIR|ZIP|CSV")]
    from: Vec<PathBuf>,
    /// Name of the organisation, which is created if it does not exist.
    #[arg(long)]
    org: String,
    /// Encoding of CSV files without a byte order mark, for example shift_jis, euc-jp or windows-1252; FILE=NAME for
    /// one file [default: utf-8].
    #[arg(long = "encoding", value_name = "NAME|FILE=NAME", value_parser = parse_encoding)]
    encodings: Vec<FileEncoding>,
    /// Cell separator: one character, or tab. Detected if not given.
    #[arg(long, value_parser = parse_separator)]
    separator: Option<u8>,
    /// Encoding of zip entry names that are not UTF-8, for example cp437, shift_jis or gbk.
    #[arg(long, value_name = "NAME")]
    zip_names: Option<NameEncoding>,
    /// Repairs ragged rows and incomplete headers, and reports each change.
    #[arg(long)]
    lenient: bool,
    /// Skips unrecognised files, and reports each.
    #[arg(long)]
    skip_unknown: bool,
    /// Accepts files of a backup that were edited since, for example in a spreadsheet, without checking their
    /// checksums.
    #[arg(long)]
    edited: bool,
    /// Marks a module or field as data that backups leave out, for example Emails=mail or Leads.Ad_Click=integration.
    #[arg(long = "mark", value_name = "NAME=KIND")]
    marks: Vec<CategoryMark>,
    /// Time zone of a new organisation, and of times in zips without a time zone.
    #[arg(long, default_value = "Asia/Tokyo")]
    time_zone: Tz,
    /// Plan of a new organisation.
    #[arg(long, default_value = "Own")]
    plan: String,
    /// Country of a new organisation (ISO 3166-1 alpha-2), whose price list applies.
    #[arg(long, default_value = "JP")]
    country: String,
}

/// An encoding for all files, or for one file.
#[derive(Debug, Clone)]
struct FileEncoding {
    file: Option<String>,
    encoding: Encoding,
}

fn parse_encoding(text: &str) -> Result<FileEncoding, String> {
    let (file, name) = text.rsplit_once('=').map_or((None, text), |(file, name)| (Some(file.to_owned()), name));
    let unknown = || {
        say(
            format!("{name} is no encoding; examples are utf-8, shift_jis, euc-jp, gbk and windows-1252"),
            format!("{name} という文字コードはありません。例: utf-8、shift_jis、euc-jp、gbk、windows-1252"),
        )
    };
    Encoding::named(name).map(|encoding| FileEncoding { file, encoding }).ok_or_else(unknown)
}

impl ImportArgs {
    fn options(&self) -> ImportOptions {
        let of_all = self.encodings.iter().rev().find(|encoding| encoding.file.is_none());
        let of_one = |one: &FileEncoding| one.file.clone().map(|file| (file, one.encoding));
        ImportOptions {
            from: self.from.clone(),
            encoding: of_all.map_or(Encoding::UTF_8, |encoding| encoding.encoding),
            encodings: self.encodings.iter().filter_map(of_one).collect(),
            separator: self.separator,
            zip_names: self.zip_names,
            time_zone: self.time_zone,
            lenient: self.lenient,
            skip_unknown: self.skip_unknown,
            edited: self.edited,
            marks: self.marks.clone(),
            stop: ENDING.clone(),
        }
    }
}

/// Plans the import before Hozon starts, so that a rejected import leaves no trace.
pub async fn run(place: DataFolder, arguments: ImportArgs) -> Result<()> {
    require_name(&arguments.org)?;
    let planned = plan(&arguments.options(), Utc::now()).await?;
    let mut local = place.start().await?;
    let known = local.find_organisation(&arguments.org).ok();
    let org = known.unwrap_or_else(|| local.new_organisation_id());
    let loading = async {
        local.require_terms(&arguments.plan, &arguments.country)?;
        load(&local, org, planned).await
    };
    let outcome = match loading.await {
        Ok(()) if known.is_none() => {
            local.make_organisation(org, &arguments.org, arguments.time_zone, &arguments.plan, &arguments.country).await
        }
        outcome => outcome,
    };
    let stopped = local.stop().await;
    outcome.and(stopped)
}

async fn load(local: &Local, org: OrgId, planned: ImportPlan) -> Result<()> {
    let bar = indicatif::ProgressBar::new_spinner();
    let imported = planned
        .load(&local.ports, org, &mut |step| {
            bar.set_message(counts(step.module, step.rows, step.attachments));
            bar.tick();
        })
        .await;
    bar.finish_and_clear();
    let imported = imported?;
    tell(&imported.notes);
    for module in imported.modules {
        println!("{}", counts(&module.api_name, module.rows, module.attachments));
    }
    Ok(())
}

fn counts(module: &str, rows: u64, attachments: u64) -> String {
    say(
        format!("{module}: {rows} rows, {attachments} attachments"),
        format!("{module}: {rows} 行、添付ファイル {attachments} 件"),
    )
}

fn tell(notes: &[Note]) {
    for note in notes.iter().take(MAX_NOTES) {
        match locale() {
            Locale::En => println!("note: {note}"),
            Locale::Ja => println!("注意: {}", japanese::note(note)),
        }
    }
    if let Some(more) = notes.len().checked_sub(MAX_NOTES).filter(|more| *more > 0) {
        println!("{}", say(format!("note: and {more} more"), format!("注意: ほか {more} 件")));
    }
}
