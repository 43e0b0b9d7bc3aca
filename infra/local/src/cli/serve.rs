//! `hozon serve`: serves the API and the console until Ctrl-C.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, FixedOffset};
use clap::Args;
use hozon::serving::Serving;
use hozon::{FastClock, Local};
use hozon_shared::domain::organisation::Role;
use hozon_shared::ports::{Clock, SystemClock};

use super::data_folder::DataFolder;
use super::ending::until_interrupted;
use super::links::TEST_CARDS;
use hozon::language::{locale, say};

/// Serves the API and the console.
#[derive(Args)]
pub struct ServeArgs {
    /// Starts the clock at this time instead of now, for trying out schedules: 2027-01-01T00:00:00+09:00. Download
    /// links do not work then, because the S3 emulator uses real time.
    #[arg(long, value_name = "TIME")]
    clock: Option<DateTime<FixedOffset>>,
    /// Speed of the clock relative to real time. At 100000 a year takes five minutes. While a backup is in progress the
    /// speed is at most 100, so that the backup does not time out.
    #[arg(long, value_name = "FACTOR", value_parser = speed, default_value = "1")]
    speed: f64,
}

pub async fn run(place: DataFolder, serve: ServeArgs) -> Result<()> {
    let data = place.data.clone();
    let mut options = place.options()?;
    let mut other_clock = None;
    if serve.clock.is_some() || serve.speed != 1.0 {
        let from = serve.clock.map_or_else(|| SystemClock.now(), |from| from.to_utc());
        let clock = FastClock::starting(from, serve.speed);
        (options.clock, options.slowing) = (Arc::new(clock.clone()), Some(clock));
        options.speed = serve.speed;
        other_clock = Some((from, serve.speed));
    }
    let local = Local::start(options).await?;
    until_interrupted(local, async |local| {
        let _announced = Serving::announce(&data, local, other_clock)?;
        introduce(local, &data)?;
        std::future::pending().await
    })
    .await
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed| (1.0..=1_000_000.0).contains(speed));
    speed.ok_or_else(|| "write a number from 1 to 1000000".to_owned())
}

/// Prints the first address to open, and the commands for everything else.
pub fn introduce(local: &Local, data: &Path) -> Result<()> {
    let hozon = command(data);
    let Some(first) = local.organisations().first() else {
        println!("\n{}", nothing_yet(&hozon));
        return Ok(());
    };
    // Browsers do not send the part after `#`, so the token reaches no server and no log.
    let token = local.token_in(first.id, Role::Administrator, locale())?;
    println!("\n{}  {}/#token={token}", say("Open this first:", "まず開くページ:"), local.public_url);
    println!("{}  {}/mail", say("Mail it has sent:", "送信したメール:"), local.public_url);
    let [(pays, ..), (declined, ..), ..] = TEST_CARDS;
    println!(
        "{}",
        say(
            format!("Test cards:  {pays} pays, {declined} is declined"),
            format!("テストカード:  {pays}（成功）、{declined}（拒否）")
        )
    );
    println!(
        "{}",
        say(
            format!("More:  `{hozon} links`, `{hozon} token`"),
            format!("その他:  `{hozon} links`（リンク）、`{hozon} token`（トークン）")
        )
    );
    println!("{}", say("Ctrl-C stops it.", "Ctrl-C で終了します。"));
    Ok(())
}

fn nothing_yet(hozon: &str) -> String {
    say(
        format!(
            "There is no organisation in this data folder yet. Stop this with Ctrl-C, then load one:\n  {hozon} import FILES --org \"My company\"   \
             CSV files, zips or folders\n  {hozon} demo                              a sample CRM to look around\nCtrl-C stops it."
        ),
        format!(
            "このデータフォルダーにはまだ組織がありません。Ctrl-C で終了し、データを読み込んでください。\n  {hozon} import FILES --org \"株式会社サンプル\"   \
             CSV ファイル、zip、フォルダー\n  {hozon} demo                              サンプルの CRM\nCtrl-C で終了します。"
        ),
    )
}

/// Returns the command that the user has to type for this data folder.
fn command(data: &Path) -> String {
    let usual = Path::new("hozon-data");
    if data == usual { "hozon".to_owned() } else { format!("hozon --data {}", data.display()) }
}
