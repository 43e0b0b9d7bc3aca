//! `hozon backup`: makes a backup and follows it to its end.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use hozon::Local;
use hozon_shared::domain::archive_options::ArchiveLayout;
use hozon_shared::domain::id::OrgId;
use indicatif::HumanBytes;

use super::client::{Client, NewestBackup};
use super::data_folder::DataFolder;
use super::ending::until_interrupted;
use super::progress::ProgressDisplay;
use hozon::language::say;

const ASK_EVERY: Duration = Duration::from_millis(200);

/// Backs up an organisation now.
#[derive(Args)]
pub struct BackupArgs {
    /// The organisation's name.
    #[arg(long)]
    org: String,
    /// Layout of the zips: hozon or zoho [default: that of the organisation's settings].
    #[arg(long, value_name = "LAYOUT", value_parser = layout)]
    layout: Option<ArchiveLayout>,
}

fn layout(name: &str) -> Result<ArchiveLayout, &'static str> {
    ArchiveLayout::named(name).ok_or("hozon, zoho")
}

pub async fn run(place: DataFolder, backup: BackupArgs) -> Result<()> {
    let local = place.start().await?;
    until_interrupted(local, async |local| back_up(local, local.find_organisation(&backup.org)?, backup.layout).await).await
}

/// Makes a backup with a progress display, and prints the locations of its zips.
pub async fn back_up(local: &Local, org: OrgId, layout: Option<ArchiveLayout>) -> Result<()> {
    let client = Client::new(local, org)?;
    let id = client.back_up_now(layout).await?;
    let mut shown = ProgressDisplay::new(say("Backing up", "バックアップ中"));
    let ended = loop {
        let was_idle = local.is_idle();
        let backup = client.newest().await?;
        match (backup.progress.total, backup.progress.capture) {
            (Some(total), _) => shown.amount(backup.progress.done, total, backup.progress.seconds_left),
            (None, Some(capture)) => shown.capture(capture),
            (None, None) => {}
        }
        if backup.status != "INPROGRESS" {
            break backup;
        }
        if was_idle {
            bail!(say(
                "the run ended without recording its result; the log says why",
                "実行は終わりましたが、結果が記録されていません。理由はログにあります"
            ));
        }
        tokio::time::sleep(ASK_EVERY).await;
    };
    let took = shown.finish();
    local.wait_until_idle().await;
    report(local, org, &id, ended, took).await
}

async fn report(local: &Local, org: OrgId, id: &str, ended: NewestBackup, took: Duration) -> Result<()> {
    if let Some(failure) = ended.failure {
        let (code, why) = (failure.code, failure.message);
        bail!(say(format!("the backup failed ({code}): {why}"), format!("バックアップに失敗しました（{code}）: {why}")));
    }
    let total = ended.progress.total.unwrap_or_default();
    let rate = total.bytes as f64 / took.as_secs_f64().max(0.001);
    let (rows, bytes, seconds, rate) = (total.rows, HumanBytes(total.bytes), took.as_secs_f64(), HumanBytes(rate as u64));
    let en = format!("Backed up {rows} rows, {bytes} in {seconds:.1} s ({rate}/s).\n");
    let ja = format!("{rows} 行、{bytes} をバックアップしました（{seconds:.1} 秒、{rate}/秒）。\n");
    println!("{}", say(en, ja));
    let backup = local.ports.store.backup(org, id.parse()?).await?;
    for file in backup.map(|backup| backup.files).unwrap_or_default() {
        let (path, entries, size) = (local.archive_path(&file.key), file.entries, HumanBytes(file.size));
        println!("  {}  {}", path.display(), say(format!("({entries} entries, {size})"), format!("({entries} 件, {size})")));
    }
    println!(
        "\n{}",
        say(
            format!("Links work until {}: `hozon links` while it is served.", ended.expiry_date),
            format!("リンクの有効期限: {}（起動中に `hozon links` で表示）", ended.expiry_date)
        )
    );
    Ok(())
}
