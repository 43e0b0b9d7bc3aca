//! Programs for `benches/run`: data generation, the stores in a separate process, the worker, and the machine's own
//! limit.

mod compare;
mod counting;
mod disk;
mod generate;
mod limit;
mod repeat;
mod report;
mod source;
mod store;
mod stores;
mod worker;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

/// Measures the archive engine.
#[derive(Parser)]
enum Command {
    /// Writes CSV files and attachments.
    Generate {
        /// MiB of CSV.
        #[arg(long)]
        csv: u64,
        /// MiB of attachments.
        #[arg(long)]
        files: u64,
        /// Target folder.
        to: PathBuf,
    },
    /// Serves the stores of a data folder until standard input ends, and prints their addresses.
    Stores {
        /// The data folder.
        data: PathBuf,
    },
    /// Makes one backup with the functions' own code, and prints the resources that it used.
    Worker(worker::Worker),
    /// Deflates CSV files in memory on one core, and prints bytes per second.
    Limit {
        /// Deflate level.
        #[arg(long, default_value_t = hozon_shared::archive::LEVEL)]
        level: u32,
        /// Folder of CSV files.
        from: PathBuf,
    },
    /// Deflates standard input on one core, and prints how many bytes went in and came out.
    Deflate {
        /// Deflate level.
        #[arg(long, default_value_t = hozon_shared::archive::LEVEL)]
        level: u32,
    },
    /// Compares the two newest snapshots of an organisation.
    Compare {
        /// Address of the stores, as printed by `stores`.
        #[arg(long)]
        stores: String,
        /// The organisation's name.
        #[arg(long)]
        org: String,
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Multiplies an organisation's list of attachments without storing more files.
    Repeat {
        /// Address of the stores, as printed by `stores`.
        #[arg(long)]
        stores: String,
        /// The organisation's name.
        #[arg(long)]
        org: String,
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// Number of repetitions.
        times: u64,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    match Command::parse() {
        Command::Generate { csv, files, to } => generate::run(&to, csv << 20, files << 20),
        Command::Stores { data } => stores::serve(&data).await,
        Command::Worker(worker) => worker.run().await,
        Command::Limit { level, from } => limit::run(&from, level),
        Command::Deflate { level } => limit::deflate(level),
        Command::Compare { stores, org, data } => compare::run(&stores, &data, &org).await,
        Command::Repeat { stores, org, data, times } => repeat::run(&stores, &data, &org, times).await,
    }
}
