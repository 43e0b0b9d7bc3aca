//! What a person confirms before anything is written.

use std::io::IsTerminal;

use anyhow::{Result, bail};
use clap::Args;
use console::Term;
use hozon::language::say;
use hozon_shared::domain::restore::RestorePlan;

/// Whether to ask, and what is confirmed already.
#[derive(Args)]
pub struct ConsentArgs {
    #[arg(help = say("Prints the plan, and changes nothing", "計画を表示するだけで、何も変更しません"), long)]
    pub dry_run: bool,
    #[arg(help = say("Does not ask before it writes", "確認せずに書き込みます"), long, conflicts_with = "dry_run")]
    yes: bool,
    #[arg(help = say("The number of records that --delete deletes, as the plan says it", "--delete で削除されるレコードの件数（計画に表示されたもの）"), long, value_name = "NUMBER", requires = "delete")]
    yes_delete: Option<u64>,
}

impl ConsentArgs {
    /// Asks whether to carry out a plan, unless that is confirmed already. Fails where nobody can be asked.
    pub async fn confirm(&self, plan: &RestorePlan, target: &str) -> Result<bool> {
        let is_told = match (plan.counts().delete, self.yes_delete) {
            (0, _) => false,
            (deletes, Some(number)) if deletes == number => false,
            (deletes, Some(number)) => bail!(say(
                format!("the plan deletes {deletes} records, and --yes-delete says {number}"),
                format!("計画では {deletes} 件を削除しますが、--yes-delete は {number} です"),
            )),
            (deletes, None) => {
                if !asked_for_number(deletes, target).await? {
                    return Ok(false);
                }
                true
            }
        };
        if self.yes || is_told {
            return Ok(true);
        }
        let (records, files) = (plan.counts().writes(), plan.files().writes());
        let question = say(
            format!("Write {records} records and {files} files into {target}? [y/N] "),
            format!("{target} に {records} 件のレコードと {files} 件のファイルを書き込みますか？ [y/N] "),
        );
        let answer = asked(question, say("confirm with --yes", "--yes を指定してください")).await?;
        Ok(["y", "yes", "はい"].contains(&answer.to_lowercase().as_str()))
    }
}

async fn asked_for_number(deletes: u64, target: &str) -> Result<bool> {
    let question = say(
        format!("The plan deletes {deletes} records in {target}. Enter their number to go on: "),
        format!("{target} の {deletes} 件を削除します。続行するには件数を入力してください: "),
    );
    let missing = say(
        format!("the plan deletes {deletes} records: confirm with --yes-delete {deletes}"),
        format!("計画では {deletes} 件を削除します。--yes-delete {deletes} を指定してください"),
    );
    Ok(asked(question, &missing).await? == deletes.to_string())
}

/// Asks on the terminal. Without one it fails with what to do instead.
async fn asked(question: String, instead: &str) -> Result<String> {
    if !std::io::stdin().is_terminal() {
        bail!(instead.to_owned());
    }
    let read = tokio::task::spawn_blocking(move || {
        Term::stderr().write_str(&question)?;
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        Ok::<_, std::io::Error>(line.trim().to_owned())
    });
    Ok(read.await??)
}
