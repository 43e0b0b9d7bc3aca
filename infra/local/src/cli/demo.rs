//! `hozon` and `hozon demo`: creates a sample CRM, backs it up once, and starts the service.

use anyhow::Result;
use chrono_tz::Asia::Tokyo;
use clap::Args;
use hozon::serving::Serving;
use hozon::{Local, sample};
use hozon_shared::domain::id::OrgId;

use super::backup::back_up;
use super::client::{Client, NothingLeft};
use super::data_folder::DataFolder;
use super::ending::until_interrupted;
use super::progress::ProgressDisplay;
use super::serve;
use hozon::language::say;

/// The sample's schedule: the first Monday of each month, which leaves one of two free backups for trying out.
const MONTHLY: &str = "RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=1MO";

/// Creates a sample CRM, backs it up once, and keeps serving.
#[derive(Args)]
pub struct DemoArgs {
    /// Exits after the backup.
    #[arg(long)]
    once: bool,
    /// Size of the sample CRM, when it is created.
    #[arg(long, value_enum, default_value = "small")]
    size: sample::Size,
    /// Plan of the sample organisation, when it is created. On any plan except Own, the allowance runs out and backups
    /// can be bought.
    #[arg(long, default_value = "Own")]
    plan: String,
}

pub async fn run(place: DataFolder, demo: DemoArgs) -> Result<()> {
    let data = place.data.clone();
    let mut local = place.start().await?;
    let org = local.organisation(sample::ORGANISATION, Tokyo, &demo.plan, "JP").await?;
    until_interrupted(local, async |local| {
        make_sample(local, org, demo.size).await?;
        match back_up(local, org, None).await {
            Err(error) if !demo.once && error.is::<NothingLeft>() => println!("\n{}", how_to_go_on(&error)),
            other => other?,
        }
        if demo.once {
            return Ok(());
        }
        let _announced = Serving::announce(&data, local, None)?;
        serve::introduce(local, &data)?;
        std::future::pending().await
    })
    .await
}

/// Returns instructions for when no backup is left: everything else works, and backups can be bought with test cards.
fn how_to_go_on(why: &anyhow::Error) -> String {
    let ja = format!(
        "バックアップは作成されませんでした: {why}\n\
         サービスはそのまま使えます。コンソールで「今すぐバックアップ」を押すとポップアップから購入でき、テストカード\n\
         4242 4242 4242 4242 で支払えます。制限なしで試す場合は、別のデータフォルダーで起動してください（組織のプランは変わりません）:\n\
         hozon --data other --plan Own"
    );
    let en = format!(
        "No backup was made: {why}\n\
         The service runs all the same. Open the console and press \"Back up now\": the pop-up sells one, and the test card\n\
         4242 4242 4242 4242 pays for it. Or start without a limit on another data folder, because an organisation keeps\n\
         its plan: hozon --data other --plan Own"
    );
    say(en, ja)
}

/// Creates the sample if it does not exist. A sample whose creation was interrupted does not exist.
async fn make_sample(local: &Local, org: OrgId, size: sample::Size) -> Result<()> {
    if !local.ports.catalogue.modules(org).await?.is_empty() {
        return Ok(());
    }
    let mut shown = ProgressDisplay::new(say("Creating a sample CRM", "サンプルの CRM を作成中"));
    let made = sample::generate(&local.ports, org, size, &mut |step| {
        shown.count(step.done, step.total, say("records and files", "レコードとファイル"))
    })
    .await;
    let took = shown.finish();
    let modules = made?;
    if local.ports.schedules.newest_schedule(org).await?.is_none() {
        sample::make_history(&local.ports, org, &modules).await?;
        match Client::new(local, org)?.schedule(MONTHLY).await {
            // A plan without free backups allows no schedule yet.
            Err(error) if error.is::<NothingLeft>() => {}
            other => other?,
        }
    }
    let (rows, files) = modules.iter().fold((0, 0), |(rows, files), module| (rows + module.rows, files + module.attachments));
    let (name, count, took) = (sample::ORGANISATION, modules.len(), took.as_secs_f64());
    let en = format!(
        "Created a sample CRM for {name}: {count} modules, {rows} records, {files} attachments, three months of history ({took:.1} s)."
    );
    let ja = format!(
        "{name} のサンプル CRM を作成しました: {count} モジュール、{rows} レコード、添付ファイル {files} 件、3か月分の履歴（{took:.1} 秒）。"
    );
    println!("{}", say(en, ja));
    Ok(())
}
