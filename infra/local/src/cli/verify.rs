//! `hozon verify`: are these zips what their manifests say?

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use hozon::verify::verify;
use indicatif::HumanBytes;

use super::progress::Shown;

/// Reads zips back and compares them with their manifests.
#[derive(Args)]
pub struct Verify {
    /// The zips.
    #[arg(required = true, value_name = "ZIP")]
    zips: Vec<PathBuf>,
}

pub async fn run(arguments: Verify) -> Result<()> {
    for zip in arguments.zips {
        let mut shown = Shown::new("Verifying");
        let outcome = verify(&zip, &mut |done, all| shown.count(done as u64, all as u64, "entries")).await;
        shown.finish();
        let verified = outcome?;
        println!(
            "{}: OK. {} entries, {} rows, {}: every CRC, SHA-256 and count is as the manifest of {} says.",
            zip.display(),
            verified.entries,
            verified.rows,
            HumanBytes(verified.bytes),
            verified.organisation
        );
    }
    Ok(())
}
