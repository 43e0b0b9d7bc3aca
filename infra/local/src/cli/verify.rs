//! `hozon verify`: checks zips against their manifests, and the set of zips for completeness.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use hozon::language::say;
use hozon::verify::{Verified, check_set, verify};
use indicatif::HumanBytes;

use super::progress::ProgressDisplay;

/// Reads zips and compares them with their manifests.
#[derive(Args)]
pub struct VerifyArgs {
    /// All zips of a backup (Data_001.zip, Data_002.zip and so on).
    #[arg(required = true, value_name = "ZIP")]
    zips: Vec<PathBuf>,
}

pub async fn run(arguments: VerifyArgs) -> Result<()> {
    let mut all = Vec::new();
    for zip in arguments.zips {
        let mut shown = ProgressDisplay::new(say("Verifying", "検証中"));
        let outcome = verify(&zip, &mut |done, all| shown.count(done as u64, all as u64, say("entries", "件"))).await;
        shown.finish();
        let verified = outcome?;
        println!("{}", found_right(&zip, &verified));
        all.push(verified);
    }
    Ok(check_set(&all)?)
}

fn found_right(zip: &Path, verified: &Verified) -> String {
    let Verified { organisation, entries, rows, bytes, .. } = verified;
    let (zip, bytes) = (zip.display(), HumanBytes(*bytes));
    say(
        format!(
            "{zip}: OK. {entries} entries, {rows} rows, {bytes}: every byte of the zip's frame, every CRC, SHA-256 and count is as the \
             manifest of {organisation} says."
        ),
        format!(
            "{zip}: 正常です。{entries} 件、{rows} 行、{bytes}: zip の構造、CRC、SHA-256、件数がすべて {organisation} のマニフェストと一致しました。"
        ),
    )
}
