//! `hozon` and `hozon demo`: a sample CRM, one backup at once, and then the service.

use anyhow::Result;
use chrono_tz::Asia::Tokyo;
use clap::Args;
use hozon::{Local, sample};
use hozon_shared::domain::id::OrgId;

use super::backup::back_up;
use super::client::NothingLeft;
use super::progress::Shown;
use super::{Place, serve, until_interrupted};

/// Makes a sample CRM, backs it up at once, and goes on serving.
#[derive(Args)]
pub struct Demo {
    /// Ends after the backup.
    #[arg(long)]
    once: bool,
    /// How much the sample CRM holds, when it is made.
    #[arg(long, value_enum, default_value = "small")]
    size: sample::Size,
    /// Plan of the sample's organisation, when it is made: with another than Own the allowance runs out, and backups can be bought.
    #[arg(long, default_value = "Own")]
    plan: String,
}

pub async fn run(place: Place, demo: Demo) -> Result<()> {
    let mut local = place.start().await?;
    let org = local.organisation(sample::ORGANISATION, Tokyo, &demo.plan, "JP").await?;
    until_interrupted(local, async |local| {
        make_sample(local, org, demo.size).await?;
        match back_up(local, org).await {
            Err(error) if !demo.once && error.is::<NothingLeft>() => println!("\n{}", how_to_go_on(&error)),
            other => other?,
        }
        if demo.once {
            return Ok(());
        }
        serve::introduce(local)?;
        std::future::pending().await
    })
    .await
}

/// What to do without a backup left: everything else works, and what is missing can be bought with the provider's test cards.
fn how_to_go_on(why: &anyhow::Error) -> String {
    format!(
        "No backup was made: {why}\n\
         The service runs all the same. Open the console and press \"Back up now\": the pop-up sells one, and the test card\n\
         4242 4242 4242 4242 pays for it. Or start without a limit on another data folder, because an organisation keeps\n\
         its plan: hozon --data other --plan Own"
    )
}

/// Makes the sample where it is not there yet; one that was cut short is not there.
async fn make_sample(local: &Local, org: OrgId, size: sample::Size) -> Result<()> {
    if !local.ports.catalogue.modules(org).await?.is_empty() {
        return Ok(());
    }
    let mut shown = Shown::new("Making a sample CRM");
    let made =
        sample::generate(&local.ports, org, size, &mut |step| shown.count(step.done, step.total, "records and files")).await;
    let took = shown.finish();
    let modules = made?;
    let (rows, files) = modules.iter().fold((0, 0), |(rows, files), module| (rows + module.rows, files + module.attachments));
    println!(
        "Made a sample CRM for {}: {} modules, {rows} records, {files} attachments ({:.1} s).",
        sample::ORGANISATION,
        modules.len(),
        took.as_secs_f64()
    );
    Ok(())
}
