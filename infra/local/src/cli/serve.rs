//! `hozon serve`: the API and the console, until Ctrl-C.

use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, FixedOffset};
use clap::Args;
use hozon::{FastClock, Local};
use hozon_shared::domain::organisation::Role;
use hozon_shared::ports::{Clock, SystemClock};

use super::{Place, until_interrupted};

/// Serves the API and the console.
#[derive(Args)]
pub struct Serve {
    /// Begins at this time instead of now, for trying out schedules: 2027-01-01T00:00:00+09:00. Links then do not work, because the
    /// embedded S3 goes by the real time.
    #[arg(long, value_name = "TIME")]
    clock: Option<DateTime<FixedOffset>>,
    /// Seconds of the clock that pass in one real second. At 100000 a year takes five minutes.
    #[arg(long, value_name = "FACTOR", value_parser = speed, default_value = "1")]
    speed: f64,
}

pub async fn run(place: Place, serve: Serve) -> Result<()> {
    let mut options = place.options()?;
    if serve.clock.is_some() || serve.speed != 1.0 {
        let from = serve.clock.map_or_else(|| SystemClock.now(), |from| from.to_utc());
        options.clock = Arc::new(FastClock::starting(from, serve.speed));
        options.speed = serve.speed;
    }
    let local = Local::start(options).await?;
    until_interrupted(local, async |local| {
        introduce(local)?;
        std::future::pending().await
    })
    .await
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed| (1.0..=1_000_000.0).contains(speed));
    speed.ok_or_else(|| "a number from 1 to 1000000".to_owned())
}

/// Prints where the service is, and tokens to try it with.
pub fn introduce(local: &Local) -> Result<()> {
    // The token stands behind `#`, which browsers keep to themselves: no server and no log sees it.
    let first = local.organisations().first();
    let token = first.map(|first| local.token(first.id, Role::Administrator)).transpose()?;
    println!("\nConsole:  {}/{}", local.url, token.map(|token| format!("#token={token}")).unwrap_or_default());
    println!("API:      {}/crm/bulk/v8/backup", local.url);
    for organisation in local.organisations() {
        println!("\nTokens for {}, seven days (send as `Authorization: Zoho-oauthtoken ...`):", organisation.name);
        println!("  administrator  {}", local.token(organisation.id, Role::Administrator)?);
        println!("  plain user     {}", local.token(organisation.id, Role::User)?);
    }
    println!("\nCtrl-C stops it.");
    Ok(())
}
