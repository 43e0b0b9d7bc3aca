//! `hozon profile`: the profiles of known CRMs, and how one fits a database.

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use hozon::language::say;
use hozon_shared::domain::connection::SourceSettings;
use hozon_shared::domain::profile::{Profile, ProfileFit, Profiles, fit};
use hozon_shared::domain::source::SourceReport;
use hozon_shared::ports::SourceSecret;

use super::check::report;
use super::data_folder::DataFolder;

/// Lists profiles, or compares one with a database.
#[derive(Args)]
pub struct ProfileArgs {
    #[command(subcommand)]
    command: ProfileCommand,
}

#[derive(Subcommand)]
enum ProfileCommand {
    #[command(about = say("Lists the known CRMs", "既知のCRMを一覧表示します"))]
    List,
    #[command(about = say("Says what of a profile fits a database, and what does not. Ends with 1 if the database lacks something that the profile names", "プロファイルとデータベースを照合します。プロファイルにある項目がデータベースにないと、終了コード1で終わります"))]
    Check(ProfileCheckArgs),
}

/// Compares a profile with a database.
#[derive(Args)]
struct ProfileCheckArgs {
    /// Address of the database, as for `hozon connect`.
    #[arg(value_name = "ADDRESS", env = "HOZON_SOURCE", hide_env_values = true)]
    address: String,
    /// Name of the profile [default: the one that recognises the database].
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

pub async fn run(place: &DataFolder, arguments: ProfileArgs) -> Result<()> {
    let profiles = place.profiles()?;
    match arguments.command {
        ProfileCommand::List => {
            list(&profiles);
            Ok(())
        }
        ProfileCommand::Check(check) => compare(&profiles, check).await,
    }
}

fn list(profiles: &Profiles) {
    for Profile { name, title, versions, checked, .. } in profiles.iter() {
        let checked = checked.as_ref().map_or_else(
            || say("from the published schema; not run here", "公開スキーマから作成（実機では未確認）").to_owned(),
            |checked| say(format!("checked with {checked}"), format!("確認済み: {checked}")),
        );
        println!("{name:<10} {title} {versions}  ({checked})");
    }
}

async fn compare(profiles: &Profiles, check: ProfileCheckArgs) -> Result<()> {
    let chosen = check.profile.as_ref().map(|name| profiles.find(name)).transpose()?;
    let (source, password) = SourceSettings::parse(&check.address).context(say("read the address", "アドレスの読み取り"))?;
    let report = report(&source, SourceSecret { password, ..SourceSecret::default() }).await?;
    let Some(profile) = chosen.or_else(|| profiles.recognise(&report.modules, &report.gaps)) else {
        bail!(say(
            "no profile recognises the database. Choose one with --profile; `hozon profile list` lists them",
            "データベースに合うプロファイルがありません。`hozon profile list` で確認し、--profile で指定してください",
        ));
    };
    let SourceReport { server, modules, gaps, .. } = report;
    println!("{} {} · {server}", profile.title, profile.versions);
    let fit = fit(profile, &modules, &gaps);
    show(&fit);
    if !fit.is_whole() {
        bail!(say(
            "the database lacks what the profile names. Is it another version of the CRM, or another profile?",
            "プロファイルにある項目がデータベースにありません。CRMのバージョンまたはプロファイルを確認してください",
        ));
    }
    Ok(())
}

fn show(fit: &ProfileFit) {
    println!("{}", say(format!("{} tables fit", fit.fitting), format!("一致したテーブル: {}件", fit.fitting)));
    let parts = [
        (say("missing", "不足"), &fit.missing),
        (say("not installed", "未インストール"), &fit.not_installed),
        (say("unknown to the profile, and shown as they are", "プロファイルにない項目（そのまま表示）"), &fit.unknown),
    ];
    for (heading, names) in parts.into_iter().filter(|(_, names)| !names.is_empty()) {
        println!("{heading} ({}):", names.len());
        for name in names {
            println!("  {name}");
        }
    }
}
