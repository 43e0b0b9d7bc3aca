//! The command line: one subcommand per file.

mod backup;
mod capture;
mod check;
mod client;
mod compare;
mod connect;
mod connect_zoho;
mod data_folder;
mod demo;
mod ending;
mod import;
mod links;
mod profile;
mod progress;
mod restore;
mod serve;
mod shown_values;
mod usage;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use hozon::language::say;

use data_folder::DataFolder;
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
    demo: demo::DemoArgs,
}

#[derive(Subcommand)]
enum Command {
    #[command(about = say("Makes a sample CRM, backs it up at once, and goes on serving. This is what `hozon` alone does", "サンプルの CRM を作成してバックアップし、起動し続けます（引数なしの `hozon` と同じ）"))]
    Demo(demo::DemoArgs),
    #[command(about = say("Serves the API and the console", "API とコンソールを起動します"))]
    Serve(serve::ServeArgs),
    #[command(about = say("Loads CSV files and attachments into an organisation", "CSV ファイルと添付ファイルを組織に読み込みます"))]
    Import(import::ImportArgs),
    #[command(about = say("Backs up an organisation now, and waits until its zips are ready", "組織を今すぐバックアップし、zip ができるまで待ちます"))]
    Backup(backup::BackupArgs),
    #[command(about = say("Connects the database (PostgreSQL, MySQL, MariaDB) of a CRM, or Zoho CRM, so that it is what backups contain", "CRMのデータベース（PostgreSQL、MySQL、MariaDB）または Zoho CRM をバックアップ元として接続します"))]
    Connect(connect::ConnectArgs),
    #[command(about = say("Checks the connection of an organisation: what a backup would contain", "接続を確認し、バックアップの対象を表示します"))]
    Check(check::CheckArgs),
    #[command(about = say("Captures, beside a database, what backups of a stack on AWS wait for", "データベースのそばで、AWSのスタックのバックアップが待っているデータを読み取ります"))]
    Capture(capture::CaptureArgs),
    #[command(about = say("Lists the profiles of known CRMs, and compares one with a database", "既知のCRMのプロファイルを一覧表示し、データベースと照合します"))]
    Profile(profile::ProfileArgs),
    #[command(about = say("Prints addresses: the console, the newest backup's zips, the mails that were sent, test cards", "リンクを表示します: コンソール、最新の zip、送信済みメール、テストカード"))]
    Links(links::LinksArgs),
    #[command(about = say("Prints a token for scripts", "スクリプト用のトークンを表示します"))]
    Token(links::TokenArgs),
    #[command(about = say("Reads zips back and compares them with their manifests", "zip を読み、マニフェストと照合します"))]
    Verify(verify::VerifyArgs),
    #[command(about = say("Compares two backups: records and attachments that were added, changed or deleted", "2つのバックアップを比較し、追加・変更・削除されたレコードと添付ファイルを表示します"))]
    Compare(compare::CompareArgs),
    #[command(about = say("Restores a backup into a database: from its zips, or from what is kept of it", "バックアップをデータベースに復元します（zip または保存されているデータから）"))]
    Restore(Box<restore::RestoreArgs>),
}

/// Runs the requested subcommand. Returns the exit code of one that has something to say with it.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let place = arguments.place;
    match arguments.command {
        None => demo::run(place, arguments.demo).await,
        Some(Command::Demo(demo)) => demo::run(place, demo).await,
        Some(Command::Serve(serve)) => serve::run(place, serve).await,
        Some(Command::Import(import)) => import::run(place, import).await,
        Some(Command::Backup(backup)) => backup::run(place, backup).await,
        Some(Command::Connect(connect)) => connect::connect(place, connect).await,
        Some(Command::Check(check)) => check::check(place, check).await,
        Some(Command::Capture(capture)) => capture::run(place, capture).await,
        Some(Command::Profile(profile)) => profile::run(&place, profile).await,
        Some(Command::Links(links)) => links::links(&place.data, links).await,
        Some(Command::Token(token)) => links::token(&place.data, &token),
        Some(Command::Verify(verify)) => verify::run(verify).await,
        Some(Command::Compare(compare)) => return compare::run(compare).await,
        Some(Command::Restore(restore)) => return restore::run(place, *restore).await,
    }?;
    Ok(ExitCode::SUCCESS)
}
