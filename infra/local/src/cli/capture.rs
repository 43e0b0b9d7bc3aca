//! `hozon capture`: captures, beside a database, what runs of a stack on AWS wait for.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use hozon::connectors;
use hozon::language::say;
use hozon_capture_database::{CaptureError, CapturePorts, capture_awaited, waits_for_program};
use hozon_connectors::Connectors;
use hozon_shared::aws::Aws;
use hozon_shared::domain::connection::CapturedBy;
use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::domain::progress::CaptureProgress;
use hozon_shared::domain::run_length::RunLength;
use hozon_shared::ports::{Due, PortError, Ports};
use hozon_shared::settings::source_files;
use hozon_shared::telemetry::Causes;
use indicatif::HumanCount;

use super::data_folder::DataFolder;
use super::ending::ENDING;
use super::progress::ProgressDisplay;

/// How often the program looks for runs that wait.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How often progress is shown, which a capture records every two seconds.
const SHOW_EVERY: Duration = Duration::from_secs(1);
/// Time in which a capture ends in order when the program is asked to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Captures databases for runs that wait.
#[derive(Args)]
pub struct CaptureArgs {
    #[arg(help = say("Name of the CloudFormation stack", "CloudFormationのスタック名"), long, value_name = "NAME")]
    stack: String,
    #[arg(help = say("Only for the organisation with this id", "対象とする組織のID"), long, value_name = "ID")]
    org: Option<OrgId>,
    #[arg(help = say("AWS region of the stack [default: as every AWS tool finds it]", "スタックのAWSリージョン [既定: AWSのツールと同じ]"), long, value_name = "REGION")]
    region: Option<String>,
    #[arg(help = say("Goes on, and captures whatever runs wait for, until Ctrl-C", "Ctrl-Cで終了するまで待機し、待っているバックアップのデータを読み取り続けます"), long)]
    watch: bool,
}

/// Captures for each run that waits. Without `--watch` the program ends after that, with an error if a capture has failed.
pub async fn run(place: DataFolder, capture: CaptureArgs) -> Result<()> {
    LazyLock::force(&ENDING);
    let profiles = place.profiles()?.into();
    let connectors = Connectors { places: source_files()?, ..connectors(None) };
    let ports = Aws::of_stack(&capture.stack, capture.region).await?.ports();
    let capturing =
        CapturePorts { runs_as: CapturedBy::Program, stop: ENDING.clone(), ..CapturePorts::new(&ports, connectors, profiles) };
    let program = Program { ports, capturing, org: capture.org };
    program.require_connected().await?;
    if capture.watch { program.watch(&capture.stack).await } else { program.once().await }
}

/// The program beside databases of a stack.
struct Program {
    ports: Ports,
    capturing: CapturePorts,
    /// The only organisation to capture for; `None` for all.
    org: Option<OrgId>,
}

impl Program {
    /// Fails if the organisation is unknown, or leaves nothing to the program.
    async fn require_connected(&self) -> Result<()> {
        let Some(org) = self.org else { return Ok(()) };
        if self.ports.store.organisation(org).await?.is_none() {
            bail!(say(format!("the stack has no organisation {org}"), format!("スタックに組織 {org} はありません")));
        }
        if !self.is_left_to_program(org).await? {
            bail!(say(
                format!(
                    "the connection of organisation {org} is captured by the service: choose the program on the page \"Source\""
                ),
                format!("組織 {org} の接続はサービスが読み取ります。「バックアップ元」ページでプログラムを選択してください")
            ));
        }
        Ok(())
    }

    async fn is_left_to_program(&self, org: OrgId) -> Result<bool> {
        let connection = self.ports.connections.connection(org).await?;
        Ok(connection.is_some_and(|connection| connection.source.captured_by() == CapturedBy::Program))
    }

    async fn once(&self) -> Result<()> {
        let waiting = self.waiting().await?;
        if waiting.is_empty() {
            println!("{}", say("No backup waits for this program.", "このプログラムを待っているバックアップはありません。"));
        }
        let mut failed = 0;
        for (org, backup) in waiting {
            failed += usize::from(!self.capture(org, backup).await);
        }
        if failed > 0 {
            bail!(say(format!("{failed} of the captures failed"), format!("{failed} 件の読み取りに失敗しました")));
        }
        Ok(())
    }

    async fn watch(&self, stack: &str) -> Result<()> {
        println!(
            "{}",
            say(format!("Watching {stack}. Ctrl-C ends it."), format!("{stack} を監視しています。Ctrl-C で終了します。"))
        );
        while !ENDING.is_cancelled() {
            match self.waiting().await {
                Ok(waiting) => {
                    for (org, backup) in waiting {
                        self.capture(org, backup).await;
                    }
                }
                Err(error) => tracing::warn!(error = %Causes(&*error), "the stack could not be asked what waits"),
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = ENDING.cancelled() => {}
            }
        }
        Ok(())
    }

    /// The runs that wait for the program.
    async fn waiting(&self) -> Result<Vec<(OrgId, BackupId)>> {
        let mut waiting = Vec::new();
        for (org, backup) in self.in_progress().await? {
            if self.is_left_to_program(org).await? && waits_for_program(&self.capturing, org, backup).await? {
                waiting.push((org, backup));
            }
        }
        Ok(waiting)
    }

    /// Backups that may be in progress: each is in the index of what is due with the time at which its run has ended at the latest.
    async fn in_progress(&self) -> Result<Vec<(OrgId, BackupId)>> {
        if let Some(org) = self.org {
            let newest = self.ports.store.backups(org, 1).await?;
            return Ok(newest.into_iter().map(|backup| (org, backup.id)).collect());
        }
        let due = self.ports.schedules.due(RunLength::MAX.deadline(self.ports.clock.now())).await;
        if let Some(error) = due.unreadable.into_iter().next() {
            return Err(error.into());
        }
        let backup = |due| match due {
            Due::Backup(org, backup) => Some((org, backup)),
            _ => None,
        };
        Ok(due.found.into_iter().filter_map(backup).collect())
    }

    /// Captures for a run, shows progress, and says how it ended. Returns whether it went well.
    async fn capture(&self, org: OrgId, backup: BackupId) -> bool {
        println!("{}", say(format!("Organisation {org}, backup {backup}:"), format!("組織 {org}、バックアップ {backup}:")));
        let begun = Instant::now();
        let stopped = async {
            ENDING.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        let captured = tokio::select! {
            captured = capture_awaited(&self.capturing, org, backup) => captured,
            never = self.show(org, backup) => never,
            () = stopped => return true,
        };
        match captured {
            Ok(()) => self.tell_captured((org, backup), begun.elapsed()).await,
            Err(_) if ENDING.is_cancelled() => {
                println!("{}", say("Stopped. The backup goes on waiting.", "停止しました。バックアップは引き続き待機します。"))
            }
            Err(CaptureError::NotRunning) => {
                println!("{}", say("The backup has ended meanwhile.", "バックアップはすでに終了しています。"))
            }
            Err(error) => {
                tracing::warn!(
                    run.org = org.0,
                    run.id = backup.0,
                    task.error = error.code(),
                    cause = error.cause(),
                    "capture failed"
                );
                eprintln!(
                    "{}",
                    say(format!("Failed ({}): {error}", error.code()), format!("失敗しました（{}）: {error}", error.code()))
                );
                return false;
            }
        }
        true
    }

    async fn tell_captured(&self, run: (OrgId, BackupId), took: Duration) {
        let CaptureProgress { modules, rows, .. } = self.read(run).await;
        let (rows, seconds) = (HumanCount(rows), took.as_secs_f64());
        println!(
            "{}",
            say(
                format!("Captured {modules} modules, {rows} rows in {seconds:.1} s. The service makes the zips now."),
                format!("{modules} モジュール、{rows} 行を読み取りました（{seconds:.1} 秒）。zip はサービスが作成します。")
            )
        );
    }

    /// Shows progress until it is dropped.
    async fn show<T>(&self, org: OrgId, backup: BackupId) -> T {
        let mut shown = ProgressDisplay::new(say("Capturing", "読み取り中"));
        loop {
            tokio::time::sleep(SHOW_EVERY).await;
            shown.capture(self.read((org, backup)).await);
        }
    }

    /// How far the capture is, as the console shows it; nothing if that cannot be read now.
    async fn read(&self, (org, backup): (OrgId, BackupId)) -> CaptureProgress {
        let read = self.ports.progress.captured(org, backup).await;
        let unread = |error: &PortError| tracing::debug!(error = %Causes(error), "progress cannot be read");
        read.inspect_err(unread).ok().flatten().unwrap_or_default()
    }
}
