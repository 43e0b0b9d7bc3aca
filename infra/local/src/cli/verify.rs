//! `hozon verify`: checks zips against their manifests, and the set of zips for completeness.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use hozon::verify::{check_set, verify};
use indicatif::HumanBytes;

use super::progress::ProgressDisplay;

/// Reads zips and compares them with their manifests.
#[derive(Args)]
pub struct Verify {
    /// All zips of a backup (Data_001.zip, Data_002.zip and so on).
    #[arg(required = true, value_name = "ZIP")]
    zips: Vec<PathBuf>,
}

pub async fn run(arguments: Verify) -> Result<()> {
    let mut all = Vec::new();
    for zip in arguments.zips {
        let mut shown = ProgressDisplay::new("Verifying");
        let outcome = verify(&zip, &mut |done, all| shown.count(done as u64, all as u64, "entries")).await;
        shown.finish();
        let verified = outcome?;
        println!(
            "{}: OK. {} entries, {} rows, {}: every byte of the zip's frame, every CRC, SHA-256 and count is as the manifest of {} says.",
            zip.display(),
            verified.entries,
            verified.rows,
            HumanBytes(verified.bytes),
            verified.organisation
        );
        all.push(verified);
    }
    Ok(check_set(&all)?)
}
