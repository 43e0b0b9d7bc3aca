//! The command line: one subcommand per file.

mod backup;
mod client;
mod demo;
mod import;
mod links;
mod progress;
mod serve;
mod usage;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use hozon::language::say;
use hozon::{AllowedHost, Local, Options};
use hozon_shared::domain::plan::Plans;
use hozon_shared::domain::price::Terms;
use hozon_shared::settings::webhook_addresses;
use hozon_shared::telemetry::Causes;
use tokio_util::sync::CancellationToken;

pub use usage::arguments;

/// Backups of CRM data: every record and every attachment in two zips, behind links that work for seven days.
#[derive(Parser)]
#[command(name = "hozon", version, about = say(
    "Backups of CRM data: every record and every attachment in two zips, behind links that work for seven days",
    "CRM データのバックアップ: すべてのレコードと添付ファイルを2つの zip にまとめ、リンクは7日間有効",
))]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    place: DataFolder,
    #[command(flatten)]
    demo: demo::Demo,
}

/// Options shared by all subcommands.
#[derive(Args)]
struct DataFolder {
    #[arg(help = say("The data folder", "データフォルダー"), long, global = true, default_value = "hozon-data", value_name = "DIR")]
    data: PathBuf,
    #[arg(help = say("Port of the API and the console, on this machine only [default: 4690, or any that is free]", "API とコンソールのポート（このマシンのみ）[既定: 4690、使用中の場合は空きポート]"), long, global = true)]
    port: Option<u16>,
    #[arg(help = say("Host name of a reverse proxy in front of the API and the console, such as crm.example. Can be repeated", "リバースプロキシ経由で応答する追加のホスト名（例: crm.example）。複数指定できます"), long = "allowed-host", env = "HOZON_ALLOWED_HOSTS", value_delimiter = ',', global = true, value_name = "HOST")]
    allowed_hosts: Vec<AllowedHost>,
    /// Plans, in the format of infra/plans.toml [default: that file].
    #[arg(long, global = true, value_name = "FILE")]
    plans: Option<PathBuf>,
    /// Prices, in the format of infra/prices.toml [default: that file]; `purchases = "off"` disables purchases.
    #[arg(long, global = true, value_name = "FILE")]
    prices: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    #[command(about = say("Makes a sample CRM, backs it up at once, and goes on serving. This is what `hozon` alone does", "サンプルの CRM を作成してバックアップし、起動し続けます（引数なしの `hozon` と同じ）"))]
    Demo(demo::Demo),
    #[command(about = say("Serves the API and the console", "API とコンソールを起動します"))]
    Serve(serve::Serve),
    #[command(about = say("Loads CSV files and attachments into an organisation", "CSV ファイルと添付ファイルを組織に読み込みます"))]
    Import(import::Import),
    #[command(about = say("Backs up an organisation now, and waits until its zips are ready", "組織を今すぐバックアップし、zip ができるまで待ちます"))]
    Backup(backup::Backup),
    #[command(about = say("Prints addresses: the console, the newest backup's zips, the mails that were sent, test cards", "リンクを表示します: コンソール、最新の zip、送信済みメール、テストカード"))]
    Links(links::Links),
    #[command(about = say("Prints a token for scripts", "スクリプト用のトークンを表示します"))]
    Token(links::Token),
    #[command(about = say("Reads zips back and compares them with their manifests", "zip を読み、マニフェストと照合します"))]
    Verify(verify::Verify),
}

/// Runs the requested subcommand.
pub async fn run(arguments: Arguments) -> Result<()> {
    let place = arguments.place;
    match arguments.command {
        None => demo::run(place, arguments.demo).await,
        Some(Command::Demo(demo)) => demo::run(place, demo).await,
        Some(Command::Serve(serve)) => serve::run(place, serve).await,
        Some(Command::Import(import)) => import::run(place, import).await,
        Some(Command::Backup(backup)) => backup::run(place, backup).await,
        Some(Command::Links(links)) => links::links(&place.data, links).await,
        Some(Command::Token(token)) => links::token(&place.data, &token),
        Some(Command::Verify(verify)) => verify::run(verify).await,
    }
}

impl DataFolder {
    fn options(self) -> Result<Options> {
        // Registers the signal handlers early, so that a request to stop is noticed even while the program starts.
        LazyLock::force(&ENDING);
        let terms = terms(self.plans.as_deref(), self.prices.as_deref())?;
        let webhooks = webhook_addresses()?;
        let allowed_hosts = self.allowed_hosts.into_iter().collect();
        Ok(Options { port: self.port, allowed_hosts, terms, webhooks, ..Options::new(self.data)? })
    }

    async fn start(self) -> Result<Local> {
        Local::start(self.options()?).await
    }
}

fn terms(plans: Option<&Path>, prices: Option<&Path>) -> Result<Terms> {
    let read = |file: &Path| std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()));
    let invalid = |file: Option<&Path>| format!("use {}", file.unwrap_or(Path::new("the built-in list")).display());
    let plans_text = plans.map(read).transpose()?;
    let prices_text = prices.map(read).transpose()?;
    let list = plans_text.map_or(Ok(Plans::default()), |text| Plans::parse(&text)).with_context(|| invalid(plans))?;
    Terms::parse(list, prices_text.as_deref().unwrap_or(hozon::PRICES)).with_context(|| invalid(prices))
}

/// Runs work on a started program until it completes or the user or system asks to stop, and then stops the program.
async fn until_interrupted(local: Local, work: impl AsyncFnOnce(&Local) -> Result<()>) -> Result<()> {
    let outcome = tokio::select! {
        outcome = work(&local) => outcome,
        () = ENDING.cancelled() => {
            println!("\n{}", say("Stopping. Work in progress continues at the next start.", "終了します。実行中の処理は次回の起動時に再開します。"));
            Ok(())
        }
    };
    let stopped = local.stop().await;
    outcome.and(stopped)
}

/// Cancelled when the program is asked to stop: by Ctrl-C, or by the signal that `kill`, systemd and containers send
/// first.
static ENDING: LazyLock<CancellationToken> = LazyLock::new(|| {
    let (ending, asked) = (CancellationToken::new(), asked_to_end());
    let asked_for = ending.clone();
    tokio::spawn(async move {
        match asked.await {
            Ok(()) => asked_for.cancel(),
            Err(error) => tracing::warn!(error = %Causes(&error), "the program cannot be asked to end"),
        }
    });
    ending
});

/// Starts listening immediately, not only when the future is awaited.
fn asked_to_end() -> impl Future<Output = std::io::Result<()>> + Send {
    #[cfg(unix)]
    let listening = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).and_then(|terminated| Ok((terminated, signal(SignalKind::interrupt())?)))
    };
    async move {
        #[cfg(unix)]
        {
            let (mut terminated, mut interrupted) = listening?;
            tokio::select! {
                _ = terminated.recv() => {}
                _ = interrupted.recv() => {}
            }
            Ok(())
        }
        #[cfg(not(unix))]
        tokio::signal::ctrl_c().await
    }
}
