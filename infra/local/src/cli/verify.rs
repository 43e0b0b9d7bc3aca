//! `hozon verify`: checks zips against their manifests and the signed statement about them, and the set of zips for completeness.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use hozon::language::say;
use hozon::verify::{CheckedChain, StatementFiles, Verified, check_chain, check_set, compare, read_key, read_statement, verify};
use indicatif::HumanBytes;

use super::progress::ProgressDisplay;

/// Reads zips and compares them with their manifests.
#[derive(Args)]
pub struct VerifyArgs {
    /// All zips of a backup (Data_001.zip, Data_002.zip and so on).
    #[arg(required_unless_present = "chain", value_name = "ZIP")]
    zips: Vec<PathBuf>,
    /// Public key that verifies statements, as a PEM document.
    #[arg(long, value_name = "PUBLIC.pem", help = say("Public key of statements: compares the zips with the signed statement about them", "証明書の公開鍵: zip を署名付きの証明書と照合します"))]
    key: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "key", help = say("The statement; `statement.json` beside the first zip by default. Its signature (`statement.sig`) and the list of zips (`zips.json`) lie beside it", "証明書。既定では最初の zip と同じフォルダーの statement.json。署名（statement.sig）と zip の一覧（zips.json）も同じ場所に置きます"))]
    statement: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "key", help = say("Answers of `GET backup/statements`: checks that each statement follows the one before it", "GET backup/statements の応答: 各証明書が前の証明書に続いているか確認します"))]
    chain: Vec<PathBuf>,
}

pub async fn run(arguments: VerifyArgs) -> Result<()> {
    let key = arguments.key.as_deref().map(read_key).transpose()?;
    let trusted = match (&key, arguments.zips.first()) {
        (Some(key), Some(zip)) => {
            let statement = arguments.statement.unwrap_or_else(|| zip.with_file_name("statement.json"));
            Some(read_statement(&StatementFiles::beside(&statement), key)?)
        }
        _ => None,
    };
    let mut all = Vec::new();
    for zip in arguments.zips {
        let mut shown = ProgressDisplay::new(say("Verifying", "検証中"));
        let outcome = verify(&zip, &mut |done, all| shown.count(done as u64, all as u64, say("entries", "件"))).await;
        shown.finish();
        let verified = outcome?;
        println!("{}", found_right(&zip, &verified));
        if let Some(trusted) = &trusted {
            compare(trusted, &zip, &verified)?;
            println!("{}", as_stated(&zip, trusted.statement.number));
        }
        all.push(verified);
    }
    if let Some(key) = key.filter(|_| !arguments.chain.is_empty()) {
        show_chain(&check_chain(&arguments.chain, &key)?);
    }
    Ok(check_set(&all)?)
}

fn as_stated(zip: &Path, number: u64) -> String {
    let zip = zip.display();
    say(
        format!("{zip}: as statement {number} says, whose signature is right."),
        format!("{zip}: 証明書 {number} と一致し、証明書の署名も正しいものです。"),
    )
}

/// Prints what the check of a chain has found. A chain that does not hold is a warning, not a failure: its statements may be right.
fn show_chain(checked: &CheckedChain) {
    let CheckedChain { statements, broken, unsigned } = checked;
    for number in broken {
        eprintln!(
            "{}",
            say(
                format!("Warning: statement {number} does not follow the one before it. A statement was lost or changed."),
                format!("警告: 証明書 {number} は前の証明書に続いていません。証明書が失われたか、変更されています。"),
            )
        );
    }
    for number in unsigned {
        eprintln!(
            "{}",
            say(
                format!("Warning: statement {number} is not signed by this key."),
                format!("警告: 証明書 {number} はこの鍵で署名されていません。"),
            )
        );
    }
    if broken.is_empty() && unsigned.is_empty() {
        println!(
            "{}",
            say(
                format!("The chain holds: each of {statements} statements is signed and follows the one before it."),
                format!("証明書 {statements} 件はすべて署名されており、順につながっています。"),
            )
        );
    }
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
