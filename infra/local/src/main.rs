//! The command `hozon`.
#![allow(clippy::print_stdout, reason = "a command talks to its user")]

mod cli;

use std::process::ExitCode;

use clap::Parser;
use hozon::import::ImportError;

/// Files that the program may open at the same time, where the system allows so many: systems begin with 256 or 1,024.
const OPEN_FILES: u64 = 65_536;
/// Exit code of an import that found files which it does not understand.
const UNKNOWN_FILES: u8 = 2;

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
            match error.downcast_ref::<ImportError>() {
                Some(ImportError::Unknown(_)) => ExitCode::from(UNKNOWN_FILES),
                _ => ExitCode::FAILURE,
            }
        }
    }
}
