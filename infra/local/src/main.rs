//! The command `hozon`.
#![allow(clippy::print_stdout, reason = "a command talks to its user")]

mod cli;

use std::process::ExitCode;

use hozon::compare::CompareError;
use hozon::import::ImportError;
use hozon::japanese::error_with_causes;
use hozon::language::locale;
use hozon::restoring::NotRestored;
use hozon_shared::domain::locale::Locale;
use hozon_shared::telemetry::Causes;

/// Number of files that the program may open, where the system allows it. System defaults are 256 or 1,024.
const OPEN_FILES: u64 = 65_536;
/// Exit code of an import with unrecognised files.
const UNKNOWN_FILES: u8 = 2;
/// Exit code of a comparison that failed; 1 means that the backups differ.
const NOT_COMPARED: u8 = 2;
/// Exit code of a restore that could not run; 1 means that something is not as planned.
const NOT_RESTORED: u8 = 2;
/// Exit code of an import that was interrupted before it loaded anything.
const STOPPED: u8 = 3;

#[tokio::main]
async fn main() -> ExitCode {
    hozon_shared::telemetry::start_on_terminal();
    if let Err(error) = rlimit::increase_nofile_limit(OPEN_FILES) {
        tracing::debug!(error = %Causes(&error), "the limit of open files stays as it is");
    }
    match cli::run(cli::arguments()).await {
        Ok(code) => code,
        Err(error) => {
            match locale() {
                Locale::En => eprintln!("error: {error:#}"),
                Locale::Ja => eprintln!("エラー: {}", error_with_causes(error.chain())),
            }
            if error.is::<CompareError>() {
                return ExitCode::from(NOT_COMPARED);
            }
            if error.is::<NotRestored>() {
                return ExitCode::from(NOT_RESTORED);
            }
            match error.downcast_ref::<ImportError>() {
                Some(ImportError::Unknown(_)) => ExitCode::from(UNKNOWN_FILES),
                Some(ImportError::Stopped) => ExitCode::from(STOPPED),
                _ => ExitCode::FAILURE,
            }
        }
    }
}
