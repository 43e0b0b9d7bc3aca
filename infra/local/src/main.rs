//! The command `hozon`.
#![allow(clippy::print_stdout, reason = "a command talks to its user")]

mod cli;

use std::process::ExitCode;

use clap::Parser;

/// Files that the program may open at the same time, where the system allows so many: systems begin with 256 or 1,024.
const OPEN_FILES: u64 = 65_536;

#[tokio::main]
async fn main() -> ExitCode {
    hozon_shared::telemetry::start_on_terminal();
    if let Err(error) = rlimit::increase_nofile_limit(OPEN_FILES) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
    match cli::run(cli::Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
