//! `hozon import`: CSV files and attachments into an organisation.

use std::path::PathBuf;

use anyhow::Result;
use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use hozon::import::{Encoding, Mark, Options, import};
use indicatif::HumanCount;

use super::{Place, until_interrupted};

/// Loads CSV files and attachments into an organisation.
#[derive(Args)]
pub struct Import {
    /// Folders, zips or CSV files: our own backups (both zips at once), Zoho's, or any CRM's CSV exports. Attachments lie in
    /// `attachments/<Module>/<record id>/`.
    #[arg(required = true, value_name = "DIR|ZIP|CSV")]
    from: Vec<PathBuf>,
    /// The organisation's name; it is made where there is none.
    #[arg(long)]
    org: String,
    /// Encoding of the CSV files; our own backups are always UTF-8.
    #[arg(long, value_enum, default_value = "utf-8")]
    encoding: EncodingName,
    /// Marks a module or field as data that backups leave out, for example Emails=mail or Leads.Ad_Click=integration.
    #[arg(long = "mark", value_name = "NAME=KIND")]
    marks: Vec<Mark>,
    /// Time zone of a new organisation.
    #[arg(long, default_value = "Asia/Tokyo")]
    time_zone: Tz,
    /// Plan of a new organisation.
    #[arg(long, default_value = "Own")]
    plan: String,
    /// Country of a new organisation (ISO 3166-1 alpha-2): its prices are those of that country.
    #[arg(long, default_value = "JP")]
    country: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum EncodingName {
    #[value(name = "utf-8")]
    Utf8,
    #[value(name = "shift_jis")]
    ShiftJis,
    #[value(name = "windows-1252")]
    Windows1252,
}

impl From<EncodingName> for Encoding {
    fn from(name: EncodingName) -> Self {
        match name {
            EncodingName::Utf8 => Self::Utf8,
            EncodingName::ShiftJis => Self::ShiftJis,
            EncodingName::Windows1252 => Self::Windows1252,
        }
    }
}

pub async fn run(place: Place, arguments: Import) -> Result<()> {
    let mut local = place.start().await?;
    let org = local.organisation(&arguments.org, arguments.time_zone, &arguments.plan, &arguments.country).await?;
    let options = Options { from: arguments.from, encoding: arguments.encoding.into(), marks: arguments.marks };
    until_interrupted(local, async |local| {
        let bar = indicatif::ProgressBar::new_spinner();
        let modules = import(&local.ports, org, &options, &mut |step| {
            bar.set_message(format!(
                "{}: {} rows, {} attachments",
                step.module,
                HumanCount(step.rows),
                HumanCount(step.attachments)
            ));
            bar.tick();
        })
        .await;
        bar.finish_and_clear();
        for module in modules? {
            println!("{}: {} rows, {} attachments", module.api_name, module.rows, module.attachments);
        }
        Ok(())
    })
    .await
}
