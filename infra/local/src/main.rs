//! The command `hozon`.
#![allow(clippy::print_stdout, reason = "a command talks to its user")]

mod cli;

use std::process::ExitCode;

use clap::Parser;
use hozon::import::ImportError;

/// Number of files that the program may open, where the system allows it. System defaults are 256 or 1,024.
const OPEN_FILES: u64 = 65_536;
/// Exit code of an import with unrecognised files.
const UNKNOWN_FILES: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    hozon_shared::telemetry::start_on_terminal();
    if let Err(error) = rlimit::increase_nofile_limit(OPEN_FILES) {
        tracing::debug!(%error, "the limit for open files stays unchanged");
    }
    match cli::run(cli::Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            match error.downcast_ref::<ImportError>() {
                Some(ImportError::Unknown(_)) => ExitCode::from(UNKNOWN_FILES),
                _ => ExitCode::FAILURE,
            }
        }
    }
}
