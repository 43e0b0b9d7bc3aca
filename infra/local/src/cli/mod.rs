//! The subcommands, one file each.

mod backup;
mod client;
mod demo;
mod import;
mod progress;
mod serve;
mod verify;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use hozon::{Local, Options};

/// Backups of CRM data: every record and every attachment in two zips, behind links that work for seven days.
#[derive(Parser)]
#[command(name = "hozon", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    demo: demo::Demo,
}

/// Where everything is kept and served.
#[derive(Args)]
struct Place {
    /// The data folder.
    #[arg(long, global = true, default_value = "hozon-data", value_name = "DIR")]
    data: PathBuf,
    /// Port of the API and the console, on this machine only [default: 4690, or any that is free].
    #[arg(long, global = true)]
    port: Option<u16>,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a sample CRM, backs it up at once, and goes on serving. This is what `hozon` alone does.
    Demo(demo::Demo),
    /// Serves the API and the console.
    Serve(serve::Serve),
    /// Loads CSV files and attachments into an organisation.
    Import(import::Import),
    /// Backs up an organisation now, and waits until its zips are ready.
    Backup(backup::Backup),
    /// Reads zips back and compares them with their manifests.
    Verify(verify::Verify),
}

/// Carries out what was asked for.
pub async fn run(arguments: Arguments) -> Result<()> {
    let place = arguments.place;
    match arguments.command {
        None => demo::run(place, arguments.demo).await,
        Some(Command::Demo(demo)) => demo::run(place, demo).await,
        Some(Command::Serve(serve)) => serve::run(place, serve).await,
        Some(Command::Import(import)) => import::run(place, import).await,
        Some(Command::Backup(backup)) => backup::run(place, backup).await,
        Some(Command::Verify(verify)) => verify::run(verify).await,
    }
}

impl Place {
    fn options(self) -> Result<Options> {
        Ok(Options { port: self.port, ..Options::new(self.data)? })
    }

    async fn start(self) -> Result<Local> {
        Local::start(self.options()?).await
    }
}

/// Does something with a running Hozon until it is done or Ctrl-C is pressed, then stops it. True when it was done.
async fn until_interrupted(local: Local, work: impl AsyncFnOnce(&Local) -> Result<()>) -> Result<()> {
    let outcome = tokio::select! {
        outcome = work(&local) => outcome,
        interrupted = tokio::signal::ctrl_c() => {
            println!("\nStopping. What is under way goes on at the next start.");
            interrupted.map_err(Into::into)
        }
    };
    let stopped = local.stop().await;
    outcome.and(stopped)
}
